-- Few events have this severity, because a notice asks nobody; the search for them would otherwise read all events of
-- each day that has one.
CREATE INDEX events_notice ON events (time, id) WHERE severity = 'notice';
