"""Limits on the requests of a client."""

import math
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from datetime import timedelta
from inspect import isawaitable
from typing import Annotated, Any, Protocol

from fastapi import Response
from fastapi.security import SecurityScopes
from starlette.requests import HTTPConnection
from starlette.types import Scope

from authx import clock
from authx._authx import RateCounters, RateUsage, Requirement, address_rate_limit_key, rate_limit_key, rate_usage
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
    "StoreRateLimiter",
    "address_key",
]


class RateLimitBackend(Protocol):
    """Counts requests in windows of time. Implement it for a store of your own that several processes share.

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


class _LogBackend(ABC):
    """Knows when the requests of the last seconds were, so that the window is the time before each request."""

    @abstractmethod
    async def count(self, key: Any, max_requests: int, window: float) -> RateUsage:
        """Count a request of this key, if the limit admits it."""


class InMemoryBackend(_LogBackend):
    """Counts the requests of this process. Safe to share between threads and event loops.

    The window of a limit is the time before the present request. Keys without requests in it are dropped. Limits with
    different windows are counted separately. A key that is not a string, such as a tuple of a tenant and a user, is
    counted under its `repr`.

    Args:
        max_keys: How many keys are counted at once. For one more, the key whose requests end soonest is dropped.
        clock: Returns the time in seconds, and never decreases.
    """

    def __init__(self, *, max_keys: int = 100_000, clock: Callable[[], float] = elapsed) -> None:
        self._counters = RateCounters(max_keys)
        self._clock = clock

    def __deepcopy__(self, memo: dict[int, Any]) -> "InMemoryBackend":
        # What is limited once must not be counted from zero by a copy.
        return self

    async def count(self, key: Any, max_requests: int, window: float) -> RateUsage:
        """Count a request of this key, if the limit admits it."""
        return self._counters.count(_string(key), max_requests, window, self._clock())

    async def increment(self, key: Any, window: float) -> int:
        """Count a request of this key, and return the number of requests in its window."""
        return self._counters.increment(_string(key), window, self._clock())

    async def reset(self, key: Any) -> None:
        """Remove the count of this key."""
        self._counters.reset(_string(key))


class _StoreBackend(_LogBackend):
    """Counts in the store of an `AuthX`, under the name of a limit; in memory if there is none."""

    def __init__(self, authenticator: Authenticator[Any], name: str) -> None:
        self._authenticator = authenticator
        self._name = name
        self._memory = InMemoryBackend()

    async def count(self, key: Any, max_requests: int, window: float) -> RateUsage:
        authenticator = self._authenticator
        # First, because it opens a store that the settings name.
        engine = authenticator.engines.current()
        if authenticator.store is None:
            return await self._memory.count(key, max_requests, window)
        key = rate_limit_key(self._name, _string(key))
        return await authenticator.ask(authenticator.store.count, engine, key, max_requests, window, clock.now())


class RateLimiter:
    """A dependency that refuses a client's requests beyond a limit, with status 429 and `Retry-After`.

    Every response has the headers `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers), unless the
    handler returns a `Response` of its own. Each instance has its own counts, unless several share a backend; those of
    `AuthX.rate_limit` count in its store.

    Args:
        max_requests: How many requests are allowed in a window.
        window: The length of the window, in seconds or as a `timedelta`: the time before each request.
        backend: Counts the requests, see `RateLimitBackend`. An `InMemoryBackend` unless given.
        key_func: Returns the key to count a request under, a string or whatever the backend accepts; plain or `async`.
            The client's address unless given. Behind a proxy that is the proxy's address, unless the server is
            configured to trust the proxy's headers.
        ipv6_prefix: How many bits of an IPv6 address count as one client, see `JWT_RATE_LIMIT_IPV6_PREFIX`.
        name: The name of the policy in the headers, of 1 to 64 printable characters of ASCII.

    Raises:
        ValueError: A number is out of range, or the name is wrong; the message names it.

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
        name: str = "default",
    ) -> None:
        check_instance("ipv6_prefix", ipv6_prefix, int, "a number of bits")
        if not 1 <= ipv6_prefix <= 128:
            raise ValueError(f"ipv6_prefix: 1 to 128 bits are expected, not {ipv6_prefix}")
        if isinstance(window, timedelta):
            # Backends get a number, and a whole one where it is: Redis accepts no other.
            seconds = window.total_seconds()
            window = int(seconds) if seconds.is_integer() else seconds
        # Called for their checks of the arguments.
        rate_usage(_whole("max_requests", max_requests), seconds_of("window", window), 0)
        check_instance("name", name, str, "a string")
        rate_limit_key(name, "")
        if isinstance(backend, type) or not hasattr(backend, "increment"):
            check_instance("backend", backend, (_LogBackend, type(None)), "a RateLimitBackend")
        if not (key_func is None or callable(key_func)):
            raise TypeError(f"key_func: a function is expected, not {type(key_func).__name__}")
        self.name = name
        self.max_requests = max_requests
        self.window = window
        self.backend: Any = InMemoryBackend() if backend is None else backend
        self.key_func: Callable[[Any], str | Any] = key_func or address_key(lambda: ipv6_prefix)

    def __deepcopy__(self, memo: dict[int, Any]) -> "RateLimiter":
        # The same dependency, as a copy of a function: a copied router has the same limit, and overrides apply.
        return self

    async def __call__(self, request: HTTPConnection, response: Response = None) -> None:  # type: ignore[assignment]
        """Count the request, and refuse it if it exceeds the limit.

        What the backend or `key_func` raises is logged and passed on, which refuses the request.

        Args:
            request: The request.
            response: The response that gets the headers.

        Raises:
            RateLimitExceeded: There were too many requests.
        """
        # Code that calls this directly may pass an object that only resembles a request.
        scope = getattr(request, "scope", None)
        try:
            usage = await self._usage(await _answer(self.key_func(request)))
        except AuthXException:
            raise
        except Exception:
            logger.exception("A request could not be counted for its rate limit, so it is refused")
            raise
        headers = usage.headers(self.name)
        try:
            usage.check()
        except RateLimitExceeded as error:
            error.limit_headers = headers
            self._refuse(error, scope if isinstance(scope, dict) else None)
            raise
        if response is not None:
            for name, value in headers:
                response.headers.append(name, value)

    async def _usage(self, key: Any) -> RateUsage:
        if isinstance(self.backend, _LogBackend):
            return await self.backend.count(key, math.floor(self.max_requests), self.window)
        counted = await _answer(self.backend.increment(key, self.window))
        requests = math.ceil(_number("the backend's increment", counted))
        time_left = None
        # Needed only for a request that is refused.
        if requests > self.max_requests and hasattr(self.backend, "time_left"):
            time_left = await _answer(self.backend.time_left(key, self.window))
            if time_left is not None and time_left < 0:
                # Redis returns -2 for a key that has just expired, and -1 for one without expiry.
                time_left = None
        return rate_usage(math.floor(self.max_requests), self.window, requests, time_left)

    def _refuse(self, error: RateLimitExceeded, scope: Scope | None) -> None:
        if scope is not None:
            usual_wording().ensure_handler_of(RateLimitExceeded, scope)


class StoreRateLimiter(RateLimiter):
    """A limit of an `AuthX`, see `AuthX.rate_limit`."""

    def __init__(
        self,
        authenticator: Authenticator[Any],
        max_requests: int,
        window: Duration,
        key_func: Callable[[Any], Any] | None,
        name: str | None,
    ) -> None:
        engines = authenticator.engines
        super().__init__(
            max_requests,
            window,
            None if name is None else _StoreBackend(authenticator, name),
            key_func or address_key(lambda: engines.config.JWT_RATE_LIMIT_IPV6_PREFIX),
            name="default" if name is None else name,
        )
        self._authenticator = authenticator

    async def __call__(self, request: HTTPConnection, response: Response = None) -> None:  # type: ignore[assignment]
        """Count the request, and refuse it if it exceeds the limit."""
        self._authenticator.wording.ensure_handler(request.scope)
        await super().__call__(request, response)

    def _refuse(self, error: RateLimitExceeded, scope: Scope | None) -> None:
        self._authenticator.report(error, scope)


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

    def __init__(self, authenticator: Authenticator[Any], requirement: Requirement, limiter: StoreRateLimiter) -> None:
        super().__init__(authenticator, requirement, response=True)
        self._limiter = limiter

    async def __call__(
        self,
        request: HTTPConnection,
        security_scopes: SecurityScopes | None = None,
        response: Response | None = None,
        **schemes: None,
    ) -> Any:
        """Return the `TokenPayload`, or an instance of the `payload_model`."""
        await self._limiter(request, response)  # type: ignore[arg-type]
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
