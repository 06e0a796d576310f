"""Compares AuthX with its peers, side by side in one run, and prints a table of ratios: `make bench`.

The contestants take turns, round by round, so that a machine that slows down for a while does so for all of them. A
ratio is the median of the rounds' ratios, and its spread is the smallest and the largest of them.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.axum_service import axum_comparisons
from benchmarks.comparison import Comparison, Goal, print_table, say

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
    comparisons = engine_comparisons(rounds=3 if quick else 31)
    comparisons += axum_comparisons(BINARIES / "authx-axum-benchmarks", rounds=2 if quick else 31)
    comparisons += fastapi_comparisons(peer_python, rounds=2 if quick else 31, repetitions=40 if quick else 200)
    print_table(comparisons)


def build() -> None:
    # From this folder, where the settings for cargo are.
    subprocess.run(["cargo", "build", "--quiet", "--release", "--locked"], cwd=HERE, check=True)


# The engine


def engine_comparisons(rounds: int) -> list[Comparison]:
    say(f"The engine, {rounds} rounds")
    output = subprocess.run([BINARIES / "authx-benchmarks", str(rounds)], check=True, stdout=subprocess.PIPE).stdout
    report = json.loads(output)
    say(f"  the HS256 token has {report['token_length']} bytes")
    return compare_engine(report["measurements"])


def compare_engine(measurements: Iterable[dict[str, Any]]) -> list[Comparison]:
    times: dict[tuple[str, str], dict[str, list[float]]] = {}
    for measured in measurements:
        contestants = times.setdefault((measured["operation"], measured["algorithm"]), {})
        contestants[measured["contestant"]] = [nanoseconds / 1000 for nanoseconds in measured["nanoseconds"]]

    comparisons = []
    for (operation, algorithm), contestants in times.items():
        ours = contestants.pop("authx")
        for name, theirs in contestants.items():
            against = {"bare": "bare operation", "jwt_simple": "jwt-simple"}.get(name, f"jsonwebtoken, {name}")
            goal = engine_goal(operation, algorithm, name)
            comparisons.append(Comparison(f"{algorithm} {operation}", against, ours, theirs, goal))
    return comparisons


def engine_goal(operation: str, algorithm: str, contestant: str) -> Goal:
    if contestant == "jwt_simple":
        return Goal("faster")
    if contestant == "bare":
        bounds = {("verify", "HS256"): 2.2, ("create", "HS256"): None}
        return Goal("within", bounds.get((operation, algorithm), 1.05))
    return Goal("faster", {("verify", "HS256"): 3, ("create", "HS256"): 2}.get((operation, algorithm)))


# The FastAPI routes


def fastapi_comparisons(peer_python: str, rounds: int, repetitions: int) -> list[Comparison]:
    say(f"FastAPI routes in process, {rounds} rounds of {repetitions} calls")
    with closing(Worker(sys.executable)) as ours, closing(Worker(peer_python)) as peer:
        for worker in (ours, peer):
            worker.round(repetitions)  # warms up
        pairs = []
        for number in range(rounds):
            # Who begins alternates.
            first, second = (ours, peer) if number % 2 else (peer, ours)
            results = {id(first): first.round(repetitions), id(second): second.round(repetitions)}
            pairs.append((results[id(ours)], results[id(peer)]))
    return compare_fastapi([ours for ours, _ in pairs], [peer for _, peer in pairs])


def compare_fastapi(ours: Sequence[dict[str, float]], peer: Sequence[dict[str, float]]) -> list[Comparison]:
    peer_name = "authx 1.7.1"
    routes = {
        "header": "protected by header",
        "both": "protected, header or cookie",
        "cookie": "cookie POST with CSRF",
        "scoped": "scoped",
        "subject": "current subject",
    }
    return [
        *(
            Comparison(
                f"{route}, added time",
                peer_name,
                added(ours, path),
                added(peer, path),
                Goal("faster", 5),
            )
            for path, route in routes.items()
        ),
        *(
            Comparison(
                f"{route}, added time",
                "empty async dependency",
                added(ours, path),
                added(ours, "empty"),
                Goal("within", 1.5 if path in ("header", "cookie", "scoped") else None),
            )
            for path, route in routes.items()
        ),
        Comparison(
            "open route",
            peer_name,
            [times["open"] for times in ours],
            [times["open"] for times in peer],
            Goal("within"),
        ),
        Comparison(
            "create_access_token",
            peer_name,
            [times["create"] for times in ours],
            [times["create"] for times in peer],
            Goal("faster", 10),
        ),
    ]


def added(rounds: Iterable[dict[str, float]], path: str) -> list[float]:
    """Give what the route costs beyond the open route of the same round."""
    return [times[path] - times["open"] for times in rounds]


class Worker:
    """`fastapi_routes.py` in one of the two environments."""

    def __init__(self, python: str) -> None:
        # The interpreter's environment alone decides which package `authx` is.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self._python = python
        self._process = subprocess.Popen(
            [python, HERE / "fastapi_routes.py"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def round(self, repetitions: int) -> dict[str, float]:
        """Have every route called so often, and give the microseconds per call."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(repetitions, file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            sys.exit(f"{self._python}: fastapi_routes.py ended early")
        times: dict[str, float] = json.loads(line)
        return times

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


if __name__ == "__main__":
    main()
