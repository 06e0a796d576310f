"""Strings with lone surrogates, which UTF-8 can't encode, and numbers out of range lead to the ordinary error of the argument, the
setting or the token. No error, nor one behind it, has a secret or a token in its arguments."""

import asyncio
import json
import math
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from authx import AuthX, AuthXConfig, RequestToken, TokenPayload
from authx.exceptions import AuthXException, BadConfigurationError, CSRFError, JWTDecodeError
from authx.keys import Key, KeyRing
from authx.policy import PolicyEngine, PolicyRule
from authx.sessions import InMemorySessionStore
from authx.testing.tokens import claims_of
from authx.token import create_token, decode_token
from tests.python.conftest import SECRET, Client

KEY = "marked-secret-of-the-tests, which is long enough for HS256"
RULE = PolicyRule("allow", ["*"], ["*"])
STORE = InMemorySessionStore()
PEM = (Path(__file__).parents[1] / "keys" / "p256.pkcs8.pem").read_text()
LONE = "marked\ud800 string, which is long enough for HS256 as well"
AUTH: Any = AuthX[Any](AuthXConfig(JWT_SECRET_KEY=SECRET, JWT_TOKEN_LOCATION=["headers", "cookies", "query", "json"]))
TOKEN: str = AUTH.create_access_token("ada")

EARLIEST = datetime.min  # noqa: DTZ901 -- without a time zone it is before the year 1 in some of them

Call = Callable[[], Any]


