"""RS256 through the package on two threads of one interpreter compared with one, ours and authx 1.7.1."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing

from benchmarks.comparison import PEER, Comparison, Goal, say
from benchmarks.worker import Worker, take_turns

SCRIPT = "benchmarks.fastapi.threads"
Rounds = Sequence[Mapping[str, Mapping[str, float]]]
"""The time of each operation, by the number of threads."""


def threads_comparisons(our_python: str, peer_python: str, rounds: int, milliseconds: int) -> list[Comparison]:
    with ExitStack() as stack:
        workers = [stack.enter_context(closing(Worker(python, SCRIPT))) for python in (our_python, peer_python)]
        locks = ", ".join(worker.introduction for worker in workers)
        say(f"RS256 on one and on two threads, {rounds} rounds of {milliseconds} ms; ours and the peer's: {locks}")
        ours, peer = take_turns(workers, rounds, milliseconds)
    return compare_threads(ours, peer)


def compare_threads(ours: Rounds, peer: Rounds) -> list[Comparison]:
    def times(rounds: Rounds, operation: str, threads: int) -> list[float]:
        return [one[operation][str(threads)] for one in rounds]

    rows = []
    for operation in ["create", "verify"]:
        what = f"RS256 {operation}, two threads"
        for name, rounds in [(what, ours), (f"{what}, {PEER}", peer)]:
            two, one = times(rounds, operation, 2), times(rounds, operation, 1)
            rows.append(Comparison(name, "its one thread", two, one, Goal("faster")))
        rows.append(Comparison(what, PEER, times(ours, operation, 2), times(peer, operation, 2), Goal("faster")))
    return rows
