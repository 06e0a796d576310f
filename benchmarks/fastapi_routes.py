"""Times FastAPI routes in process, with whichever package is installed as `authx`.

`run.py` starts this script once in our environment and once in the peer's. For each number that it reads from its
standard input, it calls every route so often and writes the microseconds per call as a line of JSON.
"""

import asyncio
import base64
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, FastAPI

from authx import AuthX, AuthXConfig, TokenPayload

SECRET = "a secret of at least thirty-two bytes"
CLAIMS: dict[str, Any] = {"scopes": ["users:read", "reports:*"], "data": {"tenant": "north", "plan": 3, "beta": True}}
BATCH = 5
"""How many calls follow each other before it is the next route's turn."""

in_headers: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET))
in_cookies: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, JWT_TOKEN_LOCATION=["cookies"]))
in_both: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, JWT_TOKEN_LOCATION=["headers", "cookies"]))


async def nothing() -> None:
    """Cost what any dependency costs."""


async def user(uid: str) -> dict[str, str]:
    return {"name": uid}


in_headers.set_callback_get_model_instance(user)


async def open_route() -> dict[str, str]:
    return {"user": "user123"}


async def empty_dependency(_: Annotated[None, Depends(nothing)]) -> dict[str, str]:
    return {"user": "user123"}


async def by_header(payload: TokenPayload = in_headers.ACCESS_REQUIRED) -> dict[str, str]:
    return {"user": payload.sub}


async def by_header_or_cookie(payload: TokenPayload = in_both.ACCESS_REQUIRED) -> dict[str, str]:
    return {"user": payload.sub}


async def by_cookie(payload: TokenPayload = in_cookies.ACCESS_REQUIRED) -> dict[str, str]:
    return {"user": payload.sub}


async def scoped(payload: Annotated[TokenPayload, Depends(in_headers.scopes_required("users:read"))]) -> dict[str, str]:
    return {"user": payload.sub}


async def current_subject(user: dict[str, str] = in_headers.CURRENT_SUBJECT) -> dict[str, str]:
    return {"user": user["name"]}


ROUTES: dict[str, tuple[str, Callable[..., Any]]] = {
    "open": ("GET", open_route),
    "empty": ("GET", empty_dependency),
    "header": ("GET", by_header),
    "both": ("GET", by_header_or_cookie),
    "cookie": ("POST", by_cookie),
    "scoped": ("GET", scoped),
    "subject": ("GET", current_subject),
}


def main() -> None:
    calls = {name: call(method, endpoint) for name, (method, endpoint) in ROUTES.items()}
    loop = asyncio.new_event_loop()
    for name, called in calls.items():
        if (status := loop.run_until_complete(called())) != 200:
            sys.exit(f"the route {name!r} answered {status}")
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        print(json.dumps(loop.run_until_complete(run_round(calls, int(line)))), flush=True)


Call = Callable[[], Coroutine[Any, Any, int]]


def call(method: str, endpoint: Callable[..., Any]) -> Call:
    """Call a route as a server would, with the headers of a browser, and give the status of its answer.

    Each is the only route of its application, so that none pays for being found after the others.
    """
    app = FastAPI(openapi_url=None)
    app.add_api_route("/", endpoint, methods=[method])
    token = in_both.create_access_token("user123", **CLAIMS)
    headers = [
        (b"host", b"api.example.com"),
        (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        (b"accept", b"application/json"),
        (b"accept-language", b"en-US,en;q=0.5"),
        (b"accept-encoding", b"gzip, deflate, br"),
        (b"authorization", f"Bearer {token}".encode()),
        (b"cookie", f"theme=dark; access_token_cookie={token}".encode()),
        (b"x-csrf-token", claims_of(token)["csrf"].encode()),
    ]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def called() -> int:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": method,
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


def claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


async def run_round(calls: dict[str, Call], repetitions: int) -> dict[str, float]:
    """Give the microseconds per call of each route, and of `create_access_token`.

    The routes take turns, batch by batch. The first quartile counts: in the slowest batches other processes had the
    processor.
    """
    batches: dict[str, list[float]] = {name: [] for name in [*calls, "create"]}
    for _ in range(max(2, repetitions // BATCH)):
        for name, called in calls.items():
            start = time.perf_counter()
            for _ in range(BATCH):
                await called()
            batches[name].append(time.perf_counter() - start)
        start = time.perf_counter()
        for _ in range(BATCH):
            in_both.create_access_token("user123", **CLAIMS)
        batches["create"].append(time.perf_counter() - start)
    return {name: statistics.quantiles(times, n=4)[0] / BATCH * 1e6 for name, times in batches.items()}


if __name__ == "__main__":
    main()
