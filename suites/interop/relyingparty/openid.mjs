// An OpenID Connect relying party out of openid-client, which nobody of this project wrote and which is certified.
import * as client from "openid-client";
import {visit} from "./idp.mjs";

const callback = "https://rp.example.test/callback", signedOut = "https://rp.example.test/signed-out";

/** An app of the IdP and the relying party that knows of it what discovery and its registration say. */
async function connect(idp, persona, people, method = "client_secret_basic") {
    const keys = method === "private_key_jwt" ? await crypto.subtle.generateKey(rs256, true, ["sign", "verify"]) : undefined;
    const jwks = keys && {keys: [{...await crypto.subtle.exportKey("jwk", keys.publicKey), kid: "rp", alg: "RS256", use: "sig"}]};
    const app = await idp.control("POST", "/apps", {
        persona: persona.name, name: "openid-client", redirect_uris: [callback], post_logout_redirect_uris: [signedOut],
        token_endpoint_auth_method: method, ...(jwks ? {jwks} : {})
    });
    for (const person of Object.values(people)) await idp.control("PUT", `/apps/${app.id}/people/${person.id}`);
    const authentication = {
        client_secret_basic: () => client.ClientSecretBasic(app.client_secret), client_secret_post: () => client.ClientSecretPost(app.client_secret),
        private_key_jwt: () => client.PrivateKeyJwt({key: keys.privateKey, kid: "rp"}), none: () => client.None()
    }[method]();
    const site = {app, authentication, persona};
    return {...site, config: await discover(site)};
}

/** Reads the discovery document. The key set is read anew by who uses what this returns. */
function discover({app, authentication}) {
    // a test IdP is on loopback; the ID token's signature is verified although TLS would do for the standard
    const execute = [client.allowInsecureRequests, client.enableNonRepudiationChecks];
    return client.discovery(new URL(app.issuer), app.client_id, {}, authentication, {execute});
}

const rs256 = {name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1])};
const knob = (persona, name) => persona.knobs.find(k => k.name === name).value;

/** Signs a person in with PKCE, state and nonce, and returns the tokens. */
async function login(idp, {config, persona}, person, {mode = "query", mutations = []} = {}) {
    const pkceCodeVerifier = client.randomPKCECodeVerifier(), expectedState = client.randomState(), expectedNonce = client.randomNonce();
    await idp.control("POST", "/grants", {state: expectedState, person: person.login, mutations});
    const refresh = knob(persona, "oidc.refresh");
    const sent = await visit(client.buildAuthorizationUrl(config, {
        redirect_uri: callback, scope: "openid profile email" + (refresh === "offlineAccess" ? " offline_access" : ""),
        state: expectedState, nonce: expectedNonce, response_mode: mode, login_hint: person.login,
        code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: "S256",
        ...(refresh === "accessType" ? {access_type: "offline"} : {})
    }).href);
    if (!sent.url.startsWith(callback)) throw new Error(`the answer goes to ${sent.url}`);
    const answer = mode === "form_post" ? new Request(sent.url, {method: "POST", body: new URLSearchParams(sent.fields)}) : new URL(sent.url);
    return () => client.authorizationCodeGrant(config, answer, {pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true});
}

/** Everything that a persona's provider offers, in each way that it can be asked for. */
export async function goodExchanges(idp, persona, people, report) {
    const asked = `${persona.name}: discovery`;
    let site;
    await report(asked, async () => { site = await connect(idp, persona, people); });
    if (!site) return;
    for (const mode of knob(persona, "oidc.responseModes").split(", ").filter(mode => mode !== "fragment")) {
        await report(`${persona.name}: login, ${mode}`, async () => {
            await identified(site, people.ada, await (await login(idp, site, people.ada, {mode}))());
        });
    }
    for (const method of [...site.config.serverMetadata().token_endpoint_auth_methods_supported, "none"].filter(m => m !== "client_secret_basic")) {
        await report(`${persona.name}: login, ${method}`, async () => {
            const other = await connect(idp, persona, people, method);
            await identified(other, people.ada, await (await login(idp, other, people.ada))());
        });
    }
    await report(`${persona.name}: refresh, introspection, revocation, logout`, () => lifecycle(idp, site, people.ada));
}

