"""The costs of `import authx` and of an instance, ours and authx 1.7.1: time in new interpreters, and resident memory.

Both packages import FastAPI, so the time of `import fastapi` is subtracted.
"""

import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.comparison import KIBIBYTES, MEBIBYTES, MILLISECONDS, PEER, Comparison, Goal, say
from benchmarks.worker import ROOT, environment

STATEMENTS = {"without": "import fastapi", "with": "import fastapi, authx"}
TURNS = 3
"""How many runs of each a round has. The fastest counts, because other processes can only make a run slower."""
Rounds = Sequence[Mapping[str, float]]


def import_and_memory_comparisons(our_python: str, peer_python: str, rounds: int) -> list[Comparison]:
    say(f"Imports in fresh interpreters, {rounds} rounds")
    pythons = [our_python, peer_python]
    for python in pythons:
        seconds(python, STATEMENTS["with"])  # loads all files into the system's cache
    ours, peer = zip(*(import_round(pythons) for _ in range(rounds)), strict=True)
    comparisons = [compare_imports(ours, peer)]
    if not Path("/proc/self/smaps_rollup").exists():
        say("  NOT MEASURED: this system doesn't report how much memory a process has")
        return comparisons
    say(f"Memory, {rounds} rounds")
    weighed = [(memory(our_python), memory(peer_python)) for _ in range(rounds)]
    return comparisons + compare_memory([ours for ours, _ in weighed], [peer for _, peer in weighed])


def import_round(pythons: Sequence[str]) -> list[dict[str, float]]:
    """Give the seconds of each statement in each interpreter."""
    taken: list[dict[str, list[float]]] = [{name: [] for name in STATEMENTS} for _ in pythons]
    for _ in range(TURNS):
        for python, times in zip(pythons, taken, strict=True):
            for name, statement in STATEMENTS.items():
                times[name].append(seconds(python, statement))
    return [{name: min(times) for name, times in one.items()} for one in taken]


def seconds(python: str, statement: str) -> float:
    start = time.perf_counter()
    # Isolated, so that neither the environment nor the current folder changes what is imported.
    subprocess.run([python, "-I", "-c", statement], check=True)
    return time.perf_counter() - start


def memory(python: str) -> dict[str, float]:
    command = [python, "-m", "benchmarks.fastapi.memory"]
    output = subprocess.run(command, cwd=ROOT, env=environment(), check=True, stdout=subprocess.PIPE).stdout
    weighed: dict[str, float] = json.loads(output)
    return weighed


def compare_imports(ours: Rounds, peer: Rounds) -> Comparison:
    def added(rounds: Rounds) -> list[float]:
        return [(one["with"] - one["without"]) * 1000 for one in rounds]

    return Comparison("import authx, added time", PEER, added(ours), added(peer), Goal("faster", 1), MILLISECONDS)


def compare_memory(ours: Rounds, peer: Rounds) -> list[Comparison]:
    def sizes(rounds: Rounds, name: str, unit: int) -> list[float]:
        return [one[name] / unit for one in rounds]

    return [
        Comparison(what, PEER, sizes(ours, name, size), sizes(peer, name, size), Goal("within"), unit)
        for what, name, size, unit in [
            ("import authx, added memory", "import", 2**20, MEBIBYTES),
            ("an AuthX instance in use", "instance", 2**10, KIBIBYTES),
        ]
    ]
