"""Verifies the tokens of one `AuthX`: every dependency, guard and middleware uses this module.

The engine decides about the token. This module passes it the request, the time, the body and the answers of the
application's stores. A refusal gets its HTTP answer here, with the messages of this instance.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Generic, Protocol

from starlette.requests import HTTPConnection
from starlette.types import Scope

from authx import clock
from authx._authx import (
    Admitted,
    Engine,
    FirstUseQuestion,
    LoginQuestion,
    RefreshCandidate,
    Renewal,
    Requirement,
    RevocationQuestion,
    Store,
    Stores,
)
from authx.answers import Wording
from authx.arguments import check_instance, encodable, requirement_of
from authx.body import read_wanted
from authx.callbacks import Blocklist, Renewals, logger
from authx.engine import EngineSource
from authx.events import Events
from authx.exceptions import (
    AuthXException,
    BadConfigurationError,
    CSRFError,
    JWTDecodeError,
    MissingTokenError,
    StoreUnavailableError,
)
from authx.schema import P, RequestToken, TokenPayload, engine_arguments, request_token, validated, verify_request_token
from authx.sessions import Answer, Sessions, answer_of_store
from authx.types import Step, TokenLocations

__all__ = ["Authenticator", "Check", "HasAuthenticator", "authenticator_of"]

_EXPECTED = (
    'a RequestToken, from get_access_token_from_request(request) or RequestToken(token=..., location="headers"),'
)

_ANY_TYPE = Requirement(verify_type=False, verify_csrf=False)


class Authenticator(Generic[P]):
    """Verifies the tokens of one `AuthX`, with its current engine, its stores and its messages.

    Args:
        engines: Returns the current engine.
        sessions: Asks the session store.
        wording: Creates the answers to refusals.
        events: Gets what happens.
        payload_model: The model that handlers get; `None` stands for `TokenPayload`.
    """

    __slots__ = (
        "_blocklist",
        "_sessions",
        "_store",
        "engines",
        "events",
        "payload_model",
        "renewal",
        "stores",
        "wording",
    )

    def __init__(
        self,
        engines: EngineSource,
        sessions: Sessions,
        wording: Wording,
        events: Events,
        payload_model: type[P] | None = None,
    ) -> None:
        self.engines = engines
        self.wording = wording
        self.events = events
        self.renewal: Renewals | None = None
        self.payload_model = payload_model
        self._blocklist: Blocklist | None = None
        self._store: Store | None = None
        self.stores = Stores(False)
        """Which stores there are, for the engine."""
        self._sessions = sessions

    @property
    def blocklist(self) -> Blocklist | None:
        """Asks the application whether a token was revoked."""
        return self._blocklist

    @blocklist.setter
    def blocklist(self, blocklist: Blocklist | None) -> None:
        self._blocklist = blocklist
        self._set_stores()

    @property
    def store(self) -> Store | None:
        """Keeps logins and revocations."""
        return self._store

    @store.setter
    def store(self, store: Store | None) -> None:
        self._store = store
        self._set_stores()

    def needed_store(self, users: str = "logins") -> Store:
        """Return the store, which the settings may name.

        Args:
            users: What needs it, in the plural, for the error.

        Raises:
            BadConfigurationError: There is none.
        """
        # Opens the one that the settings name.
        self.engines.check()
        if self._store is None:
            raise BadConfigurationError(f'{users} need a store: AuthX(store="sqlite:///auth.db") or JWT_STORE_URL')
        return self._store

    def _set_stores(self) -> None:
        asks_blocklist = self._blocklist is not None
        self.stores = Stores(asks_blocklist) if self._store is None else self._store.stores(asks_blocklist)

    def verify(self, requirement: Requirement, scope: Scope) -> Step:
        """Verify the token of a connection without a body, except for the checks that need a store, see `admit`.

        Raises:
            AuthXException: There is no token, or it is refused.
        """
        self.wording.ensure_handler(scope)
        try:
            return self.engines.current().authenticate(
                requirement,
                scope,
                clock.now(),
                self.stores,
                claims=self.payload_model is not None,
            )
        except AuthXException as error:
            self.refuse(error, requirement, scope)
            raise

    async def admit(self, step: Step, *, in_use: bool = False, scope: Scope | None = None) -> Admitted:
        """Ask the stores the engine's questions, until it admits the token.

        Args:
            step: The result of the verification.
            in_use: Whether a request uses the token, so that its session's last activity is updated.
            scope: That of the connection, in which a one-off token is used once however often it is asked about.

        Raises:
            AuthXException: The token, or its session, was revoked.
        """
        try:
            return await self._admitted(step, in_use=in_use, scope=scope)
        except AuthXException as error:
            self.report(error, scope)
            raise

    async def ask(
        self, call: "Callable[..., Answer | asyncio.Future[Answer]]", *arguments: Any, **options: Any
    ) -> Answer:
        """Call a method of the store, wait for its answer unless it is there at once, and notice what happened.

        Raises:
            AuthXException: The engine refuses the token because of it, or the store failed.
        """
        try:
            return await answer_of_store(call(*arguments, **options))
        finally:
            if self._store is not None:
                self.events.notice_all(self._store)

    async def renew(self, admitted: Admitted) -> Renewal | None:
        """Ask the application about the login of a token. `None` means that it doesn't go on."""
        if self.renewal is None:
            return Renewal()
        return await self.renewal.ask(admitted.payload)

    async def admit_candidate(self, candidate: RefreshCandidate) -> Admitted:
        """Ask the stores about the token of an implicit refresh.

        Raises:
            AuthXException: The token, or its session, was revoked.
        """
        return await self._admitted(candidate.ask(self.stores))

    async def verify_rotatable(self, request: HTTPConnection, scopes: Sequence[str] = ()) -> Admitted:
        """Verify the request's refresh token, which is about to be used up.

        Raises:
            AuthXException: There is no token, or it is refused.
        """
        self.wording.ensure_handler(request.scope)
        requirement = requirement_of(type="refresh", scopes=scopes)
        body = form = None
        try:
            engine = self.engines.current()
            body, form = await read_wanted(engine, requirement, request)
            # Its login's state is asked for by the rotation.
            step = engine.rotatable(requirement, request.scope, clock.now(), self.stores, body, form)
        except AuthXException as error:
            self.refuse(error, requirement, request.scope, body, form)
            raise
        return await self.admit(step, scope=request.scope)

    async def find(self, request: HTTPConnection, type: str, locations: TokenLocations | None) -> RequestToken:
        """Find the request's token of this type, without verifying it.

        Raises:
            MissingTokenError: The request has none.
        """
        self.wording.ensure_handler(request.scope)
        requirement = requirement_of(type=type, locations=locations)
        body = form = None
        try:
            engine = self.engines.current()
            body, form = await read_wanted(engine, requirement, request)
            return request_token(engine.find_token(requirement, request.scope, body, form))
        except AuthXException as error:
            self.refuse(error, requirement, request.scope, body, form)
            raise

    def refuse(
        self,
        error: AuthXException,
        requirement: Requirement,
        scope: Scope,
        body: bytes | None = None,
        form: list[tuple[str, str]] | None = None,
    ) -> None:
        """Store the answer to a refused request in the exception, and explain the refusal if somebody is to read that."""
        # The engine explains errors of these classes only. This is checked first, because others can be about settings
        # without which there is no engine.
        if isinstance(error, (MissingTokenError, CSRFError)):
            is_logged = logger.isEnabledFor(logging.DEBUG)
            engine = self.engines.current()
            if is_logged or engine.explains_errors:
                error.explanation = engine.explain(type(error).__name__, requirement, scope, body, form)
            if is_logged and error.explanation is not None:
                logger.debug("Request refused with %s: %s", type(error).__name__, error.explanation)
        self.report(error, scope)

    def report(self, error: AuthXException, scope: Scope | None, *, subject: str | None = None) -> None:
        """Notice that a request is refused, and store its answer in the exception."""
        self.events.notice_refusal(error, scope, subject=subject)
        self.wording.word(error)

    def verify_found(self, token: RequestToken, *, verify_type: bool, verify_fresh: bool, verify_csrf: bool) -> P:
        """Verify a token that was found before, except for the checks that need a store, see `AuthX.verify_token`."""
        check_instance("token", token, RequestToken, _EXPECTED)
        try:
            verified = verify_request_token(
                self.engines.current(),
                token,
                verify_type=verify_type,
                verify_fresh=verify_fresh,
                verify_csrf=verify_csrf,
            )
        except AuthXException as error:
            self.wording.word(error)
            raise
        return self.payload_of(verified)

    async def verify_by_hand(self, token: RequestToken, requirement: Requirement) -> P:
        """Make every check on a token that was found before, see `AuthX.verify`."""
        try:
            step = self.engines.current().verify(
                requirement,
                *engine_arguments(token),
                clock.now(),
                self.stores,
            )
        except AuthXException as error:
            self.wording.word(error)
            raise
        return self.payload_of(await self.admit(step, in_use=True))

    def check_unknown_subject(self) -> None:
        """Refuse a token whose user the application doesn't know, unless the settings admit it."""
        try:
            self.engines.current().check_unknown_subject()
        except AuthXException as error:
            self.wording.word(error)
            raise

    def payload_of(self, verified: Admitted) -> P:
        """Return what a handler gets: the claims of a verified token.

        Raises:
            JWTDecodeError: The claims don't fit the application's model.
        """
        if self.payload_model is None:
            # Without a model P is TokenPayload. On the hot path, so without a call of `cast`.
            return verified.payload  # type: ignore[return-value]
        try:
            return validated(verified.claims, self.payload_model)
        except JWTDecodeError as error:
            self.wording.word(error)
            raise

    async def is_in_blocklist(self, token: str, **kwargs: Any) -> bool:
        """Ask the blocklist about one token, see `AuthX.is_token_in_blocklist`."""
        check_instance("token", token, str, "a string")
        if self.blocklist is None:
            return False
        if not self.blocklist.takes_payload:
            return await self.blocklist.contains_any(self.engines.current().spellings(token), **kwargs)
        try:
            payload = self._payload_of_token(token)
        except AuthXException as error:
            self.wording.word(error)
            raise
        return await self.blocklist.contains_any((payload,), **kwargs)

    async def _admitted(self, step: Step, *, in_use: bool = False, scope: Scope | None = None) -> Admitted:
        while not isinstance(step, Admitted):
            if isinstance(step, RevocationQuestion):
                step = step.answer(await self._is_revoked(step))
            elif isinstance(step, LoginQuestion):
                step = await self._state_of_login(step)
            elif isinstance(step, FirstUseQuestion):
                step = step.answer(await self._is_first_use(step, scope))
            else:
                step = await self._sessions.answer(step, in_use=in_use)
        return step

    async def _is_revoked(self, question: RevocationQuestion) -> bool:
        if self._blocklist is not None:
            asked = (question.payload,) if self._blocklist.takes_payload else question.spellings
            if await self._blocklist.contains_any(asked):
                return True
        if self._store is None:
            return False
        return await self.ask(self._store.is_revoked, question, clock.now())

    async def _is_first_use(self, question: FirstUseQuestion, scope: Scope | None) -> bool:
        if self._store is None:
            raise BadConfigurationError('a one-off token needs a store: AuthX(store="sqlite:///auth.db")')
        used: set[str] = set() if scope is None else scope.setdefault("authx.used_once", set())
        if question.jti in used:
            return True
        is_first = await self.ask(self._store.use_once, question, clock.now())
        if is_first:
            used.add(question.jti)
        return is_first

    async def _state_of_login(self, question: LoginQuestion) -> Step:
        if self._store is None:  # It was removed while this request ran.
            raise StoreUnavailableError("the store of logins was removed")
        return await self.ask(self._store.answer, question, clock.now())

    def _payload_of_token(self, token: str) -> TokenPayload:
        admitted = self.engines.current().verify_without_stores(
            _ANY_TYPE, encodable(token), "headers", None, False, clock.now()
        )
        return admitted.payload


