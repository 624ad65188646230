-- Sorted lists. What is equal comes in the order of creation, which indexes that ascend get by seq as their last
-- column, and lists that descend by an index of their own. The texts that are too long to be sorted by an index are
-- found through two more, which are as good as empty.
-- +goose Up
DROP INDEX resources_name;
DROP INDEX resources_external;
DROP INDEX resources_active;
DROP INDEX resources_created;
DROP INDEX resources_modified;
CREATE INDEX resources_name ON resources (tenant, kind, name_key, seq);
CREATE INDEX resources_external ON resources (tenant, kind, external_id, seq);
CREATE INDEX resources_active ON resources (tenant, kind, active, seq);
CREATE INDEX resources_created ON resources (tenant, kind, created, seq);
CREATE INDEX resources_modified ON resources (tenant, kind, modified, seq);
CREATE INDEX resources_ordered_id ON resources (tenant, kind, id);
CREATE INDEX resources_name_down ON resources (tenant, kind, name_key DESC, seq) WHERE kind = 'Group';
CREATE INDEX resources_external_down ON resources (tenant, kind, external_id DESC, seq);
CREATE INDEX resources_created_down ON resources (tenant, kind, created DESC, seq);
CREATE INDEX resources_modified_down ON resources (tenant, kind, modified DESC, seq);
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
DROP INDEX resources_modified;
DROP INDEX resources_created;
DROP INDEX resources_active;
DROP INDEX resources_external;
DROP INDEX resources_name;
CREATE INDEX resources_name ON resources (tenant, kind, name_key);
CREATE INDEX resources_external ON resources (tenant, kind, external_id);
CREATE INDEX resources_active ON resources (tenant, kind, active);
CREATE INDEX resources_created ON resources (tenant, kind, created);
CREATE INDEX resources_modified ON resources (tenant, kind, modified);
