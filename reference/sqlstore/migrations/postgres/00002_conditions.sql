-- What filters compare most: whether somebody is active, and when something was created or changed.
-- The IDs in lower case are what conditions on members look up: they compare without regard to case.
-- +goose Up
CREATE INDEX resources_active ON resources (tenant, kind, active);
CREATE INDEX resources_created ON resources (tenant, kind, created);
CREATE INDEX resources_modified ON resources (tenant, kind, modified);
CREATE INDEX resources_lower_id ON resources (tenant, lower(id));

-- +goose Down
DROP INDEX resources_lower_id;
DROP INDEX resources_modified;
DROP INDEX resources_created;
DROP INDEX resources_active;
