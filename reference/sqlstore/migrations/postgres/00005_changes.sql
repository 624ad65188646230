-- The change feed: what writes did, in the order of their commits. The lists are JSON arrays of texts, or '' for
-- none. Rows outlive what they tell about, and so have no reference to it. change_horizons is the last row of
-- each tenant that is missing. For tenants that are older than the feed that is number 1, which no row has.
-- +goose Up
CREATE TABLE changes (
    seq        BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 2) PRIMARY KEY,
    tenant     TEXT COLLATE "C" NOT NULL,
    time       BIGINT NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL,
    id         TEXT COLLATE "C" NOT NULL,
    action     TEXT COLLATE "C" NOT NULL,
    attributes TEXT NOT NULL,
    removed    TEXT NOT NULL,
    added      TEXT NOT NULL
);
CREATE INDEX changes_tenant ON changes (tenant, seq);

CREATE TABLE change_horizons (
    tenant TEXT COLLATE "C" PRIMARY KEY,
    seq    BIGINT NOT NULL
);
INSERT INTO change_horizons (tenant, seq) SELECT DISTINCT tenant, 1 FROM resources;

-- +goose Down
DROP TABLE change_horizons;
DROP TABLE changes;
