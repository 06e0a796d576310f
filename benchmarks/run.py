"""Compares AuthX with its peers, side by side in one run, and prints a table of ratios: `make bench`.

The contestants take turns, round by round, so that a machine that slows down for a while does so for all of them. A
ratio is the median of the rounds' ratios, and its spread is the smallest and the largest of them.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.comparison import print_table
from benchmarks.sections.axum import axum_comparisons
from benchmarks.sections.engine import engine_comparisons
from benchmarks.sections.in_process import fastapi_comparisons

HERE = Path(__file__).parent
BINARIES = HERE.parent / "target" / "benchmarks" / "release"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="a few rounds, to see that everything runs")
    quick = options.parse_args().quick
    peer_python = os.environ.get("PEER_PYTHON")
    if peer_python is None:
        sys.exit("PEER_PYTHON must name the Python that has the peer installed: run this by make bench")

    build()
    comparisons = engine_comparisons(BINARIES / "authx-benchmarks", rounds=3 if quick else 31)
    comparisons += axum_comparisons(BINARIES / "authx-axum-benchmarks", rounds=2 if quick else 31)
    comparisons += fastapi_comparisons(peer_python, rounds=2 if quick else 31, repetitions=40 if quick else 200)
    print_table(comparisons)


def build() -> None:
    # From this folder, where the settings for cargo are.
    subprocess.run(["cargo", "build", "--quiet", "--release", "--locked"], cwd=HERE, check=True)


if __name__ == "__main__":
    main()
