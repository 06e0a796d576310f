"""The ASGI scope of a request, as a server builds it."""

from collections.abc import Iterable
from typing import Any


def http_scope(
    *, method: str = "GET", path: str = "/", query: bytes = b"", headers: Iterable[tuple[bytes, bytes]] = ()
) -> dict[str, Any]:
    """The scope of a request over HTTPS; a WebSocket's is `{**http_scope(...), "type": "websocket", "scheme": "wss"}`."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query,
        "headers": list(headers),
        "client": ("192.0.2.1", 50_000),
        "server": ("service.example", 443),
    }
