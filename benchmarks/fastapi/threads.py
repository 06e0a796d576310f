"""Times RS256 through the package that is imported as `authx`, on one thread and on two of one interpreter.

It writes first whether the interpreter has the GIL. For each number that it reads, it repeats each operation for that
many milliseconds on each number of threads, and writes the microseconds per operation.
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from authx import AuthX, AuthXConfig, RequestToken

KEYS = Path(__file__).parents[2] / "tests" / "keys"
THREADS = [1, 2]
TURNS = 3
"""How often each is measured in a round. The fastest counts, because other processes can only make it slower."""

auth: AuthX[Any] = AuthX(
    AuthXConfig(
        JWT_ALGORITHM="RS256",
        JWT_DECODE_ALGORITHMS=["RS256"],
        JWT_PRIVATE_KEY=(KEYS / "rsa.pkcs8.pem").read_text(),
        JWT_PUBLIC_KEY=(KEYS / "rsa.spki.pem").read_text(),
    )
)
token = RequestToken(token=auth.create_access_token("user123"), type="access", location="headers")


def create() -> None:
    auth.create_access_token("user123")


def verify() -> None:
    auth.verify_token(token)


OPERATIONS = {"create": create, "verify": verify}


def main() -> None:
    has_lock = getattr(sys, "_is_gil_enabled", lambda: True)()
    print(json.dumps("with the GIL" if has_lock else "without the GIL"), flush=True)
    for line in sys.stdin:
        print(json.dumps(run_round(int(line) / 1000)), flush=True)


def run_round(seconds: float) -> dict[str, dict[int, float]]:
    times: dict[str, dict[int, list[float]]] = {name: {threads: [] for threads in THREADS} for name in OPERATIONS}
    for _ in range(TURNS):
        for name, operation in OPERATIONS.items():
            for threads in THREADS:
                times[name][threads].append(per_operation(operation, threads, seconds))
    return {name: {threads: min(turns) for threads, turns in one.items()} for name, one in times.items()}


def per_operation(operation: Callable[[], None], threads: int, seconds: float) -> float:
    """Give the microseconds per operation when that many threads repeat it at once."""
    counts: list[int] = []
    start = threading.Barrier(threads + 1)

    def work() -> None:
        count = 0
        start.wait()
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            operation()
            count += 1
        counts.append(count)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    start.wait()
    begun = time.perf_counter()
    for worker in workers:
        worker.join()
    return (time.perf_counter() - begun) / sum(counts) * 1e6


if __name__ == "__main__":
    main()
