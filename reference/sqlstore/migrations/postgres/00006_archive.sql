-- Users who were archived. They are no resources any more, so that nothing that looks for resources can find them.
-- seq is the order of archiving; grps is a JSON array of the ids of their groups, or '' for none.
-- sealed_keys are keys of the installation that its processes share, as package secrets has sealed them.
-- +goose Up
CREATE TABLE archived_users (
    seq         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant      TEXT COLLATE "C" NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id          TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    email       TEXT COLLATE "C" NOT NULL,
    active      BOOLEAN NOT NULL,
    attributes  TEXT NOT NULL,
    created     BIGINT NOT NULL,
    modified    BIGINT NOT NULL,
    version     BIGINT NOT NULL,
    archived    BIGINT NOT NULL,
    grps        TEXT NOT NULL
);
CREATE UNIQUE INDEX archived_users_id ON archived_users (tenant, id);
CREATE INDEX archived_users_list ON archived_users (tenant, seq);

CREATE TABLE sealed_keys (
    name   TEXT COLLATE "C" PRIMARY KEY,
    sealed BYTEA NOT NULL
);

-- +goose Down
DROP TABLE sealed_keys;
DROP TABLE archived_users;
