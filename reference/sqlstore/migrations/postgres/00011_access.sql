-- Who may enter: what people log in with, who is signed on, and what each tenant asks of them.
-- +goose Up

-- totp is sealed; totp_step is the last time step that was used. recovery is a JSON array of hashes.
CREATE TABLE credentials (
    person        BIGINT PRIMARY KEY REFERENCES resources (seq) ON DELETE CASCADE,
    password      TEXT NOT NULL DEFAULT '',
    password_set  BIGINT NOT NULL DEFAULT 0,
    totp          BYTEA NOT NULL DEFAULT '',
    totp_set      BIGINT NOT NULL DEFAULT 0,
    totp_step     BIGINT NOT NULL DEFAULT 0,
    recovery      TEXT NOT NULL DEFAULT '[]',
    break_glass   BIGINT NOT NULL DEFAULT 0, -- when it was granted; 0: not
    granted_by    TEXT NOT NULL DEFAULT ''
);
CREATE INDEX credentials_break_glass ON credentials (person) WHERE break_glass <> 0;

CREATE TABLE sessions (
    seq     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id      TEXT COLLATE "C" NOT NULL UNIQUE,
    hash    TEXT COLLATE "C" NOT NULL UNIQUE,
    tenant  TEXT COLLATE "C" NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    person  BIGINT NOT NULL REFERENCES resources (seq) ON DELETE CASCADE,
    via     TEXT NOT NULL,
    mfa     BOOLEAN NOT NULL,
    role    TEXT NOT NULL,
    address TEXT NOT NULL,
    agent   TEXT NOT NULL,
    created BIGINT NOT NULL,
    seen    BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX sessions_tenant ON sessions (tenant, seq);
CREATE INDEX sessions_person ON sessions (person, seq);
CREATE INDEX sessions_expires ON sessions (expires);

-- document is JSON.
CREATE TABLE policies (
    tenant   TEXT COLLATE "C" PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    document TEXT NOT NULL,
    updated  BIGINT NOT NULL
);

-- Attempts to log in that have failed or are under way, by account and by address.
CREATE TABLE login_attempts (
    id       TEXT COLLATE "C" PRIMARY KEY,
    attempts BIGINT NOT NULL,
    last     BIGINT NOT NULL
);
CREATE INDEX login_attempts_last ON login_attempts (last);

CREATE TABLE alerts (
    seq             BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant          TEXT COLLATE "C" NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    time            BIGINT NOT NULL,
    kind            TEXT NOT NULL,
    subject         TEXT NOT NULL,
    detail          TEXT NOT NULL,
    acknowledged    BIGINT NOT NULL DEFAULT 0,
    acknowledged_by TEXT NOT NULL DEFAULT ''
);
CREATE INDEX alerts_tenant ON alerts (tenant, seq);

-- holder is the process that works on a job, until its lease is over.
CREATE TABLE migration_jobs (
    seq     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id      TEXT COLLATE "C" NOT NULL UNIQUE,
    tenant  TEXT COLLATE "C" NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    state   TEXT NOT NULL,
    step    TEXT NOT NULL,
    done    BIGINT NOT NULL,
    total   BIGINT NOT NULL,
    place   BIGINT NOT NULL,
    problem TEXT NOT NULL,
    detail  TEXT NOT NULL,
    actor   TEXT NOT NULL,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    holder  TEXT NOT NULL,
    lease   BIGINT NOT NULL
);
CREATE INDEX migration_jobs_tenant ON migration_jobs (tenant, seq);
CREATE UNIQUE INDEX migration_jobs_running ON migration_jobs (tenant) WHERE state = 'running';

ALTER TABLE scim_tokens ADD COLUMN expires BIGINT NOT NULL DEFAULT 0;
ALTER TABLE scim_tokens ADD COLUMN used BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tenants ADD COLUMN scim_enabled BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE tenants ADD COLUMN scim_in_plan BOOLEAN NOT NULL DEFAULT TRUE;

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
