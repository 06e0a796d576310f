"""Routes for what needs a mail: a forgotten password, and the verification of an address.

The engine reads the requests, and decides about the tokens. This module asks the application to send and to change.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

from fastapi import APIRouter, Request, Response

from authx import clock
from authx._authx import issue_mailed, read_mail_request, read_mailed_use
from authx.arguments import check_instance, requirement_of
from authx.authentication import Authenticator
from authx.body import read_typed
from authx.callbacks import logger
from authx.events import address_of
from authx.exceptions import AuthXException, LoginRequestError

__all__ = ["Mail", "MailRoutes", "PasswordReset", "Verification"]


@dataclass(frozen=True)
class Mail:
    """A mail that somebody asks for."""

    username: str
    """Who is to get it, as the request says."""
    _token_for: Callable[[str], str] = field(repr=False)

    def token_for(self, uid: str) -> str:
        """Return a token for the mail's link, for one use. `uid` is the user's subject."""
        return self._token_for(uid)


SendMail = Callable[[Mail], Awaitable[None] | None]


@dataclass(frozen=True)
class PasswordReset:
    """Sends the mails for a forgotten password, and sets the new one, see `AuthX.router`.

    Example:
        ```python
        async def send(mail: Mail) -> None:
            user = await users.find(mail.username)
            if user is not None:
                await queue.put((user.email, f"https://app.example/reset#{mail.token_for(user.id)}"))


        async def change(uid: str, password: str) -> None:
            await users.set_password(uid, password)


        PasswordReset(send, change, accepts=lambda password: len(password) >= 12)
        ```
    """

    send: SendMail
    """Sends nothing if there is no such user. It should take as long then: put the mail into a queue."""
    change: Callable[[str, str], Awaitable[None] | None]
    """Gets the token's subject and the new password. All logins of the subject end after it."""
    accepts: Callable[[str], bool] | None = None
    """Whether a new password is good enough. It is asked before the token is used up."""


@dataclass(frozen=True)
class Verification:
    """Sends the mails that verify an address, and notes that it was, see `AuthX.router`."""

    send: SendMail
    """As for `PasswordReset`."""
    confirm: Callable[[str], Awaitable[None] | None]
    """Gets the token's subject."""


class MailRoutes:
    """Adds the routes to a router.

    Args:
        authenticator: Verifies the tokens.
        end_logins: Ends all logins of a user, for a reason.
    """

    def __init__(self, authenticator: Authenticator[Any], end_logins: Callable[..., Awaitable[None]]) -> None:
        self._authenticator = authenticator
        self._end_logins = end_logins

    def add_reset(self, router: APIRouter, reset: PasswordReset, forgot: str | None, path: str | None) -> None:
        """Add the routes of a forgotten password, each unless its path is `None`."""
        check_instance("password_reset", reset, PasswordReset, "a PasswordReset")
        if forgot is not None:
            self._add_request(router, forgot, "password_reset", reset.send)
        if path is not None:

            @router.post(path, status_code=204, response_class=Response, openapi_extra=_body("token", "password"))
            async def reset_password(request: Request) -> None:
                """Set a new password with the token from a mail. All logins of the user end."""
                token, password = await self._read(
                    request, lambda kind, body: read_mailed_use("password_reset", kind, body)
                )
                if reset.accepts is not None and not reset.accepts(password):
                    raise self._refused(LoginRequestError("password: it is not accepted"))
                uid = await self._use(request, "password_reset", token)
                await _done(reset.change(uid, password))
                # Whoever knew the old password is logged out.
                await self._end_logins(uid, reason="password changed")

    def add_verification(
        self, router: APIRouter, verification: Verification, requested: str | None, path: str | None
    ) -> None:
        """Add the routes of a verification, each unless its path is `None`."""
        check_instance("verification", verification, Verification, "a Verification")
        if requested is not None:
            self._add_request(router, requested, "verification", verification.send)
        if path is not None:

            @router.post(path, status_code=204, response_class=Response, openapi_extra=_body("token"))
            async def verify(request: Request) -> None:
                """Verify an address with the token from a mail."""
                token, _ = await self._read(request, lambda kind, body: read_mailed_use("verification", kind, body))
                await _done(verification.confirm(await self._use(request, "verification", token)))

    def _add_request(self, router: APIRouter, path: str, purpose: str, send: SendMail) -> None:
        authenticator = self._authenticator

        @router.post(
            path,
            name=f"request_{purpose}",
            status_code=202,
            response_class=Response,
            openapi_extra=_body("username"),
        )
        async def request_mail(request: Request) -> None:
            """Send a mail with a token, if there is such a user."""
            username = await self._read(request, read_mail_request)
            store, engine = authenticator.needed_store(_USERS), authenticator.engines.current()
            address = address_of(request.scope)
            await authenticator.ask(store.begin_attempt, engine, "mail", username, address, clock.now())
            mail = Mail(username, lambda uid: issue_mailed(engine, purpose, uid, clock.now()))
            # The answer is the same whether or not there is such a user, and whether or not the mail could be sent.
            try:
                await _done(send(mail))
            except Exception:
                logger.exception("A mail could not be sent")

    async def _read(self, request: Request, read: Callable[[bytes, bytes | None], Any]) -> Any:
        self._authenticator.wording.ensure_handler(request.scope)
        content_type, body = await read_typed(request, self._authenticator.engines.current().max_body_size)
        try:
            return read(content_type, body)
        except AuthXException as error:
            raise self._refused(error) from None

    async def _use(self, request: Request, purpose: str, token: str) -> str:
        """Make every check on a token from a mail, use it up, and return its subject."""
        authenticator = self._authenticator
        requirement = requirement_of(type=purpose, verify_csrf=False)
        authenticator.needed_store(_USERS)
        try:
            step = authenticator.engines.current().verify(
                requirement, token, "headers", None, False, clock.now(), authenticator.stores
            )
        except AuthXException as error:
            authenticator.report(error, request.scope)
            raise
        admitted = await authenticator.admit(step, scope=request.scope)
        return admitted.payload.sub

    def _refused(self, error: AuthXException) -> AuthXException:
        self._authenticator.wording.word(error)
        return error


_USERS = "mails with a token for one use"


async def _done(result: Awaitable[None] | None) -> None:
    if isawaitable(result):
        await result


def _body(*names: str) -> dict[str, Any]:
    properties = {name: {"type": "string"} for name in names}
    schema = {"schema": {"type": "object", "required": list(names), "properties": properties}}
    content = {"application/json": schema, "application/x-www-form-urlencoded": schema}
    return {"requestBody": {"required": True, "content": content}}
