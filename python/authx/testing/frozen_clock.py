"""A clock that stands still."""

import time
from datetime import datetime, timedelta, timezone
from typing import Any

from typing_extensions import Self

from authx import clock

__all__ = ["FrozenClock"]


class FrozenClock:
    """A clock that moves only when it is told to, for everything in AuthX that asks for the time.

    It counts within its `with` block, in the whole process. Tokens, cookies, sessions, rate limits and implicit
    refresh go by it; nothing outside AuthX does, such as a client that drops cookies, and what waits, such as
    `auth.websocket_guard`, waits as long as ever.

    Args:
        at: What it shows at first. This moment, without a fraction of a second, unless given. A `datetime` without a
            time zone is local time.

    Example:
        ```python
        with FrozenClock() as clock:
            token = auth.create_access_token("ada")
            clock.advance(minutes=15)
            # JWT_ACCESS_TOKEN_EXPIRES is 15 minutes: it has just ended.
        ```
    """

    def __init__(self, at: datetime | float | None = None) -> None:
        self._time = int(time.time()) if at is None else _seconds(at)
        self._monotonic = clock.elapsed()
        self._before: list[clock.Clock] = []

    def __enter__(self) -> Self:
        self._before.append(clock.source)
        clock.source = self
        return self

    def __exit__(self, *_: object) -> None:
        clock.source = self._before.pop()

    def __repr__(self) -> str:
        return f"FrozenClock({self.now.isoformat()})"

    @property
    def now(self) -> datetime:
        """What it shows, in UTC."""
        return datetime.fromtimestamp(self._time, timezone.utc)

    def advance(self, duration: timedelta | float = 0, **parts: float) -> None:
        """Let time pass.

        Args:
            duration: How much, as a `timedelta` or in seconds.
            **parts: More of it, by the names that `timedelta` has: `minutes=5`.

        Raises:
            ValueError: It would go back; `set` can.
        """
        whole = duration if isinstance(duration, timedelta) else timedelta(seconds=duration)
        passed = (whole + timedelta(**parts)).total_seconds()
        if passed < 0:
            raise ValueError(f"duration: {passed} s would go back; `set` can")
        self._time += passed
        self._monotonic += passed

    def set(self, at: datetime | float) -> None:
        """Show another moment. Back, it is a clock that was put right: what counts seconds that pass counts none."""
        before, self._time = self._time, _seconds(at)
        self._monotonic += max(0.0, self._time - before)

    def time(self) -> float:
        """Seconds since 1970, UTC."""
        return self._time

    def monotonic(self) -> float:
        """Seconds that have passed."""
        return self._monotonic


def _seconds(at: Any) -> float:
    return at.timestamp() if isinstance(at, datetime) else float(at)
