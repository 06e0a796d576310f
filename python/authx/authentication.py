"""The way from a request to claims, of one `AuthX`: every dependency, guard and middleware goes it.

The engine decides about the token. Here it is given what it decides by: the request, the time, what a body holds, and
the answers of the application's stores. A refusal leaves with its answer, in this instance's words.
"""

import contextlib
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Generic, Protocol

from starlette.requests import Request
from starlette.types import Scope

from authx import clock
from authx._authx import Admitted, Engine, RefreshCandidate, Requirement, RevocationQuestion
from authx.answers import Wording
from authx.body import read_wanted
from authx.callbacks import Blocklist
from authx.engine import EngineSource
from authx.exceptions import AuthXException, BadConfigurationError, JWTDecodeError
from authx.schema import P, RequestToken, TokenPayload, request_token, validated, verify_request_token
from authx.sessions import Sessions
from authx.types import Step, TokenLocations

__all__ = ["Authenticator", "Check", "HasAuthenticator", "authenticator_of"]

_ANY_TYPE = Requirement(verify_type=False, verify_csrf=False)


class Authenticator(Generic[P]):
    """What one `AuthX` verifies tokens with: the engine in force, the stores that are asked, the wording of errors.

    Args:
        engines: Has the engine in force.
        sessions: Has the store of sessions.
        wording: Answers what is refused.
        payload_model: What is made of claims; `None` stands for `TokenPayload`.
    """

    __slots__ = ("_sessions", "blocklist", "engines", "payload_model", "wording")

    def __init__(
        self, engines: EngineSource, sessions: Sessions, wording: Wording, payload_model: type[P] | None = None
    ) -> None:
        self.engines = engines
        self.wording = wording
        self.payload_model = payload_model
        self.blocklist: Blocklist | None = None
        """Who is asked whether a token was revoked."""
        self._sessions = sessions

    def verify(self, requirement: Requirement, scope: Scope) -> Step:
        """Find the token of a connection that has no body, and make every check but those of the stores, see `admit`.

        Raises:
            AuthXException: There is no token, or it is refused.
        """
        self.wording.ensure_handler(scope)
        try:
            return self.engines.current().authenticate(
                requirement,
                scope,
                clock.now(),
                self.blocklist is not None,
                claims=self.payload_model is not None,
            )
        except AuthXException as error:
            self.wording.word(error)
            raise

    async def admit(self, step: Step, *, in_use: bool = False) -> Admitted:
        """Ask the stores what the engine wants to know, until it admits the token.

        Args:
            step: What comes next, which may be nothing.
            in_use: Whether a request uses the token, which its session may note.

        Raises:
            AuthXException: The token, or its session, was revoked.
        """
        try:
            return await self._admitted(step, in_use=in_use)
        except AuthXException as error:
            self.wording.word(error)
            raise

    async def admit_candidate(self, candidate: RefreshCandidate) -> Admitted:
        """Ask the stores about the token of an implicit refresh.

        Raises:
            AuthXException: The token, or its session, was revoked.
        """
        return await self._admitted(candidate.ask(self.blocklist is not None))

    async def find(self, request: Request, type: str, locations: TokenLocations | None) -> RequestToken:
        """Find the request's token of this type, not verified.

        Raises:
            MissingTokenError: There is none.
        """
        self.wording.ensure_handler(request.scope)
        try:
            engine = self.engines.current()
            requirement = Requirement(type=type, locations=locations)
            body, form = await read_wanted(engine, requirement, request)
            return request_token(engine.find_token(requirement, request.scope, body, form))
        except AuthXException as error:
            self.wording.word(error)
            raise

    def verify_found(self, token: RequestToken, *, verify_type: bool, verify_fresh: bool, verify_csrf: bool) -> P:
        """Make every check but those of the stores of a token that was found before, see `AuthX.verify_token`."""
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

    def payload_of(self, verified: Admitted) -> P:
        """Give what a handler gets of a verified token.

        Raises:
            JWTDecodeError: Its claims don't fit the application's model.
        """
        if self.payload_model is None:
            # P is TokenPayload where there is no model; a call of `cast` would cost every request something.
            return verified.payload  # type: ignore[return-value]
        try:
            return validated(verified.claims, self.payload_model)
        except JWTDecodeError as error:
            self.wording.word(error)
            raise

    async def is_in_blocklist(self, token: str, **kwargs: Any) -> bool:
        """Ask the blocklist about a token by hand, see `AuthX.is_token_in_blocklist`."""
        if self.blocklist is None:
            return False
        if not self.blocklist.takes_payload:
            return await self.blocklist.contains_any((token,), **kwargs)
        try:
            payload = self._payload_of_text(token)
        except AuthXException as error:
            self.wording.word(error)
            raise
        return await self.blocklist.contains_any((payload,), **kwargs)

    async def _admitted(self, step: Step, *, in_use: bool = False) -> Admitted:
        while not isinstance(step, Admitted):
            if isinstance(step, RevocationQuestion):
                step = step.answer(await self._is_revoked(step))
            else:
                step = await self._sessions.answer(step, in_use=in_use)
        return step

    async def _is_revoked(self, question: RevocationQuestion) -> bool:
        if self.blocklist is None:
            return False
        asked = (question.payload,) if self.blocklist.takes_payload else question.spellings
        return await self.blocklist.contains_any(asked)

    def _payload_of_text(self, token: str) -> TokenPayload:
        admitted = self.engines.current().verify_without_stores(_ANY_TYPE, token, "headers", None, False, clock.now())
        return admitted.payload


