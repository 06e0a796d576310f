"""The OpenAPI description of protected routes: a security scheme for each location of a token.

FastAPI finds security schemes among the dependencies, and solves every dependency at each request. So the schemes are
dependencies only until a route's first request; from then on only OpenAPI sees them.
"""

import copy
from collections.abc import Callable, Iterator
from inspect import Parameter, Signature
from typing import Any

from fastapi import Response, params
from fastapi.openapi.models import APIKey, HTTPBearer
from fastapi.openapi.models import SecurityBase as SecurityScheme
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase
from starlette.requests import HTTPConnection
from starlette.types import Scope

from authx import _authx
from authx.config import AuthXConfig
from authx.engine import explicit_settings, setting_fault
from authx.forking import ForkLock
from authx.types import TokenLocations

__all__ = ["DescribesSchemes", "described_only", "route_signature", "security_schemes", "solve_only_what_counts"]


class DescribesSchemes:
    """A dependency whose signature is a `route_signature`."""


def security_schemes(
    config: AuthXConfig, type: str = "access", locations: TokenLocations | None = None
) -> dict[str, SecurityScheme]:
    """Describe the OpenAPI security schemes of a token type's locations, by name and in the order of the locations."""
    settings = explicit_settings(config)
    try:
        described = _authx.security_schemes(settings, type, locations)
    except (TypeError, OverflowError, UnicodeError) as error:
        refused: Exception | None = error
    else:
        refused = None
    if refused is not None:
        raise setting_fault(settings, refused)
    return {name: _model(place, parameter, description) for name, place, parameter, description in described}


def route_signature(
    find_schemes: Callable[[], dict[str, SecurityScheme]], *, optional: bool = False, response: bool = False
) -> Signature:
    """Return what FastAPI reads of a dependency when a route is declared.

    Its parameters are the request or WebSocket, the scopes that `Security` adds, and one for each security scheme.

    Args:
        find_schemes: See `_scheme_parameters`.
        optional: Whether OpenAPI shows that the route can be used without a token.
        response: Whether the dependency gets the response too, to set cookies.
    """
    # Not `Request`: FastAPI has none for the WebSocket routes of an application or router with this dependency.
    request = Parameter("request", Parameter.KEYWORD_ONLY, annotation=HTTPConnection)
    scopes = Parameter("security_scopes", Parameter.KEYWORD_ONLY, annotation=SecurityScopes)
    parameters = [request, scopes, *_scheme_parameters(find_schemes)]
    if response:
        parameters.append(Parameter("response", Parameter.KEYWORD_ONLY, annotation=Response))
    if optional:
        parameters.append(_parameter("optional", _NoScheme()))
    return Signature(parameters)


def _parameter(name: str, scheme: "_Scheme") -> Parameter:
    return Parameter(
        f"scheme_{name}", Parameter.KEYWORD_ONLY, annotation=Any, default=params.Depends(dependency=scheme)
    )


def _scheme_parameters(find_schemes: Callable[[], dict[str, SecurityScheme]]) -> Iterator[Parameter]:
    """Return parameters for the signature of a dependency, by which FastAPI finds its security schemes.

    Args:
        find_schemes: Returns the schemes by name. Called again when OpenAPI is generated, so that the first scheme
            follows settings that were loaded after the routes were declared.
    """
    schemes = find_schemes()
    for index, (name, scheme) in enumerate(schemes.items()):
        described = _DescribedScheme(name, scheme) if index else _FirstScheme(name, scheme, find_schemes)
        yield _parameter(name, described)


def solve_only_what_counts(scope: Scope) -> None:
    """Stop FastAPI from solving the security schemes, and empty scopes, of the route that serves this request.

    FastAPI uses one tree of dependencies to solve them and to generate OpenAPI, but through two references: the
    route's handler holds the tree, while OpenAPI looks it up in the route. So the route gets a copy with the
    schemes, and they are removed from the handler's tree. A route that isn't built like that is left unchanged, and
    its schemes are solved at each request.
    """
    # Newer versions of FastAPI keep a route of an included router in the context of its inclusion.
    context = scope.get("fastapi", {}).get("effective_route_context")
    for route in (context, scope.get("route")):
        if hasattr(route, "dependant"):
            # Two first requests on two threads would each modify the tree that the other one copies.
            with _taking_apart:
                _take_apart(route)


_taking_apart = ForkLock()


class _WithSchemes(list[Any]):
    """The dependencies of a tree that only OpenAPI uses."""


def _take_apart(route: Any) -> None:
    solved = route.dependant
    if solved is None or isinstance(solved.dependencies, _WithSchemes):
        return
    described = _copied(solved)
    described.dependencies = _WithSchemes(described.dependencies)
    # In this order, because another thread may be generating OpenAPI.
    route.dependant = described
    _drop_schemes(solved)


def _copied(dependant: Any) -> Any:
    copied = copy.copy(dependant)
    copied.dependencies = [_copied(inner) for inner in dependant.dependencies]
    return copied


def _drop_schemes(dependant: Any) -> None:
    if isinstance(dependant.call, DescribesSchemes) and not _security_scopes(dependant):
        dependant.security_scopes_param_name = None
    # A new list, because requests may be iterating over the old one.
    dependant.dependencies = [inner for inner in dependant.dependencies if not isinstance(inner.call, _Scheme)]
    for inner in dependant.dependencies:
        _drop_schemes(inner)


def _security_scopes(dependant: Any) -> list[str]:
    """Return the scopes of `Security` around and at this dependency, as versions of FastAPI keep them."""
    kept = (getattr(dependant, name, None) for name in ("security_scopes", "own_oauth_scopes", "parent_oauth_scopes"))
    return [scope for scopes in kept for scope in scopes or []]


class _Scheme(SecurityBase):
    """A security scheme for OpenAPI only: the dependency that declares it reads the token."""

    async def __call__(self) -> None:
        return None


class _DescribedScheme(_Scheme):
    def __init__(self, scheme_name: str, model: SecurityScheme) -> None:
        self.scheme_name = scheme_name
        self.model = model


def described_only(name: str, scheme: SecurityScheme) -> params.Depends:
    """Return a dependency that shows a security scheme in OpenAPI, for a route that authenticates by itself."""
    return params.Depends(dependency=_DescribedScheme(name, scheme))


class _NoScheme(_DescribedScheme):
    """The alternative without a token: an empty object in the operation's `security` (OpenAPI 3.1, 4.8.10).

    FastAPI can't express it. But it leaves out every field whose name begins with `_sa`, as SQLAlchemy's internal ones
    do, both where a scheme is named and where it is described.
    """

    def __init__(self) -> None:
        super().__init__("_sa_optional", HTTPBearer())


class _FirstScheme(_Scheme):
    def __init__(
        self, name: str, scheme: SecurityScheme, find_schemes: Callable[[], dict[str, SecurityScheme]]
    ) -> None:
        self._declared = (name, scheme)
        self._find_schemes = find_schemes

    @property
    def scheme_name(self) -> str:  # type: ignore[override]
        return self._first()[0]

    @property
    def model(self) -> SecurityScheme:  # type: ignore[override]
        return self._first()[1]

    def _first(self) -> tuple[str, SecurityScheme]:
        return next(iter(self._find_schemes().items()), self._declared)


def _model(place: str, parameter: str | None, description: str) -> SecurityScheme:
    if place == "bearer":
        return HTTPBearer(bearerFormat="JWT", description=description)
    return APIKey.model_validate({"in": place, "name": parameter, "description": description})
