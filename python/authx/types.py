"""Names for the values that AuthX takes and gives."""

from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from typing_extensions import TypeVar

from authx._authx import Admitted, RevocationQuestion, SessionQuestion

__all__ = [
    "AlgorithmType",
    "AsymmetricAlgorithmType",
    "CacheStatistics",
    "DateTimeExpression",
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
]

# The default is for `AuthX()` without a model, whose user may then be anything.
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

TokenType = Literal["access", "refresh"]

Step: TypeAlias = Admitted | RevocationQuestion | SessionQuestion
"""What has to happen before a token counts: nothing, or a question that a store must answer first."""

TokenLocation = Literal["headers", "cookies", "json", "query"]
"""Where a request carries a token."""

TokenLocations = Sequence[TokenLocation]

Numeric = float | int
ObjectOrSequence: TypeAlias = T | Sequence[T]
StringOrSequence = str | Sequence[str]


class CacheStatistics(NamedTuple):
    """How a verification cache serves, and what it takes."""

    entries: int
    """How many tokens it keeps."""

    bytes: int
    """How many bytes they take, at most."""

    misses: int
    """How many tokens were looked for and not found, those among them that don't verify.

    Tokens that are found are not counted: threads that find them would wait for each other to count.
    """


DateTimeExpression = datetime | timedelta
"""An instant, or a span from now. A `datetime` without a time zone is local time, as everywhere in Python."""


class SessionStoreProtocol(Protocol):
    """Keeps sessions for `AuthX.set_session_store`. It stores a `SessionInfo` and gives back one like it.

    What a method raises while a token is checked refuses the request with status 500.
    """

    async def create(self, session: Any) -> None:
        """Keep a new session."""

    async def get(self, session_id: str) -> Any:
        """Give the session of this name, or `None`, which ends its tokens."""

    async def update(self, session_id: str, **kwargs: Any) -> None:
        """Change fields of a session, such as `last_active`.

        One that is not there must stay so: it may have been revoked a moment ago.
        """

    async def delete(self, session_id: str) -> None:
        """Forget the session of this name, or mark it as no longer active: from now on its tokens are refused."""

    async def list_by_user(self, uid: str) -> list[Any]:
        """Give the user's active sessions."""

    async def delete_all_by_user(self, uid: str) -> None:
        """Do as `delete` with all sessions of the user."""


class ModelCallback(Protocol[T_co]):
    """Finds the user that a token speaks for.

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
        """Find the user of this name, or `None`."""


class TokenCallback(Protocol):
    """Tells whether a token was revoked, by its text. Only sees tokens whose signature and claims hold.

    A plain function, an `async` one, or an object with either as `__call__`. A plain one is called on the
    event loop, so it must not block. Raising, or returning `None`, refuses the request with status 500.
    `authx.callbacks.PayloadCallback` is one that gets the token's claims instead.

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
    """Says whose request this is, for a rate limit. A plain function, or an `async` one.

    Example:
        ```python
        async def subject(request: Request) -> str:
            payload = await auth.access_token_required(request)
            return payload.sub

        limiter = RateLimiter(max_requests=100, window=60, key_func=subject)
        ```
    """

    def __call__(self, request: Any, /) -> str | Awaitable[str]:
        """Give the key under which the request is counted."""
