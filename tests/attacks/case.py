"""Cases: a request, and the only right answer to it."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.attacks.request import carrying, compact, folded
from tests.sets import UNDECODABLE

CASES: list[dict[str, Any]] = []

ROUTES: dict[str, dict[str, Any]] = {
    "access": {},
    "refresh": {"type": "refresh"},
    "fresh": {"fresh": True},
    "any-type": {"any_type": True},
    "any-type-fresh": {"any_type": True, "fresh": True},
    "csrf-always": {"csrf": True},
    "csrf-never": {"csrf": False},
    "headers-only": {"locations": ["headers"]},
    "users-read": {"scopes": ["users:read"]},
    "users-read-and-delete": {"scopes": ["users:read", "users:delete"]},
    "users-read-or-delete": {"scopes": ["users:read", "users:delete"], "all_required": False},
    "admin-any": {"scopes": ["admin:*"]},
    "administrator": {"scopes": ["administrator"]},
    "a-x-b": {"scopes": ["a:x:b"]},
    "a-xb": {"scopes": ["a:xb"]},
    "websocket": {"websocket": True},
}

# Each topic has cases that run against every face: the tests check it, and docs/conformance.md lists them.
TOPICS = (
    "size-and-segments",
    "base64url",
    "header-json",
    "payload-json",
    "around-the-token",
    "no-algorithm",
    "public-key-as-secret",
    "another-algorithm",
    "key-in-the-header",
    "kid",
    "crit-b64-zip",
    "edited-token",
    "rsa-signatures",
    "weak-keys",
    "previous-keys",
    "no-key",
    "times",
    "subject",
    "type-and-freshness",
    "audience-and-issuer",
    "scopes",
    "login-type",
    "duplicate-claims",
    "authorization-header",
    "cookies",
    "csrf",
    "json-body",
    "query",
    "several-locations",
    "websocket-handshake",
    "revoked",
    "implicit-refresh",
    "clock-steps",
    "one-answer-for-bad-signatures",
)

# The default configuration of the topics whose cases are about one location.
CONFIGURATION_OF_TOPIC = {"cookies": "cookies", "csrf": "cookies", "json-body": "json", "query": "query"}


def accepted(topic: str, name: str, token: bytes | None, *, sub: str = "user123", **case: Any) -> None:
    """A request that must be accepted, with this subject."""
    add(topic, name, token, {"sub": compact(sub)}, **case)


def refused(topic: str, name: str, token: bytes | None, *, error: str = "JWTDecodeError", **case: Any) -> None:
    """A request that must be refused, with this error."""
    status = 403 if error == "InsufficientScopeError" else 401
    challenge = {"MissingTokenError": "Bearer", "InsufficientScopeError": 'Bearer error="insufficient_scope"'}.get(
        error, 'Bearer error="invalid_token"'
    )
    scheme = (case.get("settings") or {}).get("JWT_HEADER_TYPE") or "Bearer"
    challenge = challenge.replace("Bearer", scheme, 1)
    expect: dict[str, Any] = {
        "error_type": error,
        "status": {"401": status, "422": 422 if error in UNDECODABLE else status},
        "www_authenticate": {"401": challenge, "422": challenge},
    }
    add(topic, name, token, expect, **case)


def add(
    topic: str,
    name: str,
    token: bytes | None,
    expect: dict[str, Any],
    *,
    place: str | None = None,
    configuration: str | None = None,
    settings: Mapping[str, Any] | None = None,
    login_type: str | None = None,
    ring: list[dict[str, str]] | None = None,
    route: str = "access",
    now: float | None = None,
    revoked: bool = False,
    method: str = "GET",
    request: dict[str, Any] | None = None,
) -> None:
    place = place or "headers"
    if token is not None:
        request = carrying(token, place, type=ROUTES[route].get("type", "access"), method=method)
        configuration = configuration or place
    case: dict[str, Any] = {
        "topic": topic,
        "name": name,
        "configuration": configuration or CONFIGURATION_OF_TOPIC.get(topic, "headers"),
        "settings": settings and dict(settings),
        "login_type": login_type,
        "ring": ring,
        "route": route,
        "now": now,
        "revoked": revoked or None,
        "request": request,
        "expect": expect,
    }
    CASES.append({key: folded(value) for key, value in case.items() if value is not None})


def each(table: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """The items of a table whose values have several types: mypy would infer `object` for them."""
    return table.items()
