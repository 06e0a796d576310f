"""A WebSocket, which is closed when its token ends."""

from typing import Annotated

from fastapi import APIRouter, WebSocket

from authx import TokenPayload

from security import auth

router = APIRouter(tags=["events"])


@router.websocket("/events")
async def events(websocket: WebSocket, payload: Annotated[TokenPayload, auth.WS_AUTH_REQUIRED]) -> None:
    """Answers each message, until the token expires or is revoked."""
    await websocket.accept(subprotocol=auth.websocket_subprotocol(websocket))
    async with auth.websocket_guard(websocket):
        await websocket.send_text(f"hello, {payload.sub}")
        async for message in websocket.iter_text():
            await websocket.send_text(f"{payload.sub}: {message}")
