"""The application's callbacks: was this token revoked, and who is its user."""

import inspect
import logging
import re
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from inspect import Parameter, isawaitable
from types import UnionType
from typing import Annotated, Any, Generic, Protocol, Union, cast, get_args, get_origin

from starlette.exceptions import HTTPException

from authx._authx import Renewal
from authx.exceptions import AuthXException
from authx.schema import TokenPayload
from authx.types import ModelCallback, T, TokenCallback

__all__ = ["Blocklist", "PayloadCallback", "RenewalCallback", "Renewals", "SubjectGetter"]

logger = logging.getLogger("authx")


class PayloadCallback(Protocol):
    """Tells whether a token was revoked. It is called with the claims, after signature and claims were checked.

    It differs from a `TokenCallback` in its first parameter, which is annotated with `TokenPayload`, or is named
    `payload` and not annotated with `str`. In all else it is the same: plain or `async`, a function or an object. If it
    raises or returns `None`, the request is refused with status 500.

    Example:
        ```python
        @auth.set_callback_token_blocklist
        async def is_revoked(payload: TokenPayload) -> bool:
            return await blocklist.contains(payload.jti)
        ```
    """

    def __call__(self, payload: TokenPayload, /) -> bool | Awaitable[bool]:
        """Return whether the token with these claims was revoked."""


class Blocklist:
    """Calls the application's blocklist callback. If the callback fails, the request is refused.

    Args:
        callback: The callback, see `AuthX.set_callback_token_blocklist`.
    """

    def __init__(self, callback: TokenCallback | PayloadCallback) -> None:
        # Further arguments come from callers of `AuthX.is_token_in_blocklist`.
        self._callback: Callable[..., bool | Awaitable[bool]] = callback
        self.takes_payload = _takes_payload(callback)
        """Whether the callback takes the claims instead of the token string."""

    async def contains_any(self, tokens: Iterable[str | TokenPayload], **kwargs: Any) -> bool:
        """Whether the application revoked one of these: the spellings of one token, or its claims.

        What the callback raises refuses the request. An `HTTPException` or an `AuthXException` is passed on and has
        its own answer; anything else is logged, and the status is 500. `None` is such an error too, because
        otherwise a function without `return` would accept every token.
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
            logger.exception("The blocklist callback failed, so the token is refused")
            raise
        return False


class SubjectGetter(Generic[T]):
    """Calls the application's callback that finds the user of a token."""

    def __init__(self, callback: ModelCallback[T]) -> None:
        self._callback = callback

    async def get(self, uid: str) -> T | None:
        """Return the user with this id, or `None`.

        What the callback raises is passed on.
        """
        subject = self._callback(uid)
        if isawaitable(subject):
            return await cast(Awaitable[T | None], subject)
        return subject


RenewalCallback = Callable[[TokenPayload], Renewal | bool | Awaitable[Renewal | bool]]
"""Says what the tokens after a refresh say, see `AuthX.set_callback_renewal`."""


class Renewals:
    """Calls the application's callback that says whether a login goes on. If it fails, the request fails."""

    def __init__(self, callback: RenewalCallback) -> None:
        self._callback = callback

    async def ask(self, payload: TokenPayload) -> Renewal | None:
        """Return the changes, or `None` if the login doesn't go on.

        What the callback raises is passed on. `None` is an error too, because otherwise a function without `return`
        would end every login.
        """
        answer: Any = self._callback(payload)
        if isawaitable(answer):
            answer = await answer
        if answer is False:
            return None
        if answer is True:
            return Renewal()
        if not isinstance(answer, Renewal):
            raise TypeError(f"the renewal callback returned {answer!r}; it must return True, False or a Renewal")
        return answer


def _takes_payload(callback: Callable[..., Any]) -> bool:
    try:
        signature = _signature(callback)
    except (TypeError, ValueError):
        # Some built-in callables have no signature, such as the methods of a set.
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
        # A name that is imported for type checkers only; the annotation remains a string.
        pass
    if sys.version_info >= (3, 14):
        from annotationlib import Format

        # Since 3.14, reading such an annotation raises even if it is not written as a string.
        return inspect.signature(callback, annotation_format=Format.STRING)
    return inspect.signature(callback)


def _alternatives(annotation: Any) -> Iterator[str]:
    """Return the names of the classes in an annotation, as far as they matter to `_takes_payload`."""
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
