"""The settings, each also read from the environment variable of its name."""

from datetime import timedelta
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from authx.exceptions import BadConfigurationError
from authx.types import (
    AlgorithmType,
    AsymmetricAlgorithmType,
    HTTPMethod,
    SameSitePolicy,
    SymmetricAlgorithmType,
    TokenLocation,
)

__all__ = ["AuthXConfig"]


def _seconds_as_number(value: Any) -> Any:
    # Elsewhere `False` means that a token never ends; here it would be none that lives for a moment.
    if isinstance(value, bool):
        raise ValueError("a duration is expected, or None where there is no limit, not a bool")  # noqa: TRY004 -- pydantic's way
    # The environment has text only, in which pydantic reads ISO 8601 but no plain number of seconds.
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _status_as_number(value: Any) -> Any:
    # Of a `Literal` pydantic takes no text, and the environment has nothing else.
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value


Duration = Annotated[timedelta, BeforeValidator(_seconds_as_number)]
"""A `timedelta`, a number of seconds, or ISO 8601 such as `PT5M`."""


class AuthXConfig(BaseSettings):
    """How tokens are made, carried and checked.

    A value comes from the constructor, else from the environment variable of the field's name, else from the
    default. In the environment lists are JSON, `JWT_TOKEN_LOCATION='["headers", "cookies"]'`; durations are
    seconds or ISO 8601; `None` is `null`.

    Settings may change while the application runs: assigning a field, or changing a list in place, holds
    from the next token and the next request on.

    Raises:
        pydantic.ValidationError: A value of the wrong kind, or a name that isn't a setting. Its text never
            shows the value, which might be a secret.

    Example:
        ```python
        config = AuthXConfig(JWT_SECRET_KEY=secret, JWT_TOKEN_LOCATION=["headers", "cookies"])
        config.JWT_COOKIE_SECURE = False  # while developing without https
        ```
    """

    model_config = SettingsConfigDict(
        extra="forbid",
        validate_default=True,
        validate_assignment=True,
        hide_input_in_errors=True,
        env_parse_none_str="null",
    )

    # Tokens

    JWT_ACCESS_TOKEN_EXPIRES: Duration | None = timedelta(minutes=15)
    """How long an access token is valid. `None`: for ever."""

    JWT_ALGORITHM: AlgorithmType = "HS256"
    """What new tokens are signed with."""

    JWT_DECODE_ALGORITHMS: list[AlgorithmType] = ["HS256"]
    """What tokens may be signed with. Unless set, that is `JWT_ALGORITHM` alone."""

    JWT_DECODE_AUDIENCE: str | list[str] | None = None
    """A token must name one of these in `aud`. `None`: as in `JWT_ENCODE_AUDIENCE`."""

    JWT_DECODE_ISSUER: str | None = None
    """A token must have this `iss`. `None`: not checked."""

    JWT_DECODE_LEEWAY: int | None = 0
    """Seconds by which other machines' clocks may differ."""

    JWT_ENCODE_AUDIENCE: str | list[str] | None = None
    """The `aud` of new tokens."""

    JWT_ENCODE_ISSUER: str | None = None
    """The `iss` of new tokens."""

    JWT_ENCODE_NBF: bool = True
    """Whether new tokens get an `nbf` claim."""

    JWT_ERROR_MESSAGE_KEY: str = "msg"
    """The member of an error's body that carries the message. Unless set, that is `message`."""

    JWT_IDENTITY_CLAIM: str = "sub"
    """The claim that names the user."""

    JWT_REFRESH_TOKEN_EXPIRES: Duration | None = timedelta(days=20)
    """How long a refresh token is valid. `None`: for ever."""

    JWT_INVALID_TOKEN_STATUS: Annotated[Literal[401, 422], BeforeValidator(_status_as_number)] = 422
    """The status of the answer to a token that can't be decoded. 401 is what RFC 6750 asks for."""

    JWT_MAX_TOKEN_SIZE: int = 8192
    """The longest token, in bytes, that is looked at."""

    # Keys

    JWT_SECRET_KEY: str | None = Field(default=None, repr=False)
    """The secret of HS256, HS384 and HS512: at least 32, 48 or 64 random bytes."""

    JWT_PRIVATE_KEY: str | None = Field(default=None, repr=False)
    """The PEM of the private key that signs with an asymmetric algorithm."""

    JWT_PUBLIC_KEY: str | None = Field(default=None, repr=False)
    """The PEM of the public key that verifies with an asymmetric algorithm."""

    JWT_PREVIOUS_SECRET_KEY: str | None = Field(default=None, repr=False)
    """The secret before the present one. It still verifies, so that a change of keys logs nobody out."""

    JWT_PREVIOUS_PUBLIC_KEY: str | None = Field(default=None, repr=False)
    """The public key before the present one. It still verifies."""

    JWT_STRICT_KEYS: bool = False
    """Whether a secret shorter than its hash is an error rather than a `WeakKeyWarning`."""

    # Where a request carries its token

    JWT_TOKEN_LOCATION: list[TokenLocation] = ["headers"]
    """Where a token is looked for, in this order."""

    JWT_ACCESS_TOKEN_LOCATION: list[TokenLocation] | None = None
    """Where an access token is looked for. `None`: as in `JWT_TOKEN_LOCATION`."""

    JWT_REFRESH_TOKEN_LOCATION: list[TokenLocation] | None = None
    """Where a refresh token is looked for. `None`: as in `JWT_TOKEN_LOCATION`."""

    JWT_HEADER_NAME: str = "Authorization"
    """The header of location `headers`."""

    JWT_HEADER_TYPE: str = "Bearer"
    """What stands before the token in the header. Empty: the header is the token alone."""

    JWT_QUERY_STRING_NAME: str = "token"
    """The parameter of location `query`."""

    JWT_JSON_KEY: str = "access_token"
    """The member of a JSON body that carries the access token, for location `json`."""

    JWT_REFRESH_JSON_KEY: str = "refresh_token"
    """The member of a JSON body that carries the refresh token, for location `json`."""

    JWT_MAX_BODY_SIZE: int = 1_048_576
    """The largest JSON body, in bytes, that is searched for a token."""

    JWT_VERIFICATION_CACHE_ENTRIES: int = 0
    """How many verified tokens are kept, so that the same token again is not verified anew. 0: none."""

    JWT_VERIFICATION_CACHE_BYTES: int = 67_108_864
    """How many bytes they may take together."""

    JWT_WEBSOCKET_ALLOWED_ORIGINS: list[str] = []
    """The origins, besides the service's own, whose pages may open a WebSocket with the cookie's token."""

    JWT_WEBSOCKET_CHECK_INTERVAL: Duration = timedelta(seconds=30)
    """How often `AuthX.websocket_guard` verifies the token of an open WebSocket again."""

    # Cookies

    JWT_ACCESS_COOKIE_NAME: str = "access_token_cookie"
    """The cookie of the access token."""

    JWT_ACCESS_COOKIE_PATH: str = "/"
    """The path below which the access cookie is sent."""

    JWT_COOKIE_CSRF_PROTECT: bool = True
    """Whether a token from a cookie needs its CSRF value beside it."""

    JWT_COOKIE_DOMAIN: str | None = None
    """The domain of all cookies. `None`: the host that set them, without its subdomains."""

    JWT_COOKIE_MAX_AGE: int | None = None
    """How many seconds cookies live. `None`: as `JWT_SESSION_COOKIE` says."""

    JWT_COOKIE_SAMESITE: SameSitePolicy | None = "lax"
    """The `SameSite` attribute. `None`: without it."""

    JWT_COOKIE_SECURE: bool = True
    """Whether cookies are sent over https only."""

    JWT_COOKIE_HTTP_ONLY: bool = True
    """Whether the token's cookies are out of reach for scripts. The CSRF cookies never are."""

    JWT_REFRESH_COOKIE_NAME: str = "refresh_token_cookie"
    """The cookie of the refresh token."""

    JWT_REFRESH_COOKIE_PATH: str = "/"
    """The path below which the refresh cookie is sent."""

    JWT_SESSION_COOKIE: bool = True
    """Whether cookies end with the browser's session, unless `JWT_COOKIE_MAX_AGE` is set."""

    # CSRF, by double submit

    JWT_ACCESS_CSRF_COOKIE_NAME: str = "csrf_access_token"
    """The cookie from which a script reads the access token's CSRF value."""

    JWT_ACCESS_CSRF_COOKIE_PATH: str = "/"
    """The path of that cookie."""

    JWT_ACCESS_CSRF_FIELD_NAME: str = "csrf_token"
    """The form field that carries the CSRF value, where `JWT_CSRF_CHECK_FORM` is on."""

    JWT_ACCESS_CSRF_HEADER_NAME: str = "X-CSRF-TOKEN"
    """The header that carries the CSRF value."""

    JWT_CSRF_CHECK_FORM: bool = False
    """Whether the CSRF value may stand in a form. Needs the package `python-multipart`."""

    JWT_CSRF_IN_COOKIES: bool = True
    """Whether setting a token's cookie also sets the cookie of its CSRF value."""

    JWT_CSRF_METHODS: list[HTTPMethod] = ["POST", "PUT", "PATCH", "DELETE"]
    """The methods that need the CSRF value."""

    JWT_REFRESH_CSRF_COOKIE_NAME: str = "csrf_refresh_token"
    """The cookie from which a script reads the refresh token's CSRF value."""

    JWT_REFRESH_CSRF_COOKIE_PATH: str = "/"
    """The path of that cookie."""

    JWT_REFRESH_CSRF_FIELD_NAME: str = "csrf_token"
    """The form field that carries the CSRF value of the refresh token."""

    JWT_REFRESH_CSRF_HEADER_NAME: str = "X-CSRF-TOKEN"
    """The header that carries the CSRF value of the refresh token."""

    # Sessions

    JWT_SESSION_TRACKING: bool = False
    """Whether a token that names a session is refused once the session is revoked, see `AuthX.create_session`."""

    JWT_SESSION_UPDATE_LAST_ACTIVE: bool = True
    """Whether a request with a session's token is noted as the session's `last_active`."""

    # Implicit refresh, see `AuthX.implicit_refresh_middleware`

    JWT_IMPLICIT_REFRESH_ROUTE_EXCLUDE: list[str] = []
    """Paths whose requests never refresh."""

    JWT_IMPLICIT_REFRESH_ROUTE_INCLUDE: list[str] = []
    """If any are given, only requests of these paths refresh."""

    JWT_IMPLICIT_REFRESH_METHOD_EXCLUDE: list[HTTPMethod] = []
    """Methods whose requests never refresh."""

    JWT_IMPLICIT_REFRESH_METHOD_INCLUDE: list[HTTPMethod] = []
    """If any are given, only requests of these methods refresh."""

    JWT_IMPLICIT_REFRESH_DELTATIME: Duration = timedelta(minutes=10)
    """How long before its end an access token is replaced."""

    JWT_IMPLICIT_REFRESH_MAX_AGE: Duration | None = None
    """How long after the login implicit refresh ends. `None`: never."""

    @property
    def is_algo_symmetric(self) -> bool:
        """Whether `JWT_ALGORITHM` signs and verifies with one secret."""
        return self.JWT_ALGORITHM in get_args(SymmetricAlgorithmType)

    @property
    def is_algo_asymmetric(self) -> bool:
        """Whether `JWT_ALGORITHM` signs with a private and verifies with a public key."""
        return self.JWT_ALGORITHM in get_args(AsymmetricAlgorithmType)

    @property
    def private_key(self) -> str:
        """The key that signs: the secret, or the private key's PEM.

        Raises:
            BadConfigurationError: It isn't set.
        """
        if self.is_algo_symmetric:
            return self._required("JWT_SECRET_KEY")
        return self._required("JWT_PRIVATE_KEY")

    @property
    def public_key(self) -> str:
        """The key that verifies: the secret, or the public key's PEM.

        Raises:
            BadConfigurationError: It isn't set.
        """
        if self.is_algo_symmetric:
            return self._required("JWT_SECRET_KEY")
        return self._required("JWT_PUBLIC_KEY")

    @property
    def previous_public_key(self) -> str | None:
        """The key that verified before: the previous secret, or the previous public key's PEM."""
        return self.JWT_PREVIOUS_SECRET_KEY if self.is_algo_symmetric else self.JWT_PREVIOUS_PUBLIC_KEY

    def has_location(self, location: str) -> bool:
        """Whether tokens, of one type at least, are looked for in this location.

        Example:
            ```python
            AuthXConfig(JWT_TOKEN_LOCATION=["cookies"]).has_location("cookies")  # True
            ```
        """
        return any(
            location in locations
            for locations in (
                self.JWT_TOKEN_LOCATION,
                self.JWT_ACCESS_TOKEN_LOCATION or (),
                self.JWT_REFRESH_TOKEN_LOCATION or (),
            )
        )

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        # Not a field: a mark, new with each assignment, by which an engine built before knows that it is old.
        self.__dict__["_revision"] = object()

    def _required(self, name: str) -> str:
        key: str | None = getattr(self, name)
        if not key:
            raise BadConfigurationError(f"JWT_ALGORITHM {self.JWT_ALGORITHM} needs a key: set {name}")
        return key
