-- Users who were archived. They are no resources any more, so that nothing that looks for resources can find them.
-- seq is the order of archiving; grps is a JSON array of the ids of their groups, or '' for none.
-- sealed_keys are keys of the installation that its processes share, as package secrets has sealed them.
-- +goose Up
CREATE TABLE archived_users (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant      TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id          TEXT NOT NULL,
    external_id TEXT NOT NULL,
    name        TEXT NOT NULL,
    email       TEXT NOT NULL,
    active      INTEGER NOT NULL,
    attributes  BLOB NOT NULL,
    created     INTEGER NOT NULL,
    modified    INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    archived    INTEGER NOT NULL,
    grps        TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX archived_users_id ON archived_users (tenant, id);
CREATE INDEX archived_users_list ON archived_users (tenant, seq);

CREATE TABLE sealed_keys (
    name   TEXT PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;

-- +goose Down
DROP TABLE sealed_keys;
DROP TABLE archived_users;
