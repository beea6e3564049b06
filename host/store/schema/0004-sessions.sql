-- People who are logged in. `bound` is the digest of a credential of the operator, which has to be the same still; `key` the API key that
-- opened the session, which has to be good still.
CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY, tenant TEXT NOT NULL, hash BYTEA NOT NULL, subject TEXT NOT NULL, scopes TEXT NOT NULL,
    bound TEXT NOT NULL, key TEXT NOT NULL, made BIGINT NOT NULL, used BIGINT NOT NULL, expires BIGINT NOT NULL);
CREATE INDEX sessions_by_tenant ON sessions (tenant, id);
CREATE INDEX sessions_by_expiry ON sessions (expires);
