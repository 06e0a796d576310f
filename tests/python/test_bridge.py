"""The bridge from Rust futures to asyncio: results, cancelled calls, closed loops, threads.

`test_bridge_processes.py` has what needs a process of its own: forks, and the end of the interpreter.
"""

import asyncio
import gc
import os
import sys
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest

from authx import _authx

DESCRIPTORS = Path("/dev/fd")


class LoopWithoutReader(asyncio.SelectorEventLoop):
    """Refuses to watch descriptors, as the Proactor loop of Windows does."""

    def add_reader(self, *_: Any) -> None:  # type: ignore[override]
        raise NotImplementedError


def uvloop() -> asyncio.AbstractEventLoop:
    return pytest.importorskip("uvloop").new_event_loop()  # type: ignore[no-any-return]


NewLoop = Callable[[], asyncio.AbstractEventLoop]


@pytest.fixture(params=[asyncio.new_event_loop, uvloop, LoopWithoutReader], ids=["standard", "uvloop", "no reader"])
def new_loop(request: pytest.FixtureRequest) -> NewLoop:
    make: NewLoop = request.param
    return make


@contextmanager
def opened(new_loop: NewLoop, complaints: list[Any]) -> Iterator[asyncio.AbstractEventLoop]:
    """A loop that is closed at the end with whatever is under way, and the errors that it would log."""
    loop = new_loop()
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    try:
        yield loop
    finally:
        loop.close()


@pytest.fixture
def run(new_loop: NewLoop) -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """Runs a coroutine in a loop that must not have had anything to complain about."""
    complaints: list[Any] = []
    with opened(new_loop, complaints) as loop:
        yield loop.run_until_complete
    assert complaints == []


@pytest.fixture
def probe() -> _authx.BridgeProbe:
    return _authx.BridgeProbe()


def wait_until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        time.sleep(0.001)


async def settled(answer: Any) -> Any:
    return await answer if asyncio.isfuture(answer) else answer


def test_result_that_is_there_at_once_needs_no_event_loop(probe: _authx.BridgeProbe) -> None:
    assert probe.echo("known") == "known"


def test_result_that_is_awaited_needs_an_event_loop(probe: _authx.BridgeProbe) -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        probe.echo("asked for", 0.0)


def test_each_of_many_calls_under_way_gets_its_own_result(probe: _authx.BridgeProbe, run: Any) -> None:
    async def main() -> None:
        # The later ones end first.
        calls = [probe.echo(str(number), (500 - number) / 1e5) for number in range(500)]
        assert await asyncio.gather(*map(settled, calls)) == [str(number) for number in range(500)]

    run(main())


@pytest.mark.parametrize("delay", [None, 0.0])
@pytest.mark.parametrize(
    ("ending", "error", "text"),
    [
        ("error", RuntimeError, "a secret"),
        ("panic", RuntimeError, "the store failed by an error in its own code, which stderr names"),
        ("panic of conversion", RuntimeError, "the store failed by an error in its own code, which stderr names"),
    ],
)
def test_failure_is_raised_and_the_bridge_goes_on(
    probe: _authx.BridgeProbe, run: Any, ending: str, delay: float | None, error: type[Exception], text: str
) -> None:
    async def main() -> None:
        beside = asyncio.gather(*(settled(probe.echo(str(number), 0.0)) for number in range(50)))
        with pytest.raises(error) as raised:
            await settled(probe.echo("a secret", delay, ending))
        assert str(raised.value) == text
        assert await beside == [str(number) for number in range(50)]
        assert await settled(probe.echo("another", 0.0)) == "another"

    run(main())


def test_exception_that_a_future_refuses_is_replaced(probe: _authx.BridgeProbe, run: Any) -> None:
    async def main() -> None:
        with pytest.raises((TypeError, RuntimeError), match="StopIteration"):
            await settled(probe.echo("", 0.0, "StopIteration"))

    run(main())


def test_cancelled_call_goes_on_in_rust_and_its_result_is_dropped(probe: _authx.BridgeProbe, run: Any) -> None:
    async def main() -> None:
        for number in range(2000):
            call = asyncio.ensure_future(settled(probe.echo("", 0.0)))
            # Some are cancelled when the result has arrived, some before.
            await asyncio.sleep(0 if number % 2 else 0.0001)
            call.cancel()
            await asyncio.wait([call])
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(settled(probe.echo("", 0.01)), 0)
        wait_until(lambda: probe.ended == 2001)
        assert await settled(probe.echo("another", 0.0)) == "another"

    run(main())


