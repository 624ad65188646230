-- The link of each event to the one before it, see directory.Event. Migration 14 makes those of older events.
-- +goose Up
ALTER TABLE audit ADD COLUMN hash BYTEA;

-- +goose Down
ALTER TABLE audit DROP COLUMN hash;
