"""WebSockets: the token of the handshake, and a guard while the socket is open.

The engine decides when the token of an open socket is verified again, and how the socket is closed.
"""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from fastapi import WebSocket, WebSocketDisconnect
from fastapi.security import SecurityScopes
from starlette.websockets import WebSocketState

from authx import clock
from authx._authx import Admitted, Requirement, failed_close
from authx.authentication import Authenticator
from authx.callbacks import logger
from authx.exceptions import AuthXException
from authx.route_dependencies import RouteDependency

__all__ = ["WebSocketGuard", "WebSocketTokenRequired", "guarded"]

_REQUIREMENT = Requirement(type="access", websocket=True)
_NO_SCOPES = SecurityScopes()

_PATIENCE_SECONDS = 5
"""How long to wait for the client's close frame."""


class WebSocketTokenRequired(RouteDependency):
    """Verifies the token of a WebSocket's handshake and returns its claims."""

    def __init__(self, authenticator: Authenticator[Any]) -> None:
        super().__init__()
        self._authenticator = authenticator

    async def __call__(self, websocket: WebSocket, security_scopes: SecurityScopes = _NO_SCOPES) -> Any:
        """Return the `TokenPayload`, or an instance of the `payload_model`."""
        requirement = _REQUIREMENT
        if security_scopes.scopes:
            requirement = requirement.with_scopes(security_scopes.scopes)
        return self._authenticator.payload_of(await _in_use(self._authenticator, websocket, requirement))


class WebSocketGuard:
    """The state of an `async with auth.websocket_guard(websocket)` block, also after it."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        """Why the guard closed the socket; `None` if it didn't."""


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
            # Raised after the group, which would wrap it in an `ExceptionGroup`.
            raised = error
        group.cancel_scope.cancel()
    if raised is not None:
        raise raised


async def _in_use(
    authenticator: Authenticator[Any], websocket: WebSocket, requirement: Requirement = _REQUIREMENT
) -> Admitted:
    return await authenticator.admit(
        authenticator.verify(requirement, websocket.scope), in_use=True, scope=websocket.scope
    )


async def _watch(
    authenticator: Authenticator[Any],
    websocket: WebSocket,
    verified: Admitted,
    guard: WebSocketGuard,
    block: anyio.CancelScope,
) -> None:
    """Cancel the block and close the socket once the token is no longer valid."""
    error: Exception | None = None
    while error is None:
        await anyio.sleep(verified.socket_check_in(clock.now()))
        try:
            step = authenticator.verify(_REQUIREMENT, websocket.scope)
            with anyio.fail_after(verified.socket_check_in(clock.now())):
                verified = await authenticator.admit(step, scope=websocket.scope)
        except TimeoutError as late:
            error = _ended(authenticator, websocket) or late
        except Exception as raised:
            # Any exception: if the check fails, the socket is closed.
            error = raised
    if isinstance(error, TimeoutError):
        logger.error("The blocklist callback or the session store did not answer in time, so a WebSocket is closed")
    guard.error = error
    block.cancel()
    # Close now instead of after the block, which may wait for something that can't be cancelled. The shield is needed
    # because this task belongs to the cancelled group.
    with anyio.move_on_after(_PATIENCE_SECONDS, shield=True):
        await _close(authenticator, websocket, error)


def _ended(authenticator: Authenticator[Any], websocket: WebSocket) -> AuthXException | None:
    """Verify without the stores. Returns why the token is no longer valid, or `None`."""
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
    # The client may have disconnected.
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        await websocket.close(code, reason)
