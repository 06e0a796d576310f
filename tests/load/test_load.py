"""Both services of the demo under load, with valid and hostile requests at once.

`LOAD_SECONDS` is the duration for each of the two; the default is half a minute.
"""

import asyncio
import os
import random
import secrets
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from authx import AuthX, AuthXConfig
from tests.browser.demo_service import Face, free_port, running_process
from tests.load.client import Connection
from tests.load.processes import Held, held_by
from tests.load.traffic import LONG, Exchange, revocation, traffic

SECONDS = float(os.environ.get("LOAD_SECONDS", "30"))
CONNECTIONS = 16
WARM_UP = 0.3
"""The fraction of the time after which memory must not grow any more."""

MEMORY_SLACK = 16 << 20
"""Bytes that allocators and garbage collectors may keep. A leak of a hundred bytes per request is more."""


@dataclass
class Run:
    milliseconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)

    async def ask(self, connection: Connection, exchange: Exchange) -> None:
        began = time.perf_counter()
        answer = await connection.ask(exchange.request)
        self.milliseconds.append(1000 * (time.perf_counter() - began))
        self.statuses[answer.status] += 1
        if (answer.status, answer.error_type) != (exchange.status, exchange.error_type):
            self.wrong[f"{exchange.name}: {answer.status} {answer.body[:200]!r}"] += 1

    def __str__(self) -> str:
        cuts = statistics.quantiles(self.milliseconds, n=100)
        statuses = ", ".join(f"{count} of {status}" for status, count in sorted(self.statuses.items()))
        return (
            f"{len(self.milliseconds)} requests on {CONNECTIONS} connections ({statuses}), "
            f"{self.wrong.total()} wrong answers, p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms"
        )


async def drive(run: Run, port: int, exchanges: list[Exchange], seconds: float) -> None:
    """Send requests for so many seconds, on each connection in another random order."""
    end = time.monotonic() + seconds

    async def client(seed: int) -> None:
        draw = random.Random(seed)
        connection = Connection(port)
        while time.monotonic() < end:
            await run.ask(connection, draw.choice(exchanges))
        connection.close()

    await asyncio.gather(*map(client, range(CONNECTIONS)))


async def files_left_open(pid: int, before: int) -> int:
    """How many files are open once the server has closed its side of the connections, or after five seconds."""
    for _ in range(50):
        if held_by(pid).files <= before:
            break
        await asyncio.sleep(0.1)
    return held_by(pid).files


@pytest.mark.skipif(sys.platform != "linux", reason="memory and open files are read from /proc")
@pytest.mark.parametrize("face", ["FastAPI", "axum"])
def test_each_answer_is_right_and_nothing_leaks(face: Face, capsys: Any, tmp_path: Path) -> None:
    secret = secrets.token_urlsafe(32)
    auth: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=secret))
    revoked = auth.create_access_token("ada", expiry=LONG)
    exchanges = traffic(auth, revoked)
    port, run = free_port(), Run()

    async def scenario(pid: int) -> tuple[Held, Held, int, int]:
        connection = Connection(port)
        assert (await connection.ask(revocation(revoked))).status == 200
        for exchange in exchanges:
            await run.ask(connection, exchange)
        connection.close()
        await drive(run, port, exchanges, 1)
        idle = held_by(pid).files
        await drive(run, port, exchanges, SECONDS * WARM_UP)
        warm = held_by(pid)
        await drive(run, port, exchanges, SECONDS * (1 - WARM_UP))
        return warm, held_by(pid), idle, await files_left_open(pid, idle)

    environment = {"JWT_SECRET_KEY": secret, "AUTHX_DEMO_BLOCKLIST": str(tmp_path / "blocklist.sqlite3")}
    with running_process(face, port, environment, workers=2) as process:
        warm, end, idle, files = asyncio.run(scenario(process.pid))
    with capsys.disabled():
        print(f"\nload: {face}: {run}; {warm.memory >> 20} MiB when warm, {end.memory >> 20} MiB at the end")

    assert not run.wrong
    assert not any(status >= 500 for status in run.statuses)
    assert end.memory <= warm.memory + MEMORY_SLACK
    assert files <= idle
