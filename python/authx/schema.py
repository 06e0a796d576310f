"""The values that AuthX and an application exchange.

The claims of a token, a token that was found in a request, and the token pair that a login returns.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
)
from typing_extensions import TypeVar

from authx import _authx, clock
from authx.arguments import (
    encodable,
    string_fault,
    strings_fault,
    timestamp_of,
    wrong_arguments,
)
from authx.engine import signing_engine, verifying_engine
from authx.exceptions import JWTDecodeError
from authx.types import AlgorithmType, TokenLocation, TokenType, WebSocketTokenLocation

__all__ = ["RequestToken", "TokenPayload", "TokenResponse", "payload_json"]


# The engine creates instances from verified claims without pydantic's validation. So this class must not have a
# validator or a private attribute: they would run only for payloads that an application creates.
class TokenPayload(BaseModel):
    """The claims of a token.

    Custom claims are attributes as well, and all of them are in `extra_dict`.

    Example:
        ```python
        @app.get("/me")
        async def me(payload: TokenPayload = auth.ACCESS_REQUIRED):
            return {"user": payload.sub, "until": payload.exp, "admin": payload.has_scopes("admin:*")}
        ```
    """

    model_config = ConfigDict(extra="allow", from_attributes=True)

    jti: str | None = Field(default_factory=lambda: str(uuid.uuid4()))
    """The token's identifier."""

    iss: str | None = None
    """Who issued it."""

    sub: str
    """The subject: the user that the token is about."""

    aud: str | Sequence[str] | None = None
    """The services that it is meant for."""

    exp: datetime | timedelta | None = None
    """When it expires. In a decoded token a `datetime` in UTC; a `timedelta` counts from now and becomes a `datetime`."""

    nbf: float | int | datetime | timedelta | None = None
    """When it becomes valid, in seconds since 1970. A `datetime`, and a `timedelta` from now, become such a number."""

    iat: float | int | datetime | timedelta | None = Field(default_factory=lambda: int(clock.now()))
    """When it was issued. In a decoded token the seconds since 1970."""

    type: str | None = Field(default="access")
    """`access` or `refresh`."""

    csrf: str | None = ""
    """The CSRF value that a request must repeat when a cookie carries the token."""

    scopes: list[str] | None = None
    """The scopes that it grants."""

    fresh: bool = False
    """Whether a login issued it, rather than a refresh."""

    login_type: str | None = None
    """The login type of the `AuthX` that issued it."""

    sid: str | None = None
    """The id of its session, see `AuthX.create_session`."""

    @field_validator("exp", mode="after")
    @classmethod
    def _expiry_from_now(cls, exp: datetime | timedelta | None) -> datetime | None:
        return _now() + exp if isinstance(exp, timedelta) else exp

    @field_validator("nbf", mode="after")
    @classmethod
    def _start_in_seconds(cls, nbf: float | datetime | timedelta | None) -> float | None:
        return _timestamp(nbf, clock.now())

    @property
    def issued_at(self) -> datetime:
        """`iat` as a `datetime` in UTC.

        Raises:
            TypeError: There is no `iat`.
        """
        return _instant("iat", self.iat)

    @property
    def expiry_datetime(self) -> datetime:
        """`exp` as a `datetime` in UTC.

        Raises:
            TypeError: There is no `exp`: the token never expires.
        """
        return _instant("exp", self.exp)

    @property
    def time_until_expiry(self) -> timedelta:
        """How long the token is still valid. Negative once it has expired.

        Raises:
            TypeError: There is no `exp`: the token never expires.
        """
        return self.expiry_datetime - _now()

    @property
    def time_since_issued(self) -> timedelta:
        """How old the token is.

        Raises:
            TypeError: There is no `iat`.
        """
        return _now() - self.issued_at

    @property
    def extra_dict(self) -> dict[str, Any]:
        """The custom claims, as a new dictionary."""
        return dict(self.model_extra or {})

    def has_scopes(self, *scopes: str, all_required: bool = True) -> bool:
        """Whether this token grants the scopes.

        A granted `admin:*` covers `admin` and everything under `admin:`; a required `admin:*` is met by any
        grant under `admin:`.

        Args:
            *scopes: The required scopes.
            all_required: Whether all of them are needed, or one is enough.

        Example:
            ```python
            payload.has_scopes("users:read", "users:write")
            payload.has_scopes("admin", "support", all_required=False)
            ```
        """
        try:
            return _authx.has_scopes(self.scopes or [], scopes, all_required)
        except (TypeError, UnicodeError) as error:
            refused: Exception = error
        raise wrong_arguments(refused, [strings_fault("scopes", scopes)])

    def encode(
        self,
        key: str | SecretStr,
        algorithm: AlgorithmType = "HS256",
        ignore_errors: bool = True,
        headers: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
    ) -> str:
        """Sign these claims, unchanged.

        Args:
            key: The secret, or the PEM of the private key.
            algorithm: The algorithm to sign with.
            ignore_errors: Accepted for the sake of older code. Errors are never ignored.
            headers: Further fields of the token's header.
            data: Further claims. Those that have a field here are refused.

        Raises:
            ValueError: An argument or a claim can't be encoded; the message names it.
            BadConfigurationError: The key doesn't fit the algorithm.
        """
        now = clock.now()
        engine = signing_engine(key, algorithm, login_type=self.login_type)
        claims = {**self.extra_dict, **(data or {})}
        # On tokens from implicit refresh.
        auth_time = claims.pop("auth_time", None)
        try:
            return engine.create_token(
                # The engine checks the type, and its error names a wrong one.
                self.type or "access",
                self.sub,
                now,
                fresh=self.fresh,
                headers=headers,
                expires_at=_timestamp(self.exp, now),
                data=claims,
                audience=self.aud,
                scopes=self.scopes,
                issuer=self.iss,
                not_before=_timestamp(self.nbf, now),
                issued_at=_timestamp(self.iat, now),
                jti=self.jti,
                csrf=self.csrf or "",
                session_id=self.sid,
                auth_time=auth_time,
            )
        except (TypeError, UnicodeError) as error:
            refused: Exception = error
        named = {
            "sub": self.sub,
            "type": self.type,
            "iss": self.iss,
            "jti": self.jti,
            "csrf": self.csrf,
            "sid": self.sid,
        }
        faults = [string_fault(name, value) for name, value in named.items() if value is not None]
        raise wrong_arguments(refused, [*faults, strings_fault("scopes", self.scopes)])

    @classmethod
    def decode(
        cls,
        token: str,
        key: str | SecretStr,
        algorithms: Sequence[AlgorithmType] | None = None,
        audience: str | Sequence[str] | None = None,
        issuer: str | None = None,
        verify: bool = True,
    ) -> "TokenPayload":
        """Return the claims of a token of any type.

        Args:
            token: The token.
            key: The secret, or the PEM of the public key.
            algorithms: The algorithms that are accepted, HS256 unless given: all with a secret, or all with a
                public key.
            audience: The audiences of this service: `aud` must name one of them.
            issuer: The value that `iss` must have.
            verify: `False` skips every check. Anybody may have written such claims, so trust none of them.

        Raises:
            JWTDecodeError: The token can't be decoded, or a check fails; see the subclasses.
            BadConfigurationError: The key doesn't fit the algorithms.
        """
        if not verify:
            return _unverified_payload(token)

        engine = verifying_engine(key, algorithms, audience, issuer)
        requirement = _authx.Requirement.of_every_type()
        return engine.verify_without_stores(requirement, encodable(token), "headers", None, False, clock.now()).payload


