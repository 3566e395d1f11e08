-- People whom a sign-in provider or a proxy names.
--
-- KEYTEXT and times as in 0001_store.sql.

-- Who a person is to whom: the issuer of an OpenID provider and its `sub`, or `proxy` and the name that it gives. Both
-- are missing for people with a password here; those named by others have an empty hash.
ALTER TABLE users ADD COLUMN issuer KEYTEXT;
ALTER TABLE users ADD COLUMN subject KEYTEXT;
CREATE UNIQUE INDEX users_identity ON users (issuer, subject) WHERE issuer IS NOT NULL;

-- How a session began: password, oidc or proxy.
ALTER TABLE sessions ADD COLUMN method KEYTEXT NOT NULL DEFAULT 'password';
-- The ID token, by which the provider recognises the session when the person signs out.
ALTER TABLE sessions ADD COLUMN id_token TEXT;

-- Answers of a provider that were taken: none is taken twice.
CREATE TABLE sign_in_answers (
    digest KEYTEXT PRIMARY KEY,
    at BIGINT NOT NULL
);
CREATE INDEX sign_in_answers_at ON sign_in_answers (at);
