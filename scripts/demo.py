"""Serves the demo twice, with FastAPI and with axum, on one key and one file of revoked ids.

`make demo` builds what it needs and calls it: `python scripts/demo.py AXUM-SERVICE`. `HOST`, `PORT` (FastAPI) and
`AXUM_PORT` are the addresses; every `JWT_*` variable is passed on. Ctrl-C ends both; if one ends, so does the other.
"""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

FASTAPI = Path(__file__).parents[1] / "examples" / "fastapi"
START_SECONDS = 30
STOP_SECONDS = 5


class Stopped(Exception):
    """A signal asks the demo to end: from Ctrl-C, a closed terminal or a supervisor."""


class Failed(Exception):
    """The demo can't go on; the message says why."""


@dataclass
class Service:
    """One of the two services: its name, the variable with its port, its command and its process."""

    name: str
    variable: str
    port: int
    command: list[str]
    process: "subprocess.Popen[bytes] | None" = None


def main(axum_service: str) -> int:
    """Serve until Ctrl-C, or until one of the services ends, and give the exit status."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        _serve(axum_service)
    except Stopped:
        return 0
    except Failed as failure:
        print(f"demo: {failure}", file=sys.stderr)
        return 1


def _serve(axum_service: str) -> NoReturn:
    host = os.environ.get("HOST") or "127.0.0.1"
    port, axum_port = _port("PORT", 8000), _port("AXUM_PORT", 8001)
    if port == axum_port:
        raise Failed(f"PORT and AXUM_PORT are both {port}: the services need different ports")
    uvicorn = [sys.executable, "-m", "uvicorn", "app:app", "--app-dir", str(FASTAPI)]
    services = [
        Service("FastAPI", "PORT", port, [*uvicorn, "--host", host, "--port", str(port)]),
        Service("axum", "AXUM_PORT", axum_port, [axum_service]),
    ]
    for service in services:
        _check_free(host, service)
    with tempfile.TemporaryDirectory(prefix="authx-demo-") as folder:
        shared = {
            # Defaults, which the caller's variables override.
            "JWT_SECRET_KEY": secrets.token_urlsafe(32),
            "AUTHX_DEMO_BLOCKLIST": str(Path(folder) / "blocklist.sqlite3"),
            "AUTHX_DEMO_STORE": f"sqlite:///{Path(folder, 'logins.db').as_posix()}",
            **os.environ,
            "AUTHX_DEMO_HOST": host,
            "AUTHX_DEMO_PORT": str(axum_port),
            "AUTHX_DEMO_SERVICES": ",".join(f"{service.name}:{service.port}" for service in services),
        }
        with contextlib.ExitStack() as running:
            for service in services:
                running.enter_context(_running(service, shared))
            _wait_until_both_answer(host, services)
            print("\n  The demo is on (Ctrl-C ends it)")
            for service in services:
                print(f"    http://{_in_address(host)}:{service.port}  {service.name}")
            print(flush=True)
            while True:
                _check_alive(services)
                time.sleep(0.2)


def _port(variable: str, default: int) -> int:
    value = os.environ.get(variable) or str(default)
    if not (value.isascii() and value.isdigit() and 0 < int(value) < 65536):
        raise Failed(f"{variable}: {value!r} is not a port (1 to 65535)")
    return int(value)


def _check_free(host: str, service: Service) -> None:
    """Fail if the address can't be used, with the name of the variable, which the service doesn't know."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, service.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror as error:
        raise Failed(f"HOST: {host!r} is not an address of this machine ({error.strerror})") from error
    except PermissionError as error:
        raise Failed(f"{service.variable}: port {service.port} needs more permissions than you have") from error
    except OSError as error:
        raise Failed(
            f"{service.variable}: port {service.port} of {host} can't be had ({error.strerror}). "
            f"Choose another: make demo {service.variable}={service.port + 10}"
        ) from error


@contextlib.contextmanager
def _running(service: Service, environment: Mapping[str, str]) -> Iterator[None]:
    """Start the service; its process ends with the block."""
    try:
        # In a new session, so that only this script receives Ctrl-C and can end the services in order.
        process = subprocess.Popen(service.command, env=environment, start_new_session=True)
        service.process = process
    except OSError as error:
        raise Failed(f"The {service.name} service can't be started: {error}") from error
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_both_answer(host: str, services: list[Service]) -> None:
    deadline = time.monotonic() + START_SECONDS
    for service in services:
        while not _listens(host, service.port):
            _check_alive(services)
            if time.monotonic() > deadline:
                raise Failed(f"The {service.name} service does not answer on port {service.port}")
            time.sleep(0.1)


def _listens(host: str, port: int) -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection((host, port), timeout=1).close()
        return True
    return False


def _check_alive(services: list[Service]) -> None:
    for service in services:
        status = service.process.poll() if service.process else None
        if status is not None:
            how = f"exit status {status}" if status >= 0 else signal.Signals(-status).name
            raise Failed(f"The {service.name} service has ended ({how}), so the other one is ended too")


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _stop(_number: int, _frame: object) -> None:
    # Ignored from now on, so that another Ctrl-C doesn't interrupt the shutdown of the services.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise Stopped


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python scripts/demo.py AXUM-SERVICE")
    sys.exit(main(sys.argv[1]))
