"""What a route declares in order to be protected, and how OpenAPI describes it.

Each object here serves in three forms, and is the same dependency in all of them:

    payload = auth.ACCESS_REQUIRED
    payload = Depends(auth.ACCESS_REQUIRED)
    payload: Annotated[TokenPayload, auth.ACCESS_REQUIRED]

For the first and third it is an instance of FastAPI's `Depends`, for the second a callable; and it is its own
`dependency`, so FastAPI calls it once per request however often it is declared.
"""
# ruff: noqa: SLF001 -- the parts of AuthX know each other; the underscore is for applications

import asyncio
import inspect
import sys
from collections.abc import Callable, Sequence
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any, TypeVar

from fastapi import Request, Response, params
from fastapi.openapi.models import APIKey, APIKeyIn, HTTPBearer
from fastapi.openapi.models import SecurityBase as SecurityScheme
from fastapi.security.base import SecurityBase

from authx import clock
from authx._authx import Admitted, Engine, Requirement
from authx.body import read_wanted
from authx.config import AuthXConfig
from authx.dependencies import AuthXDependency
from authx.exceptions import AuthXException
from authx.schema import RequestToken
from authx.types import TokenLocations, TokenType

if TYPE_CHECKING:
    from authx.main import AuthX

__all__ = [
    "BundleDependency",
    "RequestTokenDependency",
    "RouteDependency",
    "SecuredSubjectRequired",
    "SecuredTokenRequired",
    "SubjectRequired",
    "TokenRequired",
    "VerifiedRequired",
    "called_as_coroutine",
    "security_schemes",
]

_Kind = TypeVar("_Kind")


def called_as_coroutine(kind: type[_Kind]) -> type[_Kind]:
    """Let a class whose `__call__` is `async` pass for coroutine functions, where somebody asks.

    `unittest.mock.patch` does, for one: it replaces these by an `AsyncMock`, and anything else by what can't be awaited.
    """
    if sys.version_info >= (3, 12):
        return inspect.markcoroutinefunction(kind)
    kind._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined]
    return kind


@called_as_coroutine
class RouteDependency(params.Depends):
    """A dependency of a route in all three forms."""

    def __init__(self, auth: "AuthX[Any, Any]") -> None:
        super().__init__(dependency=self)
        self._auth = auth

    if TYPE_CHECKING:

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            """Each kind has its own arguments, which FastAPI fills in."""

    # By identity. Depends compares by its fields, one of which is this object itself.
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class TokenRequired(RouteDependency):
    """Verifies the request's token and gives its claims."""

    def __init__(
        self,
        auth: "AuthX[Any, Any]",
        requirement: Requirement,
        *,
        type: str = "access",
        locations: TokenLocations | None = None,
    ) -> None:
        super().__init__(auth)
        self._requirement = requirement
        self._type = type
        self._locations = locations
        # What the route gets of a verified token.
        self._given = self._way_of_giving()
        # One value, replaced in one step, because threads may share this object.
        self._body_rule: tuple[Engine | None, bool] = (None, False)

    async def __call__(self, request: Request, **_schemes: None) -> Any:
        """Give the `TokenPayload`, or the application's own model of it."""
        # On the way of every request, where a call of Python's costs as much as a check of the engine's: so it is one
        # coroutine and few calls.
        auth = self._auth
        auth.ensure_request_exception_handlers(request)
        try:
            engine = auth._engines.current()
            known_engine, may_want_body = self._body_rule
            if engine is not known_engine:
                may_want_body = engine.may_want_body(self._requirement)
                self._body_rule = (engine, may_want_body)
            if may_want_body:
                body, form = await read_wanted(engine, self._requirement, request)
                step = engine.authenticate(
                    self._requirement,
                    request.scope,
                    clock.source.time(),
                    auth._blocklist is not None,
                    body,
                    form,
                    claims=auth.payload_model is not None,
                )
            else:
                step = engine.authenticate(
                    self._requirement,
                    request.scope,
                    clock.source.time(),
                    auth._blocklist is not None,
                    claims=auth.payload_model is not None,
                )
            admitted = step if type(step) is Admitted else await auth._admit(step, in_use=True)
        except AuthXException as error:
            auth._word(error)
            raise
        return self._given(admitted)

    def _way_of_giving(self) -> Callable[[Admitted], Any]:
        return self._auth._payload_of

    @property
    def __signature__(self) -> Signature:
        """What FastAPI reads when a route is declared.

        The request, and one parameter for each security scheme that this object is not itself.
        """
        schemes = list(security_schemes(self._auth.config, self._type, self._locations).items())
        if isinstance(self, SecurityBase):
            schemes = schemes[1:]
        return Signature(
            [
                Parameter("request", Parameter.KEYWORD_ONLY, annotation=Request),
                *(
                    Parameter(
                        f"scheme_{name}",
                        Parameter.KEYWORD_ONLY,
                        annotation=Any,
                        default=params.Depends(_DescribedScheme(name, scheme)),
                    )
                    for name, scheme in schemes
                ),
            ]
        )


