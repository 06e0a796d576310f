"""`authx.testing` and the pytest plugin, which applications use in their tests."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from fastapi import Depends, FastAPI, Response
from fastapi.testclient import TestClient

from authx import AuthX, AuthXConfig, RateLimiter, TokenPayload
from authx.testing import FrozenClock, log_in, refused_tokens
from authx.testing.tokens import claims_of
from tests.python.conftest import SECRET
from tests.sets import REFUSED_TOKENS

try:
    from httpx2 import ASGITransport, AsyncClient
except ImportError:  # older versions of Starlette use httpx
    from httpx import ASGITransport, AsyncClient  # type: ignore[import-not-found, no-redef]

BASE_URL = "https://testserver"


def auth_of(**settings: Any) -> AuthX[Any, Any]:
    return AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, **settings))


def application(auth: AuthX[Any, Any]) -> FastAPI:
    app = FastAPI()
    auth.handle_errors(app)

    @app.get("/me")
    @app.post("/me")
    async def me(payload: TokenPayload = Depends(auth.access_token_required)) -> str:
        return payload.sub

    @app.get("/claims")
    async def claims(payload: TokenPayload = Depends(auth.access_token_required)) -> dict[str, Any]:
        return payload.model_dump(mode="json")

    @app.post("/refresh")
    async def refresh(response: Response, payload: TokenPayload = Depends(auth.refresh_token_required)) -> str:
        if "cookies" in auth.config.JWT_TOKEN_LOCATION:
            auth.set_access_cookies(auth.create_access_token(payload.sub), response)
        return payload.sub

    return app


def client_of(auth: AuthX[Any, Any], base_url: str = BASE_URL) -> TestClient:
    return TestClient(application(auth), base_url=base_url)


class TestFrozenClock:
    def test_token_lives_as_long_as_the_clock_says(self) -> None:
        auth = auth_of(JWT_ACCESS_TOKEN_EXPIRES=timedelta(minutes=15))
        client = client_of(auth)
        with FrozenClock() as clock:
            log_in(client, auth, "ada")
            clock.advance(minutes=15, seconds=-1)
            assert client.get("/me").json() == "ada"
            clock.advance(1)
            assert client.get("/me").json()["error_type"] == "TokenExpiredError"

    def test_it_shows_the_time_it_was_set_to(self) -> None:
        noon = datetime(2030, 1, 1, 12, tzinfo=timezone.utc)
        with FrozenClock(noon) as clock:
            assert clock.now == noon
            clock.advance(timedelta(hours=1), minutes=1)
            assert clock.now == noon + timedelta(hours=1, minutes=1)
            assert claims_of(auth_of().create_access_token("ada"))["iat"] == clock.now.timestamp()
            clock.set(0)
            assert repr(clock) == "FrozenClock(1970-01-01T00:00:00+00:00)"
            assert TokenPayload(sub="ada").iat == 0

    def test_advancing_never_goes_back(self) -> None:
        clock = FrozenClock(1_000)
        with pytest.raises(ValueError, match=r"duration: -1.0 s is negative"):
            clock.advance(1, seconds=-2)
        assert clock.time() == 1_000

    def test_monotonic_time_does_not_go_back(self) -> None:
        clock = FrozenClock(1_000)
        before = clock.monotonic()
        clock.set(1_060)
        clock.set(1_000)
        assert clock.monotonic() == before + 60

    def test_window_that_began_before_the_block_ends_on_time(self) -> None:
        app = FastAPI()
        limiter = RateLimiter(max_requests=1, window=60)

        @app.get("/limited", dependencies=[Depends(limiter)])
        async def limited() -> str:
            return "in"

        client = TestClient(app)
        assert client.get("/limited").status_code == 200
        with FrozenClock() as clock:
            assert client.get("/limited").status_code == 429
            clock.advance(60)
            assert client.get("/limited").status_code == 200

    def test_end_of_a_block_restores_the_clock(self) -> None:
        def issued_at() -> int:
            return int(claims_of(auth.create_access_token("ada"))["iat"])

        auth = auth_of()
        real = issued_at()
        with FrozenClock(1_000) as clock:
            with FrozenClock(5_000):
                assert issued_at() == 5_000
            with pytest.raises(ZeroDivisionError), clock, FrozenClock(7_000):
                _ = 1 / 0
            assert issued_at() == 1_000
        assert issued_at() >= real

    def test_rate_limits_and_sessions_use_it(self) -> None:
        auth = auth_of()
        app = application(auth)

        @app.get("/limited", dependencies=[Depends(RateLimiter(max_requests=1, window=60))])
        async def limited() -> datetime:
            return (await auth.create_session("ada")).created_at

        client = TestClient(app)
        with FrozenClock(datetime(2030, 1, 1, 12, tzinfo=timezone.utc)) as clock:
            assert client.get("/limited").json() == "2030-01-01T12:00:00Z"
            clock.advance(seconds=20)
            assert client.get("/limited").json()["retry_after"] == 40
            clock.advance(seconds=40)
            assert client.get("/limited").json() == "2030-01-01T12:01:00Z"


@pytest.mark.parametrize("location", ["headers", "cookies"])
class TestLogIn:
    def test_each_request_is_the_users(self, location: Any) -> None:
        auth = auth_of(JWT_TOKEN_LOCATION=[location])
        client = client_of(auth)
        assert client.get("/me").status_code == 401

        login = log_in(client, auth, "ada", scopes=["users:read"], data={"tenant": "acme"})

        assert client.get("/me").json() == client.post("/me").json() == "ada"
        claims = client.get("/claims").json()
        assert (claims["fresh"], claims["scopes"], claims["tenant"]) == (True, ["users:read"], "acme")
        assert claims["jti"] == claims_of(login.access_token)["jti"]

    def test_refresh_route_takes_the_refresh_headers(self, location: Any) -> None:
        auth = auth_of(JWT_TOKEN_LOCATION=[location])
        client = client_of(auth)
        login = log_in(client, auth, "ada")

        assert client.post("/refresh").status_code == 401
        assert client.post("/refresh", headers=login.refresh_headers).json() == "ada"

    def test_next_login_replaces_the_previous_one(self, location: Any) -> None:
        auth = auth_of(JWT_TOKEN_LOCATION=[location])
        client = client_of(auth)

        log_in(client, auth, "ada")
        log_in(client, auth, "grace")

        assert client.post("/me").json() == "grace"

    def test_tokens_are_not_in_the_representation(self, location: Any) -> None:
        auth = auth_of(JWT_TOKEN_LOCATION=[location])
        assert repr(log_in(client_of(auth), auth, "ada")) == "Login()"

    def test_client_may_be_asynchronous(self, location: Any) -> None:
        auth = auth_of(JWT_TOKEN_LOCATION=[location])

        async def answer() -> Any:
            async with AsyncClient(transport=ASGITransport(app=application(auth)), base_url=BASE_URL) as client:
                log_in(client, auth, "ada")
                return (await client.post("/me")).json()

        assert asyncio.run(answer()) == "ada"

    def test_token_belongs_to_the_session(self, location: Any) -> None:
        auth = auth_of(JWT_TOKEN_LOCATION=[location], JWT_SESSION_TRACKING=True)
        client = client_of(auth)

        async def session_id() -> str:
            return (await auth.create_session("ada")).session_id

        sid = asyncio.run(session_id())
        log_in(client, auth, "ada", session_id=sid)
        assert client.get("/claims").json()["sid"] == sid


class TestLoginInCookies:
    def test_server_renews_the_cookie_that_the_login_set(self) -> None:
        auth = auth_of(JWT_TOKEN_LOCATION=["cookies"])
        client = client_of(auth)
        login = log_in(client, auth, "ada")

        client.post("/refresh", headers=login.refresh_headers)

        # A second cookie of the same name would be refused.
        assert client.get("/claims").json()["jti"] != claims_of(login.access_token)["jti"]

    def test_settings_name_cookies_and_headers(self) -> None:
        auth = auth_of(
            JWT_TOKEN_LOCATION=["cookies"],
            JWT_ACCESS_COOKIE_NAME="a",
            JWT_REFRESH_COOKIE_NAME="r",
            JWT_REFRESH_COOKIE_PATH="/refresh",
            JWT_ACCESS_CSRF_HEADER_NAME="X-A",
            JWT_REFRESH_CSRF_HEADER_NAME="X-R",
            JWT_CSRF_IN_COOKIES=False,
            JWT_COOKIE_DOMAIN="example.com",
        )
        client = client_of(auth, "https://api.example.com")
        login = log_in(client, auth, "ada")

        assert sorted(client.cookies.keys()) == ["a", "r"]
        assert list(login.refresh_headers) == ["X-R"]
        assert client.post("/me").json() == "ada"
        assert client.post("/refresh", headers=login.refresh_headers).json() == "ada"

    def test_without_csrf_protection_there_is_no_header(self) -> None:
        auth = auth_of(JWT_TOKEN_LOCATION=["cookies"], JWT_COOKIE_CSRF_PROTECT=False)
        client = client_of(auth)
        login = log_in(client, auth, "ada")

        assert login.refresh_headers == {}
        assert client.post("/me").json() == client.post("/refresh").json() == "ada"

    def test_client_that_would_not_send_the_cookies_is_an_error(self) -> None:
        auth = auth_of(JWT_TOKEN_LOCATION=["cookies"])
        with pytest.raises(ValueError, match=r"base_url: .*JWT_COOKIE_SECURE"):
            log_in(client_of(auth, "http://testserver"), auth, "ada")
        auth.config.JWT_COOKIE_SECURE = False
        client = client_of(auth, "http://testserver")
        log_in(client, auth, "ada")
        assert client.post("/me").json() == "ada"

        auth.config.JWT_COOKIE_DOMAIN = "example.com"
        with pytest.raises(ValueError, match=r"base_url: .*JWT_COOKIE_DOMAIN, 'example.com'"):
            log_in(client_of(auth), auth, "ada")


class TestLocationOfLogin:
    def test_headers_come_first_unless_a_location_is_given(self) -> None:
        auth = auth_of(JWT_TOKEN_LOCATION=["cookies", "headers"])
        client, other = client_of(auth), client_of(auth)
        log_in(client, auth, "ada")
        log_in(other, auth, "ada", location="cookies")

        assert "Authorization" in client.headers
        assert not client.cookies
        assert "Authorization" not in other.headers
        assert other.get("/me").json() == "ada"

    @pytest.mark.parametrize("scheme", ["", "JWT"])
    def test_scheme_is_that_of_the_settings(self, scheme: str) -> None:
        auth = auth_of(JWT_HEADER_TYPE=scheme, JWT_HEADER_NAME="X-Token")
        client = client_of(auth)
        log_in(client, auth, "ada")
        assert client.get("/me").json() == "ada"

    def test_location_that_is_not_configured_is_an_error(self) -> None:
        auth = auth_of(JWT_TOKEN_LOCATION=["query"])
        client = client_of(auth)
        with pytest.raises(ValueError, match=r"location: .*look for access tokens in \['query'\]"):
            log_in(client, auth, "ada")
        with pytest.raises(ValueError, match="location: 'query' was asked for"):
            log_in(client, auth, "ada", location="query")

    @pytest.mark.parametrize("location", [None, "headers"])
    def test_each_type_of_token_is_kept_where_it_is_looked_for(self, location: Any) -> None:
        auth = auth_of(JWT_ACCESS_TOKEN_LOCATION=["headers"], JWT_REFRESH_TOKEN_LOCATION=["cookies"])
        client = client_of(auth)
        login = log_in(client, auth, "ada", location=location)

        assert auth.config.JWT_ACCESS_COOKIE_NAME not in client.cookies
        assert client.get("/me").json() == "ada"
        assert client.post("/refresh", headers=login.refresh_headers).json() == "ada"
        assert client.post("/refresh").status_code == 401
        with pytest.raises(ValueError, match="look for access tokens in"):
            log_in(client, auth, "ada", location="cookies")


class TestRefusedTokens:
    @pytest.mark.parametrize("type", ["access", "refresh"])
    @pytest.mark.parametrize("leeway", [None, 30])
    def test_each_has_the_fault_of_its_name(self, type: Any, leeway: int | None) -> None:
        auth = auth_of(JWT_DECODE_LEEWAY=leeway, JWT_ENCODE_ISSUER="issuer", JWT_DECODE_ISSUER="issuer")
        client = client_of(auth)
        ask: Callable[..., Any] = client.get if type == "access" else client.post
        path = "/me" if type == "access" else "/refresh"
        tokens = refused_tokens(auth, "ada", type)

        answers = {
            fault: ask(path, headers={"Authorization": f"Bearer {token}"}).json()["error_type"]
            for fault, token in tokens.items()
        }
        assert answers == REFUSED_TOKENS | {
            "of the other type": "AccessTokenRequiredError" if type == "access" else "RefreshTokenRequiredError"
        }

    def test_only_the_named_fault_is_wrong(self) -> None:
        tokens = refused_tokens(auth_of(), "ada", fresh=True, scopes=["users:read"], data={"tenant": "acme"})
        claims = claims_of(tokens["wrongly signed"])
        assert (claims["sub"], claims["fresh"], claims["scopes"], claims["tenant"]) == (
            "ada",
            True,
            ["users:read"],
            "acme",
        )


@pytest.mark.slow
class TestPlugin:
    SERVICE = """
        import pytest
        from authx import AuthX, AuthXConfig
        from fastapi import Depends, FastAPI
        from fastapi.testclient import TestClient

        auth = AuthX(AuthXConfig(JWT_SECRET_KEY="a secret of at least thirty-two bytes"))
        app = FastAPI()
        auth.handle_errors(app)

        @app.get("/me")
        async def me(payload=Depends(auth.access_token_required)) -> str:
            return payload.sub

        @pytest.fixture
        def client():
            return TestClient(app)
        """

    def test_its_fixtures_need_no_import(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(
            self.SERVICE
            + """
        @pytest.fixture
        def authx():
            return auth

        def test_login_ends(authx_log_in, authx_clock, client):
            authx_log_in(client, "ada")
            assert client.get("/me").json() == "ada"
            authx_clock.advance(minutes=15)
            assert client.get("/me").json()["error_type"] == "TokenExpiredError"

        def test_time_is_restored(authx_log_in, client):
            from authx import clock
            import time
            assert clock.source is time
        """
        )
        pytester.runpytest_subprocess().assert_outcomes(passed=2)

    def test_missing_fixture_is_named(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(
            self.SERVICE
            + """
        def test_login(authx_log_in, client):
            authx_log_in(client, "ada")
        """
        )
        result = pytester.runpytest_subprocess()
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines(["*define a fixture named `authx` that returns the application's AuthX*"])

    def test_it_imports_nothing_until_it_is_used(self) -> None:
        code = "import sys, authx_pytest; sys.exit('authx' in sys.modules or 'fastapi' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
