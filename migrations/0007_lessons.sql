-- How often the lesson was finished, for each group and day. Nobody is named, and nothing else is kept of it.
--
-- KEYTEXT and times as in 0001_store.sql.

-- No reference to groups: counts outlive them.
CREATE TABLE lessons_daily (
    day BIGINT NOT NULL,
    group_id KEYTEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (day, group_id)
);
