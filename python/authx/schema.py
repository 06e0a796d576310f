"""The values that travel between AuthX and an application.

A token's claims, a token as a request carried it, and a pair of tokens as a login answers it.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError
from typing_extensions import TypeVar

from authx import _authx, clock
from authx.engine import signing_engine, verifying_engine
from authx.exceptions import JWTDecodeError
from authx.types import AlgorithmType, TokenLocation, TokenType

__all__ = ["RequestToken", "TokenPayload", "TokenResponse"]


# The engine builds instances of this class without pydantic's validation, from claims that it has verified.
# So there must be no validator and no private attribute here: they would run for hand-made payloads only.
class TokenPayload(BaseModel):
    """The claims of a token.

    Claims that AuthX doesn't know are attributes as well, and all of them are in `extra_dict`.

    Example:
        ```python
        @app.get("/me")
        async def me(payload: TokenPayload = auth.ACCESS_REQUIRED):
            return {"user": payload.sub, "until": payload.exp, "admin": payload.has_scopes("admin:*")}
        ```
    """

    model_config = ConfigDict(extra="allow", from_attributes=True)

    jti: str | None = Field(default_factory=lambda: str(uuid.uuid4()))
    """The token's own name."""

    iss: str | None = None
    """Who issued it."""

    sub: str
    """Whom it speaks for."""

    aud: str | Sequence[str] | None = None
    """For whom it is meant."""

    exp: datetime | timedelta | None = None
    """When it ends; of a decoded token a `datetime` in UTC. A `timedelta` counts from now."""

    nbf: float | int | datetime | timedelta | None = None
    """When it begins; of a decoded token the seconds since 1970, as in the token."""

    iat: float | int | datetime | timedelta | None = Field(default_factory=lambda: int(clock.now()))
    """When it was issued; of a decoded token the seconds since 1970, as in the token."""

    type: str | None = Field(default="access")
    """`access` or `refresh`."""

    csrf: str | None = ""
    """What a request must repeat beside this token's cookie."""

    scopes: list[str] | None = None
    """What it grants."""

    fresh: bool = False
    """Whether a login issued it, rather than a refresh."""

    login_type: str | None = None
    """The kind of login that issued it."""

    sid: str | None = None
    """The session that it belongs to, see `AuthX.create_session`."""

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
            TypeError: There is no `exp`: this token doesn't end.
        """
        return _instant("exp", self.exp)

    @property
    def time_until_expiry(self) -> timedelta:
        """How long the token is still valid. Negative when it has expired.

        Raises:
            TypeError: There is no `exp`: this token doesn't end.
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
        """The claims that have no field of their own, as a new dictionary."""
        return dict(self.model_extra or {})

    def has_scopes(self, *scopes: str, all_required: bool = True) -> bool:
        """Whether this token grants the scopes.

        A granted `admin:*` covers `admin` and everything under `admin:`; a required `admin:*` is met by any
        grant under `admin:`.

        Args:
            *scopes: What is asked for.
            all_required: Whether all of them are needed, or one of them is enough.

        Example:
            ```python
            payload.has_scopes("users:read", "users:write")
            payload.has_scopes("admin", "support", all_required=False)
            ```
        """
        return _authx.has_scopes(self.scopes or [], scopes, all_required)

    def encode(
        self,
        key: str,
        algorithm: AlgorithmType = "HS256",
        ignore_errors: bool = True,
        headers: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
    ) -> str:
        """Sign these claims as they are.

        Args:
            key: The secret, or the PEM of the private key.
            algorithm: What to sign with.
            ignore_errors: Accepted for the sake of older code. Errors are never ignored.
            headers: Further members of the token's header.
            data: Further claims. Those that have a field of their own can't be among them.

        Raises:
            ValueError: An argument or a claim can't be encoded; its text names it.
            BadConfigurationError: The key doesn't fit the algorithm.
        """
        now = clock.now()
        return signing_engine(key, algorithm, login_type=self.login_type).create_token(
            # The engine knows the types there are, and names a bad one.
            self.type or "access",  # type: ignore[arg-type]
            self.sub,
            now,
            fresh=self.fresh,
            headers=headers,
            expires_at=_timestamp(self.exp, now),
            data={**self.extra_dict, **(data or {})},
            audience=self.aud,
            scopes=self.scopes,
            issuer=self.iss,
            not_before=_timestamp(self.nbf, now),
            issued_at=_timestamp(self.iat, now),
            jti=self.jti,
            csrf=self.csrf or "",
            session_id=self.sid,
        )

    @classmethod
    def decode(
        cls,
        token: str,
        key: str,
        algorithms: Sequence[AlgorithmType] | None = None,
        audience: str | Sequence[str] | None = None,
        issuer: str | None = None,
        verify: bool = True,
    ) -> "TokenPayload":
        """Read the claims of a token of any type.

        Args:
            token: The token.
            key: The secret, or the PEM of the public key.
            algorithms: What it may be signed with, HS256 unless given. All with a secret, or all with a
                public key.
            audience: Who we are: `aud` must name one of these.
            issuer: What `iss` must be.
            verify: `False` reads the claims of a token that anybody may have written. Trust nothing in it.

        Raises:
            JWTDecodeError: The token can't be read or doesn't hold; see the subclasses.
            BadConfigurationError: The key doesn't fit the algorithms.
        """
        if not verify:
            return _unverified_payload(token)

        engine = verifying_engine(key, algorithms, audience, issuer)
        requirement = _authx.Requirement(verify_type=False, verify_csrf=False)
        return engine.verify_without_stores(requirement, token, "headers", None, False, clock.now()).payload


