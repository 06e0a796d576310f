"""Serves one contestant with uvicorn, as it is deployed: `python -m benchmarks.fastapi.served CONTESTANT`.

The open route and the route by header are two servers on one thread, so that the requests to both are the same byte for
byte. The program writes their addresses as a line of JSON, and serves until its standard input ends.
"""

import asyncio
import importlib
import json
import socket
import sys
from importlib.metadata import version

import uvicorn
import uvloop

from benchmarks.fastapi.contestant import OPEN, Contestant
from benchmarks.fastapi.routes import check

ROUTES = [OPEN, "empty", "header"]


async def main() -> None:
    contestant: Contestant = importlib.import_module(f"benchmarks.fastapi.{sys.argv[1]}").CONTESTANT
    addresses = {}
    servers = []
    serving = []
    for name in ROUTES:
        route = contestant.routes[name]
        await check(contestant, name, route)
        listening = socket.create_server(("127.0.0.1", 0))
        addresses[name] = "{}:{}".format(*listening.getsockname())
        config = uvicorn.Config(
            route.application(),
            http="httptools",
            log_level="warning",
            # The log would take most of an open route's time.
            access_log=False,
            # Longer than the turns of the other contestants, so that connections stay open.
            timeout_keep_alive=60,
        )
        servers.append(uvicorn.Server(config))
        serving.append(asyncio.create_task(servers[-1].serve([listening])))
    server = ", ".join(f"{name} {version(name)}" for name in ["uvicorn", "uvloop", "httptools"])
    introduction = {"server": server, "addresses": addresses, "token": contestant.token}
    print(json.dumps(introduction), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for running in servers:
        running.should_exit = True
    await asyncio.gather(*serving)


if __name__ == "__main__":
    uvloop.run(main())
