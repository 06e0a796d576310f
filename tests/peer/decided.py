"""The intended differences from `authx` 1.7.1: each with its row of `docs/migrating.md`, a condition that is as narrow as
possible, and a request that shows it."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.peer.cases import CSRF, PREVIOUS, SECRET, Case, signed
from tests.peer.exchange import TOKEN, Exchange
from tests.sets import UNDECODABLE


@dataclass(frozen=True)
class Decided:
    """An intended difference."""

    row: str
    """The first cell of its row of `docs/migrating.md`."""

    explains: Callable[[Exchange], bool]
    """Whether this difference explains why the answers of an exchange differ."""

    shown_by: Case
    """A request whose answers show the difference."""


def asking(
    path: str,
    *headers: tuple[str, str],
    method: str = "GET",
    query: str = "",
    login_type: str | None = None,
    blocked: list[str] | None = None,
    **settings: Any,
) -> Case:
    return {
        "settings": {"JWT_SECRET_KEY": SECRET, "JWT_TOKEN_LOCATION": ["headers"], **settings},
        "login_type": login_type,
        "blocked": blocked or [],
        "requests": [{"method": method, "path": path, "headers": list(headers), "query": query, "body": ""}],
    }


def token(key: str = SECRET, *, without: str = "", **claims: Any) -> str:
    now = int(time.time())
    all_claims: dict[str, Any] = {"sub": "ada", "type": "access", "jti": "a-token", "iat": now, "exp": now + 3600}
    all_claims |= {"csrf": CSRF, "fresh": False, **claims}
    return signed({name: value for name, value in all_claims.items() if name != without}, key)


def bearer(token: str) -> tuple[str, str]:
    return ("Authorization", f"Bearer {token}")


def cookie(token: str) -> tuple[str, str]:
    return ("Cookie", f"access_token_cookie={token}")


def header_without_scheme(exchange: Exchange) -> bool:
    header = exchange.presented_header()
    scheme = exchange.settings.get("JWT_HEADER_TYPE", "Bearer")
    return header is not None and not re.fullmatch(rf"{scheme} +\S+" if scheme else r"\S+", header)


def several_spaces(exchange: Exchange) -> bool:
    scheme = exchange.settings.get("JWT_HEADER_TYPE", "Bearer")
    return bool(re.match(rf"{scheme}  ", exchange.presented_header() or ""))


def has_odd_claim(claims: dict[str, Any]) -> bool:
    kinds: dict[str, Any] = {"sub": str, "jti": str, "type": str, "iat": int, "exp": int, "csrf": str, "fresh": bool}
    kinds |= {"iss": str, "aud": (str, list), "login_type": str, "scopes": list}
    return any(not isinstance(claims[name], kind) for name, kind in kinds.items() if name in claims) or (
        claims.get("aud") == [] or any(isinstance(claims.get(name), bool) for name in ("iat", "exp"))
    )


SOON = int(time.time()) + 540
"""An `exp` within the ten minutes in which implicit refresh renews a token, with a minute to spare for a long run."""

REVOKED = token(exp=SOON)
COOKIES: dict[str, Any] = {"JWT_TOKEN_LOCATION": ["cookies"]}
QUERY: dict[str, Any] = {"JWT_TOKEN_LOCATION": ["query"]}
REFRESH_ROUTES = {"refresh", "refresh-by-type", "by-hand", "renew"}
OWN_MESSAGE = UNDECODABLE - {"JWTDecodeError"}
NBF = r"'nbf': '0 s after iat', "
EXPIRES_IN = r'\\"expires_in\\": \d+, '

DECIDED = [
    Decided(
        "`create_token_pair` doesn't say when the access token expires",
        lambda e: e.without(EXPIRES_IN),
        asking("/login", method="POST", JWT_ENCODE_NBF=False, **COOKIES),
    ),
    Decided(
        '`JWT_COOKIE_SAMESITE="none"` without `JWT_COOKIE_SECURE`, a cookie that browsers drop',
        lambda e: (e.ours["error"] or "").startswith("BadConfigurationError: JWT_COOKIE_SAMESITE"),
        asking("/access", bearer(token()), JWT_COOKIE_SAMESITE="none", JWT_COOKIE_SECURE=False),
    ),
    Decided(
        "an access token in the query string is accepted where a refresh token is required, and a refresh token there is "
        "not",
        lambda e: e.in_query() and e.route in REFRESH_ROUTES,
        asking("/refresh", query=f"token={token()}", **QUERY),
    ),
    Decided(
        "a token without a scheme is accepted", header_without_scheme, asking("/access", ("Authorization", token()))
    ),
    Decided(
        "`Authorization: bearer …` answers 422, and so does more than one space",
        several_spaces,
        asking("/access", ("Authorization", f"Bearer  {token()}")),
    ),
    Decided(
        "a token of one `login_type` is accepted at the routes of another; only the manager checks it",
        lambda e: (
            e.errors[1] == "LoginTypeMismatchError"
            and any(claims.get("login_type") != e.login_type for claims in e.tokens)
        ),
        asking("/access", bearer(token(login_type="operator"))),
    ),
    Decided(
        "with `verify_csrf=False` a `POST` with a cookie still needs some CSRF value, right or wrong: `MissingTokenError` "
        "without one",
        lambda e: (
            e.in_cookies()
            and e.lacks_csrf()
            and e.route in ("without-csrf", "by-hand")
            and e.errors[0] == "MissingTokenError"
        ),
        asking("/without-csrf", cookie(token()), method="POST", **COOKIES),
    ),
    Decided(
        "a cookie without its CSRF value counts as no token: `MissingTokenError`",
        lambda e: e.in_cookies() and e.lacks_csrf(),
        asking("/access", cookie(token()), method="POST", **COOKIES),
    ),
    Decided(
        "of two cookies of one name, such as after a change of path or domain, the last one counts",
        lambda e: e.errors[1] == "DuplicateCookieError",
        asking("/access", ("Cookie", f"access_token_cookie=x; access_token_cookie={token()}"), **COOKIES),
    ),
    Decided(
        "of duplicate keys in a token, and of duplicate parameters, the last one counts",
        lambda e: e.gives_twice(),
        asking("/access", query=f"token=x&token={token()}", **QUERY),
    ),
    Decided(
        "the same token in another spelling is another string for the blocklist",
        lambda e: e.errors[1] == "JWTDecodeError" and bool(re.search(TOKEN.pattern + "=", e.request_json)),
        asking("/access", bearer(token() + "=")),
    ),
    Decided(
        'a claim of a wrong type, such as `"scopes": null`, is accepted or ignored',
        lambda e: e.errors[1] is not None and any(has_odd_claim(claims) for claims in e.tokens),
        asking("/access", bearer(token(scopes=None))),
    ),
    Decided(
        "the blocklist callback is called with any string, before it is verified",
        lambda e: e.errors[0] == "RevokedTokenError" and e.errors[1] is not None and bool(e.blocked),
        asking("/access", bearer("a.b.c"), blocked=["a.b.c"]),
    ),
    Decided(
        '`JWT_IMPLICIT_REFRESH_ROUTE_INCLUDE` limits nothing, and `JWT_IMPLICIT_REFRESH_METHOD_INCLUDE=["GET"]` switches '
        "it off for GET",
        lambda e: (
            any(name.endswith("_INCLUDE") for name in e.settings) and bool(e.peer["cookies"]) != bool(e.ours["cookies"])
        ),
        asking(
            "/access",
            cookie(token(exp=SOON)),
            JWT_IMPLICIT_REFRESH_ROUTE_INCLUDE=["/other"],
            **COOKIES,
        ),
    ),
    Decided(
        "it renews without checking the CSRF value",
        lambda e: e.in_cookies() and e.lacks_csrf(CSRF) and bool(e.peer["cookies"]) and not e.ours["cookies"],
        asking("/found", cookie(token(exp=SOON)), ("X-CSRF-TOKEN", "x"), method="POST", **COOKIES),
    ),
    Decided(
        "implicit refresh renews a revoked token, though the request itself is refused",
        lambda e: (
            bool(e.peer["cookies"]) and not e.ours["cookies"] and any(token in e.request_json for token in e.blocked)
        ),
        asking("/found", cookie(REVOKED), blocked=[REVOKED], **COOKIES),
    ),
    Decided(
        "it renews after an error answer, such as 500",
        lambda e: e.peer["status"] == e.ours["status"] >= 400 and bool(e.peer["cookies"]) and not e.ours["cookies"],
        asking("/nowhere", cookie(token(exp=SOON)), **COOKIES),
    ),
    Decided(
        "it replaces a cookie that the handler has just set or deleted",
        lambda e: e.sets_cookies_twice(),
        asking("/login", cookie(token(exp=SOON)), ("X-CSRF-TOKEN", CSRF), method="POST", **COOKIES),
    ),
    Decided(
        "it drops the scopes and the custom claims",
        lambda e: e.route not in ("login", "renew", "logout") and bool(e.peer["cookies"]) and bool(e.ours["cookies"]),
        asking("/access", cookie(token(exp=SOON, scopes=["users:read"])), **COOKIES),
    ),
    Decided(
        "`set_access_cookies` verifies the token by the settings",
        lambda e: e.route in ("login", "renew") and e.errors[0] is not None and e.ours["status"] == 200,
        asking("/login", method="POST", JWT_DECODE_ISSUER="us", **COOKIES),
    ),
    Decided(
        "a token without `type` is an access token",
        lambda e: any(claims.get("type") not in ("access", "refresh") for claims in e.tokens),
        asking("/access", bearer(token(without="type"))),
    ),
    Decided(
        "a token whose claim `fresh` is a time, as flask-jwt-extended writes it, can't be decoded",
        lambda e: (
            e.errors[0] == "JWTDecodeError" and any(type(claims.get("fresh")) in {int, float} for claims in e.tokens)
        ),
        asking("/access", bearer(token(fresh=5))),
    ),
    Decided(
        "a token without `exp` is valid for ever",
        # The peer's middleware fails for a token without `exp`, and the answer is a 500.
        lambda e: (
            any("exp" not in claims for claims in e.tokens)
            and (e.errors[1] == "JWTDecodeError" or e.peer["status"] == 500)
        ),
        asking("/access", bearer(token(without="exp"))),
    ),
    Decided(
        "a token without `jti` gets a different one at each request",
        lambda e: e.without(r'\\"jti\\": (null|\\"…\\")') and any("jti" not in claims for claims in e.tokens),
        asking("/access", bearer(token(without="jti"))),
    ),
    Decided(
        'an expired token of the current key is "wrongly signed" once a previous key is configured',
        lambda e: "JWT_PREVIOUS_SECRET_KEY" in e.settings and e.errors[0] == "TokenInvalidSignatureError",
        asking("/access", bearer(token(exp=1)), JWT_PREVIOUS_SECRET_KEY=PREVIOUS),
    ),
    Decided(
        "a cookie is deleted without `Secure` and `HttpOnly`",
        lambda e: e.route == "logout" and e.peer["status"] == e.ours["status"] == 200,
        asking("/logout", method="POST", **COOKIES),
    ),
    Decided(
        "its own messages, in answers that show the exception's message",
        lambda e: (
            e.errors[0] == e.errors[1]
            and e.errors[0] in OWN_MESSAGE
            and e.peer["status"] == e.ours["status"]
            and e.without(r'\\"message\\": \\"[^"]*\\"')
        ),
        asking("/access", bearer(token(aud="somebody"))),
    ),
    Decided(
        "`JWT_DECODE_LEEWAY`, `JWT_DECODE_ALGORITHMS`, `JWT_ENCODE_NBF`, `JWT_IDENTITY_CLAIM`, `JWT_ERROR_MESSAGE_KEY`, "
        "`JWT_SESSION_COOKIE`, `JWT_SESSION_TRACKING`, `JWT_SESSION_UPDATE_LAST_ACTIVE` and `MSG_MissingTokenError` have no "
        "effect",
        lambda e: e.without(EXPIRES_IN, NBF),
        asking("/login", method="POST", **COOKIES),
    ),
    Decided(
        "without cookies, or without their CSRF protection, the claim `csrf` is empty",
        lambda e: e.without(EXPIRES_IN, NBF, r"'csrf': '[^']*', ", r'csrf\w*=(\\"\\"|…);'),
        asking("/login", method="POST"),
    ),
    Decided(
        '`data={"sid": ...}` is a custom claim',
        lambda e: e.without(r',? ?\\"sid\\": \\"a-session\\"'),
        asking("/access", bearer(token(sid="a-session", role="author"))),
    ),
]
