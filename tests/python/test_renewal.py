"""The application is asked at each refresh: rights change, and accounts are closed."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient

from authx import AuthX, AuthXConfig, LoginTokens, Renewal, TokenPayload
from authx.testing import FrozenClock
from authx.token import decode_token
from tests.python.conftest import SECRET, bearer


def service(**settings: Any) -> tuple[AuthX[Any], TestClient]:
    auth = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, **settings), store="memory://")
    app = FastAPI()

    @app.post("/login")
    async def login(response: Response) -> LoginTokens:
        return await auth.log_in("ada", scopes=["a"], data={"plan": "old", "team": 7}, response=response)

    @app.post("/refresh")
    async def refresh(request: Request, response: Response) -> LoginTokens:
        return await auth.refresh(request, response)

    @app.post("/rotate")
    async def rotate(response: Response, payload: TokenPayload = auth.REFRESH_REQUIRED) -> LoginTokens:
        return await auth.rotate(payload, response)

    @app.get("/me")
    async def me(payload: TokenPayload = auth.ACCESS_REQUIRED) -> str:
        return payload.sub

    return auth, TestClient(app, base_url="https://testserver")


@pytest.mark.parametrize("path", ["/refresh", "/rotate"])
def test_a_renewal_changes_what_the_new_tokens_say(path: str, clock: FrozenClock) -> None:
    auth, client = service()
    seen: list[TokenPayload] = []

    @auth.set_callback_renewal
    async def renew(payload: TokenPayload) -> Renewal:
        seen.append(payload)
        return Renewal(scopes=["b"], data={"plan": "new"})

    first = client.post("/login").json()
    clock.advance(1)
    second = client.post(path, headers=bearer(first["refresh_token"])).json()
    for kind in ("access_token", "refresh_token"):
        payload = decode_token(second[kind], SECRET)
        assert (payload["sub"], payload["scopes"], payload["plan"]) == ("ada", ["b"], "new")
        assert "team" not in payload
    assert [(payload.sub, payload.scopes, payload.extra_dict["plan"]) for payload in seen] == [("ada", ["a"], "old")]
    # The next one sees what this one said.
    client.post(path, headers=bearer(second["refresh_token"]))
    assert (seen[1].scopes, seen[1].extra_dict["plan"]) == (["b"], "new")


@pytest.mark.parametrize("path", ["/refresh", "/rotate"])
def test_a_refused_renewal_ends_the_login(path: str, clock: FrozenClock) -> None:
    auth, client = service()
    auth.set_callback_renewal(lambda _: False)
    tokens = client.post("/login").json()
    refused = client.post(path, headers=bearer(tokens["refresh_token"]))
    assert (refused.status_code, refused.json()["error_type"]) == (401, "RefreshRefusedError")
    assert client.get("/me", headers=bearer(tokens["access_token"])).status_code == 401
    assert asyncio.run(auth.list_sessions("ada")) == []
    # It stays ended if the application changes its mind.
    auth.set_callback_renewal(lambda _: True)
    again = client.post(path, headers=bearer(tokens["refresh_token"]))
    assert (again.status_code, again.json()["error_type"]) == (401, "RevokedTokenError")


def test_a_stolen_token_is_found_out_before_the_application_is_asked(clock: FrozenClock) -> None:
    auth, client = service()
    asked: list[str] = []

    @auth.set_callback_renewal
    def renew(payload: TokenPayload) -> bool:
        asked.append(payload.sub)
        return True

    old = client.post("/login").json()["refresh_token"]
    client.post("/refresh", headers=bearer(old))
    clock.advance(60)
    assert client.post("/refresh", headers=bearer(old)).json()["error_type"] == "RefreshReusedError"
    assert asked == ["ada"]


@pytest.mark.parametrize("answer", [None, "yes", 1, {"scopes": []}])
def test_any_other_answer_fails_and_uses_nothing_up(answer: Any, clock: FrozenClock) -> None:
    auth, client = service()
    auth.set_callback_renewal(lambda _: answer)
    refresh_token = client.post("/login").json()["refresh_token"]
    with pytest.raises(TypeError, match="must return True, False or a Renewal"):
        client.post("/refresh", headers=bearer(refresh_token))
    auth.set_callback_renewal(None)
    clock.advance(60)
    assert client.post("/refresh", headers=bearer(refresh_token)).status_code == 200


def test_a_renewal_can_not_set_a_claim_of_the_engine() -> None:
    for name in ("sub", "sid", "exp", "gen"):
        with pytest.raises(ValueError, match=f"data: '{name}' is reserved"):
            Renewal(data={name: "x"})
    with pytest.raises(TypeError):
        Renewal(scopes="admin")  # A string is a sequence of strings of one character.


@pytest.mark.parametrize("goes_on", [True, False])
def test_an_implicit_refresh_asks_too(goes_on: bool, clock: FrozenClock) -> None:
    auth, client = service(JWT_TOKEN_LOCATION=["cookies"], JWT_COOKIE_CSRF_PROTECT=False)
    client.app.middleware("http")(auth.implicit_refresh_middleware)  # type: ignore[attr-defined]
    auth.set_callback_renewal(lambda _: Renewal(scopes=["b"]) if goes_on else False)
    client.post("/login")
    clock.advance(600)
    answer = client.get("/me")
    assert answer.status_code == 200
    if goes_on:
        assert decode_token(client.cookies["access_token_cookie"], SECRET)["scopes"] == ["b"]
    assert ("set-cookie" in answer.headers) == goes_on
    assert client.get("/me").status_code == (200 if goes_on else 401)


@pytest.mark.parametrize("grace", [0, 30])
def test_a_single_use_token_is_used_up_by_every_route(grace: int, clock: FrozenClock) -> None:
    auth, client = service(JWT_REFRESH_SINGLE_USE=True, JWT_REFRESH_GRACE=grace)

    @client.app.post("/only-verified")  # type: ignore[attr-defined]
    async def only_verified(payload: TokenPayload = auth.REFRESH_REQUIRED) -> str:
        return payload.sub

    for path in ("/only-verified", "/refresh", "/rotate"):
        token = client.post("/login").json()["refresh_token"]
        used = client.post(path, headers=bearer(token))
        assert used.status_code == 200, used.text
        if path != "/only-verified":
            # The successor goes on.
            assert client.post(path, headers=bearer(used.json()["refresh_token"])).status_code == 200
        clock.advance(grace + 1)
        again = client.post("/only-verified", headers=bearer(token))
        assert again.json()["error_type"] == "RefreshReusedError"


def test_without_the_setting_a_route_that_only_verifies_uses_nothing_up(clock: FrozenClock) -> None:
    auth, client = service()

    @client.app.post("/only-verified")  # type: ignore[attr-defined]
    async def only_verified(payload: TokenPayload = auth.REFRESH_REQUIRED) -> str:
        return payload.sub

    token = client.post("/login").json()["refresh_token"]
    for _ in range(3):
        clock.advance(60)
        assert client.post("/only-verified", headers=bearer(token)).status_code == 200
