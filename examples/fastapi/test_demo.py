"""Tests of the demo without its login: `make test-demo`."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from app import app
from authx import AuthX
from authx.testing import FrozenClock, Login, refused_tokens

from security import auth
from users import User

LogIn = Callable[..., Login]


@pytest.fixture
def authx() -> AuthX[User]:
    return auth


@pytest.fixture
def client() -> TestClient:
    return TestClient(app, base_url="https://testserver")


def test_scopes_allow_their_routes_only(client: TestClient, authx_log_in: LogIn) -> None:
    authx_log_in(client, "grace", scopes=["users:read"])

    assert client.get("/users").status_code == 200
    assert client.delete("/users/1").json()["error_type"] == "InsufficientScopeError"


def test_cookie_needs_its_csrf_value(client: TestClient, authx_log_in: LogIn) -> None:
    authx_log_in(client, "ada", location="cookies")
    assert client.post("/token-in/cookie").json() == {"subject": "ada", "location": "cookies"}

    del client.headers["X-CSRF-TOKEN"]
    assert client.post("/token-in/cookie").json()["error_type"] == "MissingCSRFTokenError"


def test_refresh_token_gets_an_access_token(client: TestClient, authx_log_in: LogIn) -> None:
    login = authx_log_in(client, "ada", location="cookies")

    assert client.post("/auth/refresh", headers=login.refresh_headers).status_code == 200


def test_token_expires(client: TestClient, authx_log_in: LogIn, authx_clock: FrozenClock) -> None:
    authx_log_in(client, "ada")
    authx_clock.advance(seconds=59)
    assert client.get("/me").json()["name"] == "ada"

    authx_clock.advance(seconds=1)
    assert client.get("/me").json()["error_type"] == "TokenExpiredError"


def test_cookie_in_use_is_renewed(client: TestClient, authx_log_in: LogIn, authx_clock: FrozenClock) -> None:
    authx_log_in(client, "ada", location="cookies")

    for _ in range(5):
        authx_clock.advance(seconds=45)
        assert client.get("/session").status_code == 200


@pytest.mark.parametrize(("fault", "token"), refused_tokens(auth, "ada").items())
def test_protected_route_refuses(fault: str, token: str, client: TestClient) -> None:
    assert client.get("/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401, fault