class Check:
    """One requirement, put to the requests of a route.

    Args:
        authenticator: Verifies.
        requirement: What is asked of each request's token.
        others: Gives the authenticators of the application's other logins, whose tokens get an answer that says so.
    """

    __slots__ = ("_body_rule", "_others", "authenticator", "requirement")

    def __init__(
        self,
        authenticator: Authenticator[Any],
        requirement: Requirement,
        others: Callable[[], Iterable[Authenticator[Any]]] | None = None,
    ) -> None:
        self.authenticator = authenticator
        self.requirement = requirement
        self._others = others
        # One value, replaced in one step, because threads may share this object.
        self._body_rule: tuple[Engine | None, bool] = (None, False)

    def verified(self, request: Request) -> Admitted | Awaitable[Admitted]:
        """Verify the request's token and ask the stores about it.

        Gives the token at once where nothing has to be waited for, which most requests are: a coroutine more would cost
        each of them something.

        Raises:
            AuthXException: There is no token, or it is refused.
        """
        # On the hot path, where a call of Python's costs as much as a check of the engine's.
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
                # A call without keywords costs less.
                step = engine.authenticate(
                    self.requirement, scope, clock.source.time(), authenticator.blocklist is not None
                )
            else:
                step = self._step(engine, request, None, None)
        except AuthXException as error:
            authenticator.wording.word(error)
            raise
        return step if type(step) is Admitted else authenticator.admit(step, in_use=True)

    async def _verified_with_body(self, engine: Engine, request: Request) -> Admitted:
        authenticator = self.authenticator
        try:
            body, form = await read_wanted(engine, self.requirement, request)
            step = self._step(engine, request, body, form)
        except AuthXException as error:
            authenticator.wording.word(error)
            raise
        return await authenticator.admit(step, in_use=True)

    def _step(self, engine: Engine, request: Request, body: bytes | None, form: list[tuple[str, str]] | None) -> Step:
        return engine.authenticate(
            self.requirement,
            request.scope,
            clock.now(),
            self.authenticator.blocklist is not None,
            body,
            form,
            others=None if self._others is None else self._other_engines,
            claims=self.authenticator.payload_model is not None,
        )

    def _other_engines(self) -> list[Engine]:
        engines = []
        for other in self._others() if self._others is not None else ():
            # A login whose settings make no engine has issued no token.
            with contextlib.suppress(BadConfigurationError):
                engines.append(other.engines.current())
        return engines


class HasAuthenticator(Protocol):
    """An `AuthX`, for the parts of this package that it is above."""

    _authenticator: Authenticator[Any]


def authenticator_of(auth: HasAuthenticator) -> Authenticator[Any]:
    """Give what an `AuthX` verifies with. For this package: an application has the methods of `AuthX`."""
    return auth._authenticator  # noqa: SLF001 -- the one place where a part of the package takes another's
