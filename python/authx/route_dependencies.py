"""The dependencies that protect routes, each in the three forms of `dependency_forms`."""

from collections.abc import Awaitable, Callable, Mapping
from inspect import Signature
from typing import Any

from fastapi import Response
from fastapi.security import SecurityScopes
from starlette.requests import HTTPConnection

from authx._authx import Admitted, Requirement
from authx.authentication import Authenticator, Check
from authx.dependencies import AuthXDependency
from authx.dependency_forms import RouteDependency
from authx.exceptions import MissingTokenError
from authx.openapi import route_signature, security_schemes, solve_only_what_counts
from authx.schema import RequestToken, TokenPayload
from authx.types import TokenLocations

__all__ = [
    "BundleDependency",
    "OptionalToken",
    "RequestTokenDependency",
    "RotatedTokens",
    "RouteDependency",
    "SubjectRequired",
    "TokenDependency",
    "TokenRequired",
    "declared_scopes",
]


def declared_scopes(request: HTTPConnection, security_scopes: SecurityScopes, schemes: Mapping[str, None]) -> list[str]:
    """Return the scopes that the route declares with `Security`, and have FastAPI solve less at the next request."""
    if schemes or not security_scopes.scopes:
        solve_only_what_counts(request.scope)
    return security_scopes.scopes


class TokenDependency(RouteDependency):
    """A dependency that needs a token, and can be made optional."""

    def __init__(self) -> None:
        super().__init__()
        self.is_optional = False

    def optional(self) -> "OptionalToken":
        """Return the dependency that gives `None` for a request without a token, and refuses as this one does."""
        self.is_optional = True
        return OptionalToken(self)

    @property
    def __signature__(self) -> Signature:
        """What FastAPI reads when a route is declared."""
        raise NotImplementedError


class TokenRequired(TokenDependency):
    """Verifies the request's token and returns its claims."""

    def __init__(
        self,
        authenticator: Authenticator[Any],
        requirement: Requirement,
        *,
        type: str = "access",
        locations: TokenLocations | None = None,
        response: bool = False,
    ) -> None:
        super().__init__()
        self._authenticator = authenticator
        self._check = Check(authenticator, requirement)
        self._type = type
        self._locations = locations
        self._takes_response = response

    async def __call__(
        self, request: HTTPConnection, security_scopes: SecurityScopes | None = None, **schemes: None
    ) -> Any:
        """Return the `TokenPayload`, or an instance of the `payload_model`."""
        check = self._check
        if security_scopes is not None:
            check = check.with_scopes(declared_scopes(request, security_scopes, schemes))
        verified = check.verified(request)
        if type(verified) is not Admitted:
            verified = await verified
        return self._authenticator.payload_of(verified)

    @property
    def __signature__(self) -> Signature:
        """What FastAPI reads when a route is declared."""
        engines = self._authenticator.engines
        return route_signature(
            lambda: security_schemes(engines.config, self._type, self._locations),
            optional=self.is_optional,
            response=self._takes_response,
        )


class OptionalToken(RouteDependency):
    """Returns `None` for a request without a token. A token that is there must be what `required` requires."""

    def __init__(self, required: TokenDependency) -> None:
        super().__init__()
        self._required = required

    async def __call__(
        self, request: HTTPConnection, security_scopes: SecurityScopes | None = None, **schemes: None
    ) -> Any:
        """Return what the required dependency returns, or `None`."""
        try:
            return await self._required(request, security_scopes, **schemes)
        except MissingTokenError as error:
            # A subclass says that the token is there and its CSRF value isn't.
            if type(error) is MissingTokenError:
                return None
            raise

    @property
    def __signature__(self) -> Signature:
        """What FastAPI reads when a route is declared."""
        signature: Signature = self._required.__signature__
        return signature


class SubjectRequired(TokenRequired):
    """Verifies the request's token and returns the application's user."""

    def __init__(
        self,
        authenticator: Authenticator[Any],
        requirement: Requirement,
        subject_of: Callable[[TokenPayload], Awaitable[Any]],
    ) -> None:
        super().__init__(authenticator, requirement)
        self._subject_of = subject_of

    async def __call__(
        self, request: HTTPConnection, security_scopes: SecurityScopes | None = None, **schemes: None
    ) -> Any:
        """Return the user that the callback of `set_callback_get_model_instance` finds."""
        check = self._check
        if security_scopes is not None:
            check = check.with_scopes(declared_scopes(request, security_scopes, schemes))
        verified = check.verified(request)
        if type(verified) is not Admitted:
            verified = await verified
        return await self._subject_of(verified.payload)


class RotatedTokens(RouteDependency):
    """Uses up the request's refresh token and returns its successors."""

    def __init__(self, authenticator: Authenticator[Any], rotate: Callable[..., Awaitable[Any]]) -> None:
        super().__init__()
        self._authenticator = authenticator
        self._rotate = rotate

    async def __call__(
        self,
        request: HTTPConnection,
        response: Response,
        security_scopes: SecurityScopes | None = None,
        **schemes: None,
    ) -> Any:
        """Return the `LoginTokens`."""
        scopes = [] if security_scopes is None else declared_scopes(request, security_scopes, schemes)
        return await self._rotate(request, response, scopes=scopes)

    @property
    def __signature__(self) -> Signature:
        """What FastAPI reads when a route is declared."""
        engines = self._authenticator.engines
        return route_signature(lambda: security_schemes(engines.config, "refresh"), response=True)


class RequestTokenDependency(RouteDependency):
    """Finds the request's token without verifying it."""

    def __init__(self, find: Callable[[HTTPConnection], Awaitable[RequestToken | None]]) -> None:
        super().__init__()
        self._find = find

    async def __call__(self, request: HTTPConnection) -> RequestToken | None:
        """Return the `RequestToken`, or `None` without one."""
        return await self._find(request)


class BundleDependency(RouteDependency):
    """Returns an `AuthXDependency`, bound to the request and its response."""

    def __init__(self, bind: Callable[[HTTPConnection, Response], AuthXDependency[Any]]) -> None:
        super().__init__()
        self._bind = bind

    async def __call__(self, request: HTTPConnection, response: Response) -> AuthXDependency[Any]:
        """Return the `AuthXDependency`."""
        return self._bind(request, response)
