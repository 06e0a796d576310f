"""The callbacks for the blocklist and for the user: every kind of callable, and failures."""

import asyncio
import base64
import functools
import logging
from datetime import timedelta
from typing import Annotated, Any
from unittest.mock import AsyncMock

import pytest
from fastapi import Depends, HTTPException, WebSocket
from pydantic import BaseModel

from authx import AuthManager, AuthX, AuthXConfig, TokenPayload
from authx.callbacks import Blocklist
from authx.exceptions import BadConfigurationError, JWTDecodeError, SessionRevoked
from tests.python.conftest import SECRET


@pytest.fixture
def protected(app: Any, client: Any, auth: Any) -> Any:
    """Sends a request with a valid token to a protected route."""

    @app.get("/")
    async def route(payload=auth.ACCESS_REQUIRED):
        return payload.sub

    return lambda: client.get("/", token=auth.create_access_token("u"))


class Plain:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def __call__(self, token: str) -> Any:
        return self.answer


class Async(Plain):
    async def __call__(self, token: str) -> Any:
        return self.answer


def plain_function(answer: Any) -> Any:
    return lambda token: answer


def async_function(answer: Any) -> Any:
    async def callback(token: str) -> Any:
        return answer

    return callback


KINDS = pytest.mark.parametrize("kind", [Plain, Async, plain_function, async_function])


@KINDS
@pytest.mark.parametrize(("answer", "status"), [(True, 401), (False, 200), (1, 401), (0, 200), (None, 500)])
def test_blocklist_decides(protected: Any, auth: Any, kind: Any, answer: Any, status: int) -> None:
    auth.set_callback_token_blocklist(kind(answer))

    assert protected().status == status


@KINDS
def test_subject_getter_finds_the_user(app: Any, client: Any, auth: Any, kind: Any) -> None:
    @app.get("/")
    async def route(user=auth.CURRENT_SUBJECT):
        return user

    auth.set_callback_get_model_instance(kind({"name": "Ada"}))

    assert client.get("/", token=auth.create_access_token("u")).json() == {"name": "Ada"}


@pytest.mark.parametrize(
    "setter",
    [
        "set_callback_token_blocklist",
        "set_token_blocklist",
        "set_callback_get_model_instance",
        "set_subject_getter",
    ],
)
def test_setter_decorates_with_and_without_parentheses(auth: Any, setter: str) -> None:
    def callback(value: str) -> bool:
        return False

    assert getattr(auth, setter)(callback) is callback
    assert getattr(auth, setter)()(callback) is callback


def test_callback_can_be_set_and_removed(auth: Any) -> None:
    assert (auth.is_token_callback_set, auth.is_model_callback_set) == (False, False)

    auth.set_token_blocklist(lambda token: False)
    auth.set_subject_getter(lambda uid: None)
    assert (auth.is_token_callback_set, auth.is_model_callback_set) == (True, True)

    auth.set_token_blocklist(None)
    auth.set_subject_getter(None)
    assert (auth.is_token_callback_set, auth.is_model_callback_set) == (False, False)


def test_callback_must_be_callable(auth: Any) -> None:
    with pytest.raises(TypeError, match="callable"):
        auth.set_token_blocklist("a list")


@pytest.mark.parametrize("raises", [RuntimeError("the store is down"), None])
def test_failing_blocklist_refuses_and_logs_the_cause(
    protected: Any, auth: Any, caplog: pytest.LogCaptureFixture, raises: Any
) -> None:
    @auth.set_callback_token_blocklist
    def callback(token: str) -> Any:
        if raises is not None:
            raise raises

    with caplog.at_level(logging.ERROR, logger="authx"):
        answer = protected()

    assert answer.status == 500
    assert b"store" not in answer.body
    (record,) = [record for record in caplog.records if record.name == "authx"]
    assert record.exc_info is not None
    assert ("the store is down" if raises else "None") in str(record.exc_info[1])


def test_blocklist_may_choose_its_answer(protected: Any, auth: Any) -> None:
    @auth.set_callback_token_blocklist
    async def ended(token: str) -> bool:
        raise SessionRevoked("Session has been revoked")

    assert protected().json()["error_type"] == "SessionRevoked"

    @auth.set_callback_token_blocklist
    async def unavailable(token: str) -> bool:
        raise HTTPException(503)

    assert protected().status == 503


