"""Reads the part of a request's body that the engine needs, so that the handler can still read the body.

Starlette has no public API for that, so this module uses private attributes of its `Request`.
"""

from importlib.util import find_spec

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import HTTPConnection, Request
from starlette.types import Message, Receive

from authx import clock
from authx._authx import Engine, Requirement
from authx.exceptions import BadConfigurationError

__all__ = ["read_typed", "read_wanted"]


async def read_wanted(
    engine: Engine, requirement: Requirement, request: HTTPConnection
) -> tuple[bytes | None, list[tuple[str, str]] | None]:
    """Read the bytes of a JSON body or the fields of a form, if the engine needs them for this request.

    The route's handler can still read the body.
    """
    if not isinstance(request, Request):
        # The handshake of a WebSocket has no body.
        return None, None
    wanted = engine.wants(requirement, request.scope, clock.now())
    if wanted == "json":
        return await _read_bounded(request, engine.max_body_size), None
    if wanted == "form":
        return None, await _read_form(request, engine.max_body_size)
    return None, None


async def read_typed(request: Request, bound: int) -> tuple[bytes, bytes | None]:
    """Read a body of whichever media type, and return that type, empty if there is none, and the body as `_read_bounded`."""
    return request.headers.get("content-type", "").encode("latin-1"), await _read_bounded(request, bound)


async def _read_bounded(request: Request, bound: int) -> bytes | None:
    """Read the body. Returns `None` if it is larger than the bound, or was consumed already."""
    body: bytes | None = getattr(request, "_body", None)
    if body is not None:
        return body if len(body) <= bound else None
    if request._stream_consumed:  # noqa: SLF001
        return None
    if _announced_length(request) > bound:
        return None

    # `Content-Length` may be missing or wrong, so the bound is checked while reading.
    receive = request.receive
    # One buffer instead of a list of chunks: many tiny chunks would take more memory than the bound.
    read = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            # The client is gone. The next reader of the body must get this message too.
            _hand_on(request, message, receive)
            return None
        read += message.get("body", b"")
        if len(read) > bound:
            whole: Message = {**message, "body": bytes(read)}
            _hand_on(request, whole, receive)
            return None
        if not message.get("more_body", False):
            # Starlette's own cache of the body: `Request.body` looks here first.
            request._body = body = bytes(read)  # noqa: SLF001
            return body


async def _read_form(request: Request, bound: int) -> list[tuple[str, str]]:
    """Read the fields of a form. Returns none if it is larger than the bound."""
    if find_spec("python_multipart") is None:
        raise BadConfigurationError(
            "JWT_CSRF_CHECK_FORM needs the package python-multipart: pip install python-multipart"
        )
    # If the route has form parameters, FastAPI has parsed the form already. Then only `Content-Length` can be checked.
    if _announced_length(request) > bound:
        return []
    is_parsed = request._form is not None  # noqa: SLF001
    if not is_parsed and await _read_bounded(request, bound) is None:
        return []
    try:
        form: FormData = await request.form()
    except (HTTPException, MultiPartException, ValueError):
        # The form is malformed; older versions of Starlette raise the parser's errors. If the token is accepted, the
        # handler gets the same error.
        return []
    return [
        (name, value)
        for name, value in form.multi_items()
        if isinstance(value, str) and _is_unicode(name) and _is_unicode(value)
    ]


def _is_unicode(string: str) -> bool:
    """Whether the string has no lone surrogates, which the charset of a form can produce."""
    try:
        string.encode()
    except UnicodeEncodeError:
        return False
    return True


def _announced_length(request: Request) -> int:
    for name, value in request.scope["headers"]:
        if name == b"content-length" and value.isdigit():
            # Cut, because `int` raises for thousands of digits. 20 digits are more than any body has.
            return int(value[:20])
    return 0


def _hand_on(request: Request, message: Message, receive: Receive) -> None:
    """Make the next reader of the body receive this message first."""
    waiting = iter([message])

    async def replayed() -> Message:
        for first in waiting:
            return first
        return await receive()

    request._receive = replayed  # noqa: SLF001
