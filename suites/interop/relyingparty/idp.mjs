// The fake IdP as a process of its own, driven through its control API, and the little browser that carries
// messages between it and the client under test.
import {spawn} from "node:child_process";
import {once} from "node:events";
import {createInterface} from "node:readline";

/** Starts the fake IdP with an empty directory. stop() ends it. */
export async function start(binary) {
    const child = spawn(binary, ["idp", "--empty", "--quiet"], {stdio: ["ignore", "pipe", "pipe"]});
    let narration = "";
    child.stderr.on("data", text => { narration += text; });
    const line = await Promise.race([once(createInterface(child.stdout), "line"), once(child, "exit").then(() => undefined)]);
    if (!line) throw new Error(`${binary} idp did not start: ${narration}`);
    const {control, control_token: token} = JSON.parse(line[0]);
    return {
        control: (method, path, body) => call(control + path, token, method, body),
        async stop() {
            const ended = once(child, "exit");
            child.kill("SIGTERM");
            await ended;
        }
    };
}

async function call(url, token, method, body) {
    const answer = await fetch(url, {
        method, body: body && JSON.stringify(body),
        headers: {Authorization: `Bearer ${token}`, ...(body ? {"Content-Type": "application/json"} : {})}
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`control API: ${method} ${new URL(url).pathname}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
}

/** Opens a page, posting a form if there is one, and says where the IdP sends the browser from there: {url, fields of a form}. */
export async function visit(url, form) {
    const answer = await fetch(url, {redirect: "manual", ...(form ? {method: "POST", body: new URLSearchParams(form)} : {})});
    const page = await answer.text();
    if (answer.headers.has("Location")) {
        const next = new URL(answer.headers.get("Location"), url);
        return next.origin === new URL(url).origin ? visit(next.href) : {url: next.href, fields: {}};
    }
    const action = page.match(/<form id="answer" method="post" action="([^"]*)"/);
    if (!action) {
        const text = page.replace(/<style[\s\S]*?<\/style>/g, "").replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").trim();
        throw new Error(`${answer.status} from ${new URL(url).pathname}: ${text}`);
    }
    const fields = {};
    for (const [, name, value] of page.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)) {
        fields[name] ??= unescape(value);
    }
    return {url: unescape(action[1]), fields};
}

const characters = {amp: "&", lt: "<", gt: ">", quot: "\"", "#34": "\"", "#39": "'", "#43": "+"};
const unescape = text => text.replace(/&([a-z]+|#\d+);/g, (whole, name) => characters[name] ?? whole);
