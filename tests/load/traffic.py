"""Requests to the demo, valid and hostile, each with the right answer."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from authx import AuthX
from authx.testing import refused_tokens
from authx.testing.tokens import claims_of
from tests.sets import REFUSED_TOKENS

LONG = timedelta(hours=12)


@dataclass(frozen=True)
class Exchange:
    name: str
    request: bytes
    status: int
    error_type: str | None = None
    """`None` if AuthX does not refuse the request."""


def revocation(token: str) -> bytes:
    """The request that revokes this token."""
    return _request("POST", "/auth/revoke", _bearer(token))


def traffic(auth: AuthX[Any], revoked: str) -> list[Exchange]:
    """One request of each kind. `revoked` is a token that was revoked before."""
    return [*_good(auth), *_refused_tokens(auth), *_refused(auth, revoked), *_elsewhere(auth)]


def _good(auth: AuthX[Any]) -> list[Exchange]:
    access = auth.create_access_token("ada", scopes=["users:read", "users:delete"], expiry=LONG)
    refresh = auth.create_refresh_token("ada", expiry=LONG)
    csrf, refresh_csrf = _csrf(access), _csrf(refresh)
    requests = {
        "a header": _request("GET", "/me", _bearer(access)),
        "a scheme in lower case": _request("GET", "/me", f"authorization: bearer  {access}"),
        "scopes": _request("GET", "/users", _bearer(access)),
        "all of several scopes": _request("DELETE", "/users/1", _bearer(access)),
        "a cookie": _request("GET", "/token-in/cookie", _cookie(access)),
        "a cookie among others": _request("GET", "/token-in/cookie", f"Cookie: a=b; access_token_cookie={access}; c=d"),
        "a cookie with its CSRF value": _request("POST", "/token-in/cookie", _cookie(access), f"X-CSRF-TOKEN: {csrf}"),
        "a query string": _request("GET", f"/token-in/query?a=1&token={access}"),
        "a JSON body": _json({"access_token": access}),
        "a refresh": _request(
            "POST", "/auth/refresh", f"Cookie: refresh_token_cookie={refresh}", f"X-CSRF-TOKEN: {refresh_csrf}"
        ),
    }
    return [Exchange(name, request, 200) for name, request in requests.items()]


def _refused_tokens(auth: AuthX[Any]) -> list[Exchange]:
    exchanges = []
    for fault, token in refused_tokens(auth, "ada").items():
        requests = {
            "the header": _request("GET", "/me", _bearer(token)),
            "the cookie": _request("GET", "/token-in/cookie", _cookie(token)),
            "the query": _request("GET", f"/token-in/query?token={token}"),
            "the body": _json({"access_token": token}),
        }
        exchanges += [
            Exchange(f"a token that is {fault}, in {place}", request, 401, REFUSED_TOKENS[fault])
            for place, request in requests.items()
        ]
    return exchanges


def _refused(auth: AuthX[Any], revoked: str) -> list[Exchange]:
    access = auth.create_access_token("ada", expiry=LONG)
    refresh = auth.create_refresh_token("ada", expiry=LONG)
    refused = [
        ("no token", _request("GET", "/me"), "MissingTokenError"),
        ("another scheme", _request("GET", "/me", "Authorization: Basic YWRhOmFkYQ=="), "MissingTokenError"),
        ("a token without a scheme", _request("GET", "/me", f"Authorization: {access}"), "MissingTokenError"),
        ("bytes above 0x7F", _request("GET", "/me", "Authorization: Bearer \xe9\xff\xfe"), "JWTDecodeError"),
        ("many dots", _request("GET", "/me", _bearer("." * 5000)), "JWTDecodeError"),
        ("a long string", _request("GET", "/me", _bearer("a" * 7000)), "JWTDecodeError"),
        ("a revoked token", _request("GET", "/me", _bearer(revoked)), "RevokedTokenError"),
        (
            "a token of an unknown user",
            _request("GET", "/me", _bearer(auth.create_access_token("eve", expiry=LONG))),
            "UnknownSubjectError",
        ),
        (
            "two tokens in cookies",
            _request("GET", "/token-in/cookie", _cookie(access), _cookie("x")),
            "DuplicateCookieError",
        ),
        ("two tokens in the query", _request("GET", f"/token-in/query?token={access}&token=x"), "JWTDecodeError"),
        ("a token in another place", _request("GET", "/token-in/cookie", _bearer(access)), "MissingTokenError"),
        ("no CSRF value", _request("POST", "/token-in/cookie", _cookie(access)), "MissingCSRFTokenError"),
        ("no JSON", _json("{"), "MissingTokenError"),
        ("an array", _json("[]"), "MissingTokenError"),
        ("a list as the token", _json({"access_token": [access]}), "JWTDecodeError"),
        ("a body over the bound", _json({"a": "a" * (1 << 20), "access_token": access}), "MissingTokenError"),
        (
            "an access token where a refresh token has to be",
            _request(
                "POST", "/auth/refresh", f"Cookie: refresh_token_cookie={access}", f"X-CSRF-TOKEN: {_csrf(access)}"
            ),
            "RefreshTokenRequiredError",
        ),
        (
            "the CSRF value of the access token for the refresh token",
            _request(
                "POST", "/auth/refresh", f"Cookie: refresh_token_cookie={refresh}", f"X-CSRF-TOKEN: {_csrf(access)}"
            ),
            "CSRFError",
        ),
    ]
    for value in ["", "x", "\xe9\xff", _csrf(access)[:-1], _csrf(access).upper() + "x"]:
        request = _request("POST", "/token-in/cookie", _cookie(access), f"X-CSRF-TOKEN: {value}")
        refused.append((f"the CSRF value {value!r}", request, "CSRFError"))
    exchanges = [Exchange(name, request, 401, error_type) for name, request, error_type in refused]
    without_scopes = _request("DELETE", "/users/1", _bearer(access))
    return [*exchanges, Exchange("too few scopes", without_scopes, 403, "InsufficientScopeError")]


def _elsewhere(auth: AuthX[Any]) -> list[Exchange]:
    access = auth.create_access_token("ada", expiry=LONG)
    return [
        Exchange("a path that isn't there", _request("GET", "/nowhere", _bearer(access)), 404),
        Exchange("a path with odd bytes", _request("GET", "/" + quote("\xff\x00/../me"), _bearer(access)), 404),
        Exchange("a method that isn't there", _request("PUT", "/me", _bearer(access)), 405),
    ]


def _request(method: str, target: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", *headers]
    if method != "GET":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def _json(body: object) -> bytes:
    written = body if isinstance(body, str) else json.dumps(body)
    return _request("POST", "/token-in/json", "Content-Type: application/json", body=written.encode())


def _bearer(token: str) -> str:
    return f"Authorization: Bearer {token}"


def _cookie(token: str) -> str:
    return f"Cookie: access_token_cookie={token}"


def _csrf(token: str) -> str:
    csrf: str = claims_of(token)["csrf"]
    return csrf
