"""Events: what happened to logins and tokens, to a callback, in the log and as counters."""

import asyncio
import logging
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient

from authx import AuthEvent, AuthX, AuthXConfig, LoginTokens, TokenPayload
from authx.testing import FrozenClock
from tests.python.conftest import SECRET, bearer


@pytest.fixture
def auth() -> AuthX[Any]:
    return AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET), store="memory://")


def client_of(auth: AuthX[Any]) -> TestClient:
    app = FastAPI()

    @app.post("/login")
    async def login(request: Request, response: Response) -> LoginTokens:
        return await auth.log_in("ada", request=request, response=response)

    @app.post("/refresh")
    async def refresh(request: Request, response: Response) -> LoginTokens:
        return await auth.refresh(request, response)

    @app.post("/logout")
    async def logout(response: Response, payload: TokenPayload = auth.ACCESS_REQUIRED) -> None:
        await auth.logout(payload, response)

    return TestClient(app, base_url="https://testserver")


def test_the_life_of_a_login_is_told(auth: AuthX[Any], clock: FrozenClock) -> None:
    events: list[AuthEvent] = []
    assert auth.on_event(events.append) is not None
    client = client_of(auth)
    first = client.post("/login").json()
    second = client.post("/refresh", headers=bearer(first["refresh_token"])).json()
    clock.advance(60)
    client.post("/refresh", headers=bearer(first["refresh_token"]))
    client.post("/logout", headers=bearer(second["access_token"]))
    third = client.post("/login").json()
    client.post("/logout", headers=bearer(third["access_token"]))
    client.post("/logout")  # No token is no event.

    told = [(event.kind, event.subject, event.reason) for event in events]
    assert told == [
        ("logged_in", "ada", None),
        ("rotated", "ada", None),
        ("reused", "ada", None),
        ("refused", None, "RevokedTokenError"),
        ("logged_in", "ada", None),
        ("revoked", "ada", "logout"),
    ]
    assert len({event.session_id for event in events[:3]}) == 1
    assert all(event.client_address == "testclient" for event in events[:4])
    assert events[2].at.timestamp() == pytest.approx(clock.now.timestamp(), abs=1)
    assert auth.event_counts["logged_in"] == 2
    assert auth.event_counts["reused"] == 1
    for pair in (first, second, third):
        assert pair["access_token"] not in str(events)
        assert pair["refresh_token"] not in str(events)


def test_the_log_names_no_user(auth: AuthX[Any], clock: FrozenClock, caplog: pytest.LogCaptureFixture) -> None:
    client = client_of(auth)
    first = client.post("/login").json()["refresh_token"]
    client.post("/refresh", headers=bearer(first))
    clock.advance(60)
    with caplog.at_level(logging.DEBUG, logger="authx"):
        client.post("/refresh", headers=bearer(first))
    logged = [record for record in caplog.records if getattr(record, "event", None) == "reused"]
    assert [record.levelname for record in logged] == ["WARNING"]
    assert "a refresh token was used again" in logged[0].getMessage()
    assert "ada" not in caplog.text
    assert first not in caplog.text


_LOCKING = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_store_that_fails_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "auth.db"
    auth = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET), store=f"sqlite:///{path}?busy_timeout=0.05")
    client = client_of(auth)
    token = client.post("/login").json()["access_token"]
    # Another process, because the locks of one process don't exclude each other.
    with subprocess.Popen(
        [sys.executable, "-c", _LOCKING, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        answer = client.post("/logout", headers=bearer(token))
        other.communicate("")
    assert (answer.status_code, answer.json()["error_type"]) == (503, "StoreUnavailableError")
    assert auth.event_counts["store_failed"] == 1
    logged = [record.levelname for record in caplog.records if getattr(record, "event", None) == "store_failed"]
    assert logged == ["ERROR"]


def test_a_callback_that_fails_changes_no_answer(auth: AuthX[Any], caplog: pytest.LogCaptureFixture) -> None:
    @auth.on_event
    def broken(event: AuthEvent) -> None:
        raise ZeroDivisionError(event.kind)

    assert client_of(auth).post("/login").status_code == 200
    assert "The event callback failed" in caplog.text
    auth.on_event(None)


def test_a_callback_is_a_plain_function(auth: AuthX[Any]) -> None:
    async def coroutine(event: AuthEvent) -> None: ...

    callbacks: list[Any] = [coroutine, "print"]
    for callback in callbacks:
        with pytest.raises(TypeError, match="callback: a plain function"):
            auth.on_event(callback)


def test_a_user_has_as_many_logins_as_allowed(clock: FrozenClock) -> None:
    auth: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, JWT_MAX_LOGINS=2), store="memory://")
    events: list[AuthEvent] = []
    auth.on_event(events.append)
    client = client_of(auth)
    tokens = []
    for _ in range(3):
        clock.advance(1)
        tokens.append(client.post("/login").json())
    sessions = asyncio.run(auth.list_sessions("ada"))
    ended = next(event for event in events if event.kind == "revoked")
    assert (len(sessions), ended.reason, ended.subject) == (2, "too many logins", "ada")
    assert ended.session_id not in {session.session_id for session in sessions}
    statuses = [client.post("/refresh", headers=bearer(token["refresh_token"])).status_code for token in tokens]
    assert statuses == [401, 200, 200]


def test_a_request_over_its_limit_is_told(auth: AuthX[Any]) -> None:
    app = FastAPI()

    @app.get("/limited")
    async def limited(payload: Annotated[TokenPayload, auth.rate_limited(max_requests=1)]) -> str:
        return payload.sub

    client = TestClient(app)
    headers = bearer(auth.create_access_token("ada"))
    assert [client.get("/limited", headers=headers).status_code for _ in range(2)] == [200, 429]
    assert auth.event_counts["limited"] == 1
