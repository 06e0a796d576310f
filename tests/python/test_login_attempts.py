"""The limit on failed logins, `JWT_MAX_FAILED_LOGINS`."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient

from authx import AuthEvent, AuthX, AuthXConfig, Credentials, LoginTokens
from authx.exceptions import BadConfigurationError, RateLimitExceeded
from authx.testing import FrozenClock
from tests.python.conftest import SECRET

pytestmark = pytest.mark.usefixtures("clock")


class Service:
    """Ready routes with a limit of three, and how often a password was tried."""

    def __init__(self, url: str, **settings: Any) -> None:
        self.tried: list[str] = []
        config = AuthXConfig(JWT_SECRET_KEY=SECRET, **{"JWT_MAX_FAILED_LOGINS": 3, **settings})
        self.auth: AuthX[Any] = AuthX(config, store=url)
        self.app = FastAPI()
        self.app.include_router(self.auth.router(self._authenticate))

    def _authenticate(self, given: Credentials) -> str | None:
        self.tried.append(given.username)
        if given.password == "broken":
            raise RuntimeError("the database is away")
        return given.username if given.password == "engine" else None

    def log_in(self, username: str, password: str = "wrong", address: str = "192.0.2.1") -> Any:
        async def from_address(scope: Any, receive: Any, send: Any) -> None:
            await self.app({**scope, "client": (address, 1)}, receive, send)

        client = TestClient(from_address, raise_server_exceptions=False)
        return client.post("/login", json={"username": username, "password": password})

    def statuses(self, *attempts: tuple[Any, ...]) -> list[int]:
        return [self.log_in(*attempt).status_code for attempt in attempts]


def test_after_too_many_failures_the_password_is_not_tried(store_url: str, clock: FrozenClock) -> None:
    service = Service(store_url)

    assert service.statuses(*[("ada",)] * 3) == [401] * 3
    refused = service.log_in("ada", "engine")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "900")
    assert refused.json()["error_type"] == "RateLimitExceeded"
    assert len(service.tried) == 3
    # Nothing is told of what others did with this name.
    assert "ratelimit" not in refused.headers
    clock.advance(900)
    assert service.statuses(("ada", "engine"), ("ada",)) == [200, 401]


def test_a_login_that_succeeds_does_not_count(store_url: str) -> None:
    service = Service(store_url)

    assert service.statuses(*[("ada", "engine")] * 5) == [200] * 5
    assert service.statuses(("ada",), ("ada",), ("ada", "engine"), ("ada",), ("ada", "engine")) == [
        401,
        401,
        200,
        401,
        429,
    ]


def test_names_addresses_and_both_have_limits_of_their_own() -> None:
    service = Service("memory://")

    assert service.statuses(*[("ada",)] * 4) == [401] * 3 + [429]
    assert service.statuses(("bob",), ("ada", "engine", "192.0.2.2")) == [401, 200]
    # One address: ten times as many, whatever the names. Four have failed, and a refused attempt is none.
    assert service.statuses(*[(f"user {number}",) for number in range(27)]) == [401] * 26 + [429]
    assert service.statuses(("carol", "engine"), ("carol", "engine", "192.0.2.2")) == [429, 200]


def test_one_name_has_a_limit_over_all_addresses() -> None:
    service = Service("memory://")

    addresses = [f"198.51.100.{number}" for number in range(20)]
    assert set(service.statuses(*[("ada", "wrong", address) for address in addresses for _ in range(3)])) == {401}
    assert service.statuses(("ada", "engine", "203.0.113.1"), ("bob", "engine", "203.0.113.1")) == [429, 200]


def test_spellings_of_a_name_count_together() -> None:
    assert Service("memory://").statuses(("ada",), (" Ada",), ("ADA ",), ("aDa",)) == [401, 401, 401, 429]


def test_an_attempt_that_ends_otherwise_counts() -> None:
    service = Service("memory://")

    assert service.statuses(*[("ada", "broken")] * 3, ("ada", "engine")) == [500, 500, 500, 429]


def test_the_event_has_name_and_address() -> None:
    service = Service("memory://")
    events: list[AuthEvent] = []
    service.auth.on_event(events.append)

    service.statuses(*[("ada",)] * 4)
    assert [event.kind for event in events] == ["login_failed"] * 3 + ["limited"]
    assert (events[-1].subject, events[-1].client_address, events[-1].reason) == (
        "ada",
        "192.0.2.1",
        "RateLimitExceeded",
    )


def test_without_the_setting_any_number_may_fail() -> None:
    service = Service("memory://", JWT_MAX_FAILED_LOGINS=None)

    assert service.statuses(*[("ada",)] * 50) == [401] * 50


@pytest.mark.parametrize(
    ("setting", "value"), [("JWT_MAX_FAILED_LOGINS", 0), ("JWT_MAX_FAILED_LOGINS", -1), ("JWT_FAILED_LOGINS_WINDOW", 0)]
)
def test_a_setting_out_of_range_is_named(setting: str, value: Any) -> None:
    settings: dict[str, Any] = {setting: value}
    auth: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, **settings))
    with pytest.raises(BadConfigurationError, match=setting):
        auth.check()


def test_a_route_of_ones_own_counts_attempts_as_a_block() -> None:
    async def attempts() -> None:
        auth: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, JWT_MAX_FAILED_LOGINS=1), store="memory://")

        async with auth.login_attempt("ada"):
            pass
        # Without an address the name's limit counts alone, which is twenty times as wide.
        for _ in range(20):
            with pytest.raises(LookupError):
                async with auth.login_attempt("ada"):
                    raise LookupError
        with pytest.raises(RateLimitExceeded):
            async with auth.login_attempt("ada"):
                pytest.fail("the block ran")

    asyncio.run(attempts())


def test_wrong_arguments_and_no_store_are_named() -> None:
    async def attempts() -> None:
        auth: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET), store="memory://")
        wrong: Any = 5
        with pytest.raises(TypeError, match="username"):
            async with auth.login_attempt(wrong):
                pass
        with pytest.raises(TypeError, match="request"):
            async with auth.login_attempt("ada", wrong):
                pass
        without: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, JWT_MAX_FAILED_LOGINS=3))
        with pytest.raises(BadConfigurationError, match="store"):
            async with without.login_attempt("ada"):
                pass

    asyncio.run(attempts())


def test_the_example_of_a_route_of_ones_own() -> None:
    auth: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, JWT_MAX_FAILED_LOGINS=1), store="memory://")
    app = FastAPI()

    @app.post("/pin/{username}/{pin}")
    async def by_pin(username: str, pin: str, request: Request, response: Response) -> LoginTokens:
        async with auth.login_attempt(username, request):
            if pin != "0815":
                raise auth.refuse_login(username, request)
        return await auth.log_in(username, request=request, response=response)

    auth.handle_errors(app)
    client = TestClient(app)
    answers = [client.post(f"/pin/ada/{pin}").status_code for pin in ("0815", "1", "0815")]
    assert answers == [200, 401, 429]
