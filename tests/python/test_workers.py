"""Several uvicorn workers: separate processes that share only the settings."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

SERVICE = """
import os
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
"""
START_SECONDS = 60
STOP_SECONDS = 20
REQUESTS = 400


def ask(port: int, method: str, path: str, token: str = "") -> tuple[int, Any]:
    """Send the request on a new connection, which any worker may accept."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
    try:
        connection.request(method, path, headers={"Authorization": f"Bearer {token}"} if token else {})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


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
    with served(tmp_path, JWT_SECRET_KEY="a secret of at least thirty-two bytes") as port:
        issued: dict[int, str] = {}
        verified: set[tuple[str, int]] = set()
        for _ in range(REQUESTS):
            _, login = ask(port, "POST", "/login")
            issued.setdefault(login["worker"], login["token"])
            for token in issued.values():
                status, answer = ask(port, "GET", "/me", token)
                assert (status, answer["user"]) == (200, "ada")
                verified.add((token, answer["worker"]))
            if len(verified) == 4:
                break

        assert len(issued) == 2, "one of the workers got no request"
        assert len(verified) == 4, "not every worker accepted the tokens of both"


def test_without_a_secret_each_worker_generates_its_own(tmp_path: Path) -> None:
    with served(tmp_path) as port:
        issued: dict[int, str] = {}
        answers: set[tuple[bool, int]] = set()
        for _ in range(REQUESTS):
            _, login = ask(port, "POST", "/login")
            issued.setdefault(login["worker"], login["token"])
            for worker, token in issued.items():
                status, answer = ask(port, "GET", "/me", token)
                # A refusal doesn't name its worker, but it must come from the other one.
                assert answer.get("worker", worker) == worker
                answers.add((status == 200, worker))
            if len(answers) == 4:
                break

        assert answers == {(held, worker) for held in (True, False) for worker in issued}
        assert "JWT_SECRET_KEY is not set" in (tmp_path / "log").read_text()
