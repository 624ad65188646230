// Runs clients that nobody of this project wrote against the fake IdP, as every persona: what is good must be
// accepted, and what is a lie met as the committed lists say. Exit code 1 on any difference. --update writes the lists anew.
import {parseArgs} from "node:util";
import {compare, leftOut, read, update} from "./baseline.mjs";
import {start} from "./idp.mjs";
import * as relyingParty from "./openid.mjs";
import * as serviceProvider from "./serviceprovider.mjs";

const {values: flags} = parseArgs({options: {idp: {type: "string", default: ".bin/assay"}, update: {type: "boolean", default: false}}});
const here = name => new URL(name, import.meta.url).pathname;

// The personas that sign the assertion alone, and the response alone.
const signingShapes = ["entra-default", "google-unverified"];

async function prepare(idp) {
    const people = {};
    for (const [given_name, family_name] of [["Ada", "O'Neil <x>"], ["Grace", "Müller"]]) {
        const login = `${given_name.toLowerCase()}@example.test`;
        people[given_name.toLowerCase()] = await idp.control("POST", "/people", {login, email: login, given_name, family_name});
    }
    for (const name of ["Guides", "Pilots"]) await idp.control("POST", "/groups", {name, members: [people.ada.id]});
    return people;
}

/** Collects what went well and what did not, and prints one line at the end. */
function tally(client) {
    const failures = [];
    let passed = 0;
    return {
        async report(name, check) {
            try {
                await check();
                passed++;
            } catch (error) {
                failures.push(`${name}: ${error.message}`);
            }
        },
        differ(list) { failures.push(...list); },
        finish(more) {
            for (const failure of failures) console.error(`interop: ${client}: ${failure}`);
            console.log(`interop: ${client}: ${passed} good exchanges, ${more}; ${failures.length} differences`);
            return failures.length === 0;
        }
    };
}

// The personas whose authorization responses carry iss (RFC 9207), and do not.
const issuerShapes = ["generic", "okta-oin"];

// What is about signatures is tried in both shapes, the rest in one.
const dependsOnShape = ({stage, name, rows}) => stage === "response" && rows.some(row => /^SAML-(SIG|XSW)/.test(row)) && !/-(same|no)-id$/.test(name);

/** Compares what was seen with the client's list, or writes the list anew. */
function settle(name, listed, seen, differ) {
    if (flags.update) update(here(name), listed, seen);
    else differ(compare(listed, seen));
}

async function saml(idp, personas, people) {
    const {report, differ, finish} = tally("node-saml");
    for (const persona of personas) await serviceProvider.goodResponses(idp, persona, people, report);
    const listed = read(here("saml.json"));
    const mutations = (await idp.control("GET", "/mutations")).filter(m => m.protocol === "saml");
    const seen = Object.fromEntries(mutations.map(m => [m.name, {}]));
    const tried = mutations.filter(m => !leftOut(listed[m.name]));
    for (const [stage, method] of [["response", "responses"], ["logout message", "logouts"], ["metadata", "metadata"]]) {
        for (const [i, name] of signingShapes.entries()) {
            const persona = personas.find(p => p.name === name);
            const chosen = tried.filter(m => m.stage === stage && (i === 0 || dependsOnShape(m)));
            note(seen, persona, await serviceProvider[method](idp, persona, people, chosen));
        }
    }
    settle("saml.json", listed, seen, differ);
    return finish(`${tried.length} mutations`);
}

async function openid(idp, personas, people) {
    const {report, differ, finish} = tally("openid-client");
    for (const persona of personas) await relyingParty.goodExchanges(idp, persona, people, report);
    const listed = read(here("openid.json"));
    const mutations = (await idp.control("GET", "/mutations")).filter(m => m.protocol === "oidc" && relyingParty.concerns(m));
    const seen = Object.fromEntries(mutations.map(m => [m.name, {}]));
    const tried = mutations.filter(m => !leftOut(listed[m.name]));
    for (const [i, name] of issuerShapes.entries()) {
        const persona = personas.find(p => p.name === name);
        const chosen = tried.filter(m => i === 0 || m.stage === "authorization response");
        note(seen, persona, await relyingParty.lies(idp, persona, people, chosen));
    }
    settle("openid.json", listed, seen, differ);
    return finish(`${tried.length} mutations`);
}

function note(seen, persona, verdicts) {
    for (const [name, verdict] of Object.entries(verdicts)) seen[name][persona.name] = verdict;
}

const idp = await start(flags.idp);
try {
    const personas = await idp.control("GET", "/personas");
    const people = await prepare(idp);
    const results = await Promise.all([saml(idp, personas, people), openid(idp, personas, people)]);
    if (results.includes(false)) process.exitCode = 1;
} finally {
    await idp.stop();
}
