"""`AuthX`: the one object that an application creates.

It is put together here, of the settings' engine (`engine`), the sessions (`sessions`), the wording of errors (`answers`)
and the way from a request to claims (`authentication`). Each class that it inherits from is a chapter of its methods,
about one of these parts, and knows nothing of the others.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, TypeVar, overload

from fastapi import Request, Response, WebSocket
from pydantic import BaseModel

from authx.answers import ErrorAnswering, Wording, chosen_messages
from authx.authentication import Authenticator
from authx.callbacks import Blocklist, PayloadCallback, SubjectGetter
from authx.config import AuthXConfig
from authx.dependencies import AuthXDependency
from authx.engine import EngineSource
from authx.exceptions import BadConfigurationError, MissingTokenError
from authx.issuing import TokenIssuing
from authx.protecting import RouteProtection
from authx.refresh import ImplicitRefresh
from authx.schema import P, RequestToken, TokenPayload
from authx.sessions import SessionKeeping, Sessions
from authx.types import CacheStatistics, ModelCallback, T, TokenCallback, TokenLocations, TokenType
from authx.websocket import WebSocketGuard, guarded

__all__ = ["AuthX"]

TokenCallbackT = TypeVar("TokenCallbackT", bound=TokenCallback | PayloadCallback)
ModelCallbackT = TypeVar("ModelCallbackT", bound=ModelCallback[Any])

_ABSENT: Any = object()


class AuthX(TokenIssuing, SessionKeeping, RouteProtection, ErrorAnswering, Generic[T, P]):
    """Makes tokens, protects routes, and answers those who have no right to them.

    Args:
        config: The settings. Without any they are read from the environment; if that has no `JWT_SECRET_KEY`
            either, this process makes up a random key and warns of it with a `WeakKeyWarning`. Settings that
            were given must contain the key, else the first use raises `BadConfigurationError`.
        model: The class of the application's users, for type checkers.
        login_type: The kind of login that this instance stands for, where an application has several. Its
            tokens carry it, and tokens of another kind are refused.
        payload_model: A pydantic model of the application's own, which handlers get instead of a `TokenPayload`.
            It is made of the claims as they stand in the token, once the token has been verified. A token whose
            claims don't fit is answered like one that can't be read.

    Raises:
        TypeError: `payload_model` is no pydantic model.

    Example:
        ```python
        from authx import AuthX, AuthXConfig, TokenPayload
        from fastapi import FastAPI

        app = FastAPI()
        auth = AuthX(AuthXConfig(JWT_SECRET_KEY=secret))

        @app.post("/login")
        async def login(credentials: Credentials):
            user = await authenticate(credentials)
            return {"access_token": auth.create_access_token(uid=user.id)}

        @app.get("/me")
        async def me(payload: TokenPayload = auth.ACCESS_REQUIRED):
            return {"user": payload.sub}
        ```
    """

    def __init__(
        self,
        config: AuthXConfig | None = None,
        model: type[T] | None = None,
        login_type: str | None = None,
        *,
        payload_model: type[P] | None = None,
    ) -> None:
        if payload_model is not None and not _is_model(payload_model):
            raise TypeError("payload_model: a class that inherits from pydantic's BaseModel is expected")
        self.model = model
        self.login_type = login_type
        engines = EngineSource(
            AuthXConfig() if config is None else config, login_type=login_type, may_invent_key=config is None
        )
        sessions = Sessions(engines)
        wording = Wording(
            engine=lambda _: engines.current(),
            messages=lambda error: chosen_messages(self, error),
            login_type=lambda: self.login_type,
        )
        self._authenticator: Authenticator[P] = Authenticator(engines, sessions, wording, payload_model)
        self._subject_getter: SubjectGetter[T] | None = None
        TokenIssuing.__init__(self, engines)
        SessionKeeping.__init__(self, sessions)
        RouteProtection.__init__(
            self,
            self._authenticator,
            find_token=self.get_token_from_request,
            bind=self.get_dependency,
            find_subject=self._subject_of,
        )
        ErrorAnswering.__init__(self, wording)

    # Configuration

    @property
    def config(self) -> AuthXConfig:
        """The settings. Changing them holds from the next token and the next request on."""
        return self._engines.config

    def load_config(self, config: AuthXConfig) -> None:
        """Replace the settings."""
        self._engines.load(config)

    @property
    def payload_model(self) -> type[P] | None:
        """What handlers get instead of a `TokenPayload`; `None` where they get that."""
        return self._authenticator.payload_model

    @payload_model.setter
    def payload_model(self, model: type[P] | None) -> None:
        self._authenticator.payload_model = model

    @property
    def cache_statistics(self) -> CacheStatistics | None:
        """How the verification cache serves; `None` without one, see `JWT_VERIFICATION_CACHE_ENTRIES`.

        A change of the settings begins a new cache.
        """
        statistics = self._engines.current().cache_statistics
        return None if statistics is None else CacheStatistics(*statistics)

    # Verifying by hand

    async def get_access_token_from_request(
        self, request: Request, locations: TokenLocations | None = None
    ) -> RequestToken:
        """Find the request's access token. It isn't verified: `verify_token` does that.

        Args:
            request: The request.
            locations: Where to look, instead of where the settings say.

        Raises:
            MissingTokenError: There is none.

        Example:
            ```python
            request_token = await auth.get_access_token_from_request(request)
            payload = auth.verify_token(request_token)
            ```
        """
        return await self._authenticator.find(request, "access", locations)

    async def get_refresh_token_from_request(
        self, request: Request, locations: TokenLocations | None = None
    ) -> RequestToken:
        """Find the request's refresh token. It isn't verified: `verify_token` does that.

        Args:
            request: The request.
            locations: Where to look, instead of where the settings say.

        Raises:
            MissingTokenError: There is none.
        """
        return await self._authenticator.find(request, "refresh", locations)

    async def get_token_from_request(
        self,
        request: Request,
        type: TokenType = "access",
        optional: bool = True,
        locations: TokenLocations | None = None,
    ) -> RequestToken | None:
        """Find the request's token. It isn't verified: `verify_token` does that.

        Args:
            request: The request.
            type: Which token to look for.
            optional: Whether `None` answers for a request without one.
            locations: Where to look, instead of where the settings say.

        Raises:
            MissingTokenError: There is none, and it isn't optional.
        """
        try:
            return await self._authenticator.find(request, type, locations)
        except MissingTokenError:
            if optional:
                return None
            raise

    def verify_token(
        self,
        token: RequestToken,
        verify_type: bool = True,
        verify_fresh: bool = False,
        verify_csrf: bool = True,
    ) -> P:
        """Check a token by the settings and give its claims.

        Neither the blocklist nor the session store is asked here, since they may need awaiting: see
        `is_token_in_blocklist` and `get_session`. Dependencies ask both.

        Args:
            token: From `get_access_token_from_request` and its siblings.
            verify_type: Whether the token must be of the type that it was looked for as.
            verify_fresh: Whether it must be fresh.
            verify_csrf: Whether its CSRF value must match where the settings and the request's method ask for
                it. A `RequestToken` made by hand with location `cookies` always needs it.

        Raises:
            JWTDecodeError: The token can't be read or doesn't hold; see the subclasses.
            TokenTypeError: It is of another type.
            FreshTokenRequiredError: It isn't fresh.
            MissingCSRFTokenError: The CSRF value is absent.
            CSRFError: The CSRF value is another one.
        """
        return self._authenticator.verify_found(
            token, verify_type=verify_type, verify_fresh=verify_fresh, verify_csrf=verify_csrf
        )

    async def get_current_subject(self, request: Request) -> T | None:
        """Verify the request's access token and give the user it speaks for.

        Raises:
            AuthXException: The token is refused.
            BadConfigurationError: `set_callback_get_model_instance` was never called.
        """
        subject: T | None = await self.CURRENT_SUBJECT(request)
        return subject

    async def _subject_of(self, payload: TokenPayload) -> T | None:
        if self._subject_getter is None:
            raise BadConfigurationError("No way from a token to a user: set one with set_callback_get_model_instance")
        return await self._subject_getter.get(payload.sub)

    # Asking the application

    @overload
    def set_callback_token_blocklist(self, callback: TokenCallbackT) -> TokenCallbackT: ...
    @overload
    def set_callback_token_blocklist(self, callback: None) -> None: ...
    @overload
    def set_callback_token_blocklist(self) -> Callable[[TokenCallbackT], TokenCallbackT]: ...
    def set_callback_token_blocklist(self, callback: Any = _ABSENT) -> Any:
        """Ask this callback whether a token was revoked, wherever a token is verified.

        It serves as a decorator, with and without parentheses, and leaves the function in place. It is called
        with a token whose signature and claims hold; where another text would verify as the same token (an
        ECDSA signature has a twin), it is asked about that as well. A plain function must not block. If it
        raises or returns `None`, the request is refused with status 500 and the cause is logged.

        A callback whose first parameter is annotated with `TokenPayload`, or is named `payload` and not annotated with
        `str`, gets the token's claims instead, once for each token. Nobody has to read a token again for its `jti`.

        Args:
            callback: The callback, or `None` to ask nobody.

        Example:
            ```python
            @auth.set_callback_token_blocklist
            async def is_revoked(payload: TokenPayload) -> bool:
                return await blocklist.contains(payload.jti)
            ```

            By the token's text:

            ```python
            @auth.set_callback_token_blocklist
            async def is_revoked(token: str) -> bool:
                return await blocklist.contains(token)
            ```
        """
        if callback is _ABSENT:
            return self.set_callback_token_blocklist
        self._authenticator.blocklist = None if callback is None else Blocklist(_callable(callback))
        return callback

    @overload
    def set_callback_get_model_instance(self, callback: ModelCallbackT) -> ModelCallbackT: ...
    @overload
    def set_callback_get_model_instance(self, callback: None) -> None: ...
    @overload
    def set_callback_get_model_instance(self) -> Callable[[ModelCallbackT], ModelCallbackT]: ...
    def set_callback_get_model_instance(self, callback: Any = _ABSENT) -> Any:
        """Ask this callback for the user that a token speaks for, for `CURRENT_SUBJECT`.

        It serves as a decorator, with and without parentheses, and leaves the function in place. It is called
        with the token's subject. A plain function must not block.

        Args:
            callback: The callback, or `None` to ask nobody.

        Example:
            ```python
            @auth.set_callback_get_model_instance
            async def get_user(uid: str) -> User | None:
                return await users.get(uid)
            ```
        """
        if callback is _ABSENT:
            return self.set_callback_get_model_instance
        self._subject_getter = None if callback is None else SubjectGetter(_callable(callback))
        return callback

    set_token_blocklist = set_callback_token_blocklist
    set_subject_getter = set_callback_get_model_instance

    @property
    def is_token_callback_set(self) -> bool:
        """Whether there is a callback that knows revoked tokens."""
        return self._authenticator.blocklist is not None

    @property
    def is_model_callback_set(self) -> bool:
        """Whether there is a callback that knows users."""
        return self._subject_getter is not None

    async def is_token_in_blocklist(self, token: str | None, **kwargs: Any) -> bool:
        """Ask the blocklist about a token. Without a token or a callback the answer is no.

        Args:
            token: The token. A callback that gets the payload is asked about one that holds only.
            **kwargs: Passed on to the callback.

        Raises:
            JWTDecodeError: The callback gets the payload, and the token can't be read or doesn't hold.
        """
        return token is not None and await self._authenticator.is_in_blocklist(token, **kwargs)

    # In a request

    def get_dependency(self, request: Request, response: Response) -> AuthXDependency[Any]:
        """Bind this instance to a request and its response."""
        self.ensure_request_exception_handlers(request)
        return AuthXDependency(self, request, response)

    async def implicit_refresh_middleware(
        self, request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        """Replace the access cookie while its user is active, shortly before it ends.

        `JWT_IMPLICIT_REFRESH_DELTATIME` says how shortly. A revoked token is not replaced, nor one of a request
        that failed, nor where the response itself sets or deletes the cookie. The new token has the old one's
        claims and is never fresh.

        Example:
            ```python
            app.middleware("http")(auth.implicit_refresh_middleware)
            ```
        """
        refresh = ImplicitRefresh.of(self._authenticator, request.scope)
        response = await call_next(request)
        if refresh is not None:
            response.raw_headers.extend(await refresh.headers(response.status_code, response.raw_headers))
        return response

    def websocket_guard(self, websocket: WebSocket) -> AbstractAsyncContextManager[WebSocketGuard]:
        """Watch over an open WebSocket: when its token or its session ends, the socket is closed.

        Within the `async with` block the token of the handshake is verified again when it ends, and every
        `JWT_WEBSOCKET_CHECK_INTERVAL`, with the settings of that moment. When it holds no longer, the block is
        cancelled where it awaits something, as by a timeout, and the socket is closed with code 1008 and the
        exception's name as the reason. Where a callback or a store fails or doesn't answer in time, the code is 1011. The
        handler goes on behind the block; `WebSocketGuard.error` says why it ended.

        Raises:
            AuthXException: The token doesn't hold at the beginning of the block.

        Example:
            ```python
            @app.websocket("/events")
            async def events(websocket: WebSocket, payload: TokenPayload = auth.WS_AUTH_REQUIRED):
                await websocket.accept()
                async with auth.websocket_guard(websocket):
                    async for text in websocket.iter_text():
                        await websocket.send_text(f"{payload.sub}: {text}")
            ```
        """
        return guarded(self._authenticator, websocket)


def _callable(callback: Any) -> Any:
    if not callable(callback):
        raise TypeError(f"a callback must be callable, not {type(callback).__name__}")
    return callback


def _is_model(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseModel)
