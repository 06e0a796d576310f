"""The two services of docs/interoperation.md do what the page says."""

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from tests.interoperation.configurations import ROOT, SECRET
from tests.interoperation.services import STOP_SECONDS, built, environment

START_SECONDS = 30


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, int]]:
    """The ports of the service that logs in, and of the one that accepts its tokens."""
    login_port, reports_port = free_port(), free_port()
    folder = ROOT / "examples" / "one-login"
    uvicorn = [
        sys.executable,
        "-m",
        "uvicorn",
        "login_service:app",
        "--app-dir",
        str(folder),
        "--port",
        str(login_port),
    ]
    with (
        running(uvicorn, login_port),
        running([str(built("one-login-reports"))], reports_port),
    ):
        yield login_port, reports_port


def test_a_login_at_one_service_is_accepted_by_the_other(ports: tuple[int, int]) -> None:
    login_port, reports_port = ports
    status, tokens = ask(login_port, "POST", "/login", {"name": "ada", "password": "analytical-engine"})
    assert status == 200

    assert ask(reports_port, "GET", "/reports", token=tokens["access_token"]) == (200, "What ada may read")
    status, refused = ask(reports_port, "GET", "/reports", token=tokens["refresh_token"])
    assert (status, refused["error_type"]) == (401, "AccessTokenRequiredError")


def test_without_a_login_there_is_nothing_to_read(ports: tuple[int, int]) -> None:
    login_port, reports_port = ports
    assert ask(login_port, "POST", "/login", {"name": "ada", "password": "guess"})[0] == 401
    status, refused = ask(reports_port, "GET", "/reports")
    assert (status, refused["error_type"]) == (401, "MissingTokenError")


def ask(port: int, method: str, path: str, body: object = None, token: str | None = None) -> tuple[int, Any]:
    headers = {"Content-Type": "application/json"} if body else {}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, json.dumps(body) if body else None, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


@contextmanager
def running(command: Sequence[str], port: int) -> Iterator[None]:
    """Run the program with the common secret and its port in the environment; begin once it accepts connections."""
    variables = {**environment(), "JWT_SECRET_KEY": SECRET, "ADDRESS": f"127.0.0.1:{port}"}
    process = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not accepts_connections(port):
            assert process.poll() is None, f"{command[0]} ended with {process.returncode}"
            assert time.monotonic() < deadline, f"{command[0]} did not start"
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)


def accepts_connections(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
