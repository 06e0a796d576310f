"""Times calls through the bridge from Rust futures to asyncio, and `asyncio.to_thread`, under the loop that it is named.

For each number that it reads, it makes that many calls of each kind, and writes the microseconds per call: of time, and
of all threads' processor time.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from authx import _authx

UNDER_WAY = [1, 50]
probe = _authx.BridgeProbe()


async def at_once() -> None:
    probe.echo("")


async def bridge() -> None:
    answer: Any = probe.echo("", 0.0)
    await answer


async def to_thread() -> None:
    await asyncio.to_thread(probe.echo, "")


CALLS = {"at once": at_once, "bridge": bridge, "to_thread": to_thread}


async def per_call(call: Callable[[], Awaitable[None]], under_way: int, calls: int) -> dict[str, float]:
    async def repeat() -> None:
        for _ in range(calls // under_way):
            await call()

    begun, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(repeat() for _ in range(under_way)))
    made = calls // under_way * under_way / 1e6
    return {"time": (time.perf_counter() - begun) / made, "processor": (time.process_time() - used) / made}


async def main() -> None:
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        measured = {
            name: {under_way: await per_call(call, under_way, int(line)) for under_way in UNDER_WAY}
            for name, call in CALLS.items()
        }
        print(json.dumps(measured), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "uvloop":
        import uvloop

        uvloop.run(main())
    else:
        asyncio.run(main())
