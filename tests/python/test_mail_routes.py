"""Ready routes for a forgotten password, and for the verification of an address."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from authx import AuthX, AuthXConfig, Credentials, Mail, PasswordReset, Verification
from authx.testing import FrozenClock
from authx.token import decode_token
from tests.python.conftest import SECRET, bearer

pytestmark = pytest.mark.usefixtures("clock")

NEW = "a new and long password"


class Service:
    """An application with one user, whose mails stay here."""

    def __init__(self, url: str = "memory://", **settings: Any) -> None:
        self.auth: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, **settings), store=url)
        self.passwords = {"ada": "engine"}
        self.verified: list[str] = []
        self.mails: list[str] = []
        self.asked: list[str] = []
        app = FastAPI()
        router = self.auth.router(
            self._authenticate,
            password_reset=PasswordReset(self._send, self._change, accepts=lambda password: len(password) >= 12),
            verification=Verification(self._send, self.verified.append),
        )
        app.include_router(router)
        self.app = app
        self.client = TestClient(app, raise_server_exceptions=False)

    def _authenticate(self, given: Credentials) -> str | None:
        return given.username if self.passwords.get(given.username) == given.password else None

    async def _send(self, mail: Mail) -> None:
        self.asked.append(mail.username)
        if mail.username == "broken":
            raise RuntimeError("no mail server")
        if mail.username in self.passwords:
            self.mails.append(mail.token_for(mail.username))

    async def _change(self, uid: str, password: str) -> None:
        self.passwords[uid] = password

    def post(self, path: str, **body: str) -> Any:
        return self.client.post(path, json=body)

    def log_in(self, password: str = "engine") -> Any:
        return self.post("/login", username="ada", password=password)


def test_a_forgotten_password_is_set_anew_and_ends_all_logins(store_url: str, clock: FrozenClock) -> None:
    service = Service(store_url)
    before = service.log_in().json()
    clock.advance(1)
    asked = service.post("/password/forgot", username="ada")
    assert (asked.status_code, asked.content) == (202, b"")
    [token] = service.mails
    payload = decode_token(token, SECRET, require=())
    assert (payload["sub"], payload["type"], payload["exp"] - payload["iat"]) == ("ada", "password_reset", 3600)

    # A password that isn't good enough uses nothing up.
    weak = service.post("/password/reset", token=token, password="short")
    assert (weak.status_code, weak.json()["message"]) == (400, "password: it is not accepted")
    changed = service.post("/password/reset", token=token, password=NEW)
    assert (changed.status_code, changed.content) == (204, b"")
    assert service.client.get("/sessions", headers=bearer(before["access_token"])).status_code == 401
    assert service.client.post("/refresh", headers=bearer(before["refresh_token"])).status_code == 401
    assert [service.log_in(password).status_code for password in ("engine", NEW)] == [401, 200]

    again = service.post("/password/reset", token=token, password="another long password")
    assert (again.status_code, again.json()["error_type"]) == (401, "RevokedTokenError")
    assert service.passwords["ada"] == NEW


def test_an_address_is_verified_once(store_url: str) -> None:
    service = Service(store_url)
    assert service.post("/verification/request", username="ada").status_code == 202
    [token] = service.mails
    payload = decode_token(token, SECRET, require=())
    assert (payload["type"], payload["exp"] - payload["iat"]) == ("verification", 86400)
    answers = [service.post("/verification", token=token).status_code for _ in range(2)]
    assert (answers, service.verified) == ([204, 401], ["ada"])


@pytest.mark.parametrize("path", ["/password/forgot", "/verification/request"])
def test_nobody_learns_whether_there_is_such_a_user(path: str, caplog: pytest.LogCaptureFixture) -> None:
    service = Service()
    answers = [service.post(path, username=username) for username in ("ada", "nobody", "broken")]
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, b"")}
    assert service.asked == ["ada", "nobody", "broken"]
    assert "no mail server" in caplog.text


def test_a_token_is_for_its_purpose_only() -> None:
    service = Service()
    service.post("/password/forgot", username="ada")
    service.post("/verification/request", username="ada")
    reset, verification = service.mails
    access = service.log_in().json()["access_token"]
    for token in (verification, access, "a.b.c"):
        assert service.post("/password/reset", token=token, password=NEW).status_code == 401
    for token in (reset, access, "a.b.c"):
        assert service.post("/verification", token=token).status_code == 401
    assert service.client.get("/sessions", headers=bearer(reset)).status_code == 401
    # Nothing of that used them up.
    assert service.post("/verification", token=verification).status_code == 204
    assert service.post("/password/reset", token=reset, password=NEW).status_code == 204


def test_a_token_ends(clock: FrozenClock) -> None:
    service = Service(JWT_TOKEN_TYPES={"password_reset": {"expires": "10m"}})
    service.post("/password/forgot", username="ada")
    clock.advance(600)
    refused = service.post("/password/reset", token=service.mails[0], password=NEW)
    assert (refused.status_code, refused.json()["error_type"]) == (401, "TokenExpiredError")
    assert service.auth.event_counts["refused"] == 1


def test_mails_have_a_limit_beside_that_of_failed_logins() -> None:
    service = Service(JWT_MAX_FAILED_LOGINS=2)
    statuses = [service.post("/password/forgot", username="ada").status_code for _ in range(3)]
    assert (statuses, len(service.mails)) == ([202, 202, 429], 2)
    assert service.post("/verification/request", username=" Ada").status_code == 429
    assert service.log_in().status_code == 200
    assert [service.log_in("wrong").status_code for _ in range(3)] == [401, 401, 429]


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/password/forgot", {}, "username: it is missing or empty"),
        ("/password/reset", {"token": "x"}, "password: it is missing or empty"),
        ("/password/reset", {"password": "x"}, "token: it is missing or empty"),
        ("/verification", {}, "token: it is missing or empty"),
        ("/verification", {"token": 5}, "body: a JSON object with the string token is expected"),
    ],
)
def test_what_is_wrong_with_a_body_is_named(path: str, body: dict[str, Any], message: str) -> None:
    answer = Service().client.post(path, json=body)
    assert (answer.status_code, answer.json()["error_type"]) == (400, "LoginRequestError")
    assert answer.json()["message"] == message


def test_a_form_works_too() -> None:
    service = Service()
    assert service.client.post("/password/forgot", data={"username": "ada"}).status_code == 202
    form = {"token": service.mails[0], "password": NEW}
    assert service.client.post("/password/reset", data=form).status_code == 204


def test_a_blocklist_counts() -> None:
    service = Service()
    service.post("/verification/request", username="ada")
    service.auth.set_callback_token_blocklist(lambda token: token in service.mails)
    assert service.post("/verification", token=service.mails[0]).status_code == 401
    assert service.verified == []


def paths(**options: Any) -> set[str]:
    auth: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET), store="memory://")
    app = FastAPI()
    app.include_router(auth.router(lambda given: None, **options))
    return {path for path in app.openapi()["paths"] if "password" in path or "verif" in path}


def test_each_route_moves_or_is_left_out() -> None:
    nothing: Callable[..., None] = lambda *given: None  # noqa: E731
    assert paths() == set()
    assert paths(password_reset=PasswordReset(nothing, nothing), reset_password=None) == {"/password/forgot"}
    verification = Verification(nothing, nothing)
    assert paths(verification=verification, verify="/verified") == {"/verification/request", "/verified"}


@pytest.mark.parametrize("name", ["password_reset", "verification"])
def test_something_else_is_an_error_that_names_the_argument(name: str) -> None:
    with pytest.raises(TypeError, match=name):
        paths(**{name: lambda mail: None})
