"""Cases: a request, and the one right answer to it."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.attacks.request import carrying, compact, folded

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

UNDECODABLE = {
    "JWTDecodeError",
    "TokenInvalidSignatureError",
    "TokenExpiredError",
    "TokenInvalidIssuerError",
    "TokenInvalidAudienceError",
}
# The rows whose cases are about one location.
CONFIGURATION_OF_ROW = {24: "cookies", 25: "cookies", 26: "json", 27: "query"}


def accepted(row: int, name: str, text: bytes | None, *, sub: str = "user123", **case: Any) -> None:
    """A request that must pass, as this subject."""
    add(row, name, text, {"sub": compact(sub)}, **case)


def refused(row: int, name: str, text: bytes | None, *, error: str = "JWTDecodeError", **case: Any) -> None:
    """A request that must be refused, with this error."""
    status = 403 if error == "InsufficientScopeError" else 401
    challenge = {"MissingTokenError": "Bearer", "InsufficientScopeError": 'Bearer error="insufficient_scope"'}.get(
        error, 'Bearer error="invalid_token"'
    )
    expect: dict[str, Any] = {
        "error_type": error,
        "status": {"401": status, "422": 422 if error in UNDECODABLE else status},
        "www_authenticate": {"401": challenge, "422": None if error in UNDECODABLE else challenge},
    }
    add(row, name, text, expect, **case)


def add(
    row: int,
    name: str,
    text: bytes | None,
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
    if text is not None:
        request = carrying(text, place, type=ROUTES[route].get("type", "access"), method=method)
        configuration = configuration or place
    case: dict[str, Any] = {
        "row": row,
        "name": name,
        "configuration": configuration or CONFIGURATION_OF_ROW.get(row, "headers"),
        "settings": settings and dict(settings),
        "login_type": login_type,
        "ring": ring,
        "route": route,
        "now": now,
        "revoked": revoked or None,
        "request": request,
        "expect": expect,
    }
    CASES.append({member: folded(value) for member, value in case.items() if value is not None})


def each(table: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """The items of a table whose values are of several types, which would be `object` otherwise."""
    return table.items()
