-- What a search by a part of an address looks through: each address once, however many events name it.
--
-- KEYTEXT and times as in 0001_store.sql.

-- `key` is the address in lower case. `last_day` is the day of the newest event about it, in UTC: an address goes when
-- its last event goes.
CREATE TABLE addresses_seen (
    address TEXT PRIMARY KEY,
    key KEYTEXT NOT NULL,
    last_day BIGINT NOT NULL
);
INSERT INTO addresses_seen (address, key, last_day)
    SELECT address, lower(address), MAX(time - time % 86400000) FROM events WHERE address IS NOT NULL GROUP BY address;
CREATE INDEX addresses_seen_day ON addresses_seen (last_day);

CREATE INDEX events_address ON events (address, time, id) WHERE address IS NOT NULL;

-- Filters that a user has given a name: `page` is the list they are for, `query` what the address of the page says.
CREATE TABLE saved_filters (
    user_id KEYTEXT NOT NULL REFERENCES users (id),
    page KEYTEXT NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    PRIMARY KEY (user_id, page, name)
);
