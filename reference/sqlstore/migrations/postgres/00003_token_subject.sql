-- subject is the id of the user that a token stands for, or ''. It is no reference: a token outlives its
-- user, and finds nobody then.
-- +goose Up
ALTER TABLE scim_tokens ADD COLUMN subject TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE scim_tokens DROP COLUMN subject;
