"""`AuthManager`: several logins of one application, such as customers and operators."""
# ruff: noqa: SLF001 -- the parts of AuthX know each other; the underscore is for applications

from collections.abc import Mapping, Sequence
from inspect import Signature
from typing import Any

from fastapi import Request, params

from authx import clock
from authx._authx import Admitted, Engine, Requirement, check_login_type
from authx.answers import ErrorAnswering, usual_engine
from authx.body import read_wanted
from authx.exceptions import (
    AuthXException,
    BadConfigurationError,
    JWTDecodeError,
    LoginTypeMismatchError,
    PolicyDeniedError,
)
from authx.main import AuthX
from authx.policy import PolicyEngine, PolicyEvaluator, PolicyRule, authorize
from authx.schema import TokenPayload, TokenResponse
from authx.security import VerifiedRequired, called_as_coroutine
from authx.types import DateTimeExpression, StringOrSequence, TokenLocations

__all__ = ["AuthManager"]


class AuthManager(ErrorAnswering):
    """Several `AuthX`, each for one kind of login, and one place to ask for the right one.

    Each has its own settings: keys, lifetimes, cookies, blocklist. A token of one login is refused where
    another is asked for, and the answer names both login types.

    The `MSG_` attributes are those of `AuthX`. One that was changed here takes precedence over the instance's.

    Args:
        policy_engine: Decides for `policy_required` and `authorize`.
        policy_rules: The rules of a new policy engine, where none is given.

    Example:
        ```python
        manager = AuthManager()
        manager.register(AuthX(AuthXConfig(JWT_SECRET_KEY=user_secret), login_type="user"))
        manager.register(AuthX(AuthXConfig(JWT_SECRET_KEY=admin_secret), login_type="admin"))

        @app.post("/admin/login")
        async def login(credentials: Credentials):
            return manager.create_token_pair("admin", uid=await authenticate(credentials))

        @app.get("/admin")
        async def panel(payload: TokenPayload = Depends(manager.access_token_required("admin"))): ...
        ```
    """

    def __init__(
        self, policy_engine: PolicyEngine | None = None, policy_rules: Sequence[PolicyRule] | None = None
    ) -> None:
        self._auth_by_type: dict[str, AuthX[Any, Any]] = {}
        self.policy_engine = PolicyEngine(policy_rules) if policy_engine is None else policy_engine
        """Decides for `policy_required` and `authorize`."""

    # The logins

    @property
    def login_types(self) -> tuple[str, ...]:
        """The login types that are registered, in the order in which they were."""
        return tuple(self._auth_by_type)

    def register(self, auth: AuthX[Any, Any]) -> None:
        """Add an instance under its `login_type`.

        Raises:
            BadConfigurationError: It has none, or another instance has the same.
        """
        if not auth.login_type:
            raise BadConfigurationError("login_type: an AuthX of an AuthManager must have one")
        if auth.login_type in self._auth_by_type:
            raise BadConfigurationError(f"login_type: '{auth.login_type}' is registered already")
        # Replaced in one step: a request on another thread may be looking through it.
        self._auth_by_type = {**self._auth_by_type, auth.login_type: auth}

    def get(self, login_type: str) -> AuthX[Any, Any]:
        """Give the instance of a login type.

        Raises:
            BadConfigurationError: There is none.
        """
        try:
            return self._auth_by_type[login_type]
        except KeyError:
            raise BadConfigurationError(f"login_type: '{login_type}' is not registered") from None

    # Making tokens

    def create_access_token(
        self,
        login_type: str,
        uid: str,
        fresh: bool = False,
        headers: dict[str, Any] | None = None,
        expiry: DateTimeExpression | None = None,
        data: dict[str, Any] | None = None,
        audience: StringOrSequence | None = None,
        scopes: list[str] | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> str:
        """Make an access token of this login, see `AuthX.create_access_token`."""
        auth = self.get(login_type)
        return auth.create_access_token(uid, fresh, headers, expiry, data, audience, scopes, *args, **kwargs)

    def create_refresh_token(
        self,
        login_type: str,
        uid: str,
        headers: dict[str, Any] | None = None,
        expiry: DateTimeExpression | None = None,
        data: dict[str, Any] | None = None,
        audience: StringOrSequence | None = None,
        scopes: list[str] | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> str:
        """Make a refresh token of this login, see `AuthX.create_refresh_token`."""
        auth = self.get(login_type)
        return auth.create_refresh_token(uid, headers, expiry, data, audience, scopes, *args, **kwargs)

    def create_token_pair(
        self,
        login_type: str,
        uid: str,
        fresh: bool = False,
        headers: dict[str, Any] | None = None,
        access_expiry: DateTimeExpression | None = None,
        refresh_expiry: DateTimeExpression | None = None,
        data: dict[str, Any] | None = None,
        audience: StringOrSequence | None = None,
        access_scopes: list[str] | None = None,
        refresh_scopes: list[str] | None = None,
        *,
        session_id: str | None = None,
    ) -> TokenResponse:
        """Make an access and a refresh token of this login, see `AuthX.create_token_pair`."""
        return self.get(login_type).create_token_pair(
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

    # Protecting routes

    def token_required(
        self,
        login_type: str,
        type: str = "access",
        verify_type: bool = True,
        verify_fresh: bool = False,
        verify_csrf: bool | None = None,
        locations: TokenLocations | None = None,
    ) -> Any:
        """Require a valid token of this login; gives its `TokenPayload`.

        The instance may be registered after the route is declared, but before its first request.

        Args:
            login_type: Which login.
            type: As in `AuthX.token_required`.
            verify_type: As in `AuthX.token_required`.
            verify_fresh: As in `AuthX.token_required`.
            verify_csrf: As in `AuthX.token_required`.
            locations: As in `AuthX.token_required`.

        Raises:
            ValueError: An argument is none of those.
        """
        requirement = Requirement(
            type=type,
            verify_type=verify_type,
            verify_fresh=verify_fresh,
            verify_csrf=verify_csrf,
            locations=locations,
        )
        return _LoginRequired(self, login_type, requirement, type, locations)

    def access_token_required(self, login_type: str) -> Any:
        """Require a valid access token of this login; gives its `TokenPayload`."""
        return self.token_required(login_type)

    def refresh_token_required(self, login_type: str) -> Any:
        """Require a valid refresh token of this login; gives its `TokenPayload`."""
        return self.token_required(login_type, type="refresh")

    def fresh_token_required(self, login_type: str) -> Any:
        """Require a valid and fresh access token of this login; gives its `TokenPayload`."""
        return self.token_required(login_type, verify_fresh=True)

    # Policies

    def add_policy_rule(self, rule: PolicyRule) -> None:
        """Add a rule to the policy engine."""
        self.policy_engine.add_rule(rule)

    def add_policy_evaluator(self, evaluator: PolicyEvaluator) -> None:
        """Add an evaluator, for every rule, to the policy engine."""
        self.policy_engine.add_evaluator(evaluator)

    def policy_required(
        self,
        login_type: str,
        action: str,
        resource: str,
        *,
        subject: Any = None,
        resource_attrs: Any = None,
        env: Mapping[str, Any] | None = None,
    ) -> Any:
        """Require a valid access token of this login, and that the policy engine allows the action; gives the payload.

        Args:
            login_type: Which login.
            action: What is to be done.
            resource: To what.
            subject: Who does it, for conditions. The token's claims unless given.
            resource_attrs: What conditions know of the resource.
            env: What conditions know besides.
        """
        context = {"subject": subject, "resource_attrs": resource_attrs, "env": env}
        return _PolicyRequired(self, login_type, action, resource, context)

    async def authorize(
        self,
        login_type: str,
        action: str,
        resource: str,
        *,
        payload: TokenPayload | None = None,
        request: Request | None = None,
        subject: Any = None,
        resource_attrs: Any = None,
        env: Mapping[str, Any] | None = None,
    ) -> TokenPayload:
        """Ask the policy engine whether the bearer of a token may do this, and give the token's payload.

        Args:
            login_type: Which login.
            action: What is to be done.
            resource: To what.
            payload: A verified token's. Without it the request's access token is verified.
            request: The request.
            subject: Who does it, for conditions. The token's claims unless given.
            resource_attrs: What conditions know of the resource.
            env: What conditions know besides.

        Raises:
            AuthXException: The request's token is refused.
            LoginTypeMismatchError: The payload is of another login.
            PolicyDeniedError: The policy engine denies it, or there is neither a payload nor a request.
            PolicyEvaluationError: The policy engine can't decide.
        """
        try:
            if payload is not None:
                check_login_type(login_type, payload.login_type)
            elif request is not None:
                payload = await self.access_token_required(login_type)(request)
            else:
                raise PolicyDeniedError("authorize needs a payload or a request", login_type=login_type)
            await authorize(
                self.policy_engine,
                login_type=login_type,
                action=action,
                resource=resource,
                payload=payload,
                request=request,
                subject=subject,
                resource_attrs=resource_attrs,
                env=env,
            )
        except AuthXException as error:
            if error.login_type is None:
                error.login_type = login_type
            self._word(error)
            raise
        return payload

    # Answering errors

    def _answering_engine(self, error: AuthXException) -> Engine:
        auth = self._refusing(error)
        return usual_engine() if auth is None else auth._engines.current()

    def _messages(self, error: AuthXException) -> dict[str, str | None]:
        auth = self._refusing(error)
        return {**({} if auth is None else auth._messages(error)), **super()._messages(error)}

    def _refusing(self, error: AuthXException) -> AuthX[Any, Any] | None:
        """The instance whose settings and messages word the answer."""
        auths = self._auth_by_type
        return auths.get(error.login_type or "") or next(iter(auths.values()), None)


@called_as_coroutine
class _LoginRequired(params.Depends):
    """Verifies the request's token with the instance of a login type, in the three forms of `RouteDependency`."""

    def __init__(
        self,
        manager: AuthManager,
        login_type: str,
        requirement: Requirement,
        type: str = "access",
        locations: TokenLocations | None = None,
    ) -> None:
        super().__init__(dependency=self)
        self._manager = manager
        self._login_type = login_type
        self._requirement = requirement
        self._type = type
        self._locations = locations
        self._known: VerifiedRequired | None = None

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._login_type}>"

    async def __call__(self, request: Request, **_schemes: None) -> Any:
        """Give the `TokenPayload`, or the instance's own model of it."""
        self._manager.ensure_request_exception_handlers(request)
        try:
            verified = await self._verified(request)
            return self._manager.get(self._login_type)._payload_of(verified)
        except AuthXException as error:
            self._manager._word(error)
            raise

    async def _verified(self, request: Request) -> Admitted:
        auth = self._manager.get(self._login_type)
        if self._known is None or self._known._auth is not auth:
            self._known = self._required_by(auth)
        try:
            verified: Admitted = await self._known(request)
        except JWTDecodeError:
            await self._refuse_other_login(auth, request)
            raise
        return verified

    async def _refuse_other_login(self, auth: AuthX[Any, Any], request: Request) -> None:
        """Say so where the token that can't be read is one that another login issued."""
        others = [other for other in self._manager._auth_by_type.values() if other is not auth]
        try:
            engine = auth._engines.current()
            body, form = await read_wanted(engine, self._requirement, request)
            engines = [other._engines.current() for other in others]
            engine.authenticate(self._requirement, request.scope, clock.now(), False, body, form, others=engines)
        except LoginTypeMismatchError:
            raise
        except AuthXException:
            # The error that is known already stands.
            return

    def _required_by(self, auth: AuthX[Any, Any]) -> VerifiedRequired:
        return VerifiedRequired(auth, self._requirement, type=self._type, locations=self._locations)

    @property
    def __signature__(self) -> Signature:
        """What FastAPI reads when a route is declared.

        The instance may be registered later; then the environment's settings say where its tokens are.
        """
        known = self._manager._auth_by_type.get(self._login_type)
        return self._required_by(AuthX() if known is None else known).__signature__


class _PolicyRequired(_LoginRequired):
    """Verifies the request's access token, and asks the policy engine."""

    def __init__(
        self, manager: AuthManager, login_type: str, action: str, resource: str, context: Mapping[str, Any]
    ) -> None:
        super().__init__(manager, login_type, Requirement())
        self._action = action
        self._resource = resource
        self._context = context

    async def _verified(self, request: Request) -> Admitted:
        verified = await super()._verified(request)
        await self._manager.authorize(
            self._login_type, self._action, self._resource, payload=verified.payload, request=request, **self._context
        )
        return verified