def test_blocklist_gets_only_valid_tokens(app: Any, client: Any, auth: Any, make_auth: Any) -> None:
    seen: list[str] = []

    @auth.set_callback_token_blocklist
    def callback(token: str) -> bool:
        seen.append(token)
        return False

    required = auth.scopes_required("a")

    @app.get("/")
    async def route(payload=required):
        return payload.sub

    foreign = make_auth(JWT_SECRET_KEY="another secret, long enough for HS256 all the same")
    client.get("/", token="x")
    client.get("/", token=foreign.create_access_token("u", scopes=["a"]))
    client.get("/", token=auth.create_refresh_token("u"))
    client.get("/", token=auth.create_access_token("u"))
    assert seen == []

    token = auth.create_access_token("u", scopes=["a"])
    client.get("/", token=token)
    assert seen == [token]


def test_revoked_token_has_no_second_spelling(app: Any, client: Any, make_auth: Any, pem: Any) -> None:
    auth = make_auth(
        JWT_SECRET_KEY=None,
        JWT_ALGORITHM="ES256",
        JWT_PRIVATE_KEY=pem("p256.pkcs8"),
        JWT_PUBLIC_KEY=pem("p256.spki"),
    )
    revoked: set[str] = set()
    auth.set_callback_token_blocklist(lambda token: token in revoked)

    @app.get("/")
    async def route(payload=auth.ACCESS_REQUIRED):
        return payload.sub

    token = auth.create_access_token("u")
    twin = _twin(token)
    assert client.get("/", token=token).status == 200
    revoked.add(token)
    assert client.get("/", token=token).status == 401
    assert client.get("/", token=twin).status in (401, 422)


def _twin(token: str) -> str:
    """The token with the signature (r, n - s) for (r, s), which verifies as well (P-256)."""
    signed, signature = token.rsplit(".", 1)
    raw = base64.urlsafe_b64decode(signature + "==")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    s = order - int.from_bytes(raw[32:], "big")
    return f"{signed}.{base64.urlsafe_b64encode(raw[:32] + s.to_bytes(32, 'big')).decode().rstrip('=')}"


def test_blocklist_can_be_called_by_hand(app: Any, client: Any, auth: Any) -> None:
    @app.get("/{token}")
    async def route(token: str):
        return await auth.is_token_in_blocklist(None if token == "none" else token, reason="by hand")

    assert client.get("/x").json() is False

    calls: list[Any] = []

    @auth.set_callback_token_blocklist
    async def callback(token: str, **kwargs: Any) -> bool:
        calls.append((token, kwargs))
        return True

    assert client.get("/x").json() is True
    assert client.get("/none").json() is False
    assert calls == [("x", {"reason": "by hand"})]


def test_current_subject_needs_a_callback(app: Any, client: Any, auth: Any) -> None:
    @app.get("/")
    async def route(user=auth.CURRENT_SUBJECT):
        return user

    answer = client.get("/", token=auth.create_access_token("u"))

    assert answer.status == 500
    assert isinstance(answer.error, BadConfigurationError)
    assert "set_callback_get_model_instance" in str(answer.error)


@pytest.mark.parametrize("dependency", ["CURRENT_SUBJECT", "CURRENT_SUBJECT_OPTIONAL", "get_current_subject"])
def test_unknown_user_is_refused_unless_the_settings_admit_it(
    app: Any, client: Any, auth: Any, dependency: str
) -> None:
    required = Depends(getattr(auth, dependency))

    @app.get("/")
    async def route(user=required):
        return {"user": user}

    @app.get("/undeclared", dependencies=[required])
    async def undeclared():
        return "in"

    auth.set_subject_getter(lambda uid: None)
    token = auth.create_access_token("u")

    for path in ("/", "/undeclared"):
        answer = client.get(path, token=token)
        assert (answer.status, answer.json()["error_type"]) == (401, "UnknownSubjectError")
        assert answer.header("www-authenticate") == 'Bearer error="invalid_token"'

    auth.config.JWT_UNKNOWN_SUBJECT = "none"
    assert client.get("/", token=token).json() == {"user": None}


def test_subject_getter_may_refuse(app: Any, client: Any, auth: Any) -> None:
    @app.get("/")
    async def route(user=auth.CURRENT_SUBJECT):
        return user

    @auth.set_subject_getter
    def find(uid: str) -> Any:
        raise HTTPException(404)

    assert client.get("/", token=auth.create_access_token("u")).status == 404


