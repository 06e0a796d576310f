"""A connection that sends exactly the given bytes, and reads HTTP/1.1 answers."""

import asyncio
import contextlib
import json
import socket
from dataclasses import dataclass
from typing import Any

PIECE = 1 << 16


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    @property
    def error_type(self) -> Any:
        """The `error_type` of a JSON body; `None` where there is none."""
        try:
            body = json.loads(self.body)
        except ValueError:
            return None
        return body.get("error_type") if isinstance(body, dict) else None


class Connection:
    """One connection, opened when it is needed, and kept as long as the server keeps it.

    It uses plain sockets: asyncio's streams stop reading as soon as writing fails, and so lose an answer that has
    arrived already.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    async def ask(self, request: bytes) -> Answer:
        """Send the request and read its answer."""
        if self._socket is not None:
            try:
                return await self._ask_on(self._socket, request)
            except NothingReceived:
                # The server has closed a connection that was idle (RFC 9112 section 9.3.1). On a new connection this
                # would be an error.
                self.close()
        self._socket = await self._opened()
        return await self._ask_on(self._socket, request)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    async def _opened(self) -> socket.socket:
        opened = socket.socket()
        opened.setblocking(False)
        await asyncio.get_running_loop().sock_connect(opened, ("127.0.0.1", self._port))
        return opened

    async def _ask_on(self, connected: socket.socket, request: bytes) -> Answer:
        # A server may answer before it has read a whole body, and close. The answer is valid even if writing has
        # failed, and the rest is not sent (RFC 9112 section 9.5).
        sending = asyncio.ensure_future(asyncio.get_running_loop().sock_sendall(connected, request))
        try:
            answer, keeps = await _answer_on(connected)
            sent = sending.done() and sending.exception() is None
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await sending
        if not (sent and keeps):
            self.close()
        return answer


class NothingReceived(ConnectionError):
    """The connection ended before the first byte of an answer."""


async def _answer_on(connected: socket.socket) -> tuple[Answer, bool]:
    """The next answer, and whether the server keeps the connection."""
    received = bytearray()
    while (end := received.find(b"\r\n\r\n")) < 0:
        received += await _more(connected, received)
    first, *lines = received[:end].decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    length = int(headers.get("content-length", 0))
    body = received[end + 4 :]
    while len(body) < length:
        body += await _more(connected, received)
    return Answer(int(first.split()[1]), bytes(body)), headers.get("connection", "").lower() != "close"


async def _more(connected: socket.socket, received: bytearray) -> bytes:
    # uvicorn's workers use Nagle's algorithm and send head and body separately: without TCP_QUICKACK each answer would
    # wait 40 ms for an acknowledgement.
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
    try:
        piece = await asyncio.get_running_loop().sock_recv(connected, PIECE)
    except ConnectionError as error:
        if received:
            raise
        raise NothingReceived from error
    if not piece:
        raise ConnectionError("the connection ended within an answer") if received else NothingReceived
    return piece