class RequestToken(BaseModel):
    """A token that was found in a request, not verified yet.

    Its `repr` shows neither the token nor its CSRF value.

    Example:
        ```python
        request_token = await auth.get_access_token_from_request(request)
        payload = auth.verify_token(request_token)
        ```
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    token: str = Field(description="The token to verify", repr=False)
    csrf: str | None = Field(default=None, repr=False)
    """The CSRF value in the request."""

    type: TokenType = "access"
    """The type that it was looked for as."""

    location: TokenLocation | WebSocketTokenLocation
    """Where in the request it was found."""

    _csrf_required: bool | None = PrivateAttr(default=None)

    @property
    def csrf_required(self) -> bool:
        """Whether the CSRF value must match.

        The settings and the request's method decide. Without a request it must match if the location is `cookies`.
        """
        return self.location == "cookies" if self._csrf_required is None else self._csrf_required

    def verify(
        self,
        key: str | SecretStr,
        algorithms: Sequence[AlgorithmType] | None = None,
        audience: str | Sequence[str] | None = None,
        issuer: str | None = None,
        verify_jwt: bool = True,
        verify_type: bool = True,
        verify_csrf: bool = True,
        verify_fresh: bool = False,
    ) -> TokenPayload:
        """Verify this token with a key that is passed in. `AuthX.verify_token` uses the configured keys.

        Args:
            key: The secret, or the PEM of the public key.
            algorithms: The algorithms that are accepted, HS256 unless given.
            audience: The audiences of this service: `aud` must name one of them.
            issuer: The value that `iss` must have.
            verify_jwt: `False` skips the checks of signature, times, issuer and audience. Anybody may have written such
                claims, so trust none of them.
            verify_type: Whether the token must be of the type that it was looked for as.
            verify_csrf: Whether the CSRF value must match where it is required.
            verify_fresh: Whether the token must be fresh.

        Raises:
            JWTDecodeError: The token can't be decoded, or a check fails; see the subclasses.
            TokenTypeError: It is of another type.
            FreshTokenRequiredError: It isn't fresh.
            MissingCSRFTokenError: The CSRF value is missing.
            CSRFError: The CSRF value doesn't match.
            BadConfigurationError: The key doesn't fit the algorithms.
        """
        required = _requirement_for(self, verify_type=verify_type, verify_csrf=verify_csrf, verify_fresh=verify_fresh)
        arguments = engine_arguments(self)
        if not verify_jwt:
            _authx.check_unverified(required, *arguments, clock.now())
            return _unverified_payload(self.token)

        engine = verifying_engine(key, algorithms, audience, issuer)
        return engine.verify_without_stores(required, *arguments, clock.now()).payload


class TokenResponse(BaseModel):
    """An access token and a refresh token, in the shape of an OAuth 2 token response (RFC 6749 section 5.1).

    Example:
        ```python
        @app.post("/login")
        async def login(credentials: Credentials) -> TokenResponse:
            return auth.create_token_pair(uid=await authenticate(credentials))
        ```
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    access_token: str = Field(repr=False)
    refresh_token: str = Field(repr=False)
    token_type: str = "bearer"  # noqa: S105
    expires_in: int | None = None
    """In how many seconds the access token expires; `None` if that is not known, or it never does."""

    _hidden: frozenset[str] = PrivateAttr(default=frozenset())
    """Fields that the body lacks, see `LoginTokens`. Here, for routes that return those as a `TokenResponse`."""

    # Without a return type, from which OpenAPI would describe it instead of from the fields.
    @model_serializer(mode="wrap")
    def _shown(self, serialize: SerializerFunctionWrapHandler):  # type: ignore[no-untyped-def]  # noqa: ANN202
        fields = {name: value for name, value in serialize(self).items() if name not in self._hidden}
        if self.expires_in is None:
            # A number where it is there at all (RFC 6749 section 5.1), so that clients need no case for null.
            fields.pop("expires_in", None)
        return fields


