-- Groups, enrolment, policies, events and their counts.
--
-- One file for SQLite and PostgreSQL. KEYTEXT is text that is compared byte by byte: SQLite takes any name
-- with TEXT in it for TEXT; for PostgreSQL it becomes TEXT COLLATE "C" (src/store/migrations.rs).
-- Times are milliseconds since 1970.

-- Counts up with every change of groups, tokens or policies: what replicas look at to notice one.
CREATE TABLE changes (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    revision BIGINT NOT NULL
);
INSERT INTO changes (id, revision) VALUES (1, 0);

-- A tree with one root, the organisation.
CREATE TABLE groups (
    id KEYTEXT PRIMARY KEY,
    name TEXT NOT NULL,
    parent KEYTEXT REFERENCES groups (id),
    created BIGINT NOT NULL,
    revision BIGINT NOT NULL
);

CREATE TABLE enrolment_tokens (
    id KEYTEXT PRIMARY KEY,
    hash KEYTEXT NOT NULL UNIQUE,
    group_id KEYTEXT NOT NULL REFERENCES groups (id),
    label TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT,
    revoked BIGINT,
    last_used BIGINT
);

-- Every version that a group's own layer ever had.
CREATE TABLE policies (
    group_id KEYTEXT NOT NULL REFERENCES groups (id),
    version BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    document TEXT NOT NULL,
    author TEXT NOT NULL,
    comment TEXT NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (group_id, version)
);

-- No reference to groups: an event outlives its group, and an insert needs no look-up.
CREATE TABLE events (
    id KEYTEXT PRIMARY KEY,
    message KEYTEXT NOT NULL,
    time BIGINT NOT NULL,
    received BIGINT NOT NULL,
    group_id KEYTEXT NOT NULL,
    host KEYTEXT NOT NULL,
    client_version KEYTEXT NOT NULL,
    policy_id KEYTEXT NOT NULL,
    policy_version BIGINT NOT NULL,
    action KEYTEXT NOT NULL,
    severity KEYTEXT NOT NULL,
    reasons TEXT NOT NULL,
    domain KEYTEXT,
    address TEXT,
    justification TEXT
);
CREATE INDEX events_time ON events (time, id);
CREATE INDEX events_group ON events (group_id, time, id);
CREATE INDEX events_domain ON events (domain, time, id) WHERE domain IS NOT NULL;

-- Counts, kept up in the transaction that inserts the events.
CREATE TABLE counts_hourly (
    hour BIGINT NOT NULL,
    group_id KEYTEXT NOT NULL,
    host KEYTEXT NOT NULL,
    action KEYTEXT NOT NULL,
    severity KEYTEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (hour, group_id, host, action, severity)
);

-- The reason '' counts each event once, the others each reason of each event. It comes first in the key
-- because every question is about one of the two.
CREATE TABLE counts_daily (
    reason KEYTEXT NOT NULL,
    day BIGINT NOT NULL,
    group_id KEYTEXT NOT NULL,
    host KEYTEXT NOT NULL,
    action KEYTEXT NOT NULL,
    severity KEYTEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (reason, day, group_id, host, action, severity)
);

-- `sent`: those of `n` that left in spite of the warning or in audit mode.
CREATE TABLE domains_daily (
    day BIGINT NOT NULL,
    group_id KEYTEXT NOT NULL,
    domain KEYTEXT NOT NULL,
    n BIGINT NOT NULL,
    sent BIGINT NOT NULL,
    PRIMARY KEY (day, group_id, domain)
);
CREATE INDEX domains_daily_domain ON domains_daily (domain, day);

CREATE TABLE domains_seen (
    domain KEYTEXT PRIMARY KEY,
    first_seen BIGINT NOT NULL
);
CREATE INDEX domains_seen_first ON domains_seen (first_seen, domain);

-- What DNS said, until it expires.
CREATE TABLE domain_evidence (
    domain KEYTEXT PRIMARY KEY,
    exists_in_dns BIGINT NOT NULL,
    accepts_mail BIGINT NOT NULL,
    detail TEXT NOT NULL,
    checked BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
