-- What must be unique beside names and ids: each value under its attribute in its scope, which is the
-- tenant, or '' for all tenants. hash stands for the value.
-- +goose Up
CREATE TABLE unique_values (
    scope     TEXT NOT NULL,
    attribute TEXT NOT NULL,
    hash      TEXT NOT NULL,
    owner     INTEGER NOT NULL REFERENCES resources (seq) ON DELETE CASCADE,
    PRIMARY KEY (scope, attribute, hash)
) STRICT;
CREATE INDEX unique_values_owner ON unique_values (owner);

-- +goose Down
DROP TABLE unique_values;