class VerifiedRequired(TokenRequired):
    """Verifies the request's token and gives it as the engine does, to those who make something else of it."""

    def _way_of_giving(self) -> Callable[[Admitted], Any]:
        return lambda admitted: admitted


class SubjectRequired(VerifiedRequired):
    """Verifies the request's token and gives the application's user."""

    async def __call__(self, request: Request, **_schemes: None) -> Any:
        """Give what the callback of `set_callback_get_model_instance` finds."""
        admitted: Admitted = await super().__call__(request)
        return await self._auth._subject_of(admitted.payload)


class _OwnScheme(SecurityBase):
    """Makes a dependency itself the first security scheme.

    That costs a request nothing, where every scheme beside it costs a dependency.
    """

    _auth: "AuthX[Any, Any]"
    _type: str
    _locations: TokenLocations | None

    @property
    def scheme_name(self) -> str:  # type: ignore[override]
        return self._first_scheme()[0]

    @property
    def model(self) -> SecurityScheme:  # type: ignore[override]
        return self._first_scheme()[1]

    def _first_scheme(self) -> tuple[str, SecurityScheme]:
        # Asked while OpenAPI is written, so a configuration loaded after the routes still counts.
        schemes = security_schemes(self._auth.config, self._type, self._locations)
        return next(iter(schemes.items()), ("AuthXBearer", _bearer()))


class SecuredTokenRequired(_OwnScheme, TokenRequired):
    """`TokenRequired` where a location has a security scheme. A JSON body has none in OpenAPI."""


class SecuredSubjectRequired(_OwnScheme, SubjectRequired):
    """`SubjectRequired` where a location has a security scheme."""


class RequestTokenDependency(RouteDependency):
    """Finds the request's token and doesn't verify it."""

    def __init__(self, auth: "AuthX[Any, Any]", type: TokenType) -> None:
        super().__init__(auth)
        self._type = type

    async def __call__(self, request: Request) -> RequestToken | None:
        """Give the `RequestToken`, or `None` without one."""
        return await self._auth.get_token_from_request(request, type=self._type, optional=True)


class BundleDependency(RouteDependency):
    """Gives what `AuthX` offers, bound to the request and its response."""

    async def __call__(self, request: Request, response: Response) -> AuthXDependency[Any]:
        """Give the `AuthXDependency`."""
        return self._auth.get_dependency(request, response)


class _DescribedScheme(SecurityBase):
    """A security scheme for OpenAPI only: the token is read by the dependency beside it."""

    def __init__(self, scheme_name: str, model: SecurityScheme) -> None:
        self.scheme_name = scheme_name
        self.model = model

    async def __call__(self) -> None:
        return None


def security_schemes(
    config: AuthXConfig, type: str = "access", locations: TokenLocations | None = None
) -> dict[str, SecurityScheme]:
    """Describe the OpenAPI security schemes of a token type's locations, by name and in the order of the locations."""
    own_locations = config.JWT_REFRESH_TOKEN_LOCATION if type == "refresh" else config.JWT_ACCESS_TOKEN_LOCATION
    schemes: dict[str, SecurityScheme] = {}
    for location in _configured(locations, own_locations, config.JWT_TOKEN_LOCATION):
        if location == "headers":
            if config.JWT_HEADER_NAME.lower() == "authorization" and config.JWT_HEADER_TYPE.lower() == "bearer":
                schemes["AuthXBearer"] = _bearer()
            else:
                prefix = f"{config.JWT_HEADER_TYPE} " if config.JWT_HEADER_TYPE else ""
                schemes["AuthXHeader"] = _api_key(
                    APIKeyIn.header, config.JWT_HEADER_NAME, f"Enter `{prefix}` and a token." if prefix else "A token."
                )
        elif location == "cookies" and type == "refresh":
            schemes["AuthXRefreshCookie"] = _api_key(
                APIKeyIn.cookie, config.JWT_REFRESH_COOKIE_NAME, "A refresh token."
            )
        elif location == "cookies":
            schemes["AuthXAccessCookie"] = _api_key(APIKeyIn.cookie, config.JWT_ACCESS_COOKIE_NAME, "An access token.")
        elif location == "query":
            schemes["AuthXQuery"] = _api_key(APIKeyIn.query, config.JWT_QUERY_STRING_NAME, "A token.")
    return schemes


def _configured(*candidates: Sequence[str] | None) -> Sequence[str]:
    return next((candidate for candidate in candidates if candidate is not None), ())


def _bearer() -> SecurityScheme:
    return HTTPBearer(bearerFormat="JWT", description="A token, without `Bearer` before it.")


def _api_key(place: APIKeyIn, name: str, description: str) -> SecurityScheme:
    return APIKey.model_validate({"in": place, "name": name, "description": description})
