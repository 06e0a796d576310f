"""The verification cache makes requests cheaper, and changes no answer."""

from datetime import timedelta
from typing import Annotated, Any

import pytest
from fastapi import Depends

from authx import TokenPayload
from authx.exceptions import BadConfigurationError
from authx.testing import FrozenClock
from authx.types import CacheStatistics


@pytest.fixture
def auth(make_auth: Any) -> Any:
    return make_auth(JWT_VERIFICATION_CACHE_ENTRIES=100, JWT_TOKEN_LOCATION=["headers", "cookies"])


@pytest.fixture
def protected(app: Any, client: Any, auth: Any) -> Any:
    @app.get("/")
    async def route(payload: TokenPayload = auth.ACCESS_REQUIRED) -> Any:
        claims = payload.model_dump()
        # Changes of this payload must not reach the cache or other requests.
        payload.sub = "eve"
        payload.extra_dict["roles"].append("admin")
        payload.scopes = None
        return claims

    @app.get("/scoped")
    async def scoped(payload: Annotated[TokenPayload, Depends(auth.scopes_required("users:read"))]) -> str:
        return payload.sub

    @app.get("/fresh")
    async def fresh(payload: TokenPayload = auth.FRESH_REQUIRED) -> str:
        return payload.sub

    @app.post("/cookie")
    async def cookie(payload: TokenPayload = auth.ACCESS_REQUIRED) -> str:
        return payload.sub

    return client


def token_of(auth: Any, **options: Any) -> Any:
    return auth.create_access_token("ada", data={"roles": ["user"], "plan": 3}, **options)


def misses(auth: Any) -> int:
    return int(auth.cache_statistics.misses)


def test_there_is_no_cache_by_default(make_auth: Any) -> None:
    assert make_auth().cache_statistics is None


def test_each_request_gets_a_separate_payload(protected: Any, auth: Any) -> None:
    token = token_of(auth, scopes=["users:read"])
    first, *others = [protected.get("/", token=token).json() for _ in range(4)]
    assert (first["sub"], first["roles"], first["scopes"]) == ("ada", ["user"], ["users:read"])
    assert others == [first] * 3
    assert misses(auth) == 1


def test_statistics_count_entries_bytes_and_misses(protected: Any, auth: Any) -> None:
    token = token_of(auth)
    for token_or_not in [token, token, token, "no token"]:
        protected.get("/", token=token_or_not)
    entries, taken, missed = auth.cache_statistics
    assert (entries, missed) == (1, 2)
    assert len(token) < taken < 10_000
    assert isinstance(auth.cache_statistics, CacheStatistics)


def test_blocklist_is_called_each_time(protected: Any, auth: Any) -> None:
    revoked: set[str] = set()
    asked: list[str] = []

    @auth.set_callback_token_blocklist
    def is_revoked(token: str) -> bool:
        asked.append(token)
        return token in revoked

    token = token_of(auth)
    assert [protected.get("/", token=token).status for _ in range(3)] == [200] * 3
    assert asked == [token] * 3
    revoked.add(token)
    answers = [protected.get("/", token=token) for _ in range(2)]
    assert [(answer.status, answer.json()["error_type"]) for answer in answers] == [(401, "RevokedTokenError")] * 2
    assert misses(auth) == 1


def test_every_other_check_is_made_each_time(protected: Any, auth: Any) -> None:
    token = token_of(auth)
    cookies = {"access_token_cookie": token}
    for _ in range(2):
        assert protected.get("/", token=token).status == 200
        assert protected.get("/scoped", token=token).json()["error_type"] == "InsufficientScopeError"
        assert protected.get("/fresh", token=token).json()["error_type"] == "FreshTokenRequiredError"
        assert protected.post("/cookie", cookies=cookies).json()["error_type"] == "MissingCSRFTokenError"
        wrong = protected.post("/cookie", cookies=cookies, headers={"x-csrf-token": "x"})
        assert wrong.json()["error_type"] == "CSRFError"
    assert misses(auth) == 1


def test_a_cached_token_expires(protected: Any, auth: Any) -> None:
    with FrozenClock() as clock:
        token = token_of(auth, expiry=timedelta(minutes=1))
        assert [protected.get("/", token=token).status for _ in range(2)] == [200, 200]
        clock.advance(minutes=1)
        assert protected.get("/", token=token).json()["error_type"] == "TokenExpiredError"
        assert auth.cache_statistics.entries == 0


def test_another_key_empties_the_cache(protected: Any, auth: Any) -> None:
    token = token_of(auth)
    assert [protected.get("/", token=token).status for _ in range(2)] == [200, 200]
    auth.config.JWT_SECRET_KEY = "another secret, which is long enough for each of the hashes, really"
    assert protected.get("/", token=token).json()["error_type"] == "TokenInvalidSignatureError"
    assert auth.cache_statistics == (0, 0, 1)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"JWT_VERIFICATION_CACHE_ENTRIES": -1}, "JWT_VERIFICATION_CACHE_ENTRIES"),
        ({"JWT_VERIFICATION_CACHE_ENTRIES": 10, "JWT_VERIFICATION_CACHE_BYTES": 10}, "JWT_VERIFICATION_CACHE_BYTES"),
    ],
)
def test_invalid_bounds_are_errors_that_name_the_setting(make_auth: Any, settings: dict[str, int], named: str) -> None:
    with pytest.raises(BadConfigurationError, match=named):
        token_of(make_auth(**settings))
