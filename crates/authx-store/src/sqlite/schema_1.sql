-- Instants are microseconds since 1970-01-01T00:00:00Z.
CREATE TABLE authx_schema (version INTEGER NOT NULL) STRICT;

CREATE TABLE authx_entries (
    -- In the order of commits, and never used again: an entry that changes gets a new one. So who has seen all up to
    -- one number finds what is new beyond it.
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    until INTEGER,
    cut_before INTEGER,
    cut_except TEXT,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX authx_entries_until ON authx_entries (until) WHERE until IS NOT NULL;

CREATE TABLE authx_logins (
    -- In the order of insertion, which lists keep among logins of one instant.
    id INTEGER PRIMARY KEY,
    sid TEXT NOT NULL UNIQUE,
    subject TEXT NOT NULL,
    generation INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    rotated_at INTEGER NOT NULL,
    expires_at INTEGER,
    deadline INTEGER,
    -- The earlier one of `expires_at` and `deadline`.
    last_use INTEGER,
    ended_for TEXT,
    began_at INTEGER NOT NULL,
    last_active INTEGER NOT NULL,
    ip_address TEXT,
    user_agent TEXT,
    device_info TEXT
) STRICT;
CREATE INDEX authx_logins_subject ON authx_logins (subject);
CREATE INDEX authx_logins_last_use ON authx_logins (last_use) WHERE last_use IS NOT NULL;

CREATE TABLE authx_counters (
    key BLOB NOT NULL,
    -- How long the window is, in microseconds.
    lasts INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    PRIMARY KEY (key, lasts)
) STRICT, WITHOUT ROWID;
CREATE INDEX authx_counters_ends_at ON authx_counters (ends_at);
