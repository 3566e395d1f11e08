-- Users with a role for one group, users whom mail reaches, and the links by which they set a password.
--
-- KEYTEXT and times as in 0001_store.sql. Secrets are kept as digests.

-- The group that a user's role is for, with those below it; nothing: the whole organisation. No reference to groups: a
-- user whose group is missing sees nothing, and must not get to see everything.
ALTER TABLE users ADD COLUMN group_id KEYTEXT;

-- Where mail reaches the user.
ALTER TABLE users ADD COLUMN mail TEXT;

-- One-time links by which a user sets a password. They are kept for a day: so many count for the limit.
CREATE TABLE password_links (
    digest KEYTEXT PRIMARY KEY,
    user_id KEYTEXT NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX password_links_user ON password_links (user_id, created_at);