def test_current_subject_is_not_looked_up_for_a_revoked_token(app: Any, client: Any, auth: Any) -> None:
    looked_up: list[str] = []
    auth.set_subject_getter(looked_up.append)
    auth.set_token_blocklist(lambda token: True)

    @app.get("/")
    async def route(user=auth.CURRENT_SUBJECT):
        return user

    assert client.get("/", token=auth.create_access_token("u")).json()["error_type"] == "RevokedTokenError"
    assert looked_up == []


def of_a_token(token: str) -> bool:
    raise NotImplementedError


def claims_of(claims: TokenPayload) -> bool:
    raise NotImplementedError


def unannotated(payload) -> bool:
    raise NotImplementedError


def any_mapping(payload: dict[str, Any]) -> bool:
    raise NotImplementedError


def named_payload_but_a_string(payload: str) -> bool:
    raise NotImplementedError


def annotated(claims: Annotated[TokenPayload, "verified"]) -> bool:
    raise NotImplementedError


def maybe(claims: TokenPayload | None) -> bool:
    raise NotImplementedError


def annotated_by_string(claims: "TokenPayload") -> bool:
    raise NotImplementedError


def only_for_type_checkers(claims: "authx.Annotated[TokenPayload, Later]") -> bool:  # type: ignore[name-defined]  # noqa: F821
    raise NotImplementedError


def payload_comes_second(token, payload: TokenPayload | None = None) -> bool:
    raise NotImplementedError


def string_only_for_type_checkers(payload: "str | Later") -> bool:  # type: ignore[name-defined]  # noqa: F821
    raise NotImplementedError


class OfClaims:
    def __call__(self, payload: TokenPayload) -> bool:
        raise NotImplementedError


class OfTokens:
    def method(self, token: str) -> bool:
        raise NotImplementedError

    def method_of_claims(self, payload: TokenPayload) -> bool:
        raise NotImplementedError


def with_a_store(store: Any, claims: TokenPayload) -> bool:
    raise NotImplementedError


BY_PAYLOAD = {
    "annotated": claims_of,
    "named": unannotated,
    "named, and a mapping": any_mapping,
    "Annotated": annotated,
    "a union": maybe,
    "a string": annotated_by_string,
    "a string that can't be resolved": only_for_type_checkers,
    "an object": OfClaims(),
    "a method": OfTokens().method_of_claims,
    "a partial": functools.partial(with_a_store, object()),
    "a lambda": lambda payload: False,
}
BY_TOKEN = {
    "specified": of_a_token,
    "named payload": named_payload_but_a_string,
    "second": payload_comes_second,
    "a string that can't be resolved": string_only_for_type_checkers,
    "a method": OfTokens().method,
    "built in": set[Any]().__contains__,
    "any arguments": lambda *args, **kwargs: False,
    "a mock": AsyncMock(return_value=False),
    "a partial": functools.partial(payload_comes_second, payload=None),
    "a lambda": lambda token: False,
}


@pytest.mark.parametrize("callback", BY_PAYLOAD.values(), ids=BY_PAYLOAD)
def test_a_callback_that_declares_a_payload_gets_it(callback: Any) -> None:
    assert Blocklist(callback).takes_payload


@pytest.mark.parametrize("callback", BY_TOKEN.values(), ids=BY_TOKEN)
def test_any_other_callback_gets_the_token(callback: Any) -> None:
    assert not Blocklist(callback).takes_payload


class PlainOfClaims:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def __call__(self, payload: TokenPayload) -> Any:
        return self.answer(payload)


class AsyncOfClaims:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    async def __call__(self, payload: TokenPayload) -> Any:
        return self.answer(payload)


def plain_function_of_claims(answer: Any) -> Any:
    return lambda payload: answer(payload)


def async_function_of_claims(answer: Any) -> Any:
    async def callback(payload: Any) -> Any:
        return answer(payload)

    return callback


@pytest.mark.parametrize("kind", [PlainOfClaims, AsyncOfClaims, plain_function_of_claims, async_function_of_claims])
@pytest.mark.parametrize(("answer", "status"), [(True, 401), (False, 200), (None, 500)])
def test_payload_decides(protected: Any, auth: Any, kind: Any, answer: Any, status: int) -> None:
    seen: list[Any] = []

    def decide(payload: Any) -> Any:
        seen.append(payload)
        return answer

    auth.set_callback_token_blocklist(kind(decide))

    assert protected().status == status
    (payload,) = seen
    assert (type(payload), payload.sub, bool(payload.jti)) == (TokenPayload, "u", True)


