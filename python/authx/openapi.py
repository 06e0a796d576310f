"""How OpenAPI describes protected routes: a security scheme for each location that a token may stand in.

FastAPI finds a security scheme as a dependency, and solves each dependency at each request. So the schemes are
dependencies of a route's protection until its first request; from then on only OpenAPI sees them.
"""

import copy
import threading
from collections.abc import Callable, Iterator, Sequence
from inspect import Parameter
from typing import Any

from fastapi import params
from fastapi.openapi.models import APIKey, APIKeyIn, HTTPBearer
from fastapi.openapi.models import SecurityBase as SecurityScheme
from fastapi.security.base import SecurityBase
from starlette.types import Scope

from authx.config import AuthXConfig
from authx.types import TokenLocations

__all__ = ["scheme_parameters", "security_schemes", "solve_no_schemes"]


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


def scheme_parameters(find_schemes: Callable[[], dict[str, SecurityScheme]]) -> Iterator[Parameter]:
    """Give the parameters of a dependency by which FastAPI learns its security schemes.

    Args:
        find_schemes: Gives the schemes by name. Asked again while OpenAPI is written, so that settings which were
            loaded after the routes still count for the first of them.
    """
    schemes = find_schemes()
    for index, (name, scheme) in enumerate(schemes.items()):
        described = _DescribedScheme(name, scheme) if index else _FirstScheme(find_schemes)
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
    def __init__(self, find_schemes: Callable[[], dict[str, SecurityScheme]]) -> None:
        self._find_schemes = find_schemes

    @property
    def scheme_name(self) -> str:  # type: ignore[override]
        return self._first()[0]

    @property
    def model(self) -> SecurityScheme:  # type: ignore[override]
        return self._first()[1]

    def _first(self) -> tuple[str, SecurityScheme]:
        return next(iter(self._find_schemes().items()), ("AuthXBearer", _bearer()))


def _configured(*candidates: Sequence[str] | None) -> Sequence[str]:
    return next((candidate for candidate in candidates if candidate is not None), ())


def _bearer() -> SecurityScheme:
    return HTTPBearer(bearerFormat="JWT", description="A token, without `Bearer` before it.")


def _api_key(place: APIKeyIn, name: str, description: str) -> SecurityScheme:
    return APIKey.model_validate({"in": place, "name": name, "description": description})
