"""Implicit refresh: which answers bring a new token, and which claims it has."""

from collections.abc import Mapping
from typing import Any

from tests.attacks.case import each
from tests.attacks.request import folded, request
from tests.attacks.tokens import CSRF, HONEST, NOW, OTHER_CSRF, forged, token

# fmt: off
# Tables in which a case takes a line or two. The formatter would put each argument on a line.

TOPIC = "implicit-refresh"
REFRESHES: list[dict[str, Any]] = []
DUE: dict[str, Any] = {"exp": NOW + 300}
KEPT = {"sub": "user123", "type": "access", "fresh": False, "iat": NOW, "exp": NOW + 360, "auth_time": NOW - 60}


def refreshes() -> list[dict[str, Any]]:
    """All cases of implicit refresh."""
    REFRESHES.clear()
    renewed()
    stays()
    return REFRESHES


def renewed() -> None:
    """A valid cookie that is due, and a request that succeeded."""
    due = token(**DUE)
    _add("a token that is due", due, renewed=KEPT)
    for status in (201, 204, 302, 304):
        _add(f"an answer of {status}", due, status=status, renewed=KEPT)
    _add("another cookie that the handler sets", due, sets=["theme=dark", "access_token_cookie2=x"], renewed=KEPT)
    _add("an unsafe method with the CSRF value", due, method="POST", csrf=CSRF, renewed=KEPT)
    rich: dict[str, Any] = {"scopes": ["users:read", "users:*"], "aud": ["us", "them"], "iss": "me", "tenant": {"id": 7, "tags": ["a", None]}}
    _add("scopes, audience, issuer and custom claims are kept", token(**DUE, **rich, fresh=True), renewed={**KEPT, **rich},
         settings={"JWT_DECODE_AUDIENCE": "us", "JWT_ENCODE_ISSUER": "another"})
    _add("auth_time of the first token is kept", token(**DUE, auth_time=NOW - 5000), renewed={**KEPT, "auth_time": NOW - 5000})
    _add("a token in its leeway", token(exp=NOW - 5), settings={"JWT_DECODE_LEEWAY": 10}, renewed={**KEPT, "exp": NOW + 55})
    _add("its own lifetime is kept", token(exp=NOW + 1), renewed={**KEPT, "exp": NOW + 61})
    _add("the login type is kept where tokens are shared", token(login_type="admin", **DUE), renewed={**KEPT, "login_type": "admin"},
         settings={"JWT_DECODE_ANY_LOGIN_TYPE": True})
    _add("a path that is included", due, path="/in", settings={"JWT_IMPLICIT_REFRESH_ROUTE_INCLUDE": ["/in"]}, renewed=KEPT)


def stays() -> None:
    """Any other request: no new token."""
    due = token(**DUE)
    for title, sent in each({
        "not due": HONEST, "revoked": due, "forged": forged(due), "expired": token(exp=NOW), "damaged": due[:-50],
        "of the other type": token(type="refresh", **DUE), "not yet valid": token(nbf=NOW + 60, **DUE),
        "for another audience": token(aud="them", **DUE), "of another login": token(login_type="admin", **DUE), "empty": b"",
        "of a login where none is configured": token(login_type="admin", **DUE),
    }):
        _add(f"a token that is {title}", sent, revoked=title == "revoked", login_type="user" if "another login" in title else None)
    for status in (400, 401, 403, 404, 422, 500, 503):
        _add(f"an answer of {status}", due, status=status)
    for line in ("access_token_cookie=mine; Path=/", "access_token_cookie=; Max-Age=0; Path=/", "access_token_cookie="):
        _add(f"a handler that sets {line!r} itself", due, sets=[line])
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        _add(f"{method} without the CSRF value", due, method=method)
    for title, value in each({"of another token": OTHER_CSRF, "cut short": CSRF[:-1], "empty": "", "of odd bytes": "\xe9\xff"}):
        _add(f"a CSRF value {title}", due, method="POST", csrf=value)
    _add("a token in a header", due, where=("Authorization", b"Bearer "))
    _add("a token in the refresh token's cookie", due, where=("Cookie", b"refresh_token_cookie="))
    _add("two cookies", due + b"; access_token_cookie=x")
    _add("no cookies configured", due, configuration="headers")
    _add("a path that is excluded", due, path="/out", settings={"JWT_IMPLICIT_REFRESH_ROUTE_EXCLUDE": ["/out"]})
    _add("a path that is not included", due, path="/out", settings={"JWT_IMPLICIT_REFRESH_ROUTE_INCLUDE": ["/in"]})
    _add("a method that is excluded", due, settings={"JWT_IMPLICIT_REFRESH_METHOD_EXCLUDE": ["GET"]})
    _add("a login that is too old", token(**DUE, auth_time=NOW - 4000), settings={"JWT_IMPLICIT_REFRESH_MAX_AGE": 3600})


def _add(
    name: str,
    sent: bytes,
    *,
    where: tuple[str, bytes] = ("Cookie", b"access_token_cookie="),
    method: str = "GET",
    csrf: str | None = None,
    path: str = "/",
    status: int = 200,
    sets: list[str] | None = None,
    revoked: bool = False,
    login_type: str | None = None,
    configuration: str = "cookies",
    settings: Mapping[str, Any] | None = None,
    renewed: Mapping[str, Any] | None = None,
) -> None:
    headers = [(where[0], where[1] + sent), *([("X-CSRF-TOKEN", csrf.encode("latin-1"))] if csrf is not None else [])]
    outcome = "brings a new token" if renewed else "brings none"
    case = {
        "topic": TOPIC,
        "name": f"{name} {outcome}",
        "configuration": configuration,
        "settings": dict(settings or {}),
        "login_type": login_type,
        "revoked": revoked or None,
        "request": request(method=method, headers=headers),
        "path": path,
        "status": status,
        "sets": sets or [],
        "renewed": renewed,
    }
    REFRESHES.append({key: folded(value) for key, value in case.items() if value is not None})
