"""Cases: a request with tokens of either face, and the answer that both faces give to it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.interoperation.configurations import BASE, setting
from tests.interoperation.exchange import Answer, Request
from tests.interoperation.login import NOW, Preparation, Stage
from tests.interoperation.services import Services

# Takes a `Login`. `...`, because lambdas in a loop bind the loop variable as the default of a second argument.
MakeRequest = Callable[..., Request]


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    name: str
    request: MakeRequest
    status: int = 200
    error: str | None = None
    body: str | None = None
    """A string that the answer's body contains."""
    cookies: tuple[str, ...] = ()
    """The `Set-Cookie` lines without the cookies' values."""
    configuration: str = BASE
    issued_by: str | None = None
    """The configuration under which the token is issued, if it is another one."""
    tokens: Preparation = Stage.log_in
    after: int = 0
    """Seconds from the login to the request."""

    @property
    def challenge(self) -> str | None:
        """The expected `WWW-Authenticate` (RFC 6750 section 3.1)."""
        if self.error in (None, "PolicyDeniedError") or self.status not in (401, 403, 422):
            return None
        scheme = setting(self.configuration, "JWT_HEADER_TYPE", "Bearer") or "Bearer"
        if self.error == "MissingTokenError":
            return scheme
        return f'{scheme} error="{"insufficient_scope" if self.status == 403 else "invalid_token"}"'


@dataclass(frozen=True)
class Result:
    """What one face answered to a token that it or the other face had issued."""

    issuer: str
    face: str
    request: Request
    answer: Answer


def run(case: Case, services: Services) -> list[Result]:
    """Issue tokens in each face, and use them in each."""
    results = []
    for issuer in services.faces:
        tokens = case.tokens(Stage(services, issuer, case.issued_by or case.configuration))
        request = case.request(tokens)
        services.set_clock(NOW + case.after)
        results += [
            Result(issuer.name, face.name, request, face.ask(case.configuration, request)) for face in services.faces
        ]
    return results


def refused(name: str, error: str, request: MakeRequest, **case: Any) -> Case:
    """A request that must be refused, with this error."""
    usual: dict[str, Any] = {"status": 403 if error == "InsufficientScopeError" else 401, "error": error}
    return Case(name, request, **(usual | case))
