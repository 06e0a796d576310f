"""The exports of the package, and the effects that importing must not have."""

import json
import subprocess
import sys

import pytest

import authx
import authx.exceptions
from authx import AuthX, AuthXConfig, RequestToken, TokenResponse

EXPORTS = {
    "AuthManager",
    "AuthX",
    "AuthXConfig",
    "AuthXDependency",
    "InsufficientScopeError",
    "JWTDecodeError",
    "LoginTypeMismatchError",
    "PolicyCondition",
    "PolicyContext",
    "PolicyDecision",
    "PolicyDeniedError",
    "PolicyEngine",
    "PolicyEvaluationError",
    "PolicyRule",
    "RateLimitExceeded",
    "RateLimiter",
    "RequestToken",
    "SessionInfo",
    "TokenExpiredError",
    "TokenInvalidAudienceError",
    "TokenInvalidIssuerError",
    "TokenInvalidSignatureError",
    "TokenPayload",
    "TokenResponse",
    "WeakKeyWarning",
}


@pytest.mark.parametrize("name", sorted(EXPORTS | {"__version__"}))
def test_package_exports(name: str) -> None:
    assert hasattr(authx, name)
    assert name in authx.__all__


def test_importing_leaves_logging_warnings_and_signals_alone() -> None:
    observe = """
import json, logging, signal, sys, warnings
import fastapi, pydantic_settings
def state():
    root = logging.getLogger()
    return [
        [repr(handler) for handler in root.handlers], root.level, logging.getLogger("authx").level,
        len(logging.getLogger("authx").handlers), [repr(f) for f in warnings.filters], repr(signal.getsignal(2)),
        sys.getrecursionlimit(),
    ]
before = state()
import authx
print(json.dumps([before, state()]))
"""
    done = subprocess.run([sys.executable, "-c", observe], capture_output=True, text=True, check=True)

    before, after = json.loads(done.stdout)
    assert after == before


def test_secrets_are_in_no_representation(secret: str) -> None:
    config = AuthXConfig(
        JWT_SECRET_KEY=secret, JWT_PRIVATE_KEY=secret, JWT_PUBLIC_KEY=secret, JWT_PREVIOUS_SECRET_KEY=secret
    )
    auth = AuthX[str](config)
    pair = auth.create_token_pair(uid="user123")
    request_token = RequestToken(token=pair.access_token, csrf="the csrf value", location="cookies")

    shown = " ".join(map(repr, (config, auth, auth.ACCESS_REQUIRED, pair, request_token))) + str(request_token)

    for hidden in (secret, pair.access_token, pair.refresh_token, "the csrf value"):
        assert hidden not in shown
    assert isinstance(pair, TokenResponse)


@pytest.mark.parametrize(
    ("name", "parent"),
    [
        ("AccessTokenRequiredError", "TokenTypeError"),
        ("AuthxArgumentDeprecationWarning", "DeprecationWarning"),
        ("BadConfigurationError", "AuthXException"),
        ("CSRFError", "AuthXException"),
        ("FreshTokenRequiredError", "TokenError"),
        ("InsufficientScopeError", "TokenError"),
        ("InvalidToken", "Exception"),
        ("JWTDecodeError", "AuthXException"),
        ("LoginTypeMismatchError", "TokenTypeError"),
        ("MissingCSRFTokenError", "MissingTokenError"),
        ("MissingTokenError", "TokenError"),
        ("NoAuthorizationError", "AuthXException"),
        ("PolicyDeniedError", "TokenError"),
        ("PolicyEvaluationError", "AuthXException"),
        ("RateLimitExceeded", "AuthXException"),
        ("RefreshTokenRequiredError", "TokenTypeError"),
        ("RevokedTokenError", "TokenError"),
        ("LoginEndedError", "RevokedTokenError"),
        ("LoginExpiredError", "RevokedTokenError"),
        ("RefreshRefusedError", "RevokedTokenError"),
        ("LoginFailedError", "AuthXException"),
        ("LoginRequestError", "AuthXException"),
        ("ClientRefusedError", "AuthXException"),
        ("ClientRequestError", "AuthXException"),
        ("LoginUnknownError", "RevokedTokenError"),
        ("RefreshReusedError", "RevokedTokenError"),
        ("StoreUnavailableError", "AuthXException"),
        ("SessionRevoked", "AuthXException"),
        ("TokenError", "AuthXException"),
        ("DuplicateCookieError", "JWTDecodeError"),
        ("TokenExpiredError", "JWTDecodeError"),
        ("TokenInvalidAudienceError", "JWTDecodeError"),
        ("TokenInvalidIssuerError", "JWTDecodeError"),
        ("TokenInvalidSignatureError", "JWTDecodeError"),
        ("TokenRequiredError", "TokenError"),
        ("TokenTypeError", "TokenError"),
        ("WeakKeyWarning", "UserWarning"),
    ],
)
def test_exception_has_its_parent_class(name: str, parent: str) -> None:
    assert [base.__name__ for base in getattr(authx.exceptions, name).__bases__] == [parent]


def test_exceptions_have_their_attributes_and_messages() -> None:
    exceptions = authx.exceptions

    scope = exceptions.InsufficientScopeError(["a"], ["b"], login_type="admin")
    assert (scope.required, scope.provided, scope.login_type) == (["a"], ["b"], "admin")
    assert str(scope) == "Missing required scopes: ['a']. Provided: ['b']"
    assert exceptions.InsufficientScopeError(["a"]).provided == []
    assert str(exceptions.InsufficientScopeError(["a"], message="other")) == "other"

    mismatch = exceptions.LoginTypeMismatchError("admin", "user")
    assert (mismatch.expected_type, mismatch.actual_type) == ("admin", "user")
    assert str(mismatch) == "Token type mismatch: expected 'admin', got 'user'"
    assert str(exceptions.LoginTypeMismatchError("admin")) == "Token type mismatch: expected 'admin', got 'unknown'"

    assert exceptions.PolicyDeniedError().reason == "Policy denied access"
    assert exceptions.RateLimitExceeded(7).retry_after == 7
    assert str(exceptions.RateLimitExceeded(7)) == "Rate limit exceeded. Retry after 7 seconds."
    assert exceptions.InvalidToken("why").errors == "why"
    assert exceptions.AuthXException("a", login_type="admin").login_type == "admin"
