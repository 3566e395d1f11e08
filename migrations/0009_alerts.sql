-- What the server tells people by itself: alerts and reports, and who has been told.
--
-- KEYTEXT and times as in 0001_store.sql.

-- What else in the message made a verdict graver, as a JSON array; nothing for events of earlier releases.
ALTER TABLE events ADD COLUMN raised_by TEXT;

-- Each alert and report that there was. `id` has the kind, what it is about, and the how manieth one it is: two servers
-- that notice the same thing write the same row. `over_at` is missing while what it tells of lasts.
CREATE TABLE alerts (
    id KEYTEXT PRIMARY KEY,
    kind KEYTEXT NOT NULL,
    about KEYTEXT NOT NULL,
    at BIGINT NOT NULL,
    over_at BIGINT,
    document TEXT NOT NULL
);
CREATE INDEX alerts_about ON alerts (kind, about, at);
CREATE INDEX alerts_at ON alerts (at, id);

-- Who is told of it, and whether they were. `recipient` is the address of a mail; empty for a webhook.
CREATE TABLE alert_deliveries (
    destination KEYTEXT NOT NULL,
    recipient KEYTEXT NOT NULL,
    alert KEYTEXT NOT NULL REFERENCES alerts (id),
    created BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    delivered_at BIGINT,
    error TEXT,
    error_at BIGINT,
    PRIMARY KEY (destination, recipient, alert)
);
CREATE INDEX alert_deliveries_waiting ON alert_deliveries (destination, recipient, created) WHERE delivered_at IS NULL;
CREATE INDEX alert_deliveries_alert ON alert_deliveries (alert);

-- Look-alike domains that a name server has still to be asked about.
CREATE TABLE alert_candidates (
    domain KEYTEXT PRIMARY KEY,
    event KEYTEXT NOT NULL,
    at BIGINT NOT NULL
);

-- How far in the order of events alerts are looked for, since when, and by which server: as in `exports`.
CREATE TABLE alert_watch (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    position BIGINT NOT NULL,
    since BIGINT NOT NULL,
    owner KEYTEXT NOT NULL,
    beat BIGINT NOT NULL
);
