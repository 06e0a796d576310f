"""Logins with a store: refresh tokens rotate, a stolen one is found out, and logins end."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Request, Response, Security
from fastapi.testclient import TestClient
from pydantic import BaseModel

from authx import AuthX, AuthXConfig, LoginTokens, SessionInfo, TokenPayload, TokenResponse
from authx.exceptions import BadConfigurationError
from authx.testing import FrozenClock
from authx.token import decode_token

SECRET = "a secret of at least thirty-two bytes"


class Service:
    """A service with routes for the whole life of a login."""

    def __init__(self, auth: AuthX[Any]) -> None:
        self.auth = auth
        self.client = TestClient(app_of(auth), base_url="https://testserver")

    def post(self, path: str, token: str) -> Any:
        return self.client.post(path, headers={"Authorization": f"Bearer {token}"})

    def get(self, path: str, token: str) -> Any:
        return self.client.get(path, headers={"Authorization": f"Bearer {token}"})

    def log_in(self) -> dict[str, str]:
        return tokens_of(self.client.post("/login"))

    def refresh(self, token: str) -> dict[str, str]:
        return tokens_of(self.post("/refresh", token))

    def refused(self, answer: Any, error_type: str) -> None:
        assert (answer.status_code, answer.json()["error_type"]) == (401, error_type)
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


def app_of(auth: AuthX[Any]) -> FastAPI:
    app = FastAPI()

    @app.post("/login")
    async def login(request: Request, response: Response) -> LoginTokens:
        return await auth.log_in("ada", scopes=["notes:write"], data={"tenant": 7}, request=request, response=response)

    @app.post("/refresh")
    async def refresh(request: Request, response: Response) -> LoginTokens:
        return await auth.refresh(request, response)

    @app.post("/plain-refresh")
    async def plain_refresh(payload: TokenPayload = auth.REFRESH_REQUIRED) -> str:
        return auth.create_access_token(payload.sub)

    @app.post("/logout")
    async def logout(response: Response, payload: TokenPayload = auth.ACCESS_REQUIRED) -> None:
        await auth.logout(payload, response)

    @app.post("/everywhere")
    async def everywhere(response: Response, payload: TokenPayload = auth.ACCESS_REQUIRED) -> None:
        await auth.logout_everywhere(payload, response)

    @app.post("/elsewhere")
    async def elsewhere(payload: TokenPayload = auth.ACCESS_REQUIRED) -> None:
        await auth.logout_elsewhere(payload)

    @app.get("/logins")
    async def logins(payload: TokenPayload = auth.ACCESS_REQUIRED) -> list[SessionInfo]:
        return await auth.list_sessions(payload.sub)

    @app.get("/me")
    async def me(payload: TokenPayload = auth.ACCESS_REQUIRED) -> dict[str, Any]:
        claims = payload.model_dump()
        return {name: claims.get(name) for name in ("sub", "scopes", "tenant", "fresh")}

    return app


def tokens_of(answer: Any) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    tokens: dict[str, str] = answer.json()
    assert tokens["token_type"] == "bearer"
    return tokens


@pytest.fixture
def service(store_url: str, clock: FrozenClock) -> Service:
    return Service(AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET), store=store_url))


def test_a_refresh_carries_on_what_the_login_allows(service: Service, clock: FrozenClock) -> None:
    first = service.log_in()
    expected = {"sub": "ada", "scopes": ["notes:write"], "tenant": 7, "fresh": True}
    assert service.get("/me", first["access_token"]).json() == expected
    clock.advance(600)
    third = service.refresh(service.refresh(first["refresh_token"])["refresh_token"])
    assert service.get("/me", third["access_token"]).json() == {**expected, "fresh": False}
    assert service.get("/me", first["access_token"]).status_code == 200


def test_all_who_ask_within_the_grace_get_one_successor(service: Service, clock: FrozenClock) -> None:
    first = service.log_in()
    second = service.refresh(first["refresh_token"])
    for _ in range(3):
        clock.advance(10)
        again = service.refresh(first["refresh_token"])
        assert again["refresh_token"] == second["refresh_token"]
        assert again["access_token"] != second["access_token"]
    service.refresh(second["refresh_token"])


def test_a_token_that_is_used_after_the_grace_ends_the_login(service: Service, clock: FrozenClock) -> None:
    first = service.log_in()
    second = service.refresh(first["refresh_token"])
    other = service.log_in()
    clock.advance(31)
    service.refused(service.post("/refresh", first["refresh_token"]), "RefreshReusedError")
    for path in ("/refresh", "/plain-refresh"):
        service.refused(service.post(path, second["refresh_token"]), "RevokedTokenError")
    service.refused(service.get("/me", second["access_token"]), "RevokedTokenError")
    assert service.get("/me", other["access_token"]).status_code == 200


def test_the_way_of_the_specification_uses_no_token_up_and_finds_reuse_too(
    service: Service, clock: FrozenClock
) -> None:
    first = service.log_in()
    for _ in range(3):
        assert service.post("/plain-refresh", first["refresh_token"]).status_code == 200
        clock.advance(60)
    second = service.refresh(first["refresh_token"])
    assert service.post("/plain-refresh", first["refresh_token"]).status_code == 200
    clock.advance(31)
    service.refused(service.post("/plain-refresh", first["refresh_token"]), "RefreshReusedError")
    service.refused(service.get("/me", second["access_token"]), "RevokedTokenError")


def test_a_token_from_before_the_store_is_adopted_once(service: Service) -> None:
    before = service.auth.create_refresh_token("ada")
    second = service.refresh(before)
    assert service.refresh(before)["refresh_token"] == second["refresh_token"]
    third = service.refresh(second["refresh_token"])
    service.refused(service.post("/refresh", before), "RefreshReusedError")
    service.refused(service.post("/refresh", third["refresh_token"]), "RevokedTokenError")


def test_logging_out_ends_one_login(service: Service) -> None:
    one, other = service.log_in(), service.log_in()
    answer = service.post("/logout", one["access_token"])
    assert all("Max-Age=0" in cookie for cookie in answer.headers.get_list("set-cookie"))
    service.refused(service.get("/me", one["access_token"]), "RevokedTokenError")
    service.refused(service.post("/refresh", one["refresh_token"]), "RevokedTokenError")
    assert service.get("/me", other["access_token"]).status_code == 200


def test_logging_out_everywhere_ends_all_and_lets_a_new_login_in_at_once(service: Service, clock: FrozenClock) -> None:
    clock.advance(0.3)
    one, other = service.log_in(), service.log_in()
    by_hand = service.auth.create_access_token("ada")
    clock.advance(0.3)
    assert service.post("/everywhere", one["access_token"]).status_code == 200
    for token in (one["access_token"], other["access_token"], by_hand):
        service.refused(service.get("/me", token), "RevokedTokenError")
    new = service.log_in()
    assert service.get("/me", new["access_token"]).status_code == 200
    next_tokens = service.refresh(new["refresh_token"])
    assert service.get("/me", next_tokens["access_token"]).status_code == 200


def test_logging_out_elsewhere_keeps_the_present_login(service: Service, clock: FrozenClock) -> None:
    one, other = service.log_in(), service.log_in()
    clock.advance(5)
    assert service.post("/elsewhere", one["access_token"]).status_code == 200
    assert service.get("/me", one["access_token"]).status_code == 200
    service.refresh(one["refresh_token"])
    service.refused(service.get("/me", other["access_token"]), "RevokedTokenError")


def test_a_users_logins_are_listed_with_their_client(service: Service, clock: FrozenClock) -> None:
    one = tokens_of(service.client.post("/login", headers={"User-Agent": "a browser"}))
    clock.advance(1)
    two = service.log_in()
    listed = service.get("/logins", one["access_token"]).json()
    assert [(login["user_agent"], login["ip_address"]) for login in listed] == [
        ("a browser", "testclient"),
        ("testclient", "testclient"),
    ]
    session = asyncio.run(service.auth.get_session(listed[1]["session_id"]))
    assert session is not None
    assert (session.uid, session.is_active) == ("ada", True)
    asyncio.run(service.auth.revoke_session(session.session_id))
    service.refused(service.get("/me", two["access_token"]), "RevokedTokenError")
    assert len(service.get("/logins", one["access_token"]).json()) == 1


def test_a_session_that_the_application_creates_is_a_login(store_url: str, clock: FrozenClock) -> None:
    service = Service(AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, JWT_SESSION_TRACKING=True), store=store_url))
    session = asyncio.run(service.auth.create_session("ada", device_info={"name": "laptop"}))
    pair = service.auth.create_token_pair("ada", session_id=session.session_id)
    # The last activity is recorded once a minute, so that most requests write nothing.
    for seconds, is_recorded in ((59, False), (1, True)):
        clock.advance(seconds)
        assert service.get("/me", pair.access_token).status_code == 200
        listed = asyncio.run(service.auth.list_sessions("ada"))
        assert [(found.device_info, found.last_active > found.created_at) for found in listed] == [
            ({"name": "laptop"}, is_recorded)
        ]
    service.refresh(pair.refresh_token)
    asyncio.run(service.auth.revoke_all_sessions("ada"))
    service.refused(service.get("/me", pair.access_token), "RevokedTokenError")


def test_tokens_in_cookies_are_not_shown_to_scripts(store_url: str, clock: FrozenClock) -> None:
    auth: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, JWT_TOKEN_LOCATION=["cookies"]), store=store_url)
    app = app_of(auth)

    @app.post("/as-token-response")
    async def as_token_response(response: Response) -> TokenResponse:
        return await auth.log_in("ada", response=response)

    client = TestClient(app, base_url="https://testserver")
    assert client.post("/as-token-response").json() == {"token_type": "bearer", "expires_in": 900}
    assert client.post("/login").json() == {"token_type": "bearer", "expires_in": 900}
    assert client.post("/refresh").json()["error_type"] == "MissingCSRFTokenError"
    csrf = {"X-CSRF-TOKEN": client.cookies["csrf_refresh_token"]}
    before = client.cookies["refresh_token_cookie"]
    assert client.post("/refresh", headers=csrf).status_code == 200
    assert client.cookies["refresh_token_cookie"] != before


def test_a_token_can_be_revoked_by_its_jti_alone(service: Service) -> None:
    token = service.auth.create_access_token("ada")
    jti = decode_token(token, SECRET)["jti"]
    asyncio.run(service.auth.revoke_token(jti, reason="stolen"))
    service.refused(service.get("/me", token), "RevokedTokenError")


def test_two_services_share_a_file(tmp_path: Path, clock: FrozenClock) -> None:
    url = f"sqlite:///{tmp_path / 'auth.db'}"
    one, other = (Service(AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET), store=url)) for _ in range(2))
    first = one.log_in()
    second = other.refresh(first["refresh_token"])
    assert one.refresh(first["refresh_token"])["refresh_token"] == second["refresh_token"]
    assert other.post("/logout", second["access_token"]).status_code == 200
    one.refused(one.get("/me", second["access_token"]), "RevokedTokenError")


def test_a_wrong_url_is_an_error_that_names_its_part() -> None:
    with pytest.raises(ValueError, match=r"store: .*scheme: `memroy` is unknown"):
        AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET), store="memroy://")


def test_without_a_store_a_login_is_an_error_that_says_so() -> None:
    with pytest.raises(BadConfigurationError, match="logins need a store"):
        asyncio.run(AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET)).log_in("ada"))


def test_wrong_arguments_name_the_parameter(store_url: str) -> None:
    auth = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET), store=store_url)
    with pytest.raises(TypeError, match=r"^uid: "):
        asyncio.run(auth.log_in(5))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^data: "):
        asyncio.run(auth.log_in("ada", data={"exp": 1}))
    with pytest.raises(TypeError, match=r"^scopes: "):
        asyncio.run(auth.log_in("ada", scopes="notes:write"))


FORKING = """
import asyncio, os, sys
from authx import AuthX, AuthXConfig

