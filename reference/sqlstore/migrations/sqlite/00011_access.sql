-- Who may enter: what people log in with, who is signed on, and what each tenant asks of them.
-- +goose Up

-- totp is sealed; totp_step is the last time step that was used. recovery is a JSON array of hashes.
CREATE TABLE credentials (
    person        INTEGER PRIMARY KEY REFERENCES resources (seq) ON DELETE CASCADE,
    password      TEXT NOT NULL DEFAULT '',
    password_set  INTEGER NOT NULL DEFAULT 0,
    totp          BLOB NOT NULL DEFAULT x'',
    totp_set      INTEGER NOT NULL DEFAULT 0,
    totp_step     INTEGER NOT NULL DEFAULT 0,
    recovery      TEXT NOT NULL DEFAULT '[]',
    break_glass   INTEGER NOT NULL DEFAULT 0, -- when it was granted; 0: not
    granted_by    TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX credentials_break_glass ON credentials (person) WHERE break_glass <> 0;

CREATE TABLE sessions (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    id      TEXT NOT NULL UNIQUE,
    hash    TEXT NOT NULL UNIQUE,
    tenant  TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    person  INTEGER NOT NULL REFERENCES resources (seq) ON DELETE CASCADE,
    via     TEXT NOT NULL,
    mfa     INTEGER NOT NULL,
    role    TEXT NOT NULL,
    address TEXT NOT NULL,
    agent   TEXT NOT NULL,
    created INTEGER NOT NULL,
    seen    INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_tenant ON sessions (tenant, seq);
CREATE INDEX sessions_person ON sessions (person, seq);
CREATE INDEX sessions_expires ON sessions (expires);

-- document is JSON.
CREATE TABLE policies (
    tenant   TEXT PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    document TEXT NOT NULL,
    updated  INTEGER NOT NULL
) STRICT;

-- Attempts to log in that have failed or are under way, by account and by address.
CREATE TABLE login_attempts (
    id       TEXT PRIMARY KEY,
    attempts INTEGER NOT NULL,
    last     INTEGER NOT NULL
) STRICT;
CREATE INDEX login_attempts_last ON login_attempts (last);

CREATE TABLE alerts (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant          TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    time            INTEGER NOT NULL,
    kind            TEXT NOT NULL,
    subject         TEXT NOT NULL,
    detail          TEXT NOT NULL,
    acknowledged    INTEGER NOT NULL DEFAULT 0,
    acknowledged_by TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX alerts_tenant ON alerts (tenant, seq);

-- holder is the process that works on a job, until its lease is over.
CREATE TABLE migration_jobs (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    id      TEXT NOT NULL UNIQUE,
    tenant  TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    state   TEXT NOT NULL,
    step    TEXT NOT NULL,
    done    INTEGER NOT NULL,
    total   INTEGER NOT NULL,
    place   INTEGER NOT NULL,
    problem TEXT NOT NULL,
    detail  TEXT NOT NULL,
    actor   TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    holder  TEXT NOT NULL,
    lease   INTEGER NOT NULL
) STRICT;
CREATE INDEX migration_jobs_tenant ON migration_jobs (tenant, seq);
CREATE UNIQUE INDEX migration_jobs_running ON migration_jobs (tenant) WHERE state = 'running';

ALTER TABLE scim_tokens ADD COLUMN expires INTEGER NOT NULL DEFAULT 0;
ALTER TABLE scim_tokens ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tenants ADD COLUMN scim_enabled INTEGER NOT NULL DEFAULT 1;
ALTER TABLE tenants ADD COLUMN scim_in_plan INTEGER NOT NULL DEFAULT 1;

-- +goose Down
ALTER TABLE tenants DROP COLUMN scim_in_plan;
ALTER TABLE tenants DROP COLUMN scim_enabled;
ALTER TABLE scim_tokens DROP COLUMN used;
ALTER TABLE scim_tokens DROP COLUMN expires;
DROP TABLE migration_jobs;
DROP TABLE alerts;
DROP TABLE login_attempts;
DROP TABLE policies;
DROP TABLE sessions;
DROP TABLE credentials;
