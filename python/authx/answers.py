"""The HTTP answers to exceptions."""

import functools
import secrets
from collections.abc import Callable, Mapping
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketState

from authx import exceptions
from authx._authx import Engine, error_message, error_types
from authx.exceptions import (
    AuthXException,
    BadConfigurationError,
    JWTDecodeError,
    LoginTypeMismatchError,
    RateLimitExceeded,
    RevokedTokenError,
)
from authx.startup import check_at_startup

__all__ = ["Answer", "ErrorAnswering", "Wording", "chosen_messages", "usual_engine", "usual_wording"]


class Answer(NamedTuple):
    """A status, headers and a body; and the code and reason that an open WebSocket is closed with."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    close: tuple[int, str]


class ErrorAnswering:
    """The part of `AuthX` and `AuthManager` that answers exceptions.

    The `MSG_` attributes are the messages of answers, by the exception's name. Set one, on an instance or in a
    subclass, to change the message; `None` stands for `str(exception)`.
    """

    MSG_AccessTokenRequiredError: str | None = "Access token required"
    MSG_CSRFError: str | None = "CSRF double submit does not match"
    MSG_ForeignOriginError: str | None = "The WebSocket was opened by a page of a foreign origin"
    MSG_FreshTokenRequiredError: str | None = "Fresh token required"
    MSG_InsufficientScopeError: str | None = None
    MSG_JWTDecodeError: str | None = "Invalid Token"
    MSG_LoginTypeMismatchError: str | None = None
    MSG_MissingCSRFTokenError: str | None = None
    MSG_MissingTokenError: str | None = "Missing JWT in request"
    MSG_PolicyDeniedError: str | None = None
    MSG_PolicyEvaluationError: str | None = "Policy evaluation failed"
    MSG_RefreshTokenRequiredError: str | None = "Refresh token required"
    MSG_RevokedTokenError: str | None = "Invalid token"
    MSG_TokenError: str | None = "Token Error"
    MSG_TokenRequiredError: str | None = "Token required"
    MSG_TokenTypeError: str | None = "Bad token type"
    MSG_UnknownSubjectError: str | None = "The token's subject is unknown to the application"

    def __init__(self, wording: "Wording", check: Callable[[], None]) -> None:
        self._wording = wording
        self._check_settings = check

    def check(self) -> None:
        """Check the settings and the keys, which otherwise happens at the first use.

        `handle_errors` has the application call this when it starts, so that it doesn't start with a mistake.

        Raises:
            BadConfigurationError: A setting is missing, invalid, or contradicts another one; the message names it.
        """
        self._check_settings()

    def handle_errors(self, app: Starlette) -> None:
        """Make the application answer AuthX's exceptions, wherever they are raised, and `check` the settings at its start.

        The body is `{"message": ..., "error_type": ...}`, a 401 carries `WWW-Authenticate`. Routes with a dependency
        of AuthX don't need this; call it for exceptions that are raised elsewhere. A handler that the application
        adds for one of the classes afterwards takes precedence. A handler for `AuthXException` gets the
        exceptions that are the service's fault, such as `BadConfigurationError`.

        Example:
            ```python
            app = FastAPI()
            auth.handle_errors(app)
            ```
        """
        if not hasattr(app, "add_exception_handler"):
            raise TypeError(f"app: an application such as FastAPI() is expected, not {type(app).__name__}")
        for kind in _answered_classes():
            # Starlette's annotation asks for a handler of any exception, but calls it with this class's only.
            app.add_exception_handler(kind, self._wording.handle)  # type: ignore[arg-type]
        check_at_startup(app, self._check_settings)

    def error_response(self, error: AuthXException) -> Response:
        """Return the answer to an exception, for code outside an application, such as a plain ASGI middleware.

        Raises:
            AuthXException: The given exception, if it is the service's fault, such as a `BadConfigurationError`.

        Example:
            ```python
            async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
                app = self.app
                if scope["type"] != "lifespan":
                    try:
                        await auth.access_token_required(HTTPConnection(scope))
                    except AuthXException as error:
                        app = auth.error_response(error)
                await app(scope, receive, send)
            ```
        """
        return response_of(self._wording.answer_or_raise(error))

    def ensure_request_exception_handlers(self, request: HTTPConnection) -> None:
        """Make the application that serves this request answer AuthX's exceptions, as `handle_errors` does."""
        self._wording.ensure_handler(request.scope)


