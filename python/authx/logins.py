"""Logins that a store keeps: refresh tokens that rotate, and ends for one login or all of a user.

The engine decides what a used refresh token means. This module passes it the request and sends the cookies.
"""

import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from fastapi import Response
from pydantic import BaseModel, PrivateAttr
from starlette.requests import HTTPConnection
from typing_extensions import Self

from authx import clock
from authx._authx import Admitted
from authx.arguments import check_instance, check_string, string_fault, strings_fault, timestamp_or_none
from authx.authentication import Authenticator
from authx.events import address_of
from authx.exceptions import AuthXException
from authx.issuing import add_cookies
from authx.schema import TokenPayload, TokenResponse, payload_json
from authx.sessions import SessionInfo

__all__ = ["LoginKeeping", "LoginTokens"]


class LoginTokens(TokenResponse):
    """The tokens of a login, as the response of a route.

    A token whose only location is a cookie is an attribute of it, and is left out of the response's body, so that it is
    never shown to scripts.
    """

    _session: SessionInfo = PrivateAttr()

    @property
    def session(self) -> SessionInfo:
        """The login, whose `session_id` is the `sid` of the tokens."""
        return self._session

    @classmethod
    def of(cls, pair: TokenResponse, session: SessionInfo, hidden: Iterable[str]) -> Self:
        """The tokens of this login, of which the body lacks the fields `hidden`."""
        tokens = cls(**dict(pair))
        tokens._session = session
        tokens._hidden = frozenset(hidden)
        return tokens


