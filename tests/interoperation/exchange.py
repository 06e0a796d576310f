"""Requests, and answers in the form in which two faces are compared."""

import base64
import http.client
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

TIMEOUT_SECONDS = 20
HOST = "service.example"
# Headers that the server sets for its connection, and not AuthX.
OF_THE_SERVER = {"connection", "content-length", "date", "server", "transfer-encoding", "upgrade"}
HANDSHAKE = [
    ("Connection", b"Upgrade"),
    ("Upgrade", b"websocket"),
    ("Sec-WebSocket-Version", b"13"),
    ("Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ=="),
]

TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Request:
    """A request below the path of a configuration. Header values are bytes, which need not be UTF-8."""

    method: str
    path: str
    headers: Sequence[tuple[str, bytes]] = ()
    query: str = ""
    body: bytes = b""
    websocket: bool = False


@dataclass(frozen=True)
class Answer:
    """An answer as the client gets it; of a WebSocket that opens, the body is its first message."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def cookies(self) -> list[str]:
        """The `Set-Cookie` lines, without their values."""
        return [re.sub(r"^([^=]+)=[^;]+", r"\1=…", line) for line in self.all("set-cookie")]

    def all(self, name: str) -> list[str]:
        return [value for header, value in self.headers if header == name]

    def json(self) -> Any:
        return json.loads(self.body)

    def comparable(self) -> "Comparable":
        """What must be equal in both faces: the status, every header in its order, and every byte of the body.

        This is the one place where something is left out or replaced, and it is:

        - the headers of the server and its connection (`OF_THE_SERVER`);
        - the signature of a token: some algorithms sign differently each time. Its header and its claims are compared,
          with their times, because both clocks show the same;
        - random UUIDs: the `jti` and the CSRF value of a new token.
        """
        by_name: dict[str, list[str]] = {}
        for name, value in self.headers:
            if name not in OF_THE_SERVER:
                by_name.setdefault(name, []).append(_normalised(value))
        return Comparable(self.status, by_name, _normalised(self.body.decode("latin-1")))


@dataclass(frozen=True)
class Comparable:
    status: int
    headers: dict[str, list[str]]
    body: str


def ask(port: int, configuration: str, request: Request, address: str = "127.0.0.1") -> Answer:
    """Send the request to a service on this machine. Each request has its own connection."""
    headers = [*request.headers, *(HANDSHAKE if request.websocket else [])]
    if request.body:
        headers.append(("Content-Length", str(len(request.body)).encode()))
    connection = http.client.HTTPConnection(address, port, timeout=TIMEOUT_SECONDS)
    try:
        query = f"?{request.query}" if request.query else ""
        connection.putrequest(
            request.method,
            f"{configuration and '/'}{configuration}{request.path}{query}",
            skip_host=True,
            skip_accept_encoding=True,
        )
        connection.putheader("Host", HOST)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders(request.body or None)
        response = connection.getresponse()
        body = _first_message(response) if response.status == 101 else response.read()
        answered = [(name.lower(), value) for name, value in response.getheaders()]
        return Answer(response.status, answered, body)
    finally:
        connection.close()


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(_decoded(token.split(".")[1]))
    return claims


def _first_message(response: http.client.HTTPResponse) -> bytes:
    # RFC 6455 section 5.2: a short text message in one frame, which a server does not mask.
    opcode, length = response.fp.read(2)
    assert (opcode, length < 126) == (0x81, True), "a short text message was expected"
    message: bytes = response.fp.read(length)
    return message


def _normalised(string: str) -> str:
    def decoded(match: re.Match[str]) -> str:
        header, claims, _signature = match[0].split(".")
        try:
            return f"<token {_decoded(header)} {_decoded(claims)}>"
        except ValueError:
            return match[0]

    return UUID.sub("<uuid>", TOKEN.sub(decoded, string))


def _decoded(segment: str) -> str:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)).decode()
