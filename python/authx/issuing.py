"""Creating tokens, and storing them in cookies."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from fastapi import Response

from authx import clock
from authx.arguments import (
    check_instance,
    instance_fault,
    seconds_of,
    string_fault,
    strings_fault,
    timestamp_of,
    unicode_fault,
    unknown_arguments,
    whole_seconds_of,
    wrong_arguments,
)
from authx.engine import EngineSource
from authx.exceptions import BadConfigurationError
from authx.schema import TokenResponse
from authx.types import DateTimeExpression, Duration, TokenType

__all__ = ["TokenIssuing"]


class TokenIssuing:
    """The part of `AuthX` that creates tokens."""

    def __init__(self, engines: EngineSource, has_store: Callable[[], bool]) -> None:
        self._engines = engines
        self._has_store = has_store

    def create_access_token(
        self,
        uid: str,
        fresh: bool = False,
        headers: dict[str, Any] | None = None,
        expiry: DateTimeExpression | float | None = None,
        data: dict[str, Any] | None = None,
        audience: str | Sequence[str] | None = None,
        scopes: list[str] | None = None,
        *args: Any,
        session_id: str | None = None,
        **kwargs: Any,
    ) -> str:
        """Create an access token.

        Args:
            uid: The subject: the claim `sub`, or the one that `JWT_IDENTITY_CLAIM` names.
            fresh: Whether the user has just authenticated, which sensitive routes may require.
            headers: Further fields of the token's header.
            expiry: When it expires, a `datetime`, or after how long, a `timedelta` or a number of seconds.
                `JWT_ACCESS_TOKEN_EXPIRES` unless given. A `datetime` without a time zone is local time.
            data: Further claims. Registered claims and those of AuthX are refused.
            audience: The `aud` claim. `JWT_ENCODE_AUDIENCE` unless given.
            scopes: The scopes that the token grants.
            session_id: The token's session, from `create_session` or from the `sid` of the token that it
                replaces. It needs `JWT_SESSION_TRACKING`.
            *args: None: another argument raises `TypeError`.
            **kwargs: None: another argument raises `TypeError`, which names the nearest parameter.

        Raises:
            ValueError: An argument has a value that is not allowed; the message names it.
            TypeError: An argument is of a wrong type, or `data` or `headers` can't be written as JSON.
            BadConfigurationError: The settings contain no usable key.

        Example:
            ```python
            token = auth.create_access_token(uid="user123", scopes=["users:read"], data={"tenant": "acme"})
            ```
        """
        if args or kwargs:
            raise unknown_arguments(self.create_access_token, args, kwargs)
        return self._create_token("access", uid, fresh, headers, expiry, data, audience, scopes, session_id)

    def create_refresh_token(
        self,
        uid: str,
        headers: dict[str, Any] | None = None,
        expiry: DateTimeExpression | float | None = None,
        data: dict[str, Any] | None = None,
        audience: str | Sequence[str] | None = None,
        scopes: list[str] | None = None,
        *args: Any,
        session_id: str | None = None,
        **kwargs: Any,
    ) -> str:
        """Create a refresh token, which is accepted only to get new access tokens.

        Args:
            uid: The subject.
            headers: Further fields of the token's header.
            expiry: When it expires, a `datetime`, or after how long, a `timedelta` or a number of seconds.
                `JWT_REFRESH_TOKEN_EXPIRES` unless given.
            data: Further claims.
            audience: The `aud` claim. `JWT_ENCODE_AUDIENCE` unless given.
            scopes: The scopes that the token grants.
            session_id: The token's session.
            *args: None: another argument raises `TypeError`.
            **kwargs: None: another argument raises `TypeError`, which names the nearest parameter.

        Raises:
            ValueError: An argument has a value that is not allowed; the message names it.
            TypeError: An argument is of a wrong type, or `data` or `headers` can't be written as JSON.
            BadConfigurationError: The settings contain no usable key.
        """
        if args or kwargs:
            raise unknown_arguments(self.create_refresh_token, args, kwargs)
        return self._create_token("refresh", uid, False, headers, expiry, data, audience, scopes, session_id)

    def create_token(
        self,
        uid: str,
        *,
        type: TokenType,
        headers: dict[str, Any] | None = None,
        expiry: DateTimeExpression | float | None = None,
        data: dict[str, Any] | None = None,
        audience: str | Sequence[str] | None = None,
        scopes: Sequence[str] | None = None,
        session_id: str | None = None,
        once: bool = False,
    ) -> str:
        """Create a token of a type of the application's own, such as for an e-mail's link.

        A token of one type is never accepted as another: `token_required(type="password_reset")` accepts these and no
        access token, and no other route accepts these. It can be used until it expires, any number of times, unless it
        is made for one use.

        Args:
            uid: The subject.
            type: The type: a name of 1 to 30 bytes without blanks.
            headers: Further fields of the token's header.
            expiry: When it expires, a `datetime`, or after how long, a `timedelta` or a number of seconds. As
                `JWT_TOKEN_TYPES` says for this type unless given, or else as `JWT_ACCESS_TOKEN_EXPIRES`.
            data: Further claims.
            audience: The `aud` claim. `JWT_ENCODE_AUDIENCE` unless given.
            scopes: The scopes that the token grants.
            session_id: The token's session.
            once: Whether it is accepted once only, of all requests and in all processes that share the store. This needs
                a store. Its `jti` begins with `once:`. Verifying it uses it up.

        Raises:
            ValueError: An argument has a value that is not allowed; the message names it.
            TypeError: An argument is of a wrong type, or `data` or `headers` can't be written as JSON.
            BadConfigurationError: The settings contain no usable key, or `once` is asked for without a store.

        Example:
            ```python
            token = auth.create_token("ada", type="password_reset", expiry=timedelta(minutes=15), once=True)


            @app.post("/new-password")
            async def new_password(payload: TokenPayload = auth.token_required(type="password_reset")): ...
            ```
        """
        check_instance("once", once, bool, "True or False")
        if once and not self._has_store():
            raise BadConfigurationError('once: a one-off token needs a store: AuthX(store="sqlite:///auth.db")')
        return self._create_token(type, uid, False, headers, expiry, data, audience, scopes, session_id, once)

    def create_token_pair(
        self,
        uid: str,
        fresh: bool = False,
        headers: dict[str, Any] | None = None,
        access_expiry: DateTimeExpression | float | None = None,
        refresh_expiry: DateTimeExpression | float | None = None,
        data: dict[str, Any] | None = None,
        audience: str | Sequence[str] | None = None,
        access_scopes: list[str] | None = None,
        refresh_scopes: list[str] | None = None,
        *,
        session_id: str | None = None,
    ) -> TokenResponse:
        """Create an access and a refresh token for the same user.

        The arguments are those of `create_access_token` and `create_refresh_token`. Those without `access` or
        `refresh` in their name apply to both. The response says in `expires_in` when the access token expires.

        Example:
            ```python
            @app.post("/login")
            async def login(credentials: Credentials) -> TokenResponse:
                return auth.create_token_pair(uid=await authenticate(credentials), fresh=True)
            ```
        """
        access_token = self._create_token(
            "access", uid, fresh, headers, access_expiry, data, audience, access_scopes, session_id
        )
        return TokenResponse(
            access_token=access_token,
            refresh_token=self._create_token(
                "refresh", uid, False, headers, refresh_expiry, data, audience, refresh_scopes, session_id
            ),
            expires_in=self._engines.current().expires_in(access_token, clock.now()),
        )

    def _create_token(
        self,
        type: TokenType,
        uid: str,
        fresh: bool,
        headers: dict[str, Any] | None,
        expiry: DateTimeExpression | float | None,
        data: dict[str, Any] | None,
        audience: str | Sequence[str] | None,
        scopes: Sequence[str] | None,
        session_id: str | None,
        once: bool = False,
    ) -> str:
        expires_in = expires_at = None
        if isinstance(expiry, datetime):
            expires_at = timestamp_of("expiry", expiry)
        elif expiry is not None:
            expires_in = _lifetime(expiry)
        try:
            return self._engines.current().create_token(
                type,
                uid,
                clock.now(),
                fresh=fresh,
                headers=headers,
                expires_in=expires_in,
                expires_at=expires_at,
                data=data,
                audience=audience,
                scopes=scopes,
                session_id=session_id,
                once=once,
            )
        except (TypeError, ValueError) as error:
            refused: Exception = error
        raise wrong_arguments(
            refused,
            [
                string_fault("uid", uid),
                string_fault("type", type),
                instance_fault("fresh", fresh, bool, "True or False"),
                instance_fault("headers", headers, (Mapping, NoneType), "a mapping"),
                instance_fault("data", data, (Mapping, NoneType), "a mapping"),
                unicode_fault("audience", audience)
                if isinstance(audience, str)
                else strings_fault("audience", audience),
                strings_fault("scopes", scopes),
                None if session_id is None else string_fault("session_id", session_id),
            ],
        )

    def set_access_cookies(self, token: str, response: Response, max_age: Duration | None = None) -> None:
        """Store an access token, and its CSRF value, in cookies of the response.

        Args:
            token: The token.
            response: The response that gets the cookies.
            max_age: The cookies' lifetime, in seconds or as a `timedelta`. Taken from the settings unless given.

        Example:
            ```python
            @app.post("/login")
            async def login(response: Response):
                auth.set_access_cookies(auth.create_access_token(uid="user123"), response)
                return {"message": "Logged in"}
            ```
        """
        add_cookies(response, self._cookies("access", token, max_age))

    def set_refresh_cookies(self, token: str, response: Response, max_age: Duration | None = None) -> None:
        """Store a refresh token, and its CSRF value, in cookies of the response.

        Args:
            token: The token.
            response: The response that gets the cookies.
            max_age: The cookies' lifetime, in seconds or as a `timedelta`. Taken from the settings unless given.
        """
        add_cookies(response, self._cookies("refresh", token, max_age))

    def _cookies(self, type: TokenType, token: str, max_age: Duration | None) -> list[str]:
        try:
            cookies = self._engines.current().set_cookies(
                token, type, clock.now(), whole_seconds_of("max_age", max_age)
            )
            self._engines.warn_of_oversized(cookies)
            return cookies  # noqa: TRY300 -- below is the error
        except (TypeError, UnicodeError) as error:
            refused: Exception = error
        fault = instance_fault(
            "token", token, str, f"a string, before the response in set_{type}_cookies(token, response),"
        )
        raise wrong_arguments(refused, [fault or unicode_fault("token", token)])

    def unset_access_cookies(self, response: Response) -> None:
        """Delete the cookies of `set_access_cookies`."""
        add_cookies(response, self._engines.current().unset_cookies("access"))

    def unset_refresh_cookies(self, response: Response) -> None:
        """Delete the cookies of `set_refresh_cookies`."""
        add_cookies(response, self._engines.current().unset_cookies("refresh"))

    def unset_cookies(self, response: Response) -> None:
        """Delete all cookies of AuthX, for a logout."""
        self.unset_access_cookies(response)
        self.unset_refresh_cookies(response)


def add_cookies(response: Response, cookies: list[str]) -> None:
    headers = getattr(response, "raw_headers", None)
    if headers is None:
        raise instance_fault("response", response, Response, "a response") or TypeError("response: it has no headers")
    headers.extend((b"set-cookie", cookie.encode("latin-1")) for cookie in cookies)


def _lifetime(expiry: Duration) -> float:
    seconds = seconds_of("expiry", expiry, "a datetime, ")
    if seconds >= _INSTANT and not isinstance(expiry, timedelta):
        raise ValueError("expiry: a number is a duration in seconds; for an instant give a datetime")
    return seconds


_INSTANT = 1_000_000_000
"""From here on a number is no duration, but most likely seconds since 1970, which would be a token for decades."""

NoneType = type(None)
