"""`AuthX`: the one object that an application creates.

It combines the engine of the settings (`engine`), logins and sessions (`logins`, `sessions`), events (`events`), the
answers to errors (`answers`) and the verification of requests (`authentication`). Each base class has the methods for
one of these parts, and doesn't depend on the others.
"""

import copy
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Annotated, Any, Generic, NoReturn, TypeVar, overload

from fastapi import Request, Response, WebSocket
from pydantic import BaseModel
from typing_extensions import Self

from authx._authx import Engine, Store
from authx.answers import ErrorAnswering, Wording, chosen_messages
from authx.arguments import check_instance, check_string, encodable, requirement_of
from authx.authentication import Authenticator
from authx.callbacks import Blocklist, PayloadCallback, RenewalCallback, Renewals, SubjectGetter
from authx.config import AuthXConfig
from authx.dependencies import AuthXDependency
from authx.engine import EngineSource
from authx.events import EventKeeping, Events
from authx.exceptions import BadConfigurationError, MissingTokenError
from authx.factory import FactoryArgument
from authx.former_names import FormerNames
from authx.issuing import TokenIssuing
from authx.keys import KeyRing
from authx.logins import LoginKeeping
from authx.protecting import RouteProtection
from authx.refresh import ImplicitRefresh
from authx.routes import ReadyRoutes
from authx.schema import P, RequestToken, TokenPayload
from authx.sessions import SessionKeeping, Sessions, StoredSessions
from authx.types import CacheStatistics, ModelCallback, T, TokenCallback, TokenLocations, TokenType
from authx.websocket import WebSocketGuard, guarded

__all__ = ["AuthX"]

TokenCallbackT = TypeVar("TokenCallbackT", bound=TokenCallback | PayloadCallback)
RenewalCallbackT = TypeVar("RenewalCallbackT", bound=RenewalCallback)
ModelCallbackT = TypeVar("ModelCallbackT", bound=ModelCallback[Any])

_ABSENT: Any = object()


