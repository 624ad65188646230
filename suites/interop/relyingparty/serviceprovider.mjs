// A SAML service provider out of @node-saml/node-saml, which nobody of this project wrote; samlify reads the metadata.
import {SAML} from "@node-saml/node-saml";
import {IdentityProvider} from "samlify";
import {makeCertificate} from "./certificate.mjs";
import {visit} from "./idp.mjs";

const entityID = "https://sp.example.test/metadata", acs = "https://sp.example.test/acs", logout = "https://sp.example.test/logout";
const own = makeCertificate("sp.example.test");

/** One app of the IdP with the service provider that is registered there, as its metadata and the persona's knobs say. */
async function connect(idp, persona, people, change = {}) {
    const app = await idp.control("POST", "/apps", {
        persona: persona.name, name: "node-saml", saml: {entity_id: entityID, acs: [acs], logout, ...change}
    });
    for (const person of Object.values(people)) await idp.control("PUT", `/apps/${app.id}/people/${person.id}`);
    const metadata = readMetadata(await (await fetch(app.saml.metadata)).text());
    const signs = knob(persona, "saml.signs");
    const options = {
        idpCert: metadata.certificate, idpIssuer: metadata.entityID, entryPoint: metadata.redirect, logoutUrl: metadata.logout,
        issuer: entityID, callbackUrl: acs, signatureAlgorithm: "sha256", digestAlgorithm: "sha256", identifierFormat: null,
        wantAuthnResponseSigned: signs.includes("response"), wantAssertionsSigned: signs.includes("assertion"),
        validateInResponseTo: "always",
        ...(change.certificate ? {privateKey: own.key} : {}), ...(change.encryption ? {decryptionPvk: own.key} : {})
    };
    return {app, metadata, options, provider: new SAML(options)};
}

function readMetadata(text) {
    const meta = IdentityProvider({metadata: text}).entityMeta;
    return {
        text, entityID: meta.getEntityID(), certificate: [meta.getX509Certificate("signing")].flat(),
        redirect: meta.getSingleSignOnService("redirect"), post: meta.getSingleSignOnService("post"),
        logout: [meta.getSingleLogoutService("redirect")].flat()[0]
    };
}

const knob = (persona, name) => persona.knobs.find(k => k.name === name).value;

const ways = {
    async redirect({provider}, relay) { return visit(await provider.getAuthorizeUrlAsync(relay)); },
    async POST({options, metadata}, relay, site) {
        const poster = new SAML({...options, authnRequestBinding: "HTTP-POST", skipRequestCompression: true, cacheProvider: site.provider.cacheProvider});
        return visit(metadata.post, await poster.getAuthorizeMessageAsync(relay));
    },
    async "IdP-initiated"({app}, relay) { return visit(app.saml.metadata.replace(/metadata$/, "start") + `?RelayState=${relay}`); }
};

let logins = 0;

/** Has a person sign in in one of the ways, and returns what the browser brings back: {url, fields}. */
async function answered(idp, site, way, person, mutations = []) {
    const relay = `relay-${++logins}`;
    await idp.control("POST", "/grants", {protocol: "saml", state: relay, person: person.login, mutations});
    const sent = await ways[way](site, relay, site);
    if (!sent.url.startsWith(acs)) throw new Error(`the response goes to ${sent.url}`);
    if (mutations.length === 0) same("RelayState", sent.fields.RelayState, relay);
    return sent;
}

/** The profile that node-saml makes of a response. */
async function validated(site, way, {url, fields}) {
    const provider = way === "IdP-initiated" ? new SAML({...site.options, validateInResponseTo: "never"}) : site.provider;
    if (fields.SAMLResponse !== undefined) return (await provider.validatePostResponseAsync(fields)).profile;
    const query = new URL(url).search.slice(1);
    return (await provider.validateRedirectAsync(Object.fromEntries(new URLSearchParams(query)), query)).profile;
}

