"""A request and its two answers, in the form in which they are compared."""

import base64
import contextlib
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CSRF_METHODS = ["POST", "PUT", "PATCH", "DELETE"]

Answer = dict[str, Any]


@dataclass(frozen=True)
class Exchange:
    """A request, and how both packages answer it."""

    settings: dict[str, Any]
    login_type: str | None
    blocked: list[str]
    request: dict[str, Any]
    peer: Answer
    ours: Answer

    @property
    def equal(self) -> bool:
        return self.without()

    @property
    def errors(self) -> tuple[str | None, str | None]:
        """The `error_type` of both answers."""
        return error_type(self.peer), error_type(self.ours)

    @property
    def route(self) -> str:
        return str(self.request["path"]).removeprefix("/")

    @property
    def request_json(self) -> str:
        return unquote(json.dumps(self.request))

    @property
    def tokens(self) -> list[dict[str, Any]]:
        """The claims of the tokens in the request."""
        return [claims_of(token) for token in tokens_in(self.request)]

    def header(self, name: str) -> str | None:
        return next((value for header, value in self.request["headers"] if header.lower() == name.lower()), None)

    def presented_header(self) -> str | None:
        """The header that has the token, where headers are a location."""
        if "headers" not in self.settings["JWT_TOKEN_LOCATION"] and self.route != "from-cookies":
            return None
        return self.header(self.settings.get("JWT_HEADER_NAME", "Authorization"))

    def in_query(self) -> bool:
        name = self.settings.get("JWT_QUERY_STRING_NAME", "token")
        return ("query" in self.settings["JWT_TOKEN_LOCATION"] or self.route == "from-query") and any(
            parameter == name for parameter, _ in parse_qsl(self.request["query"])
        )

    def in_cookies(self) -> bool:
        names = [
            self.settings.get("JWT_ACCESS_COOKIE_NAME", "access_token_cookie"),
            self.settings.get("JWT_REFRESH_COOKIE_NAME", "refresh_token_cookie"),
        ]
        return any(f"{name}=" in (self.header("Cookie") or "") for name in names)

    def gives_twice(self) -> bool:
        """Whether a cookie or a query parameter occurs more than once."""
        cookies = [pair.split("=", 1)[0] for pair in (self.header("Cookie") or "").split("; ")]
        parameters = [name for name, _ in parse_qsl(self.request["query"], keep_blank_values=True)]
        return any(len(names) > len(set(names)) for names in (cookies, parameters))

    def lacks_csrf(self, right: str | None = None) -> bool:
        """Whether a cookie would need a CSRF value, and a CSRF header is missing or differs from `right`."""
        names = [self.settings.get(f"JWT_{kind}_CSRF_HEADER_NAME", "X-CSRF-TOKEN") for kind in ("ACCESS", "REFRESH")]
        return (
            self.settings.get("JWT_COOKIE_CSRF_PROTECT", True)
            and self.request["method"] in self.settings.get("JWT_CSRF_METHODS", CSRF_METHODS)
            and not all(value if right is None else value == right for value in map(self.header, names))
        )

    def sets_cookies_twice(self) -> bool:
        """Whether the peer's answer has two lines for one cookie."""
        names = [line.split("=", 1)[0] for line in self.peer["cookies"]]
        return len(names) > len(set(names))

    def without(self, *patterns: str) -> bool:
        """Whether the answers are equal after everything that matches is removed from both."""
        answers = [json.dumps({**answer, "error": None}, ensure_ascii=False) for answer in (self.peer, self.ours)]
        for pattern in patterns:
            answers = [re.sub(pattern, "", answer) for answer in answers]
        return answers[0] == answers[1]

    def described(self) -> str:
        description = {
            "settings": {name: value for name, value in self.settings.items() if not name.endswith("_KEY")},
            "login_type": self.login_type,
            "request": self.request,
            "tokens": self.tokens,
            "authx 1.7.1": self.peer,
            "here": self.ours,
        }
        return json.dumps(description, indent=1, ensure_ascii=False)


def comparable(answer: dict[str, Any], request: dict[str, Any]) -> Answer:
    """Leave out what differs between any two answers.

    A token that the request contained is replaced by a fixed phrase. A token that was made for the answer is replaced by
    its header and its claims, with times relative to `iat`, and random values as `…`.
    """
    sent = tokens_in(request)
    body = TOKEN.sub(lambda match: shown(match[0], sent), answer["body"])
    with contextlib.suppress(ValueError):
        # The keys of a JSON object have no order (RFC 8259 section 1).
        body = json.dumps(json.loads(body), sort_keys=True, ensure_ascii=False)
    return {
        "status": answer["status"],
        "body": UUID.sub("…", body),
        "cookies": sorted(comparable_cookie(value, sent) for name, value in answer["headers"] if name == "set-cookie"),
        # Only our answers have `WWW-Authenticate`, see docs/migrating.md; lengths follow from bodies.
        "headers": sorted(
            [name, value]
            for name, value in answer["headers"]
            if name not in ("set-cookie", "www-authenticate", "content-length")
        ),
        "error": answer.get("error"),
    }


def comparable_cookie(line: str, sent: list[str]) -> str:
    """A `Set-Cookie` line with its attributes sorted and in lower case (RFC 6265 section 5.2)."""
    pair, *attributes = line.split("; ")
    name, value = pair.split("=", 1)
    if TOKEN.fullmatch(value):
        value = shown(value, sent)
    elif name.startswith("csrf") and value.strip('"'):
        value = "…"
    return "; ".join([f"{name}={value}", *sorted(attribute.lower() for attribute in attributes)])


def shown(token: str, sent: list[str]) -> str:
    if token in sent:
        return "a token that was sent"
    claims = claims_of(token)
    issued = claims.pop("iat", None)
    for name in ("exp", "nbf"):
        if claims.get(name) is not None:
            claims[name] = f"{round((claims[name] - issued) / 2) * 2} s after iat"
    for name in ("jti", "csrf"):
        claims[name] = "…" if claims.get(name) else claims.get(name)
    return f"a token {json.dumps([segment(token, 0), claims], sort_keys=True)}".replace('"', "'")


def error_type(answer: Answer) -> str | None:
    try:
        body = json.loads(answer["body"])
    except ValueError:
        return None
    return body.get("error_type") if isinstance(body, dict) else None


def tokens_in(request: dict[str, Any]) -> list[str]:
    return TOKEN.findall(unquote(json.dumps(request)))


def claims_of(token: str) -> dict[str, Any]:
    try:
        claims = segment(token, 1)
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


def segment(token: str, index: int) -> Any:
    return json.loads(base64.urlsafe_b64decode(token.split(".")[index] + "=="))
