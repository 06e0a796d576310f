"""scripts/demo.py: it starts both services, ends both, and reports errors."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from tests.browser.demo_service import ROOT, axum_service, free_port, stop

SCRIPT = ROOT / "scripts" / "demo.py"
SECONDS = 15


@dataclass
class Run:
    process: "subprocess.Popen[str]"
    ports: dict[str, int]

    def served_by(self, name: str) -> str:
        url = f"http://127.0.0.1:{self.ports[name]}/services"
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:
            served_by: str = json.load(answer)["served_by"]
            return served_by

    def wait_until_served(self) -> None:
        """Wait until the script has printed both addresses, once both services answer. The script has a timeout itself."""
        assert self.process.stdout is not None
        awaited = [f"http://127.0.0.1:{port}  {name}" for name, port in self.ports.items()]
        for line in self.process.stdout:
            awaited = [address for address in awaited if address not in line]
            if not awaited:
                return
        raise AssertionError(self.process.communicate())

    def child(self, word: str) -> int:
        """The id of the process that the script started with this word in its command."""
        listing = subprocess.run(
            ["ps", "--ppid", str(self.process.pid), "-o", "pid=,args="], capture_output=True, text=True, check=True
        )
        (line,) = [line for line in listing.stdout.splitlines() if word in line]
        return int(line.split()[0])

    def listening(self) -> list[str]:
        return [name for name, port in self.ports.items() if _listens(port)]


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


@contextlib.contextmanager
def run(
    variables: Mapping[str, str] | None = None, *, ports: dict[str, int] | None = None, axum: str | None = None
) -> Iterator[Run]:
    ports = ports or {"FastAPI": free_port(), "axum": free_port()}
    environment = {**os.environ, "PORT": str(ports["FastAPI"]), "AXUM_PORT": str(ports["axum"]), **(variables or {})}
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), axum or str(axum_service())],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Run(process, ports)
    finally:
        if process.poll() is None:
            stop(process)  # type: ignore[arg-type]
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_script_serves_both_and_ends_both(number: signal.Signals) -> None:
    with run() as demo:
        demo.wait_until_served()
        assert demo.served_by("FastAPI") == "FastAPI"
        assert demo.served_by("axum") == "axum"

        demo.process.send_signal(number)
        demo.process.communicate(timeout=SECONDS)
        assert demo.process.returncode == 0
        assert demo.listening() == []


@pytest.mark.parametrize(("word", "name"), [("uvicorn", "FastAPI"), ("authx-demo", "axum")])
def test_end_of_one_service_ends_the_other_with_a_failing_status(word: str, name: str) -> None:
    with run() as demo:
        demo.wait_until_served()

        os.kill(demo.child(word), signal.SIGKILL)
        _, errors = demo.process.communicate(timeout=SECONDS)
        assert demo.process.returncode == 1
        assert f"demo: The {name} service has ended (SIGKILL), so the other one is ended too" in errors
        assert demo.listening() == []


@pytest.mark.parametrize(("name", "variable"), [("FastAPI", "PORT"), ("axum", "AXUM_PORT")])
def test_taken_port_is_an_error_that_names_the_variable(name: str, variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = {"FastAPI": free_port(), "axum": free_port(), name: taken.getsockname()[1]}
        with run(ports=ports) as demo:
            _, errors = demo.process.communicate(timeout=SECONDS)

    assert demo.process.returncode == 1
    assert errors.startswith(f"demo: {variable}: port {ports[name]} of 127.0.0.1 can't be had")


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"PORT": "http"}, "demo: PORT: 'http' is not a port"),
        ({"AXUM_PORT": "70000"}, "demo: AXUM_PORT: '70000' is not a port"),
        ({"PORT": "8001", "AXUM_PORT": "8001"}, "demo: PORT and AXUM_PORT are both 8001"),
        ({"HOST": "nowhere.invalid"}, "demo: HOST: 'nowhere.invalid' is not an address"),
    ],
)
def test_bad_variable_is_an_error_that_names_it(variables: dict[str, str], words: str) -> None:
    with run(variables) as demo:
        _, errors = demo.process.communicate(timeout=SECONDS)

    assert demo.process.returncode == 1
    assert errors.startswith(words)


def test_service_that_refuses_its_settings_ends_the_demo_and_says_why() -> None:
    with run({"JWT_ACCESS_TOKEN_EXPIRES": "soon"}) as demo:
        _, errors = demo.process.communicate(timeout=30)

    assert demo.process.returncode == 1
    assert "JWT_ACCESS_TOKEN_EXPIRES" in errors
    assert "service has ended (exit status 1)" in errors


def test_service_that_is_not_built_is_named() -> None:
    with run(axum="no/such/service") as demo:
        _, errors = demo.process.communicate(timeout=SECONDS)

    assert demo.process.returncode == 1
    assert "demo: The axum service can't be started" in errors
    assert demo.listening() == []
