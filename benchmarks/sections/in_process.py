"""FastAPI routes called in process, ours and those of the peers, each package in a separate interpreter."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, closing

from benchmarks.comparison import PEER, Comparison, Goal, say
from benchmarks.worker import Worker, take_turns

SCRIPT = "benchmarks.fastapi.routes"
ROUTES = {
    "header": "protected by header",
    "both": "protected, header or cookie",
    "four": "protected, four locations",
    "cookie": "protected by cookie",
    "csrf": "cookie POST with CSRF",
    "scoped": "scoped",
    "subject": "current subject",
    "again": "protected by header, verification cache",
}
WITHIN = {"header": 1.6, "csrf": 1.6, "scoped": 1.6, "four": 1.7}
"""The time that a route may add, in multiples of what an empty dependency adds."""
Rounds = Sequence[Mapping[str, float]]
"""For each round the times of the calls: of the routes, and of `create`."""


def fastapi_comparisons(our_python: str, peer_python: str, rounds: int, repetitions: int) -> list[Comparison]:
    say(f"FastAPI routes in process, {rounds} rounds of {repetitions} calls")
    contestants = [
        (our_python, "authx"),
        (peer_python, "authx"),
        (our_python, "fastapi_jwt"),
        (our_python, "fastapi_users"),
    ]
    with ExitStack() as stack:
        workers = [stack.enter_context(closing(Worker(python, SCRIPT, name))) for python, name in contestants]
        ours, *theirs = take_turns(workers, rounds, repetitions)
    return compare_fastapi(
        ours, {worker.introduction: found for worker, found in zip(workers[1:], theirs, strict=True)}
    )


def compare_fastapi(ours: Rounds, peers: Mapping[str, Rounds]) -> list[Comparison]:
    return [
        *(
            Comparison(
                f"{route}, added time",
                name,
                added(ours, path),
                added(theirs, path),
                Goal("faster", 5 if name == PEER else None),
            )
            for path, route in ROUTES.items()
            for name, theirs in peers.items()
            if path in theirs[0]
        ),
        *(
            Comparison(
                f"{route}, added time",
                "empty async dependency",
                added(ours, path),
                added(ours, "empty"),
                Goal("within", WITHIN.get(path)),
            )
            for path, route in ROUTES.items()
        ),
        *(
            Comparison("open route", name, times(ours, "open"), times(theirs, "open"), Goal("within"))
            for name, theirs in peers.items()
        ),
        *(
            Comparison(
                "create_access_token",
                name,
                times(ours, "create"),
                times(theirs, "create"),
                Goal("faster", 10 if name == PEER else None),
            )
            for name, theirs in peers.items()
        ),
    ]


def times(rounds: Rounds, path: str) -> list[float]:
    return [one[path] for one in rounds]


def added(rounds: Iterable[Mapping[str, float]], path: str) -> list[float]:
    """Give the time of the route minus that of the open route in the same round."""
    return [one[path] - one["open"] for one in rounds]
