"""Creating and reading tokens with a key that is passed in, without an `AuthX` and its settings."""

import warnings
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from authx import _authx, clock
from authx.arguments import encodable, string_fault, strings_fault, timestamp_of, wrong_arguments
from authx.engine import signing_engine, verifying_engine
from authx.exceptions import AuthxArgumentDeprecationWarning, JWTDecodeError
from authx.types import AlgorithmType, DateTimeExpression, Numeric, StringOrSequence, TokenType

__all__ = ["create_token", "decode_token", "decode_unverified"]


def create_token(
    uid: str,
    key: str | SecretStr,
    type: TokenType = "access",
    jti: str | None = None,
    expiry: DateTimeExpression | None = None,
    issued: Numeric | DateTimeExpression | None = None,
    fresh: bool = False,
    csrf: str | None = None,
    algorithm: AlgorithmType = "HS256",
    headers: dict[str, Any] | None = None,
    audience: StringOrSequence | None = None,
    issuer: str | None = None,
    additional_data: dict[str, Any] | None = None,
    not_before: Numeric | DateTimeExpression | None = None,
    data: dict[str, Any] | None = None,
    ignore_errors: bool = True,
) -> str:
    """Create a token.

    Instants are a `datetime`, a `timedelta` from now, or seconds since 1970.

    Args:
        uid: The token's subject.
        key: The secret, or the PEM of the private key.
        type: `access`, `refresh`, or a type of the application's own.
        jti: The token's identifier. A random one unless given.
        expiry: When the token expires. Never unless given.
        issued: When the token was issued. Now unless given.
        fresh: Whether the user has just authenticated.
        csrf: The CSRF value that a request must repeat when a cookie carries the token. Random unless given.
        algorithm: The algorithm to sign with.
        headers: Further fields of the token's header.
        audience: The services that the token is meant for.
        issuer: Who issues the token.
        additional_data: Further claims. Those that have a parameter here are refused.
        not_before: When the token becomes valid.
        data: Further claims, which take precedence over `additional_data`.
        ignore_errors: Accepted for the sake of older code. Errors are never ignored.

    Raises:
        ValueError: An argument has a value that is not allowed; the message names it.
        TypeError: An argument is of a wrong type.
        BadConfigurationError: The key doesn't fit the algorithm.

    Example:
        ```python
        token = create_token("user123", secret, expiry=timedelta(minutes=15))
        ```
    """
    now = clock.now()
    claims = {**(additional_data or {}), **(data or {})}
    # AuthX's own claims that have no parameter here.
    login_type, scopes, session_id = (claims.pop(name, None) for name in ("login_type", "scopes", "sid"))
    engine = signing_engine(key, algorithm, login_type=login_type)
    instants = {
        "expires_at": _timestamp("expiry", expiry, now),
        "not_before": _timestamp("not_before", not_before, now),
        "issued_at": _timestamp("issued", issued, now),
    }
    # Older code passes `True` to ask for a new value.
    csrf = csrf if isinstance(csrf, str) else None
    try:
        return engine.create_token(
            type,
            uid,
            now,
            # Older code passes `fresh` with either type.
            fresh=fresh and type == "access",
            headers=headers,
            data=claims or None,
            audience=audience or None,
            scopes=scopes,
            session_id=session_id,
            issuer=issuer or None,
            jti=jti,
            csrf=csrf,
            issued_at=instants.get("issued_at"),
            not_before=instants.get("not_before"),
            expires_at=instants.get("expires_at"),
        )
    except (TypeError, UnicodeError) as error:
        refused: Exception = error
    named = {"type": type, "jti": jti, "issuer": issuer, "csrf": csrf, "sid": session_id}
    faults = [string_fault(name, value) for name, value in named.items() if value is not None]
    raise wrong_arguments(refused, [string_fault("uid", uid), *faults, strings_fault("scopes", scopes)])


def decode_token(
    token: str,
    key: str | SecretStr,
    algorithms: Sequence[AlgorithmType] | None = None,
    audience: StringOrSequence | None = None,
    issuer: str | None = None,
    verify: bool = True,
    data: dict[str, Any] | None = None,
    *,
    require: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the claims of a token, unchanged, whoever issued it: AuthX, or an identity provider such as Auth0.

    Signature, `exp`, `nbf`, `iat`, issuer and audience are checked where the token has them. It need not have the claims
    that a route requires, such as `type`.

    Args:
        token: The token.
        key: The secret, or the PEM of the public key.
        algorithms: The algorithms that are accepted, HS256 unless given: all with a secret, or all with a public key.
        audience: The audiences of this service: `aud` must name one of them.
        issuer: The value that `iss` must have.
        verify: `False` skips every check. Anybody may have written such claims, so trust none of them.
        data: Ignored, with a warning.
        require: Claims that the token must have, such as `["exp", "sub"]`: one without `exp` never expires.

    Raises:
        JWTDecodeError: The token can't be decoded, or a check fails; see the subclasses.
        BadConfigurationError: The key doesn't fit the algorithms.

    Example:
        ```python
        claims = decode_token(token, public_key, ["RS256"], audience="my-api", issuer=issuer, require=["exp", "sub"])
        ```
    """
    if (fault := strings_fault("require", require)) is not None:
        raise fault
    if data is not None:
        warnings.warn("argument without effect: data", AuthxArgumentDeprecationWarning, stacklevel=2)
    string = _string(token)
    if not verify:
        return decode_unverified(string)
    engine = verifying_engine(key, algorithms or None, audience, issuer)
    return engine.verify_any(string, list(require), clock.now())


def decode_unverified(token: str) -> dict[str, Any]:
    """Return the claims of a token without any check: for looking at one, or for finding out which key it needs.

    Anybody may have written such claims, so trust none of them.

    Raises:
        JWTDecodeError: The token can't be decoded.
    """
    return _authx.decode_unverified(_string(token))


def _string(token: Any) -> str:
    """Accept bytes as well, and refuse what a socket or a cache returns when it has no token."""
    string = token.decode(errors="replace") if isinstance(token, bytes) else token
    if not isinstance(string, str):
        raise JWTDecodeError(f"token: a string is expected, not {type(token).__name__}")
    return encodable(string)


def _timestamp(argument: str, value: Any, now: float) -> float | None:
    # A bool is an `int` in Python, but never a time.
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    if isinstance(value, datetime):
        return timestamp_of(argument, value)
    if isinstance(value, timedelta):
        return now + value.total_seconds()
    raise TypeError(f"{argument}: a datetime, a timedelta or a number is expected, not {type(value).__name__}")
