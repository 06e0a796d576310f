"""The answers to refused requests."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse

from authx import AuthX, AuthXConfig, exceptions
from authx._authx import error_message
from authx.answers import ErrorAnswering

ANSWERS = [
    (exceptions.AccessTokenRequiredError(), 401, "Access token required"),
    (exceptions.CSRFError(), 401, "CSRF double submit does not match"),
    (exceptions.FreshTokenRequiredError(), 401, "Fresh token required"),
    (exceptions.InsufficientScopeError(["a"], ["b"]), 403, "Missing required scopes: ['a']. Provided: ['b']"),
    (exceptions.JWTDecodeError("details"), 401, "Invalid Token"),
    (exceptions.MissingCSRFTokenError("own message"), 401, "own message"),
    (exceptions.MissingTokenError("own message"), 401, "Token Error"),
    (exceptions.PolicyDeniedError("own message"), 403, "own message"),
    (exceptions.PolicyEvaluationError(), 500, "Policy evaluation failed"),
    (exceptions.RefreshTokenRequiredError(), 401, "Refresh token required"),
    (exceptions.RevokedTokenError(), 401, "Invalid token"),
    (exceptions.SessionRevoked(), 401, "Session has been revoked"),
    (exceptions.LoginEndedError(), 401, "The login has ended"),
    (exceptions.LoginFailedError(), 401, "The user name or the password is wrong"),
    (exceptions.LoginRequestError("username: it is missing or empty"), 400, "username: it is missing or empty"),
    (exceptions.ClientRefusedError(), 401, "The client is unknown, or its secret is wrong"),
    (exceptions.ClientRequestError("token: it is missing or empty"), 400, "token: it is missing or empty"),
    (exceptions.RefreshRefusedError(), 401, "The login is not refreshed, and has ended"),
    (exceptions.LoginExpiredError(), 401, "The login is too old"),
    (exceptions.LoginUnknownError(), 401, "The login is unknown"),
    (exceptions.RefreshReusedError(), 401, "The refresh token was used before, and its login has ended"),
    (exceptions.StoreUnavailableError(), 503, "Service unavailable"),
    (exceptions.DuplicateCookieError("own message"), 401, "own message"),
    (exceptions.TokenExpiredError("own message"), 401, "own message"),
    (exceptions.TokenInvalidAudienceError("own message"), 401, "own message"),
    (exceptions.TokenInvalidIssuerError("own message"), 401, "own message"),
    (exceptions.TokenInvalidSignatureError("own message"), 401, "own message"),
    (exceptions.TokenRequiredError(), 401, "Token required"),
    (exceptions.TokenTypeError(), 401, "Bad token type"),
]


def raising(app: FastAPI, error: Exception) -> None:
    @app.get("/")
    async def route():
        raise error


@pytest.mark.parametrize(("error", "status", "message"), ANSWERS, ids=lambda value: type(value).__name__)
def test_exception_has_its_answer(
    app: FastAPI, client: Any, auth: Any, error: Exception, status: int, message: str
) -> None:
    auth.handle_errors(app)
    raising(app, error)

    answer = client.get("/")

    assert answer.status == status
    body = {"message": message, "error_type": type(error).__name__}
    code = OAUTH_CODES.get(type(error).__name__)
    body |= {} if code is None else {"error": code}
    assert answer.json() == body | ({"retry_after": 2} if status == 503 else {})
    assert answer.header("retry-after") == ("2" if status == 503 else None)
    challenge = answer.header("www-authenticate")
    assert status != 500 or challenge is None
    scheme = "Basic" if type(error) is exceptions.ClientRefusedError else "Bearer"
    assert status != 401 or (challenge or "").startswith(scheme)


OAUTH_CODES = {
    "LoginFailedError": "invalid_grant",
    "LoginRequestError": "invalid_request",
    "ClientRefusedError": "invalid_client",
    "ClientRequestError": "invalid_request",
}
"""For clients of OAuth 2.0 (RFC 6749 section 5.2)."""


def test_the_code_for_clients_of_oauth_gives_way_to_the_message(app: FastAPI, client: Any, make_auth: Any) -> None:
    make_auth(JWT_ERROR_MESSAGE_KEY="error").handle_errors(app)
    raising(app, exceptions.LoginFailedError())

    assert client.get("/").json() == {
        "error": "The user name or the password is wrong",
        "error_type": "LoginFailedError",
    }


NO_TOKEN = "No access token was found. There is no header 'Authorization'."


def test_the_answer_explains_a_missing_token_with_the_setting_only(app: FastAPI, client: Any, auth: Any) -> None:
    @app.get("/protected")
    async def protected(payload: Any = auth.ACCESS_REQUIRED) -> None: ...

    usual = {"message": "Token Error", "error_type": "MissingTokenError"}
    assert client.get("/protected").json() == usual
    auth.config.JWT_EXPLAIN_ERRORS = True
    assert client.get("/protected").json() == {**usual, "explanation": NO_TOKEN}


def test_the_log_explains_a_missing_token_at_debug_level(
    app: FastAPI, client: Any, auth: Any, caplog: pytest.LogCaptureFixture
) -> None:
    app.middleware("http")(auth.implicit_refresh_middleware)

    @app.get("/protected")
    async def protected(payload: Any = auth.ACCESS_REQUIRED) -> None: ...

    with caplog.at_level(logging.INFO, logger="authx"):
        client.get("/protected")
    assert caplog.records == []
    with caplog.at_level(logging.DEBUG, logger="authx"):
        answer = client.get("/protected", headers={"authorization": "Basic s3cret"})

    assert "explanation" not in answer.json()
    assert [record.getMessage() for record in caplog.records if record.name == "authx"] == [
        "no implicit refresh: cookies are no location of access tokens",
        "Request refused with MissingTokenError: No access token was found. "
        "The header 'Authorization' does not begin with 'Bearer' and a space (JWT_HEADER_TYPE).",
    ]


def test_an_exception_has_the_explanation_for_handlers_of_the_application(app: FastAPI, client: Any, auth: Any) -> None:
    auth.config.JWT_EXPLAIN_ERRORS = True

    @app.exception_handler(exceptions.MissingTokenError)
    async def explain(request: Request, error: exceptions.MissingTokenError) -> PlainTextResponse:
        return PlainTextResponse(error.explanation)

    @app.get("/by-hand")
    async def by_hand(request: Request) -> None:
        await auth.get_access_token_from_request(request)

    assert client.get("/by-hand").body.decode() == NO_TOKEN


@pytest.mark.parametrize(
    "error",
    [exceptions.BadConfigurationError("details"), exceptions.NoAuthorizationError("details"), exceptions.TokenError()],
    ids=lambda error: type(error).__name__,
)
def test_applications_own_mistake_is_a_500_without_details(app: FastAPI, client: Any, auth: Any, error: Any) -> None:
    auth.handle_errors(app)
    raising(app, error)

    answer = client.get("/")

    assert answer.status == 500
    assert b"details" not in answer.body
    assert answer.error is error


def test_rate_limit_says_when_to_retry(app: FastAPI, client: Any, auth: Any) -> None:
    auth.handle_errors(app)
    raising(app, exceptions.RateLimitExceeded(7))

    answer = client.get("/")

    assert (answer.status, answer.header("retry-after")) == (429, "7")
    assert answer.json() == {
        "message": "Rate limit exceeded. Retry after 7 seconds.",
        "error_type": "RateLimitExceeded",
        "retry_after": 7,
    }


def test_subclass_is_answered_like_its_parent(app: FastAPI, client: Any, auth: Any) -> None:
    class BannedError(exceptions.RevokedTokenError):
        pass

    auth.handle_errors(app)
    raising(app, BannedError())

    answer = client.get("/")

    assert (answer.status, answer.json()) == (401, {"message": "Invalid token", "error_type": "BannedError"})


def test_dependency_answers_without_handle_errors(app: FastAPI, client: Any, auth: Any) -> None:
    @app.get("/", dependencies=[])
    async def route(payload=auth.ACCESS_REQUIRED):
        raise exceptions.InsufficientScopeError(["a"])

    assert client.get("/").json()["error_type"] == "MissingTokenError"
    assert client.get("/", token=auth.create_access_token("u")).json()["error_type"] == "InsufficientScopeError"


def test_applications_own_handler_takes_precedence(app: FastAPI, client: Any, auth: Any) -> None:
    auth.handle_errors(app)

    @app.exception_handler(exceptions.MissingTokenError)
    async def handle(request: Any, error: Any) -> PlainTextResponse:
        return PlainTextResponse("please log in", 418)

    @app.get("/")
    async def route(payload=auth.ACCESS_REQUIRED):
        return payload.sub

    assert client.get("/").status == 418
    assert client.get("/", token="x").status == 401


@pytest.mark.parametrize(
    "error",
    [
        exceptions.InsufficientScopeError(["a"], message=""),
        exceptions.LoginTypeMismatchError("a", message=""),
        exceptions.RateLimitExceeded(7, message=""),
    ],
)
def test_an_empty_message_is_a_message(error: Exception) -> None:
    assert str(error) == ""


def test_handler_for_jwt_decode_error_gets_each_subclass(app: FastAPI, client: Any, auth: Any) -> None:
    auth.handle_errors(app)

    @app.exception_handler(exceptions.JWTDecodeError)
    async def handle(request: Any, error: Any) -> PlainTextResponse:
        return PlainTextResponse(type(error).__name__, 418)

    @app.get("/")
    async def route(payload=auth.ACCESS_REQUIRED):
        return payload.sub

    expired = auth.create_access_token("ada", expiry=timedelta(seconds=-1))
    answer = client.get("/", token=expired)
    assert (answer.status, answer.body) == (418, b"TokenExpiredError")


@pytest.mark.parametrize("order", ["before", "after"])
def test_handler_for_the_root_class_gets_only_errors_that_are_not_the_clients(
    app: FastAPI, client: Any, auth: Any, order: str
) -> None:
    async def handle(request: Any, error: Any) -> PlainTextResponse:
        return PlainTextResponse(type(error).__name__, 418)

    if order == "before":
        app.add_exception_handler(exceptions.AuthXException, handle)
    auth.handle_errors(app)
    if order == "after":
        app.add_exception_handler(exceptions.AuthXException, handle)

    @app.get("/")
    async def route(payload=auth.ACCESS_REQUIRED):
        return payload.sub

    @app.get("/mistake")
    async def mistake():
        raise exceptions.BadConfigurationError("a setting")

    assert client.get("/").status == 401
    answer = client.get("/mistake")
    assert (answer.status, answer.body) == (418, b"BadConfigurationError")


def test_status_of_an_undecodable_token_is_configurable(app: FastAPI, client: Any, make_auth: Any) -> None:
    auth = make_auth(JWT_INVALID_TOKEN_STATUS=401)

    @app.get("/")
    async def route(payload=auth.ACCESS_REQUIRED):
        return payload.sub

    answer = client.get("/", token="x")

    assert answer.status == 401
    assert 'error="invalid_token"' in (answer.header("www-authenticate") or "")


def test_message_key_is_configurable(app: FastAPI, client: Any, make_auth: Any) -> None:
    auth = make_auth(JWT_ERROR_MESSAGE_KEY="detail")
    auth.handle_errors(app)
    raising(app, exceptions.RevokedTokenError())

    assert client.get("/").json() == {"detail": "Invalid token", "error_type": "RevokedTokenError"}


@pytest.mark.parametrize(
    ("attribute", "error", "reworded", "message"),
    [
        ("MSG_RevokedTokenError", exceptions.RevokedTokenError("own message"), "Log in again", "Log in again"),
        ("MSG_RevokedTokenError", exceptions.RevokedTokenError("own message"), None, "own message"),
        ("MSG_TokenExpiredError", exceptions.TokenExpiredError("own message"), "Log in again", "Log in again"),
        ("MSG_MissingTokenError", exceptions.MissingTokenError("own message"), "Log in", "Log in"),
        ("MSG_TokenError", exceptions.MissingTokenError("own message"), "Log in", "Log in"),
        ("MSG_TokenError", exceptions.RevokedTokenError("own message"), "Log in", "Invalid token"),
    ],
)
@pytest.mark.parametrize("on_class", [True, False])
def test_message_can_be_reworded(
    app: FastAPI, client: Any, secret: str, on_class: bool, attribute: str, error: Any, reworded: Any, message: str
) -> None:
    class Reworded(AuthX[Any]):
        pass

    auth = Reworded(AuthXConfig(JWT_SECRET_KEY=secret))
    setattr(Reworded if on_class else auth, attribute, reworded)
    auth.handle_errors(app)
    raising(app, error)

    assert client.get("/").json()["message"] == message


def test_usual_messages_are_the_engines(auth: Any) -> None:
    attributes = {
        name.removeprefix("MSG_"): value for name, value in vars(ErrorAnswering).items() if name.startswith("MSG_")
    }

    # These two differ for compatibility with authx 1.7.1: a missing token gets the message of the parent class.
    del attributes["TokenError"], attributes["MissingTokenError"]
    assert {name: error_message(name) for name in attributes} == attributes


def test_errors_of_an_instance_have_its_login_type(app: FastAPI, client: Any, make_auth: Any) -> None:
    auth = make_auth(login_type="staff")
    seen: list[Any] = []

    @app.exception_handler(exceptions.AuthXException)
    async def handle(request: Any, error: Any) -> PlainTextResponse:
        seen.append(error.login_type)
        return PlainTextResponse("", 401)

    @app.get("/")
    async def route(payload=auth.ACCESS_REQUIRED):
        return payload.sub

    client.get("/")
    assert seen == ["staff"]
