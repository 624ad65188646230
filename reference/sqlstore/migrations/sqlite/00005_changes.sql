-- The change feed: what writes did, in the order of their commits. AUTOINCREMENT keeps the number of a row that
-- was dropped from being given out again. The lists are JSON arrays of texts, or '' for none. Rows outlive
-- what they tell about, and so have no reference to it. change_horizons is the last row of each tenant that is
-- missing. For tenants that are older than the feed that is number 1, which no row has.
-- +goose Up
CREATE TABLE changes (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant     TEXT NOT NULL,
    time       INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    id         TEXT NOT NULL,
    action     TEXT NOT NULL,
    attributes TEXT NOT NULL,
    removed    TEXT NOT NULL,
    added      TEXT NOT NULL
) STRICT;
CREATE INDEX changes_tenant ON changes (tenant, seq);

CREATE TABLE change_horizons (
    tenant TEXT PRIMARY KEY,
    seq    INTEGER NOT NULL
) STRICT;
INSERT INTO sqlite_sequence (name, seq) VALUES ('changes', 1);
INSERT INTO change_horizons (tenant, seq) SELECT DISTINCT tenant, 1 FROM resources;

-- +goose Down
DROP TABLE change_horizons;
DROP TABLE changes;
