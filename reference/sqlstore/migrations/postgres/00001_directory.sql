-- Texts have the collation "C": they are compared byte by byte, as in SQLite and whatever the locale
-- of the database is.
-- +goose Up

-- rowid is the order of creation, under the name that it has in SQLite.
CREATE TABLE tenants (
    rowid   BIGINT GENERATED ALWAYS AS IDENTITY,
    id      TEXT COLLATE "C" PRIMARY KEY,
    name    TEXT NOT NULL,
    domains TEXT NOT NULL,
    created BIGINT NOT NULL
);

CREATE TABLE connections (
    tenant        TEXT COLLATE "C" PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    issuer        TEXT NOT NULL,
    client_id     TEXT NOT NULL,
    sealed_secret BYTEA NOT NULL,
    updated       BIGINT NOT NULL
);

CREATE TABLE scim_tokens (
    id      TEXT COLLATE "C" PRIMARY KEY,
    tenant  TEXT COLLATE "C" NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    hash    TEXT NOT NULL,
    created BIGINT NOT NULL,
    revoked BOOLEAN NOT NULL
);
CREATE INDEX scim_tokens_tenant ON scim_tokens (tenant);

-- seq is the creation order, which lists follow. attributes are kept as they were written, so that
-- equal bytes mean equal attributes; document is what conditions look into.
CREATE TABLE resources (
    seq         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant      TEXT COLLATE "C" NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    kind        TEXT COLLATE "C" NOT NULL,
    id          TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    name_key    TEXT COLLATE "C" NOT NULL,
    email       TEXT COLLATE "C" NOT NULL,
    email_key   TEXT COLLATE "C" NOT NULL,
    display     TEXT COLLATE "C" NOT NULL,
    active      BOOLEAN NOT NULL,
    attributes  TEXT NOT NULL,
    document    JSONB GENERATED ALWAYS AS (CAST(attributes AS JSONB)) STORED,
    created     BIGINT NOT NULL,
    modified    BIGINT NOT NULL,
    version     BIGINT NOT NULL
);
CREATE UNIQUE INDEX resources_id ON resources (tenant, id);
CREATE UNIQUE INDEX resources_user_name ON resources (tenant, name_key) WHERE kind = 'User';
CREATE INDEX resources_list ON resources (tenant, kind, seq);
CREATE INDEX resources_name ON resources (tenant, kind, name_key);
CREATE INDEX resources_email ON resources (tenant, kind, email_key);
CREATE INDEX resources_external ON resources (tenant, kind, external_id);

-- pos is the order in which members were added to a group.
CREATE TABLE members (
    pos    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    grp    BIGINT NOT NULL REFERENCES resources (seq) ON DELETE CASCADE,
    member BIGINT NOT NULL REFERENCES resources (seq) ON DELETE CASCADE
);
CREATE UNIQUE INDEX members_group ON members (grp, member);
CREATE INDEX members_member ON members (member);

CREATE TABLE identities (
    tenant  TEXT COLLATE "C" NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    issuer  TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    person  BIGINT NOT NULL REFERENCES resources (seq) ON DELETE CASCADE,
    linked  BIGINT NOT NULL,
    PRIMARY KEY (tenant, issuer, subject)
);
CREATE INDEX identities_person ON identities (person);

-- The audit log outlives what it tells about: no reference to tenants or resources.
CREATE TABLE audit (
    seq     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    time    BIGINT NOT NULL,
    tenant  TEXT COLLATE "C" NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL
);
CREATE INDEX audit_tenant ON audit (tenant, seq);

-- +goose Down
DROP TABLE audit;
DROP TABLE identities;
DROP TABLE members;
DROP TABLE resources;
DROP TABLE scim_tokens;
DROP TABLE connections;
DROP TABLE tenants;