def test_result_for_a_loop_that_stands_still_waits_for_it(probe: _authx.BridgeProbe, run: Any) -> None:
    async def ask() -> Any:
        return asyncio.ensure_future(settled(probe.echo("late", 0.0)))

    call = run(ask())
    wait_until(lambda: probe.ended == 1)

    assert run(call) == "late"


def test_closed_loop_and_what_waits_in_it_are_freed(probe: _authx.BridgeProbe, new_loop: NewLoop) -> None:
    class Request:
        pass

    async def handle(request: Request, calls: list[Any]) -> None:
        await settled(probe.echo("", 0.0))
        calls += [probe.echo("", 0.02), probe.echo("", 0.0)]

    def serve() -> list[Callable[[], object]]:
        complaints: list[Any] = []
        with opened(new_loop, complaints) as loop:
            calls: list[Any] = []
            request = Request()
            loop.run_until_complete(handle(request, calls))
        assert complaints == []
        return [weakref.ref(loop), weakref.ref(request), *map(weakref.ref, calls)]

    used = serve()

    if new_loop is LoopWithoutReader:
        serve()  # frees it: such a loop doesn't own what waits in it
    gc.collect()
    assert [reference() for reference in used] == [None] * 4


def test_loop_that_was_never_closed_is_freed(probe: _authx.BridgeProbe) -> None:
    async def ask() -> None:
        probe.echo("", 0.02)

    def serve() -> Callable[[], object]:
        loop = asyncio.SelectorEventLoop()
        loop.run_until_complete(ask())
        return weakref.ref(loop)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        used = serve()
        gc.collect()

    assert used() is None


@pytest.mark.skipif(not DESCRIPTORS.is_dir(), reason="this system doesn't list the open descriptors")
def test_two_hundred_loops_leave_no_descriptor_open(probe: _authx.BridgeProbe, new_loop: NewLoop) -> None:
    async def ask() -> None:
        assert await settled(probe.echo("taken", 0.0)) == "taken"
        for _ in range(20):
            probe.echo("not waited for", 0.001)

    def serve() -> None:
        complaints: list[Any] = []
        with opened(new_loop, complaints) as loop:
            loop.run_until_complete(ask())
        assert complaints == []

    serve()
    gc.collect()
    open_before = len(os.listdir(DESCRIPTORS))
    gc.disable()  # a descriptor is closed with its loop, not when garbage happens to be collected
    try:
        for _ in range(200):
            serve()
        assert len(os.listdir(DESCRIPTORS)) == open_before
    finally:
        gc.enable()
    wait_until(lambda: probe.ended == 201 * 21)


def test_reader_does_not_keep_the_context_of_the_request_that_came_first(probe: _authx.BridgeProbe, run: Any) -> None:
    class Request:
        pass

    current: ContextVar[Request] = ContextVar("current")

    async def handle() -> Callable[[], object]:
        request = Request()
        current.set(request)
        await settled(probe.echo("", 0.0))
        return weakref.ref(request)

    async def main() -> None:
        used = await asyncio.ensure_future(handle())
        await asyncio.sleep(0)  # the task's last step has its context until then
        gc.collect()
        assert used() is None

    run(main())


def test_several_loops_in_several_threads(probe: _authx.BridgeProbe, new_loop: NewLoop) -> None:
    found: list[list[str]] = []
    complaints: list[Any] = []

    async def ask(thread: int) -> list[str]:
        return list(await asyncio.gather(*(settled(probe.echo(f"{thread}.{n}", 0.0)) for n in range(500))))

    def work(thread: int) -> None:
        with opened(new_loop, complaints) as loop:
            found.append(loop.run_until_complete(ask(thread)))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert complaints == []
    assert sorted(found) == sorted([f"{thread}.{n}" for n in range(500)] for thread in range(8))


@pytest.mark.skipif(sys.platform == "win32", reason="loops there can't watch a descriptor")
def test_wake_up_by_the_interpreter_has_no_descriptor() -> None:
    loop = LoopWithoutReader()
    try:
        with pytest.raises(NotImplementedError):
            _authx.Completions.thread_safe(loop).fileno()
        assert _authx.Completions().fileno() >= 0
    finally:
        loop.close()
