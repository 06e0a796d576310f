"""The part of `AuthX` that protects routes: the dependencies that a route can declare."""
# ruff: noqa: N802 -- these names are the interface that applications know

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Request, Response, WebSocket
from starlette.requests import HTTPConnection

from authx._authx import Requirement, selected_subprotocol
from authx.arguments import check_instance, requirement_of, strings_fault
from authx.authentication import Authenticator
from authx.dependencies import AuthXDependency
from authx.factory import FactoryArgument
from authx.rate_limit import RateLimitedTokenRequired, RateLimiter, StoreRateLimiter
from authx.route_dependencies import (
    BundleDependency,
    RequestTokenDependency,
    RotatedTokens,
    RouteDependency,
    SubjectRequired,
    TokenRequired,
)
from authx.schema import RequestToken, TokenPayload
from authx.types import Duration, TokenLocations, TokenType
from authx.websocket import WebSocketTokenRequired

__all__ = ["RouteProtection"]


class RouteProtection:
    """The part of `AuthX` that protects routes.

    The properties have the type `Any`, because the same object is used as a parameter's default, as an argument
    of `Depends` and in `Annotated`.
    """

    def __init__(
        self,
        authenticator: Authenticator[Any],
        *,
        find_token: Callable[[Any, TokenType], Awaitable[RequestToken | None]],
        bind: Callable[[Any, Response], AuthXDependency[Any]],
        find_subject: Callable[[TokenPayload], Awaitable[Any]],
        rotate: Callable[..., Awaitable[Any]],
    ) -> None:
        self._authenticator = authenticator
        self._find_token = find_token
        self._bind = bind
        self._find_subject = find_subject
        self._rotate = rotate
        self._dependencies: dict[str, RouteDependency] = {}

    @property
    def ACCESS_REQUIRED(self) -> Any:
        """A valid access token; returns its `TokenPayload`.

        Example:
            ```python
            @app.get("/protected")
            async def protected(payload: TokenPayload = auth.ACCESS_REQUIRED): ...

            @app.get("/protected")
            async def protected(payload: Annotated[TokenPayload, auth.ACCESS_REQUIRED]): ...

            @app.get("/protected", dependencies=[Depends(auth.ACCESS_REQUIRED)])
            async def protected(): ...
            ```
        """
        return self.access_token_required

    @property
    def REFRESH_REQUIRED(self) -> Any:
        """A valid refresh token; returns its `TokenPayload`."""
        return self.refresh_token_required

    @property
    def ROTATED(self) -> Any:
        """A valid refresh token, which is used up; returns its successors, the `LoginTokens`. Needs a store.

        The cookies are set, and the answer to a refused token is that of `refresh`.

        Example:
            ```python
            @app.post("/refresh")
            async def refresh(tokens: Annotated[LoginTokens, auth.ROTATED]) -> LoginTokens:
                return tokens
            ```
        """
        return self._dependency("rotated", lambda: RotatedTokens(self._authenticator, self._rotate))

    @property
    def FRESH_REQUIRED(self) -> Any:
        """A valid access token that is fresh: issued by a login, not by a refresh. Returns its `TokenPayload`."""
        return self.fresh_token_required

    @property
    def CURRENT_SUBJECT(self) -> Any:
        """A valid access token; returns the user that the callback of `set_callback_get_model_instance` finds.

        If it finds none, the request is refused, see `JWT_UNKNOWN_SUBJECT`.

        Example:
            ```python
            @app.get("/me")
            async def me(user: User = auth.CURRENT_SUBJECT):
                return user
            ```
        """
        return self._dependency("subject", self._subject_required)

    @property
    def ACCESS_OPTIONAL(self) -> Any:
        """A valid access token, or none; returns its `TokenPayload`, or `None` for a request without a token.

        A token that is there is checked as by `ACCESS_REQUIRED`: an expired or revoked one, and a cookie without its
        CSRF value, is refused.

        Example:
            ```python
            @app.get("/articles")
            async def articles(payload: TokenPayload | None = auth.ACCESS_OPTIONAL):
                return await visible_to(None if payload is None else payload.sub)
            ```
        """
        return self._dependency("optional access", self.token_optional)

    @property
    def CURRENT_SUBJECT_OPTIONAL(self) -> Any:
        """As `CURRENT_SUBJECT`, and `None` for a request without a token."""
        return self._dependency("optional subject", lambda: self._subject_required().optional())

    @property
    def ACCESS_TOKEN(self) -> Any:
        """The request's access token as a `RequestToken`, not verified, or `None` without one."""
        return self._dependency("access token", lambda: self._token_of_type("access"))

    @property
    def REFRESH_TOKEN(self) -> Any:
        """The request's refresh token as a `RequestToken`, not verified, or `None` without one."""
        return self._dependency("refresh token", lambda: self._token_of_type("refresh"))

    @property
    def DEPENDENCY(self) -> Any:
        """An `AuthXDependency`: this instance, bound to the request and its response."""
        return self._dependency("bundle", lambda: BundleDependency(self._bind))

    @property
    def BUNDLE(self) -> Any:
        """Another name of `DEPENDENCY`."""
        return self.DEPENDENCY

    @property
    def WS_AUTH_REQUIRED(self) -> Any:
        """A valid access token in a WebSocket's handshake; returns its `TokenPayload`.

        The token is looked for in `JWT_WEBSOCKET_TOKEN_LOCATION`. Without one the handshake is refused. With the
        location `subprotocol`, accept the socket with `websocket_subprotocol`.

        If a cookie carries the token, only the service's own pages and those of `JWT_WEBSOCKET_ALLOWED_ORIGINS` may
        connect, because a browser sends cookies whichever page opens the WebSocket.

        Example:
            ```python
            @app.websocket("/events")
            async def events(websocket: WebSocket, payload: TokenPayload = auth.WS_AUTH_REQUIRED):
                await websocket.accept()
            ```

        An open socket outlives its token, unless it is in a `websocket_guard` block.
        """
        return self._dependency("websocket", lambda: WebSocketTokenRequired(self._authenticator))

    def websocket_subprotocol(self, websocket: WebSocket, *own: str) -> str | None:
        """Return the subprotocol to accept a WebSocket with, whose page may offer a token as one of them.

        Browsers close the connection if the server selects none of the offered ones. The token is never returned.

        Args:
            websocket: The socket, before it is accepted.
            own: The application's own subprotocols. The first of them that the client offers is returned.

        Returns:
            One of `own`; or else `bearer`, if the client offers that; or else `None`.

        Example:
            ```python
            @app.websocket("/events")
            async def events(websocket: WebSocket, payload: TokenPayload = auth.WS_AUTH_REQUIRED):
                await websocket.accept(subprotocol=auth.websocket_subprotocol(websocket, "chat.v2", "chat.v1"))
            ```
        """
        check_instance("websocket", websocket, HTTPConnection, "a WebSocket")
        if fault := strings_fault("own", own):
            raise fault
        return selected_subprotocol(websocket.scope, own)

    @property
    def access_token_required(self) -> Any:
        """The callable behind `ACCESS_REQUIRED`."""
        return self._protection("access")

    @property
    def refresh_token_required(self) -> Any:
        """The callable behind `REFRESH_REQUIRED`."""
        return self._protection("refresh", type="refresh")

    @property
    def fresh_token_required(self) -> Any:
        """The callable behind `FRESH_REQUIRED`."""
        return self._protection("fresh", fresh=True)

    def token_required(
        self,
        type: Annotated[str, FactoryArgument("auth.token_required()")] = "access",
        verify_type: bool = True,
        verify_fresh: bool = False,
        verify_csrf: bool | None = None,
        locations: TokenLocations | None = None,
    ) -> Any:
        """Require a valid token; returns its `TokenPayload`.

        Args:
            type: `access`, `refresh`, or a type of the application's own, such as `password_reset`.
            verify_type: Whether the token must be of that type, or may be of any type.
            verify_fresh: Whether it must be fresh.
            verify_csrf: Whether a request must repeat the CSRF value of a token in a cookie. `None`: according to the
                settings and the request's method. `True`: for every method. `False`: never.
            locations: Where to look for the token, instead of the configured locations.

        Raises:
            ValueError: An argument has a value that is not allowed.

        Example:
            ```python
            @app.post("/webhook")
            async def webhook(payload: TokenPayload = auth.token_required(locations=["headers"])): ...
            ```
        """
        requirement = requirement_of(
            type=type,
            verify_type=verify_type,
            verify_fresh=verify_fresh,
            verify_csrf=verify_csrf,
            locations=locations,
        )
        return TokenRequired(self._authenticator, requirement, type=type, locations=locations)

    def token_optional(
        self,
        type: Annotated[str, FactoryArgument("auth.token_optional()")] = "access",
        verify_type: bool = True,
        verify_fresh: bool = False,
        verify_csrf: bool | None = None,
        locations: TokenLocations | None = None,
    ) -> Any:
        """Accept a request without a token; returns the `TokenPayload`, or `None` without one.

        A token that is there is checked as by `token_required`, and refused as there.

        Args:
            type: As in `token_required`.
            verify_type: As in `token_required`.
            verify_fresh: As in `token_required`.
            verify_csrf: As in `token_required`.
            locations: As in `token_required`.

        Raises:
            ValueError: An argument has a value that is not allowed.

        Example:
            ```python
            @app.get("/articles")
            async def articles(payload: TokenPayload | None = auth.token_optional(locations=["cookies"])): ...
            ```
        """
        return self.token_required(type, verify_type, verify_fresh, verify_csrf, locations).optional()

    def scopes_required(
        self,
        *scopes: Annotated[str, FactoryArgument('auth.scopes_required("users:read")')],
        all_required: bool = True,
        verify_type: bool = True,
        verify_fresh: bool = False,
        verify_csrf: bool | None = None,
        locations: TokenLocations | None = None,
    ) -> Any:
        """Require a valid access token that grants the scopes; returns its `TokenPayload`.

        A granted `admin:*` covers `admin` and everything under `admin:`; a required `admin:*` is met by any
        granted scope under `admin:`. Scopes are case-sensitive.

        Args:
            *scopes: The required scopes.
            all_required: Whether all of them are needed, or one is enough.
            verify_type: As in `token_required`.
            verify_fresh: As in `token_required`.
            verify_csrf: As in `token_required`.
            locations: As in `token_required`.

        Raises:
            ValueError: An argument has a value that is not allowed.

        Example:
            ```python
            @app.delete("/users/{id}")
            async def delete_user(id: int, payload=Depends(auth.scopes_required("users:read", "users:delete"))): ...
            ```
        """
        requirement = requirement_of(
            verify_type=verify_type,
            verify_fresh=verify_fresh,
            verify_csrf=verify_csrf,
            locations=locations,
            scopes=scopes,
            all_scopes_required=all_required,
        )
        return TokenRequired(self._authenticator, requirement, locations=locations)

    def rate_limit(
        self,
        max_requests: Annotated[int, FactoryArgument("auth.rate_limit()")] = 10,
        window: Duration = 60,
        key_func: Callable[[Request], Any] | None = None,
        *,
        name: str | None = None,
    ) -> RateLimiter:
        """Return a dependency that limits the requests of each client, whether they have a token or not.

        Args:
            max_requests: How many requests are allowed in a window.
            window: The length of the window, in seconds or as a `timedelta`: the time before each request.
            key_func: Returns the key to count a request under, see `RateLimiter`. The client's address unless given.
            name: Counts in the store, so that all processes with that store count together, and the limits of one name
                too. The name is also that of the policy in the response's headers. Without it, or without a store, the
                limit counts in memory, by itself.

        Raises:
            ValueError: A number is out of range, or the name is wrong; the message names it.

        Example:
            ```python
            @app.get("/search", dependencies=[Depends(auth.rate_limit(100, 60, name="search"))])
            async def search(query: str): ...
            ```
        """
        return StoreRateLimiter(self._authenticator, max_requests, window, key_func, name)

    def rate_limited(
        self,
        max_requests: Annotated[int, FactoryArgument("auth.rate_limited()")] = 10,
        window: Duration = 60,
        key_func: Callable[[Request], Any] | None = None,
        *,
        name: str | None = None,
    ) -> Any:
        """Require a valid access token, and limit the requests of each client; returns the `TokenPayload`.

        Requests are counted before their token is verified, so that guessing tokens is limited too.

        Args:
            max_requests: How many requests are allowed in a window.
            window: The length of the window, in seconds or as a `timedelta`: the time before each request.
            key_func: Returns the key to count a request under, see `RateLimiter`. The client's address unless given.
            name: Counts in the store, see `rate_limit`.

        Raises:
            ValueError: A number is out of range, or the name is wrong; the message names it.

        Example:
            ```python
            @app.get("/reports")
            async def reports(payload: TokenPayload = auth.rate_limited(max_requests=5, window=60)): ...
            ```
        """
        limiter = StoreRateLimiter(self._authenticator, max_requests, window, key_func, name)
        return RateLimitedTokenRequired(self._authenticator, Requirement(), limiter)

    def _protection(self, name: str, *, type: str = "access", fresh: bool = False) -> Any:
        return self._dependency(
            name,
            lambda: TokenRequired(self._authenticator, Requirement(type=type, verify_fresh=fresh), type=type),
        )

    def _subject_required(self) -> SubjectRequired:
        return SubjectRequired(self._authenticator, Requirement(), self._find_subject)

    def _token_of_type(self, type: TokenType) -> RequestTokenDependency:
        return RequestTokenDependency(lambda request: self._find_token(request, type))

    def _dependency(self, name: str, make: Callable[[], RouteDependency]) -> Any:
        # Always the same object, so that FastAPI calls it once per request and tests can override it.
        if name not in self._dependencies:
            self._dependencies[name] = make()
        return self._dependencies[name]
