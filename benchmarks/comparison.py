"""How two contestants compare: ratios of their times, what was wanted of them, and the table of all."""

import statistics
import sys
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple


class Goal(NamedTuple):
    """How the times of two contestants shall compare."""

    kind: Literal["faster", "within"]
    """`faster`: they take at least so many times as long as we do. `within`: we take at most so many times as long."""
    bound: float | None = None
    """Without one the ratio is reported only."""

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


class Comparison(NamedTuple):
    """One row of the table. The times are in microseconds, round by round."""

    what: str
    against: str
    ours: Sequence[float]
    theirs: Sequence[float]
    goal: Goal

    def ratios(self) -> list[float]:
        return [self.goal.ratio(ours, theirs) for ours, theirs in zip(self.ours, self.theirs, strict=True)]

    def cells(self) -> list[str]:
        ratios = self.ratios()
        median = statistics.median(ratios)
        unit = "x as fast" if self.goal.kind == "faster" else "x the time"
        met = {True: "yes", False: "NO", None: ""}[self.goal.is_met(median)]
        return [
            self.what,
            self.against,
            f"{statistics.median(self.ours):.2f}",
            f"{statistics.median(self.theirs):.2f}",
            f"{median:.2f}{unit} ({min(ratios):.2f} to {max(ratios):.2f})",
            str(self.goal),
            met,
        ]


HEADINGS = ["what", "against", "ours, µs", "theirs, µs", "ratio (spread)", "wanted", "met"]


def print_table(comparisons: Iterable[Comparison]) -> None:
    rows = [HEADINGS, *(comparison.cells() for comparison in comparisons)]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * width for width in widths])
    for row in rows:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")


def say(progress: str) -> None:
    print(progress, file=sys.stderr)
