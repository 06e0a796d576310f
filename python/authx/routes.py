"""Ready routes for the whole life of a login.

The engine reads the body of a login and decides about the tokens. This module asks the application about the password.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from authx._authx import Requirement, read_credentials
from authx.arguments import check_instance
from authx.authentication import Authenticator
from authx.body import read_typed
from authx.client_routes import ClientSecrets, add_client_routes
from authx.exceptions import AuthXException, LoginFailedError
from authx.logins import LoginKeeping, LoginTokens
from authx.mail_routes import MailRoutes, PasswordReset, Verification
from authx.protecting import RouteProtection
from authx.route_dependencies import SubjectRequired
from authx.schema import TokenPayload
from authx.sessions import SessionInfo, SessionKeeping

__all__ = ["Authenticate", "Credentials", "Identity", "ReadyRoutes"]


@dataclass(frozen=True)
class Credentials:
    """What a login's request contains."""

    username: str
    """Who wants to log in. It is not empty."""
    password: str = field(repr=False)
    """The password. It is not empty."""
    scopes: tuple[str, ...] = ()
    """The scopes that the client asks for. The application decides which of them it gets."""


@dataclass(frozen=True)
class Identity:
    """Who has logged in, and what the tokens say; see `AuthX.log_in`."""

    uid: str
    """The subject."""
    scopes: Sequence[str] | None = None
    """What the tokens allow."""
    data: Mapping[str, Any] | None = None
    """Further claims."""
    audience: str | Sequence[str] | None = None
    """The `aud` claim."""


Authenticate = Callable[[Credentials], "Identity | str | Awaitable[Identity | str | None] | None"]
"""Checks a user name and a password, see `AuthX.router`."""


