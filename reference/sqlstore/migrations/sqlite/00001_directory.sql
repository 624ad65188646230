-- +goose Up
CREATE TABLE tenants (
    id      TEXT PRIMARY KEY,
    name    TEXT NOT NULL,
    domains TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT;

CREATE TABLE connections (
    tenant        TEXT PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    issuer        TEXT NOT NULL,
    client_id     TEXT NOT NULL,
    sealed_secret BLOB NOT NULL,
    updated       INTEGER NOT NULL
) STRICT;

CREATE TABLE scim_tokens (
    id      TEXT PRIMARY KEY,
    tenant  TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    hash    TEXT NOT NULL,
    created INTEGER NOT NULL,
    revoked INTEGER NOT NULL
) STRICT;
CREATE INDEX scim_tokens_tenant ON scim_tokens (tenant);

-- seq is the creation order, which lists follow. AUTOINCREMENT keeps the number of a deleted row from
-- being given out again, so that a list that is read in several steps never sees a row twice.
CREATE TABLE resources (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant      TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    kind        TEXT NOT NULL,
    id          TEXT NOT NULL,
    external_id TEXT NOT NULL,
    name        TEXT NOT NULL,
    name_key    TEXT NOT NULL,
    email       TEXT NOT NULL,
    email_key   TEXT NOT NULL,
    display     TEXT NOT NULL,
    active      INTEGER NOT NULL,
    attributes  BLOB NOT NULL,
    created     INTEGER NOT NULL,
    modified    INTEGER NOT NULL,
    version     INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX resources_id ON resources (tenant, id);
CREATE UNIQUE INDEX resources_user_name ON resources (tenant, name_key) WHERE kind = 'User';
CREATE INDEX resources_list ON resources (tenant, kind, seq);
CREATE INDEX resources_name ON resources (tenant, kind, name_key);
CREATE INDEX resources_email ON resources (tenant, kind, email_key);
CREATE INDEX resources_external ON resources (tenant, kind, external_id);

-- pos is the order in which members were added to a group.
CREATE TABLE members (
    pos    INTEGER PRIMARY KEY,
    grp    INTEGER NOT NULL REFERENCES resources (seq) ON DELETE CASCADE,
    member INTEGER NOT NULL REFERENCES resources (seq) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX members_group ON members (grp, member);
CREATE INDEX members_member ON members (member);

CREATE TABLE identities (
    tenant  TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    issuer  TEXT NOT NULL,
    subject TEXT NOT NULL,
    person  INTEGER NOT NULL REFERENCES resources (seq) ON DELETE CASCADE,
    linked  INTEGER NOT NULL,
    PRIMARY KEY (tenant, issuer, subject)
) STRICT;
CREATE INDEX identities_person ON identities (person);

-- The audit log outlives what it tells about: no reference to tenants or resources.
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    time    INTEGER NOT NULL,
    tenant  TEXT NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL
) STRICT;
CREATE INDEX audit_tenant ON audit (tenant, seq);

-- +goose Down
DROP TABLE audit;
DROP TABLE identities;
DROP TABLE members;
DROP TABLE resources;
DROP TABLE scim_tokens;
DROP TABLE connections;
DROP TABLE tenants;
