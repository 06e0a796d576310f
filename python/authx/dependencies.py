"""`AuthX`, bound to one request and its response."""

from collections.abc import Sequence
from typing import Any, Generic, Protocol

from fastapi import Request, Response

from authx.schema import TokenResponse
from authx.types import DateTimeExpression, Duration, T, T_co

__all__ = ["AuthXDependency"]


class _Auth(Protocol[T_co]):
    """The methods of `AuthX` that an `AuthXDependency` calls."""

    def create_access_token(self, *args: Any, **kwargs: Any) -> str: ...

    def create_refresh_token(self, *args: Any, **kwargs: Any) -> str: ...

    def create_token_pair(self, *args: Any, **kwargs: Any) -> TokenResponse: ...

    def set_access_cookies(self, token: str, response: Response, max_age: Duration | None = None) -> None: ...

    def set_refresh_cookies(self, token: str, response: Response, max_age: Duration | None = None) -> None: ...

    def unset_access_cookies(self, response: Response) -> None: ...

    def unset_refresh_cookies(self, response: Response) -> None: ...

    def unset_cookies(self, response: Response) -> None: ...

    async def get_current_subject(self, request: Request) -> T_co | None: ...


class AuthXDependency(Generic[T]):
    """The methods of `AuthX`, bound to a request and its response, so that neither has to be passed.

    Example:
        ```python
        @app.post("/login")
        async def login(auth_here: AuthXDependency = auth.DEPENDENCY):
            auth_here.set_access_cookies(auth_here.create_access_token(uid="user123"))
            return {"message": "Logged in"}
        ```
    """

    def __init__(self, _from: _Auth[T], request: Request, response: Response) -> None:
        self._auth = _from
        self._request = request
        self._response = response

    @property
    def request(self) -> Request:
        """The request that is being handled."""
        return self._request

    @property
    def response(self) -> Response:
        """The response that FastAPI takes headers and cookies from."""
        return self._response

    def create_access_token(
        self,
        uid: str,
        fresh: bool = False,
        headers: dict[str, Any] | None = None,
        expiry: DateTimeExpression | float | None = None,
        data: dict[str, Any] | None = None,
        audience: str | Sequence[str] | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> str:
        """Create an access token, see `AuthX.create_access_token`."""
        return self._auth.create_access_token(uid, fresh, headers, expiry, data, audience, *args, **kwargs)

    def create_refresh_token(
        self,
        uid: str,
        headers: dict[str, Any] | None = None,
        expiry: DateTimeExpression | float | None = None,
        data: dict[str, Any] | None = None,
        audience: str | Sequence[str] | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> str:
        """Create a refresh token, see `AuthX.create_refresh_token`."""
        return self._auth.create_refresh_token(uid, headers, expiry, data, audience, *args, **kwargs)

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
        """Create an access and a refresh token, see `AuthX.create_token_pair`."""
        return self._auth.create_token_pair(
            uid,
            fresh,
            headers,
            access_expiry,
            refresh_expiry,
            data,
            audience,
            access_scopes,
            refresh_scopes,
            session_id=session_id,
        )

    def set_access_cookies(self, token: str, response: Response | None = None, max_age: Duration | None = None) -> None:
        """Store an access token in cookies of this response, or of the one given."""
        self._auth.set_access_cookies(token, self._response if response is None else response, max_age)

    def set_refresh_cookies(
        self, token: str, response: Response | None = None, max_age: Duration | None = None
    ) -> None:
        """Store a refresh token in cookies of this response, or of the one given."""
        self._auth.set_refresh_cookies(token, self._response if response is None else response, max_age)

    def unset_access_cookies(self, response: Response | None = None) -> None:
        """Delete the access token's cookies in this response, or in the one given."""
        self._auth.unset_access_cookies(self._response if response is None else response)

    def unset_refresh_cookies(self, response: Response | None = None) -> None:
        """Delete the refresh token's cookies in this response, or in the one given."""
        self._auth.unset_refresh_cookies(self._response if response is None else response)

    def unset_cookies(self, response: Response | None = None) -> None:
        """Delete all cookies of AuthX in this response, or in the one given."""
        self._auth.unset_cookies(self._response if response is None else response)

    async def get_current_subject(self) -> T | None:
        """Verify the request's access token and return its user, see `AuthX.get_current_subject`."""
        return await self._auth.get_current_subject(self._request)