class ReadyRoutes:
    """The part of `AuthX` that has routes for the life of a login."""

    def __init__(
        self,
        authenticator: Authenticator[Any],
        protection: RouteProtection,
        logins: LoginKeeping,
        sessions: SessionKeeping,
    ) -> None:
        self._authenticator = authenticator
        self._parts = (protection, logins, sessions)

    def router(
        self,
        authenticate: Authenticate,
        *,
        login: str | None = "/login",
        refresh: str | None = "/refresh",
        logout: str | None = "/logout",
        logout_everywhere: str | None = "/logout/everywhere",
        sessions: str | None = "/sessions",
        password_reset: PasswordReset | None = None,
        forgot_password: str | None = "/password/forgot",  # noqa: S107 -- a path
        reset_password: str | None = "/password/reset",  # noqa: S107 -- a path
        verification: Verification | None = None,
        request_verification: str | None = "/verification/request",
        verify: str | None = "/verification",
        clients: ClientSecrets | None = None,
        introspect: str | None = "/introspect",
        revoke: str | None = "/revoke",
        **options: Any,
    ) -> APIRouter:
        """Return routes for a login, its refresh, its end, and the list of a user's logins. They need a store.

        The body of a login is JSON, `{"username": ..., "password": ...}`, or the form of OAuth 2.0 (RFC 6749 section
        4.3.2). With `JWT_MAX_FAILED_LOGINS` too many failed logins are answered with status 429, as `login_attempt` does.
        The routes are the same in the crate `axum-authx`.

        Args:
            authenticate: Checks the name and the password: returns the subject, or an `Identity` with scopes and claims;
                `None` is answered with `LoginFailedError`. It should take as long for a name that it doesn't know as for
                a wrong password. A plain function must not block.
            login: `POST`: begins a login. `None` leaves a route out, here and below.
            refresh: `POST`: exchanges a refresh token.
            logout: `POST`: ends the login of an access token.
            logout_everywhere: `POST`: ends all logins of the token's subject.
            sessions: `GET`: the logins of the token's subject. `DELETE`, with the `session_id` as a further segment: ends
                one of them.
            password_reset: Sends the mails for a forgotten password, and sets the new one. Without it there are no routes
                for that.
            forgot_password: `POST`: sends such a mail. With `JWT_MAX_FAILED_LOGINS` not too often.
            reset_password: `POST`: sets a new password with the token from the mail, which is used up, and ends all logins
                of the user.
            verification: Sends the mails that verify an address, and notes that it was. Without it there are no routes for
                that.
            request_verification: `POST`: sends such a mail.
            verify: `POST`: verifies the address with the token from the mail.
            clients: The secrets of other programs, such as a gateway, by their identifiers: each may ask about tokens and
                revoke them, authenticated by `Basic` or by `client_id` and `client_secret` in the form. Without them there
                are no routes for that.
            introspect: `POST`: tells a client the claims of a token, or that it is not active (RFC 7662).
            revoke: `POST`: revokes a token, and the login that it belongs to (RFC 7009).
            **options: Those of FastAPI's `APIRouter`, such as `prefix` and `tags`.

        Raises:
            TypeError: An argument is of another type; the message names it.
            ValueError: A client can't have this identifier or secret.

        Example:
            ```python
            async def authenticate(given: Credentials) -> str | None:
                return given.username if await check_password(given.username, given.password) else None


            app.include_router(auth.router(authenticate))
            ```
        """
        router = APIRouter(**options)
        if not callable(authenticate):
            raise TypeError(f"authenticate: a function is expected, not {type(authenticate).__name__}")
        protection, logins, kept = self._parts
        # Not ACCESS_REQUIRED, which returns the application's own model if there is one.
        access = SubjectRequired(self._authenticator, Requirement(), _unchanged)
        if login is not None:
            self._add_login(router, login, authenticate, logins)
        if refresh is not None:

            @router.post(refresh)
            async def exchange(tokens: Annotated[LoginTokens, protection.ROTATED]) -> LoginTokens:
                """Exchange a refresh token for the next pair."""
                return tokens

        if logout is not None:

            @router.post(logout, status_code=204, response_class=Response)
            async def end(payload: Annotated[TokenPayload, access], response: Response) -> None:
                """End the login that the token belongs to."""
                await logins.logout(payload, response)

        if logout_everywhere is not None:

            @router.post(logout_everywhere, status_code=204, response_class=Response)
            async def end_everywhere(payload: Annotated[TokenPayload, access], response: Response) -> None:
                """End all logins of the user."""
                await logins.logout_everywhere(payload, response)

        if sessions is not None:

            @router.get(sessions)
            async def list_sessions(payload: Annotated[TokenPayload, access]) -> list[SessionInfo]:
                """List the logins of the user."""
                return await kept.list_sessions(payload.sub)

            @router.delete(f"{sessions}/{{session_id}}", status_code=204, response_class=Response)
            async def end_session(payload: Annotated[TokenPayload, access], session_id: str) -> None:
                """End one of the user's logins."""
                await logins.end_own_login(payload, session_id)

        mails = MailRoutes(self._authenticator, logins.end_logins)
        if password_reset is not None:
            mails.add_reset(router, password_reset, forgot_password, reset_password)
        if verification is not None:
            mails.add_verification(router, verification, request_verification, verify)
        if clients is not None:
            add_client_routes(router, self._authenticator, clients, introspect, revoke)
        return router

    def _add_login(self, router: APIRouter, path: str, authenticate: Authenticate, logins: LoginKeeping) -> None:
        authenticator = self._authenticator

        @router.post(path, openapi_extra=_BODY)
        async def begin(request: Request, response: Response) -> LoginTokens:
            """Log in by a user name and a password."""
            authenticator.wording.ensure_handler(request.scope)
            content_type, body = await read_typed(request, authenticator.engines.current().max_body_size)
            try:
                username, password, scopes = read_credentials(content_type, body)
            except AuthXException as error:
                authenticator.wording.word(error)
                raise
            async with logins.login_attempt(username, request):
                found = authenticate(Credentials(username, password, tuple(scopes)))
                if isawaitable(found):
                    found = await found
                if found is None:
                    raise self.refuse_login(username, request)
            identity = Identity(found) if isinstance(found, str) else found
            check_instance("authenticate", identity, Identity, "a function that returns a string, an Identity or None")
            return await logins.log_in(
                identity.uid,
                scopes=identity.scopes,
                data=identity.data,
                audience=identity.audience,
                request=request,
                response=response,
            )

    def refuse_login(self, username: str, request: Request | None = None) -> LoginFailedError:
        """Return the exception for a login whose user name or password is wrong, for a route of your own; it is an event.

        Args:
            username: The name that the request gave.
            request: The request, for the client's address.

        Example:
            ```python
            if user is None:
                raise auth.refuse_login(form.username, request)
            ```
        """
        scope = None if request is None else request.scope
        error = LoginFailedError("The user name or the password is wrong")
        self._authenticator.report(error, scope, subject=username)
        return error


async def _unchanged(payload: TokenPayload) -> TokenPayload:
    return payload


_FIELDS = {
    "type": "object",
    "required": ["username", "password"],
    "properties": {
        "username": {"type": "string"},
        "password": {"type": "string", "format": "password"},
        "scope": {"type": "string", "description": "The scopes that the client asks for, separated by blanks"},
    },
}

_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _FIELDS},
            "application/x-www-form-urlencoded": {
                "schema": {
                    **_FIELDS,
                    "properties": {"grant_type": {"type": "string", "pattern": "password"}, **_FIELDS["properties"]},  # type: ignore[dict-item]
                }
            },
        },
    }
}
