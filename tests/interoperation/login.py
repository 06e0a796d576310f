"""A login at one of the services, and requests that carry its tokens."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.interoperation.configurations import setting
from tests.interoperation.exchange import Request, claims_of
from tests.interoperation.services import Face, Services

NOW = 1_893_499_200
ADA = {"name": "ada", "scopes": ["users:read"], "tenant": 7}
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Login:
    """The tokens that a face issued under a configuration."""

    access: str
    refresh: str
    configuration: str

    def token(self, type: str = "access") -> str:
        return self.access if type == "access" else self.refresh

    def csrf(self, type: str = "access") -> str:
        value: str = claims_of(self.token(type))["csrf"]
        return value

    def setting(self, name: str, default: str) -> str:
        return setting(self.configuration, name, default)

    def request(
        self,
        path: str = "/protected",
        *,
        place: str = "headers",
        method: str = "GET",
        type: str = "access",
        token: str | None = None,
        csrf: str | bytes | None = "of the token",
        headers: Sequence[tuple[str, bytes]] = (),
        websocket: bool = False,
    ) -> Request:
        """A request that carries a token in this place, in a cookie with its CSRF value where a method needs one.

        Args:
            token: The string to send in place of the login's token.
            csrf: The CSRF value to send in place of the token's. `None`: none.
        """
        token = self.token(type) if token is None else token
        request = Request(method, path, list(headers), websocket=websocket)
        if place == "headers":
            scheme = self.setting("JWT_HEADER_TYPE", "Bearer")
            value = f"{scheme} {token}" if scheme else token
            return with_headers(request, (self.setting("JWT_HEADER_NAME", "Authorization"), value.encode("latin-1")))
        if place == "subprotocol":
            return with_headers(request, ("Sec-WebSocket-Protocol", f"bearer, {token}".encode("latin-1")))
        if place == "query":
            return replace(request, query=f"{self.setting('JWT_QUERY_STRING_NAME', 'token')}={token}")
        if place == "json":
            key = (
                self.setting("JWT_JSON_KEY", "access_token")
                if type == "access"
                else self.setting("JWT_REFRESH_JSON_KEY", "refresh_token")
            )
            return with_json(request, {key: token})
        name = self.setting(f"JWT_{type.upper()}_COOKIE_NAME", f"{type}_token_cookie")
        request = with_headers(request, ("Cookie", f"{name}={token}".encode("latin-1")))
        if csrf == "of the token":
            csrf = None if method == "GET" else self.csrf(type)
        if csrf is None:
            return request
        value_bytes = csrf.encode() if isinstance(csrf, str) else csrf
        return with_headers(
            request, (self.setting(f"JWT_{type.upper()}_CSRF_HEADER_NAME", "X-CSRF-TOKEN"), value_bytes)
        )

    def form(self, fields: str, *, csrf: str | None = None) -> Request:
        """A request with a form, and the access token in its cookie."""
        request = self.request("/comment", place="cookies", method="POST", csrf=csrf)
        return replace(with_headers(request, ("Content-Type", FORM.encode())), body=fields.encode())

    def form_of_parts(self, value: str) -> Request:
        """A request with a `multipart/form-data` form that has this CSRF value, and the access token in its cookie."""
        request = self.request(place="cookies", method="POST", csrf=None)
        body = f'--part\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{value}\r\n--part--\r\n'
        content_type = b"multipart/form-data; boundary=part"
        return replace(with_headers(request, ("Content-Type", content_type)), body=body.encode())

    def socket(
        self, place: str = "headers", *, path: str = "/events", origin: str | None = None, **options: Any
    ) -> Request:
        """The handshake of a WebSocket."""
        headers = [] if origin is None else [("Origin", origin.encode())]
        return self.request(path, place=place, headers=headers, websocket=True, **options)

    def offer(self, *protocols: str) -> Request:
        """The handshake of a WebSocket with these lines of subprotocols, in which `TOKEN` is the access token."""
        lines = [("Sec-WebSocket-Protocol", line.replace("TOKEN", self.access).encode()) for line in protocols]
        return Request("GET", "/events", lines, websocket=True)


@dataclass(frozen=True)
class Stage:
    """Where tokens are made before a request uses them."""

    services: Services
    issuer: Face
    configuration: str

    def log_in(self, who: dict[str, Any] = ADA) -> Login:
        self.services.set_clock(NOW)
        answer = self.issuer.ask(self.configuration, login_request(who))
        assert answer.status == 200, answer
        body = answer.json()
        return Login(body["access_token"], body["refresh_token"], self.configuration)


Preparation = Callable[[Stage], Login]


def login(**who: Any) -> Preparation:
    """Tokens of a login; fields that aren't given are Ada's."""
    return lambda stage: stage.log_in(ADA | who)


def refreshed(stage: Stage) -> Login:
    """An access token that the issuing face issued for a refresh token."""
    login = stage.log_in()
    answer = stage.issuer.ask(stage.configuration, login.request("/refresh", type="refresh", method="POST"))
    assert answer.status == 200, answer
    return replace(login, access=answer.json()["access_token"])


def renewed(stage: Stage) -> Login:
    """An access token that the issuing face set by implicit refresh, six minutes after the login."""
    login = stage.log_in(ADA | {"scopes": ["users:read", "users:write"]})
    stage.services.set_clock(NOW + 360)
    answer = stage.issuer.ask(stage.configuration, login.request(place="cookies"))
    line = answer.all("set-cookie")[0]
    return replace(login, access=line.split("=", 1)[1].split(";", 1)[0])


def logged_out(stage: Stage) -> Login:
    """Tokens after a logout. Each service has its own store of revoked tokens, so the logout goes to both."""
    login = stage.log_in()
    for face in stage.services.faces:
        answer = face.ask(stage.configuration, login.request("/logout", method="POST"))
        assert answer.status == 200, answer
    return login


def session_ended(path: str = "/logout") -> Preparation:
    """Tokens of a session that was ended at the issuing face. Both services share the store of sessions."""

    def prepare(stage: Stage) -> Login:
        login = stage.log_in()
        answer = stage.issuer.ask(stage.configuration, login.request(path, method="POST"))
        assert answer.status == 200, answer
        return login

    return prepare


def login_request(who: dict[str, Any]) -> Request:
    return with_json(Request("POST", "/login"), who)


def with_headers(request: Request, *headers: tuple[str, bytes]) -> Request:
    return replace(request, headers=[*request.headers, *headers])


def with_json(request: Request, body: Any, content_type: str = "application/json") -> Request:
    """The request with this body; bytes are sent as they are."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return replace(with_headers(request, ("Content-Type", content_type.encode())), body=sent)
