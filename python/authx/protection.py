"""The dependencies that a route can declare."""
# ruff: noqa: N802 -- these names are the interface that applications know

import builtins
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from fastapi import Request

from authx._authx import Requirement
from authx.rate_limit import RateLimitedTokenRequired, RateLimiter, SecuredRateLimitedTokenRequired
from authx.security import (
    BundleDependency,
    RequestTokenDependency,
    RouteDependency,
    SecuredSubjectRequired,
    SecuredTokenRequired,
    SubjectRequired,
    TokenRequired,
    security_schemes,
)
from authx.types import TokenLocations
from authx.websocket import WebSocketTokenRequired

if TYPE_CHECKING:
    from authx.main import AuthX

__all__ = ["RouteProtection"]


class RouteProtection:
    """The part of `AuthX` that protects routes.

    The types of these properties are `Any`, because one object has to fit as a parameter's default, as an
    argument of `Depends` and within `Annotated`.
    """

    def __init__(self) -> None:
        self._dependencies: dict[tuple[str, bool], RouteDependency] = {}

    @property
    def ACCESS_REQUIRED(self) -> Any:
        """A valid access token; gives its `TokenPayload`.

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
        """A valid refresh token; gives its `TokenPayload`."""
        return self.refresh_token_required

    @property
    def FRESH_REQUIRED(self) -> Any:
        """A valid access token that a login issued just now; gives its `TokenPayload`."""
        return self.fresh_token_required

    @property
    def CURRENT_SUBJECT(self) -> Any:
        """A valid access token; gives the user that `set_callback_get_model_instance`'s callback finds.

        Example:
            ```python
            @app.get("/me")
            async def me(user: User = auth.CURRENT_SUBJECT):
                return user
            ```
        """
        return self._protection("subject", subject=True)

    @property
    def ACCESS_TOKEN(self) -> Any:
        """The request's access token as a `RequestToken`, not verified, or `None` without one."""
        return self._dependency("access token", lambda: RequestTokenDependency(self._auth, "access"))

    @property
    def REFRESH_TOKEN(self) -> Any:
        """The request's refresh token as a `RequestToken`, not verified, or `None` without one."""
        return self._dependency("refresh token", lambda: RequestTokenDependency(self._auth, "refresh"))

    @property
    def DEPENDENCY(self) -> Any:
        """An `AuthXDependency`: this instance, bound to the request and its response."""
        return self._dependency("bundle", lambda: BundleDependency(self._auth))

    @property
    def BUNDLE(self) -> Any:
        """`DEPENDENCY` by its other name."""
        return self.DEPENDENCY

    @property
    def WS_AUTH_REQUIRED(self) -> Any:
        """A valid access token with a WebSocket's handshake; gives its `TokenPayload`.

        It may stand in the configured locations. Without one the handshake is refused.

        With a cookie's token only the service's own pages and those of `JWT_WEBSOCKET_ALLOWED_ORIGINS` may
        connect, because a browser sends cookies along whichever page asks.

        Example:
            ```python
            @app.websocket("/events")
            async def events(websocket: WebSocket, payload: TokenPayload = auth.WS_AUTH_REQUIRED):
                await websocket.accept()
            ```

        An open socket outlives its token, unless `websocket_guard` watches it.
        """
        return self._dependency("websocket", lambda: WebSocketTokenRequired(self._auth))

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
        type: str = "access",
        verify_type: bool = True,
        verify_fresh: bool = False,
        verify_csrf: bool | None = None,
        locations: TokenLocations | None = None,
    ) -> Any:
        """Require a valid token of the kind described; gives its `TokenPayload`.

        Args:
            type: `access` or `refresh`.
            verify_type: Whether the token must be of that type, or may be of any.
            verify_fresh: Whether it must be fresh.
            verify_csrf: Whether a cookie's token needs its CSRF value. `None`: as the settings and the
                request's method say. `True`: with every method. `False`: never.
            locations: Where to look for the token, instead of where the settings say.

        Raises:
            ValueError: An argument is none of the above.

        Example:
            ```python
            @app.post("/webhook")
            async def webhook(payload: TokenPayload = auth.token_required(locations=["headers"])): ...
            ```
        """
        requirement = Requirement(
            type=type,
            verify_type=verify_type,
            verify_fresh=verify_fresh,
            verify_csrf=verify_csrf,
            locations=locations,
        )
        return self._protect(requirement, type=type, locations=locations)

    def scopes_required(
        self,
        *scopes: str,
        all_required: bool = True,
        verify_type: bool = True,
        verify_fresh: bool = False,
        verify_csrf: bool | None = None,
        locations: TokenLocations | None = None,
    ) -> Any:
        """Require a valid access token that grants the scopes; gives its `TokenPayload`.

        A granted `admin:*` covers `admin` and everything under `admin:`; a required `admin:*` is met by any
        grant under `admin:`. Letter case counts.

        Args:
            *scopes: What is asked for.
            all_required: Whether all of them are needed, or one of them is enough.
            verify_type: As in `token_required`.
            verify_fresh: As in `token_required`.
            verify_csrf: As in `token_required`.
            locations: As in `token_required`.

        Raises:
            ValueError: An argument is none of the above.

        Example:
            ```python
            @app.delete("/users/{id}")
            async def delete_user(id: int, payload=Depends(auth.scopes_required("users:read", "users:delete"))): ...
            ```
        """
        requirement = Requirement(
            verify_type=verify_type,
            verify_fresh=verify_fresh,
            verify_csrf=verify_csrf,
            locations=locations,
            scopes=scopes,
            all_scopes_required=all_required,
        )
        return self._protect(requirement, locations=locations)

    def rate_limited(
        self,
        max_requests: int = 10,
        window: int = 60,
        key_func: Callable[[Request], Any] | None = None,
    ) -> Any:
        """Require a valid access token, of a client that doesn't ask too often; gives its `TokenPayload`.

        Requests are counted before their token is looked at, so that guessing is limited too.

        Args:
            max_requests: How many requests a window admits.
            window: How many seconds it lasts.
            key_func: Says who asks, see `RateLimiter`. Unless given, that is the client's address.

        Raises:
            ValueError: A number is out of range; the text names it.

        Example:
            ```python
            @app.get("/reports")
            async def reports(payload: TokenPayload = auth.rate_limited(max_requests=5, window=60)): ...
            ```
        """
        limiter = RateLimiter(max_requests=max_requests, window=window, key_func=key_func)
        has_scheme = bool(security_schemes(self._auth.config))
        kind = SecuredRateLimitedTokenRequired if has_scheme else RateLimitedTokenRequired
        return kind(self._auth, Requirement(), limiter)

    def _protection(self, name: str, *, type: str = "access", fresh: bool = False, subject: bool = False) -> Any:
        has_scheme = bool(security_schemes(self._auth.config, type))
        return self._dependency(
            name,
            lambda: self._protect(Requirement(type=type, verify_fresh=fresh), type=type, subject=subject),
            has_scheme=has_scheme,
        )

    def _protect(
        self,
        requirement: Requirement,
        *,
        type: str = "access",
        locations: TokenLocations | None = None,
        subject: bool = False,
    ) -> TokenRequired:
        has_scheme = bool(security_schemes(self._auth.config, type, locations))
        kind: builtins.type[TokenRequired]
        if subject:
            kind = SecuredSubjectRequired if has_scheme else SubjectRequired
        else:
            kind = SecuredTokenRequired if has_scheme else TokenRequired
        return kind(self._auth, requirement, type=type, locations=locations)

    def _dependency(self, name: str, make: Callable[[], RouteDependency], *, has_scheme: bool = False) -> Any:
        # One object for all who ask, so that FastAPI calls it once per request and an application can override
        # it in its tests.
        key = (name, has_scheme)
        if key not in self._dependencies:
            self._dependencies[key] = make()
        return self._dependencies[key]

    @property
    def _auth(self) -> "AuthX[Any, Any]":
        return cast("AuthX[Any, Any]", self)
