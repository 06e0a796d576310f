"""Introspection and revocation at the wish of other programs (RFC 7662, RFC 7009)."""

import base64
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

from authx import AuthX, AuthXConfig, Identity
from authx.testing import FrozenClock
from tests.python.conftest import SECRET, bearer, change_file

GATEWAY = "a secret of the gateway"
FORM = {"content-type": "application/x-www-form-urlencoded"}

pytestmark = pytest.mark.usefixtures("clock")


class Service:
    def __init__(self, url: str = "memory://", **settings: Any) -> None:
        self.auth: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, **settings), store=url)
        self.app = FastAPI()
        clients: dict[str, str | SecretStr] = {"gateway": SecretStr(GATEWAY), "other": "another long secret"}
        ready = self.auth.router(lambda given: Identity(given.username, scopes=given.scopes), clients=clients)
        self.app.include_router(ready)
        self.client = TestClient(self.app)

    def log_in(self, scope: str = "a b") -> tuple[str, str]:
        given = {"username": "ada", "password": "engine", "scope": scope}
        tokens = self.client.post("/login", json=given).json()
        return tokens["access_token"], tokens["refresh_token"]

    def ask(self, path: str, token: str, **more: str) -> Any:
        return self.client.post(path, data={"token": token, **more}, auth=("gateway", GATEWAY))

    def introspect(self, token: str) -> dict[str, Any]:
        answer = self.ask("/introspect", token)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert answer.headers["content-type"] == "application/json"
        told: dict[str, Any] = answer.json()
        return told


INACTIVE = {"active": False}


def test_a_token_that_is_accepted_is_told(store_url: str, clock: FrozenClock) -> None:
    service = Service(store_url)
    access, refresh = service.log_in()
    told = service.introspect(access)
    assert told == {
        "active": True,
        "sub": "ada",
        "scope": "a b",
        "scopes": ["a", "b"],
        "token_type": "Bearer",
        "type": "access",
        "fresh": True,
        "iat": int(clock.time()),
        "nbf": int(clock.time()),
        "exp": int(clock.time()) + 900,
        "jti": told["jti"],
        "sid": told["sid"],
    }
    of_refresh = service.introspect(refresh)
    assert (of_refresh["type"], of_refresh["sid"], "token_type" in of_refresh) == ("refresh", told["sid"], False)
    # Nothing was used up.
    assert service.client.post("/refresh", headers=bearer(refresh)).status_code == 200


def test_a_token_that_is_not_accepted_is_told_to_be_inactive(store_url: str, clock: FrozenClock) -> None:
    service = Service(store_url)
    access, refresh = service.log_in()
    for token in (
        "x",
        "a.b.c",
        access + "x",
        AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET[::-1])).create_access_token("ada"),
    ):
        assert service.introspect(token) == INACTIVE
    service.client.post("/logout", headers=bearer(access))
    assert [service.introspect(token) for token in (access, refresh)] == [INACTIVE, INACTIVE]
    access, refresh = service.log_in()
    clock.advance(900)
    assert service.introspect(access) == INACTIVE
    assert service.introspect(refresh)["active"]
    service.client.post("/refresh", headers=bearer(refresh))
    clock.advance(31)
    # It was used up, and asking about it ends no login.
    assert service.introspect(refresh) == INACTIVE
    assert service.auth.event_counts["reused"] == 0


def test_asking_about_a_one_off_token_does_not_use_it_up(store_url: str) -> None:
    service = Service(store_url)
    ticket = service.auth.create_token("ada", type="ticket", expiry=60, once=True)
    required = service.auth.token_required(type="ticket")

    @service.app.post("/use")
    async def use(payload: Any = required) -> str:
        return str(payload.sub)

    assert service.introspect(ticket)["active"]
    assert service.introspect(ticket)["active"]
    assert [service.client.post("/use", headers=bearer(ticket)).status_code for _ in range(2)] == [200, 401]
    assert service.introspect(ticket) == INACTIVE


def test_a_blocklist_counts_too() -> None:
    service = Service()
    access, _ = service.log_in()
    service.auth.set_callback_token_blocklist(lambda token: token == access)
    assert service.introspect(access) == INACTIVE


@pytest.mark.parametrize("which", [0, 1])
def test_a_client_revokes_a_token_with_its_login(store_url: str, which: int) -> None:
    service = Service(store_url)
    tokens, others = service.log_in(), service.log_in()
    revoked = service.ask("/revoke", tokens[which], token_type_hint="access_token")
    assert (revoked.status_code, revoked.content) == (200, b"")
    assert service.client.get("/sessions", headers=bearer(tokens[0])).json()["error_type"] == "RevokedTokenError"
    assert service.client.post("/refresh", headers=bearer(tokens[1])).status_code == 401
    assert len(service.client.get("/sessions", headers=bearer(others[0])).json()) == 1
    # RFC 7009 section 2.2: a token that is not accepted anyway is no error.
    for token in (*tokens, "x"):
        assert service.ask("/revoke", token).status_code == 200


