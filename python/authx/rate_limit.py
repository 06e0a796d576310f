"""Limits on how often a client may ask."""

import math
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, Protocol

from fastapi import Request

from authx._authx import RateCounters, Requirement, address_rate_limit_key, check_rate
from authx.answers import usual_wording
from authx.authentication import Authenticator
from authx.callbacks import logger
from authx.clock import elapsed
from authx.exceptions import AuthXException, BadConfigurationError, RateLimitExceeded
from authx.route_dependencies import TokenRequired

__all__ = [
    "InMemoryBackend",
    "RateLimitBackend",
    "RateLimitedTokenRequired",
    "RateLimiter",
    "address_key",
]


class RateLimitBackend(Protocol):
    """Counts requests. One that several processes share, such as a Redis, has its own implementation.

    It may have a third method, `time_left(key, window)`, plain or `async`: the seconds until the window ends,
    or `None`. `Retry-After` goes by it; without it a refused client is told to wait for the whole window.

    Example:
        ```python
        class RedisBackend:
            def __init__(self, redis: Redis) -> None:
                self.redis = redis

            async def increment(self, key: str, window: int) -> int:
                async with self.redis.pipeline() as pipe:
                    await pipe.incr(key)
                    await pipe.expire(key, window, nx=True)
                    count, _ = await pipe.execute()
                return count

            async def reset(self, key: str) -> None:
                await self.redis.delete(key)
        ```
    """

    async def increment(self, key: str, window: int) -> int:
        """Count a request of this key, and give the number of requests in its window.

        Args:
            key: Who asks.
            window: How many seconds the window lasts, which begins with the first request of the key.
        """

    async def reset(self, key: str) -> None:
        """Forget the requests of this key."""


class InMemoryBackend:
    """Counts the requests of this process. Safe to share between threads and event loops.

    Windows that have ended are dropped. Limits with different windows count by themselves. A key that is no text,
    such as a tuple of a tenant and a user, counts as what `repr` makes of it.

    Args:
        max_keys: How many keys are counted at once. For one more, the window that ends soonest is forgotten.
        clock: Tells the time in seconds, and never goes back.
    """

    def __init__(self, *, max_keys: int = 100_000, clock: Callable[[], float] = elapsed) -> None:
        self._counters = RateCounters(max_keys)
        self._clock = clock

    async def increment(self, key: Any, window: float) -> int:
        """Count a request of this key, and give the number of requests in its window."""
        return self._counters.increment(_text(key), window, self._clock())

    async def reset(self, key: Any) -> None:
        """Forget the requests of this key."""
        self._counters.reset(_text(key))

    async def time_left(self, key: Any, window: float) -> float | None:
        """Tell how many seconds the window of this key still lasts."""
        return self._counters.time_left(_text(key), window, self._clock())


class RateLimiter:
    """A dependency that refuses a client's requests beyond a limit, with status 429 and `Retry-After`.

    Each instance counts by itself, unless several are given one backend.

    Args:
        max_requests: How many requests a window admits.
        window: How many seconds it lasts. It begins with the first request.
        backend: Counts, see `RateLimitBackend`. An `InMemoryBackend` unless given.
        key_func: Says who asks, plain or `async`: a text, or what else the backend takes. Unless given, that is the client's address. Behind
            a proxy it is the proxy's, unless the server is told to trust its headers.
        ipv6_prefix: How many bits of an IPv6 address count as one client, see `JWT_RATE_LIMIT_IPV6_PREFIX`.

    Raises:
        ValueError: A number is out of range; the text names it.

    Example:
        ```python
        @app.post("/login", dependencies=[Depends(RateLimiter(max_requests=5, window=60))])
        async def login(credentials: Credentials): ...
        ```
    """

    def __init__(
        self,
        max_requests: int = 10,
        window: int = 60,
        backend: Any | None = None,
        key_func: Callable[[Request], str | Any] | None = None,
        *,
        ipv6_prefix: int = 64,
    ) -> None:
        if not 1 <= ipv6_prefix <= 128:
            raise ValueError(f"ipv6_prefix: 1 to 128 bits are expected, not {ipv6_prefix}")
        # Nothing is counted yet; this checks the arguments.
        check_rate(math.floor(_number("max_requests", max_requests)), window, 0)
        self.max_requests = max_requests
        self.window = window
        self.backend: Any = InMemoryBackend() if backend is None else backend
        self.key_func: Callable[[Request], str | Any] = key_func or address_key(lambda: ipv6_prefix)

    async def __call__(self, request: Request) -> None:
        """Count the request, and refuse it where it is one too many.

        What the backend or `key_func` raises is logged and passed on: in doubt nobody passes.

        Raises:
            RateLimitExceeded: There were too many requests.
        """
        try:
            key = await _answer(self.key_func(request))
            counted = await _answer(self.backend.increment(key, self.window))
            requests = math.ceil(_number("the backend's increment", counted))
            time_left = None
            # Asked only of a request that is refused.
            if requests > self.max_requests and hasattr(self.backend, "time_left"):
                time_left = await _answer(self.backend.time_left(key, self.window))
                if time_left is not None and time_left < 0:
                    # What Redis says of a key that has just ended, or has no end.
                    time_left = None
        except AuthXException:
            raise
        except Exception:
            logger.exception("A request could not be counted for its rate limit, so it is refused")
            raise
        try:
            check_rate(math.floor(self.max_requests), self.window, requests, time_left)
        except RateLimitExceeded:
            # Whoever calls this by hand may have something that only resembles a request.
            if isinstance(scope := getattr(request, "scope", None), dict):
                usual_wording().ensure_handler_of(RateLimitExceeded, scope)
            raise


def address_key(ipv6_prefix: Callable[[], int]) -> Callable[[Request], str]:
    """Make a `key_func` that goes by the client's address.

    Args:
        ipv6_prefix: Gives how many bits of an IPv6 address count as one client.
    """

    def key(request: Request) -> str:
        client = request.client
        key = None if client is None else address_rate_limit_key(client.host, ipv6_prefix())
        if key is None:
            raise BadConfigurationError(
                "A rate limit by address needs to know the client's, and the server tells none: "
                "give the limiter a `key_func`"
            )
        return key

    return key


class RateLimitedTokenRequired(TokenRequired):
    """Counts the request, then verifies its token and gives the claims."""

    def __init__(self, authenticator: Authenticator[Any], requirement: Requirement, limiter: RateLimiter) -> None:
        super().__init__(authenticator, requirement)
        self._wording = authenticator.wording
        self._limiter = limiter

    async def __call__(self, request: Request, **schemes: None) -> Any:
        """Give the `TokenPayload`, or the application's own model of it."""
        self._wording.ensure_handler(request.scope)
        try:
            await self._limiter(request)
        except RateLimitExceeded as error:
            self._wording.word(error)
            raise
        return await super().__call__(request, **schemes)


def _text(key: Any) -> str:
    return key if isinstance(key, str) else repr(key)


async def _answer(value: Any | Awaitable[Any]) -> Any:
    return await value if isawaitable(value) else value


def _number(name: str, value: Any) -> float:
    if not isinstance(value, int | float):
        raise TypeError(f"{name}: a number is expected, not {type(value).__name__}")
    return value
