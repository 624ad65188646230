-- Sorted lists. An index ends with seq, under the name rowid, by itself: what is equal comes in the order of creation,
-- which those that descend need in an index of their own. The texts that are too long to be sorted by an index are
-- found through two more, which are as good as empty.
-- +goose Up
CREATE INDEX resources_ordered_id ON resources (tenant, kind, id);
CREATE INDEX resources_name_down ON resources (tenant, kind, name_key DESC) WHERE kind = 'Group';
CREATE INDEX resources_external_down ON resources (tenant, kind, external_id DESC);
CREATE INDEX resources_created_down ON resources (tenant, kind, created DESC);
CREATE INDEX resources_modified_down ON resources (tenant, kind, modified DESC);
CREATE INDEX resources_name_long ON resources (tenant, kind, octet_length(name_key)) WHERE octet_length(name_key) > 1024;
CREATE INDEX resources_external_long ON resources (tenant, kind, octet_length(external_id)) WHERE octet_length(external_id) > 1024;

-- +goose Down
DROP INDEX resources_external_long;
DROP INDEX resources_name_long;
DROP INDEX resources_modified_down;
DROP INDEX resources_created_down;
DROP INDEX resources_external_down;
DROP INDEX resources_name_down;
DROP INDEX resources_ordered_id;
