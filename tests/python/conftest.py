"""A client that calls an ASGI application in this process, and the fixtures that all tests share.

Unlike other test clients, it sends exactly the given bytes and messages, even if they are invalid.
"""

import asyncio
import json as json_module
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from authx import AuthX, AuthXConfig
from authx.testing import FrozenClock
from tests.scope import http_scope

SECRET = "a secret of the tests that is quite long enough for HS256, HS384 and HS512, really"

HANGING_SECONDS = 60
"""The timeout after which a connection that stays open fails its test."""

Headers = Mapping[str, str]


@dataclass
class Answer:
    status: int = 0
    raw_headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    error: BaseException | None = None
    """The exception that the application raised after its answer; a server would log it."""

    def header(self, name: str) -> str | None:
        return next((value.decode("latin-1") for key, value in self.raw_headers if key.decode() == name.lower()), None)

    def json(self) -> Any:
        return json_module.loads(self.body)

    @property
    def set_cookies(self) -> dict[str, str]:
        """The `Set-Cookie` lines by the cookies' names."""
        lines = [value.decode("latin-1") for key, value in self.raw_headers if key == b"set-cookie"]
        return {line.split("=", 1)[0]: line for line in lines}

    @property
    def cookies(self) -> dict[str, str]:
        """The values of the cookies that the answer sets, by their names."""
        return {name: line.split("=", 1)[1].split(";", 1)[0] for name, line in self.set_cookies.items()}


