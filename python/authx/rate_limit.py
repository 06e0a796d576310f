"""Limits on the requests of a client."""

import math
from collections.abc import Awaitable, Callable
from datetime import timedelta
from inspect import isawaitable
from typing import Annotated, Any, Protocol

from fastapi.security import SecurityScopes
from starlette.requests import HTTPConnection

from authx._authx import RateCounters, Requirement, address_rate_limit_key, check_rate
from authx.answers import usual_wording
from authx.arguments import check_instance, seconds_of
from authx.authentication import Authenticator
from authx.callbacks import logger
from authx.clock import elapsed
from authx.exceptions import AuthXException, BadConfigurationError, RateLimitExceeded
from authx.factory import FactoryArgument
from authx.route_dependencies import TokenRequired
from authx.types import Duration

__all__ = [
    "InMemoryBackend",
    "RateLimitBackend",
    "RateLimitedTokenRequired",
    "RateLimiter",
    "address_key",
]


class RateLimitBackend(Protocol):
    """Counts requests. Implement it for a store that several processes share, such as Redis.

    It may have a third method, `time_left(key, window)`, plain or `async`: the seconds until the window ends,
    or `None`. `Retry-After` is that time; without the method it is the length of the window.

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
        """Count a request of this key, and return the number of requests in its window.

        Args:
            key: What requests are counted by, such as an address.
            window: The length of the window in seconds. It begins with the first request of the key.
        """

    async def reset(self, key: str) -> None:
        """Remove the count of this key."""


class InMemoryBackend:
    """Counts the requests of this process. Safe to share between threads and event loops.

    Windows that have ended are dropped. Limits with different windows are counted separately. A key that is not a
    string, such as a tuple of a tenant and a user, is counted under its `repr`.

    Args:
        max_keys: How many keys are counted at once. For one more, the window that ends soonest is dropped.
        clock: Returns the time in seconds, and never decreases.
    """

    def __init__(self, *, max_keys: int = 100_000, clock: Callable[[], float] = elapsed) -> None:
        self._counters = RateCounters(max_keys)
        self._clock = clock

    def __deepcopy__(self, memo: dict[int, Any]) -> "InMemoryBackend":
        # What is limited once must not be counted from zero by a copy.
        return self

    async def increment(self, key: Any, window: float) -> int:
        """Count a request of this key, and return the number of requests in its window."""
        return self._counters.increment(_string(key), window, self._clock())

    async def reset(self, key: Any) -> None:
        """Remove the count of this key."""
        self._counters.reset(_string(key))

    async def time_left(self, key: Any, window: float) -> float | None:
        """Return the seconds until the window of this key ends."""
        return self._counters.time_left(_string(key), window, self._clock())


class RateLimiter:
    """A dependency that refuses a client's requests beyond a limit, with status 429 and `Retry-After`.

    Each instance has its own counts, unless several share a backend.

    Args:
        max_requests: How many requests are allowed in a window.
        window: The length of the window, in seconds or as a `timedelta`. It begins with the first request.
        backend: Counts the requests, see `RateLimitBackend`. An `InMemoryBackend` unless given.
        key_func: Returns the key to count a request under, a string or whatever the backend accepts; plain or `async`.
            The client's address unless given. Behind a proxy that is the proxy's address, unless the server is
            configured to trust the proxy's headers.
        ipv6_prefix: How many bits of an IPv6 address count as one client, see `JWT_RATE_LIMIT_IPV6_PREFIX`.

    Raises:
        ValueError: A number is out of range; the message names it.

    Example:
        ```python
        @app.post("/login", dependencies=[Depends(RateLimiter(max_requests=5, window=60))])
        async def login(credentials: Credentials): ...
        ```
    """

    def __init__(
        self,
        max_requests: Annotated[int, FactoryArgument("RateLimiter()")] = 10,
        window: Duration = 60,
        backend: Any | None = None,
        key_func: Callable[[Any], str | Any] | None = None,
        *,
        ipv6_prefix: int = 64,
    ) -> None:
        check_instance("ipv6_prefix", ipv6_prefix, int, "a number of bits")
        if not 1 <= ipv6_prefix <= 128:
            raise ValueError(f"ipv6_prefix: 1 to 128 bits are expected, not {ipv6_prefix}")
        if isinstance(window, timedelta):
            # Backends get a number, and a whole one where it is: Redis accepts no other.
            seconds = window.total_seconds()
            window = int(seconds) if seconds.is_integer() else seconds
        # Called for their checks of the arguments.
        check_rate(_whole("max_requests", max_requests), seconds_of("window", window), 0)
        if not (backend is None or (hasattr(backend, "increment") and not isinstance(backend, type))):
            check_instance("backend", backend, InMemoryBackend, "a RateLimitBackend")
        if not (key_func is None or callable(key_func)):
            raise TypeError(f"key_func: a function is expected, not {type(key_func).__name__}")
        self.max_requests = max_requests
        self.window = window
        self.backend: Any = InMemoryBackend() if backend is None else backend
        self.key_func: Callable[[Any], str | Any] = key_func or address_key(lambda: ipv6_prefix)

    def __deepcopy__(self, memo: dict[int, Any]) -> "RateLimiter":
        # The same dependency, as a copy of a function: a copied router has the same limit, and overrides apply.
        return self

    async def __call__(self, request: HTTPConnection) -> None:
        """Count the request, and refuse it if it exceeds the limit.

        What the backend or `key_func` raises is logged and passed on, which refuses the request.

        Raises:
            RateLimitExceeded: There were too many requests.
        """
        try:
            key = await _answer(self.key_func(request))
            counted = await _answer(self.backend.increment(key, self.window))
            requests = math.ceil(_number("the backend's increment", counted))
            time_left = None
            # Needed only for a request that is refused.
            if requests > self.max_requests and hasattr(self.backend, "time_left"):
                time_left = await _answer(self.backend.time_left(key, self.window))
                if time_left is not None and time_left < 0:
                    # Redis returns -2 for a key that has just expired, and -1 for one without expiry.
                    time_left = None
        except AuthXException:
            raise
        except Exception:
            logger.exception("A request could not be counted for its rate limit, so it is refused")
            raise
        try:
            check_rate(math.floor(self.max_requests), self.window, requests, time_left)
        except RateLimitExceeded:
            # Code that calls this directly may pass an object that only resembles a request.
            if isinstance(scope := getattr(request, "scope", None), dict):
                usual_wording().ensure_handler_of(RateLimitExceeded, scope)
            raise


def address_key(ipv6_prefix: Callable[[], int]) -> Callable[[HTTPConnection], str]:
    """Create a `key_func` that returns the client's address.

    Args:
        ipv6_prefix: Returns how many bits of an IPv6 address count as one client.
    """

    def key(request: HTTPConnection) -> str:
        client = request.client
        key = None if client is None else address_rate_limit_key(client.host, ipv6_prefix())
        if key is None:
            raise BadConfigurationError(
                "A rate limit by address needs the client's address, and the server doesn't provide it: "
                "give the limiter a `key_func`"
            )
        return key

    return key


class RateLimitedTokenRequired(TokenRequired):
    """Counts the request, then verifies its token and returns the claims."""

    def __init__(self, authenticator: Authenticator[Any], requirement: Requirement, limiter: RateLimiter) -> None:
        super().__init__(authenticator, requirement)
        self._wording = authenticator.wording
        self._events = authenticator.events
        self._limiter = limiter

    async def __call__(
        self, request: HTTPConnection, security_scopes: SecurityScopes | None = None, **schemes: None
    ) -> Any:
        """Return the `TokenPayload`, or an instance of the `payload_model`."""
        self._wording.ensure_handler(request.scope)
        try:
            await self._limiter(request)
        except RateLimitExceeded as error:
            self._events.notice_refusal(error, request.scope)
            self._wording.word(error)
            raise
        return await super().__call__(request, security_scopes, **schemes)


def _whole(name: str, value: Any) -> int:
    number = _number(name, value)
    if not abs(number) < 2**63:
        raise ValueError(f"{name}: a number of requests is expected that fits 64 bits")
    return math.floor(number)


def _string(key: Any) -> str:
    return key if isinstance(key, str) else repr(key)


async def _answer(value: Any | Awaitable[Any]) -> Any:
    return await value if isawaitable(value) else value


def _number(name: str, value: Any) -> float:
    if not isinstance(value, int | float):
        raise TypeError(f"{name}: a number is expected, not {type(value).__name__}")
    return value
