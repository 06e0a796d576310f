"""What time it is, for the whole package. The engine has no clock of its own."""

import time
from typing import Protocol

__all__ = ["Clock", "elapsed", "now", "source"]


class Clock(Protocol):
    """What can tell the time: the module `time`, or `authx.testing.FrozenClock`."""

    def time(self) -> float:
        """Seconds since 1970, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment or other, never going back."""
        ...


source: Clock = time
"""Whom everything in the package asks."""


def now() -> float:
    """Seconds since 1970, UTC."""
    return source.time()


def elapsed() -> float:
    """Seconds since some moment or other, never going back."""
    return source.monotonic()
