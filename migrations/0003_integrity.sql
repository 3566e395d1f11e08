-- What the server remembers about itself, and what shows that it can store anything.

-- Small facts by name: the last trusted time, which roles need a second factor.
CREATE TABLE settings (
    name KEYTEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- /readyz writes here: a database that only answers questions is not ready.
CREATE TABLE write_probe (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    at BIGINT NOT NULL
);
INSERT INTO write_probe (id, at) VALUES (1, 0);

-- When the person of a session last gave their password, for what asks for it again.
ALTER TABLE sessions ADD COLUMN confirmed_at BIGINT NOT NULL DEFAULT 0;
