// What the glue answers for: storage, uniqueness, memberships and the token. The rest is scimmy's.
// Run with `npm test`.
import assert from "node:assert/strict";
import {spawn} from "node:child_process";
import {once} from "node:events";
import {createInterface} from "node:readline";
import {after, before, test} from "node:test";

const script = new URL("server.mjs", import.meta.url).pathname;
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
let server, base;

before(async () => {
    server = spawn(process.execPath, [script], {env: {...process.env, SCIM_TOKEN: "planted", PORT: "0"}, stdio: ["ignore", "pipe", "inherit"]});
    const [line] = await once(createInterface(server.stdout), "line");
    assert.ok(!line.includes("planted"));
    base = JSON.parse(line).scim;
});

after(async () => {
    const ended = once(server, "exit");
    server.kill("SIGTERM");
    assert.deepEqual(await ended, [0, null]);
});

async function call(method, path, body, authorization = "Bearer planted") {
    const response = await fetch(base + path, {
        method, body: body && JSON.stringify(body),
        headers: {"Content-Type": "application/scim+json", ...(authorization ? {Authorization: authorization} : {})}
    });
    const text = await response.text();
    return {status: response.status, doc: text ? JSON.parse(text) : undefined};
}

const patch = (...Operations) => ({schemas: [PATCH], Operations});
const createUser = async (userName, more = {}) => {
    const {status, doc} = await call("POST", "/Users", {schemas: [USER], userName, ...more});
    assert.equal(status, 201);
    return doc;
};

test("only the token lets a request in", async () => {
    for (const authorization of [null, "Bearer wrong", "planted", "Basic planted"]) {
        const {status, doc} = await call("GET", "/Users", undefined, authorization);
        assert.equal(status, 401);
        assert.ok(!JSON.stringify(doc).includes("planted"));
    }
});

test("a user lives: create, read, list, filter, patch, replace, delete", async () => {
    const user = await createUser("life@example.test", {externalId: "x1", [ENTERPRISE]: {department: "Tours"}});
    assert.equal((await call("GET", `/Users/${user.id}`)).doc[ENTERPRISE].department, "Tours");
    assert.ok((await call("GET", "/Users")).doc.totalResults >= 1);
    const found = await call("GET", `/Users?filter=${encodeURIComponent('userName eq "life@example.test"')}`);
    assert.deepEqual(found.doc.Resources.map(({id}) => id), [user.id]);
    const patched = await call("PATCH", `/Users/${user.id}`, patch({op: "replace", path: "title", value: "Guide"}));
    assert.equal(patched.doc.title, "Guide");
    assert.equal(patched.doc.externalId, "x1");
    assert.equal(patched.doc.meta.created, user.meta.created);
    const put = await call("PUT", `/Users/${user.id}`, {schemas: [USER], userName: "life@example.test"});
    assert.equal(put.status, 200);
    assert.equal(put.doc.title, undefined);
    assert.equal(put.doc.id, user.id);
    assert.equal((await call("DELETE", `/Users/${user.id}`)).status, 204);
    assert.equal((await call("GET", `/Users/${user.id}`)).status, 404);
});

test("what is not there is 404", async () => {
    for (const type of ["Users", "Groups"]) {
        const body = {schemas: [type === "Users" ? USER : GROUP], userName: "n@example.test", displayName: "N"};
        assert.equal((await call("GET", `/${type}/none`)).status, 404);
        assert.equal((await call("PUT", `/${type}/none`, body)).status, 404);
        assert.equal((await call("PATCH", `/${type}/none`, patch({op: "add", path: "displayName", value: "x"}))).status, 404);
        assert.equal((await call("DELETE", `/${type}/none`)).status, 404);
    }
});

test("userName is unique without regard to case, against others only", async () => {
    const ada = await createUser("ada@example.test"), bob = await createUser("bob@example.test");
    const again = await call("POST", "/Users", {schemas: [USER], userName: "ADA@example.test"});
    assert.deepEqual([again.status, again.doc.scimType], [409, "uniqueness"]);
    assert.equal((await call("PATCH", `/Users/${bob.id}`, patch({op: "replace", path: "userName", value: "Ada@example.test"}))).status, 409);
    assert.equal((await call("PUT", `/Users/${ada.id}`, {schemas: [USER], userName: "Ada@example.test"})).status, 200);
});

test("memberships show on both sides and end with the user", async () => {
    const user = await createUser("member@example.test");
    const {doc: group} = await call("POST", "/Groups", {schemas: [GROUP], displayName: "Tour Guides", members: [{value: user.id}]});
    const {doc: member} = await call("GET", `/Users/${user.id}`);
    assert.deepEqual(member.groups, [{value: group.id, $ref: group.meta.location, display: "Tour Guides", type: "direct"}]);
    const found = await call("GET", `/Groups?filter=${encodeURIComponent('displayName eq "Tour Guides"')}`);
    assert.equal(found.doc.totalResults, 1);
    const removed = await call("PATCH", `/Groups/${group.id}`, patch({op: "remove", path: `members[value eq "${user.id}"]`}));
    assert.equal(removed.doc.members, undefined);
    await call("PATCH", `/Groups/${group.id}`, patch({op: "add", path: "members", value: [{value: user.id}]}));
    assert.equal((await call("DELETE", `/Users/${user.id}`)).status, 204);
    assert.equal((await call("GET", `/Groups/${group.id}`)).doc.members, undefined);
    assert.equal((await call("DELETE", `/Groups/${group.id}`)).status, 204);
});

test("an answer does not share memory with the store", async () => {
    const user = await createUser("copy@example.test", {emails: [{value: "copy@example.test", type: "work"}]});
    // the second operation fails, so the first must leave no trace
    const refused = await call("PATCH", `/Users/${user.id}`, patch(
        {op: "add", path: "emails", value: [{value: "other@example.test"}]}, {op: "add", path: "nope", value: 1}
    ));
    assert.equal(refused.status, 400);
    assert.equal((await call("GET", `/Users/${user.id}`)).doc.emails.length, 1);
});

test("a server without a token does not start", async () => {
    const {SCIM_TOKEN: _, ...env} = process.env;
    const child = spawn(process.execPath, [script], {env, stdio: "ignore"});
    assert.deepEqual(await once(child, "exit"), [2, null]);
});
