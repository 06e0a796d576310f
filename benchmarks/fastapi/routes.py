"""Times one contestant's routes in process: `python -m benchmarks.fastapi.routes CONTESTANT`.

It writes the contestant's name. Then, for each number that it reads from its standard input, it calls every route that
often and writes the microseconds per call. All output is lines of JSON.
"""

import asyncio
import gc
import importlib
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks.fastapi.contestant import Contestant, Route

BATCH = 5
"""How many calls a route gets per turn."""


def main() -> None:
    contestant: Contestant = importlib.import_module(f"benchmarks.fastapi.{sys.argv[1]}").CONTESTANT
    loop = asyncio.new_event_loop()
    for name, route in contestant.routes.items():
        loop.run_until_complete(check(contestant, name, route))
    repeated = {
        **{name: calls(call(contestant, route, contestant.token)) for name, route in contestant.routes.items()},
        "create": contestant.create_tokens,
    }
    gc.collect()
    gc.freeze()
    print(json.dumps(contestant.name), flush=True)
    for line in sys.stdin:
        print(json.dumps(loop.run_until_complete(run_round(repeated, int(line)))), flush=True)


async def check(contestant: Contestant, name: str, route: Route) -> None:
    """Fail if a route refuses a valid token or accepts an invalid one."""
    if (status := await call(contestant, route, contestant.token)()) != 200:
        sys.exit(f"{contestant.name}: the route {name!r} answered {status}")
    if route.is_protected and await is_let_in(call(contestant, route, contestant.forged_token())):
        sys.exit(f"{contestant.name}: the route {name!r} accepts a token with a wrong signature")


async def is_let_in(called: Callable[[], Awaitable[int]]) -> bool:
    try:
        return await called() == 200
    except Exception:
        # An exception without a handler is raised again after the server error was sent.
        return False


def call(contestant: Contestant, route: Route, token: str) -> Callable[[], Awaitable[int]]:
    """Call a route as a server would, and give the status of its answer."""
    app = route.application()
    headers = [(name.encode(), value.encode()) for name, value in contestant.headers(token).items()]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def called() -> int:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": route.method,
            "scheme": "https",
            "path": "/",
            "raw_path": b"/",
            "query_string": b"",
            "root_path": "",
            "headers": list(headers),
            "client": ("192.0.2.1", 50000),
            "server": ("192.0.2.2", 443),
            "state": {},
        }
        status = 0

        async def send(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)

        await app(scope, receive, send)
        return status

    return called


Repeated = Callable[[int], Awaitable[None]]


def calls(called: Callable[[], Awaitable[int]]) -> Repeated:
    async def repeated(times: int) -> None:
        for _ in range(times):
            await called()

    return repeated


async def run_round(repeated: dict[str, Repeated], repetitions: int) -> dict[str, float]:
    """Give the microseconds of one call of each.

    They take turns, batch by batch. The first quartile counts, because the slowest batches were interrupted by other
    processes.
    """
    batches: dict[str, list[float]] = {name: [] for name in repeated}
    for _ in range(max(2, repetitions // BATCH)):
        for name, repeat in repeated.items():
            start = time.perf_counter()
            await repeat(BATCH)
            batches[name].append(time.perf_counter() - start)
    return {name: statistics.quantiles(times, n=4)[0] / BATCH * 1e6 for name, times in batches.items()}


if __name__ == "__main__":
    main()
