"""Cookies: set, read back, and deleted with the attributes they were set with."""

from typing import Any

import pytest
from fastapi import FastAPI, Request, Response

from authx import JWTDecodeError, TokenPayload
from authx.exceptions import DuplicateCookieError


def attributes(line: str) -> set[str]:
    return {part.strip().lower() for part in line.split(";")[1:]}


def cookies_of(response: Response) -> dict[str, str]:
    lines = response.headers.getlist("set-cookie")
    return {line.split("=", 1)[0]: line for line in lines}


def test_cookies_carry_the_token_and_its_csrf_value(auth: Any) -> None:
    response = Response()
    token = auth.create_access_token("u")

    auth.set_access_cookies(token, response)

    cookies = cookies_of(response)
    assert cookies["access_token_cookie"].startswith(f"access_token_cookie={token};")
    csrf = TokenPayload.decode(token, "", verify=False).csrf
    assert cookies["csrf_access_token"].startswith(f"csrf_access_token={csrf};")


def test_cookies_have_the_configured_attributes(make_auth: Any) -> None:
    auth = make_auth(
        JWT_REFRESH_COOKIE_NAME="refresh",
        JWT_REFRESH_COOKIE_PATH="/refresh",
        JWT_COOKIE_DOMAIN="example.com",
        JWT_COOKIE_SAMESITE="strict",
        JWT_REFRESH_CSRF_COOKIE_NAME="refresh-csrf",
    )
    response = Response()

    auth.set_refresh_cookies(auth.create_refresh_token("u"), response, max_age=60)

    cookies = cookies_of(response)
    usual = {"domain=example.com", "secure", "samesite=strict", "max-age=60"}
    assert usual | {"path=/refresh", "httponly"} <= attributes(cookies["refresh"])
    assert usual | {"path=/"} <= attributes(cookies["refresh-csrf"])
    assert "httponly" not in attributes(cookies["refresh-csrf"])


def test_session_cookie_has_no_age_and_zero_is_zero(auth: Any) -> None:
    token = auth.create_access_token("u")

    session, zero = Response(), Response()
    auth.set_access_cookies(token, session)
    auth.set_access_cookies(token, zero, max_age=0)

    assert not any(part.startswith("max-age") for part in attributes(cookies_of(session)["access_token_cookie"]))
    assert "max-age=0" in attributes(cookies_of(zero)["access_token_cookie"])


def test_csrf_cookie_can_be_switched_off(make_auth: Any) -> None:
    auth = make_auth(JWT_CSRF_IN_COOKIES=False)
    response = Response()

    auth.set_access_cookies(auth.create_access_token("u"), response)

    assert list(cookies_of(response)) == ["access_token_cookie"]


def test_cookies_are_deleted_with_the_attributes_they_were_set_with(make_auth: Any) -> None:
    auth = make_auth(JWT_ACCESS_COOKIE_PATH="/api", JWT_COOKIE_DOMAIN="example.com", JWT_COOKIE_SAMESITE="none")
    set_, unset = Response(), Response()
    auth.set_access_cookies(auth.create_access_token("u"), set_)
    auth.set_refresh_cookies(auth.create_refresh_token("u"), set_)

    auth.unset_cookies(unset)

    were, are = cookies_of(set_), cookies_of(unset)
    assert set(were) == set(are)
    for name, line in are.items():
        assert line.split("=", 1)[1].split(";")[0].strip('"') == ""
        assert "max-age=0" in attributes(line)
        assert attributes(were[name]) <= attributes(line)


def test_each_type_is_deleted_by_itself(auth: Any) -> None:
    access, refresh = Response(), Response()

    auth.unset_access_cookies(access)
    auth.unset_refresh_cookies(refresh)

    assert set(cookies_of(access)) == {"access_token_cookie", "csrf_access_token"}
    assert set(cookies_of(refresh)) == {"refresh_token_cookie", "csrf_refresh_token"}


def test_string_that_is_no_token_is_not_stored(auth: Any) -> None:
    response = Response()

    with pytest.raises(JWTDecodeError):
        auth.set_access_cookies("x\r\nSet-Cookie: a=b", response)

    assert cookies_of(response) == {}


def test_different_cookies_of_one_name_are_refused_with_the_name_of_the_cookie(
    app: FastAPI, client: Any, make_auth: Any
) -> None:
    auth = make_auth(JWT_TOKEN_LOCATION=["cookies", "headers"], JWT_ACCESS_COOKIE_NAME="session")
    seen: list[Exception] = []

    @app.exception_handler(JWTDecodeError)
    async def undecodable(request: Request, error: JWTDecodeError) -> Response:
        seen.append(error)
        response: Response = auth.error_response(error)
        return response

    @app.get("/")
    def protected(payload: Any = auth.ACCESS_REQUIRED) -> str:
        return str(payload.sub)

    user = auth.create_access_token("ada")
    expired = auth.create_access_token("ada", expiry=-60)
    attacker = auth.create_access_token("mallory")

    for cookies in ((user, attacker), (attacker, expired), (expired, attacker), ("x", user)):
        header = "; ".join(f"session={value}" for value in cookies)
        refused = client.get("/", headers={"cookie": header}, token=user)
        assert (refused.status, refused.json()["error_type"]) == (401, "DuplicateCookieError")
        assert "'session'" in refused.json()["message"]
        assert "eyJ" not in refused.json()["message"]
    assert {type(error) for error in seen} == {DuplicateCookieError}
    assert client.get("/", headers={"cookie": f"session={user}; session={user}"}).json() == "ada"
    auth.config.JWT_INVALID_TOKEN_STATUS = 422
    assert client.get("/", headers={"cookie": f"session={user}; session=x"}).status == 422


def test_cookie_that_browsers_drop_is_warned_of_once(auth: Any, caplog: pytest.LogCaptureFixture) -> None:
    small = auth.create_access_token("ada", data={"note": "x" * 2000})
    large = auth.create_access_token("ada", data={"permissions": ["marked"] * 600, "small": 1})
    response = Response()
    auth.set_access_cookies(small, response)
    assert not caplog.records
    for _ in range(2):
        auth.set_access_cookies(large, response)

    [record] = caplog.records
    assert (record.name, record.levelname) == ("authx", "WARNING")
    assert "the cookie access_token_cookie has " in record.message
    assert '"permissions" (' in record.message
    assert "marked" not in record.message


def test_cookie_of_a_token_without_end_is_kept_for_400_days(auth: Any) -> None:
    auth.config.JWT_SESSION_COOKIE = False
    auth.config.JWT_REFRESH_TOKEN_EXPIRES = None
    response = Response()
    auth.set_refresh_cookies(auth.create_refresh_token("ada"), response)

    cookies = response.headers.getlist("set-cookie")
    assert len(cookies) == 2
    assert all("Max-Age=34560000" in cookie for cookie in cookies)
