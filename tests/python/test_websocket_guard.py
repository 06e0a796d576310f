"""An open WebSocket ends with its token."""

import asyncio
from datetime import timedelta
from typing import Any

import anyio
import pytest
from fastapi import FastAPI, HTTPException, WebSocket, WebSocketDisconnect
from starlette.websockets import WebSocketState

from authx.exceptions import RevokedTokenError, TokenExpiredError

INTERVAL = timedelta(milliseconds=50)
EXPIRED = {"type": "websocket.close", "code": 1008, "reason": "TokenExpiredError"}
REVOKED = {"type": "websocket.close", "code": 1008, "reason": "RevokedTokenError"}
FAILED = {"type": "websocket.close", "code": 1011, "reason": "Internal Server Error"}


@pytest.fixture
def auth(make_auth: Any) -> Any:
    return make_auth(JWT_WEBSOCKET_CHECK_INTERVAL=INTERVAL)


@pytest.fixture(autouse=True)
def guards(app: FastAPI, auth: Any) -> list[Any]:
    """The guards of the sockets that were opened."""
    guards = []

    @app.websocket("/echo")
    async def echo(websocket: WebSocket, payload=auth.WS_AUTH_REQUIRED):
        await websocket.accept()
        async with auth.websocket_guard(websocket) as guard:
            guards.append(guard)
            async for text in websocket.iter_text():
                await websocket.send_text(f"{payload.sub}: {text}")

    return guards


def test_messages_pass_and_a_client_may_leave(client: Any, auth: Any, guards: Any) -> None:
    sent = client.websocket("/echo", token=auth.create_access_token("u"), says=["one", "two"])

    assert [message.get("text") for message in sent] == [None, "u: one", "u: two"]
    assert guards[0].error is None


def test_expiry_closes_the_socket(client: Any, auth: Any, guards: Any) -> None:
    # The guard closes the socket when `exp` has come, without waiting for the next check.
    auth.config.JWT_WEBSOCKET_CHECK_INTERVAL = timedelta(hours=1)
    token = auth.create_access_token("u", expiry=timedelta(seconds=1))

    sent = client.websocket("/echo", token=token, says=["one"], stays=True)

    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert sent[-1] == EXPIRED
    assert isinstance(guards[0].error, TokenExpiredError)


@pytest.mark.parametrize("is_async", [False, True])
def test_revocation_closes_the_socket(client: Any, auth: Any, guards: Any, is_async: bool) -> None:
    asked = []

    def is_revoked(token: str) -> bool:
        asked.append(token)
        return len(asked) > 3  # the handshake, entering the block, and one check

    async def is_revoked_async(token: str) -> bool:
        await asyncio.sleep(0)
        return is_revoked(token)

    auth.set_token_blocklist(is_revoked_async if is_async else is_revoked)
    token = auth.create_access_token("u")

    sent = client.websocket("/echo", token=token, stays=True)

    assert sent[-1] == REVOKED
    assert isinstance(guards[0].error, RevokedTokenError)
    assert asked == [token] * 4


def test_key_that_is_withdrawn_closes_the_socket(app: FastAPI, client: Any, auth: Any, secret: str) -> None:
    @app.websocket("/rotate")
    async def rotate(websocket: WebSocket, payload=auth.WS_AUTH_REQUIRED):
        await websocket.accept()
        async with auth.websocket_guard(websocket):
            auth.config.JWT_SECRET_KEY = secret[::-1]
            await asyncio.Event().wait()

    sent = client.websocket("/rotate", token=auth.create_access_token("u"), stays=True)

    assert sent[-1]["reason"] == "TokenInvalidSignatureError"


