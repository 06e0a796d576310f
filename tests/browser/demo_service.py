"""The demo's services in separate processes, on free ports, for the duration of a `with` block."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parents[2]
START_SECONDS = 30
STOP_SECONDS = 10

Face = Literal["FastAPI", "axum"]


@dataclass(frozen=True)
class Demo:
    """The addresses of both services, which share a key and a file of revoked ids."""

    fastapi: str
    axum: str

    def url(self, face: Face) -> str:
        return self.fastapi if face == "FastAPI" else self.axum


@contextlib.contextmanager
def running_demo(environment: Mapping[str, str] | None = None) -> Iterator[Demo]:
    """Run both services of the demo with these additional environment variables."""
    ports: dict[Face, int] = {"FastAPI": free_port(), "axum": free_port()}
    with tempfile.TemporaryDirectory(prefix="authx-demo-") as folder:
        shared = {
            "JWT_SECRET_KEY": secrets.token_urlsafe(32),
            "AUTHX_DEMO_BLOCKLIST": str(Path(folder) / "blocklist.sqlite3"),
            "AUTHX_DEMO_STORE": f"sqlite:///{Path(folder, 'logins.db').as_posix()}",
            "AUTHX_DEMO_SERVICES": ",".join(f"{face}:{port}" for face, port in ports.items()),
            **(environment or {}),
        }
        with (
            running_service("FastAPI", ports["FastAPI"], shared) as fastapi,
            running_service("axum", ports["axum"], shared) as axum,
        ):
            yield Demo(fastapi, axum)


@contextlib.contextmanager
def running_service(face: Face, port: int, environment: Mapping[str, str]) -> Iterator[str]:
    """Run one service of the demo; yields its address."""
    with running_process(face, port, environment):
        yield address(port)


@contextlib.contextmanager
def running_process(
    face: Face, port: int, environment: Mapping[str, str], workers: int = 1
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run one service of the demo, FastAPI's with so many workers; yields its process."""
    uvicorn = [sys.executable, "-m", "uvicorn", "app:app", "--app-dir", str(ROOT / "examples" / "fastapi")]
    uvicorn += ["--port", str(port), "--workers", str(workers)]
    command = uvicorn if face == "FastAPI" else [str(axum_service())]
    variables = {**os.environ, "AUTHX_DEMO_PORT": str(port), **environment}
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, env=variables, stdout=log, stderr=subprocess.STDOUT)
        try:
            if not answers(address(port), process):
                log.seek(0)
                raise RuntimeError(f"The {face} service did not start. Its output:\n{log.read()}")
            yield process
        finally:
            stop(process)


def address(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def axum_service() -> Path:
    """The executable, built by `cargo build`."""
    path = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "debug" / "authx-demo"
    if not path.exists():
        raise RuntimeError(f"{path} is missing: run `cargo build -p authx-demo`, or a test target of make")
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(url: str, process: "subprocess.Popen[bytes]") -> bool:
    """Whether the service answers in time, before its process ends."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(url, timeout=2).close()
            return True
        time.sleep(0.1)
    return False


def stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_SECONDS)
