"""`AuthManager`: several logins of one application, such as customers and operators."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from inspect import Signature
from typing import Annotated, Any

from fastapi import Request
from fastapi.security import SecurityScopes
from starlette.requests import HTTPConnection

from authx._authx import Admitted, Engine, Requirement, check_login_type
from authx.answers import ErrorAnswering, Wording, chosen_messages, usual_engine
from authx.arguments import check_instance, requirement_of
from authx.authentication import Authenticator, Check, authenticator_of
from authx.config import AuthXConfig
from authx.exceptions import AuthXException, BadConfigurationError, PolicyDeniedError
from authx.factory import FactoryArgument
from authx.main import AuthX
from authx.openapi import route_signature, security_schemes
from authx.policy import PolicyEngine, PolicyEvaluator, PolicyRule, authorize
from authx.route_dependencies import TokenDependency, declared_scopes
from authx.schema import TokenPayload, TokenResponse
from authx.types import DateTimeExpression, StringOrSequence, TokenLocations, TokenType

__all__ = ["AuthManager"]


class AuthManager(ErrorAnswering):
    """Several instances of `AuthX`, one for each login type.

    Each has its own settings: keys, lifetimes, cookies, blocklist. A token of one login is refused where
    another is required, and the answer names both login types.

    The `MSG_` attributes are those of `AuthX`. A message that is set here takes precedence over the instance's.

    Args:
        policy_engine: Decides for `policy_required` and `authorize`.
        policy_rules: The rules of a new policy engine, if none is given.

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
        check_instance("policy_engine", policy_engine, (PolicyEngine, type(None)), "a PolicyEngine")
        self._logins = _Logins()
        super().__init__(Wording(engine=self._logins.engine_for, messages=self._messages_for), self._logins.check)
        self.policy_engine = PolicyEngine(policy_rules) if policy_engine is None else policy_engine
        """Decides for `policy_required` and `authorize`."""

    # The logins

    @property
    def login_types(self) -> tuple[str, ...]:
        """The registered login types, in the order of their registration."""
        return tuple(self._logins.auth_by_type)

    def register(self, auth: AuthX[Any, Any]) -> None:
        """Add an instance under its `login_type`.

        Raises:
            BadConfigurationError: It has none, or another instance has the same.
            TypeError: It is no `AuthX`.
        """
        check_instance("auth", auth, AuthX, "an AuthX")
        self._logins.add(auth)

    def get(self, login_type: str) -> AuthX[Any, Any]:
        """Return the instance of a login type.

        Raises:
            BadConfigurationError: There is none.
        """
        return self._logins.get(login_type)

    # Creating tokens

    def create_access_token(
        self,
        login_type: str,
        uid: str,
        fresh: bool = False,
        headers: dict[str, Any] | None = None,
        expiry: DateTimeExpression | float | None = None,
        data: dict[str, Any] | None = None,
        audience: StringOrSequence | None = None,
        scopes: list[str] | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> str:
        """Create an access token of this login, see `AuthX.create_access_token`."""
        auth = self.get(login_type)
        return auth.create_access_token(uid, fresh, headers, expiry, data, audience, scopes, *args, **kwargs)

    def create_refresh_token(
        self,
        login_type: str,
        uid: str,
        headers: dict[str, Any] | None = None,
        expiry: DateTimeExpression | float | None = None,
        data: dict[str, Any] | None = None,
        audience: StringOrSequence | None = None,
        scopes: list[str] | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> str:
        """Create a refresh token of this login, see `AuthX.create_refresh_token`."""
        auth = self.get(login_type)
        return auth.create_refresh_token(uid, headers, expiry, data, audience, scopes, *args, **kwargs)

    def create_token(
        self,
        login_type: str,
        uid: str,
        *,
        type: TokenType,
        headers: dict[str, Any] | None = None,
        expiry: DateTimeExpression | float | None = None,
        data: dict[str, Any] | None = None,
        audience: StringOrSequence | None = None,
        scopes: Sequence[str] | None = None,
        session_id: str | None = None,
    ) -> str:
        """Create a token of this login and of a type of the application's own, see `AuthX.create_token`."""
        return self.get(login_type).create_token(
            uid,
            type=type,
            headers=headers,
            expiry=expiry,
            data=data,
            audience=audience,
            scopes=scopes,
            session_id=session_id,
        )

    def create_token_pair(
        self,
        login_type: str,
        uid: str,
        fresh: bool = False,
        headers: dict[str, Any] | None = None,
        access_expiry: DateTimeExpression | float | None = None,
        refresh_expiry: DateTimeExpression | float | None = None,
        data: dict[str, Any] | None = None,
        audience: StringOrSequence | None = None,
        access_scopes: list[str] | None = None,
        refresh_scopes: list[str] | None = None,
        *,
        session_id: str | None = None,
    ) -> TokenResponse:
        """Create an access and a refresh token of this login, see `AuthX.create_token_pair`."""
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
        login_type: Annotated[str, FactoryArgument('manager.token_required("admin")')],
        type: str = "access",
        verify_type: bool = True,
        verify_fresh: bool = False,
        verify_csrf: bool | None = None,
        locations: TokenLocations | None = None,
    ) -> Any:
        """Require a valid token of this login; returns its `TokenPayload`.

        The instance may be registered after the route is declared, but before its first request.

        Args:
            login_type: The login type.
            type: As in `AuthX.token_required`.
            verify_type: As in `AuthX.token_required`.
            verify_fresh: As in `AuthX.token_required`.
            verify_csrf: As in `AuthX.token_required`.
            locations: As in `AuthX.token_required`.

        Raises:
            ValueError: An argument has a value that is not allowed.
        """
        requirement = requirement_of(
            type=type,
            verify_type=verify_type,
            verify_fresh=verify_fresh,
            verify_csrf=verify_csrf,
            locations=locations,
        )
        return _LoginRequired(self._logins, self._wording, login_type, requirement, type, locations)

    def access_token_optional(
        self, login_type: Annotated[str, FactoryArgument('manager.access_token_optional("admin")')]
    ) -> Any:
        """Accept a request without a token; returns the `TokenPayload`, or `None` without one.

        A token that is there must be a valid access token of this login.
        """
        return self.token_required(login_type).optional()

    def access_token_required(
        self, login_type: Annotated[str, FactoryArgument('manager.access_token_required("admin")')]
    ) -> Any:
        """Require a valid access token of this login; returns its `TokenPayload`."""
        return self.token_required(login_type)

    def refresh_token_required(
        self, login_type: Annotated[str, FactoryArgument('manager.refresh_token_required("admin")')]
    ) -> Any:
        """Require a valid refresh token of this login; returns its `TokenPayload`."""
        return self.token_required(login_type, type="refresh")

    def fresh_token_required(
        self, login_type: Annotated[str, FactoryArgument('manager.fresh_token_required("admin")')]
    ) -> Any:
        """Require a valid and fresh access token of this login; returns its `TokenPayload`."""
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
        login_type: Annotated[str, FactoryArgument('manager.policy_required("admin", "read", "reports")')],
        action: str,
        resource: str,
        *,
        subject: Any = None,
        resource_attrs: Any = None,
        env: Mapping[str, Any] | None = None,
    ) -> Any:
        """Require a valid access token of this login whose user may do this; returns its `TokenPayload`.

        Args:
            login_type: The login type.
            action: The action that the policy decides about.
            resource: The resource that the action is about.
            subject: The subject's attributes, for conditions. The token's claims unless given.
            resource_attrs: The resource's attributes, for conditions.
            env: Further attributes of the environment, for conditions.
        """
        context = {"subject": subject, "resource_attrs": resource_attrs, "env": env}
        return _PolicyRequired(
            self._logins, self._wording, login_type, partial(self.authorize, login_type, action, resource, **context)
        )

    async def authorize(
        self,
        login_type: Annotated[str, FactoryArgument('manager.policy_required("admin", "read", "reports")')],
        action: str,
        resource: str,
        *,
        payload: TokenPayload | None = None,
        request: Request | None = None,
        subject: Any = None,
        resource_attrs: Any = None,
        env: Mapping[str, Any] | None = None,
    ) -> TokenPayload:
        """Ask the policy engine whether the user of a token may do this, and return the token's payload.

        Args:
            login_type: The login type.
            action: The action that the policy decides about.
            resource: The resource that the action is about.
            payload: The claims of a token, which are taken on trust: nothing here checks who made them, so pass only
                those of a dependency or of `AuthX.verify`. Without it the request's access token is verified.
            request: The request.
            subject: The subject's attributes, for conditions. The token's claims unless given.
            resource_attrs: The resource's attributes, for conditions.
            env: Further attributes of the environment, for conditions.

        Raises:
            AuthXException: The request's token is refused.
            LoginTypeMismatchError: The payload is of another login.
            PolicyDeniedError: The policy engine denies it, or neither a payload nor a request is given.
            PolicyEvaluationError: The policy engine can't decide.
        """
        try:
            if payload is not None:
                check_login_type(login_type, payload.login_type)
            elif request is not None:
                required = _LoginRequired(self._logins, self._wording, login_type, Requirement())
                payload = (await required.verified(request)).payload
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
            self._wording.word(error)
            raise
        return payload

    def _messages_for(self, error: AuthXException) -> dict[str, str | None]:
        return {**self._logins.messages_for(error), **chosen_messages(self, error)}