class Client:
    def __init__(self, app: Any) -> None:
        self.app = app

    def get(self, path: str, **options: Any) -> Answer:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> Answer:
        return self.request("POST", path, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        return self.request("DELETE", path, **options)

    def request(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        cookies: Headers | None = None,
        headers: Headers | None = None,
        json: Any = None,
        body: bytes | Iterable[bytes] = b"",
        query: str = "",
    ) -> Answer:
        """Send `token` in the Authorization header, and each part of `body` in one message."""
        headers = dict(headers or {})
        if json is not None:
            body = json_module.dumps(json).encode()
            headers.setdefault("content-type", "application/json")
        scope = self._scope("http", path, query, token, cookies, headers) | {"method": method}
        ended: list[bool] = []
        parts = iter([body] if isinstance(body, bytes) else body)

        async def receive() -> dict[str, Any]:
            try:
                return {"type": "http.request", "body": next(parts), "more_body": True}
            except StopIteration:
                if ended:
                    # A client doesn't disconnect before it has its answer.
                    await asyncio.wait_for(answered.wait(), HANGING_SECONDS)
                    return {"type": "http.disconnect"}
                ended.append(True)
                return {"type": "http.request", "body": b"", "more_body": False}

        answer = Answer()
        answered = asyncio.Event()

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.raw_headers = list(message["headers"])
            elif message["type"] == "http.response.body":
                answer.body += message.get("body", b"")
                if not message.get("more_body", False):
                    answered.set()

        try:
            asyncio.run(self.app(scope, receive, send))
        except Exception as error:
            if answer.status == 0:
                raise
            answer.error = error
        return answer

    def websocket(
        self,
        path: str,
        *,
        token: str | None = None,
        cookies: Headers | None = None,
        headers: Headers | None = None,
        query: str = "",
        subprotocols: Iterable[str] | None = None,
        extensions: Iterable[str] = ("websocket.http.response",),
        says: Iterable[str] = (),
        stays: bool = False,
    ) -> list[dict[str, Any]]:
        """The messages that the application sends to a client that connects, sends `says`, and disconnects unless it `stays`.

        Args:
            subprotocols: The scope's list of them, in place of the one that a server makes from the header.
        """
        scope = self._scope("websocket", path, query, token, cookies, dict(headers or {}))
        offered = {name.lower(): value for name, value in (headers or {}).items()}.get("sec-websocket-protocol", "")
        listed = (
            [name.strip() for name in offered.split(",") if offered] if subprotocols is None else list(subprotocols)
        )
        scope |= {"subprotocols": listed, "extensions": {name: {} for name in extensions}}
        messages = ({"type": "websocket.receive", "text": text} for text in says)
        incoming = chain([{"type": "websocket.connect"}], messages)
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            message = next(incoming, None)
            if message is None and stays:
                await asyncio.sleep(HANGING_SECONDS)
                raise AssertionError("the connection was not closed")
            return message or {"type": "websocket.disconnect", "code": 1000}

        async def send(message: Any) -> None:
            sent.append(dict(message))

        asyncio.run(self.app(scope, receive, send))
        return sent

    def _scope(
        self,
        type: str,
        path: str,
        query: str,
        token: str | None,
        cookies: Headers | None,
        headers: dict[str, str],
    ) -> dict[str, Any]:
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        if cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        scope = http_scope(
            path=path,
            query=query.encode("latin-1"),
            headers=[
                (b"host", b"testserver"),
                *((name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()),
            ],
        )
        scope |= {"type": type, "server": ("testserver", 443), "client": ("127.0.0.1", 50000)}
        if type == "websocket":
            scope["scheme"] = "wss"
            del scope["method"]  # a handshake's scope has none
        return scope


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def serve() -> Callable[[Any], Client]:
    """A client of an application."""
    return Client


@pytest.fixture
def app() -> FastAPI:
    return FastAPI()


@pytest.fixture
def client(app: FastAPI) -> Client:
    return Client(app)


@pytest.fixture
def make_auth() -> Callable[..., AuthX[Any]]:
    """Makes an `AuthX` with the secret of the tests and the given settings."""

    def make(*, login_type: str | None = None, **settings: Any) -> AuthX[Any]:
        return AuthX(AuthXConfig(**{"JWT_SECRET_KEY": SECRET} | settings), login_type=login_type)

    return make


@pytest.fixture
def auth(make_auth: Callable[..., AuthX[Any]]) -> AuthX[Any]:
    return make_auth()


@pytest.fixture
def cookie_auth(make_auth: Any) -> Any:
    return make_auth(JWT_TOKEN_LOCATION=["cookies"])


@pytest.fixture
def protect() -> Callable[..., None]:
    """Adds a route with this dependency, which answers with the token's subject and type."""

    def protect(app: FastAPI, dependency: Any, method: str = "GET", path: str = "/") -> None:
        @app.api_route(path, methods=[method])
        async def route(payload=dependency):
            return {"sub": payload.sub, "type": payload.type}

    return protect


@pytest.fixture
def clock() -> Iterator[FrozenClock]:
    """The clock of the package, which stands still."""
    with FrozenClock() as frozen:
        yield frozen


@pytest.fixture(params=["memory", "sqlite"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new store of each kind."""
    return "memory://" if request.param == "memory" else f"sqlite:///{tmp_path / 'auth.db'}"


def change_file(file: Path, sql: str) -> None:
    """Change the file of a store from another process: in this one, Python's SQLite would be a second copy of it beside the
    store's, and the two would ruin each other's files."""
    code = "import sqlite3, sys; connection = sqlite3.connect(sys.argv[1]); connection.executescript(sys.argv[2])"
    subprocess.run([sys.executable, "-c", code, str(file), sql], check=True)


@pytest.fixture
def secret() -> str:
    return SECRET


@pytest.fixture
def pem() -> Callable[[str], str]:
    """Reads a key from the folder `tests/keys`, by its name."""
    return lambda name: (Path(__file__).parents[1] / "keys" / f"{name}.pem").read_text()


@pytest.fixture(autouse=True)
def environment_without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith("JWT_"):
            monkeypatch.delenv(name)


@pytest.fixture
def endless_body() -> Callable[[bytes], Iterable[bytes]]:
    """Makes a body that repeats this part; the test fails once 100,000 parts are read."""

    def parts(part: bytes) -> Iterable[bytes]:
        for _ in range(100_000):
            yield part
        raise AssertionError("the body was read without bound")

    return parts