auth = AuthX(AuthXConfig(JWT_SECRET_KEY=sys.argv[1]), store=sys.argv[2])

async def log_in(times):
    for _ in range(times):
        await auth.log_in("ada")
    return len(await auth.list_sessions("ada"))

assert asyncio.run(log_in(3)) == 3
children = []
for _ in range(4):
    child = os.fork()
    if child == 0:
        asyncio.run(log_in(5))
        os._exit(0)
    children.append(child)
asyncio.run(log_in(5))
assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0, 0]
print(asyncio.run(log_in(0)))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system can't fork")
def test_children_of_a_process_use_its_store_too(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", FORKING, SECRET, f"sqlite:///{tmp_path / 'auth.db'}"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.stdout.strip(), ended.stderr) == ("28", "")


def test_the_dependency_rotates_and_openapi_shows_what_it_needs(clock: FrozenClock) -> None:
    auth: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, JWT_TOKEN_LOCATION=["cookies"]), store="memory://")
    app = FastAPI()

    @app.post("/login")
    async def login(response: Response) -> LoginTokens:
        return await auth.log_in("ada", scopes=["notes"], response=response)

    @app.post("/refresh")
    async def refresh(tokens: Annotated[LoginTokens, auth.ROTATED]) -> LoginTokens:
        return tokens

    @app.post("/scoped")
    async def scoped(tokens: Annotated[LoginTokens, Security(auth.ROTATED, scopes=["admin"])]) -> LoginTokens:
        return tokens

    client = TestClient(app, base_url="https://testserver")
    schemes = client.get("/openapi.json").json()["paths"]["/refresh"]["post"]["security"]
    assert schemes == [{"AuthXRefreshCookie": []}]
    client.post("/login")
    first = client.cookies["refresh_token_cookie"]
    headers = {"X-CSRF-TOKEN": client.cookies["csrf_refresh_token"]}
    for _ in range(2):
        clock.advance(1)
        assert client.post("/refresh", headers=headers).status_code == 200
    assert client.cookies["refresh_token_cookie"] != first
    assert client.post("/refresh").json()["error_type"] == "MissingCSRFTokenError"
    assert client.post("/scoped", headers=headers).json()["error_type"] == "InsufficientScopeError"