class _Logins:
    """The registered instances, by their login types."""

    def __init__(self) -> None:
        self.auth_by_type: dict[str, AuthX[Any, Any]] = {}

    def add(self, auth: AuthX[Any, Any]) -> None:
        """See `AuthManager.register`."""
        if not auth.login_type:
            raise BadConfigurationError("login_type: an AuthX of an AuthManager must have one")
        if auth.login_type in self.auth_by_type:
            raise BadConfigurationError(f"login_type: '{auth.login_type}' is registered already")
        # A new dictionary: a request on another thread may be iterating over the old one.
        self.auth_by_type = {**self.auth_by_type, auth.login_type: auth}

    def get(self, login_type: str) -> AuthX[Any, Any]:
        """See `AuthManager.get`."""
        try:
            return self.auth_by_type[login_type]
        except KeyError:
            raise BadConfigurationError(f"login_type: '{login_type}' is not registered") from None

    def authenticator(self, login_type: str) -> Authenticator[Any]:
        """Return the authenticator of this login type."""
        return authenticator_of(self.get(login_type))

    def others(self, authenticator: Authenticator[Any]) -> list[Authenticator[Any]]:
        """Return the authenticators of all other login types."""
        all_of_them = map(authenticator_of, self.auth_by_type.values())
        return [other for other in all_of_them if other is not authenticator]

    def check(self) -> None:
        """Check the settings of every login.

        Raises:
            BadConfigurationError: Those of one are invalid; the message begins with its login type.
        """
        for login_type, auth in list(self.auth_by_type.items()):
            try:
                auth.check()
            except BadConfigurationError as error:
                raise BadConfigurationError(f"{login_type}: {error}", login_type=login_type) from error

    def engine_for(self, error: AuthXException) -> Engine:
        """Return the engine whose settings decide the answer to an exception."""
        refusing = self._refusing(error)
        return usual_engine() if refusing is None else refusing.engines.current()

    def messages_for(self, error: AuthXException) -> Mapping[str, str | None]:
        """Return the messages of the instance that refused the request."""
        refusing = self._refusing(error)
        return {} if refusing is None else refusing.wording.messages(error)

    def _refusing(self, error: AuthXException) -> Authenticator[Any] | None:
        auths = self.auth_by_type
        auth = auths.get(error.login_type or "") or next(iter(auths.values()), None)
        return None if auth is None else authenticator_of(auth)


