"""How OpenAPI describes protected routes: a security scheme for each location that a token may stand in.

FastAPI finds a security scheme as a dependency, and solves each dependency at each request. So the schemes are
dependencies of a route's protection until its first request; from then on only OpenAPI sees them.
"""

import copy
import threading
from collections.abc import Callable, Iterator
from inspect import Parameter
from typing import Any

from fastapi import params
from fastapi.openapi.models import APIKey, HTTPBearer
from fastapi.openapi.models import SecurityBase as SecurityScheme
from fastapi.security.base import SecurityBase
from starlette.types import Scope

from authx import _authx
from authx.config import AuthXConfig
from authx.engine import explicit_settings
from authx.types import TokenLocations

__all__ = ["scheme_parameters", "security_schemes", "solve_no_schemes"]


def security_schemes(
    config: AuthXConfig, type: str = "access", locations: TokenLocations | None = None
) -> dict[str, SecurityScheme]:
    """Describe the OpenAPI security schemes of a token type's locations, by name and in the order of the locations."""
    described = _authx.security_schemes(explicit_settings(config), type, locations)
    return {name: _model(place, parameter, description) for name, place, parameter, description in described}


def scheme_parameters(find_schemes: Callable[[], dict[str, SecurityScheme]]) -> Iterator[Parameter]:
    """Give the parameters of a dependency by which FastAPI learns its security schemes.

    Args:
        find_schemes: Gives the schemes by name. Asked again while OpenAPI is written, so that settings which were
            loaded after the routes still count for the first of them.
    """
    schemes = find_schemes()
    for index, (name, scheme) in enumerate(schemes.items()):
        described = _DescribedScheme(name, scheme) if index else _FirstScheme(name, scheme, find_schemes)
        yield Parameter(
            f"scheme_{name}", Parameter.KEYWORD_ONLY, annotation=Any, default=params.Depends(dependency=described)
        )


def solve_no_schemes(scope: Scope) -> None:
    """Have FastAPI solve the security schemes of the route that serves this request no longer.

    FastAPI reads one tree of dependencies when it solves them and when it writes OpenAPI, but from two places: the
    route's handler holds on to the tree, while OpenAPI looks it up in the route. So the route gets a copy with the
    schemes, and the handler's tree loses them. Where a route isn't built like that, it stays as it is, and its schemes
    cost what they cost.
    """
    # A route of a router that was included is known to newer versions of FastAPI by the context of its inclusion.
    context = scope.get("fastapi", {}).get("effective_route_context")
    for route in (context, scope.get("route")):
        if hasattr(route, "dependant"):
            # Two first requests at once, on two threads, would each take apart what the other is copying.
            with _taking_apart:
                _take_apart(route)


_taking_apart = threading.Lock()


class _WithSchemes(list[Any]):
    """The dependencies of a tree that OpenAPI alone looks at."""


def _take_apart(route: Any) -> None:
    solved = route.dependant
    if solved is None or isinstance(solved.dependencies, _WithSchemes):
        return
    described = _copied(solved)
    described.dependencies = _WithSchemes(described.dependencies)
    # In this order: OpenAPI may be written on another thread at this moment.
    route.dependant = described
    _drop_schemes(solved)


def _copied(dependant: Any) -> Any:
    copied = copy.copy(dependant)
    copied.dependencies = [_copied(inner) for inner in dependant.dependencies]
    return copied


def _drop_schemes(dependant: Any) -> None:
    # A new list, since requests may be going through the old one.
    dependant.dependencies = [inner for inner in dependant.dependencies if not isinstance(inner.call, _Scheme)]
    for inner in dependant.dependencies:
        _drop_schemes(inner)


class _Scheme(SecurityBase):
    """A security scheme for OpenAPI only: the token is read by the dependency that it belongs to."""

    async def __call__(self) -> None:
        return None


class _DescribedScheme(_Scheme):
    def __init__(self, scheme_name: str, model: SecurityScheme) -> None:
        self.scheme_name = scheme_name
        self.model = model


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
