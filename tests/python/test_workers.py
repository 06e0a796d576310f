"""Several uvicorn workers: separate processes that share only the settings."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

SERVICE = """
import os
import time
from authx import AuthX, TokenPayload
from fastapi import FastAPI
auth = AuthX()
app = FastAPI()

@app.post("/login")
async def login() -> dict[str, str | int]:
    return {"token": auth.create_access_token("ada"), "worker": os.getpid()}

@app.get("/me")
async def me(payload: TokenPayload = auth.ACCESS_REQUIRED) -> dict[str, str | int]:
    return {"user": payload.sub, "worker": os.getpid()}

@app.get("/busy")
async def busy() -> str:
    # Not awaited: the worker accepts no connection meanwhile.
    time.sleep(0.5)
    return "done"
"""
START_SECONDS = 60
STOP_SECONDS = 20
ATTEMPTS = 50


def ask(connection: http.client.HTTPConnection, method: str, path: str, token: str = "") -> tuple[int, Any]:
    connection.request(method, path, headers={"Authorization": f"Bearer {token}"} if token else {})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


@contextmanager
def connected_to_both(port: int) -> Iterator[dict[int, http.client.HTTPConnection]]:
    """A connection to each worker, by its process id: the second is made while the first worker is busy."""
    with ExitStack() as stack:

        def connect() -> tuple[int, http.client.HTTPConnection]:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
            stack.callback(connection.close)
            return ask(connection, "POST", "/login")[1]["worker"], connection

        first, connection = connect()
        second, other = first, connection
        for _ in range(ATTEMPTS):
            connection.request("GET", "/busy")
            time.sleep(0.1)
            second, other = connect()
            connection.getresponse().read()
            if second != first:
                break
        assert second != first, "one of the workers accepts no connection"
        yield {first: connection, second: other}


@contextmanager
def served(folder: Path, **settings: str) -> Iterator[int]:
    (folder / "workers_service.py").write_text(SERVICE)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "workers_service:app", "--workers", "2", "--port", str(port)]
    with (folder / "log").open("w+") as log:
        process = subprocess.Popen(
            [*command, "--app-dir", str(folder)], stdout=log, stderr=log, env={**os.environ, **settings}
        )
        try:
            wait_until_served(process, folder / "log")
            yield port
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


def wait_until_served(process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait for both workers: while only one has started, it answers every request."""
    for _ in range(START_SECONDS * 10):
        assert process.poll() is None, log.read_text()
        if log.read_text().count("Application startup complete") == 2:
            return
        time.sleep(0.1)
    raise AssertionError(f"the workers did not start: {log.read_text()}")


def test_with_a_common_secret_each_worker_accepts_the_tokens_of_all(tmp_path: Path) -> None:
    secret = "a secret for both workers, and it is long enough"
    with served(tmp_path, JWT_SECRET_KEY=secret) as port, connected_to_both(port) as workers:
        tokens = {worker: ask(connection, "POST", "/login")[1]["token"] for worker, connection in workers.items()}
        for worker, connection in workers.items():
            for token in tokens.values():
                status, answer = ask(connection, "GET", "/me", token)
                assert (status, answer) == (200, {"user": "ada", "worker": worker})


def test_without_a_secret_each_worker_generates_its_own(tmp_path: Path) -> None:
    with served(tmp_path) as port, connected_to_both(port) as workers:
        tokens = {worker: ask(connection, "POST", "/login")[1]["token"] for worker, connection in workers.items()}
        for worker, connection in workers.items():
            for issuer, token in tokens.items():
                status, _ = ask(connection, "GET", "/me", token)
                assert (status == 200) == (issuer == worker)
        assert "JWT_SECRET_KEY is not set" in (tmp_path / "log").read_text()
