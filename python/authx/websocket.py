"""WebSockets: the token of the handshake, and a guard for as long as the socket is open.

When an open socket's token is looked at again, and how the socket is closed, is the engine's decision.
"""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from fastapi import WebSocket, WebSocketDisconnect
from starlette.websockets import WebSocketState

from authx import clock
from authx._authx import Admitted, Requirement, failed_close
from authx.authentication import Authenticator
from authx.callbacks import logger
from authx.exceptions import AuthXException
from authx.route_dependencies import RouteDependency

__all__ = ["WebSocketGuard", "WebSocketTokenRequired", "guarded"]

_REQUIREMENT = Requirement(type="access", websocket=True)

_PATIENCE_SECONDS = 5
"""How long the client may take to answer that it is being closed."""


class WebSocketTokenRequired(RouteDependency):
    """Verifies the token of a WebSocket's handshake and gives its claims."""

    def __init__(self, authenticator: Authenticator[Any]) -> None:
        super().__init__()
        self._authenticator = authenticator

    async def __call__(self, websocket: WebSocket) -> Any:
        """Give the `TokenPayload`, or the application's own model of it."""
        return self._authenticator.payload_of(await _in_use(self._authenticator, websocket))


class WebSocketGuard:
    """What is known within, and after, an `async with auth.websocket_guard(websocket)` block."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        """Why the guard closed the socket; `None` as long as it didn't."""


@asynccontextmanager
async def guarded(authenticator: Authenticator[Any], websocket: WebSocket) -> AsyncIterator[WebSocketGuard]:
    """See `AuthX.websocket_guard`."""
    guard = WebSocketGuard()
    verified = await _in_use(authenticator, websocket)
    raised: Exception | None = None
    async with anyio.create_task_group() as group:
        group.start_soon(_watch, authenticator, websocket, verified, guard, group.cancel_scope)
        try:
            yield guard
        except Exception as error:
            # Raised below, out of reach of the group, which would wrap it.
            raised = error
        group.cancel_scope.cancel()
    if raised is not None:
        raise raised


async def _in_use(authenticator: Authenticator[Any], websocket: WebSocket) -> Admitted:
    return await authenticator.admit(authenticator.verify(_REQUIREMENT, websocket.scope), in_use=True)


async def _watch(
    authenticator: Authenticator[Any],
    websocket: WebSocket,
    verified: Admitted,
    guard: WebSocketGuard,
    block: anyio.CancelScope,
) -> None:
    """Cancel the block and close the socket once the token holds no longer."""
    error: Exception | None = None
    while error is None:
        await anyio.sleep(verified.socket_check_in(clock.now()))
        try:
            step = authenticator.verify(_REQUIREMENT, websocket.scope)
            with anyio.fail_after(verified.socket_check_in(clock.now())):
                verified = await authenticator.admit(step)
        except TimeoutError as late:
            error = _ended(authenticator, websocket) or late
        except Exception as raised:
            # Whatever it is: in doubt nobody passes.
            error = raised
    if isinstance(error, TimeoutError):
        logger.error(
            "The blocklist callback or the session store did not answer in time, "
            "so a WebSocket's token counts for nothing"
        )
    guard.error = error
    block.cancel()
    # At once, and not when the block is through: it may wait for something that can't be cancelled. In a scope of
    # its own, since this is a part of what was cancelled.
    with anyio.move_on_after(_PATIENCE_SECONDS, shield=True):
        await _close(authenticator, websocket, error)


def _ended(authenticator: Authenticator[Any], websocket: WebSocket) -> AuthXException | None:
    """Why the token holds no longer without any store; `None` where it does."""
    try:
        authenticator.verify(_REQUIREMENT, websocket.scope)
    except AuthXException as error:
        return error
    return None


async def _close(authenticator: Authenticator[Any], websocket: WebSocket, error: Exception) -> None:
    if WebSocketState.DISCONNECTED in (websocket.application_state, websocket.client_state):
        return
    answer = authenticator.wording.answer(error) if isinstance(error, AuthXException) else None
    code, reason = failed_close() if answer is None else answer.close
    # The client may leave at this very moment.
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        await websocket.close(code, reason)
