"""A call through the bridge from Rust futures to asyncio compared with one through `asyncio.to_thread`."""

from collections.abc import Mapping, Sequence
from contextlib import closing

from benchmarks.comparison import Comparison, Goal, Unit, say
from benchmarks.worker import Worker, take_turns

SCRIPT = "benchmarks.fastapi.bridge"
LOOPS = ["asyncio", "uvloop"]
PROCESSOR = Unit("µs", "the processor time")
Rounds = Sequence[Mapping[str, Mapping[str, Mapping[str, float]]]]
"""The microseconds of each kind of call, by the number of calls under way."""


def bridge_comparisons(our_python: str, rounds: int, calls: int) -> list[Comparison]:
    comparisons = []
    for loop in LOOPS:
        say(f"The bridge to asyncio under {loop}, {rounds} rounds of {calls} calls")
        with closing(Worker(our_python, SCRIPT, loop)) as worker:
            (measured,) = take_turns([worker], rounds, calls)
        comparisons += compare_bridge(loop, measured)
    return comparisons


def compare_bridge(loop: str, rounds: Rounds) -> list[Comparison]:
    def of(name: str, under_way: str, quantity: str) -> list[float]:
        return [one[name][under_way][quantity] for one in rounds]

    rows = []
    for under_way in ["1", "50"]:
        for name, what in [("bridge", "through the bridge"), ("at once", "that is there at once")]:
            row = f"a result {what}, {loop}, {under_way} under way"
            ours, theirs = (of(which, under_way, "time") for which in (name, "to_thread"))
            rows.append(Comparison(row, "asyncio.to_thread", ours, theirs, Goal("faster", 1)))
        ours, theirs = (of(which, under_way, "processor") for which in ("bridge", "to_thread"))
        row = f"a result through the bridge, {loop}, {under_way} under way"
        rows.append(Comparison(row, "asyncio.to_thread", ours, theirs, Goal("within", 1), PROCESSOR))
    return rows