P = TypeVar("P", default=TokenPayload)
"""What handlers get: a `TokenPayload`, or the application's own model."""


def validated(claims: Mapping[str, Any], model: type[P]) -> P:
    """Create a model from claims.

    Raises:
        JWTDecodeError: They don't fit the model. The message names the claims, and shows no values.
    """
    try:
        return cast("P", cast("type[BaseModel]", model).model_validate(claims))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
    # Outside `except`, so that the exception has no cause that would show the claims.
    named = ", ".join(f"{'.'.join(map(str, fault['loc'])) or 'claims'} ({fault['type']})" for fault in faults)
    raise JWTDecodeError(f"The token's claims don't fit {model.__name__}: {named}")


def request_token(found: _authx.FoundToken) -> RequestToken:
    """Convert a token that the engine found in a request. It is not verified yet."""
    # Without validation: the engine's values are valid. `_csrf_required` is a private attribute, not a field.
    return RequestToken.model_construct(
        token=found.token,
        csrf=found.csrf,
        type=found.type,
        location=found.location,
        _csrf_required=found.csrf_required,
    )


def engine_arguments(token: RequestToken) -> tuple[str, str, str | None, bool]:
    """Return what the engine gets to know about a token that was found before."""
    csrf = None if token.csrf is None else encodable(token.csrf)
    return encodable(token.token), token.location, csrf, token.csrf_required