def basic(name: str, secret: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode(), **FORM}


@pytest.mark.parametrize("path", ["/introspect", "/revoke"])
def test_a_client_has_to_authenticate(path: str) -> None:
    service = Service()
    access, _ = service.log_in()
    refused: list[tuple[dict[str, str], str]] = [
        ({}, f"token={access}"),
        (basic("gateway", GATEWAY[:-1]), f"token={access}"),
        (basic("nobody", GATEWAY), f"token={access}"),
        (bearer(access), f"token={access}"),
        ({}, f"token={access}&client_id=gateway&client_secret=another+long+secret"),
    ]
    for headers, body in refused:
        answer = service.client.post(path, headers={**FORM, **headers}, content=body)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Basic realm="clients"')
        assert answer.json() == {
            "message": "The client is unknown, or its secret is wrong",
            "error_type": "ClientRefusedError",
            "error": "invalid_client",
        }
    assert service.auth.event_counts["refused"] == len(refused)
    assert service.introspect(access)["active"]
    form = {"token": access, "client_id": "other", "client_secret": "another long secret"}
    assert service.client.post(path, data=form).status_code == 200


@pytest.mark.parametrize(
    ("headers", "body", "part"),
    [
        (basic("gateway", GATEWAY), "", "token"),
        (basic("gateway", GATEWAY), "token=x&token=y", "body"),
        (basic("gateway", GATEWAY), "token=x&client_secret=z", "client_secret"),
        (basic("gateway", GATEWAY) | {"content-type": "application/json"}, "{}", "Content-Type"),
        (basic("gateway", GATEWAY), "token=" + "x" * 2_000_000, "body"),
    ],
)
def test_what_is_wrong_with_a_request_is_named(headers: dict[str, str], body: str, part: str) -> None:
    answer = Service().client.post("/introspect", headers=headers, content=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert answer.json()["error_type"] == "ClientRequestError"
    assert answer.json()["message"].startswith(part + ": ")


def test_a_store_that_fails_tells_nothing(tmp_path: Any) -> None:
    service = Service(f"sqlite:///{tmp_path}/auth.db")
    access, _ = service.log_in()
    change_file(tmp_path / "auth.db", "ALTER TABLE authx_entries RENAME TO gone")
    assert [service.ask(path, access).status_code for path in ("/introspect", "/revoke")] == [503, 503]
    change_file(tmp_path / "auth.db", "ALTER TABLE gone RENAME TO authx_entries")
    assert service.introspect(access)["active"]


def test_without_clients_there_are_no_such_routes_and_each_can_be_left_out() -> None:
    auth: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET), store="memory://")

    def paths(**options: Any) -> set[str]:
        app = FastAPI()
        app.include_router(auth.router(lambda given: None, **options))
        return {path for path in app.openapi()["paths"] if path in ("/introspect", "/revoke", "/about")}

    assert paths() == set()
    assert paths(clients={"gateway": GATEWAY}, revoke=None) == {"/introspect"}
    assert paths(clients={"gateway": GATEWAY}, introspect="/about") == {"/about", "/revoke"}


def test_openapi_shows_how_a_client_authenticates() -> None:
    described = Service().app.openapi()
    assert described["paths"]["/introspect"]["post"]["security"] == [{"ClientBasic": []}]
    assert described["components"]["securitySchemes"]["ClientBasic"]["scheme"] == "basic"


@pytest.mark.parametrize(
    ("clients", "error"),
    [
        ({"gateway": "short"}, ValueError),
        ({"": GATEWAY}, ValueError),
        ({"gateway": 5}, TypeError),
        ([("gateway", GATEWAY)], TypeError),
    ],
)
def test_a_client_that_nobody_could_be_is_an_error(clients: Any, error: type[Exception]) -> None:
    auth: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET), store="memory://")
    with pytest.raises(error, match="clients") as raised:
        auth.router(lambda given: None, clients=clients)
    assert GATEWAY not in str(raised.value)


def test_clients_need_a_store() -> None:
    auth: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET))
    app = FastAPI()
    app.include_router(auth.router(lambda given: None, clients={"gateway": GATEWAY}))
    client = TestClient(app, raise_server_exceptions=False)
    answer = client.post("/introspect", data={"token": "x"}, auth=("gateway", GATEWAY))
    assert answer.status_code == 500
