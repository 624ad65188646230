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
    tenant    TEXT COLLATE "C" NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    name      TEXT COLLATE "C" NOT NULL,
    challenge TEXT NOT NULL,
    added     BIGINT NOT NULL,
    verified  BIGINT NOT NULL,
    PRIMARY KEY (tenant, name)
);
CREATE UNIQUE INDEX domains_verified ON domains (name) WHERE verified <> 0;
INSERT INTO domains (tenant, name, challenge, added, verified)
    SELECT t.id, lower(d.value), '', t.created, greatest(t.created, 1)
    FROM tenants t, jsonb_array_elements_text(CASE WHEN t.domains = 'null' THEN '[]' ELSE CAST(t.domains AS JSONB) END) AS d (value) ORDER BY t.rowid
    ON CONFLICT DO NOTHING;
ALTER TABLE tenants DROP COLUMN domains;

ALTER TABLE connections ADD COLUMN protocol TEXT NOT NULL DEFAULT 'oidc';
ALTER TABLE connections ADD COLUMN saml BYTEA NOT NULL DEFAULT '';
ALTER TABLE connections ADD COLUMN settings TEXT NOT NULL DEFAULT '{"active":true}';

ALTER TABLE identities ADD COLUMN last_used BIGINT NOT NULL DEFAULT 0;

CREATE TABLE accounts (
    person        BIGINT PRIMARY KEY REFERENCES resources (seq) ON DELETE CASCADE,
    tenant        TEXT COLLATE "C" NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    email         TEXT COLLATE "C" NOT NULL,
    role          TEXT NOT NULL,
    local_version BIGINT NOT NULL
);
CREATE INDEX accounts_email ON accounts (tenant, email);

CREATE TABLE role_mappings (
    tenant TEXT COLLATE "C" NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    source TEXT COLLATE "C" NOT NULL,
    grp    TEXT COLLATE "C" NOT NULL,
    seq    BIGINT REFERENCES resources (seq) ON DELETE CASCADE,
    role   TEXT NOT NULL,
    PRIMARY KEY (tenant, source, grp)
);
CREATE INDEX role_mappings_seq ON role_mappings (seq);

CREATE TABLE sightings (
    seq     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant  TEXT COLLATE "C" NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    issuer  TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    claims  TEXT NOT NULL,
    overage BOOLEAN NOT NULL,
    seen    BIGINT NOT NULL,
    barred  BOOLEAN NOT NULL DEFAULT FALSE
);
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