def verify_request_token(
    engine: _authx.Engine, token: RequestToken, *, verify_type: bool, verify_csrf: bool, verify_fresh: bool
) -> _authx.Admitted:
    """Make every check except revocation, see `RequestToken.verify`."""
    required = _requirement_for(token, verify_type=verify_type, verify_csrf=verify_csrf, verify_fresh=verify_fresh)
    return engine.verify_without_stores(required, *engine_arguments(token), clock.now())


def _requirement_for(
    token: RequestToken, *, verify_type: bool, verify_csrf: bool, verify_fresh: bool
) -> _authx.Requirement:
    return _authx.Requirement(
        type=token.type,
        verify_type=verify_type,
        verify_fresh=verify_fresh,
        verify_csrf=None if verify_csrf else False,
    )


def _unverified_payload(token: str) -> TokenPayload:
    claims: Mapping[str, Any] = _authx.decode_unverified(encodable(token))
    exp = claims.get("exp")
    try:
        if isinstance(exp, int | float):
            # Converted here, because pydantic takes a large number for milliseconds.
            claims = {**claims, "exp": datetime.fromtimestamp(exp, timezone.utc)}
        return TokenPayload.model_validate(claims)
    except (ValidationError, ValueError, OverflowError, OSError):
        # `from None`, because the cause would show the claims.
        raise JWTDecodeError("Invalid token: its claims are not of the expected types") from None


def payload_json(payload: TokenPayload) -> bytes:
    """Write the claims of a verified token as the JSON of its payload."""
    now = clock.now()
    times = {name: _timestamp(getattr(payload, name), now) for name in ("exp", "nbf", "iat")}
    names = ("sub", "type", "jti", "iss", "aud", "fresh", "csrf", "scopes", "login_type", "sid")
    claims = {**payload.extra_dict, **{name: getattr(payload, name) for name in names}, **times}
    return json.dumps({name: value for name, value in claims.items() if value is not None}).encode()


def _now() -> datetime:
    return datetime.fromtimestamp(clock.now(), timezone.utc)


def _instant(claim: str, value: float | datetime | timedelta | None) -> datetime:
    timestamp = _timestamp(value, clock.now())
    if timestamp is None:
        raise TypeError(f"this token has no '{claim}' claim")
    return datetime.fromtimestamp(timestamp, timezone.utc)


def _timestamp(value: float | datetime | timedelta | None, now: float) -> float | None:
    if isinstance(value, timedelta):
        return now + value.total_seconds()
    if isinstance(value, datetime):
        return timestamp_of("a claim", value)
    return value
