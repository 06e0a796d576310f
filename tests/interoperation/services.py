"""Both services, each in a process, for the duration of a `with` block."""

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.interoperation.configurations import ROOT, configurations
from tests.interoperation.exchange import Answer, Request, ask

START_SECONDS = 30
STOP_SECONDS = 10
BINARIES = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"


class Face(NamedTuple):
    """A running service."""

    name: str
    port: int

    def ask(self, configuration: str, request: Request, address: str = "127.0.0.1") -> Answer:
        return ask(self.port, configuration, request, address)


class Services:
    """The same service in both faces, whose clocks are set together."""

    def __init__(self, fastapi: Face, axum: Face) -> None:
        self.faces = (fastapi, axum)
        self._now: int | None = None

    def set_clock(self, now: int) -> None:
        """Set both clocks to this time, in seconds since 1970."""
        if now == self._now:
            return
        for face in self.faces:
            answer = face.ask("", Request("POST", "/clock", body=str(now).encode()))
            assert answer.status == 200, answer
        self._now = now


@contextlib.contextmanager
def running_services() -> Iterator[Services]:
    with tempfile.TemporaryDirectory(prefix="interoperation-") as folder:
        (Path(folder) / "sessions").mkdir()
        file = Path(folder) / "configurations.json"
        file.write_text(json.dumps(configurations()))
        with (
            _running("axum", [str(built("axum-service")), str(file)]) as axum,
            _running("FastAPI", [sys.executable, "-m", "tests.interoperation.fastapi_service", str(file)]) as fastapi,
        ):
            yield Services(fastapi, axum)


def built(name: str) -> Path:
    """A program that cargo built."""
    file = BINARIES / name
    if not file.exists():
        raise FileNotFoundError(f"{name} is not built: run `make test-interoperation`")
    return file


def environment() -> dict[str, str]:
    """This process's environment variables without AuthX's settings."""
    return {name: value for name, value in os.environ.items() if not name.upper().startswith("JWT_")}


@contextlib.contextmanager
def _running(name: str, command: Sequence[str]) -> Iterator[Face]:
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environment(), cwd=ROOT
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
            line = process.stdout.readline() if ready else b""
            if not line.strip().isdigit():
                log.seek(0)
                raise RuntimeError(f"The {name} service did not start. Its output:\n{log.read()}")
            yield Face(name, int(line))
        finally:
            # Both services end when their standard input is closed.
            process.stdin.close()
            process.stdout.close()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_SECONDS)
