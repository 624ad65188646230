-- What single sign-on needs to know of tenants and people.
--
-- A domain counts once it is verified, for one tenant only. Those that tenants have had so far were given by the operator,
-- who is believed. accounts is the local side of a user; email is derived from the user. role_mappings has the group
-- of the directory in seq, so that the mapping goes with it. sightings are what identity providers have said about people;
-- claims is a JSON object.
-- +goose Up
ALTER TABLE tenants ADD COLUMN customer_id TEXT NOT NULL DEFAULT '';
ALTER TABLE tenants ADD COLUMN mode TEXT NOT NULL DEFAULT 'sso';
CREATE UNIQUE INDEX tenants_customer ON tenants (customer_id) WHERE customer_id <> '';

CREATE TABLE domains (
    tenant    TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    name      TEXT NOT NULL,
    challenge TEXT NOT NULL,
    added     INTEGER NOT NULL,
    verified  INTEGER NOT NULL,
    PRIMARY KEY (tenant, name)
) STRICT;
CREATE UNIQUE INDEX domains_verified ON domains (name) WHERE verified <> 0;
INSERT INTO domains (tenant, name, challenge, added, verified)
    SELECT t.id, lower(d.value), '', t.created, max(t.created, 1) FROM tenants t, json_each(t.domains) d WHERE d.type = 'text' ORDER BY t.rowid
    ON CONFLICT DO NOTHING;
ALTER TABLE tenants DROP COLUMN domains;

ALTER TABLE connections ADD COLUMN protocol TEXT NOT NULL DEFAULT 'oidc';
ALTER TABLE connections ADD COLUMN saml BLOB NOT NULL DEFAULT X'';
ALTER TABLE connections ADD COLUMN settings TEXT NOT NULL DEFAULT '{"active":true}';

ALTER TABLE identities ADD COLUMN last_used INTEGER NOT NULL DEFAULT 0;

CREATE TABLE accounts (
    person        INTEGER PRIMARY KEY REFERENCES resources (seq) ON DELETE CASCADE,
    tenant        TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    email         TEXT NOT NULL,
    role          TEXT NOT NULL,
    local_version INTEGER NOT NULL
) STRICT;
CREATE INDEX accounts_email ON accounts (tenant, email);

CREATE TABLE role_mappings (
    tenant TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    grp    TEXT NOT NULL,
    seq    INTEGER REFERENCES resources (seq) ON DELETE CASCADE,
    role   TEXT NOT NULL,
    PRIMARY KEY (tenant, source, grp)
) STRICT;
CREATE INDEX role_mappings_seq ON role_mappings (seq);

CREATE TABLE sightings (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant  TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    issuer  TEXT NOT NULL,
    subject TEXT NOT NULL,
    claims  TEXT NOT NULL,
    overage INTEGER NOT NULL,
    seen    INTEGER NOT NULL,
    barred  INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX sightings_identity ON sightings (tenant, issuer, subject);
CREATE INDEX sightings_list ON sightings (tenant, seq);

-- +goose Down
DROP TABLE sightings;
DROP TABLE role_mappings;
DROP TABLE accounts;
ALTER TABLE identities DROP COLUMN last_used;
ALTER TABLE connections DROP COLUMN settings;
ALTER TABLE connections DROP COLUMN saml;
ALTER TABLE connections DROP COLUMN protocol;
ALTER TABLE tenants ADD COLUMN domains TEXT NOT NULL DEFAULT 'null';
DROP TABLE domains;
DROP INDEX tenants_customer;
ALTER TABLE tenants DROP COLUMN mode;
ALTER TABLE tenants DROP COLUMN customer_id;
