"""Revoked ids in one SQLite file, which several services on one machine can share."""

import sqlite3
import threading
import time
from pathlib import Path

_SCHEMA = "CREATE TABLE IF NOT EXISTS revoked (id TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID"


class Blocklist:
    """Ids that are refused, each until the time (seconds since the epoch) at which it expires by itself.

    An id is a token's `jti`, or the demo's `login` claim, which all tokens of one login carry.
    """

    def __init__(self, path: Path) -> None:
        # Autocommit: each statement is a transaction, so no call leaves the file locked.
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=2, check_same_thread=False)
        # FastAPI calls plain functions on worker threads, the blocklist callback on the event loop.
        self._lock = threading.Lock()
        # With the write-ahead log, readers don't wait for a writer of another service.
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute(_SCHEMA)

    def revoke(self, id: str, *, until: float) -> None:
        """Refuse `id` from now on, and delete ids that have expired by themselves."""
        with self._lock:
            self._connection.execute("DELETE FROM revoked WHERE until < ?", (time.time(),))
            self._connection.execute("INSERT OR REPLACE INTO revoked VALUES (?, ?)", (id, until))

    def holds_either(self, id: str, other_id: str) -> bool:
        """Whether one of the two is refused. A lookup by primary key is fast enough for the event loop."""
        with self._lock:
            rows = self._connection.execute("SELECT 1 FROM revoked WHERE id IN (?, ?)", (id, other_id))
            return rows.fetchone() is not None

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
