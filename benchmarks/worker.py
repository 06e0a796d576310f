"""Runs modules of `benchmarks.fastapi`, each in a separate interpreter."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def environment() -> dict[str, str]:
    """Give an environment without `PYTHONPATH`, so that `authx` is the package that the interpreter has installed."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


class Worker:
    """A process that writes a line of JSON at its start, and may answer each number that it reads with another line."""

    def __init__(self, python: str, module: str, *arguments: str, processor: int | None = None) -> None:
        self._command = [python, "-m", module, *arguments]
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if processor is not None:
            os.sched_setaffinity(self.id, {processor})
        self.introduction: Any = self._read()

    @property
    def id(self) -> int:
        return self._process.pid

    def round(self, repetitions: int) -> Any:
        """Have it measure, and give the result."""
        assert self._process.stdin is not None
        print(repetitions, file=self._process.stdin, flush=True)
        return self._read()

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(self._command)} ended early")
        return json.loads(line)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def take_turns(workers: Sequence[Worker], rounds: int, repetitions: int) -> list[list[Any]]:
    """Give each worker's results, round by round. The workers take turns in beginning a round."""
    for worker in workers:
        worker.round(repetitions)  # warms up
    found: list[list[Any]] = [[] for _ in workers]
    for number in range(rounds):
        for place in range(len(workers)):
            turn = (number + place) % len(workers)
            found[turn].append(workers[turn].round(repetitions))
    return found
