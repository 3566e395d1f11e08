-- What an administrator hands out for a group, and the clients that came by it.
--
-- KEYTEXT and times as in 0001_store.sql.

-- An enrolment token whose text the server keeps: everything below /d/SECRET/ has it in it, so that whoever may load
-- that address has the token too. Group, label, creation and end are the token's.
CREATE TABLE deployments (
    id KEYTEXT PRIMARY KEY REFERENCES enrolment_tokens (id),
    secret KEYTEXT NOT NULL UNIQUE
);

-- When the clients that a token enrolled were shut out, all of them.
ALTER TABLE enrolment_tokens ADD COLUMN clients_out BIGINT;

-- No reference to tokens and groups: what is known of a client outlives both.
CREATE TABLE clients (
    id KEYTEXT PRIMARY KEY,
    token_id KEYTEXT NOT NULL,
    group_id KEYTEXT NOT NULL,
    host KEYTEXT NOT NULL,
    version KEYTEXT NOT NULL,
    policy_version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    seen BIGINT NOT NULL,
    shut_out BIGINT
);
CREATE INDEX clients_seen ON clients (seen, id);
CREATE INDEX clients_token ON clients (token_id, seen);
CREATE INDEX clients_out ON clients (shut_out) WHERE shut_out IS NOT NULL;

-- How many clients were in contact on a day.
CREATE TABLE clients_daily (
    day BIGINT NOT NULL,
    group_id KEYTEXT NOT NULL,
    host KEYTEXT NOT NULL,
    version KEYTEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (day, group_id, host, version)
);

-- Which client sent an event; nothing for those of earlier releases.
ALTER TABLE events ADD COLUMN client KEYTEXT;
CREATE INDEX events_client ON events (client, time, id) WHERE client IS NOT NULL;
