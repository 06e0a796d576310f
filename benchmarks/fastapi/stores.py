"""Times logins in each store, and a protected request with each of them and with what people write instead.

For each number that it reads, it makes that many calls of each kind, and writes the microseconds per call.
"""

import asyncio
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from starlette.requests import Request

from authx import AuthX, AuthXConfig, TokenPayload
from benchmarks.fastapi.contestant import SECRET

Call = Callable[[], Awaitable[object]]


def request(token: str) -> Request:
    headers = [(b"host", b"example"), (b"authorization", f"Bearer {token}".encode())]
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers}
    return Request({**scope, "client": ("192.0.2.1", 50000)})


def auth_with(store: str | None = None, **settings: Any) -> AuthX[Any]:
    return AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, **settings), store=store)


def protected(auth: AuthX[Any]) -> Call:
    """A request with a token that no entry revokes."""
    asked = request(auth.create_access_token("ada"))
    required = auth.ACCESS_REQUIRED

    async def call() -> object:
        return await required(asked)

    return call


def rotation(auth: AuthX[Any]) -> Call:
    """The next refresh of one login."""
    newest = ""

    async def call() -> object:
        nonlocal newest
        if not newest:
            newest = (await auth.log_in("ada")).refresh_token or ""
        newest = (await auth.refresh(request(newest))).refresh_token or ""
        return newest

    return call


def login(auth: AuthX[Any]) -> Call:
    users = iter(range(1_000_000_000))
    return lambda: auth.log_in(f"user{next(users)}")


def with_a_set() -> AuthX[Any]:
    """What an application of one process writes today."""
    auth, revoked = auth_with(), {str(number) for number in range(100_000)}

    @auth.set_callback_token_blocklist
    def is_revoked(payload: TokenPayload) -> bool:
        return payload.jti in revoked

    return auth


def with_a_table(path: Path) -> AuthX[Any]:
    """What an application with a database writes today: a table, asked on a thread."""
    auth = auth_with()
    connection = sqlite3.connect(path, check_same_thread=False)
    connection.execute("CREATE TABLE revoked (jti TEXT PRIMARY KEY) WITHOUT ROWID")
    connection.executemany("INSERT INTO revoked VALUES (?)", ((str(number),) for number in range(100_000)))
    connection.commit()

    def found(jti: str | None) -> bool:
        return connection.execute("SELECT 1 FROM revoked WHERE jti = ?", (jti,)).fetchone() is not None

    @auth.set_callback_token_blocklist
    async def is_revoked(payload: TokenPayload) -> bool:
        return await asyncio.to_thread(found, payload.jti)

    return auth


def calls(folder: Path) -> dict[str, Call]:
    stores = {"memory": auth_with("memory://"), "sqlite": auth_with(f"sqlite:///{folder / 'auth.db'}")}
    others = {"none": auth_with(), "set": with_a_set(), "table": with_a_table(folder / "table.db")}
    return {
        **{f"protected {name}": protected(auth) for name, auth in {**others, **stores}.items()},
        **{f"rotation {name}": rotation(auth) for name, auth in stores.items()},
        **{f"login {name}": login(auth) for name, auth in stores.items()},
    }


async def with_a_copy(path: Path) -> AuthX[Any]:
    """With a copy of the revocations, which is there after a while."""
    auth = auth_with(f"sqlite:///{path}", JWT_STORE_MAX_STALENESS=2)
    for number in range(1000):
        await auth.revoke_token(str(number))
    asked = protected(auth)
    for _ in range(100):
        await asked()
        await asyncio.sleep(0.01)
    return auth


async def per_call(call: Call, times: int) -> float:
    begun = time.perf_counter()
    for _ in range(times):
        await call()
    return (time.perf_counter() - begun) / times * 1e6


async def main(folder: Path) -> None:
    measured = {**calls(folder), "protected replica": protected(await with_a_copy(folder / "copied.db"))}
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        print(json.dumps({name: await per_call(call, int(line)) for name, call in measured.items()}), flush=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder)))
