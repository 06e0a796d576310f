"""FastAPI routes called in process, ours and those of the peer, each package in an interpreter of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from benchmarks.comparison import Comparison, Goal, say

SCRIPT = Path(__file__).parents[1] / "fastapi_routes.py"


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
            [python, SCRIPT],
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
