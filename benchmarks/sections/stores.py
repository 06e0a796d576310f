"""Logins in each store, and a protected request with a store compared with what people write instead."""

from collections.abc import Mapping, Sequence
from contextlib import closing

from benchmarks.comparison import Comparison, Goal, say
from benchmarks.worker import Worker, take_turns

SCRIPT = "benchmarks.fastapi.stores"
Rounds = Sequence[Mapping[str, float]]
"""The microseconds of each kind of call."""


def store_comparisons(our_python: str, rounds: int, calls: int) -> list[Comparison]:
    say(f"Stores of logins, {rounds} rounds of {calls} calls")
    with closing(Worker(our_python, SCRIPT)) as worker:
        (measured,) = take_turns([worker], rounds, calls)
    return compare_stores(measured)


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
