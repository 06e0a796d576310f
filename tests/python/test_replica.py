"""The copy of the revocations that each process keeps, `JWT_STORE_MAX_STALENESS`."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Response
from fastapi.testclient import TestClient

from authx import AuthX, AuthXConfig, LoginTokens, TokenPayload
from authx.exceptions import BadConfigurationError
from tests.python.conftest import SECRET, bearer, change_file


class Service:
    """What one process is."""

    def __init__(self, file: Path, **settings: Any) -> None:
        config = AuthXConfig(JWT_SECRET_KEY=SECRET, **{"JWT_STORE_MAX_STALENESS": 0.2, **settings})
        self.auth: AuthX[Any] = AuthX(config, store=f"sqlite:///{file}")
        app = FastAPI()
        access = self.auth.ACCESS_REQUIRED

        @app.post("/login/{uid}")
        async def login(uid: str) -> LoginTokens:
            return await self.auth.log_in(uid)

        @app.get("/me")
        async def me(payload: TokenPayload = access) -> str:
            return payload.sub

        @app.post("/logout")
        async def logout(response: Response, payload: TokenPayload = access) -> None:
            await self.auth.logout(payload, response)

        @app.post("/everywhere")
        async def everywhere(response: Response, payload: TokenPayload = access) -> None:
            await self.auth.logout_everywhere(payload, response)

        self.client = TestClient(app)

    def log_in(self, uid: str = "ada") -> str:
        token: str = self.client.post(f"/login/{uid}").json()["access_token"]
        return token

    def status(self, token: str) -> int:
        return self.client.get("/me", headers=bearer(token)).status_code

    def post(self, path: str, token: str) -> None:
        assert self.client.post(path, headers=bearer(token)).status_code == 200


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, for half a minute at most."""
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("the condition never held")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "auth.db"


def rename(file: Path, before: str, after: str) -> None:
    change_file(file, f"ALTER TABLE {before} RENAME TO {after}")


@pytest.mark.parametrize("path", ["/logout", "/everywhere"])
def test_a_logout_counts_at_once_here_and_soon_in_another_process(file: Path, path: str) -> None:
    here, there = Service(file), Service(file)
    ended, kept = here.log_in(), there.log_in("bob")
    assert [service.status(token) for service in (here, there) for token in (ended, kept)] == [200] * 4

    time.sleep(1.1 if path == "/everywhere" else 0)  # A cut is in whole seconds of `iat`.
    here.post(path, ended)
    assert here.status(ended) == 401
    until(lambda: there.status(ended) == 401)
    assert [service.status(kept) for service in (here, there)] == [200, 200]


def test_a_warm_copy_answers_without_the_store(file: Path) -> None:
    service = Service(file, JWT_STORE_MAX_STALENESS=3600)
    ended, kept = service.log_in(), service.log_in("bob")
    until(lambda: service.status(kept) == 200)
    service.post("/logout", ended)
    time.sleep(1)
    rename(file, "authx_entries", "gone")
    assert (service.status(kept), service.status(ended)) == (200, 401)


@pytest.mark.parametrize(("stale", "status"), [("ask", 503), ("refuse", 503), ("accept", 200)])
def test_an_old_copy_is_asked_for_refused_or_accepted(file: Path, stale: str, status: int) -> None:
    service = Service(file, JWT_STORE_STALE=stale)
    ended, kept = service.log_in(), service.log_in("bob")
    until(lambda: service.status(kept) == 200)
    service.post("/logout", ended)
    time.sleep(0.3)
    rename(file, "authx_entries", "gone")
    time.sleep(0.5)
    answer = service.client.get("/me", headers=bearer(kept))
    assert answer.status_code == status
    assert service.status(ended) == (401 if stale == "accept" else 503)
    assert service.auth.event_counts["stale"] == (1 if stale == "accept" else 0)
    if status == 503:
        assert answer.headers["retry-after"] == "2"
        assert service.auth.event_counts["store_failed"] >= 1
    rename(file, "gone", "authx_entries")
    until(lambda: (service.status(kept), service.status(ended)) == (200, 401))


def test_a_blocklist_is_asked_beside_the_copy(file: Path) -> None:
    service = Service(file)
    token = service.log_in()
    until(lambda: service.status(token) == 200)
    blocked: list[str] = []
    service.auth.set_callback_token_blocklist(lambda token: token in blocked)
    assert service.status(token) == 200
    blocked.append(token)
    assert service.status(token) == 401


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_has_a_copy_of_its_own(file: Path) -> None:
    service = Service(file)
    ended, kept = service.log_in(), service.log_in("bob")
    until(lambda: service.status(kept) == 200)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        # The child sees what the parent revokes after the fork.
        code = 1
        try:
            assert service.status(ended) == 200
            os.write(writing, b".")
            until(lambda: service.status(ended) == 401)
            assert service.status(kept) == 200
            code = 0
        finally:
            os._exit(code)
    os.read(reading, 1)
    service.post("/logout", ended)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert service.status(ended) == 401


@pytest.mark.parametrize("staleness", [0.05, 3601])
def test_a_bound_out_of_range_is_named(staleness: Any) -> None:
    auth: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, JWT_STORE_MAX_STALENESS=staleness))
    with pytest.raises(BadConfigurationError, match="JWT_STORE_MAX_STALENESS"):
        auth.check()
