-- A log of requests in the place of a number, so that windows slide. Those that were counted are forgotten.
DROP TABLE authx_counters;
CREATE TABLE authx_counters (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL,
    -- How long the window is, in microseconds.
    lasts INTEGER NOT NULL,
    log BLOB NOT NULL,
    ends_at INTEGER NOT NULL,
    UNIQUE (key, lasts)
) STRICT;
CREATE INDEX authx_counters_ends_at ON authx_counters (ends_at);
