"""Compares AuthX with its peers, side by side in one run, and prints tables of ratios: `make bench`.

The contestants take turns, round by round, so that all of them are affected if the machine is slower for a while. A
ratio is the median of the rounds' ratios, and its spread is the smallest and the largest of them.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks import report
from benchmarks.comparison import Comparison
from benchmarks.sections.axum import axum_comparisons
from benchmarks.sections.bridge import bridge_comparisons
from benchmarks.sections.cache import cache_comparisons
from benchmarks.sections.engine import engine_comparisons
from benchmarks.sections.import_and_memory import import_and_memory_comparisons
from benchmarks.sections.in_process import fastapi_comparisons
from benchmarks.sections.over_uvicorn import uvicorn_comparisons
from benchmarks.sections.stores import store_comparisons
from benchmarks.sections.threads import threads_comparisons

HERE = Path(__file__).parent
BINARIES = HERE.parent / "target" / "benchmarks" / "release"


class Run(NamedTuple):
    """The options for the sections."""

    quick: bool
    our_python: str
    """The interpreter with our package, and the peers that can be installed beside it."""
    peer_python: str
    """The interpreter with authx 1.7.1."""

    def amount(self, quick: int = 2, full: int = 31) -> int:
        """Choose how much to measure, by default the number of rounds."""
        return quick if self.quick else full


class Section(NamedTuple):
    """A table of the report."""

    title: str
    compare: Callable[[Run], list[Comparison]]


SECTIONS = {
    "engine": Section(
        "Engine", lambda run: engine_comparisons(BINARIES / "authx-benchmarks", rounds=run.amount(quick=3))
    ),
    "cache": Section("Verification cache", lambda _: cache_comparisons(BINARIES / "authx-benchmarks")),
    "axum": Section("axum", lambda run: axum_comparisons(BINARIES / "authx-axum-benchmarks", rounds=run.amount())),
    "fastapi": Section(
        "FastAPI in process",
        lambda run: fastapi_comparisons(
            run.our_python, run.peer_python, rounds=run.amount(), repetitions=run.amount(quick=40, full=200)
        ),
    ),
    "uvicorn": Section(
        "FastAPI over uvicorn with uvloop and httptools",
        lambda run: uvicorn_comparisons(
            BINARIES / "authx-axum-benchmarks", run.our_python, run.peer_python, rounds=run.amount()
        ),
    ),
    "import": Section(
        "Import and memory",
        lambda run: import_and_memory_comparisons(run.our_python, run.peer_python, rounds=run.amount(full=15)),
    ),
    "threads": Section(
        "Threads of one interpreter",
        lambda run: threads_comparisons(
            run.our_python, run.peer_python, rounds=run.amount(full=15), milliseconds=run.amount(quick=50, full=200)
        ),
    ),
    "bridge": Section(
        "The bridge to asyncio",
        lambda run: bridge_comparisons(
            run.our_python, rounds=run.amount(full=15), calls=run.amount(quick=100, full=10_000)
        ),
    ),
    "stores": Section(
        "Stores of logins",
        lambda run: store_comparisons(
            BINARIES / "authx-axum-benchmarks",
            run.our_python,
            rounds=run.amount(full=15),
            calls=run.amount(quick=20, full=500),
            entries=run.amount(quick=100_000, full=10_000_000),
        ),
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="run a few rounds, to check that everything works")
    parser.add_argument("--only", metavar="SECTION,...", type=names, default=list(SECTIONS), help=", ".join(SECTIONS))
    parser.add_argument("--write", metavar="PAGE", type=page, help="write the tables into this page, too")
    options = parser.parse_args()
    if options.write and options.only != list(SECTIONS):
        parser.error("--write requires a run of all sections, so that a page's numbers are of one run")
    try:
        run = Run(options.quick, our_python=os.environ["OUR_PYTHON"], peer_python=os.environ["PEER_PYTHON"])
    except KeyError as error:
        sys.exit(f"{error.args[0]} must name an interpreter: run this with make bench")

    build()
    sections = [SECTIONS[name] for name in options.only]
    tables = report.report({section.title: section.compare(run) for section in sections})
    print(tables)
    if options.write:
        options.write.write(f"Measured on {report.machine()}\n{tables}")


def names(argument: str) -> list[str]:
    """Read the names of sections, which run in this order."""
    chosen = argument.split(",")
    if unknown := [name for name in chosen if name not in SECTIONS]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: there are {', '.join(SECTIONS)}")
    return chosen


def page(name: str) -> report.Page:
    try:
        return report.Page(name)
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def build() -> None:
    # In this folder, because cargo reads its settings from `.cargo` there.
    subprocess.run(["cargo", "build", "--quiet", "--release", "--locked"], cwd=HERE, check=True)


if __name__ == "__main__":
    main()