class RequestToken(BaseModel):
    """A token as a request carried it, not verified yet.

    Its representation shows neither the token nor its CSRF value.

    Example:
        ```python
        request_token = await auth.get_access_token_from_request(request)
        payload = auth.verify_token(request_token)
        ```
    """

    token: str = Field(description="The token to verify", repr=False)
    csrf: str | None = Field(default=None, repr=False)
    """The CSRF value that the request presented beside the token."""

    type: TokenType = "access"
    """What the request presented it as."""

    location: TokenLocation
    """Where in the request it was."""

    _csrf_required: bool | None = PrivateAttr(default=None)

    @property
    def csrf_required(self) -> bool:
        """Whether the CSRF value must match.

        Settings and the request's method decide; of a token that came from no request, whether it stands for a
        cookie.
        """
        return self.location == "cookies" if self._csrf_required is None else self._csrf_required

    def verify(
        self,
        key: str,
        algorithms: Sequence[AlgorithmType] | None = None,
        audience: str | Sequence[str] | None = None,
        issuer: str | None = None,
        verify_jwt: bool = True,
        verify_type: bool = True,
        verify_csrf: bool = True,
        verify_fresh: bool = False,
    ) -> TokenPayload:
        """Check this token with a key of your own choice. `AuthX.verify_token` goes by the configuration.

        Args:
            key: The secret, or the PEM of the public key.
            algorithms: What it may be signed with, HS256 unless given.
            audience: Who we are: `aud` must name one of these.
            issuer: What `iss` must be.
            verify_jwt: `False` reads the claims and checks nothing at all. Trust nothing in them.
            verify_type: Whether the token must be of the type that it was presented as.
            verify_csrf: Whether the CSRF value must match where it is required.
            verify_fresh: Whether the token must be fresh.

        Raises:
            JWTDecodeError: The token can't be read or doesn't hold; see the subclasses.
            TokenTypeError: It is of another type.
            FreshTokenRequiredError: It isn't fresh.
            MissingCSRFTokenError: The CSRF value is absent.
            CSRFError: The CSRF value is another one.
            BadConfigurationError: The key doesn't fit the algorithms.
        """
        if not verify_jwt:
            return _unverified_payload(self.token)

        engine = verifying_engine(key, algorithms, audience, issuer)
        verified = verify_request_token(
            engine, self, verify_type=verify_type, verify_csrf=verify_csrf, verify_fresh=verify_fresh
        )
        return verified.payload


class TokenResponse(BaseModel):
    """An access token and a refresh token, in the shape of an OAuth 2 token response.

    Example:
        ```python
        @app.post("/login")
        async def login(credentials: Credentials) -> TokenResponse:
            return auth.create_token_pair(uid=await authenticate(credentials))
        ```
    """

    access_token: str = Field(repr=False)
    refresh_token: str = Field(repr=False)
    token_type: str = "bearer"  # noqa: S105


P = TypeVar("P", default=TokenPayload)
"""What handlers get of a token: `TokenPayload`, or the application's own model."""


def validated(claims: Mapping[str, Any], model: type[P]) -> P:
    """Make a model of claims.

    Raises:
        JWTDecodeError: They don't fit. The text names the claims at fault and shows none of their values.
    """
    try:
        return cast("P", cast("type[BaseModel]", model).model_validate(claims))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
    # Not within `except`: the cause would show the claims.
    named = ", ".join(f"{'.'.join(map(str, fault['loc'])) or 'claims'} ({fault['type']})" for fault in faults)
    raise JWTDecodeError(f"The token's claims don't fit {model.__name__}: {named}")


def request_token(found: _authx.FoundToken) -> RequestToken:
    """Give a token that was found in a request, which is not verified yet."""
    # As it is: the engine's words need no validation, and `csrf_required` is no field.
    return RequestToken.model_construct(
        token=found.token,
        csrf=found.csrf,
        type=found.type,
        location=found.location,
        _csrf_required=found.csrf_required,
    )


def verify_request_token(
    engine: _authx.Engine, token: RequestToken, *, verify_type: bool, verify_csrf: bool, verify_fresh: bool
) -> _authx.Admitted:
    """Have an engine make every check of a token but revocation, see `RequestToken.verify`."""
    requirement = _authx.Requirement(
        type=token.type,
        verify_type=verify_type,
        verify_fresh=verify_fresh,
        verify_csrf=None if verify_csrf else False,
    )
    return engine.verify_without_stores(
        requirement, token.token, token.location, token.csrf, token.csrf_required, clock.now()
    )


def _unverified_payload(token: str) -> TokenPayload:
    claims: Mapping[str, Any] = _authx.decode_unverified(token)
    exp = claims.get("exp")
    try:
        if isinstance(exp, int | float):
            # Told outright: pydantic would take a large number for milliseconds.
            claims = {**claims, "exp": datetime.fromtimestamp(exp, timezone.utc)}
        return TokenPayload.model_validate(claims)
    except (ValidationError, ValueError, OverflowError, OSError):
        # Without the cause: it would show the claims.
        raise JWTDecodeError("Invalid token: its claims are not of the expected kinds") from None


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
        return value.timestamp()
    return value
