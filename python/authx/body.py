"""Reading what the engine wants of a request's body, and leaving the rest as it was.

Starlette has no public way to hand a body on that was read, so this is where its private members are used.
"""

from importlib.util import find_spec

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import Message, Receive

from authx._authx import Engine, Requirement
from authx.exceptions import BadConfigurationError

__all__ = ["read_wanted"]


async def read_wanted(
    engine: Engine, requirement: Requirement, request: Request
) -> tuple[bytes | None, list[tuple[str, str]] | None]:
    """Read the JSON body's bytes or the form's fields, where the engine wants one of them for this request.

    The route's handler can still read the body as if nobody had.
    """
    wanted = engine.wants(requirement, request.scope)
    if wanted == "json":
        return await _read_bounded(request, engine.max_body_size), None
    if wanted == "form":
        return None, await _read_form(request, engine.max_body_size)
    return None, None


async def _read_bounded(request: Request, bound: int) -> bytes | None:
    """Read the body, or give `None` where it is larger than the bound or somebody has consumed it."""
    body: bytes | None = getattr(request, "_body", None)
    if body is not None:
        return body if len(body) <= bound else None
    if request._stream_consumed:  # noqa: SLF001
        return None
    if _announced_length(request) > bound:
        return None

    # The length may be absent or a lie, so the bound is held while reading.
    receive = request.receive
    # The pieces are joined at once: a client that sends many tiny ones must not cost more than the bound.
    read = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            # Nobody waits for an answer any more. Whoever else reads the body shall notice it as well.
            _hand_on(request, message, receive)
            return None
        read += message.get("body", b"")
        if len(read) > bound:
            whole: Message = {**message, "body": bytes(read)}
            _hand_on(request, whole, receive)
            return None
        if not message.get("more_body", False):
            # Where Starlette itself keeps a body that was read, and looks before reading.
            request._body = body = bytes(read)  # noqa: SLF001
            return body


async def _read_form(request: Request, bound: int) -> list[tuple[str, str]]:
    """Read the fields of a form. One that is larger than the bound has none."""
    if find_spec("python_multipart") is None:
        raise BadConfigurationError(
            "JWT_CSRF_CHECK_FORM needs the package python-multipart: pip install python-multipart"
        )
    # For a route with form fields of its own FastAPI has parsed the form already; then only its announced length is
    # left to go by.
    if _announced_length(request) > bound:
        return []
    is_parsed = request._form is not None  # noqa: SLF001
    if not is_parsed and await _read_bounded(request, bound) is None:
        return []
    try:
        form: FormData = await request.form()
    except (HTTPException, MultiPartException, ValueError):
        # It is damaged; older versions of Starlette let the parser's own errors through. The handler finds out by itself, if the token lets the request get there.
        return []
    return [
        (name, value)
        for name, value in form.multi_items()
        if isinstance(value, str) and _is_unicode(name) and _is_unicode(value)
    ]


def _is_unicode(text: str) -> bool:
    """Whether the text has no lone surrogates, which a form's own charset can bring in."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _announced_length(request: Request) -> int:
    for name, value in request.scope["headers"]:
        if name == b"content-length" and value.isdigit():
            # Python refuses to read numbers of thousands of digits; so many bytes no body has.
            return int(value[:20])
    return 0


def _hand_on(request: Request, message: Message, receive: Receive) -> None:
    """Let whoever reads the body next get this message first."""
    waiting = iter([message])

    async def replayed() -> Message:
        for first in waiting:
            return first
        return await receive()

    request._receive = replayed  # noqa: SLF001
