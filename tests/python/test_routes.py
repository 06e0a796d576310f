"""The ready routes: the whole life of a login by one line."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel

from authx import AuthEvent, AuthX, AuthXConfig, Credentials, Identity
from authx.testing import FrozenClock
from authx.token import decode_token
from tests.python.conftest import SECRET, bearer

ADA = {"username": "ada", "password": "engine"}


pytestmark = pytest.mark.usefixtures("clock")


async def authenticate(given: Credentials) -> Identity | None:
    if given.password != "engine":
        return None
    return Identity(given.username, scopes=[*given.scopes, "notes"], data={"tenant": 7})


def service(**settings: Any) -> tuple[AuthX[Any], TestClient]:
    auth = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, **settings), store="memory://")
    app = FastAPI()
    app.include_router(auth.router(authenticate))
    return auth, TestClient(app, base_url="https://testserver")


@pytest.mark.parametrize("form", [False, True])
def test_the_life_of_a_login(form: bool, clock: FrozenClock) -> None:
    _, client = service()
    given = {**ADA, "scope": "a b"}
    begun = (
        client.post("/login", data={"grant_type": "password", **given}) if form else client.post("/login", json=given)
    )
    tokens = begun.json()
    assert begun.status_code == 200
    assert begun.headers["cache-control"] == "no-store"
    payload = decode_token(tokens["access_token"], SECRET)
    assert (payload["sub"], payload["scopes"], payload["tenant"], payload["fresh"]) == (
        "ada",
        ["a", "b", "notes"],
        7,
        True,
    )

    refreshed = client.post("/refresh", headers=bearer(tokens["refresh_token"])).json()
    other = client.post("/login", json=ADA).json()
    access = bearer(refreshed["access_token"])
    sessions = client.get("/sessions", headers=access).json()
    assert [session["user_agent"] for session in sessions] == ["testclient", "testclient"]

    sid = decode_token(other["access_token"], SECRET)["sid"]
    assert client.delete(f"/sessions/{sid}", headers=access).status_code == 204
    assert client.get("/sessions", headers=bearer(other["access_token"])).json()["error_type"] == "RevokedTokenError"
    assert len(client.get("/sessions", headers=access).json()) == 1

    ended = client.post("/logout", headers=access)
    assert (ended.status_code, ended.content) == (204, b"")
    assert (
        client.post("/refresh", headers=bearer(refreshed["refresh_token"])).json()["error_type"] == "RevokedTokenError"
    )


def test_a_logout_everywhere_ends_all_logins(clock: FrozenClock) -> None:
    _, client = service()
    tokens = [client.post("/login", json=ADA).json() for _ in range(2)]
    clock.advance(1)
    assert client.post("/logout/everywhere", headers=bearer(tokens[0]["access_token"])).status_code == 204
    for pair in tokens:
        assert client.post("/refresh", headers=bearer(pair["refresh_token"])).status_code == 401
    assert client.post("/login", json=ADA).status_code == 200


def test_somebody_elses_login_can_not_be_ended() -> None:
    _, client = service()
    ada = client.post("/login", json=ADA).json()
    eve = client.post("/login", json={**ADA, "username": "eve"}).json()
    sid = decode_token(ada["access_token"], SECRET)["sid"]
    for session_id in (sid, "unknown"):
        assert client.delete(f"/sessions/{session_id}", headers=bearer(eve["access_token"])).status_code == 204
    assert client.get("/sessions", headers=bearer(ada["access_token"])).status_code == 200


def test_cookies_are_set_and_deleted() -> None:
    _, client = service(JWT_TOKEN_LOCATION=["cookies"])
    begun = client.post("/login", json=ADA)
    assert begun.json() == {"token_type": "bearer", "expires_in": 900}
    refreshed = client.post("/refresh", headers={"X-CSRF-TOKEN": client.cookies["csrf_refresh_token"]})
    assert refreshed.status_code == 200
    ended = client.post("/logout", headers={"X-CSRF-TOKEN": client.cookies["csrf_access_token"]})
    assert ended.status_code == 204
    assert not client.cookies


def test_a_wrong_password_is_an_event_and_no_oracle() -> None:
    auth, client = service()
    events: list[AuthEvent] = []
    auth.on_event(events.append)
    answers = [client.post("/login", json={**ADA, "password": "wrong", "username": name}) for name in ("ada", "nobody")]
    assert answers[0].content == answers[1].content
    assert answers[0].json() == {
        "message": "The user name or the password is wrong",
        "error_type": "LoginFailedError",
        "error": "invalid_grant",
    }
    assert (answers[0].status_code, answers[0].headers["www-authenticate"]) == (401, "Bearer")
    assert [(event.kind, event.subject, event.client_address) for event in events] == [
        ("login_failed", "ada", "testclient"),
        ("login_failed", "nobody", "testclient"),
    ]
    assert "wrong" not in str([event._replace(reason=None) for event in events])


@pytest.mark.parametrize(
    ("content_type", "body", "message"),
    [
        ("text/plain", "x", "Content-Type: application/json or application/x-www-form-urlencoded is expected"),
        ("application/json", "{", "body: a JSON object with the strings username and password is expected"),
        ("application/json", '{"username": "ada"}', "password: it is missing or empty"),
        ("application/json", " " * 300_000, "body: it is larger than JWT_MAX_BODY_SIZE"),
        ("application/x-www-form-urlencoded", "username=&password=x", "username: it is missing or empty"),
        ("application/x-www-form-urlencoded", "username=a&username=b&password=x", "body: a field occurs twice"),
    ],
)
def test_what_is_wrong_with_a_body_is_named(content_type: str, body: str, message: str) -> None:
    _, client = service(JWT_MAX_BODY_SIZE=100_000)
    answer = client.post("/login", content=body, headers={"content-type": content_type})
    assert (answer.status_code, answer.json()) == (
        400,
        {"message": message, "error_type": "LoginRequestError", "error": "invalid_request"},
    )


def test_routes_move_and_are_left_out() -> None:
    auth = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET), store="memory://")
    app = FastAPI()
    app.include_router(auth.router(lambda given: given.username, prefix="/auth", login="/token", sessions=None))
    client = TestClient(app)
    assert client.post("/auth/token", json=ADA).status_code == 200
    assert sorted(client.get("/openapi.json").json()["paths"]) == [
        "/auth/logout",
        "/auth/logout/everywhere",
        "/auth/refresh",
        "/auth/token",
    ]


def test_openapi_describes_both_bodies_and_what_is_secured() -> None:
    _, client = service()
    paths = client.get("/openapi.json").json()["paths"]
    content = paths["/login"]["post"]["requestBody"]["content"]
    assert sorted(content) == ["application/json", "application/x-www-form-urlencoded"]
    assert "security" not in paths["/login"]["post"]
    for path, method in (
        ("/refresh", "post"),
        ("/logout", "post"),
        ("/sessions", "get"),
        ("/sessions/{session_id}", "delete"),
    ):
        assert paths[path][method]["security"], path


@pytest.mark.parametrize("answer", [7, b"ada", {"uid": "ada"}])
def test_an_answer_of_another_type_lets_nobody_in(answer: Any) -> None:
    auth = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET), store="memory://")
    app = FastAPI()
    app.include_router(auth.router(lambda _: answer))
    with pytest.raises(TypeError, match="authenticate: a function that returns"):
        TestClient(app).post("/login", json=ADA)
    with pytest.raises(TypeError, match="authenticate: a function is expected"):
        auth.router("authenticate")  # type: ignore[arg-type]


def test_credentials_do_not_show_the_password() -> None:
    assert "engine" not in repr(Credentials("ada", "engine"))


class Claims(BaseModel):
    sub: str
    tenant: int


def test_an_own_model_of_claims_makes_no_difference() -> None:
    auth = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET), store="memory://", payload_model=Claims)
    app = FastAPI()
    app.include_router(auth.router(authenticate))
    client = TestClient(app)
    access = bearer(client.post("/login", json=ADA).json()["access_token"])
    assert len(client.get("/sessions", headers=access).json()) == 1
    assert client.delete("/sessions/unknown", headers=access).status_code == 204
    assert client.post("/logout", headers=access).status_code == 204
    assert client.get("/sessions", headers=access).status_code == 401
