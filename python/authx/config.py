"""The settings, each also read from the environment variable of its name."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, get_args

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from typing_extensions import TypedDict

from authx._authx import duration_seconds, string_list
from authx.arguments import unicode_fault
from authx.exceptions import BadConfigurationError
from authx.types import (
    AlgorithmType,
    AsymmetricAlgorithmType,
    HTTPMethod,
    SameSitePolicy,
    SymmetricAlgorithmType,
    TokenLocation,
    WebSocketTokenLocation,
)

__all__ = ["AuthXConfig", "TokenTypeSettings"]

_Read = TypeVar("_Read")


def _read(reader: Callable[[str], _Read | None], string: str) -> _Read | None:
    """Have the engine read a string, which it can't get if that is not Unicode."""
    return reader(string) if unicode_fault("", string) is None else None


def _seconds_as_number(value: Any) -> Any:
    # In other packages `False` means that a token never expires; here it would be a duration of 0 seconds.
    if isinstance(value, bool):
        raise ValueError("a duration is expected, or None where there is no limit, not a bool")  # noqa: TRY004 -- pydantic's way
    # The engine reads a string, so that every service reads the same environment alike.
    if isinstance(value, str):
        seconds = _read(duration_seconds, value)
        if seconds is None:
            raise ValueError("a duration is expected: seconds (900), with a unit (15m), 00:15:00 or PT15M")
        return seconds
    return value


def _whole_seconds(value: Any) -> Any:
    if isinstance(value, str) and not value.strip().lstrip("+-").isdecimal():
        seconds = _read(duration_seconds, value)
        if seconds is None or not seconds.is_integer():
            raise ValueError("a whole number of seconds is expected, or a duration such as 15m or PT15M")
        return int(seconds)
    return value


def _json_or_string(name: str, field: Any, value: Any) -> Any:
    try:
        decoded = json.loads(value)
    except ValueError:
        return value
    # An audience of digits is a string, and no number.
    return decoded if isinstance(decoded, list | dict) else value


def _list_of(convert: Callable[[str], str]) -> BeforeValidator:
    """Read a list from a string, as the engine does, and each of its items by `convert`."""

    def read(value: Any) -> Any:
        if isinstance(value, str):
            items = _read(string_list, value)
            if items is None:
                raise ValueError("a list is expected: strings between commas, or a JSON array of strings; [] is empty")
            value = items
        if isinstance(value, list | tuple):
            return [convert(item) if isinstance(item, str) else item for item in value]
        return value

    return BeforeValidator(read)


def _names(value: Any) -> Any:
    # One name may contain anything, so only a JSON array is a list.
    if isinstance(value, str) and value.lstrip().startswith("["):
        items = _read(string_list, value)
        if items is None:
            raise ValueError("a string or a JSON array of strings is expected")
        return items
    return value


_Names = Annotated[str | list[str] | None, BeforeValidator(_names)]
_Locations = Annotated[list[TokenLocation], _list_of(str.lower)]
_WebSocketLocations = Annotated[list[WebSocketTokenLocation], _list_of(str.lower)]
_Methods = Annotated[list[HTTPMethod], _list_of(str.upper)]
_Strings = Annotated[list[str], _list_of(str)]
_WholeSeconds = Annotated[int | None, BeforeValidator(_whole_seconds)]


def _status_as_number(value: Any) -> Any:
    # Environment variables are strings, which pydantic doesn't convert to the integers of a `Literal`.
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value