class AuthX(
    TokenIssuing,
    LoginKeeping,
    SessionKeeping,
    EventKeeping,
    RouteProtection,
    ReadyRoutes,
    ErrorAnswering,
    FormerNames,
    Generic[T, P],
):
    """Creates tokens, protects routes, and answers refused requests.

    Args:
        config: The settings. Without this argument they are read from the environment; if there is no
            `JWT_SECRET_KEY` either, this process creates a random key and emits a `WeakKeyWarning`. If this
            argument is given without a key, the first use raises `BadConfigurationError`.
        model: The class of the application's users, for type checkers.
        login_type: Which login this instance is for, where an application has several. Its tokens have this
            value in the claim `login_type`, and tokens with another value are refused.
        payload_model: A pydantic model that handlers get instead of a `TokenPayload`. It is created from the
            claims of the verified token. If they don't fit, the answer is that to a token that can't be decoded.
        keys: The keys, instead of the settings that name keys; see `authx.keys`.
        store: The URL of a store of logins, such as `sqlite:///auth.db`, or `memory://` for this process alone, instead
            of `JWT_STORE_URL`. With it, refresh tokens rotate, a stolen one is found out, and logins can be listed and
            ended; see `log_in`.

    Raises:
        ValueError: `store` is wrong, or can't be opened.
        TypeError: `payload_model` is not a pydantic model.

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
        keys: KeyRing | None = None,
        store: str | None = None,
    ) -> None:
        if payload_model is not None and not _is_model(payload_model):
            raise TypeError("payload_model: a class that inherits from pydantic's BaseModel is expected")
        self.model = model
        self.login_type = login_type
        engines = EngineSource(
            AuthXConfig() if config is None else config,
            login_type=login_type,
            may_invent_key=config is None,
            keys=keys,
        )
        sessions = Sessions(engines)
        wording = Wording(
            engine=lambda _: engines.current(),
            messages=lambda error: chosen_messages(self, error),
            login_type=lambda: self.login_type,
        )
        events = Events(engines)
        self._authenticator: Authenticator[P] = Authenticator(engines, sessions, wording, events, payload_model)
        self._subject_getter: SubjectGetter[T] | None = None
        EventKeeping.__init__(self, events)
        LoginKeeping.__init__(self, self._authenticator)
        TokenIssuing.__init__(self, engines, self._has_a_store)
        SessionKeeping.__init__(self, sessions)
        RouteProtection.__init__(
            self,
            self._authenticator,
            find_token=self.get_token_from_request,
            bind=self.get_dependency,
            find_subject=self._subject_of,
            rotate=self.refresh,
        )
        ReadyRoutes.__init__(self, self._authenticator, self, self, self)
        ErrorAnswering.__init__(self, wording, engines.check)
        self._named_store: str | None = None
        if store is not None:
            check_string("store", store)
            self._keep_in(Store(store))
        else:
            engines.on_built = self._open_named_store

    # Copies

    def __copy__(self) -> Self:
        return self._copied(self.config, lambda value: value)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Copy the settings. The copy has the same keys, callbacks and session store, and dependencies of its own."""
        return self._copied(copy.deepcopy(self.config, memo), lambda value: copy.deepcopy(value, memo), memo)

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "an AuthX can't be pickled: it holds keys, callbacks and open stores. Create it in each process, "
            "from the same settings"
        )

    def _copied(
        self, config: AuthXConfig, copy_value: Callable[[Any], Any], memo: dict[int, Any] | None = None
    ) -> Self:
        copied = type(self).__new__(type(self))
        if memo is not None:
            memo[id(self)] = copied
        AuthX.__init__(copied, config, self.model, self.login_type, payload_model=self.payload_model)
        copied._engines.follow_keys_of(self._engines)  # noqa: SLF001
        copied._sessions.share(self._sessions)  # noqa: SLF001
        copied._authenticator.blocklist = self._authenticator.blocklist  # noqa: SLF001
        if self._authenticator.store is not None:
            copied._keep_in(self._authenticator.store)  # noqa: SLF001
        copied._named_store = self._named_store  # noqa: SLF001
        if self._engines.on_built is None:
            # The store was an argument, which comes before the setting.
            copied._engines.on_built = None  # noqa: SLF001
        copied._authenticator.renewal = self._authenticator.renewal  # noqa: SLF001
        copied._subject_getter = self._subject_getter  # noqa: SLF001
        # Messages that were set, and attributes of subclasses.
        for name, value in vars(self).items():
            if name not in vars(copied):
                setattr(copied, name, copy_value(value))
        return copied

    def _keep_in(self, store: Store | None) -> None:
        self._authenticator.store = store
        ask = self._authenticator.ask
        self._sessions.stored = None if store is None else StoredSessions(self._engines, store, ask)

    def _has_a_store(self) -> bool:
        # Opens the one that the settings name.
        self._engines.check()
        return self._authenticator.store is not None

    def _open_named_store(self, engine: Engine) -> None:
        """Open the store that the settings name, unless it is open."""
        url = engine.store_url
        if url == self._named_store:
            return
        try:
            self._keep_in(None if url is None else Store(url))
        except ValueError as error:
            raise BadConfigurationError(f"JWT_STORE_URL: {error}") from None
        self._named_store = url

    # Configuration

    @property
    def config(self) -> AuthXConfig:
        """The settings. A change takes effect with the next token and the next request."""
        return self._engines.config

    def load_config(self, config: AuthXConfig, *, keys: KeyRing | None = None) -> None:
        """Replace the settings, and the keys: by `keys`, or without that argument by those of the settings."""
        self._engines.load(config, keys=keys)

    @property
    def keys(self) -> KeyRing:
        """The keys in force, whether the settings name them or a ring was given.

        Raises:
            BadConfigurationError: The settings are invalid, or there is no key.
        """
        return self._engines.current().keys

    def change_keys(self, change: Callable[[KeyRing], KeyRing]) -> None:
        """Replace the keys from the next token and the next request on, while requests run.

        A verification cache begins empty. Only this process changes its keys.

        Args:
            change: Returns the new keys for the present ones. Threads that change the keys do so one after the other.

        Raises:
            TypeError: `change` returns no `KeyRing`.

        Example:
            ```python
            auth.change_keys(lambda ring: ring.signing_with(Key.from_secret("HS256", new_secret, kid="2027-01")))
            ```
        """
        self._engines.change_keys(change)

    @property
    def payload_model(self) -> type[P] | None:
        """The model that handlers get; `None` stands for `TokenPayload`."""
        return self._authenticator.payload_model

    @payload_model.setter
    def payload_model(self, model: type[P] | None) -> None:
        self._authenticator.payload_model = model

    @property
    def cache_statistics(self) -> CacheStatistics | None:
        """The size and misses of the verification cache; `None` without one, see `JWT_VERIFICATION_CACHE_ENTRIES`.

        A change of the settings replaces the cache by an empty one.
        """
        statistics = self._engines.current().cache_statistics
        return None if statistics is None else CacheStatistics(*statistics)

    # Verifying by hand

    async def get_access_token_from_request(
        self, request: Request, locations: TokenLocations | None = None
    ) -> RequestToken:
        """Find the request's access token. It isn't verified: `verify` does that.

        Args:
            request: The request.
            locations: Where to look, instead of the configured locations.

        Raises:
            MissingTokenError: The request has none.

        Example:
            ```python
            request_token = await auth.get_access_token_from_request(request)
            payload = await auth.verify(request_token)
            ```
        """
        return await self._authenticator.find(request, "access", locations)

    async def get_refresh_token_from_request(
        self, request: Request, locations: TokenLocations | None = None
    ) -> RequestToken:
        """Find the request's refresh token. It isn't verified: `verify` does that.

        Args:
            request: The request.
            locations: Where to look, instead of the configured locations.

        Raises:
            MissingTokenError: The request has none.
        """
        return await self._authenticator.find(request, "refresh", locations)

    async def get_token_from_request(
        self,
        request: Request,
        type: TokenType = "access",
        optional: bool = True,
        locations: TokenLocations | None = None,
    ) -> RequestToken | None:
        """Find the request's token. It isn't verified: `verify` does that.

        Args:
            request: The request.
            type: Which token to look for.
            optional: Whether to return `None` for a request without one.
            locations: Where to look, instead of the configured locations.

        Raises:
            MissingTokenError: The request has none, and it isn't optional.
        """
        try:
            return await self._authenticator.find(request, type, locations)
        except MissingTokenError:
            if optional:
                return None
            raise

    async def verify(
        self,
        token: RequestToken | str,
        type: TokenType | None = None,
        *,
        fresh: bool = False,
        scopes: Sequence[str] = (),
        verify_csrf: bool = True,
    ) -> P:
        """Make every check of a route on a token given by hand, revocation and sessions included; return its claims.

        Args:
            token: From `get_access_token_from_request` or one of the similar methods; or the string of a token that
                came another way, such as in a message of a WebSocket.
            type: The type that the token must have. That which it was looked for as unless given; `access` for a
                string.
            fresh: Whether it must be fresh.
            scopes: Scopes that it must have, all of them.
            verify_csrf: Whether its CSRF value must match where the settings and the request's method require that.
                It is always required of a `RequestToken` that the caller created with location `cookies`.

        Raises:
            AuthXException: The token is refused; see the subclasses.

        Example:
            ```python
            @app.websocket("/events")
            async def events(websocket: WebSocket):
                await websocket.accept()
                try:
                    payload = await auth.verify(await websocket.receive_text())
                except AuthXException:
                    await websocket.close(1008)
                    return
            ```
        """
        if isinstance(token, str):
            token = RequestToken(token=encodable(token), location="headers")
        check_instance("token", token, RequestToken, "a RequestToken or the string of a token")
        requirement = requirement_of(
            type=type or token.type,
            verify_fresh=fresh,
            verify_csrf=None if verify_csrf else False,
            scopes=scopes,
        )
        return await self._authenticator.verify_by_hand(token, requirement)

    def verify_token(
        self,
        token: RequestToken,
        verify_type: bool = True,
        verify_fresh: bool = False,
        verify_csrf: bool = True,
    ) -> P:
        """Verify a token by the settings and return its claims.

        This asks neither the blocklist nor the session store, because they may be asynchronous, so a revoked token
        passes. `verify` makes every check.

        Args:
            token: From `get_access_token_from_request` or one of the similar methods.
            verify_type: Whether the token must be of the type that it was looked for as.
            verify_fresh: Whether it must be fresh.
            verify_csrf: Whether its CSRF value must match where the settings and the request's method require
                that. It is always required of a `RequestToken` that the caller created with location `cookies`.

        Raises:
            JWTDecodeError: The token can't be decoded, or a check fails; see the subclasses.
            TokenTypeError: It is of another type.
            FreshTokenRequiredError: It isn't fresh.
            MissingCSRFTokenError: The CSRF value is missing.
            CSRFError: The CSRF value doesn't match.
        """
        return self._authenticator.verify_found(
            token, verify_type=verify_type, verify_fresh=verify_fresh, verify_csrf=verify_csrf
        )

    async def get_current_subject(self, request: Request) -> T | None:
        """Verify the request's access token and return its user.

        Raises:
            AuthXException: The token is refused.
            UnknownSubjectError: The callback found no user, see `JWT_UNKNOWN_SUBJECT`.
            BadConfigurationError: `set_callback_get_model_instance` was never called.
        """
        subject: T | None = await self.CURRENT_SUBJECT(request)
        return subject

    async def _subject_of(self, payload: TokenPayload) -> T | None:
        if self._subject_getter is None:
            raise BadConfigurationError(
                "No callback finds the user of a token: set one with set_callback_get_model_instance"
            )
        subject = await self._subject_getter.get(payload.sub)
        if subject is None:
            self._authenticator.check_unknown_subject()
        return subject

    # Asking the application

    @overload
    def set_callback_token_blocklist(self, callback: TokenCallbackT) -> TokenCallbackT: ...
    @overload
    def set_callback_token_blocklist(self, callback: None) -> None: ...
    @overload
    def set_callback_token_blocklist(self) -> Callable[[TokenCallbackT], TokenCallbackT]: ...
    def set_callback_token_blocklist(self, callback: Any = _ABSENT) -> Any:
        """Ask this callback whether a token was revoked, wherever a token is verified.

        This method is also a decorator, with and without parentheses, and returns the function unchanged. The callback
        is called with the token string, after signature and claims were checked. If another string would verify as
        the same token (an ECDSA signature has a twin), it is called with that as well. A plain function must not
        block. If it raises or returns `None`, the request is refused with status 500 and the cause is logged.

        A callback whose first parameter is annotated with `TokenPayload`, or is named `payload` and not annotated with
        `str`, is called once with the token's claims instead, so that it need not decode the token for its `jti`.

        Args:
            callback: The callback, or `None` to remove it.

        Example:
            ```python
            @auth.set_callback_token_blocklist
            async def is_revoked(payload: TokenPayload) -> bool:
                return await blocklist.contains(payload.jti)
            ```

            With the token string:

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
        """Ask this callback for the user of a token, for `CURRENT_SUBJECT`.

        This method is also a decorator, with and without parentheses, and returns the function unchanged. The callback
        is called with the token's subject. A plain function must not block.

        Args:
            callback: The callback, or `None` to remove it.

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

    @overload
    def set_callback_renewal(self, callback: RenewalCallbackT) -> RenewalCallbackT: ...
    @overload
    def set_callback_renewal(self, callback: None) -> None: ...
    def set_callback_renewal(self, callback: Any) -> Any:
        """Ask this callback at each refresh whether the login goes on, and what its new tokens say.

        Rights change while a login goes on, and accounts are closed. The callback is called with the claims of the
        token that is about to be replaced, by `refresh`, by `rotate` and by an implicit refresh. It returns `True` to go
        on, a `Renewal` to go on with changes, or `False` to end the login; the client gets `RefreshRefusedError`. If it
        raises or returns something else, the request fails, and the client may try again.

        This method is also a decorator, and returns the function unchanged. A plain function must not block.

        Args:
            callback: The callback, or `None` to remove it.

        Example:
            ```python
            @auth.set_callback_renewal
            async def renew(payload: TokenPayload) -> Renewal | bool:
                user = await users.get(payload.sub)
                return Renewal(scopes=user.scopes) if user and user.is_active else False
            ```
        """
        self._authenticator.renewal = None if callback is None else Renewals(_callable(callback))
        return callback

    set_token_blocklist = set_callback_token_blocklist
    set_subject_getter = set_callback_get_model_instance

    @property
    def is_token_callback_set(self) -> bool:
        """Whether a callback for revoked tokens is set."""
        return self._authenticator.blocklist is not None

    @property
    def is_model_callback_set(self) -> bool:
        """Whether a callback that finds users is set."""
        return self._subject_getter is not None

    async def is_token_in_blocklist(self, token: str | None, **kwargs: Any) -> bool:
        """Ask the blocklist whether a token was revoked. Without a token or a callback the result is `False`.

        A callback that takes the token's string is asked about each string that would verify as the same token.

        Args:
            token: The token. A callback that takes the payload is called only if the token is valid.
            **kwargs: Passed on to the callback.

        Raises:
            JWTDecodeError: The callback takes the payload, and the token is not valid.
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
        """Replace the access cookie shortly before its token expires, while the user is active.

        `JWT_IMPLICIT_REFRESH_DELTATIME` says how long before. The token is not replaced if it was revoked, if the
        request failed, or if the response itself sets or deletes the cookie. The new token has the old one's
        claims and is never fresh.

        Example:
            ```python
            app.middleware("http")(auth.implicit_refresh_middleware)
            ```
        """
        refresh = ImplicitRefresh.of(self._authenticator, request.scope)
        response = await call_next(request)
        if refresh is not None:
            response.raw_headers[:] = await refresh.headers(response.status_code, response.raw_headers)
        return response

    def websocket_guard(self, websocket: "_GuardedWebSocket") -> AbstractAsyncContextManager[WebSocketGuard]:
        """Close an open WebSocket when its token or its session ends.

        Within the `async with` block the token of the handshake is verified again when it expires, and every
        `JWT_WEBSOCKET_CHECK_INTERVAL`, with the settings of that moment. When it is no longer valid, the block is
        cancelled at its current `await`, as by a timeout, and the socket is closed with code 1008 and the
        exception's name as the reason. If a callback or a store fails or doesn't answer in time, the code is 1011.
        The handler continues after the block; `WebSocketGuard.error` says why it ended.

        Raises:
            AuthXException: The token is refused at the beginning of the block.

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


if TYPE_CHECKING:
    _GuardedWebSocket = WebSocket
else:
    # Not `WebSocket`, which FastAPI would pass to `Depends(auth.websocket_guard)`.
    _GuardedWebSocket = Annotated[
        Any,
        FactoryArgument(
            "auth.WS_AUTH_REQUIRED",
            "The guard verifies the token only in a block: async with auth.websocket_guard(websocket).",
        ),
    ]


def _callable(callback: Any) -> Any:
    if not callable(callback):
        raise TypeError(f"a callback must be callable, not {type(callback).__name__}")
    return callback


def _is_model(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseModel)
