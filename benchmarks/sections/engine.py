"""Create and verify in the engine, compared with the crates jsonwebtoken and jwt-simple and the bare operation."""

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.comparison import Comparison, Goal, say

AGAINST = {
    "bare": "bare operation",
    "jwt_simple": "jwt-simple",
    "uncached": "without the verification cache",
    "HS256 uncached": "HS256 without it",
}
"""The names in the report of the program's contestants, except those of jsonwebtoken."""


def engine_comparisons(binary: Path, rounds: int) -> list[Comparison]:
    say(f"The engine, {rounds} rounds")
    output = subprocess.run([binary, str(rounds)], check=True, stdout=subprocess.PIPE).stdout
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
            against = AGAINST.get(name, f"jsonwebtoken, {name}")
            goal = engine_goal(operation, algorithm, name)
            comparisons.append(Comparison(f"{algorithm} {operation}", against, ours, theirs, goal))
    return comparisons


def engine_goal(operation: str, algorithm: str, contestant: str) -> Goal:
    if contestant in ("jwt_simple", "uncached"):
        return Goal("faster")
    if contestant == "HS256 uncached":
        return Goal("faster", 1)
    if contestant == "bare":
        bounds = {("verify", "HS256"): 2.2, ("create", "HS256"): None}
        return Goal("within", bounds.get((operation, algorithm), 1.05))
    return Goal("faster", {("verify", "HS256"): 3, ("create", "HS256"): 2}.get((operation, algorithm)))
