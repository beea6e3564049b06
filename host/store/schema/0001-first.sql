-- One text for SQLite and PostgreSQL: TEXT (byte order), BIGINT, BYTEA. Times are milliseconds since 1970.
-- A digest is the SHA-256 of a blob, 64 hexadecimal digits.

CREATE TABLE workbooks (
    tenant TEXT NOT NULL, id TEXT NOT NULL,
    digest TEXT NOT NULL, size BIGINT NOT NULL, revision BIGINT NOT NULL,
    created BIGINT NOT NULL, changed BIGINT NOT NULL, deleted BIGINT NOT NULL,
    PRIMARY KEY (tenant, id));

CREATE TABLE revisions (
    tenant TEXT NOT NULL, id TEXT NOT NULL, revision BIGINT NOT NULL,
    digest TEXT, size BIGINT NOT NULL, made BIGINT NOT NULL, author TEXT NOT NULL,
    PRIMARY KEY (tenant, id, revision));

CREATE TABLE runs (
    tenant TEXT NOT NULL, id TEXT NOT NULL, workbook TEXT NOT NULL, source TEXT NOT NULL,
    state TEXT NOT NULL, inputs TEXT, outputs TEXT, record TEXT, problem TEXT,
    executor TEXT, lease BIGINT, attempt BIGINT NOT NULL, cancel BIGINT NOT NULL, events BIGINT NOT NULL,
    queued BIGINT NOT NULL, started BIGINT, ended BIGINT,
    PRIMARY KEY (tenant, id));
CREATE INDEX runs_by_state ON runs (state, queued);
CREATE INDEX runs_by_tenant ON runs (tenant, queued, id);

CREATE TABLE run_events (
    tenant TEXT NOT NULL, run TEXT NOT NULL, number BIGINT NOT NULL,
    kind TEXT NOT NULL, body BYTEA NOT NULL, made BIGINT NOT NULL,
    PRIMARY KEY (tenant, run, number));

-- Whose turn it was last, so that one tenant's thousand runs do not stand before another's one.
CREATE TABLE turns (tenant TEXT NOT NULL PRIMARY KEY, served BIGINT NOT NULL);

CREATE TABLE sites (
    tenant TEXT NOT NULL, site TEXT NOT NULL, active BIGINT, latest BIGINT NOT NULL,
    PRIMARY KEY (tenant, site));

CREATE TABLE snapshots (
    tenant TEXT NOT NULL, site TEXT NOT NULL, number BIGINT NOT NULL,
    digest TEXT NOT NULL, files BIGINT NOT NULL, size BIGINT NOT NULL, note TEXT NOT NULL, made BIGINT NOT NULL,
    PRIMARY KEY (tenant, site, number));

CREATE TABLE snapshot_files (
    tenant TEXT NOT NULL, site TEXT NOT NULL, number BIGINT NOT NULL, path TEXT NOT NULL, coding TEXT NOT NULL,
    digest TEXT NOT NULL, media TEXT NOT NULL, size BIGINT NOT NULL,
    PRIMARY KEY (tenant, site, number, path, coding));

-- Several tenants may ask for a host; one can have shown that it is theirs.
CREATE TABLE domains (
    tenant TEXT NOT NULL, host TEXT NOT NULL, site TEXT NOT NULL, state TEXT NOT NULL,
    token TEXT NOT NULL, added BIGINT NOT NULL, verified BIGINT,
    PRIMARY KEY (tenant, host));
CREATE UNIQUE INDEX domains_verified ON domains (host) WHERE state = 'verified';

CREATE TABLE variables (
    tenant TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, hosts TEXT NOT NULL,
    sealed BYTEA NOT NULL, master TEXT NOT NULL, size BIGINT NOT NULL, changed BIGINT NOT NULL,
    PRIMARY KEY (tenant, name));
CREATE INDEX variables_by_master ON variables (master);

CREATE TABLE api_keys (
    id TEXT NOT NULL PRIMARY KEY, tenant TEXT NOT NULL, name TEXT NOT NULL, hash BYTEA NOT NULL,
    scopes TEXT NOT NULL, made BIGINT NOT NULL, expires BIGINT, revoked BIGINT);
CREATE INDEX api_keys_by_tenant ON api_keys (tenant, id);

CREATE TABLE idempotency (
    tenant TEXT NOT NULL, name TEXT NOT NULL, request TEXT NOT NULL, holder TEXT NOT NULL, held BIGINT NOT NULL,
    status BIGINT, headers TEXT, body BYTEA, expires BIGINT NOT NULL,
    PRIMARY KEY (tenant, name));
CREATE INDEX idempotency_by_expiry ON idempotency (expires);

CREATE TABLE refusals (
    tenant TEXT NOT NULL, made BIGINT NOT NULL, id TEXT NOT NULL,
    client TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, rule TEXT NOT NULL, detail TEXT NOT NULL,
    PRIMARY KEY (tenant, made, id));

CREATE TABLE leases (
    name TEXT NOT NULL PRIMARY KEY, holder TEXT NOT NULL, until BIGINT NOT NULL, fence BIGINT NOT NULL);

CREATE TABLE firings (
    tenant TEXT NOT NULL, schedule TEXT NOT NULL, slot BIGINT NOT NULL, holder TEXT NOT NULL, made BIGINT NOT NULL,
    PRIMARY KEY (tenant, schedule, slot));
