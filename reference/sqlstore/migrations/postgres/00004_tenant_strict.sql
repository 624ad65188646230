-- +goose Up
ALTER TABLE tenants ADD COLUMN strict BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE tenants DROP COLUMN strict;
