"""Checks the settings when an application starts, instead of at its first request."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.types import Receive, Send

from authx.exceptions import BadConfigurationError

__all__ = ["check_at_startup", "refuse_to_start"]


def check_at_startup(app: Starlette, check: Callable[[], None]) -> None:
    """Have the application call `check` when it starts, before its own lifespan. If it raises, the start fails."""
    own = app.router.lifespan_context

    @asynccontextmanager
    async def checked(app: Any) -> AsyncIterator[Any]:
        check()
        async with own(app) as state:
            yield state

    app.router.lifespan_context = checked


async def refuse_to_start(error: BadConfigurationError, receive: Receive, send: Send) -> None:
    """Answer the lifespan of an ASGI server. A server takes an exception for an application without a lifespan."""
    await receive()
    await send({"type": "lifespan.startup.failed", "message": f"BadConfigurationError: {error}"})