/** Userinfo must be about the subject of the ID token, and both about the person. */
async function identified(site, person, tokens) {
    const {subject, email} = await whoIs(site, tokens);
    if (email !== person.email) throw new Error(`the person's e-mail address is ${email}, not ${person.email}`);
    return subject;
}

async function whoIs({config}, tokens) {
    const claims = tokens.claims();
    const info = config.serverMetadata().userinfo_endpoint ? await client.fetchUserInfo(config, tokens.access_token, claims.sub) : {};
    return {subject: claims.sub, email: info.email ?? claims.email};
}

async function lifecycle(idp, site, person) {
    const {config, persona} = site, metadata = config.serverMetadata();
    let tokens = await (await login(idp, site, person))();
    const idToken = tokens.id_token, subject = tokens.claims().sub;
    if (knob(persona, "oidc.refresh") !== "never") {
        const fresh = await client.refreshTokenGrant(config, tokens.refresh_token);
        if (fresh.claims() && fresh.claims().sub !== subject) throw new Error(`after the refresh the subject is ${fresh.claims().sub}, not ${subject}`);
        if (fresh.access_token === tokens.access_token) throw new Error("the refresh gives the same access token");
        tokens = {...tokens, ...fresh};
        await client.fetchUserInfo(config, tokens.access_token, subject);
    }
    const active = async () => (await client.tokenIntrospection(config, tokens.access_token)).active;
    if (metadata.introspection_endpoint && !await active()) throw new Error("introspection says that a good access token is not active");
    if (metadata.revocation_endpoint) {
        await client.tokenRevocation(config, tokens.access_token);
        if (metadata.introspection_endpoint && await active()) throw new Error("a revoked access token is active");
        if (await client.fetchUserInfo(config, tokens.access_token, subject).then(() => true, () => false)) throw new Error("userinfo answers to a revoked access token");
    }
    if (metadata.end_session_endpoint) {
        const out = await visit(client.buildEndSessionUrl(config, {post_logout_redirect_uri: signedOut, id_token_hint: idToken, state: "bye"}).href);
        if (out.url !== `${signedOut}?state=bye`) throw new Error(`after the logout the browser is at ${out.url}`);
    }
}

/** Whether a mutation is about what this library does: it takes no logout tokens, and what claims mean is for the application. */
export const concerns = ({stage}) => !stage.startsWith("logout") && stage !== "claims about the person";

const isPublished = ({stage}) => stage.startsWith("discovery") || stage.startsWith("key set");

/** Who is logged in after each mutation: {name: verdict}. The honest twin goes before each, and must be accepted. */
export async function lies(idp, persona, people, mutations) {
    const site = await connect(idp, persona, people);
    const subjects = {};
    for (const [name, person] of Object.entries(people)) {
        subjects[await identified(site, person, await (await login(idp, site, person))())] = person === people.ada ? "genuine" : "stranger";
    }
    const verdicts = {};
    for (const mutation of mutations) {
        await identified(site, people.ada, await (await login(idp, site, people.ada))());
        const attempt = isPublished(mutation) ? await rediscovered(idp, site, people.ada, mutation) : await grantedLogin(idp, site, people.ada, mutation);
        try {
            verdicts[mutation.name] = subjects[await attempt()] ?? "somebody";
        } catch {
            verdicts[mutation.name] = "refused";
        }
    }
    return verdicts;
}

/** A login with the mutation, up to the callback; the attempt goes on from there, to a refresh where the mutation is of one. */
async function grantedLogin(idp, site, person, {name, stage}) {
    const answer = await login(idp, site, person, {mutations: [name]});
    if (!stage.startsWith("refresh")) return async () => (await whoIs(site, await answer())).subject;
    const tokens = await answer();
    return async () => (await client.refreshTokenGrant(site.config, tokens.refresh_token)).claims()?.sub;
}

/** A relying party that reads the mutated documents, and logs in. */
async function rediscovered(idp, site, person, {name}) {
    await idp.control("PUT", `/apps/${site.app.id}/mutations`, {mutations: [name]});
    return async () => {
        try {
            const fresh = {...site, config: await discover(site)};
            return (await whoIs(fresh, await (await login(idp, fresh, person))())).subject;
        } finally {
            await idp.control("DELETE", `/apps/${site.app.id}/mutations`);
        }
    };
}