@pytest.mark.parametrize("failure", [RuntimeError("the store is down"), HTTPException(503), None])
def test_store_without_an_answer_closes_the_socket(
    client: Any, auth: Any, guards: Any, failure: Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    async def is_revoked(token: str) -> bool:
        if not guards:
            return False
        if failure is not None:
            raise failure
        return await asyncio.Event().wait()

    auth.set_token_blocklist(is_revoked)
    token = auth.create_access_token("u")

    sent = client.websocket("/echo", token=token, stays=True)

    assert sent[-1] == FAILED
    assert type(guards[0].error) is (TimeoutError if failure is None else type(failure))
    assert token not in caplog.text
    if not isinstance(failure, HTTPException):
        assert "blocklist callback" in caplog.text


def test_socket_is_closed_at_once_even_if_the_block_cannot_be_cancelled(app: FastAPI, client: Any, auth: Any) -> None:
    @app.websocket("/stubborn")
    async def stubborn(websocket: WebSocket, payload=auth.WS_AUTH_REQUIRED):
        await websocket.accept()
        async with auth.websocket_guard(websocket):
            with anyio.CancelScope(shield=True):
                while websocket.application_state == WebSocketState.CONNECTED:  # noqa: ASYNC110 -- there is no event for it
                    await asyncio.sleep(0.01)

    token = auth.create_access_token("u", expiry=timedelta(seconds=1))

    assert client.websocket("/stubborn", token=token, stays=True)[-1] == EXPIRED


def test_handler_continues_after_the_block(app: FastAPI, client: Any, auth: Any) -> None:
    events = []

    @app.websocket("/cleanup")
    async def cleanup(websocket: WebSocket, payload=auth.WS_AUTH_REQUIRED):
        await websocket.accept()
        async with auth.websocket_guard(websocket) as guard:
            try:
                await asyncio.Event().wait()
            finally:
                events.append("cancelled")
        events.append(type(guard.error).__name__)

    token = auth.create_access_token("u", expiry=timedelta(seconds=1))
    sent = client.websocket("/cleanup", token=token, stays=True)

    assert events == ["cancelled", "TokenExpiredError"]
    assert sent[-1] == EXPIRED


def test_exceptions_of_the_block_are_raised_as_they_are(app: FastAPI, client: Any, auth: Any) -> None:
    class Mistake(Exception):
        pass

    left = []

    @app.websocket("/mistake")
    async def mistake(websocket: WebSocket, payload=auth.WS_AUTH_REQUIRED):
        await websocket.accept()
        async with auth.websocket_guard(websocket):
            raise Mistake

    @app.websocket("/left")
    async def left_by_client(websocket: WebSocket, payload=auth.WS_AUTH_REQUIRED):
        await websocket.accept()
        try:
            async with auth.websocket_guard(websocket):
                await websocket.receive_text()
        except WebSocketDisconnect as error:
            left.append(error.code)

    token = auth.create_access_token("u")
    with pytest.raises(Mistake):
        client.websocket("/mistake", token=token)
    client.websocket("/left", token=token)
    assert left == [1000]


def test_guard_alone_refuses_the_handshake(app: FastAPI, client: Any, auth: Any) -> None:
    auth.handle_errors(app)

    @app.websocket("/alone")
    async def alone(websocket: WebSocket):
        async with auth.websocket_guard(websocket):
            await websocket.accept()

    assert client.websocket("/alone", token=auth.create_access_token("u"))[0]["type"] == "websocket.accept"
    sent = client.websocket("/alone")
    assert (sent[0]["type"], sent[0]["status"]) == ("websocket.http.response.start", 401)


def test_exception_raised_in_an_open_socket_closes_it_with_its_name(app: FastAPI, client: Any, auth: Any) -> None:
    @app.websocket("/raises")
    async def raises(websocket: WebSocket, payload=auth.WS_AUTH_REQUIRED):
        await websocket.accept()
        raise RevokedTokenError

    assert client.websocket("/raises", token=auth.create_access_token("u"))[-1] == REVOKED


def test_interval_must_be_longer_than_zero(make_auth: Any) -> None:
    from authx.exceptions import BadConfigurationError

    auth = make_auth(JWT_WEBSOCKET_CHECK_INTERVAL=timedelta(0))
    with pytest.raises(BadConfigurationError, match="JWT_WEBSOCKET_CHECK_INTERVAL"):
        auth.create_access_token("u")
