"""Requests to FastAPI over uvicorn: the protected route compared with the open one, for ours and for authx 1.7.1.

One process serves and one sends requests, each bound to one processor if the system can do that.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from benchmarks.comparison import PEER, Comparison, Goal, say
from benchmarks.sections.axum import Measured, read, throughput
from benchmarks.worker import Worker

SCRIPT = "benchmarks.fastapi.served"
OURS = "authx"
BATCH = 320
"""How many requests a route gets per turn: ten on each connection."""


def uvicorn_comparisons(binary: Path, our_python: str, peer_python: str, rounds: int) -> list[Comparison]:
    servers_processor, clients_processor = processors()
    with ExitStack() as stack:
        workers = {
            name: stack.enter_context(closing(Worker(python, SCRIPT, "authx", processor=servers_processor)))
            for name, python in [(OURS, our_python), (PEER, peer_python)]
        }
        apart = "one processor each" if clients_processor is not None else "NOT bound to one processor each"
        say(
            f"FastAPI over {workers[OURS].introduction['server']}, 32 connections kept alive, one worker without access "
            f"log and one client, {apart}, {rounds} rounds"
        )
        targets = [target for name, worker in workers.items() for target in targets_of(name, worker)]
        measured = load(binary, targets, rounds, clients_processor)
    for name, one in measured.items():
        say(f"  {throughput(name, one)}")
    if has_waited(measured):
        say("  A server waited: these ratios are less reliable than those of a machine without other load")
    return compare_uvicorn(measured)


def processors() -> tuple[int, int] | tuple[None, None]:
    """Choose a processor for the server and one for the client."""
    if not hasattr(os, "sched_setaffinity"):
        return None, None
    usable = sorted(os.sched_getaffinity(0))
    return (usable[0], usable[-1]) if len(usable) > 1 else (None, None)


def targets_of(name: str, worker: Worker) -> list[dict[str, Any]]:
    introduction = worker.introduction
    return [
        {"name": f"{name}, {route}", "address": address, "token": introduction["token"], "process": worker.id}
        for route, address in introduction["addresses"].items()
    ]


def load(binary: Path, targets: list[dict[str, Any]], rounds: int, processor: int | None) -> dict[str, Measured]:
    command = [str(binary), "load", str(rounds), str(BATCH)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        if processor is not None:
            os.sched_setaffinity(client.pid, {processor})
        output, _ = client.communicate(json.dumps(targets))
    if client.returncode:
        raise subprocess.CalledProcessError(client.returncode, command)
    return read(json.loads(output))


def has_waited(measured: Mapping[str, Measured]) -> bool:
    """Say whether a server was idle for part of the time, because of a slow client or a busy processor."""
    return any(one.server_busy is not None and one.server_busy < 0.9 for one in measured.values())


def compare_uvicorn(measured: Mapping[str, Measured]) -> list[Comparison]:
    what, bare = "request, protected by header", "its open route"
    ours, peer = measured[f"{OURS}, header"].times, measured[f"{PEER}, header"].times
    return [
        Comparison(what, bare, ours, measured[f"{OURS}, open"].times, Goal("within", 1.1)),
        Comparison(
            "request, empty async dependency",
            bare,
            measured[f"{OURS}, empty"].times,
            measured[f"{OURS}, open"].times,
            Goal("within"),
        ),
        Comparison(f"{what}, {PEER}", bare, peer, measured[f"{PEER}, open"].times, Goal("within")),
        Comparison(what, PEER, ours, peer, Goal("faster")),
    ]
