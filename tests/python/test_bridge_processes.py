"""The bridge from Rust futures to asyncio, where processes are forked and interpreters end."""

import importlib.util
import os
import subprocess
import sys

import pytest

from authx import _authx

pytestmark = pytest.mark.slow

# The package's folder without its `__init__`, which would import FastAPI.
PREAMBLE = """
import asyncio, gc, os, sys, threading, time, types
sys.modules["authx"] = package = types.ModuleType("authx")
package.__path__ = [sys.argv[1]]
from authx import _authx, forking

class LoopWithoutReader(asyncio.SelectorEventLoop):
    def add_reader(self, *arguments):
        raise NotImplementedError

def new_loop():
    if sys.argv[2] == "uvloop":
        import uvloop
        return uvloop.new_event_loop()
    return LoopWithoutReader() if sys.argv[2] == "no reader" else asyncio.new_event_loop()

probe = _authx.BridgeProbe()

def run(coroutine):
    loop = new_loop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()

async def echo(text, delay=0.0):
    answer = probe.echo(text, delay)
    return await answer if asyncio.isfuture(answer) else answer
"""

FORKS = """
ended = threading.Event()
wrong = []

async def ask_always(thread):
    count = 0
    while not ended.is_set():
        texts = [f"{thread}.{count}.{number}" for number in range(20)]
        if await asyncio.gather(*map(echo, texts)) != texts:
            wrong.append(texts)
        count += 1

def child(generation):
    assert probe.ended == 0, probe.ended
    assert run(echo("child")) == "child"
    assert probe.ended == 1, probe.ended
    gc.collect()
    if generation == 0:
        fork(1)

def fork(generation):
    pid = os.fork()
    if pid == 0:
        # A loop runs on this thread, in the parent.
        thread = threading.Thread(target=child_of_a_thread, args=(generation,))
        thread.start()
        thread.join()
        os._exit(not thread.went_well)
    until = time.monotonic() + 60
    while (status := os.waitpid(pid, os.WNOHANG)) == (0, 0):
        if time.monotonic() > until:
            os.kill(pid, 9)
            sys.exit("the child hangs")
        time.sleep(0.001)
    if status[1] != 0:
        sys.exit(f"the child ended with {status[1]}")

def child_of_a_thread(generation):
    threading.current_thread().went_well = False
    child(generation)
    threading.current_thread().went_well = True

async def main():
    for number in range(40):
        under_way = [asyncio.ensure_future(echo(str(each), 0.0 if each % 2 else 0.002)) for each in range(50)]
        await asyncio.sleep(0.0001 * (number % 5))
        fork(0)
        assert await asyncio.gather(*under_way) == [str(each) for each in range(50)]

threads = [threading.Thread(target=run, args=(ask_always(thread),)) for thread in range(2)]
for thread in threads:
    thread.start()
try:
    run(main())
finally:
    ended.set()
for thread in threads:
    thread.join()
assert wrong == [], wrong
"""

# The time at which the interpreter ends varies, so that results arrive at every stage of its end.
EXITS = {
    "leaves its loop": """
async def main():
    calls = [asyncio.ensure_future(echo("")) for _ in range(2000)]
    await asyncio.sleep(int(sys.argv[3]) / 5000)
    os.write(1, b"left")
    sys.exit(0)
asyncio.set_event_loop(loop := new_loop())
loop.run_until_complete(main())
""",
    "never closes its loop": """
async def main():
    for number in range(5000):
        asyncio.ensure_future(echo("", (number % 50) / 1000))
    await asyncio.sleep(int(sys.argv[3]) / 1000)
loop = new_loop()
loop.run_until_complete(main())
os.write(1, b"left")
""",
}


def python(program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    package = importlib.util.find_spec("authx")
    assert package is not None
    assert package.submodule_search_locations is not None
    folder = package.submodule_search_locations[0]
    command = [sys.executable, "-W", "ignore", "-c", PREAMBLE + program, folder, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.fixture(params=["standard", "uvloop", "no reader"])
def loop(request: pytest.FixtureRequest) -> str:
    if request.param == "uvloop":
        pytest.importorskip("uvloop")
    name: str = request.param
    return name


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_children_that_are_forked_while_calls_are_under_way_use_the_bridge_too(loop: str) -> None:
    forked = python(FORKS, loop)

    assert (forked.returncode, forked.stdout, forked.stderr) == (0, "", "")


@pytest.mark.parametrize("ending", EXITS)
def test_interpreter_ends_while_results_arrive(loop: str, ending: str) -> None:
    # BRIDGE_EXITS=60 for more.
    for number in range(int(os.environ.get("BRIDGE_EXITS", "6"))):
        ended = python(EXITS[ending], loop, str(number % 20))
        assert (ended.returncode, ended.stdout) == (0, "left"), (number, ended.stderr)
        assert not any(word in ended.stderr for word in ("Fatal", "panicked", "InvalidStateError")), ended.stderr


def test_another_interpreter_of_the_process_is_refused() -> None:
    interpreters = pytest.importorskip("_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters")
    assert _authx.__file__ is not None
    other = interpreters.create()
    program = f"""
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("_authx", {_authx.__file__!r})
try:
    spec.loader.exec_module(module_from_spec(spec))
except ImportError as error:
    assert "interpreter" in str(error), error
else:
    raise AssertionError("it was loaded")
"""
    try:
        assert interpreters.run_string(other, program) is None
    finally:
        interpreters.destroy(other)
