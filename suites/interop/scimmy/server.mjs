// A SCIM server on scimmy and scimmy-routers: a target for assay that nobody of this project wrote.
//
// This file is only the glue that those packages ask for: where resources are kept (in memory) and
// who may come in. It is as correct as it can be without doing scimmy's work, so that what assay
// finds wrong with this server is scimmy's, not the glue's. In particular it leaves parsing,
// validation, PATCH, filters, sorting, paging, projection, discovery, Bulk and error bodies alone.
//
// Environment: SCIM_TOKEN, the bearer token (required); PORT, 0 or absent for any free port.
// It listens on 127.0.0.1, prints one JSON line {"scim": URL} when it is ready and stops on SIGTERM.
import {createHash, randomUUID, timingSafeEqual} from "node:crypto";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const users = new Map();
const groups = new Map();

const notFound = (id) => new SCIMMY.Types.Error(404, null, `Resource ${id} not found`);

/** Returns the stored resource with that id, or throws scimmy's 404. */
function find(store, id) {
    const found = store.get(id);
    if (!found) throw notFound(id);
    return found;
}

/**
 * Stores what scimmy hands over, which for PUT and PATCH alike is the whole resource as it shall be.
 * What scimmy calls shadow attributes (id, meta) is the store's to set.
 */
function save(store, resourceType, id, instance) {
    const before = id === undefined ? undefined : find(store, id);
    const now = new Date().toISOString();
    const stored = {
        ...JSON.parse(JSON.stringify(instance)), // a plain copy without scimmy's accessors
        id: before?.id ?? randomUUID(),
        meta: {resourceType, created: before?.meta.created ?? now, lastModified: now}
    };
    delete stored.password; // never returned, and nobody signs in here: no reason to keep it
    store.set(stored.id, stored);
    return stored;
}

/** Answers a read: one resource, or all that pass the filter. scimmy sorts, pages and projects. */
function load(store, {id, filter}, complete) {
    if (id) return complete(find(store, id));
    const all = [...store.values()].map((resource) => complete(resource));
    return filter ? filter.match(all) : all;
}

/** userName is unique without regard to case (RFC 7643 section 4.1.1). */
function refuseTakenUserName(id, userName) {
    const wanted = userName?.toLowerCase();
    for (const user of users.values()) {
        if (user.id !== id && user.userName?.toLowerCase() === wanted)
            throw new SCIMMY.Types.Error(409, "uniqueness", `userName ${userName} is taken`);
    }
}

/** A user as it leaves the store: a copy, with the read-only list of the groups it is in. */
function completeUser(user) {
    const memberOf = [...groups.values()]
        .filter(({members = []}) => members.some(({value}) => value === user.id))
        .map(({id, displayName}) => ({
            value: id, display: displayName, type: "direct", $ref: `${SCIMMY.Resources.Group.basepath()}/${id}`
        }));
    return {...structuredClone(user), ...(memberOf.length ? {groups: memberOf} : {})};
}

function leaveGroups(id) {
    for (const group of groups.values()) {
        const others = group.members?.filter(({value}) => value !== id);
        if (others?.length) group.members = others;
        else delete group.members;
    }
}

SCIMMY.Resources.declare(SCIMMY.Resources.User, {
    extensions: [{schema: SCIMMY.Schemas.EnterpriseUser, required: false}],
    ingress: ({id}, instance) => {
        if (id) find(users, id); // a user that is gone is 404 even if the userName is taken
        refuseTakenUserName(id, instance.userName);
        return completeUser(save(users, "User", id, instance));
    },
    egress: (resource) => load(users, resource, completeUser),
    degress: ({id}) => {
        find(users, id);
        users.delete(id);
        leaveGroups(id);
    }
});

SCIMMY.Resources.declare(SCIMMY.Resources.Group, {
    ingress: ({id}, instance) => structuredClone(save(groups, "Group", id, instance)),
    egress: (resource) => load(groups, resource, structuredClone),
    degress: ({id}) => {
        find(groups, id);
        groups.delete(id);
        leaveGroups(id);
    }
});

const digest = (text) => createHash("sha256").update(text).digest();

/** Returns the check of the Authorization header that scimmy-routers calls for each request. */
function bearer(token) {
    const wanted = digest(`Bearer ${token}`);
    return (request) => {
        if (!timingSafeEqual(digest(request.header("Authorization") ?? ""), wanted))
            throw new Error("a valid bearer token is required");
    };
}

const token = process.env.SCIM_TOKEN;
if (!token) {
    console.error("SCIM_TOKEN must hold the bearer token");
    process.exit(2);
}

const app = express();
const server = app.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => {
    const origin = `http://127.0.0.1:${server.address().port}`;
    app.use("/scim/v2", new SCIMMYRouters({type: "bearer", handler: bearer(token), baseUri: () => origin}));
    console.log(JSON.stringify({scim: `${origin}/scim/v2`}));
});
server.on("error", (error) => {
    console.error(error.message);
    process.exit(1);
});

for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => {
        server.close();
        server.closeAllConnections();
    });
}