const login = async (idp, site, way, person) => validated(site, way, await answered(idp, site, way, person));

/** What the persona says of a person in its attributes, as node-saml shows them: one value plain, several in a list. */
function expected(persona, person, groups, tenant) {
    const facts = {
        id: person.id, login: person.login, "e-mail": person.email, "given name": person.given_name, "family name": person.family_name,
        "display name": `${person.given_name} ${person.family_name}`, "group names": groups, "tenant id": tenant
    };
    const list = knob(persona, "saml.attributes");
    const attributes = list === "(none)" ? [] : list.split("; ").map(entry => entry.split(" = ")).map(([name, source]) => [name, facts[source]]);
    return {nameID: facts[knob(persona, "saml.nameID")], attributes: Object.fromEntries(attributes)};
}

/** Every good response of a persona, each way that it can be asked for, plain, encrypted, and to signed requests. */
export async function goodResponses(idp, persona, people, report) {
    const registrations = {
        plain: {}, encrypted: {encryption: own.certificate}, "signed requests": {certificate: own.certificate}
    };
    for (const [kind, change] of Object.entries(registrations)) {
        const site = await connect(idp, persona, people, change);
        for (const way of Object.keys(ways)) {
            await report(`${persona.name}: ${kind}, ${way}`, async () => {
                const profile = await login(idp, site, way, people.ada);
                const want = expected(persona, people.ada, ["Guides", "Pilots"], "11111111-1111-4111-8111-111111111111");
                same("NameID", profile.nameID, want.nameID);
                same("issuer", profile.issuer, site.metadata.entityID);
                same("attributes", profile.attributes, want.attributes);
            });
        }
        if (site.metadata.logout && kind === "signed requests") {
            await report(`${persona.name}: logout`, () => singleLogout(idp, site, people.ada));
            for (const binding of ["redirect", "post"]) {
                await report(`${persona.name}: logout by the IdP, ${binding}`, () => logoutByIdP(idp, site, people.ada, binding));
            }
        }
    }
}

/** The service provider ends a session: its signed request, and the IdP's signed answer by the POST binding. */
async function singleLogout(idp, site, person) {
    const profile = await login(idp, site, "redirect", person);
    const answer = await visit(await site.provider.getLogoutUrlAsync(profile, "bye"));
    same("where the answer goes", answer.url, logout);
    same("RelayState", answer.fields.RelayState, "bye");
    const {loggedOut} = await closing(site).validatePostResponseAsync(answer.fields);
    same("logged out", loggedOut, true);
}

/** The provider for LogoutResponses: node-saml looks for InResponseTo in a Response only, so it cannot ask for one here. */
const closing = site => new SAML({...site.options, validateInResponseTo: "ifPresent", cacheProvider: site.provider.cacheProvider});

/** The IdP ends one of two sessions: its signed request, and the service provider's signed answer, which the IdP verifies. */
async function logoutByIdP(idp, site, person, binding) {
    const profile = await login(idp, site, "redirect", person), other = await login(idp, site, "redirect", person);
    const {id, request} = await asked(idp, site, person, binding, profile.sessionIndex);
    same("whom it names", request.nameID, profile.nameID);
    same("which session", request.sessionIndex, profile.sessionIndex);
    await fetch(await site.provider.getLogoutResponseUrlAsync(request, "", {}, true));
    const noted = (await idp.control("GET", `/apps/${site.app.id}/saml/logouts`)).find(l => l.id === id);
    same("what the IdP noted", [noted.status, noted.verified, noted.error], ["Success", true, undefined]);
    const open = (await idp.control("GET", `/apps/${site.app.id}/saml/sessions`)).map(s => s.session_index);
    same("sessions", [open.includes(profile.sessionIndex), open.includes(other.sessionIndex)], [false, true]);
}