def chain(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


def check_silence(error: BaseException) -> None:
    for each in chain(error):
        assert not isinstance(each, UnicodeError)
        shown = [str(each), repr(each), repr(each.args), repr(vars(each))]
        if isinstance(each, ValidationError):
            shown += [repr(each.errors()), each.json()]
        for string in shown:
            assert "marked" not in string
            assert TOKEN not in string


# Settings


def build(**settings: Any) -> str:
    return AuthX[Any](AuthXConfig(**{"JWT_SECRET_KEY": SECRET} | settings)).create_access_token("ada")


STRINGS = {
    name: [LONE] if "list" in str(field.annotation) and "str |" not in str(field.annotation) else LONE
    for name, field in AuthXConfig.model_fields.items()
    if "str" in str(field.annotation) and "Literal" not in str(field.annotation)
}
NUMBERS = [
    name
    for name, field in AuthXConfig.model_fields.items()
    if field.annotation in (int, int | None, int | float | None)
]
DURATIONS = [name for name, field in AuthXConfig.model_fields.items() if "timedelta" in str(field.annotation)]


@pytest.mark.parametrize("name", STRINGS)
def test_a_setting_with_a_lone_surrogate_is_named(name: str) -> None:
    settings = {name: STRINGS[name]}
    if name in ("JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY"):
        settings["JWT_ALGORITHM"] = "ES256"
    with pytest.raises((BadConfigurationError, ValidationError), match=name) as refused:
        build(**settings)
    check_silence(refused.value)


@pytest.mark.parametrize("name", STRINGS)
def test_bytes_of_the_environment_that_are_not_utf_8_are_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    value = "marked\udcff string, which is long enough for HS256 as well"
    monkeypatch.setenv(name, json.dumps([value], ensure_ascii=False) if isinstance(STRINGS[name], list) else value)
    algorithm: Any = {"JWT_ALGORITHM": "ES256"} if name in ("JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY") else {}
    with pytest.raises((BadConfigurationError, ValidationError), match=name) as refused:
        AuthX[Any](AuthXConfig(**algorithm)).create_access_token("ada")
    check_silence(refused.value)


@pytest.mark.parametrize("value", [2**70, -(2**70), -1, math.inf, math.nan, 10**400], ids=lambda value: repr(value)[:8])
@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_out_of_range_is_named(name: str, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises((BadConfigurationError, ValidationError), match=name):
        build(**{name: value})
    monkeypatch.setenv(name, str(value))
    with pytest.raises((BadConfigurationError, ValidationError), match=name):
        build()


@pytest.mark.parametrize(
    "value",
    [2**70, -1, math.inf, math.nan, 10**400, "1e400", "nan", timedelta.max, timedelta.min, timedelta(microseconds=-1)],
    ids=lambda value: repr(value)[:30],
)
@pytest.mark.parametrize("name", DURATIONS)
def test_a_duration_out_of_range_is_named(name: str, value: Any) -> None:
    with pytest.raises((BadConfigurationError, ValidationError), match=name):
        build(**{name: value})


# What pydantic shows


def assign(**settings: Any) -> None:
    config = AuthXConfig(JWT_SECRET_KEY=SECRET)
    for name, value in settings.items():
        setattr(config, name, value)


@pytest.mark.parametrize("make", [build, assign, AuthXConfig.model_validate])
@pytest.mark.parametrize(
    "settings",
    [
        {"JWT_SECRET_KEY": [KEY]},
        {"JWT_SECRET_KEY": {"key": KEY}},
        {"JWT_SECRET_KEY": KEY.encode() + b"\xff"},
        {"JWT_PREVIOUS_SECRET_KEY": [KEY]},
        {"JWT_PRIVATE_KEY": [KEY]},
        {"JWT_SECRET": KEY},
        {"JWT_ACCESS_TOKEN_EXPIRES": KEY},
        {"JWT_TOKEN_LOCATION": [KEY]},
        {"JWT_INVALID_TOKEN_STATUS": KEY},
    ],
    ids=str,
)
def test_a_validation_error_has_no_values(make: Callable[..., Any], settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        make(settings) if make == AuthXConfig.model_validate else make(**settings)
    error = refused.value

    check_silence(error)
    assert error.title == "AuthXConfig"
    assert [fault["loc"][0] for fault in error.errors()] == list(settings)
    assert all(fault["type"] and fault["msg"] for fault in error.errors())


def test_the_validation_error_of_a_token_shows_none() -> None:
    models: list[Call] = [lambda: RequestToken(token=[KEY], location="headers"), lambda: RequestToken(token=KEY)]  # type: ignore[arg-type, call-arg]
    for make in models:
        with pytest.raises(ValidationError) as refused:
            make()
        assert "marked" not in str(refused.value)


# Tokens, keys and claims


def found(**fields: Any) -> RequestToken:
    return RequestToken.model_construct(
        **{"token": TOKEN, "location": "headers", "type": "access", "csrf": None} | fields
    )


CALLS: dict[str, tuple[Call, type[Exception], str | None]] = {
    "PolicyRule.matches_action": (lambda: RULE.matches_action(LONE), ValueError, "action: "),
    "PolicyRule.matches_resource": (lambda: RULE.matches_resource(LONE), ValueError, "resource: "),
    "PolicyEngine.from_file": (lambda: PolicyEngine.from_file(LONE), ValueError, "path: "),
    "InMemorySessionStore.get": (lambda: asyncio.run(STORE.get(LONE)), ValueError, "session_id: "),
    "InMemorySessionStore.update": (lambda: asyncio.run(STORE.update(LONE)), ValueError, "session_id: "),
    "InMemorySessionStore.delete": (lambda: asyncio.run(STORE.delete(LONE)), ValueError, "session_id: "),
    "InMemorySessionStore.list_by_user": (lambda: asyncio.run(STORE.list_by_user(LONE)), ValueError, "uid: "),
    "InMemorySessionStore.delete_all_by_user": (
        lambda: asyncio.run(STORE.delete_all_by_user(LONE)),
        ValueError,
        "uid: ",
    ),
    "Key.from_secret, kid": (lambda: Key.from_secret("HS256", SECRET, kid=LONE), ValueError, "kid: "),
    "Key.from_secret, algorithm": (lambda: Key.from_secret(LONE, SECRET), ValueError, "algorithm: "),
    "Key.from_secret": (lambda: Key.from_secret("HS256", LONE), ValueError, "secret: "),
    "Key.from_private_pem, kid": (lambda: Key.from_private_pem("ES256", PEM, kid=LONE), ValueError, "kid: "),
    "Key.from_public_pem": (lambda: Key.from_public_pem("ES256", LONE), ValueError, "pem: "),
    "KeyRing.retiring": (
        lambda: KeyRing([Key.from_secret("HS256", SECRET, kid="a")]).retiring(LONE, 0),
        ValueError,
        "kid: ",
    ),
    "verify_token": (lambda: AUTH.verify_token(found(token=LONE)), JWTDecodeError, None),
    "verify_token, csrf": (lambda: AUTH.verify_token(found(location="cookies", csrf=LONE)), CSRFError, None),
    "RequestToken.verify": (lambda: found(token=LONE).verify(SECRET), JWTDecodeError, None),
    "RequestToken.verify, key": (lambda: found().verify(LONE), BadConfigurationError, "JWT_SECRET_KEY"),
    "RequestToken.verify, unverified": (
        lambda: found(token=LONE).verify(SECRET, verify_jwt=False),
        JWTDecodeError,
        None,
    ),
    "TokenPayload.decode": (lambda: TokenPayload.decode(LONE, SECRET), JWTDecodeError, None),
    "TokenPayload.decode, key": (lambda: TokenPayload.decode(TOKEN, LONE), BadConfigurationError, "JWT_SECRET_KEY"),
    "TokenPayload.encode, claim": (
        lambda: TokenPayload.model_validate({"sub": "ada", "x": LONE}).encode(SECRET),
        ValueError,
        "data: ",
    ),
    "TokenPayload.encode, sub": (lambda: TokenPayload(sub=LONE).encode(SECRET), ValueError, "sub: "),
    "TokenPayload.encode, jti": (lambda: TokenPayload(sub="ada", jti=LONE).encode(SECRET), ValueError, "jti: "),
    "TokenPayload.encode, key": (lambda: TokenPayload(sub="ada").encode(LONE), BadConfigurationError, "JWT_SECRET_KEY"),
    "has_scopes": (lambda: TokenPayload(sub="ada", scopes=["a"]).has_scopes(LONE), ValueError, "scopes: "),
    "decode_token": (lambda: decode_token(LONE, SECRET), JWTDecodeError, None),
    "decode_token, unverified": (lambda: decode_token(LONE, SECRET, verify=False), JWTDecodeError, None),
    "decode_token, key": (lambda: decode_token(TOKEN, LONE), BadConfigurationError, "JWT_SECRET_KEY"),
    "decode_token, audience": (lambda: decode_token(TOKEN, SECRET, audience=LONE), BadConfigurationError, "AUDIENCE"),
    "decode_token, issuer": (lambda: decode_token(TOKEN, SECRET, issuer=LONE), BadConfigurationError, "ISSUER"),
    "create_token": (lambda: create_token(LONE, SECRET), ValueError, "uid: "),
    "create_token, key": (lambda: create_token("ada", LONE), BadConfigurationError, "JWT_SECRET_KEY"),
    "create_token, jti": (lambda: create_token("ada", SECRET, jti=LONE), ValueError, "jti: "),
    "create_token, csrf": (lambda: create_token("ada", SECRET, csrf=LONE), ValueError, "csrf: "),
    "create_token, issuer": (lambda: create_token("ada", SECRET, issuer=LONE), ValueError, "issuer: "),
    "create_token, audience": (lambda: create_token("ada", SECRET, audience=LONE), ValueError, "audience: "),
    "create_token, scopes": (lambda: create_token("ada", SECRET, data={"scopes": [LONE]}), ValueError, "scopes: "),
    "create_token, headers": (lambda: create_token("ada", SECRET, headers={"a": LONE}), ValueError, "headers: "),
    "create_token, expiry": (lambda: create_token("ada", SECRET, expiry=math.inf), ValueError, "expiry: "),  # type: ignore[arg-type]
    "create_token, instant": (lambda: create_token("ada", SECRET, expiry=EARLIEST), ValueError, "expiry: "),
    "create_access_token, instant": (
        lambda: AUTH.create_access_token("ada", expiry=EARLIEST),
        ValueError,
        "expiry",
    ),
    "login_type": (
        lambda: AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET), login_type=LONE).create_access_token("ada"),
        BadConfigurationError,
        "login_type",
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_an_odd_value_leads_to_the_ordinary_error(name: str) -> None:
    call, kind, message = CALLS[name]
    with pytest.raises(kind, match=message) as refused:
        call()
    check_silence(refused.value)


# Requests


def test_odd_tokens_in_requests_are_refused_as_others() -> None:
    app = FastAPI()

    @app.api_route("/", methods=["GET", "POST"])
    def route(payload: TokenPayload = AUTH.ACCESS_REQUIRED) -> str:
        return payload.sub

    client = Client(app)
    header, payload, signature = TOKEN.split(".")
    odd = "\xed\xa0\x80"  # the bytes of a lone surrogate
    for answer in (
        client.get("/", token=f"{header}.{odd}.{signature}"),
        client.get("/", headers={"authorization": f"Bearer {odd}"}),
        client.get("/", headers={"authorization": f"{odd} {TOKEN}"}),
        client.get("/", cookies={"access_token_cookie": f"{header}.{payload}.{odd}"}),
        client.get("/", query=f"token={header}.%ED%A0%80.{signature}"),
        client.get("/", query="token=%ED%A0%80"),
        client.get("/", query=f"%ED%A0%80=1&token={odd}"),
        client.post("/", body=b'{"access_token": "a.\\ud800.b"}', headers={"content-type": "application/json"}),
        client.post("/", body=b'{"access_token": "\xed\xa0\x80"}', headers={"content-type": "application/json"}),
        client.post("/", cookies={"access_token_cookie": TOKEN}, headers={"x-csrf-token": odd}),
    ):
        assert answer.error is None
        assert answer.status in (401, 422)
        assert answer.json()["error_type"] in ("JWTDecodeError", "MissingTokenError", "CSRFError")
    assert client.get("/", token=TOKEN).json() == "ada"
    assert claims_of(TOKEN)["sub"] == "ada"


def test_the_blocklist_is_asked_about_any_string() -> None:
    auth = AuthX[Any](AuthXConfig(JWT_SECRET_KEY=SECRET))

    @auth.set_callback_token_blocklist
    def is_revoked(payload: TokenPayload) -> bool:
        return True

    with pytest.raises(AuthXException) as refused:
        asyncio.run(auth.is_token_in_blocklist(LONE))
    assert type(refused.value) is JWTDecodeError
    check_silence(refused.value)
