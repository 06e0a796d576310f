"""Requests, and how the table writes them."""

import json
import re
from collections.abc import Iterable
from typing import Any

PLACES = ("headers", "cookies", "json", "query")
FORM = "application/x-www-form-urlencoded"


def carrying(token: bytes, place: str, *, type: str = "access", method: str = "GET") -> dict[str, Any]:
    """A request that carries this token in this place."""
    if place == "headers":
        return request(method=method, headers=[("Authorization", b"Bearer " + token)])
    if place == "cookies":
        return request(method=method, headers=[("Cookie", f"{type}_token_cookie=".encode() + token)])
    if place == "query":
        # Unsafe characters in percent encoding, as a browser writes them.
        safe = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
        return request(
            method=method,
            query=b"token=" + b"".join(b"%c" % byte if byte in safe else b"%%%02X" % byte for byte in token),
        )
    body = json.dumps({f"{type}_token": token.decode("latin-1")}).encode()
    return request(method="POST", headers=[("Content-Type", b"application/json")], body=body)


def request(
    *,
    method: str = "GET",
    headers: Iterable[tuple[str, bytes]] = (),
    query: bytes = b"",
    body: bytes = b"",
    fields: Iterable[tuple[str, str]] = (),
    endless: bool = False,
) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "method": method,
        "headers": [[name, _Latin(value.decode("latin-1"))] for name, value in headers],
        "query": _Latin(query.decode("latin-1")),
        "body": _Latin(body.decode("latin-1")),
        "fields": [list(field) for field in fields],
        "endless": endless,
    }
    return {part: value for part, value in parts.items() if value}


class _Latin(str):
    """Bytes as a string, whose long repetitions are folded when it is written."""


def folded(value: Any) -> Any:
    """The value with each long string of a request folded."""
    if isinstance(value, _Latin):
        return compact(value)
    if isinstance(value, dict):
        return {name: folded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [folded(item) for item in value]
    return value


REPETITION = re.compile(r"(.{1,32}?)\1{30,}", re.DOTALL)


def compact(string: str) -> str | list[Any]:
    """The string with its long repetitions as `{"repeat": [string, times]}`."""
    if len(string) < 1_000:
        return str(string)
    parts: list[Any] = []
    end = 0
    for match in REPETITION.finditer(string):
        if match.start() > end:
            parts.append(string[end : match.start()])
        parts.append({"repeat": [match[1], len(match[0]) // len(match[1])]})
        end = match.end()
    if end < len(string):
        parts.append(string[end:])
    return parts if len(parts) > 1 or isinstance(parts[0], dict) else str(string)
