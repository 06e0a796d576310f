"""Logins in each store, and a protected request with a store compared with what people write instead."""

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.comparison import BYTES, NANOSECONDS, Comparison, Goal, say
from benchmarks.worker import Worker, take_turns

SCRIPT = "benchmarks.fastapi.stores"
Rounds = Sequence[Mapping[str, float]]
"""The microseconds of each kind of call."""


def store_comparisons(binary: Path, our_python: str, rounds: int, calls: int, entries: int) -> list[Comparison]:
    say(f"Stores of logins, {rounds} rounds of {calls} calls")
    with closing(Worker(our_python, SCRIPT)) as worker:
        (measured,) = take_turns([worker], rounds, calls)
    say(f"A copy of a store with {entries:,} entries, {rounds} rounds")
    copy = _measured([binary, "copy", str(entries), str(rounds)])
    python_set = _measured([our_python, "-m", "benchmarks.fastapi.revoked_set", str(entries), str(rounds)])
    return [*compare_stores(measured), *compare_copy(entries, copy, python_set)]


def _measured(command: Sequence[str | Path]) -> dict[str, Any]:
    measured: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return measured


def compare_copy(entries: int, copy: Mapping[str, Any], python_set: Mapping[str, Any]) -> Iterable[Comparison]:
    """Compare a copy of a store with what an application of one process writes: a set in Python."""
    what, other = f"a copy of {entries:,} entries", "a Python set"
    # The system may not say how much memory a process has.
    if copy["bytes_per_entry"] is not None:
        ours, theirs = [copy["bytes_per_entry"]], [python_set["bytes_per_entry"]]
        yield Comparison(f"{what}, one of them", other, ours, theirs, Goal("within"), BYTES)
    for name, asked in (("revoked", "a revoked token"), ("not_revoked", "another token")):
        yield Comparison(f"{what}, {asked}", other, copy[name], python_set[name], Goal("within"), NANOSECONDS)


def compare_stores(rounds: Rounds) -> list[Comparison]:
    def of(name: str) -> list[float]:
        return [one[name] for one in rounds]

    def added(name: str) -> list[float]:
        return [one[f"protected {name}"] - one["protected none"] for one in rounds]

    memory, sqlite = "memory://", "sqlite://"
    request = "verifying a request's token"
    return [
        Comparison(
            f"{request}, {memory}", "without a store", of("protected memory"), of("protected none"), Goal("within")
        ),
        Comparison(
            f"{request}, {sqlite}", "without a store", of("protected sqlite"), of("protected none"), Goal("within")
        ),
        Comparison(
            f"{request}, copy of {sqlite}",
            "without a store",
            of("protected replica"),
            of("protected none"),
            Goal("within"),
        ),
        Comparison(
            f"the question, {memory}", "a Python set in a callback", added("memory"), added("set"), Goal("within")
        ),
        Comparison(
            f"the question, {sqlite}", "a table asked on a thread", added("sqlite"), added("table"), Goal("faster", 1)
        ),
        Comparison(
            f"a rotation, {memory}", f"a login, {memory}", of("rotation memory"), of("login memory"), Goal("within")
        ),
        Comparison(
            f"a rotation, {sqlite}", f"a login, {sqlite}", of("rotation sqlite"), of("login sqlite"), Goal("within")
        ),
        Comparison(f"a rotation, {sqlite}", memory, of("rotation sqlite"), of("rotation memory"), Goal("within")),
    ]
