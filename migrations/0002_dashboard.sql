-- The dashboard: who signs in, with what, and what they changed.
--
-- KEYTEXT and times as in 0001_store.sql; truth values are 0 and 1. Secrets are kept as digests.

CREATE TABLE users (
    id KEYTEXT PRIMARY KEY,
    name KEYTEXT NOT NULL UNIQUE,
    role KEYTEXT NOT NULL CHECK (role IN ('viewer', 'analyst', 'admin')),
    password_hash TEXT NOT NULL,
    totp_secret TEXT,
    totp_on BIGINT NOT NULL,
    totp_step BIGINT NOT NULL,
    disabled BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    signed_in_at BIGINT
);

CREATE TABLE recovery_codes (
    user_id KEYTEXT NOT NULL REFERENCES users (id),
    digest KEYTEXT NOT NULL,
    PRIMARY KEY (user_id, digest)
);

-- One-time links that make an administrator.
CREATE TABLE setup_links (
    digest KEYTEXT PRIMARY KEY,
    expires_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    digest KEYTEXT PRIMARY KEY,
    user_id KEYTEXT NOT NULL REFERENCES users (id),
    half BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    network TEXT NOT NULL,
    browser TEXT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_seen ON sessions (seen_at);

CREATE TABLE known_browsers (
    digest KEYTEXT NOT NULL,
    user_id KEYTEXT NOT NULL REFERENCES users (id),
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (digest, user_id)
);

CREATE TABLE sign_in_failures (
    key KEYTEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    last_at BIGINT NOT NULL
);

CREATE TABLE api_tokens (
    id KEYTEXT PRIMARY KEY,
    digest KEYTEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    user_id KEYTEXT NOT NULL REFERENCES users (id),
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

-- No reference to users: what was done stays when its author goes.
CREATE TABLE audit_log (
    id KEYTEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    address TEXT NOT NULL,
    action KEYTEXT NOT NULL,
    target TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX audit_log_at ON audit_log (at, id);
