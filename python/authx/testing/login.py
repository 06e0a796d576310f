"""A client that is logged in."""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from email.message import Message
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.request import Request

from fastapi import Response

from authx.main import AuthX
from authx.testing.tokens import claims_of
from authx.types import TokenLocation

if TYPE_CHECKING:
    from http.client import HTTPResponse

__all__ = ["HttpClient", "Login", "log_in"]


class HttpClient(Protocol):
    """The interface of a client: `TestClient`, `httpx.Client` and `httpx.AsyncClient` have it."""

    @property
    def base_url(self) -> Any:
        """The URL that its requests are relative to."""
        ...

    @property
    def headers(self) -> Any:
        """The headers of each of its requests."""
        ...

    @property
    def cookies(self) -> Any:
        """Its cookies, with a standard `CookieJar` as `jar`."""
        ...


@dataclass(frozen=True)
class Login:
    """The tokens of a client."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)

    refresh_headers: dict[str, str] = field(repr=False)
    """The headers of a request that needs the refresh token: `client.post("/refresh", headers=login.refresh_headers)`.
    They have the refresh token's CSRF value if it is in a cookie, or else the token."""


def log_in(
    client: HttpClient,
    auth: AuthX[Any, Any],
    uid: str,
    *,
    location: TokenLocation | None = None,
    fresh: bool = True,
    scopes: list[str] | None = None,
    data: dict[str, Any] | None = None,
    session_id: str | None = None,
) -> Login:
    """Log a client in, without a request to the application.

    The client keeps the access token in its headers, or in its cookies and the token's CSRF value in its headers; and the
    refresh token in its cookies, where those are its location. Another login replaces this one.

    Args:
        client: The client.
        auth: Who issues the tokens.
        uid: The subject of the tokens.
        location: `"headers"` or `"cookies"`, for each token whose locations include it. For the others, and unless given:
            headers if the locations of that type of token include them, or else cookies.
        fresh: Whether the access token is fresh.
        scopes: The scopes that the tokens grant.
        data: Further claims of both tokens.
        session_id: The session of the tokens.

    Raises:
        ValueError: No access token is looked for in this location, or the client wouldn't send the cookies; the message
            says why.

    Example:
        ```python
        client = TestClient(app, base_url="https://testserver")
        login = log_in(client, auth, "ada", scopes=["users:read"])
        assert client.get("/users").status_code == 200
        assert client.post("/refresh", headers=login.refresh_headers).status_code == 200
        ```
    """
    access = auth.create_access_token(uid, fresh, data=data, scopes=scopes, session_id=session_id)
    refresh = auth.create_refresh_token(uid, data=data, scopes=scopes, session_id=session_id)
    tokens = {"access": access, "refresh": refresh}
    chosen = {kind: _location(auth, kind, location) for kind in tokens}
    _keep_cookies(client, auth, {kind: token for kind, token in tokens.items() if chosen[kind] == "cookies"})
    headers = [
        _header(auth, token) if chosen[kind] == "headers" else _csrf_header(auth, kind, token)
        for kind, token in tokens.items()
    ]
    client_headers: MutableMapping[str, str] = client.headers
    client_headers.update(headers[0])
    return Login(access, refresh, headers[1])


def _header(auth: AuthX[Any, Any], token: str) -> dict[str, str]:
    scheme = auth.config.JWT_HEADER_TYPE
    return {auth.config.JWT_HEADER_NAME: f"{scheme} {token}" if scheme else token}


def _location(auth: AuthX[Any, Any], type: str, wanted: str | None) -> str:
    config = auth.config
    of_type = config.JWT_ACCESS_TOKEN_LOCATION if type == "access" else config.JWT_REFRESH_TOKEN_LOCATION
    configured = config.JWT_TOKEN_LOCATION if of_type is None else of_type
    usable = [location for location in ("headers", "cookies") if location in configured]
    if wanted in usable:
        return wanted
    if not usable or (wanted is not None and type == "access"):
        asked = "a client can keep a token in headers or cookies" if wanted is None else f"{wanted!r} was asked for"
        raise ValueError(f"location: {asked}, and the settings look for {type} tokens in {configured}")
    return usable[0]


def _csrf_header(auth: AuthX[Any, Any], type: str, token: str) -> dict[str, str]:
    config = auth.config
    if not config.JWT_COOKIE_CSRF_PROTECT:
        return {}
    name = config.JWT_ACCESS_CSRF_HEADER_NAME if type == "access" else config.JWT_REFRESH_CSRF_HEADER_NAME
    return {name: claims_of(token)["csrf"]}


def _keep_cookies(client: HttpClient, auth: AuthX[Any, Any], tokens: Mapping[str, str]) -> None:
    """Pass a response that sets the cookies to the client's jar, which applies its usual rules."""
    response = Response()
    names = []
    if "access" in tokens:
        auth.set_access_cookies(tokens["access"], response)
        names.append(auth.config.JWT_ACCESS_COOKIE_NAME)
    if "refresh" in tokens:
        auth.set_refresh_cookies(tokens["refresh"], response)
        names.append(auth.config.JWT_REFRESH_COOKIE_NAME)
    jar: CookieJar = client.cookies.jar
    base = str(client.base_url)
    # The jar uses only the headers of a response.
    jar.extract_cookies(cast("HTTPResponse", _Headers(response)), Request(base))  # noqa: S310  (nothing is opened)
    kept = {cookie.name: cookie for cookie in jar}
    for name in names:
        if name not in kept:
            raise ValueError(
                f"base_url: a client of {base} accepts no cookie for JWT_COOKIE_DOMAIN, {auth.config.JWT_COOKIE_DOMAIN!r}"
            )
        if kept[name].secure and not base.startswith("https:"):
            raise ValueError(
                f"base_url: a client of {base} doesn't send cookies with JWT_COOKIE_SECURE; use an https URL"
            )


class _Headers:
    """A response with the interface that a cookie jar expects."""

    def __init__(self, response: Response) -> None:
        self._response = response

    def info(self) -> Message:
        message = Message()
        for name, value in self._response.headers.items():
            message[name] = value
        return message
