"""The settings, each also read from the environment variable of its name."""

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import InitErrorDetails, PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)
from typing_extensions import TypedDict

from authx._authx import duration_seconds, read_setting, setting_reference
from authx.arguments import unicode_fault
from authx.exceptions import BadConfigurationError
from authx.types import (
    AlgorithmType,
    AsymmetricAlgorithmType,
    SameSitePolicy,
    SymmetricAlgorithmType,
    TokenLocation,
    WebSocketTokenLocation,
)
from authx.variables import Refused, Variables

__all__ = ["AuthXConfig", "TokenTypeSettings"]

_NAMES = frozenset(setting.name for setting in setting_reference())
"""The settings that the engine reads. A subclass may have fields of its own."""


def _seconds(value: Any) -> Any:
    # In other packages `False` means that a token never expires; here it would be a duration of 0 seconds.
    if isinstance(value, bool):
        raise ValueError("a duration is expected, or None where there is no limit, not a bool")  # noqa: TRY004 -- pydantic's way
    # Within `JWT_TOKEN_TYPES`; the engine has read the strings of other settings already.
    if isinstance(value, str):
        seconds = None if unicode_fault("", value) else duration_seconds(value)
        if seconds is None:
            raise ValueError("a duration is expected: seconds (900), with a unit (15m), 00:15:00 or PT15M")
        return seconds
    return value


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _in_lower_case(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [item.lower() if isinstance(item, str) else item for item in value]
    return value


def _object(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


_Names = str | list[str] | None
_Locations = Annotated[list[TokenLocation], BeforeValidator(_in_lower_case)]
_WebSocketLocations = Annotated[list[WebSocketTokenLocation], BeforeValidator(_in_lower_case)]
_Seconds = Annotated[int | float | None, BeforeValidator(_number)]
_Secret = Annotated[str | None, Field(repr=False)]


def _without_values(refused: ValidationError) -> ValidationError:
    """Return the same error without the values, which `errors()` and `json()` would show: one may be a secret."""
    faults = [
        InitErrorDetails(type=PydanticCustomError(fault["type"], fault["msg"]), loc=fault["loc"], input="hidden")
        for fault in refused.errors(include_url=False, include_input=False)
    ]
    return ValidationError.from_exception_data(refused.title, faults, hide_input=True)


Duration = Annotated[timedelta, BeforeValidator(_seconds)]
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
    are seconds, `15m`, or ISO 8601; `None`, which leaves a setting unset or switches it off, is `null` or `none`, and a
    blank variable of such a setting counts as not set. With `_env_file=".env"` the same is read from a file, whose other
    variables are ignored. A variable whose name looks like a misspelt setting causes one warning.

    Keys may be pydantic's `SecretStr`.

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
        """Have the engine read the environment and files, so that all services read them alike."""
        chosen = super().settings_customise_sources(settings_cls, *args, **sources)
        return tuple(
            Variables(source, _NAMES) if isinstance(source, EnvSettingsSource | SecretsSettingsSource) else source
            for source in chosen
        )

    @field_validator("*", mode="before")
    @classmethod
    def _read(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, Refused):
            raise ValueError(value.reason)  # noqa: TRY004 -- pydantic's way
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        if info.field_name not in _NAMES or not isinstance(value, str):
            return value
        if fault := unicode_fault(info.field_name, value):
            raise fault
        try:
            return read_setting(info.field_name, value)
        except BadConfigurationError as error:
            raise ValueError(str(error)) from None

    # The docstrings are copies of the engine's table of settings; a test compares them.

    # Keys and algorithms

    JWT_ALGORITHM: AlgorithmType = "HS256"
    """The algorithm that signs new tokens."""

    JWT_DECODE_ALGORITHMS: list[AlgorithmType] = []
    """The algorithms that a token may have. Empty: only `JWT_ALGORITHM`, which must otherwise be in the list. An
    algorithm without a configured key has no effect; a key pair that fits none of them is an error."""

    JWT_SECRET_KEY: _Secret = None
    """The shared secret of the HS algorithms. At least 32 random bytes for HS256, 48 for HS384, 64 for HS512."""

    JWT_PREVIOUS_SECRET_KEY: _Secret = None
    """The previous shared secret. Tokens that it signed stay valid until they expire."""

    JWT_PRIVATE_KEY: _Secret = None
    """The private key of the other algorithms, as PEM: PKCS#8, PKCS#1 or SEC1, not encrypted. Certificates beside it are
    ignored. The PEM may be in quotes, have `\\n` in place of line ends, or be in base64 as a whole."""

    JWT_PUBLIC_KEY: _Secret = None
    """The public key of the other algorithms, as PEM: SPKI, PKCS#1 or a certificate, or as a line of OpenSSH. Of a
    certificate only the key counts, and not its dates. Not needed if the private key is set. Without the private key,
    tokens can be verified but not issued."""

    JWT_PREVIOUS_PUBLIC_KEY: _Secret = None
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

    JWT_TOKEN_TYPES: Annotated[dict[str, TokenTypeSettings], BeforeValidator(_object)] = {}
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

    JWT_DECODE_ANY_LOGIN_TYPE: bool = False
    """Whether a token's `login_type` is left unchecked, for applications that share tokens. Otherwise it must be the
    one of this instance, and a token with one is refused where the instance has none."""

    JWT_DECODE_LEEWAY: _Seconds = 0
    """How far other machines' clocks may be off, for `exp`, `nbf` and `iat`. In Python a number of seconds."""

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

    JWT_WEBSOCKET_ALLOWED_ORIGINS: list[str] = []
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

    JWT_COOKIE_MAX_AGE: int | None = None
    """How long all cookies live. Unset: as `JWT_SESSION_COOKIE` says. In Python a whole number of seconds."""

    JWT_SESSION_COOKIE: bool = True
    """Whether cookies end with the browser's session, unless `JWT_COOKIE_MAX_AGE` is set. If not, they end with
    their token, and those of a token without end after 400 days, the longest that browsers keep one."""

    JWT_COOKIE_SAMESITE: SameSitePolicy | None = "lax"
    """The `SameSite` attribute of all cookies; `none` needs `JWT_COOKIE_SECURE`. Switched off: without the
    attribute."""

    JWT_COOKIE_SECURE: bool = True
    """Whether cookies travel over https only. Switch it off only while developing."""

    JWT_COOKIE_HTTP_ONLY: bool = True
    """Whether scripts can't read the tokens' cookies. The CSRF cookies can always be read."""

    # CSRF, by double submit

    JWT_COOKIE_CSRF_PROTECT: bool = True
    """Whether a request whose token is in a cookie must repeat the token's CSRF value."""

    JWT_CSRF_METHODS: list[str] = ["POST", "PUT", "PATCH", "DELETE"]
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

    JWT_IMPLICIT_REFRESH_ROUTE_INCLUDE: list[str] = []
    """The only paths whose requests replace the token. Empty: all paths."""

    JWT_IMPLICIT_REFRESH_ROUTE_EXCLUDE: list[str] = []
    """Paths whose requests never replace the token."""

    JWT_IMPLICIT_REFRESH_METHOD_INCLUDE: list[str] = []
    """The only methods whose requests replace the token. Empty: all methods."""

    JWT_IMPLICIT_REFRESH_METHOD_EXCLUDE: list[str] = []
    """Methods whose requests never replace the token."""

    # Answers

    JWT_INVALID_TOKEN_STATUS: Literal[401, 422] = 401
    """The HTTP status of the response to a token that can't be decoded or has expired. RFC 6750 asks for 401, and
    clients refresh on nothing else; 422 is what version 1.7.1 answers."""

    JWT_UNKNOWN_SUBJECT: Literal["refuse", "none"] = "refuse"
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

    JWT_MAX_LOGINS: int | None = None
    """How many logins a user may have at once, with a store of logins: for one more, the oldest ends. Unset: any
    number."""

    JWT_MAX_FAILED_LOGINS: int | None = None
    """How often a user name and a password may be wrong in `JWT_FAILED_LOGINS_WINDOW`, for one name from one address,
    with a store of logins: the next attempt is answered 429. For one address, whatever the name, ten times as
    often; for one name, from whatever address, twenty times as often. Unset: any number."""

    JWT_FAILED_LOGINS_WINDOW: Duration = timedelta(minutes=15)
    """In how long a time failed logins count, see `JWT_MAX_FAILED_LOGINS`."""

    JWT_REFRESH_SINGLE_USE: bool = False
    """Whether each use of a refresh token uses it up, with a store of logins, on routes that only verify it too.
    Otherwise only the exchange for the next pair uses it up."""

    JWT_STORE_URL: _Secret = None
    """The URL of the store of logins and revocations, such as `sqlite:///auth.db`. It is kept like a key, because it
    may contain a password. Unset: none, unless the application names one."""

    JWT_STORE_MAX_STALENESS: Duration = timedelta(0)
    """How old the copy of the revocations may be that each process keeps, with a store of logins: a request with an
    access token is then answered from memory, and a revocation of another process takes effect within this time.
    At least 100 milliseconds, at most an hour. Zero: there is no copy, and the store is asked each time."""

    JWT_STORE_STALE: Literal["ask", "refuse", "accept"] = "ask"
    """What happens where the copy is older, see `JWT_STORE_MAX_STALENESS`: `ask` asks the store, `refuse` answers
    503, `accept` goes by the old copy, with a warning."""

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
