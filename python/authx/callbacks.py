"""The questions that AuthX asks an application: was this token revoked, and who is this user."""

import inspect
import logging
import re
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from inspect import Parameter, isawaitable
from types import UnionType
from typing import Annotated, Any, Generic, Protocol, Union, cast, get_args, get_origin

from starlette.exceptions import HTTPException

from authx.exceptions import AuthXException
from authx.schema import TokenPayload
from authx.types import ModelCallback, T, TokenCallback

__all__ = ["Blocklist", "PayloadCallback", "SubjectGetter"]

logger = logging.getLogger("authx")


class PayloadCallback(Protocol):
    """Tells whether a token was revoked, by its claims. Only sees those of tokens whose signature and claims hold.

    It is told from a `TokenCallback` by its first parameter, which is annotated with `TokenPayload`, or is named
    `payload` and not annotated with `str`. In all else it is like one: plain or `async`, a function or an object; raising, or
    returning `None`, refuses the request with status 500.

    Example:
        ```python
        @auth.set_callback_token_blocklist
        async def is_revoked(payload: TokenPayload) -> bool:
            return await blocklist.contains(payload.jti)
        ```
    """

    def __call__(self, payload: TokenPayload, /) -> bool | Awaitable[bool]:
        """Tell whether the token with these claims was revoked."""


class Blocklist:
    """An application's blocklist, asked so that it fails closed.

    Args:
        callback: The application's, see `AuthX.set_callback_token_blocklist`.
    """

    def __init__(self, callback: TokenCallback | PayloadCallback) -> None:
        # Arguments beyond the first are the caller's of `AuthX.is_token_in_blocklist`.
        self._callback: Callable[..., bool | Awaitable[bool]] = callback
        self.takes_payload = _takes_payload(callback)
        """Whether the callback is asked about a token's claims, and not about its text."""

    async def contains_any(self, tokens: Iterable[str | TokenPayload], **kwargs: Any) -> bool:
        """Whether the application revoked one of these, which are the spellings of one token, or its claims.

        Whatever the callback raises is logged and passed on, and refuses the request: an `HTTPException` or
        an `AuthXException` with the answer it stands for, anything else with status 500. To return `None`
        is such an error too, because a function that forgot its `return` would otherwise let all in.
        """
        try:
            for token in tokens:
                answer: Any = self._callback(token, **kwargs)
                if answer is False:
                    continue
                if answer is not True and isawaitable(answer):
                    answer = await answer
                if answer is None:
                    raise TypeError("the blocklist callback returned None; it must return True or False")  # noqa: TRY301
                if answer:
                    return True
        except (AuthXException, HTTPException):
            raise
        except Exception:
            logger.exception("The blocklist callback failed, so the token counts for nothing")
            raise
        return False


class SubjectGetter(Generic[T]):
    """An application's way from a user's name in a token to its own idea of that user."""

    def __init__(self, callback: ModelCallback[T]) -> None:
        self._callback = callback

    async def get(self, uid: str) -> T | None:
        """Find the user, or `None` where the application knows none of this name.

        What the callback raises is passed on.
        """
        subject = self._callback(uid)
        if isawaitable(subject):
            return await cast(Awaitable[T | None], subject)
        return subject


def _takes_payload(callback: Callable[..., Any]) -> bool:
    try:
        signature = _signature(callback)
    except (TypeError, ValueError):
        # Such as the methods of a set, which don't say what they take.
        return False
    parameter = next(iter(signature.parameters.values()), None)
    if parameter is None or parameter.kind not in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD):
        return False
    annotated = set(_alternatives(parameter.annotation))
    if "TokenPayload" in annotated:
        return True
    return parameter.name == "payload" and "str" not in annotated


def _signature(callback: Callable[..., Any]) -> inspect.Signature:
    try:
        return inspect.signature(callback, eval_str=True)
    except (AttributeError, NameError, SyntaxError):
        # A name that is imported for type checkers only; the annotation's text has to do.
        pass
    if sys.version_info >= (3, 14):
        from annotationlib import Format

        # There an annotation that isn't a string fails in the same way when it is read.
        return inspect.signature(callback, annotation_format=Format.STRING)
    return inspect.signature(callback)


def _alternatives(annotation: Any) -> Iterator[str]:
    """Give the names of the classes that an annotation allows, as far as they are those that are looked for."""
    if isinstance(annotation, str):
        inner = re.sub(r"^(\w+\.)*(Annotated|Optional)\[", "", annotation.strip())
        yield from (re.sub(r"^(\w+\.)*", "", part.strip()) for part in re.split(r"[|,\]]", inner))
    elif get_origin(annotation) is Annotated:
        yield from _alternatives(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, UnionType):
        for alternative in get_args(annotation):
            yield from _alternatives(alternative)
    elif annotation is TokenPayload or annotation is str:
        yield annotation.__name__
