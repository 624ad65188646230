-- +goose Up
ALTER TABLE tenants ADD COLUMN strict INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE tenants DROP COLUMN strict;
