"""The clock of the whole package. The engine reads no clock."""

import time
from typing import Protocol

__all__ = ["Clock", "elapsed", "now", "source"]


class Clock(Protocol):
    """A source of the time: the module `time`, or `authx.testing.FrozenClock`."""

    def time(self) -> float:
        """Seconds since 1970, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary moment, which never decrease."""
        ...


source: Clock = time
"""The clock that the package reads. `FrozenClock` replaces it."""


def now() -> float:
    """Seconds since 1970, UTC."""
    return source.time()


def elapsed() -> float:
    """Seconds since an arbitrary moment, which never decrease."""
    return source.monotonic()
