"""A frozen clock."""

import time
from datetime import datetime, timedelta, timezone
from typing import Any

from typing_extensions import Self

from authx import clock

__all__ = ["FrozenClock"]


class FrozenClock:
    """A clock that advances only when a test says so, for everything in AuthX that reads the time.

    It is in effect within its `with` block, in the whole process: for tokens, cookies, sessions, rate limits and
    implicit refresh. It has no effect outside AuthX, such as on a client that drops expired cookies, and none on
    waiting: `auth.websocket_guard` sleeps as long as without it.

    Args:
        at: The time at first. The current time in whole seconds unless given. A `datetime` without a time zone is
            local time.

    Example:
        ```python
        with FrozenClock() as clock:
            token = auth.create_access_token("ada")
            clock.advance(minutes=15)
            # JWT_ACCESS_TOKEN_EXPIRES is 15 minutes, so the token has just expired.
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
        """The time of this clock, in UTC."""
        return datetime.fromtimestamp(self._time, timezone.utc)

    def advance(self, duration: timedelta | float = 0, **parts: float) -> None:
        """Advance the clock.

        Args:
            duration: By how much, as a `timedelta` or in seconds.
            **parts: Arguments of `timedelta`, added to `duration`: `minutes=5`.

        Raises:
            ValueError: The duration is negative; use `set` instead.
        """
        whole = duration if isinstance(duration, timedelta) else timedelta(seconds=duration)
        passed = (whole + timedelta(**parts)).total_seconds()
        if passed < 0:
            raise ValueError(f"duration: {passed} s is negative; use `set` to go back")
        self._time += passed
        self._monotonic += passed

    def set(self, at: datetime | float) -> None:
        """Set the time. When it is set back, `monotonic` doesn't change, as when a system clock is corrected."""
        before, self._time = self._time, _seconds(at)
        self._monotonic += max(0.0, self._time - before)

    def time(self) -> float:
        """Seconds since 1970, UTC."""
        return self._time

    def monotonic(self) -> float:
        """Seconds that have passed, which never decrease."""
        return self._monotonic


def _seconds(at: Any) -> float:
    return at.timestamp() if isinstance(at, datetime) else float(at)
