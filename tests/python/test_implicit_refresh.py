"""Implicit refresh, as middleware and as plain ASGI."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException, Response

from authx import TokenPayload
from authx.refresh import ImplicitRefreshMiddleware
from authx.testing import FrozenClock

DUE = timedelta(minutes=5)


@pytest.fixture
def auth(make_auth: Any) -> Any:
    return make_auth(JWT_TOKEN_LOCATION=["cookies"])


@pytest.fixture(params=["middleware", "plain ASGI"])
def refreshing(request: Any, app: FastAPI, client: Any, auth: Any) -> Any:
    """A client of an application with open and protected routes."""
    if request.param == "middleware":
        app.middleware("http")(auth.implicit_refresh_middleware)
    else:
        app.add_middleware(ImplicitRefreshMiddleware, auth=auth)

    @app.api_route("/", methods=["GET", "POST"])
    async def protected(payload=auth.ACCESS_REQUIRED):
        return payload.sub

    @app.get("/fail/{status}")
    async def fail(status: int):
        raise HTTPException(status)

    @app.get("/logout")
    async def logout(response: Response):
        auth.unset_access_cookies(response)

    @app.get("/with/{name}/{value}")
    async def with_header(name: str, value: str, response: Response):
        response.headers[name] = value

    @app.get("/open")
    async def open_():
        return "open"

    return client


def cookies(token: str) -> dict[str, Any]:
    return {"cookies": {"access_token_cookie": token}}


def claims(token: str) -> TokenPayload:
    return TokenPayload.decode(token, "", verify=False)


def test_token_that_is_due_is_replaced(refreshing: Any, auth: Any) -> None:
    old = auth.create_access_token("u", expiry=DUE, scopes=["a"], audience=None, data={"tenant": "acme"}, fresh=True)

    answer = refreshing.get("/", **cookies(old))

    assert answer.json() == "u"
    new = claims(answer.cookies["access_token_cookie"])
    # The old one's own lifetime.
    assert timedelta(minutes=4) < new.time_until_expiry <= DUE
    assert new.csrf == claims(old).csrf
    assert (answer.header("cache-control"), answer.header("vary")) == ("private", "Cookie")
    assert (new.sub, new.scopes, new.extra_dict["tenant"], new.fresh) == ("u", ["a"], "acme", False)
    assert new.jti != claims(old).jti
    assert answer.cookies["csrf_access_token"] == new.csrf


@pytest.mark.parametrize(
    ("name", "value", "is_replaced", "expected"),
    [
        ("cache-control", "public, max-age=60", False, "public, max-age=60"),
        ("cache-control", "max-age=60", False, "max-age=60"),
        ("cache-control", "no-cache", True, "no-cache, private"),
        ("cache-control", "no-store", True, "no-store"),
        ("vary", "Accept", True, "Accept, Cookie"),
        ("clear-site-data", '"cookies"', False, '"cookies"'),
    ],
)
def test_answer_decides_about_a_new_cookie_and_caches_about_the_answer(
    refreshing: Any, auth: Any, name: str, value: str, is_replaced: bool, expected: str
) -> None:
    old = auth.create_access_token("u", expiry=DUE)

    answer = refreshing.get(f"/with/{name}/{value}", **cookies(old))

    assert ("access_token_cookie" in answer.cookies) == is_replaced
    assert answer.header(name) == expected


def test_cookie_that_was_to_stay_for_days_still_does(app: FastAPI, refreshing: Any, auth: Any) -> None:
    @app.get("/remember")
    async def remember(response: Response):
        auth.set_access_cookies(auth.create_access_token("u", expiry=DUE), response, max_age=3000)

    sent = refreshing.get("/remember").cookies
    answer = refreshing.get("/", cookies=sent)

    ages = [int(line.partition("Max-Age=")[2].partition(";")[0]) for line in answer.set_cookies.values()]
    assert len(ages) == 3
    assert all(2900 < age <= 3000 for age in ages)


def test_token_that_is_not_due_stays(refreshing: Any, auth: Any) -> None:
    assert refreshing.get("/", **cookies(auth.create_access_token("u"))).set_cookies == {}


def test_open_route_refreshes_too(refreshing: Any, auth: Any) -> None:
    answer = refreshing.get("/open", **cookies(auth.create_access_token("u", expiry=DUE)))

    assert (answer.json(), "access_token_cookie" in answer.cookies) == ("open", True)


def test_request_without_a_token_passes(refreshing: Any) -> None:
    answer = refreshing.get("/open")

    assert (answer.json(), answer.set_cookies) == ("open", {})


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_failed_request_refreshes_nothing(refreshing: Any, auth: Any, status: int) -> None:
    answer = refreshing.get(f"/fail/{status}", **cookies(auth.create_access_token("u", expiry=DUE)))

    assert (answer.status, answer.set_cookies) == (status, {})


def test_response_that_deletes_the_cookie_is_left_alone(refreshing: Any, auth: Any) -> None:
    answer = refreshing.get("/logout", **cookies(auth.create_access_token("u", expiry=DUE)))

    assert answer.cookies["access_token_cookie"].strip('"') == ""


def test_revoked_token_is_not_replaced(refreshing: Any, auth: Any) -> None:
    auth.set_token_blocklist(lambda token: True)

    answer = refreshing.get("/open", **cookies(auth.create_access_token("u", expiry=DUE)))

    assert (answer.status, answer.set_cookies) == (200, {})


def test_token_that_the_request_revokes_is_not_replaced(refreshing: Any, app: FastAPI, auth: Any) -> None:
    revoked: set[str] = set()
    auth.set_token_blocklist(lambda token: token in revoked)
    token = auth.create_access_token("u", expiry=DUE)

    @app.get("/revoke")
    async def revoke():
        revoked.add(token)

    assert refreshing.get("/revoke", **cookies(token)).set_cookies == {}


def test_failing_blocklist_prevents_the_refresh_and_leaves_the_answer(
    refreshing: Any, auth: Any, caplog: pytest.LogCaptureFixture
) -> None:
    @auth.set_token_blocklist
    async def callback(token: str) -> bool:
        raise RuntimeError("the store is down")

    with caplog.at_level(logging.WARNING, logger="authx"):
        answer = refreshing.get("/open", **cookies(auth.create_access_token("u", expiry=DUE)))

    assert (answer.status, answer.json(), answer.set_cookies) == (200, "open", {})
    assert any("No implicit refresh" in record.message for record in caplog.records)


@pytest.mark.parametrize("kind", ["forged", "expired", "refresh"])
def test_invalid_token_is_not_replaced(refreshing: Any, auth: Any, make_auth: Any, kind: str) -> None:
    foreign = make_auth(JWT_SECRET_KEY="another secret, long enough for HS256 all the same")
    token = {
        "forged": lambda: foreign.create_access_token("u", expiry=DUE),
        "expired": lambda: auth.create_access_token("u", expiry=-DUE),
        "refresh": lambda: auth.create_refresh_token("u", expiry=DUE),
    }[kind]()

    assert refreshing.get("/open", **cookies(token)).set_cookies == {}


def test_unsafe_method_needs_the_csrf_value(refreshing: Any, auth: Any) -> None:
    token = auth.create_access_token("u", expiry=DUE)

    assert refreshing.post("/", **cookies(token)).set_cookies == {}
    answer = refreshing.post("/", **cookies(token), headers={"x-csrf-token": claims(token).csrf})
    assert "access_token_cookie" in answer.cookies


def test_token_in_a_header_is_not_replaced(refreshing: Any, auth: Any) -> None:
    auth.config.JWT_TOKEN_LOCATION = ["headers", "cookies"]

    assert refreshing.get("/", token=auth.create_access_token("u", expiry=DUE)).set_cookies == {}


@pytest.mark.parametrize(
    ("setting", "value", "refreshes"),
    [
        ("JWT_IMPLICIT_REFRESH_ROUTE_EXCLUDE", ["/open"], False),
        ("JWT_IMPLICIT_REFRESH_ROUTE_EXCLUDE", ["/other"], True),
        ("JWT_IMPLICIT_REFRESH_ROUTE_INCLUDE", ["/open"], True),
        ("JWT_IMPLICIT_REFRESH_ROUTE_INCLUDE", ["/other"], False),
        ("JWT_IMPLICIT_REFRESH_METHOD_EXCLUDE", ["GET"], False),
        ("JWT_IMPLICIT_REFRESH_METHOD_INCLUDE", ["POST"], False),
        ("JWT_IMPLICIT_REFRESH_METHOD_INCLUDE", ["GET"], True),
        ("JWT_IMPLICIT_REFRESH_DELTATIME", timedelta(minutes=4), False),
    ],
)
def test_settings_select_the_requests_that_refresh(
    refreshing: Any, auth: Any, setting: str, value: Any, refreshes: bool
) -> None:
    setattr(auth.config, setting, value)

    answer = refreshing.get("/open", **cookies(auth.create_access_token("u", expiry=DUE)))

    assert ("access_token_cookie" in answer.cookies) is refreshes


def test_login_ends_at_the_configured_maximum_age(refreshing: Any, auth: Any, authx_clock: FrozenClock) -> None:
    auth.config.JWT_IMPLICIT_REFRESH_MAX_AGE = timedelta(hours=1)
    token = auth.create_access_token("u", expiry=DUE)
    token = refreshing.get("/open", **cookies(token)).cookies["access_token_cookie"]
    for _ in range(5):
        authx_clock.advance(minutes=10)
        answer = refreshing.get("/open", **cookies(token))
        token = answer.cookies.get("access_token_cookie", token)
    authx_clock.advance(minutes=10, seconds=1)
    assert refreshing.get("/open", **cookies(token)).set_cookies == {}
