"""A connection that sends the very bytes it is told to, and reads what HTTP/1.1 servers answer."""

import asyncio
import contextlib
import json
import socket
from dataclasses import dataclass
from typing import Any


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
    """One connection, opened when it is needed, kept as long as the server keeps it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> Answer:
        """Send the request and read its answer."""
        for streams in (self._streams, None):
            try:
                return await self._ask_on(streams or await self._open(), request)
            except (ConnectionError, asyncio.IncompleteReadError):
                # The server had closed a connection that it kept before. Of a new one it is an error.
                await self.close()
                if streams is None:
                    raise
        raise AssertionError("a new connection answers or raises")

    async def close(self) -> None:
        if self._streams is not None:
            _, writer = self._streams
            self._streams = None
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 20)

    async def _ask_on(self, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], request: bytes) -> Answer:
        self._streams = reader, writer = streams
        writer.write(request)
        await writer.drain()
        # uvicorn's workers leave Nagle's algorithm on, and send head and body apart: without an acknowledgement at
        # once, each answer would wait 40 ms for it.
        connected: socket.socket = writer.get_extra_info("socket")
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        if headers.get("connection", "").lower() == "close":
            await self.close()
        return Answer(int(first.split()[1]), body)
