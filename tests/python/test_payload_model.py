"""The payload as a pydantic model of the application."""

from datetime import datetime
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Request, WebSocket
from pydantic import BaseModel, ConfigDict, Field

from authx import AuthManager, AuthX, AuthXConfig, PolicyRule, RequestToken, TokenPayload, exceptions
from tests.python.conftest import SECRET


class Claims(BaseModel):
    """Some of a token's claims, with names that the application chose."""

    model_config = ConfigDict(frozen=True)

    user: str = Field(alias="sub")
    role: str
    exp: datetime
    level: int = 0


def auth_with(model: Any, login_type: str | None = None, **settings: Any) -> AuthX[Any, Any]:
    return AuthX(
        AuthXConfig(**{"JWT_SECRET_KEY": SECRET} | settings),
        login_type=login_type,
        payload_model=model,
    )


@pytest.fixture
def auth() -> AuthX[Any, Claims]:
    return auth_with(Claims, "user")


DEPENDENCIES = {
    "access": lambda auth: auth.access_token_required,
    "fresh": lambda auth: auth.fresh_token_required,
    "any": lambda auth: auth.token_required(verify_type=False),
    "scopes": lambda auth: auth.scopes_required("reports:read"),
    "limited": lambda auth: auth.rate_limited(max_requests=5),
    "manager": lambda auth: manager_of(auth).access_token_required("user"),
    "policy": lambda auth: manager_of(auth).policy_required("user", "read", "reports"),
}


def manager_of(auth: AuthX[Any, Any]) -> AuthManager:
    manager = AuthManager(policy_rules=[PolicyRule("allow", ["read"], ["reports"], scopes=["reports:read"])])
    manager.register(auth)
    return manager


@pytest.mark.parametrize("kind", DEPENDENCIES)
def test_handlers_get_the_model(app: FastAPI, client: Any, auth: AuthX[Any, Claims], kind: str) -> None:
    @app.get("/")
    async def route(claims: Annotated[Claims, Depends(DEPENDENCIES[kind](auth))]):
        return [type(claims).__name__, claims.user, claims.role]

    data = {"role": "author"}
    token = auth.create_access_token("ada", fresh=True, scopes=["reports:read"], data=data)
    assert client.get("/", token=token).json() == ["Claims", "ada", "author"]


def test_refresh_tokens_give_the_model(app: FastAPI, serve: Any, auth: AuthX[Any, Claims]) -> None:
    @app.get("/")
    async def route(claims: Claims = auth.REFRESH_REQUIRED):
        return claims.role

    token = auth.create_refresh_token("ada", data={"role": "author"})
    assert serve(app).get("/", token=token).json() == "author"


def test_websockets_get_the_model(app: FastAPI, client: Any, auth: AuthX[Any, Claims]) -> None:
    @app.websocket("/socket")
    async def socket(websocket: WebSocket, claims: Claims = auth.WS_AUTH_REQUIRED):
        await websocket.accept()
        await websocket.send_text(claims.role)
        await websocket.close()

    token = auth.create_access_token("ada", data={"role": "author"})
    assert client.websocket("/socket", token=token)[1]["text"] == "author"


def test_verifying_by_hand_gives_the_model(auth: AuthX[Any, Claims]) -> None:
    token = auth.create_access_token("ada", data={"role": "author", "level": 3})

    claims = auth.verify_token(RequestToken(token=token, location="headers"))

    assert (claims.user, claims.role, claims.level) == ("ada", "author", 3)


def test_claims_that_do_not_fit_are_answered_like_a_token_that_can_not_be_read(
    app: FastAPI, client: Any, auth: AuthX[Any, Claims], protect: Any
) -> None:
    protect(app, auth.ACCESS_REQUIRED)

    answer = client.get("/", token=auth.create_access_token("ada"))

    assert (answer.status, answer.json()) == (401, {"message": "Invalid Token", "error_type": "JWTDecodeError"})


def test_claim_that_does_not_fit_is_named_and_its_value_is_not_shown(auth: AuthX[Any, Claims]) -> None:
    token = auth.create_access_token("ada", data={"role": "author", "level": "a secret value"})

    with pytest.raises(exceptions.JWTDecodeError, match=r"^The token's claims don't fit Claims: level \(") as refusal:
        auth.verify_token(RequestToken(token=token, location="headers"))

    assert "secret" not in f"{refusal.value!r} {refusal.value.__cause__!r} {refusal.value.__context__!r}"


def test_a_model_may_forbid_other_claims(app: FastAPI, client: Any, protect: Any) -> None:
    class Strict(TokenPayload):
        model_config = ConfigDict(extra="forbid")

    auth = auth_with(Strict)
    protect(app, auth.ACCESS_REQUIRED)

    assert client.get("/", token=auth.create_access_token("ada")).json() == {"sub": "ada", "type": "access"}
    assert client.get("/", token=auth.create_access_token("ada", data={"more": 1})).status == 401


def test_the_subject_needs_no_field_of_the_model(app: FastAPI, client: Any) -> None:
    class OnlyRole(BaseModel):
        role: str

    auth = auth_with(OnlyRole)
    auth.set_callback_get_model_instance(lambda uid: f"user {uid}")

    @app.get("/")
    async def route(user: Any = auth.CURRENT_SUBJECT):
        return user

    assert client.get("/", token=auth.create_access_token("ada")).json() == "user ada"


def test_subject_and_policy_by_hand_need_no_field_of_the_model_either(app: FastAPI, client: Any) -> None:
    class OnlyRole(BaseModel):
        role: str

    auth = auth_with(OnlyRole, "user")
    auth.set_callback_get_model_instance(lambda uid: f"user {uid}")
    manager = manager_of(auth)

    @app.get("/subject")
    async def subject(request: Request):
        return await auth.get_current_subject(request)

    @app.get("/policy")
    async def policy(request: Request):
        payload = await manager.authorize("user", "read", "reports", request=request)
        return [type(payload).__name__, payload.sub]

    token = auth.create_access_token("ada", scopes=["reports:read"], data={"role": "author"})
    assert client.get("/subject", token=token).json() == "user ada"
    assert client.get("/policy", token=token).json() == ["TokenPayload", "ada"]
    assert client.get("/policy", token=auth.create_access_token("ada")).status == 403


def test_the_model_may_be_changed(app: FastAPI, client: Any, auth: AuthX[Any, Any]) -> None:
    @app.get("/")
    async def route(claims: Any = auth.ACCESS_REQUIRED):
        return type(claims).__name__

    token = auth.create_access_token("ada", data={"role": "author"})
    assert client.get("/", token=token).json() == "Claims"
    auth.payload_model = None
    assert client.get("/", token=token).json() == "TokenPayload"


@pytest.mark.parametrize("model", [dict, "Claims", Claims.model_construct()])
def test_value_that_is_no_model_class_is_refused(model: Any) -> None:
    with pytest.raises(TypeError, match=r"^payload_model: "):
        auth_with(model)
