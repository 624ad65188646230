// What a client does with each mutation, compared with the committed list. A value is the verdict; one other than
// "refused" is followed by ": " and the reason why it may be so. An object says it persona by persona. "left out: reason"
// is a mutation that is not tried.
import {readFileSync, writeFileSync} from "node:fs";

const verdictOf = entry => entry?.split(":")[0];
const entryFor = (listed, persona) => typeof listed === "object" ? listed[persona] : listed;

export const read = file => JSON.parse(readFileSync(file, "utf8"));

export const leftOut = entry => verdictOf(typeof entry === "string" ? entry : "") === "left out";

/** Every difference between the list and what was seen, {name: {persona: verdict}}; none when they agree. */
export function compare(listed, seen) {
    const differences = [];
    for (const [name, verdicts] of Object.entries(seen)) {
        for (const [persona, verdict] of Object.entries(verdicts)) {
            const entry = entryFor(listed[name], persona);
            if (entry === undefined) differences.push(`${name} (${persona}): ${verdict}, and not listed`);
            else if (verdictOf(entry) !== verdict) differences.push(`${name} (${persona}): ${verdict}, listed as ${verdictOf(entry)}`);
            else if (verdict !== "refused" && !entry.includes(": ")) differences.push(`${name} (${persona}): ${verdict} is listed without a reason`);
        }
    }
    for (const name of Object.keys(listed)) {
        if (!(name in seen)) differences.push(`${name}: listed, but the IdP has no such mutation`);
    }
    return differences;
}

/** Writes what was seen as the new list, with the reasons of the old one where the verdict is the same. */
export function update(file, listed, seen) {
    const next = {};
    for (const [name, verdicts] of Object.entries(seen)) {
        if (leftOut(listed[name])) {
            next[name] = listed[name];
            continue;
        }
        const entries = Object.entries(verdicts).map(([persona, verdict]) => {
            const old = entryFor(listed[name], persona);
            return [persona, verdict !== "refused" && verdictOf(old) === verdict ? old : verdict];
        });
        const alike = new Set(entries.map(([, entry]) => entry)).size === 1;
        next[name] = alike && entries.length > 0 ? entries[0][1] : Object.fromEntries(entries);
    }
    writeFileSync(file, JSON.stringify(next, null, 2) + "\n");
}