@pytest.mark.parametrize("takes_payload", [True, False])
def test_callback_is_called_once_with_a_payload_and_once_for_each_spelling_of_a_token(
    app: Any, client: Any, make_auth: Any, pem: Any, takes_payload: bool
) -> None:
    auth = make_auth(
        JWT_SECRET_KEY=None,
        JWT_ALGORITHM="ES256",
        JWT_PRIVATE_KEY=pem("p256.pkcs8"),
        JWT_PUBLIC_KEY=pem("p256.spki"),
    )
    asked: list[Any] = []

    def by_payload(payload: TokenPayload) -> bool:
        asked.append(payload)
        return False

    def by_token(token: str) -> bool:
        asked.append(token)
        return False

    auth.set_callback_token_blocklist(by_payload if takes_payload else by_token)

    @app.get("/")
    async def route(payload=auth.ACCESS_REQUIRED):
        return payload.sub

    assert client.get("/", token=auth.create_access_token("u")).status == 200
    assert len(asked) == (1 if takes_payload else 2)


def test_blocklist_gets_a_token_payload_even_with_a_custom_payload_model(app: Any, client: Any) -> None:
    class OnlyRole(BaseModel):
        role: str

    auth = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET), payload_model=OnlyRole)

    @app.get("/")
    async def route(claims=auth.ACCESS_REQUIRED):
        return claims.role

    @auth.set_callback_token_blocklist
    async def is_revoked(payload: TokenPayload) -> bool:
        return payload.sub == "gone"

    for user, status in [("here", 200), ("gone", 401)]:
        assert client.get("/", token=auth.create_access_token(user, data={"role": "author"})).status == status


def test_blocklist_with_payloads_is_called_on_every_path(app: Any, client: Any, make_auth: Any) -> None:
    auth = make_auth(JWT_TOKEN_LOCATION=["headers", "cookies"], login_type="user")
    manager = AuthManager()
    manager.register(auth)
    app.middleware("http")(auth.implicit_refresh_middleware)
    revoked: list[str | None] = []
    auth.set_callback_token_blocklist(lambda payload: payload.jti in revoked)
    auth.set_callback_get_model_instance(lambda uid: uid)

    protections = [auth.ACCESS_REQUIRED, manager.access_token_required("user"), auth.rate_limited()]
    for place, required in enumerate([*protections, auth.CURRENT_SUBJECT]):
        app.get(f"/{place}", dependencies=[Depends(required)])(lambda: None)
    app.get("/open")(lambda: None)

    @app.websocket("/socket")
    async def socket(websocket: WebSocket, payload=auth.WS_AUTH_REQUIRED):
        await websocket.accept()
        await websocket.close()

    token = auth.create_access_token("u", expiry=timedelta(minutes=5))
    paths = [f"/{place}" for place in range(4)]
    assert {client.get(path, token=token).status for path in paths} == {200}
    assert client.websocket("/socket", token=token)[0]["type"] == "websocket.accept"
    assert client.get("/open", cookies={"access_token_cookie": token}).cookies

    revoked.append(TokenPayload.decode(token, SECRET).jti)
    assert {client.get(path, token=token).status for path in paths} == {401}
    assert client.websocket("/socket", token=token)[0]["type"] == "websocket.http.response.start"
    assert not client.get("/open", cookies={"access_token_cookie": token}).cookies


def test_blocklist_with_payloads_can_be_called_by_hand(auth: Any, make_auth: Any) -> None:
    calls: list[Any] = []

    @auth.set_callback_token_blocklist
    async def callback(payload: TokenPayload, **kwargs: Any) -> bool:
        calls.append((payload.sub, kwargs))
        return True

    for token in (auth.create_access_token("u"), auth.create_refresh_token("u")):
        assert asyncio.run(auth.is_token_in_blocklist(token, reason="by hand")) is True
    assert asyncio.run(auth.is_token_in_blocklist(None)) is False
    assert calls == [("u", {"reason": "by hand"})] * 2

    foreign = make_auth(JWT_SECRET_KEY="another secret, long enough for HS256 all the same")
    with pytest.raises(JWTDecodeError):
        asyncio.run(auth.is_token_in_blocklist(foreign.create_access_token("u")))
    assert len(calls) == 2
