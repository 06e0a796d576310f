# ruff: noqa: N818 -- these names are the interface that applications know
"""The exceptions of AuthX.

`AuthXException` is the base class of all that AuthX raises about a request or a setting. The engine decides the HTTP
answer to each class, and the handlers of `AuthX.handle_errors` send it; the class names are the `error_type` of those
answers.
"""

from collections.abc import Sequence
from typing import Any

__all__ = [
    "AccessTokenRequiredError",
    "AuthXException",
    "AuthxArgumentDeprecationWarning",
    "BadConfigurationError",
    "CSRFError",
    "ClientRefusedError",
    "ClientRequestError",
    "DuplicateCookieError",
    "ForeignOriginError",
    "FreshTokenRequiredError",
    "InsufficientScopeError",
    "InvalidToken",
    "JWTDecodeError",
    "LoginEndedError",
    "LoginExpiredError",
    "LoginFailedError",
    "LoginRequestError",
    "LoginTypeMismatchError",
    "LoginUnknownError",
    "MissingCSRFTokenError",
    "MissingTokenError",
    "NoAuthorizationError",
    "PolicyDeniedError",
    "PolicyEvaluationError",
    "RateLimitExceeded",
    "RefreshRefusedError",
    "RefreshReusedError",
    "RefreshTokenRequiredError",
    "RevokedTokenError",
    "SessionRevoked",
    "StoreUnavailableError",
    "TokenError",
    "TokenExpiredError",
    "TokenInvalidAudienceError",
    "TokenInvalidIssuerError",
    "TokenInvalidSignatureError",
    "TokenRequiredError",
    "TokenTypeError",
    "UnknownSubjectError",
    "WeakKeyWarning",
]


class AuthXException(Exception):
    """The base class of AuthX's exceptions.

    Attributes:
        login_type: The login type of the `AuthX` instance that refused, where it has one.
    """

    login_type: str | None

    worded_answer: Any = None
    """The HTTP answer of the instance that refused. Several instances may serve one application, and each has its
    own messages."""

    explanation: str | None = None
    """For the developer of a client: where the token or its CSRF value was looked for, and why what came did not count.
    It has no value of the request. `None` for an error that is about something else, and for every error unless
    `JWT_EXPLAIN_ERRORS` is set or the logger `authx` logs at level `DEBUG`."""

    def __init__(self, *args: Any, login_type: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args)
        self.login_type = login_type

    def __reduce__(self) -> tuple[Any, ...]:
        # Not by calling the class with `args`, as other exceptions are copied and pickled: the parameters of
        # subclasses are not their `args`.
        return _restored, (type(self), self.args, dict(vars(self)))


def _restored(kind: type[AuthXException], args: tuple[Any, ...], attributes: dict[str, Any]) -> AuthXException:
    error = kind.__new__(kind, *args)
    vars(error).update(attributes)
    return error


class BadConfigurationError(AuthXException):
    """A setting is missing, contradicts another one, or is invalid. The message names the setting."""


class JWTDecodeError(AuthXException):
    """The token can't be decoded, or one of its claims is not valid."""


class DuplicateCookieError(JWTDecodeError):
    """The request has different cookies of the name that carries the token. The message names the cookie."""


class TokenExpiredError(JWTDecodeError):
    """The token's `exp` has passed."""


class TokenInvalidSignatureError(JWTDecodeError):
    """None of the configured keys signed this token."""


class TokenInvalidAudienceError(JWTDecodeError):
    """The token is meant for another service: its `aud` names none of `JWT_DECODE_AUDIENCE`."""


class TokenInvalidIssuerError(JWTDecodeError):
    """The token's `iss` isn't `JWT_DECODE_ISSUER`."""


class NoAuthorizationError(AuthXException):
    """The request is not authorized. Not raised by AuthX itself."""


class CSRFError(AuthXException):
    """The request's CSRF value isn't that of the token in its cookie."""


class ForeignOriginError(CSRFError):
    """A page of a foreign origin opens a WebSocket, and a cookie carries the token."""


class SessionRevoked(AuthXException):
    """The token's session was revoked, or the session store doesn't have it."""


class InvalidToken(Exception):
    """A token is invalid for the reason given. Not raised by AuthX itself.

    Attributes:
        errors: The reason.
    """

    errors: str

    def __init__(self, errors: str) -> None:
        super().__init__(errors)
        self.errors = errors


class TokenError(AuthXException):
    """The token is missing, or isn't what the route requires."""


class MissingTokenError(TokenError):
    """The request carries no token in any of the configured locations."""


