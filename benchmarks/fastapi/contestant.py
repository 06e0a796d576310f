"""A contestant: routes that do the same as the others', and a token for them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, FastAPI

SECRET = "a secret of at least thirty-two bytes"
CUSTOM_CLAIMS: dict[str, Any] = {"tenant": "north", "plan": 3, "beta": True}

OPEN = "open"


class Route(NamedTuple):
    """One endpoint."""

    method: str
    endpoint: Callable[..., Any]
    is_protected: bool = True

    def application(self) -> FastAPI:
        """Make an application with this route only, so that no route takes longer because others are matched first."""
        app = FastAPI(openapi_url=None)
        app.add_api_route("/", self.endpoint, methods=[self.method])
        return app


class Contestant(NamedTuple):
    """One package, used as its documentation describes."""

    name: str
    routes: Mapping[str, Route]
    """Those of `UNPROTECTED`, and the package's protected ones under the names in `sections/in_process.py`."""
    token: str
    cookie: str
    """The name of the token's cookie."""
    create_tokens: Callable[[int], Awaitable[None]]
    """Creates that many tokens, as a login would."""
    csrf: str = ""

    def headers(self, token: str) -> dict[str, str]:
        """Give the headers of a browser with this token."""
        return {
            "host": "api.example.com",
            "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "accept": "application/json",
            "accept-language": "en-US,en;q=0.5",
            "accept-encoding": "gzip, deflate, br",
            "authorization": f"Bearer {token}",
            "cookie": f"theme=dark; {self.cookie}={token}",
            "x-csrf-token": self.csrf,
        }

    def forged_token(self) -> str:
        """Give its token with another signature."""
        signed, _, signature = self.token.rpartition(".")
        return f"{signed}.{'B' if signature.startswith('A') else 'A'}{signature[1:]}"


async def nothing() -> None:
    """Do nothing, to measure the cost of any dependency."""


async def open_route() -> dict[str, str]:
    return {"user": "user123"}


async def empty_dependency(_: Annotated[None, Depends(nothing)]) -> dict[str, str]:
    return {"user": "user123"}


UNPROTECTED = {
    OPEN: Route("GET", open_route, is_protected=False),
    "empty": Route("GET", empty_dependency, is_protected=False),
}
