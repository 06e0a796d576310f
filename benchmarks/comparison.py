"""Comparisons of two contestants: ratios of their times or sizes, and goals for them."""

import statistics
import sys
from collections.abc import Sequence
from typing import Literal, NamedTuple

PEER = "authx 1.7.1"
"""The package that ours replaces. FastAPI's sections have goals for it only."""


class Goal(NamedTuple):
    """A goal for the ratio of two contestants."""

    kind: Literal["faster", "within"]
    """`faster`: they take at least `bound` times as long as we do. `within`: we take at most `bound` times as much."""
    bound: float | None = None
    """If it is `None`, the ratio is only reported."""

    def ratio(self, ours: float, theirs: float) -> float:
        return theirs / ours if self.kind == "faster" else ours / theirs

    def is_met(self, ratio: float) -> bool | None:
        if self.bound is None:
            return None
        return ratio >= self.bound if self.kind == "faster" else ratio <= self.bound

    def __str__(self) -> str:
        if self.bound is None:
            return ""
        return f"{'≥' if self.kind == 'faster' else '≤'} {self.bound:g}"


class Unit(NamedTuple):
    """The unit of the two values of a comparison."""

    symbol: str
    quantity: str
    """As in 1.5x `the time`."""


MICROSECONDS = Unit("µs", "the time")
NANOSECONDS = Unit("ns", "the time")
BYTES = Unit("B", "the memory")
MILLISECONDS = Unit("ms", "the time")
KIBIBYTES = Unit("KiB", "the memory")
MEBIBYTES = Unit("MiB", "the memory")


class Comparison(NamedTuple):
    """One row of a table, with the measurements of each round."""

    what: str
    against: str
    ours: Sequence[float]
    theirs: Sequence[float]
    goal: Goal
    unit: Unit = MICROSECONDS

    def ratios(self) -> list[float]:
        return [self.goal.ratio(ours, theirs) for ours, theirs in zip(self.ours, self.theirs, strict=True)]

    def cells(self) -> list[str]:
        ratios = self.ratios()
        median = statistics.median(ratios)
        times = "x as fast" if self.goal.kind == "faster" else f"x {self.unit.quantity}"
        met = {True: "yes", False: "NO", None: ""}[self.goal.is_met(median)]
        return [
            self.what,
            self.against,
            f"{statistics.median(self.ours):.2f} {self.unit.symbol}",
            f"{statistics.median(self.theirs):.2f} {self.unit.symbol}",
            f"{median:.2f}{times} ({min(ratios):.2f} to {max(ratios):.2f})",
            str(self.goal),
            met,
        ]


def say(progress: str) -> None:
    print(progress, file=sys.stderr)