class Check:
    """Verifies the tokens of a route's requests against one requirement.

    Args:
        authenticator: Verifies the tokens.
        requirement: What the route requires of a token.
        others: Returns the authenticators of the application's other logins. The answer to one of their tokens is
            `LoginTypeMismatchError`.
    """

    __slots__ = ("_body_rule", "_others", "_scoped", "authenticator", "requirement")

    def __init__(
        self,
        authenticator: Authenticator[Any],
        requirement: Requirement,
        others: Callable[[], Iterable[Authenticator[Any]]] | None = None,
    ) -> None:
        self.authenticator = authenticator
        self.requirement = requirement
        self._others = others
        # One tuple, so that threads that share this object always see an engine with its own value.
        self._body_rule: tuple[Engine | None, bool] = (None, False)
        self._scoped: dict[tuple[str, ...], Check] = {}

    def with_scopes(self, scopes: Sequence[str]) -> "Check":
        """Return the check that also requires all of these scopes, which a route declares with `Security`."""
        if not scopes:
            return self
        key = tuple(scopes)
        check = self._scoped.get(key)
        if check is None:
            check = Check(self.authenticator, self.requirement.with_scopes(key), self._others)
            self._scoped[key] = check
        return check

    def verified(self, request: HTTPConnection) -> Admitted | Awaitable[Admitted]:
        """Verify the request's token and ask the stores about it.

        Returns the token itself unless something has to be awaited. Most requests need no await, and an extra coroutine
        would slow down each of them.

        Raises:
            AuthXException: There is no token, or it is refused.
        """
        # On the hot path: a Python call takes as long as one of the engine's checks.
        authenticator = self.authenticator
        scope = request.scope
        tables = scope.get("starlette.exception_handlers")
        if tables is not None and AuthXException not in tables[0]:
            authenticator.wording.ensure_handler(scope)
        try:
            engine = authenticator.engines.current()
            known_engine, may_want_body = self._body_rule
            if engine is not known_engine:
                may_want_body = engine.may_want_body(self.requirement)
                self._body_rule = (engine, may_want_body)
            if may_want_body:
                return self._verified_with_body(engine, request)
            if self._others is None and authenticator.payload_model is None:
                # A call without keyword arguments is faster.
                step = engine.authenticate(self.requirement, scope, clock.source.time(), authenticator.stores)
            else:
                step = self._step(engine, request, None, None)
        except AuthXException as error:
            authenticator.refuse(error, self.requirement, scope)
            raise
        return step if type(step) is Admitted else authenticator.admit(step, in_use=True, scope=scope)

    async def _verified_with_body(self, engine: Engine, request: HTTPConnection) -> Admitted:
        authenticator = self.authenticator
        body = form = None
        try:
            body, form = await read_wanted(engine, self.requirement, request)
            step = self._step(engine, request, body, form)
        except AuthXException as error:
            authenticator.refuse(error, self.requirement, request.scope, body, form)
            raise
        return await authenticator.admit(step, in_use=True, scope=request.scope)

    def _step(
        self, engine: Engine, request: HTTPConnection, body: bytes | None, form: list[tuple[str, str]] | None
    ) -> Step:
        return engine.authenticate(
            self.requirement,
            request.scope,
            clock.now(),
            self.authenticator.stores,
            body,
            form,
            others=None if self._others is None else self._other_engines,
            claims=self.authenticator.payload_model is not None,
        )

    def _other_engines(self) -> list[Engine]:
        engines = []
        for other in self._others() if self._others is not None else ():
            # A login with invalid settings can't have issued a token.
            with contextlib.suppress(BadConfigurationError):
                engines.append(other.engines.current())
        return engines


class HasAuthenticator(Protocol):
    """An `AuthX`, for modules that can't import it because it imports them."""

    _authenticator: Authenticator[Any]


def authenticator_of(auth: HasAuthenticator) -> Authenticator[Any]:
    """Return the authenticator of an `AuthX`, for this package only."""
    return auth._authenticator  # noqa: SLF001 -- the only access to it from outside the class