def _in_lower_case(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _without_values(refused: ValidationError) -> ValidationError:
    """Return the same error without the values, which `errors()` and `json()` would show: one may be a secret."""
    faults = [
        InitErrorDetails(type=PydanticCustomError(fault["type"], fault["msg"]), loc=fault["loc"], input="hidden")
        for fault in refused.errors(include_url=False, include_input=False)
    ]
    return ValidationError.from_exception_data(refused.title, faults, hide_input=True)


Duration = Annotated[timedelta, BeforeValidator(_seconds_as_number)]
"""A `timedelta`, a number of seconds, or ISO 8601 such as `PT5M`."""


class TokenTypeSettings(TypedDict, total=False):
    """What a type of token has of its own, in `JWT_TOKEN_TYPES`."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]

    expires: Duration | None
    """How long a token of this type is valid; `None`: without end."""

    locations: _Locations
    """Where it is looked for, and nowhere else."""


class AuthXConfig(BaseSettings):
    """The settings for creating, transporting and verifying tokens.

    A value comes from the constructor, else from the environment variable of the field's name, else from the
    default. In the environment lists are strings between commas or JSON, `JWT_TOKEN_LOCATION=headers,cookies`; durations
    are seconds, `15m`, or ISO 8601; `None`, which leaves a setting unset or switches it off, is `null`.

    Settings may change while the application runs: assigning a field, or changing a list in place, takes effect
    with the next token and the next request.

    Raises:
        pydantic.ValidationError: A value has the wrong type, or a name isn't a setting. The message never shows
            the value, which might be a secret.

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

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *args: Any, **sources: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Have the environment read lists that are no JSON, which pydantic refuses before a validator sees them."""
        chosen = super().settings_customise_sources(settings_cls, *args, **sources)
        for source in chosen:
            reader: Any = source
            reader.decode_complex_value = _json_or_string
        return chosen

    # The docstrings are copies of the engine's table of settings; a test compares them.

    # Keys and algorithms

    JWT_ALGORITHM: AlgorithmType = "HS256"
    """The algorithm that signs new tokens."""

    JWT_DECODE_ALGORITHMS: Annotated[list[AlgorithmType], _list_of(str)] = []
    """The algorithms that a token may have. Empty: only `JWT_ALGORITHM`, which must otherwise be in the list. An
    algorithm without a configured key has no effect; a key pair that fits none of them is an error."""

    JWT_SECRET_KEY: str | None = Field(default=None, repr=False)
    """The shared secret of the HS algorithms. At least 32 random bytes for HS256, 48 for HS384, 64 for HS512."""

    JWT_PREVIOUS_SECRET_KEY: str | None = Field(default=None, repr=False)
    """The previous shared secret. Tokens that it signed stay valid until they expire."""

    JWT_PRIVATE_KEY: str | None = Field(default=None, repr=False)
    """The private key of the other algorithms, as PEM: PKCS#8, PKCS#1 or SEC1, not encrypted. Certificates beside it are
    ignored."""

    JWT_PUBLIC_KEY: str | None = Field(default=None, repr=False)
    """The public key of the other algorithms, as PEM: SPKI, PKCS#1 or a certificate, or as a line of OpenSSH. Of a
    certificate only the key counts, and not its dates. Not needed if the private key is set. Without the private key,
    tokens can be verified but not issued."""

    JWT_PREVIOUS_PUBLIC_KEY: str | None = Field(default=None, repr=False)
    """The previous public key. Tokens that its private key signed stay valid until they expire."""

    JWT_STRICT_KEYS: bool = False
    """Whether a shared secret that is shorter than its hash is an error rather than a warning."""

    # What tokens say

    JWT_ACCESS_TOKEN_EXPIRES: Duration | None = timedelta(minutes=15)
    """How long an access token is valid. Switched off: without end; only then is a token of this type accepted
    without `exp`."""

    JWT_REFRESH_TOKEN_EXPIRES: Duration | None = timedelta(days=20)
    """How long a refresh token is valid. Switched off: without end; only then is a token of this type accepted
    without `exp`."""

    JWT_TOKEN_TYPES: dict[str, TokenTypeSettings] = {}
    """Types of token of the application's own, such as `password_reset`, that have a lifetime (`expires`) or
    `locations` of their own. A type without them, and one that is not listed, has the lifetime of access tokens
    and their locations without `cookies`."""

    JWT_IDENTITY_CLAIM: str = "sub"
    """The claim that names the user."""

    JWT_ENCODE_AUDIENCE: _Names = None
    """The `aud` of new tokens."""

    JWT_ENCODE_ISSUER: str | None = None
    """The `iss` of new tokens."""

    JWT_ENCODE_NBF: bool = True
    """Whether new tokens have `nbf`, the instant of their issue."""

    JWT_DECODE_AUDIENCE: _Names = None
    """The audiences of this service: a token's `aud` must name one of them. Unset: those of `JWT_ENCODE_AUDIENCE`.
    Where neither is set, a token with `aud` is refused."""

    JWT_DECODE_ISSUER: str | None = None
    """The issuer that a token's `iss` must name. Unset: not checked."""

    JWT_DECODE_LEEWAY: _WholeSeconds = 0
    """How far other machines' clocks may be off, for `exp`, `nbf` and `iat`. In Python a whole number of seconds."""

    JWT_MAX_TOKEN_SIZE: int = 8192
    """The longest token that is accepted, in bytes."""

    JWT_VERIFICATION_CACHE_ENTRIES: int = 0
    """How many verified tokens each process caches, so that a repeated token is neither verified nor parsed again;
    0: none. All other checks, including revocation, are made each time."""

    JWT_VERIFICATION_CACHE_BYTES: int = 67_108_864
    """How many bytes the cached tokens may take together, at least 65536."""

    # Where tokens travel

    JWT_TOKEN_LOCATION: _Locations = ["headers"]
    """Where a token is looked for, in this order."""

    JWT_ACCESS_TOKEN_LOCATION: _Locations | None = None
    """Where an access token is looked for. Unset: as in `JWT_TOKEN_LOCATION`."""

    JWT_REFRESH_TOKEN_LOCATION: _Locations | None = None
    """Where a refresh token is looked for. Unset: as in `JWT_TOKEN_LOCATION`."""

    JWT_HEADER_NAME: str = "Authorization"
    """The header that carries a token."""

    JWT_HEADER_TYPE: str = "Bearer"
    """The scheme before the token in the header, compared without regard to case. Empty: the header is the token
    alone."""

    JWT_QUERY_STRING_NAME: str = "token"
    """The parameter of the query string that carries a token. Query strings end up in logs; use this location
    where nothing else works."""

    JWT_JSON_KEY: str = "access_token"
    """The field of a JSON body that carries the access token."""

    JWT_REFRESH_JSON_KEY: str = "refresh_token"
    """The field of a JSON body that carries the refresh token."""

    JWT_MAX_BODY_SIZE: int = 1_048_576
    """The largest JSON body that is searched for a token, in bytes."""

    # WebSockets

    JWT_WEBSOCKET_TOKEN_LOCATION: _WebSocketLocations | None = None
    """Where the token of a WebSocket's handshake is looked for, in this order. `subprotocol` is what a page sends
    with `new WebSocket(url, ["bearer", token])`. Unset: as in `JWT_TOKEN_LOCATION` and the settings for one type of
    token."""

    JWT_WEBSOCKET_ALLOWED_ORIGINS: _Strings = []
    """Origins, besides the service's own, whose pages may open a WebSocket with a token in a cookie."""

    JWT_WEBSOCKET_CHECK_INTERVAL: Duration = timedelta(seconds=30)
    """How often the token of an open, guarded WebSocket is verified again, to notice a revocation. When the token
    expires, the socket is closed at once."""

    # Cookies

    JWT_ACCESS_COOKIE_NAME: str = "access_token_cookie"
    """The cookie of the access token. The rules of the name prefixes `__Host-` and `__Secure-` are enforced."""

    JWT_ACCESS_COOKIE_PATH: str = "/"
    """The path of the access token's cookie."""

    JWT_REFRESH_COOKIE_NAME: str = "refresh_token_cookie"
    """The cookie of the refresh token."""

    JWT_REFRESH_COOKIE_PATH: str = "/"
    """The path of the refresh token's cookie."""

    JWT_COOKIE_DOMAIN: str | None = None
    """The domain of all cookies. Unset: the host that sets them, without its subdomains."""

    JWT_COOKIE_MAX_AGE: _WholeSeconds = None
    """How long all cookies live. Unset: as `JWT_SESSION_COOKIE` says. In Python a whole number of seconds."""

    JWT_SESSION_COOKIE: bool = True
    """Whether cookies end with the browser's session, unless `JWT_COOKIE_MAX_AGE` is set. If not, they end with
    their token."""

    JWT_COOKIE_SAMESITE: Annotated[SameSitePolicy | None, BeforeValidator(_in_lower_case)] = "lax"
    """The `SameSite` attribute of all cookies; `none` needs `JWT_COOKIE_SECURE`. Switched off: without the
    attribute."""

    JWT_COOKIE_SECURE: bool = True
    """Whether cookies travel over https only. Switch it off only while developing."""

    JWT_COOKIE_HTTP_ONLY: bool = True
    """Whether scripts can't read the tokens' cookies. The CSRF cookies can always be read."""

    # CSRF, by double submit

    JWT_COOKIE_CSRF_PROTECT: bool = True
    """Whether a request whose token is in a cookie must repeat the token's CSRF value."""

    JWT_CSRF_METHODS: _Methods = ["POST", "PUT", "PATCH", "DELETE"]
    """The methods that must repeat the CSRF value."""

    JWT_CSRF_IN_COOKIES: bool = True
    """Whether the CSRF value is also set as a cookie, from which the page's own scripts read it."""

    JWT_CSRF_CHECK_FORM: bool = False
    """Whether the CSRF value may also be in a form field. In Python that needs the extra `form`; in axum a
    multipart form needs the feature `multipart`."""

    JWT_ACCESS_CSRF_COOKIE_NAME: str = "csrf_access_token"
    """The cookie with the access token's CSRF value."""

    JWT_ACCESS_CSRF_COOKIE_PATH: str = "/"
    """The path of the cookie with the access token's CSRF value."""

    JWT_ACCESS_CSRF_FIELD_NAME: str = "csrf_token"
    """The form field with the access token's CSRF value."""

    JWT_ACCESS_CSRF_HEADER_NAME: str = "X-CSRF-TOKEN"
    """The header with the access token's CSRF value."""

    JWT_REFRESH_CSRF_COOKIE_NAME: str = "csrf_refresh_token"
    """The cookie with the refresh token's CSRF value."""

    JWT_REFRESH_CSRF_COOKIE_PATH: str = "/"
    """The path of the cookie with the refresh token's CSRF value."""

    JWT_REFRESH_CSRF_FIELD_NAME: str = "csrf_token"
    """The form field with the refresh token's CSRF value."""

    JWT_REFRESH_CSRF_HEADER_NAME: str = "X-CSRF-TOKEN"
    """The header with the refresh token's CSRF value."""

    # Implicit refresh, see `AuthX.implicit_refresh_middleware`

    JWT_IMPLICIT_REFRESH_DELTATIME: Duration = timedelta(minutes=10)
    """How long before its end an access token in a cookie is replaced."""

    JWT_IMPLICIT_REFRESH_MAX_AGE: Duration | None = None
    """For how long after the login access tokens are replaced. Unset: without limit."""

    JWT_IMPLICIT_REFRESH_ROUTE_INCLUDE: _Strings = []
    """The only paths whose requests replace the token. Empty: all paths."""

    JWT_IMPLICIT_REFRESH_ROUTE_EXCLUDE: _Strings = []
    """Paths whose requests never replace the token."""

    JWT_IMPLICIT_REFRESH_METHOD_INCLUDE: _Methods = []
    """The only methods whose requests replace the token. Empty: all methods."""

    JWT_IMPLICIT_REFRESH_METHOD_EXCLUDE: _Methods = []
    """Methods whose requests never replace the token."""

    # Answers

    JWT_INVALID_TOKEN_STATUS: Annotated[Literal[401, 422], BeforeValidator(_status_as_number)] = 401
    """The HTTP status of the response to a token that can't be decoded or has expired. RFC 6750 asks for 401, and
    clients refresh on nothing else; 422 is what version 1.7.1 answers."""

    JWT_UNKNOWN_SUBJECT: Annotated[Literal["refuse", "none"], BeforeValidator(_in_lower_case)] = "refuse"
    """What happens to a valid token whose user the application doesn't know, most likely because the account was
    deleted: `refuse` answers 401, `none` gives the handler no user."""

    JWT_ERROR_MESSAGE_KEY: str = "message"
    """The field of an error's body that carries the message."""

    JWT_EXPLAIN_ERRORS: bool = False
    """Whether the answer to a request without a token, or without its CSRF value, has a field `explanation` that says
    where it was looked for and why what came did not count. For development only: it tells everybody the names of
    cookies, headers and settings."""

    # Rate limits

    JWT_RATE_LIMIT_IPV6_PREFIX: Annotated[int, Field(ge=1, le=128)] = 64
    """How many leading bits of an IPv6 address count as one client in rate limits by address. A single customer
    commonly has all 2^64 addresses of a /64."""

    # Sessions, see `AuthX.create_session`

    JWT_SESSION_TRACKING: bool = False
    """Whether a token that names a session, in its `sid`, is refused unless the session is active. Tokens can be
    issued for a session only if this is on."""

    JWT_SESSION_UPDATE_LAST_ACTIVE: bool = True
    """Whether each request with a token of a session is recorded as the session's last activity."""

    JWT_REFRESH_GRACE: Duration = timedelta(seconds=30)
    """For how long a refresh token that was used may be used again, with a store of logins: the client that lost the
    answer gets the same one. After that it counts as stolen. Zero switches it off; at most an hour."""

    JWT_LOGIN_MAX_AGE: Duration | None = None
    """When a login ends, however often its tokens are refreshed, with a store of logins. Unset: never."""

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
        """The previous key that verifies: the previous secret, or the previous public key's PEM."""
        return self.JWT_PREVIOUS_SECRET_KEY if self.is_algo_symmetric else self.JWT_PREVIOUS_PUBLIC_KEY

    def has_location(self, location: str) -> bool:
        """Whether tokens, of one type at least, are looked for in this location of requests or WebSockets.

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
                *(settings.get("locations", ()) for settings in self.JWT_TOKEN_TYPES.values()),
                self.JWT_WEBSOCKET_TOKEN_LOCATION or (),
            )
        )

    if not TYPE_CHECKING:
        # Type checkers know the constructor by the fields.

        def __init__(self, **values: Any) -> None:
            try:
                super().__init__(**values)
            except ValidationError as error:
                refused = error
            else:
                return
            # Outside `except`: the context would hold the values.
            raise _without_values(refused)

    def __setattr__(self, name: str, value: Any) -> None:
        try:
            super().__setattr__(name, value)
        except ValidationError as error:
            refused: ValidationError | None = error
        else:
            refused = None
        if refused is not None:
            raise _without_values(refused)
        # Not a field: a new object with each assignment, by which `EngineSource` detects that its engine is outdated.
        self.__dict__["_revision"] = object()

    def _required(self, name: str) -> str:
        key: str | None = getattr(self, name)
        if not key:
            raise BadConfigurationError(f"JWT_ALGORITHM {self.JWT_ALGORITHM} needs a key: set {name}")
        return key
