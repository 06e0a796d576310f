"""The questions that AuthX asks an application: was this token revoked, and who is this user."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from inspect import isawaitable
from typing import Any, Generic, cast

from starlette.exceptions import HTTPException

from authx.exceptions import AuthXException
from authx.types import ModelCallback, T, TokenCallback

__all__ = ["Blocklist", "SubjectGetter"]

logger = logging.getLogger("authx")


class Blocklist:
    """An application's blocklist, asked so that it fails closed."""

    def __init__(self, callback: TokenCallback) -> None:
        # Arguments beyond the token are the caller's of `AuthX.is_token_in_blocklist`.
        self._callback: Callable[..., bool | Awaitable[bool]] = callback

    async def contains(self, spellings: Iterable[str], **kwargs: Any) -> bool:
        """Whether the application revoked the token, in any of its spellings.

        Whatever the callback raises is logged and passed on, and refuses the request: an `HTTPException` or
        an `AuthXException` with the answer it stands for, anything else with status 500. To return `None`
        is such an error too, because a function that forgot its `return` would otherwise let all in.
        """
        try:
            for spelling in spellings:
                answer: Any = self._callback(spelling, **kwargs)
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