class LoginKeeping:
    """The part of `AuthX` that begins, continues and ends logins in a store."""

    def __init__(self, authenticator: Authenticator[Any]) -> None:
        self._logins = authenticator

    async def log_in(
        self,
        uid: str,
        *,
        scopes: Sequence[str] | None = None,
        data: Mapping[str, Any] | None = None,
        audience: str | Sequence[str] | None = None,
        request: HTTPConnection | None = None,
        response: Response | None = None,
        device_info: dict[str, Any] | None = None,
    ) -> LoginTokens:
        """Begin a login: its tokens, and what the store keeps of it. The access token is fresh.

        Args:
            uid: The subject.
            scopes: What its tokens allow, those after a refresh too.
            data: Further claims of its tokens.
            audience: The `aud` claim. `JWT_ENCODE_AUDIENCE` unless given.
            request: The request of the login, for the client's address and `User-Agent`.
            response: The response that gets the cookies, if cookies are a location of tokens.
            device_info: Whatever else the application stores about the login.

        Raises:
            StoreUnavailableError: The store gives no answer.
            BadConfigurationError: There is no store.

        Example:
            ```python
            @app.post("/login")
            async def login(credentials: Credentials, request: Request, response: Response) -> LoginTokens:
                uid = await authenticate(credentials)
                return await auth.log_in(uid, scopes=["notes:write"], request=request, response=response)
            ```
        """
        if fault := string_fault("uid", uid) or strings_fault("scopes", scopes):
            raise fault
        check_instance("data", data, (Mapping, type(None)), "a mapping")
        check_instance("request", request, (HTTPConnection, type(None)), "a request")
        check_instance("device_info", device_info, (dict, type(None)), "a dictionary")
        client = request.client if request is not None else None
        begun = await self._logins.ask(
            self._logins.needed_store().log_in,
            self._logins.engines.current(),
            uid,
            clock.now(),
            scopes=None if scopes is None else list(scopes),
            data=data,
            audience=audience,
            client=(
                client.host if client is not None else None,
                request.headers.get("user-agent") if request is not None else None,
                device_info,
            ),
        )
        return self._response(begun, response)

    @contextlib.asynccontextmanager
    async def login_attempt(self, username: str, request: HTTPConnection | None = None) -> AsyncIterator[None]:
        """Count an attempt to log in as this user, for a route of your own: `JWT_MAX_FAILED_LOGINS`.

        The password is tried inside. The attempt counts as failed if an exception leaves the block.

        Args:
            username: The name that the request gave.
            request: The request, for the client's address, which has a limit too.

        Raises:
            RateLimitExceeded: Too many attempts have failed. The block doesn't run.
            StoreUnavailableError: The store gives no answer.
            BadConfigurationError: There is no store.

        Example:
            ```python
            @app.post("/login")
            async def login(form: Credentials, request: Request, response: Response) -> LoginTokens:
                async with auth.login_attempt(form.username, request):
                    uid = await check_password(form)
                    if uid is None:
                        raise auth.refuse_login(form.username, request)
                return await auth.log_in(uid, request=request, response=response)
            ```
        """
        if fault := string_fault("username", username):
            raise fault
        check_instance("request", request, (HTTPConnection, type(None)), "a request")
        engine = self._logins.engines.current()
        address = None if request is None else address_of(request.scope)
        begun = await self._logins.ask(
            self._logins.needed_store().begin_attempt, engine, "login", username, address, clock.now()
        )
        yield
        await self._logins.ask(self._logins.needed_store().attempt_succeeded, engine, begun, clock.now())

    async def refresh(
        self, request: HTTPConnection, response: Response | None = None, *, scopes: Sequence[str] = ()
    ) -> LoginTokens:
        """Use up the request's refresh token, and return its successors. The dependency `ROTATED` does it for a route.

        Requests with the same token at the same time, and within `JWT_REFRESH_GRACE` after it, all get the same refresh
        token. Any other use of a token that was used before ends the login (RFC 9700 section 4.14.2).

        Args:
            request: The request.
            response: The response that gets the cookies, if cookies are a location of tokens.
            scopes: Scopes that the token must have, all of them.

        Raises:
            RefreshReusedError: The token was used before; its login has ended.
            AuthXException: The token is refused for another reason, or the store gives no answer.

        Example:
            ```python
            @app.post("/refresh")
            async def refresh(request: Request, response: Response) -> LoginTokens:
                return await auth.refresh(request, response)
            ```
        """
        self._logins.needed_store()
        admitted = await self._logins.verify_rotatable(request, scopes)
        return await self._rotated(admitted, request, response, is_verified=False)

    async def rotate(
        self, payload: TokenPayload, response: Response | None = None, *, request: HTTPConnection | None = None
    ) -> LoginTokens:
        """Use up a refresh token by its claims, which a dependency has verified, and return its successors, as `refresh`.

        Args:
            payload: The claims of the refresh token, from `REFRESH_REQUIRED`. Fields of the token's header are not
                carried on.
            response: The response that gets the cookies, if cookies are a location of tokens.
            request: The request, for the client's address in events.

        Raises:
            RefreshReusedError: The token was used before; its login has ended.
            AuthXException: The token is refused for another reason, or the store gives no answer.

        Example:
            ```python
            @app.post("/refresh")
            async def refresh(response: Response, payload: TokenPayload = auth.REFRESH_REQUIRED) -> LoginTokens:
                return await auth.rotate(payload, response)
            ```
        """
        check_instance("payload", payload, TokenPayload, "the TokenPayload of a dependency")
        check_instance("request", request, (HTTPConnection, type(None)), "a request")
        self._logins.needed_store()
        try:
            admitted = self._logins.engines.current().rotatable_of_claims(payload_json(payload), clock.now())
        except AuthXException as error:
            self._logins.wording.word(error)
            raise
        return await self._rotated(admitted, request, response, is_verified=True)

    async def _rotated(
        self, admitted: Admitted, request: HTTPConnection | None, response: Response | None, *, is_verified: bool
    ) -> LoginTokens:
        store, engine = self._logins.needed_store(), self._logins.engines.current()
        address = None if request is None else address_of(request.scope)
        renewal = None
        try:
            if self._logins.renewal is not None:
                # A token that was used before is found out, whatever the application says of its user.
                if not (is_verified and engine.refresh_single_use):
                    await self._logins.ask(store.check, engine, admitted, clock.now(), address)
                renewal = await self._logins.renew(admitted)
                if renewal is None:
                    session_id = admitted.payload.sid or admitted.payload.jti or ""
                    await self._logins.ask(store.refuse_renewal, engine, session_id, clock.now(), address)
            rotated = await self._logins.ask(store.rotate, engine, admitted, clock.now(), renewal, address, is_verified)
            return self._response(rotated, response)
        except AuthXException as error:
            self._logins.wording.word(error)
            raise

    async def logout(self, payload: BaseModel, response: Response | None = None) -> None:
        """End the login that the token belongs to, and revoke the token itself.

        Args:
            payload: The claims of the token, from a dependency.
            response: The response that deletes the cookies.

        Raises:
            StoreUnavailableError: The store gives no answer; the user is still logged in.

        Example:
            ```python
            @app.post("/logout")
            async def logout(response: Response, payload: TokenPayload = auth.ACCESS_REQUIRED) -> None:
                await auth.logout(payload, response)
            ```
        """
        await self._log_out(payload, "here")
        self._unset_cookies(response)

    async def logout_everywhere(self, payload: BaseModel, response: Response | None = None) -> None:
        """End all logins of the token's subject, and revoke all tokens that the subject got until now.

        Args:
            payload: The claims of the token, from a dependency.
            response: The response that deletes the cookies.
        """
        await self._log_out(payload, "everywhere")
        self._unset_cookies(response)

    async def logout_elsewhere(self, payload: BaseModel) -> None:
        """End all logins of the token's subject but the token's own, for example after a change of the password.

        Args:
            payload: The claims of the token, from a dependency.
        """
        await self._log_out(payload, "elsewhere")

    async def _log_out(self, payload: BaseModel, what: Literal["here", "everywhere", "elsewhere"]) -> None:
        uid = _subject(payload)
        jti, session_id = (getattr(payload, name, None) for name in ("jti", "sid"))
        lacking = {"here": jti is None and session_id is None, "elsewhere": session_id is None}
        if not isinstance(payload, TokenPayload) and lacking.get(what):
            raise TypeError("payload: the payload_model needs the field sid, by which a logout finds the login")
        exp = getattr(payload, "exp", None)
        # A lifetime is in no claims that were verified.
        end = None if isinstance(exp, timedelta) else timestamp_or_none("exp", exp)
        store, engine = self._logins.needed_store(), self._logins.engines.current()
        await self._logins.ask(store.log_out, engine, uid, jti, session_id, end, what, clock.now())

    async def end_own_login(self, payload: BaseModel, session_id: str) -> None:
        """End one of the logins of the token's subject. One of another subject, or none, changes nothing.

        Args:
            payload: The claims of the token, from a dependency.
            session_id: The login.
        """
        uid = _subject(payload)
        check_string("session_id", session_id)
        store, engine = self._logins.needed_store(), self._logins.engines.current()
        await self._logins.ask(store.end_own_login, engine, uid, session_id, clock.now())

    async def end_logins(self, uid: str, *, except_session: str | None = None, reason: str = "") -> None:
        """End all logins of a subject, and revoke all tokens that the subject got until now.

        Args:
            uid: The subject.
            except_session: The `sid` of a login that goes on.
            reason: Is kept in the store.
        """
        check_string("uid", uid)
        store, engine = self._logins.needed_store(), self._logins.engines.current()
        await self._logins.ask(store.end_logins, engine, uid, except_session, reason, clock.now())

    async def revoke_token(self, jti: str, exp: datetime | float | None = None, *, reason: str = "") -> None:
        """Revoke the token with this `jti`, whether the store knows it or not.

        Args:
            jti: The token's identifier.
            exp: When it expires. Without it the revocation is kept for as long as the configured lifetimes.
            reason: Is kept in the store.
        """
        check_string("jti", jti)
        end = timestamp_or_none("exp", exp)
        store, engine = self._logins.needed_store(), self._logins.engines.current()
        await self._logins.ask(store.revoke_token, engine, jti, end, reason, clock.now())

    def _response(self, issued: tuple[str, str, str], response: Response | None) -> LoginTokens:
        access_token, refresh_token, session = issued
        engine = self._logins.engines.current()
        now = clock.now()
        pair = TokenResponse(
            access_token=access_token,
            refresh_token=refresh_token,
            expires_in=engine.expires_in(access_token, now),
        )
        hidden = []
        for kind, token in (("access", access_token), ("refresh", refresh_token)):
            is_set_as_cookie, is_shown = engine.login_answer(kind)
            if not is_shown:
                hidden.append(f"{kind}_token")
            if is_set_as_cookie and response is not None:
                add_cookies(response, engine.set_cookies(token, kind, now))
        if response is not None:
            # RFC 6749 section 5.1: a response with tokens must not be kept.
            response.headers["cache-control"] = "no-store"
        elif hidden:
            raise TypeError("response: cookies are a token's only location, so the response is needed to set them")
        return LoginTokens.of(pair, SessionInfo.model_validate_json(session), hidden)

    def _unset_cookies(self, response: Response | None) -> None:
        if response is not None:
            engine = self._logins.engines.current()
            add_cookies(response, [*engine.unset_cookies("access"), *engine.unset_cookies("refresh")])


def _subject(payload: Any) -> str:
    """Return the subject of what a dependency returned: a `TokenPayload`, or an instance of the `payload_model`."""
    check_instance("payload", payload, BaseModel, "what a dependency returned")
    uid = getattr(payload, "sub", None)
    if not isinstance(uid, str):
        raise TypeError("payload: the payload_model needs the field sub, a string, by which a logout finds the user")
    return uid
