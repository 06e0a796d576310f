"""Rate limits."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Annotated, Any, ClassVar

import pytest
from fastapi import Depends, FastAPI, Request, WebSocket
from fastapi.responses import PlainTextResponse

from authx import AuthX, AuthXConfig, RateLimiter, TokenPayload, exceptions
from authx.rate_limit import InMemoryBackend, RateLimitBackend
from tests.python.conftest import SECRET, change_file


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def limited(app: FastAPI, limiter: Any) -> None:
    @app.get("/", dependencies=[Depends(limiter)])
    async def route():
        return "welcome"


def test_requests_beyond_the_limit_are_refused_until_the_window_ends(app: FastAPI, client: Any, clock: Clock) -> None:
    limited(app, RateLimiter(max_requests=2, window=60, backend=InMemoryBackend(clock=clock)))

    assert [client.get("/").status for _ in range(2)] == [200, 200]
    clock.now += 53
    answer = client.get("/")
    assert (answer.status, answer.header("retry-after")) == (429, "7")
    assert answer.body == (
        b'{"message":"Rate limit exceeded. Retry after 7 seconds.","error_type":"RateLimitExceeded","retry_after":7}'
    )
    clock.now += 7
    assert client.get("/").status == 200


def test_each_address_counts_by_itself() -> None:
    limiter = RateLimiter(max_requests=1)

    def ask(client: Any) -> bool:
        try:
            asyncio.run(limiter(Request({"type": "http", "client": client})))
        except exceptions.RateLimitExceeded:
            return False
        return True

    clients = [("192.0.2.1", 1), ("192.0.2.2", 1), ("192.0.2.1", 2), ("::ffff:192.0.2.1", 3)]
    assert [ask(client) for client in clients] == [True, True, False, False]


def test_an_ipv6_client_counts_by_its_network() -> None:
    limiter = RateLimiter(max_requests=1)

    def ask(host: str) -> bool:
        try:
            asyncio.run(limiter(Request({"type": "http", "client": (host, 1)})))
        except exceptions.RateLimitExceeded:
            return False
        return True

    assert [ask(host) for host in ("2001:db8::1", "2001:DB8::2", "2001:db8:0:1::1")] == [True, False, True]


def test_clients_of_unknown_address_share_no_limit() -> None:
    limiter = RateLimiter(max_requests=1)

    with pytest.raises(exceptions.BadConfigurationError, match="key_func"):
        asyncio.run(limiter(Request({"type": "http", "client": None})))


def test_limiters_count_by_themselves_unless_they_share_a_backend(app: FastAPI, client: Any) -> None:
    shared = InMemoryBackend()
    for path, backend in [("/a", None), ("/b", None), ("/c", shared), ("/d", shared)]:

        @app.get(path, dependencies=[Depends(RateLimiter(max_requests=1, backend=backend))])
        async def route():
            return "welcome"

    assert [client.get(path).status for path in ("/a", "/b", "/c", "/d")] == [200, 200, 200, 429]


def test_reset_allows_a_client_again(app: FastAPI, client: Any) -> None:
    backend = InMemoryBackend()
    limited(app, RateLimiter(max_requests=1, backend=backend, key_func=lambda request: "key"))

    assert [client.get("/").status for _ in range(2)] == [200, 429]
    asyncio.run(backend.reset("key"))
    assert client.get("/").status == 200


@pytest.mark.parametrize("keys", [(None, None), (5, 5), (("acme", 1), ("acme", 1)), (b"x", b"x")])
def test_key_may_be_any_value(app: FastAPI, client: Any, keys: tuple[Any, Any]) -> None:
    coming = iter([*keys, "another"])
    backend = InMemoryBackend()
    limited(app, RateLimiter(max_requests=1, backend=backend, key_func=lambda request: next(coming)))

    assert [client.get("/").status for _ in range(3)] == [200, 429, 200]
    asyncio.run(backend.reset(keys[0]))
    assert asyncio.run(backend.increment(keys[0], 60)) == 1


def test_backend_gets_the_key_as_it_is(app: FastAPI, client: Any) -> None:
    class Backend:
        keys: ClassVar[list[Any]] = []

        async def increment(self, key: Any, window: int) -> float:
            self.keys.append(key)
            return float(len(self.keys))

    limited(app, RateLimiter(max_requests=1, backend=Backend(), key_func=lambda request: ("acme", 1)))

    assert [client.get("/").status for _ in range(2)] == [200, 429]
    assert Backend.keys == [("acme", 1)] * 2


def test_called_by_hand_it_reads_only_what_the_key_function_reads() -> None:
    limiter = RateLimiter(max_requests=1)
    request: Any = SimpleNamespace(client=SimpleNamespace(host="192.0.2.1"))

    asyncio.run(limiter(request))
    with pytest.raises(exceptions.RateLimitExceeded):
        asyncio.run(limiter(request))


def test_key_may_be_the_tokens_subject(app: FastAPI, client: Any, auth: Any) -> None:
    async def subject(request: Request) -> str:
        payload: TokenPayload = await auth.access_token_required(request)
        return payload.sub

    limited(app, RateLimiter(max_requests=1, key_func=subject))
    ada, bob = auth.create_access_token("ada"), auth.create_access_token("bob")

    assert [client.get("/", token=token).status for token in (ada, bob, ada)] == [200, 200, 429]
    assert client.get("/").status == 401


def test_rate_limited_gives_the_payload_and_counts_bad_tokens_too(app: FastAPI, client: Any, auth: Any) -> None:
    limited = auth.rate_limited(max_requests=2, window=60)

    @app.get("/")
    async def route(payload: TokenPayload = limited):
        return payload.sub

    token = auth.create_access_token("ada")

    assert client.get("/", token=token).json() == "ada"
    assert client.get("/", token="x").status == 401
    answer = client.get("/", token=token)
    assert (answer.status, answer.json()["error_type"]) == (429, "RateLimitExceeded")
    assert app.openapi()["paths"]["/"]["get"]["security"] == [{"AuthXBearer": []}]


@pytest.mark.parametrize("locations", [["headers"], ["json"]])
def test_rate_limited_works_for_every_location(app: FastAPI, client: Any, make_auth: Any, locations: list[str]) -> None:
    auth = make_auth(JWT_TOKEN_LOCATION=locations)

    @app.post("/", dependencies=[Depends(auth.rate_limited(max_requests=1))])
    async def route():
        return "welcome"

    token = auth.create_access_token("ada")
    options = {"token": token} if locations == ["headers"] else {"json": {"access_token": token}}
    assert [client.post("/", **options).status for _ in range(2)] == [200, 429]


class Counting:
    """A backend with the two required methods only."""

    def __init__(self) -> None:
        self.windows: list[int] = []

    async def increment(self, key: str, window: int) -> int:
        self.windows.append(window)
        return len(self.windows)

    async def reset(self, key: str) -> None:
        self.windows.clear()


def test_a_backend_without_a_remaining_time_refuses_for_the_window(app: FastAPI, client: Any) -> None:
    backend: RateLimitBackend = Counting()
    limited(app, RateLimiter(max_requests=1, window=90, backend=backend))

    assert client.get("/").status == 200
    answer = client.get("/")
    assert (answer.status, answer.header("retry-after")) == (429, "90")


@pytest.mark.parametrize("failure", [ConnectionError("no store"), None])
def test_a_backend_that_fails_allows_no_request(app: FastAPI, client: Any, caplog: Any, failure: Any) -> None:
    class Failing(Counting):
        async def increment(self, key: str, window: int) -> Any:
            if failure is not None:
                raise failure

    limited(app, RateLimiter(backend=Failing()))

    assert client.get("/").status == 500
    assert "rate limit" in caplog.text


def test_applications_own_handler_takes_precedence(app: FastAPI, client: Any) -> None:
    @app.exception_handler(exceptions.AuthXException)
    async def handle(request: Any, error: Any) -> PlainTextResponse:
        return PlainTextResponse("slow down", 418)

    limited(app, RateLimiter(max_requests=0))

    assert client.get("/").status == 418


@pytest.mark.parametrize(
    ("arguments", "named"),
    [({"max_requests": -1}, "max_requests"), ({"window": 0}, "window"), ({"window": -1}, "window")],
)
def test_number_out_of_range_is_named(auth: Any, arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        RateLimiter(**arguments)
    with pytest.raises(ValueError, match=named):
        auth.rate_limited(**arguments)


def test_requests_in_several_threads_are_all_counted() -> None:
    backend = InMemoryBackend()
    limiter = RateLimiter(max_requests=1000, backend=backend)

    def ask(_: int) -> int:
        async def ten() -> int:
            asked = [limiter(Request({"type": "http", "client": ("192.0.2.1", 1)})) for _ in range(50)]
            answers = await asyncio.gather(*asked, return_exceptions=True)
            return sum(answer is None for answer in answers)

        return asyncio.run(ten())

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(24))) == 1000


def test_windows_that_ended_are_dropped(clock: Clock) -> None:
    backend = InMemoryBackend(clock=clock)

    async def ask() -> None:
        for number in range(5000):
            await backend.increment(f"key {number}", 60)
        assert len(backend._counters) == 5000
        clock.now += 60
        await backend.increment("another", 60)

    asyncio.run(ask())
    assert len(backend._counters) == 1


def test_the_window_is_the_time_before_each_request(app: FastAPI, client: Any, clock: Clock) -> None:
    limited(app, RateLimiter(max_requests=2, window=60, backend=InMemoryBackend(clock=clock)))

    clock.now += 59
    assert [client.get("/").status for _ in range(2)] == [200, 200]
    clock.now += 2
    assert client.get("/").status == 429
    clock.now += 58
    assert client.get("/").status == 200


def test_responses_tell_the_limit_and_what_is_left(app: FastAPI, client: Any, clock: Clock) -> None:
    backend = InMemoryBackend(clock=clock)
    limited(app, RateLimiter(max_requests=2, window=60, backend=backend, name="search"))

    def told() -> tuple[str | None, str | None]:
        answer = client.get("/")
        return answer.header("ratelimit-policy"), answer.header("ratelimit")

    policy = '"search";q=2;w=60'
    assert told() == (policy, '"search";r=1;t=60')
    clock.now += 20
    assert told() == (policy, '"search";r=0;t=40')
    assert told() == (policy, '"search";r=0;t=40')


def test_each_of_several_limits_is_told(app: FastAPI, client: Any) -> None:
    one, other = RateLimiter(max_requests=5, name="one"), RateLimiter(max_requests=9, window=3600, name="other")

    @app.get("/", dependencies=[Depends(one), Depends(other)])
    async def route():
        return "welcome"

    names = [value for key, value in client.get("/").raw_headers if key == b"ratelimit"]
    assert names == [b'"one";r=4;t=60', b'"other";r=8;t=3600']


@pytest.mark.parametrize("name", ["", 'a"b', "a\\b", "a\nb", "é", "a" * 65])
def test_a_bad_name_is_an_error_that_says_so(auth: Any, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        RateLimiter(name=name)
    with pytest.raises(ValueError, match="name"):
        auth.rate_limit(name=name)


def test_a_limit_with_a_name_counts_in_the_store(client: Any, app: FastAPI, store_url: str) -> None:
    def service() -> AuthX[Any]:
        return AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET), store=store_url)

    auth = service()
    # As in another process, which only a file is shared with.
    other = auth if store_url == "memory://" else service()
    limits = {
        "/a": auth.rate_limit(2, 60, name="search"),
        "/b": other.rate_limit(2, 60, name="search"),
        "/c": auth.rate_limit(2, 60, name="another"),
        "/d": auth.rate_limit(2, 60),
    }
    for path, limit in limits.items():

        @app.get(path, dependencies=[Depends(limit)])
        async def route():
            return "welcome"

    asked = ("/a", "/b", "/a", "/b", "/c", "/d")
    assert [client.get(path).status for path in asked] == [200, 200, 429, 429, 200, 200]
    assert sum(service.event_counts["limited"] for service in {auth, other}) == 2


def test_rate_limited_counts_in_the_store_too(client: Any, app: FastAPI) -> None:
    auth: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET), store="memory://")

    reports = auth.rate_limited(2, 60, name="reports")

    @app.get("/")
    async def route(payload: TokenPayload = reports):
        return payload.sub

    @app.get("/open", dependencies=[Depends(auth.rate_limit(2, 60, name="reports"))])
    async def open_route():
        return "welcome"

    token = auth.create_access_token("ada")
    answer = client.get("/", token=token)
    assert (answer.json(), answer.header("ratelimit")) == ("ada", '"reports";r=1;t=60')
    assert [client.get("/open").status for _ in range(2)] == [200, 429]
    answer = client.get("/", token=token)
    assert (answer.status, answer.header("ratelimit")) == (429, '"reports";r=0;t=60')


def test_a_store_that_fails_lets_no_request_through(client: Any, app: FastAPI, tmp_path: Any) -> None:
    auth: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET), store=f"sqlite:///{tmp_path}/auth.db")
    limited(app, auth.rate_limit(2, 60, name="search"))
    change_file(tmp_path / "auth.db", "DROP TABLE authx_counters")

    answer = client.get("/")
    assert (answer.status, answer.header("retry-after")) == (503, "2")
    assert auth.event_counts["store_failed"] == 1


def test_memory_has_a_bound(clock: Clock) -> None:
    backend = InMemoryBackend(max_keys=3, clock=clock)

    async def ask() -> None:
        for number in range(100):
            await backend.increment("x" * 100_000 + str(number), 60)

    asyncio.run(ask())
    assert len(backend._counters) == 3
    with pytest.raises(ValueError, match="capacity"):
        InMemoryBackend(max_keys=0)


def test_a_backend_is_asked_for_the_remaining_time_only_for_a_refusal(app: FastAPI, client: Any) -> None:
    class Timing(Counting):
        asked = 0

        async def time_left(self, key: str, window: int) -> float:
            self.asked += 1
            return 7.5

    backend = Timing()
    limited(app, RateLimiter(max_requests=1, backend=backend))

    assert client.get("/").status == 200
    assert backend.asked == 0
    assert client.get("/").header("retry-after") == "8"
    assert backend.asked == 1


def test_a_limit_holds_for_websockets(app: FastAPI, client: Any, auth: Any) -> None:
    @app.websocket("/ws")
    async def socket(websocket: WebSocket, _: Annotated[None, Depends(auth.rate_limit(1, 60))]) -> None:
        await websocket.accept()

    assert client.websocket("/ws")[0]["type"] == "websocket.accept"
    refused = client.websocket("/ws")[0]
    assert (refused["type"], refused["status"]) == ("websocket.http.response.start", 429)