class SmallClaims(BaseModel):
    sub: str
    sid: str


class NamelessClaims(BaseModel):
    tenant: int = 7


class LooseClaims(BaseModel):
    sub: str


def test_a_logout_takes_the_applications_own_model_of_claims() -> None:
    auth = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET), store="memory://", payload_model=SmallClaims)
    app = FastAPI()

    @app.post("/{what}")
    async def ends(what: str, payload: Annotated[SmallClaims, auth.ACCESS_REQUIRED]) -> None:
        await getattr(auth, what)(payload)

    client = TestClient(app)
    for what, left in (("logout", 1), ("logout_elsewhere", 1), ("logout_everywhere", 0)):
        first = asyncio.run(auth.log_in("ada"))
        asyncio.run(auth.log_in("ada"))
        assert client.post(f"/{what}", headers={"Authorization": f"Bearer {first.access_token}"}).status_code == 200
        assert len(asyncio.run(auth.list_sessions("ada"))) == left
        asyncio.run(auth.end_logins("ada"))


def test_a_model_without_the_claims_of_a_logout_is_an_error_that_names_them() -> None:
    auth = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET), store="memory://")
    with pytest.raises(TypeError, match="needs the field sub"):
        asyncio.run(auth.logout_everywhere(NamelessClaims()))
    for ends in (auth.logout, auth.logout_elsewhere):
        with pytest.raises(TypeError, match="needs the field sid"):
            asyncio.run(ends(LooseClaims(sub="ada")))
    asyncio.run(auth.logout_everywhere(LooseClaims(sub="ada")))
    with pytest.raises(TypeError, match="payload: what a dependency returned is expected"):
        asyncio.run(auth.logout("ada"))  # type: ignore[arg-type]