/** A LogoutRequest of the IdP, as node-saml reads it. */
async function asked(idp, site, person, binding, sessionIndex, mutations = []) {
    const {id, url} = await idp.control("POST", `/apps/${site.app.id}/saml/logouts`, {
        person: person.login, binding, mutations, ...(sessionIndex ? {session_index: [sessionIndex]} : {})
    });
    const sent = await visit(url);
    if (binding === "post") return {id, request: (await site.provider.validatePostRequestAsync(sent.fields)).profile};
    const query = new URL(sent.url).search.slice(1);
    return {id, request: (await site.provider.validateRedirectAsync(Object.fromEntries(new URLSearchParams(query)), query)).profile};
}

const refusedOr = async attempt => {
    try {
        return await attempt();
    } catch {
        return "refused";
    }
};

/** Who is logged in after each mutation of a response: {name: verdict}. The honest twin goes before each, and must be accepted. */
export async function responses(idp, persona, people, mutations) {
    const plain = await connect(idp, persona, people), encrypted = await connect(idp, persona, people, {encryption: own.certificate});
    const names = Object.fromEntries(Object.values(people).map(p => [expected(persona, p).nameID, p === people.ada ? "genuine" : "stranger"]));
    const verdicts = {};
    for (const {name, rows} of mutations) {
        const site = name.includes("encrypted") || rows.some(row => row.startsWith("SAML-ENC")) ? encrypted : plain;
        const control = await login(idp, site, "redirect", people.ada);
        if (names[control.nameID] !== "genuine") throw new Error(`before ${name} the honest response names ${control.nameID}`);
        const sent = await answered(idp, site, "redirect", people.ada, [name]);
        verdicts[name] = await refusedOr(async () => {
            const profile = await validated(site, "redirect", sent);
            return names[profile?.nameID] ?? (profile?.nameID ? "somebody" : "nobody");
        });
    }
    return verdicts;
}

/** Whether node-saml takes each mutated logout message, by the POST binding, a LogoutRequest or else a LogoutResponse. */
export async function logouts(idp, persona, people, mutations) {
    const site = await connect(idp, persona, people, {certificate: own.certificate});
    const request = async names => (await asked(idp, site, people.ada, "post", (await login(idp, site, "redirect", people.ada)).sessionIndex, names)).request.nameID;
    const response = async names => {
        const profile = await login(idp, site, "redirect", people.ada), relay = `relay-${++logins}`;
        if (names.length > 0) await idp.control("POST", "/grants", {protocol: "saml", state: relay, person: people.ada.login, mutations: names});
        const answer = await visit(await site.provider.getLogoutUrlAsync(profile, relay));
        return (await closing(site).validatePostResponseAsync(answer.fields)).loggedOut;
    };
    const verdicts = {};
    for (const {name, text} of mutations) {
        const message = text.includes("LogoutResponse: ") ? response : request;
        if (!await message([])) throw new Error(`before ${name} the honest message is refused`);
        verdicts[name] = await refusedOr(async () => await message([name]) ? "accepted" : "refused");
    }
    return verdicts;
}

/** What samlify reads in mutated metadata: the same entity, keys and places as in the honest one, or others. */
export async function metadata(idp, persona, people, mutations) {
    const {app, metadata: honest} = await connect(idp, persona, people);
    const facts = ({text: _, ...rest}) => JSON.stringify(rest);
    const verdicts = {};
    for (const {name} of mutations) {
        await idp.control("PUT", `/apps/${app.id}/saml/metadata`, {mutations: [name]});
        const lying = await (await fetch(app.saml.metadata)).text();
        verdicts[name] = await refusedOr(() => facts(readMetadata(lying)) === facts(honest) ? "same" : "other");
    }
    return verdicts;
}

function same(what, got, want) {
    const text = value => JSON.stringify(value, value && typeof value === "object" && !Array.isArray(value) ? Object.keys(value).sort() : undefined);
    if (text(got) !== text(want)) throw new Error(`${what}: ${text(got)}, want ${text(want)}`);
}
