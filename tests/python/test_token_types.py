"""Token types of the application's own, over HTTP."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI, WebSocket
from fastapi.testclient import TestClient
from pydantic import ValidationError

from authx import AuthX, AuthXConfig, RequestToken, TokenPayload
from authx.exceptions import BadConfigurationError, TokenTypeError
from authx.token import create_token, decode_token
from tests.python.conftest import SECRET, bearer

RESET = "password_reset"


def make(**settings: Any) -> tuple[AuthX, TestClient]:
    auth: AuthX = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, **settings))
    app = FastAPI()
    auth.handle_errors(app)

    @app.get("/access")
    async def access(payload: TokenPayload = auth.ACCESS_REQUIRED) -> str:
        return payload.sub

    @app.get("/refresh")
    async def refresh(payload: TokenPayload = auth.REFRESH_REQUIRED) -> str:
        return payload.sub

    any_type_required = auth.token_required(verify_type=False)
    reset_required = auth.token_required(type=RESET)
    invitation_optional = auth.token_optional(type="invitation")

    @app.get("/any")
    async def any_type(payload: TokenPayload = any_type_required) -> str:
        return payload.sub

    @app.post("/reset")
    async def reset(payload: TokenPayload = reset_required) -> dict[str, Any]:
        return {"type": payload.type, "sub": payload.sub, "mail": getattr(payload, "mail", None)}

    @app.post("/invitation")
    async def invitation(payload: TokenPayload | None = invitation_optional) -> str | None:
        return None if payload is None else payload.sub

    @app.websocket("/socket")
    async def socket(websocket: WebSocket, payload: TokenPayload = reset_required) -> None:
        await websocket.accept()
        await websocket.send_text(payload.sub)

    return auth, TestClient(app)


def test_a_token_opens_the_routes_of_its_type_only() -> None:
    auth, client = make()
    token = auth.create_token("ada", type=RESET, expiry=timedelta(minutes=15), data={"mail": "ada@example.com"})

    answer = client.post("/reset", headers=bearer(token))
    assert (answer.status_code, answer.json()) == (200, {"type": RESET, "sub": "ada", "mail": "ada@example.com"})
    for method, path, error in [
        ("GET", "/access", "AccessTokenRequiredError"),
        ("GET", "/refresh", "RefreshTokenRequiredError"),
        ("GET", "/any", "AccessTokenRequiredError"),
        ("POST", "/invitation", "TokenTypeError"),
    ]:
        refused = client.request(method, path, headers=bearer(token))
        assert (refused.status_code, refused.json()["error_type"]) == (401, error), path
    for other in (
        auth.create_access_token("ada"),
        auth.create_refresh_token("ada"),
        auth.create_token("ada", type="x"),
    ):
        refused = client.post("/reset", headers=bearer(other))
        assert (refused.status_code, refused.json()["error_type"]) == (401, "TokenTypeError")
    assert client.post("/invitation").json() is None
    with client.websocket_connect("/socket", headers=bearer(token)) as websocket:
        assert websocket.receive_text() == "ada"


def test_each_type_has_its_lifetime_and_locations() -> None:
    auth, client = make(
        JWT_TOKEN_LOCATION=["cookies"],
        JWT_TOKEN_TYPES={
            RESET: {"expires": timedelta(minutes=10), "locations": ["query"]},
            "invitation": {"expires": None},
        },
    )

    def lifetime(type: str) -> float | None:
        claims = decode_token(auth.create_token("ada", type=type), SECRET)
        return claims["exp"] - claims["iat"] if "exp" in claims else None

    assert [lifetime(RESET), lifetime("invitation"), lifetime("else")] == [600, None, 900]
    token = auth.create_token("ada", type=RESET)
    assert client.post("/reset", params={"token": token}).status_code == 200
    assert client.post("/reset", headers=bearer(token)).json()["error_type"] == "MissingTokenError"
    # Cookies are for access and refresh tokens, so what remains is the header.
    invitation = auth.create_token("eve", type="invitation")
    assert client.post("/invitation", headers=bearer(invitation)).json() == "eve"
    schemes = [list(each) for each in client.get("/openapi.json").json()["paths"]["/reset"]["post"]["security"]]
    assert schemes == [["AuthXQuery"]]


@pytest.mark.parametrize("locations", [["cookies"], ["headers", "cookies"]])
def test_a_type_of_ones_own_is_in_no_cookie_whatever_a_route_says(locations: Any) -> None:
    auth, _ = make()
    message = "locations: cookies carry access and refresh tokens only: use headers, json or query"
    with pytest.raises(ValueError, match=message):
        auth.token_required(type=RESET, locations=locations)
    assert auth.token_required(type=RESET, locations=["query"])
    assert auth.token_required(type="refresh", locations=locations)


def test_a_changed_type_is_seen() -> None:
    auth, _ = make(JWT_TOKEN_TYPES={RESET: {"expires": 60}})
    auth.config.JWT_TOKEN_TYPES[RESET]["expires"] = timedelta(seconds=5)
    claims = decode_token(auth.create_token("ada", type=RESET), SECRET)
    assert claims["exp"] - claims["iat"] == 5


def test_the_environment_has_the_same_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_TOKEN_TYPES", '{"password_reset": {"expires": "15m", "locations": ["QUERY", "json"]}}')
    types = AuthXConfig().JWT_TOKEN_TYPES
    assert types == {RESET: {"expires": timedelta(minutes=15), "locations": ["query", "json"]}}


@pytest.mark.parametrize(
    "types",
    [
        {"access": {"expires": 60}},
        {"refresh": {}},
        {"a b": {}},
        {RESET: {"locations": ["cookies"]}},
        {RESET: {"locations": []}},
    ],
)
def test_types_that_make_no_sense_name_the_setting(types: Any) -> None:
    with pytest.raises(BadConfigurationError, match="JWT_TOKEN_TYPES"):
        AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, JWT_TOKEN_TYPES=types)).check()


@pytest.mark.parametrize(
    "types",
    [{RESET: {"expire": 60}}, {RESET: {"expires": "soon"}}, {RESET: {"locations": ["body"]}}, {RESET: 7}, [RESET]],
)
def test_what_is_no_type_at_all_names_the_setting(types: Any) -> None:
    with pytest.raises(ValidationError, match="JWT_TOKEN_TYPES"):
        AuthXConfig(JWT_TOKEN_TYPES=types)


@pytest.mark.parametrize("name", ["", "a b", "Access", "x" * 31])
def test_a_name_that_cannot_be_a_type_names_the_argument(name: str) -> None:
    auth, _ = make()
    declared: list[Callable[[], Any]] = [
        lambda: auth.create_token("ada", type=name),
        lambda: auth.token_required(type=name),
        lambda: auth.token_optional(type=name),
    ]
    for declare in declared:
        with pytest.raises(ValueError, match="type: "):
            declare()
    with pytest.raises(TypeError, match="type"):
        auth.create_token("ada", type=5)  # type: ignore[arg-type]


def test_by_hand_and_with_a_key_in_hand() -> None:
    auth, _ = make()
    token = auth.create_token("ada", type=RESET)
    assert asyncio.run(auth.verify(token, RESET)).sub == "ada"
    with pytest.raises(TokenTypeError):
        asyncio.run(auth.verify(token))
    found = RequestToken(token=token, type=RESET, location="headers")
    assert auth.verify_token(found).type == RESET
    assert TokenPayload.decode(token, SECRET).type == RESET

    made = create_token("ada", SECRET, type=RESET, csrf="chosen")
    claims = decode_token(made, SECRET)
    assert (claims["type"], claims["csrf"]) == (RESET, "chosen")
    encoded = TokenPayload(sub="ada", type="invitation").encode(SECRET, "HS256")
    assert decode_token(encoded, SECRET)["type"] == "invitation"
