"""The protected axum route compared with those of its peers: the call of the service alone, and requests over loopback.

The peer `jwt-authorizer` supports axum 0.7 only. Its added time is what it takes beyond a bare route of that version.
"""

import json
import statistics
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.comparison import Comparison, Goal, say

BARE = "bare"
SIGNATURE = "signature alone"
"""A route that checks the signature and reads nothing of the token: the least that a protected route must do."""
OURS = "authx"
CACHED = "authx, verification cache"
COPIED = "authx, copy of a store"
BARE_OF = {
    "jsonwebtoken, aws_lc_rs": BARE,
    "jsonwebtoken, rust_crypto": BARE,
    "jwt-authorizer, axum 0.7": "bare, axum 0.7",
}
"""Each peer's bare route: of the same version of axum."""


class Measured(NamedTuple):
    """One contestant's microseconds, round by round."""

    times: Sequence[float]
    server_busy: float | None
    """The share of the time in which the server's thread ran, if there is a server and the system reports it."""


def axum_comparisons(binary: Path, rounds: int) -> list[Comparison]:
    say(f"The call of the axum service, one thread, {rounds} rounds")
    calls = measure(binary, "calls", rounds)
    say(f"axum over loopback, 32 connections, one thread for the server and one for the client, {rounds} rounds")
    loopback = measure(binary, "loopback", rounds)
    for name, measured in loopback.items():
        say(f"  {throughput(name, measured)}")
    say(f"The call of the axum service on one thread and on as many as there are processors, {rounds} rounds")
    output = subprocess.run([binary, "scaling", str(rounds)], check=True, stdout=subprocess.PIPE).stdout
    return [*compare_calls(calls), *compare_loopback(loopback), *compare_scaling(json.loads(output))]


def measure(binary: Path, what: str, rounds: int) -> dict[str, Measured]:
    output = subprocess.run([binary, what, str(rounds)], check=True, stdout=subprocess.PIPE).stdout
    return read(json.loads(output))


def read(measurements: Iterable[Mapping[str, Any]]) -> dict[str, Measured]:
    return {
        measured["contestant"]: Measured(
            [nanoseconds / 1000 for nanoseconds in measured["nanoseconds"]], measured.get("server_busy")
        )
        for measured in measurements
    }


def throughput(name: str, measured: Measured) -> str:
    """Give the requests per second. They say less about a server that often waited for its client."""
    busy = "" if measured.server_busy is None else f", the server's thread ran {measured.server_busy:.0%} of the time"
    return f"{name}: {1e6 / statistics.median(measured.times):,.0f} requests per second{busy}"


def compare_calls(calls: Mapping[str, Measured]) -> list[Comparison]:
    ours, bare = calls[OURS].times, calls[BARE].times
    return [
        Comparison("axum call", "bare route", ours, bare, Goal("within")),
        Comparison("axum call", SIGNATURE, ours, calls[SIGNATURE].times, Goal("within")),
        Comparison("axum call, verification cache", "bare route", calls[CACHED].times, bare, Goal("within")),
        Comparison("axum call, copy of a store", "without a store", calls[COPIED].times, ours, Goal("within")),
        *(Comparison("axum call", peer, ours, calls[peer].times, Goal("faster", 2)) for peer in BARE_OF),
        *(
            Comparison(
                "axum call, added time",
                peer,
                beyond(ours, bare),
                beyond(calls[peer].times, calls[bare_of_peer].times),
                Goal("faster"),
            )
            for peer, bare_of_peer in BARE_OF.items()
        ),
    ]


def compare_loopback(loopback: Mapping[str, Measured]) -> list[Comparison]:
    what, ours = "axum request over loopback", loopback[OURS].times
    return [
        Comparison(what, "bare route", ours, loopback[BARE].times, Goal("within", 1.02)),
        Comparison(
            f"{what}, verification cache", "bare route", loopback[CACHED].times, loopback[BARE].times, Goal("within")
        ),
        Comparison(f"{what}, copy of a store", "without a store", loopback[COPIED].times, ours, Goal("within", 1.03)),
        Comparison(what, SIGNATURE, ours, loopback[SIGNATURE].times, Goal("within")),
        Comparison(
            f"{what}, {SIGNATURE}", "bare route", loopback[SIGNATURE].times, loopback[BARE].times, Goal("within")
        ),
        *(Comparison(what, peer, ours, loopback[peer].times, Goal("faster", 1)) for peer in BARE_OF),
    ]


def compare_scaling(measurements: Iterable[Mapping[str, Any]]) -> list[Comparison]:
    """Compare several threads with one: waiting for each other's locks makes them less than that many times as fast."""
    times: dict[str, dict[int, list[float]]] = {}
    for measured in measurements:
        nanoseconds = measured["nanoseconds"]
        times.setdefault(measured["contestant"], {})[measured["threads"]] = [one / 1000 for one in nanoseconds]
    return [
        Comparison(
            f"axum call of {name} on {threads} threads",
            "on one",
            several,
            one[1],
            # One token for all threads is only reported: they share its cache entry.
            Goal("faster", None if name.endswith("one token") else 0.85 * threads),
        )
        for name, one in times.items()
        for threads, several in one.items()
        if threads > 1
    ]


def beyond(times: Iterable[float], bare: Iterable[float]) -> list[float]:
    """Give the time of each round minus that of the bare route in the same round."""
    return [time - less for time, less in zip(times, bare, strict=True)]