class MissingCSRFTokenError(MissingTokenError):
    """A cookie carries the token, and the request doesn't repeat the token's CSRF value."""


class TokenTypeError(TokenError):
    """The token is of another type than the route requires."""


class AccessTokenRequiredError(TokenTypeError):
    """The route requires an access token and got one of another type."""


class RefreshTokenRequiredError(TokenTypeError):
    """The route requires a refresh token and got one of another type."""


class FreshTokenRequiredError(TokenError):
    """The route requires a fresh token: one that was issued by a login, not by a refresh."""


class RevokedTokenError(TokenError):
    """The token is on the blocklist."""


class LoginEndedError(RevokedTokenError):
    """The login that the refresh token belongs to has ended."""


class LoginExpiredError(RevokedTokenError):
    """The login that the refresh token belongs to is older than `JWT_LOGIN_MAX_AGE`."""


class LoginUnknownError(RevokedTokenError):
    """The store doesn't know the login that the refresh token belongs to."""


class LoginRequestError(AuthXException):
    """The body of a login can't be read; the message names the part."""


class LoginFailedError(AuthXException):
    """The user name or the password of a login is wrong."""


class ClientRefusedError(AuthXException):
    """The client that asks about a token is unknown, or its secret is wrong."""


class ClientRequestError(AuthXException):
    """A client's request about a token can't be read; the message names the part."""


class RefreshRefusedError(RevokedTokenError):
    """The application refused to refresh the login, which has ended, see `AuthX.set_callback_renewal`."""


class RefreshReusedError(RevokedTokenError):
    """The refresh token was used before, and not just now: it may be stolen, so its login has ended."""


class StoreUnavailableError(AuthXException):
    """A store gives no answer, so the token can't be accepted now."""


class UnknownSubjectError(TokenError):
    """The token is valid, and the application has no user with its subject, see `JWT_UNKNOWN_SUBJECT`."""


class TokenRequiredError(TokenError):
    """A token is required. Not raised by AuthX itself."""


class InsufficientScopeError(TokenError):
    """The token is valid, but lacks scopes that the route requires.

    Attributes:
        required: The scopes that the route requires.
        provided: The scopes that the token grants.
    """

    required: list[str]
    provided: list[str]

    def __init__(
        self,
        required: list[str],
        provided: list[str] | None = None,
        message: str | None = None,
        login_type: str | None = None,
    ) -> None:
        self.required = required
        self.provided = provided or []
        super().__init__(
            f"Missing required scopes: {self.required}. Provided: {self.provided}" if message is None else message,
            login_type=login_type,
        )


class LoginTypeMismatchError(TokenTypeError):
    """The token is of another login type, such as a customer's where an operator's is required.

    Attributes:
        expected_type: The login type of the instance that refused, `None` where it has none.
        actual_type: The token's login type, `None` where it has none.
    """

    expected_type: str | None
    actual_type: str | None

    def __init__(
        self,
        expected_type: str | None,
        actual_type: str | None = None,
        message: str | None = None,
        login_type: str | None = None,
    ) -> None:
        self.expected_type = expected_type
        self.actual_type = actual_type
        if message is None:
            actual = "unknown" if actual_type is None else actual_type
            expected = "none" if expected_type is None else f"'{expected_type}'"
            message = f"Token type mismatch: expected {expected}, got '{actual}'"
        super().__init__(message, login_type=login_type)


class PolicyDeniedError(TokenError):
    """A policy forbids the action.

    Attributes:
        reason: The reason of the rule that decided, or a general one.
    """

    reason: str

    def __init__(self, reason: str = "Policy denied access", login_type: str | None = None) -> None:
        self.reason = reason
        super().__init__(reason, login_type=login_type)


class PolicyEvaluationError(AuthXException):
    """A policy could not be evaluated, so the action is refused."""


class RateLimitExceeded(AuthXException):
    """Too many requests.

    Attributes:
        retry_after: The seconds until another request is allowed.
        limit_headers: `RateLimit-Policy` and `RateLimit` of the answer, if they are known.
    """

    retry_after: int
    limit_headers: Sequence[tuple[str, str]] = ()

    def __init__(self, retry_after: int = 60, message: str | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(f"Rate limit exceeded. Retry after {retry_after} seconds." if message is None else message)


class AuthxArgumentDeprecationWarning(DeprecationWarning):
    """An argument is accepted for the sake of older code and has no effect."""


class WeakKeyWarning(UserWarning):
    """A key works but is weak: it is too short for its algorithm, or is a random key of this process.

    `JWT_STRICT_KEYS=true` turns a short key into a `BadConfigurationError`.
    """
