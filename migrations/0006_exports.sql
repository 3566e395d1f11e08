-- What leaves for other systems by itself: the order in which events were committed, and how far each export is.
--
-- KEYTEXT and times as in 0001_store.sql.

-- A transaction that stores events takes the next position as its last act and locks this row until it has committed. So
-- positions become visible in their order: a reader that sees one has seen all before it.
CREATE TABLE event_positions (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    position BIGINT NOT NULL
);
INSERT INTO event_positions (id, position) VALUES (1, 0);

-- What such a transaction stored: `n` events that have the number `batch`.
CREATE TABLE event_batches (
    position BIGINT PRIMARY KEY,
    batch BIGINT NOT NULL,
    received BIGINT NOT NULL,
    n BIGINT NOT NULL
);

-- Nothing for events of earlier releases, which no export delivers.
ALTER TABLE events ADD COLUMN batch BIGINT;
CREATE INDEX events_batch ON events (batch) WHERE batch IS NOT NULL;

-- How far each destination is. `owner` is the server that delivers, which shows with `beat` that it lives.
CREATE TABLE exports (
    name KEYTEXT PRIMARY KEY,
    position BIGINT NOT NULL,
    event KEYTEXT NOT NULL,
    owner KEYTEXT NOT NULL,
    beat BIGINT NOT NULL,
    delivered BIGINT NOT NULL,
    delivered_at BIGINT,
    error TEXT,
    error_at BIGINT
);
