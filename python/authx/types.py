"""Types of AuthX's parameters and results."""

from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from typing_extensions import TypeVar

from authx._authx import Admitted, FirstUseQuestion, LoginQuestion, RevocationQuestion, SessionQuestion

__all__ = [
    "AlgorithmType",
    "AsymmetricAlgorithmType",
    "CacheStatistics",
    "DateTimeExpression",
    "Duration",
    "HTTPMethod",
    "HTTPMethods",
    "ModelCallback",
    "Numeric",
    "ObjectOrSequence",
    "RateLimitKeyFunc",
    "SameSitePolicy",
    "SessionStoreProtocol",
    "Step",
    "StringOrSequence",
    "SymmetricAlgorithmType",
    "TokenCallback",
    "TokenLocation",
    "TokenLocations",
    "TokenType",
    "WebSocketTokenLocation",
]

# The default is for `AuthX()` without a model: its users may be of any type.
T = TypeVar("T", default=Any)
T_co = TypeVar("T_co", covariant=True)

SymmetricAlgorithmType = Literal["HS256", "HS384", "HS512"]
"""Algorithms with one secret for signing and verifying."""

AsymmetricAlgorithmType = Literal[
    "ES256", "ES256K", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA"
]
"""Algorithms with a private key for signing and a public key for verifying."""

AlgorithmType = SymmetricAlgorithmType | AsymmetricAlgorithmType

HTTPMethod = Literal["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]
HTTPMethods = Sequence[HTTPMethod]

SameSitePolicy = Literal["lax", "strict", "none"]

TokenType: TypeAlias = str
"""What a token is for, its claim `type`: `access`, `refresh`, or a type of the application's own."""

Step: TypeAlias = Admitted | RevocationQuestion | LoginQuestion | SessionQuestion | FirstUseQuestion
"""What follows verification: the token is admitted, or a store must answer a question first."""

TokenLocation = Literal["headers", "cookies", "json", "query"]
"""Where a request carries a token."""

WebSocketTokenLocation = Literal["headers", "cookies", "query", "subprotocol"]
"""Where the handshake of a WebSocket carries a token.

`subprotocol` is what a page sends with `new WebSocket(url, ["bearer", token])`.
"""

TokenLocations = Sequence[TokenLocation | WebSocketTokenLocation]

Numeric = float | int
ObjectOrSequence: TypeAlias = T | Sequence[T]
StringOrSequence = str | Sequence[str]


class CacheStatistics(NamedTuple):
    """The size and the misses of a verification cache."""

    entries: int
    """How many tokens it holds."""

    bytes: int
    """An upper bound of the bytes that they occupy."""

    misses: int
    """How many tokens were not found, including those that don't verify.

    Hits are not counted: a shared counter would make threads wait for each other on the hot path.
    """


DateTimeExpression = datetime | timedelta
"""A time, or a duration from now. A `datetime` without a time zone is local time, as usual in Python."""

Duration = timedelta | float | int
"""A duration: a `timedelta`, or a number of seconds."""


class SessionStoreProtocol(Protocol):
    """Keeps sessions for `AuthX.set_session_store`. It stores a `SessionInfo` and returns an equal one.

    If a method raises while a token is checked, the request is refused with status 500.
    """

    async def create(self, session: Any) -> None:
        """Store a new session."""

    async def get(self, session_id: str) -> Any:
        """Return the session with this id. `None` means that its tokens are refused."""

    async def update(self, session_id: str, **kwargs: Any) -> None:
        """Change fields of a session, such as `last_active`.

        It must not create a session that doesn't exist: it may have been revoked a moment ago.
        """

    async def delete(self, session_id: str) -> None:
        """Delete the session with this id, or mark it as inactive: from now on its tokens are refused."""

    async def list_by_user(self, uid: str) -> list[Any]:
        """Return the user's active sessions."""

    async def delete_all_by_user(self, uid: str) -> None:
        """Delete all sessions of the user, in the way of `delete`."""


class ModelCallback(Protocol[T_co]):
    """Finds the user that is the subject of a token.

    A plain function, an `async` one, or an object with either as `__call__`. A plain one is called on the
    event loop, so it must not block.

    Example:
        ```python
        @auth.set_callback_get_model_instance
        async def get_user(uid: str) -> User | None:
            return await users.get(uid)
        ```
    """

    def __call__(self, uid: str, /) -> T_co | Awaitable[T_co | None] | None:
        """Return the user with this id, or `None`."""


class TokenCallback(Protocol):
    """Tells whether a token was revoked. It is called with the token string, after signature and claims were checked.

    A plain function, an `async` one, or an object with either as `__call__`. A plain one is called on the
    event loop, so it must not block. If it raises or returns `None`, the request is refused with
    status 500. `authx.callbacks.PayloadCallback` gets the token's claims instead.

    Example:
        ```python
        @auth.set_callback_token_blocklist
        async def is_revoked(token: str) -> bool:
            return await blocklist.contains(token)
        ```
    """

    def __call__(self, token: str, /) -> bool | Awaitable[bool]:
        """Tell whether this token was revoked."""


class RateLimitKeyFunc(Protocol):
    """Returns the key that a rate limit counts a request under. A plain function, or an `async` one.

    Example:
        ```python
        async def subject(request: Request) -> str:
            payload = await auth.access_token_required(request)
            return payload.sub

        limiter = RateLimiter(max_requests=100, window=60, key_func=subject)
        ```
    """

    def __call__(self, request: Any, /) -> str | Awaitable[str]:
        """Return the key."""