class Wording:
    """Creates the answers to exceptions, with the messages of one `AuthX` or `AuthManager`.

    Args:
        engine: Returns the engine that decides status, message and challenge for an exception.
        messages: Returns the messages that the application has set for an exception, see `answer_of`.
        login_type: Returns the login type for exceptions that have none.
    """

    __slots__ = ("_engine", "_login_type", "messages")

    def __init__(
        self,
        engine: Callable[[AuthXException], Engine],
        messages: Callable[[AuthXException], Mapping[str, str | None]],
        login_type: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._engine = engine
        self.messages = messages
        self._login_type = login_type

    def word(self, error: AuthXException) -> None:
        """Store the answer in the exception. The handler that sends it may belong to another instance."""
        if error.login_type is None:
            error.login_type = self._login_type()
        if not isinstance(error, BadConfigurationError):
            error.worded_answer = self.answer(error)

    def answer(self, error: AuthXException) -> Answer | None:
        """Create the answer. `None` means that the exception is the service's fault and results in status 500."""
        if isinstance(error, BadConfigurationError):
            return None
        return answer_of(error, self._engine(error), self.messages(error))

    def answer_or_raise(self, error: AuthXException) -> Answer:
        """Return the answer that is stored in the exception, or create it.

        Raises:
            AuthXException: The given exception, if it is the service's fault.
        """
        answer = error.worded_answer or self.answer(error)
        if answer is None:
            raise error
        return answer

    def ensure_handler(self, scope: Scope) -> None:
        """Make the application that serves this scope answer AuthX's exceptions, unless it does already."""
        # Starlette keeps its table of handlers in the scope. The table outlives the request, so only the first request
        # has to register. `setdefault` keeps a handler of the application.
        tables = scope.get("starlette.exception_handlers")
        if tables is not None and AuthXException not in tables[0]:
            tables[0].setdefault(AuthXException, self.handle)

    def ensure_handler_of(self, kind: type[AuthXException], scope: Scope) -> None:
        """Make the application answer exceptions of this class, unless it or an `AuthX` does already."""
        tables = scope.get("starlette.exception_handlers")
        if tables is not None and not any(cls in tables[0] for cls in kind.__mro__ if cls is not Exception):
            tables[0][kind] = self.handle

    async def handle(self, connection: HTTPConnection, error: AuthXException) -> Response | None:
        """Send the answer, as a Starlette exception handler."""
        return await respond(connection, self.answer_or_raise(error))


def chosen_messages(owner: object, error: AuthXException) -> dict[str, str | None]:
    """Return the `MSG_` attributes for an exception that the application has set, by class name."""
    names = {cls.__name__ for cls in type(error).__mro__} | {"TokenError"}
    messages = {
        name: message for name in names if (message := getattr(owner, f"MSG_{name}", None)) != _USUAL_MESSAGES.get(name)
    }
    if "TokenError" in messages:
        messages.setdefault("MissingTokenError", messages["TokenError"])
    return messages


# The engine's own messages. A message that differs was set by the application.
_USUAL_MESSAGES: dict[str, str | None] = {
    name.removeprefix("MSG_"): message for name, message in vars(ErrorAnswering).items() if name.startswith("MSG_")
}


def answer_of(error: AuthXException, engine: Engine, messages: Mapping[str, str | None]) -> Answer | None:
    """Create the answer to an exception. `None` means that it is the service's fault and results in status 500.

    Args:
        error: Of one of the classes with an answer, or of a subclass.
        engine: Decides status, message and challenge.
        messages: The messages that the application has set, by class name. `None` stands for `str(error)`.
    """
    known = _answered_names()
    name = next((cls.__name__ for cls in type(error).__mro__ if cls.__name__ in known), None)
    if name is None:
        return None
    message = messages[name] if name in messages else error_message(name)
    worded = engine.answer(
        name,
        type(error).__name__,
        str(error) if message is None else message,
        login_types=(error.expected_type, error.actual_type) if isinstance(error, LoginTypeMismatchError) else None,
        retry_after=error.retry_after if isinstance(error, RateLimitExceeded) else None,
        explanation=error.explanation,
    )
    answer = Answer(*worded)
    if isinstance(error, RateLimitExceeded):
        answer = answer._replace(headers=[*answer.headers, *error.limit_headers])
    return answer


class _Refusal(Response):
    """An answer that is an ASGI application for requests and for the handshakes of WebSockets."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body, answer.status, dict(answer.headers))
        self._close = answer.close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
            code, reason = self._close
            await send({"type": "websocket.close", "code": code, "reason": reason})
            return
        await super().__call__(scope, receive, send)


def response_of(answer: Answer) -> Response:
    return _Refusal(answer)


async def respond(connection: HTTPConnection, answer: Answer) -> Response | None:
    """Send the answer.

    For a WebSocket it refuses the handshake if the server supports that; else the WebSocket is closed.
    """
    response = response_of(answer)
    if not isinstance(connection, WebSocket):
        return response
    opening = connection.application_state == WebSocketState.CONNECTING
    if opening and "websocket.http.response" in connection.scope.get("extensions", {}):
        await connection.send_denial_response(response)
    else:
        await connection.close(*answer.close)
    return None


def usual_wording() -> Wording:
    """Return a wording with default settings and messages, for code without an `AuthX`."""
    return Wording(engine=lambda _: usual_engine(), messages=lambda _: {})


@functools.cache
def _answered_names() -> frozenset[str]:
    return frozenset(error_types())


@functools.cache
def _answered_classes() -> tuple[type[AuthXException], ...]:
    """The classes that have answers of their own.

    Without the subclasses of `JWTDecodeError` and `RevokedTokenError`, so that an application's handler for those
    classes gets them too.
    """
    return tuple(
        kind
        for kind in vars(exceptions).values()
        if isinstance(kind, type)
        and issubclass(kind, AuthXException)
        and not {JWTDecodeError, RevokedTokenError}.intersection(kind.__bases__)
        and kind.__name__ in _answered_names()
    )


@functools.cache
def usual_engine() -> Engine:
    """An engine with default settings, which is used only for its answers. Its key is random."""
    return Engine({"JWT_SECRET_KEY": secrets.token_urlsafe(64)})