class _LoginRequired(TokenDependency):
    """Verifies the request's token with the instance of a login type."""

    def __init__(
        self,
        logins: _Logins,
        wording: Wording,
        login_type: str,
        requirement: Requirement,
        type: str = "access",
        locations: TokenLocations | None = None,
    ) -> None:
        super().__init__()
        self._logins = logins
        self._wording = wording
        self._login_type = login_type
        self._requirement = requirement
        self._type = type
        self._locations = locations
        self._check: Check | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._login_type}>"

    async def __call__(
        self, request: HTTPConnection, security_scopes: SecurityScopes | None = None, **schemes: None
    ) -> Any:
        """Return the `TokenPayload`, or an instance of the `payload_model`."""
        scopes = () if security_scopes is None else declared_scopes(request, security_scopes, schemes)
        self._wording.ensure_handler(request.scope)
        try:
            verified = await self.verified(request, scopes)
            return self._logins.authenticator(self._login_type).payload_of(verified)
        except AuthXException as error:
            self._wording.word(error)
            raise

    async def verified(self, request: HTTPConnection, scopes: Sequence[str] = ()) -> Admitted:
        """Verify the request's token, which must be one of this login and have these scopes."""
        authenticator = self._logins.authenticator(self._login_type)
        check = self._check
        if check is None or check.authenticator is not authenticator:
            others = partial(self._logins.others, authenticator)
            check = self._check = Check(authenticator, self._requirement, others)
        verified = check.with_scopes(scopes).verified(request)
        return verified if isinstance(verified, Admitted) else await verified

    @property
    def __signature__(self) -> Signature:
        """What FastAPI reads when a route is declared.

        If the instance is not registered yet, the locations are those of the settings in the environment.
        """
        auth = self._logins.auth_by_type.get(self._login_type)
        schemes = security_schemes(AuthXConfig() if auth is None else auth.config, self._type, self._locations)
        return route_signature(lambda: schemes, optional=self.is_optional)


class _PolicyRequired(_LoginRequired):
    """Verifies the request's access token and asks the policy engine."""

    def __init__(
        self, logins: _Logins, wording: Wording, login_type: str, authorize: Callable[..., Awaitable[TokenPayload]]
    ) -> None:
        super().__init__(logins, wording, login_type, Requirement())
        self._authorize = authorize

    async def verified(self, request: HTTPConnection, scopes: Sequence[str] = ()) -> Admitted:
        """Verify the request's token, whose user must be allowed the action."""
        verified = await super().verified(request, scopes)
        await self._authorize(payload=verified.payload, request=request)
        return verified
