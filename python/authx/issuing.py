"""Creating tokens, and storing them in cookies."""

import warnings
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from fastapi import Response

from authx import clock
from authx.engine import EngineSource
from authx.exceptions import AuthxArgumentDeprecationWarning
from authx.schema import TokenResponse
from authx.types import DateTimeExpression, TokenType

__all__ = ["TokenIssuing"]


class TokenIssuing:
    """The part of `AuthX` that creates tokens."""

    def __init__(self, engines: EngineSource) -> None:
        self._engines = engines

    def create_access_token(
        self,
        uid: str,
        fresh: bool = False,
        headers: dict[str, Any] | None = None,
        expiry: DateTimeExpression | None = None,
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
            expiry: When it expires, or after how long. `JWT_ACCESS_TOKEN_EXPIRES` unless given. A `datetime`
                without a time zone is local time.
            data: Further claims. Registered claims and those of AuthX are refused.
            audience: The `aud` claim. `JWT_ENCODE_AUDIENCE` unless given.
            scopes: The scopes that the token grants.
            session_id: The token's session, from `create_session` or from the `sid` of the token that it
                replaces. It needs `JWT_SESSION_TRACKING`.
            *args: Ignored, with a warning.
            **kwargs: Ignored, with a warning.

        Raises:
            ValueError: An argument has a value that is not allowed; the message names it.
            TypeError: An argument is of a wrong type, or `data` or `headers` can't be written as JSON.
            BadConfigurationError: The settings contain no usable key.

        Example:
            ```python
            token = auth.create_access_token(uid="user123", scopes=["users:read"], data={"tenant": "acme"})
            ```
        """
        _warn_of_ignored(args, kwargs)
        return self._create_token("access", uid, fresh, headers, expiry, data, audience, scopes, session_id)

    def create_refresh_token(
        self,
        uid: str,
        headers: dict[str, Any] | None = None,
        expiry: DateTimeExpression | None = None,
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
            expiry: When it expires, or after how long. `JWT_REFRESH_TOKEN_EXPIRES` unless given.
            data: Further claims.
            audience: The `aud` claim. `JWT_ENCODE_AUDIENCE` unless given.
            scopes: The scopes that the token grants.
            session_id: The token's session.
            *args: Ignored, with a warning.
            **kwargs: Ignored, with a warning.

        Raises:
            ValueError: An argument has a value that is not allowed; the message names it.
            TypeError: An argument is of a wrong type, or `data` or `headers` can't be written as JSON.
            BadConfigurationError: The settings contain no usable key.
        """
        _warn_of_ignored(args, kwargs)
        return self._create_token("refresh", uid, False, headers, expiry, data, audience, scopes, session_id)

    def create_token_pair(
        self,
        uid: str,
        fresh: bool = False,
        headers: dict[str, Any] | None = None,
        access_expiry: DateTimeExpression | None = None,
        refresh_expiry: DateTimeExpression | None = None,
        data: dict[str, Any] | None = None,
        audience: str | Sequence[str] | None = None,
        access_scopes: list[str] | None = None,
        refresh_scopes: list[str] | None = None,
        *,
        session_id: str | None = None,
    ) -> TokenResponse:
        """Create an access and a refresh token for the same user.

        The arguments are those of `create_access_token` and `create_refresh_token`. Those without `access` or
        `refresh` in their name apply to both.

        Example:
            ```python
            @app.post("/login")
            async def login(credentials: Credentials) -> TokenResponse:
                return auth.create_token_pair(uid=await authenticate(credentials), fresh=True)
            ```
        """
        return TokenResponse(
            access_token=self._create_token(
                "access", uid, fresh, headers, access_expiry, data, audience, access_scopes, session_id
            ),
            refresh_token=self._create_token(
                "refresh", uid, False, headers, refresh_expiry, data, audience, refresh_scopes, session_id
            ),
        )

    def _create_token(
        self,
        type: TokenType,
        uid: str,
        fresh: bool,
        headers: dict[str, Any] | None,
        expiry: DateTimeExpression | None,
        data: dict[str, Any] | None,
        audience: str | Sequence[str] | None,
        scopes: Sequence[str] | None,
        session_id: str | None,
    ) -> str:
        expires_in = expires_at = None
        if isinstance(expiry, timedelta):
            expires_in = expiry.total_seconds()
        elif expiry is not None:
            expires_at = expiry.timestamp()
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
        )

    def set_access_cookies(self, token: str, response: Response, max_age: int | None = None) -> None:
        """Store an access token, and its CSRF value, in cookies of the response.

        Args:
            token: The token.
            response: The response that gets the cookies.
            max_age: The cookies' lifetime in seconds. Taken from the settings unless given.

        Example:
            ```python
            @app.post("/login")
            async def login(response: Response):
                auth.set_access_cookies(auth.create_access_token(uid="user123"), response)
                return {"message": "Logged in"}
            ```
        """
        _add_cookies(response, self._engines.current().set_cookies(token, "access", clock.now(), max_age))

    def set_refresh_cookies(self, token: str, response: Response, max_age: int | None = None) -> None:
        """Store a refresh token, and its CSRF value, in cookies of the response.

        Args:
            token: The token.
            response: The response that gets the cookies.
            max_age: The cookies' lifetime in seconds. Taken from the settings unless given.
        """
        _add_cookies(response, self._engines.current().set_cookies(token, "refresh", clock.now(), max_age))

    def unset_access_cookies(self, response: Response) -> None:
        """Delete the cookies of `set_access_cookies`."""
        _add_cookies(response, self._engines.current().unset_cookies("access"))

    def unset_refresh_cookies(self, response: Response) -> None:
        """Delete the cookies of `set_refresh_cookies`."""
        _add_cookies(response, self._engines.current().unset_cookies("refresh"))

    def unset_cookies(self, response: Response) -> None:
        """Delete all cookies of AuthX, for a logout."""
        self.unset_access_cookies(response)
        self.unset_refresh_cookies(response)


def _add_cookies(response: Response, cookies: list[str]) -> None:
    response.raw_headers.extend((b"set-cookie", cookie.encode("latin-1")) for cookie in cookies)


def _warn_of_ignored(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    if args or kwargs:
        ignored = ", ".join([f"{len(args)} positional"] * bool(args) + list(kwargs))
        warnings.warn(
            f"arguments without effect: {ignored}. Claims of your own go into `data`.",
            AuthxArgumentDeprecationWarning,
            stacklevel=3,
        )
