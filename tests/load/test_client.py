"""The client of the load test, with servers that close the connection early."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.load.client import Answer, Connection, NothingReceived

SMALL = b"GET / HTTP/1.1\r\n\r\n"
LARGE = b"POST / HTTP/1.1\r\n\r\n" + bytes(16 << 20)
ANSWER = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}"


@contextlib.contextmanager
def server(*connections: list[bytes]) -> Iterator[int]:
    """Accepts one connection after the other; on each, reads once and sends an answer, for each answer, and closes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for answers in connections:
                accepted, _ = listening.accept()
                with accepted:
                    for answer in answers:
                        accepted.recv(100)
                        accepted.sendall(answer)

        # A daemon thread, because it would wait for ever if the client failed.
        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        port: int = listening.getsockname()[1]
        yield port
        serving.join(10)


def ask(port: int, *requests: bytes) -> list[Answer]:
    """The answers to these requests, one after the other on one connection."""

    async def asking() -> list[Answer]:
        with contextlib.closing(Connection(port)) as connection:
            return [await connection.ask(request) for request in requests]

    return asyncio.run(asking())


def test_answer_is_read_even_if_the_server_closed_during_the_request() -> None:
    with server(*[[ANSWER]] * 20) as port:
        for _ in range(20):
            assert ask(port, LARGE) == [Answer(401, b"{}")]


def test_connection_that_the_server_closed_after_an_answer_is_reopened() -> None:
    with server([ANSWER], [ANSWER]) as port:
        assert ask(port, SMALL, SMALL) == [Answer(401, b"{}")] * 2


@pytest.mark.parametrize("request_", [SMALL, LARGE], ids=["small", "large"])
def test_new_connection_that_ends_without_an_answer_is_an_error(request_: bytes) -> None:
    with server([b""]) as port, pytest.raises(NothingReceived):
        ask(port, request_)


def test_incomplete_answer_is_an_error() -> None:
    with server([ANSWER, ANSWER[:-1]]) as port, pytest.raises(ConnectionError, match="within an answer"):
        ask(port, SMALL, SMALL)
