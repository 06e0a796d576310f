"""A marked secret, key and token must not appear in representations, errors, logs or answers."""

import copy
import logging
import pickle
from typing import Any

import pytest
from fastapi import FastAPI

from authx import AuthX, AuthXConfig, TokenPayload, TokenResponse
from authx.exceptions import AuthXException, BadConfigurationError
from authx.schema import RequestToken
from authx.testing import refused_tokens
from authx.testing.tokens import claims_of
from tests.python.conftest import Client

SECRET = "marked-secret-of-the-tests-5f2c81-which-is-long-enough"
PREVIOUS = "marked-secret-before-that-9a7be3-which-is-long-enough"


@pytest.fixture
def auth() -> AuthX[Any, Any]:
    return AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, JWT_PREVIOUS_SECRET_KEY=PREVIOUS))


def shown(value: object) -> list[str]:
    return [repr(value), str(value), f"{value}", f"{[value]}"]


def check_silence(shown: str, *tokens: str) -> None:
    for secret in (SECRET, PREVIOUS, "marked-secret"):
        assert secret not in shown
    for token in tokens:
        for part in token.split("."):
            assert not part or part not in shown


def test_objects_show_no_secret(auth: AuthX[Any, Any], app: FastAPI) -> None:
    auth.handle_errors(app)
    for value in (auth, auth.config, auth._engines.current(), auth._engines, auth.access_token_required):
        for string in shown(value):
            check_silence(string)


def test_objects_with_a_token_show_none_of_it(auth: AuthX[Any, Any]) -> None:
    token = auth.create_access_token("ada")
    csrf = claims_of(token)["csrf"]
    found = RequestToken(token=token, csrf=csrf, location="cookies")
    payload = auth.verify_token(RequestToken(token=token, location="headers"))
    pair = TokenResponse(access_token=token, refresh_token=auth.create_refresh_token("ada"))

    for value in (found, pair, payload):
        for string in shown(value):
            check_silence(string, token)
    for string in shown(found):
        assert csrf not in string


def test_pickles_and_copies_of_settings_work_and_show_no_secret(auth: AuthX[Any, Any]) -> None:
    token = auth.create_access_token("ada")
    for config in (copy.deepcopy(auth.config), pickle.loads(pickle.dumps(auth.config))):
        assert AuthX(config).verify_token(RequestToken(token=token, location="headers")).sub == "ada"
        for string in shown(config):
            check_silence(string)


def test_an_engine_is_not_pickled(auth: AuthX[Any, Any]) -> None:
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(auth._engines.current())


@pytest.mark.parametrize("type", ["access", "refresh"])
def test_exceptions_and_their_causes_show_no_token(auth: AuthX[Any, Any], type: Any) -> None:
    for fault, token in refused_tokens(auth, "ada", type).items():
        with pytest.raises(AuthXException) as refused:
            auth.verify_token(RequestToken(token=token, location="headers", type=type))
        for string in (*shown(refused.value), repr(refused.value.__dict__), repr(refused.value.args)):
            check_silence(string, token)
        error: BaseException | None = refused.value
        while error is not None:
            assert not any(str(part) in str(error) for part in token.split(".") if part), fault
            error = error.__cause__ or error.__context__
        assert pickle.loads(pickle.dumps(refused.value)).args == refused.value.args


@pytest.mark.parametrize(
    "settings",
    [
        {
            "JWT_ALGORITHM": "RS256",
            "JWT_PRIVATE_KEY": f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----",
        },
        {"JWT_ALGORITHM": "ES256", "JWT_PRIVATE_KEY": SECRET, "JWT_PUBLIC_KEY": SECRET},
        {"JWT_SECRET_KEY": SECRET[:20], "JWT_STRICT_KEYS": True},
        {"JWT_SECRET_KEY": SECRET, "JWT_ACCESS_TOKEN_EXPIRES": "soon"},
        {"JWT_SECRET_KEY": [SECRET]},
        {"JWT_SECRET_KEY": {"key": SECRET}},
        {"JWT_SECRET_KEY": SECRET, "JWT_PREVIOUS_SECRET_KEY": [PREVIOUS]},
        {"JWT_SECRET_KEY": SECRET, "JWT_COOKIE_SAMESITE": "none", "JWT_COOKIE_SECURE": False},
    ],
    ids=lambda settings: ", ".join(settings),
)
def test_errors_of_settings_show_no_key(settings: dict[str, Any]) -> None:
    with pytest.raises((BadConfigurationError, ValueError)) as refused:
        AuthX(AuthXConfig(**settings)).create_access_token("ada")
    error: BaseException | None = refused.value
    while error is not None:
        for string in (*shown(error), repr(error.args)):
            check_silence(string)
        error = error.__cause__ or error.__context__


def test_logs_and_answers_of_a_service_show_no_secret(
    auth: AuthX[Any, Any], app: FastAPI, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    auth.handle_errors(app)

    @app.get("/marked")
    async def marked(payload: TokenPayload = auth.ACCESS_REQUIRED) -> str:
        return payload.sub

    @auth.set_callback_token_blocklist
    def fails(token: str) -> bool:
        raise RuntimeError("the store is down")

    token = auth.create_access_token("ada")
    for each in (token, *refused_tokens(auth, "ada").values()):
        answer = client.get("/marked", token=each)
        assert answer.status in (401, 422, 500)
        string = answer.body.decode() + repr(answer.raw_headers) + caplog.text
        for part in each.split("."):
            assert not part or part not in string
        check_silence(string)
