"""From an exception to the HTTP answer that a client gets."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket, WebSocketState

from authx._authx import Engine, socket_close
from authx.exceptions import AuthXException, LoginTypeMismatchError, RateLimitExceeded

__all__ = ["Answer", "answer_of", "register_handler", "respond"]


class Answer(NamedTuple):
    """A status, the members of a JSON body, and headers; for an open WebSocket, a code and a reason to close it."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]
    close: tuple[int, str]


def answer_of(error: AuthXException, engine: Engine, messages: Mapping[str, str | None]) -> Answer | None:
    """Word the answer to this exception, or `None` where it is no client's business and ends in a 500.

    Args:
        error: Of a class that the engine knows, or of a subclass.
        engine: Says status, message and challenge.
        messages: The messages that the application chose instead, by class name. `None`: the exception's text.
    """
    for cls in type(error).__mro__:
        try:
            status, message, challenge = engine.answer(cls.__name__)
        except KeyError:
            continue
        break
    else:
        return None

    if cls.__name__ in messages:
        message = messages[cls.__name__]
    body: dict[str, Any] = {
        engine.error_message_key: str(error) if message is None else message,
        "error_type": type(error).__name__,
    }
    headers = {} if challenge is None else {"WWW-Authenticate": challenge}
    if isinstance(error, LoginTypeMismatchError):
        body |= {"expected_type": error.expected_type, "actual_type": error.actual_type}
    elif isinstance(error, RateLimitExceeded):
        body["retry_after"] = error.retry_after
        headers["Retry-After"] = str(error.retry_after)
    return Answer(status, body, headers, socket_close(cls.__name__))


async def respond(connection: HTTPConnection, answer: Answer) -> Response | None:
    """Give the answer.

    A WebSocket gets it as the refusal of its handshake where the server can do that, else it is closed.
    """
    response = JSONResponse(answer.body, status_code=answer.status, headers=answer.headers)
    if not isinstance(connection, WebSocket):
        return response
    opening = connection.application_state == WebSocketState.CONNECTING
    if opening and "websocket.http.response" in connection.scope.get("extensions", {}):
        await connection.send_denial_response(response)
    else:
        await connection.close(*answer.close)
    return None


def register_handler(scope: Mapping[str, Any], handler: Any) -> None:
    """Make the application that serves this request use the handler, unless it has one of its own.

    Starlette leaves its table of handlers in the scope, which outlives the request.
    """
    tables = scope.get("starlette.exception_handlers")
    if tables is not None:
        tables[0].setdefault(AuthXException, handler)
