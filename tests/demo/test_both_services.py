"""Both services of the demo: one login for both, and the same answers."""

import contextlib
import http.client
import json
import re
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import get_args
from urllib.parse import urlsplit

import pytest

from authx import AuthX, AuthXConfig, TokenPayload
from tests.browser.demo_service import Demo, Face, running_demo

SECRET = secrets.token_urlsafe(32)
ADA = {"name": "ada", "password": "analytical-engine"}
REVOKED = {"message": "Invalid token", "error_type": "RevokedTokenError"}
UNKNOWN = {"message": "The token's subject is unknown to the application", "error_type": "UnknownSubjectError"}
# Headers that the server sets and not the service, or that differ with each answer.
OTHER_HEADERS = {"connection", "content-length", "date", "etag", "last-modified", "server"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: str

    @property
    def json(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.body)
        return found

    @property
    def cookies(self) -> dict[str, str]:
        jar: SimpleCookie = SimpleCookie()
        for name, value in self.headers:
            if name == "set-cookie":
                jar.load(value)
        return {name: morsel.value for name, morsel in jar.items() if morsel.value}

    def masked(self) -> tuple[int, list[tuple[str, str]], str]:
        """The answer with random values and times replaced."""
        return self.status, [(name, _masked(value)) for name, value in self.headers], _masked(self.body)


def _masked(string: str) -> str:
    string = re.sub(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", "TOKEN", string)
    string = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", string)
    string = re.sub(r'"login":"[\w-]{16}"', '"login":"ID"', string)
    return re.sub(r'(?<="(?:exp|iat|nbf)":)\d{10}', "SECONDS", string)


def ask(url: str, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Answer:
    data = None if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, dict(headers or {}), method=method)
    if data is not None and not request.has_header("Content-type"):
        request.add_header("Content-Type", "application/json")
    try:
        answer = urllib.request.urlopen(request, timeout=10)
    except urllib.error.HTTPError as refused:
        answer = refused
    with answer:
        received = sorted((name.lower(), value) for name, value in answer.headers.items())
        kept = [(name, value) for name, value in received if name not in OTHER_HEADERS]
        return Answer(answer.status, kept, answer.read().decode())


@dataclass
class Browser:
    """Cookies, which are sent to every port, and the access token in memory."""

    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def log_in(self, url: str) -> None:
        answer = ask(url, "POST", "/auth/login", ADA)
        assert answer.status == 200, answer.body
        self.cookies, self.token = answer.cookies, answer.json["access_token"]

    def send(self, url: str, method: str, path: str, *, csrf: str = "csrf_access_token", body: object = None) -> Answer:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = ask(url, method, path, body, {"Cookie": cookie, "X-CSRF-TOKEN": self.cookies[csrf]})
        self.cookies |= answer.cookies
        return answer

    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with running_demo({"JWT_SECRET_KEY": SECRET}) as demo:
        yield demo


@pytest.fixture(params=get_args(Face))
def here(request: pytest.FixtureRequest, demo: Demo) -> str:
    """The service on which the user logs in."""
    return demo.url(request.param)


@pytest.fixture
def there(here: str, demo: Demo) -> str:
    """The other service."""
    return demo.axum if here == demo.fastapi else demo.fastapi


def test_login_on_one_is_a_login_on_the_other(here: str, there: str) -> None:
    browser = Browser()
    browser.log_in(here)

    assert browser.send(there, "GET", "/session").status == 200
    assert ask(there, "GET", "/me", headers=browser.bearer()).json["name"] == "ada"


def test_refresh_on_the_other_gives_a_token_that_both_accept(here: str, there: str) -> None:
    browser = Browser()
    browser.log_in(here)

    renewed = browser.send(there, "POST", "/auth/refresh", csrf="csrf_refresh_token")
    assert renewed.status == 200
    for url in (here, there):
        answer = ask(url, "GET", "/admin/users", headers={"Authorization": f"Bearer {renewed.json['access_token']}"})
        assert answer.status == 200


def test_logout_on_the_other_ends_every_token_on_both(here: str, there: str) -> None:
    browser = Browser()
    browser.log_in(here)

    assert browser.send(there, "POST", "/auth/logout", csrf="csrf_refresh_token").status == 200
    for url in (here, there):
        assert ask(url, "GET", "/me", headers=browser.bearer()).json == REVOKED
        refused = browser.send(url, "POST", "/auth/refresh", csrf="csrf_refresh_token")
        assert (refused.status, refused.json) == (401, REVOKED)


def test_token_revoked_on_one_is_refused_on_the_other(here: str, there: str) -> None:
    browser = Browser()
    browser.log_in(here)

    assert ask(here, "POST", "/auth/revoke", headers=browser.bearer()).status == 200
    refused = ask(there, "GET", "/me", headers=browser.bearer())
    assert (refused.status, refused.json) == (401, REVOKED)


@pytest.mark.parametrize("path", ["/me", "/change-password", "/auth/refresh"])
def test_unknown_subject_is_refused(here: str, path: str) -> None:
    issuer: AuthX[None] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET))
    if path == "/auth/refresh":
        token = issuer.create_refresh_token("zoe")
        csrf = TokenPayload.decode(token, SECRET).csrf or ""
        headers = {"Cookie": f"refresh_token_cookie={token}", "X-CSRF-TOKEN": csrf}
    else:
        headers = {"Authorization": f"Bearer {issuer.create_access_token('zoe', fresh=True)}"}

    method, body = ("GET", None) if path == "/me" else ("POST", {"new_password": "a-password-of-zoe"})
    refused = ask(here, method, path, body, headers)
    assert (refused.status, refused.json) == (401, UNKNOWN)


TOKENLESS: list[tuple[str, str, object, dict[str, str]]] = [
    ("GET", "/me", None, {}),
    ("GET", "/session", None, {}),
    ("GET", "/limited", None, {}),
    ("DELETE", "/users/7", None, {}),
    ("POST", "/operator/login", None, {}),
    ("GET", "/operator", None, {}),
    ("GET", "/operator/sessions", None, {}),
    ("DELETE", "/operator/sessions", None, {}),
    ("POST", "/logins", None, {}),
    ("POST", "/logins/refresh", None, {}),
    ("GET", "/logins", None, {}),
    ("DELETE", "/logins", None, {}),
    ("GET", "/documents/plan", None, {}),
    ("POST", "/documents/plan", None, {}),
    ("POST", "/auth/logout", None, {}),
    ("GET", "/token-in/query?token=a.b.c", None, {}),
    ("GET", "/me", None, {"Authorization": "Bearer a.b.c"}),
    ("GET", "/nowhere", None, {}),
    ("GET", "/static/nowhere.js", None, {}),
    ("GET", "/source/docs/nowhere.md", None, {}),
    ("GET", "/source/docs/%2e%2e/Cargo.toml", None, {}),
    ("GET", "/source/Cargo.toml", None, {}),
    ("GET", "/auth/login", None, {}),
    ("POST", "/auth/login", {**ADA, "password": "difference-engine"}, {}),
    ("POST", "/auth/login", ADA, {"Content-Type": "application/vnd.demo+json; charset=utf-8"}),
    ("POST", "/auth/login", ADA, {"Content-Type": "text/plain"}),
    ("POST", "/auth/login", None, {}),
    ("POST", "/auth/login", [], {}),
    ("POST", "/auth/login", "null", {}),
    ("POST", "/auth/login", {}, {}),
    ("POST", "/auth/login", {"name": 1, "password": None}, {}),
    ("POST", "/auth/login", {"name": "é" * 101, "password": "x" * 201}, {}),
    ("POST", "/token-in/json", "{", {}),
    ("POST", "/token-in/json", {"access_token": 1}, {}),
    ("POST", "/change-password", {}, {}),
]


@pytest.mark.parametrize(("method", "path", "body", "headers"), TOKENLESS)
def test_both_answer_alike_without_a_token(
    demo: Demo, method: str, path: str, body: object, headers: dict[str, str]
) -> None:
    of_fastapi, of_axum = (ask(url, method, path, body, headers) for url in (demo.fastapi, demo.axum))

    assert of_axum.masked() == of_fastapi.masked()


@pytest.mark.parametrize("path", ["/token-in/json", "/auth/revoke"])
def test_client_that_reads_only_after_a_large_upload_gets_its_refusal(here: str, path: str) -> None:
    upload = json.dumps("a" * (8 << 20))
    for _ in range(10):
        # Not by `ask`: urllib sends `Connection: close`, for which uvicorn closes without reading the rest.
        with contextlib.closing(http.client.HTTPConnection(urlsplit(here).netloc, timeout=10)) as connection:
            connection.request("POST", path, upload, {"Content-Type": "application/json"})
            refused = connection.getresponse()
            assert (refused.status, json.load(refused)["error_type"]) == (401, "MissingTokenError")


BY_COOKIE: list[tuple[str, str, object]] = [
    ("GET", "/me", None),
    ("GET", "/session", None),
    ("GET", "/users", None),
    ("GET", "/admin", None),
    ("GET", "/admin/users", None),
    ("DELETE", "/users/7", None),
    ("DELETE", "/users/seven", None),
    ("GET", "/token-in/header", None),
    ("GET", "/token-in/cookie", None),
    ("POST", "/token-in/cookie", None),
    ("GET", "/token-in/query", None),
    ("POST", "/token-in/json", {}),
    ("POST", "/change-password", {"new_password": ADA["password"]}),
    ("POST", "/change-password", {"new_password": "short"}),
    ("POST", "/change-password", {"new_password": "long" * 51}),
    ("POST", "/auth/revoke", None),
    ("POST", "/auth/login", ADA),
]


@pytest.mark.parametrize(("method", "path", "body"), BY_COOKIE)
def test_both_answer_alike_to_a_login(demo: Demo, method: str, path: str, body: object) -> None:
    browser = Browser()
    browser.log_in(demo.fastapi)
    of_fastapi, of_axum = (browser.send(url, method, path, body=body) for url in (demo.fastapi, demo.axum))

    assert of_axum.masked() == of_fastapi.masked()


def test_both_limit_the_requests_of_a_user(demo: Demo) -> None:
    browser = Browser()
    browser.log_in(demo.fastapi)
    answers = [[browser.send(url, "GET", "/limited") for _ in range(4)] for url in (demo.fastapi, demo.axum)]

    assert [answer.status for answer in answers[0]] == [200, 200, 200, 429]
    of_fastapi, of_axum = ([_without_seconds(answer.masked()) for answer in given] for given in answers)
    assert of_axum == of_fastapi


def _without_seconds(masked: tuple[int, list[tuple[str, str]], str]) -> str:
    return re.sub(r"(?i)(retry.after[^\d]{1,5})\d+", r"\1SECONDS", repr(masked))


def test_both_answer_alike_to_an_operator(demo: Demo) -> None:
    answers = []
    for url in (demo.fastapi, demo.axum):
        browser = Browser()
        browser.log_in(url)
        given = [ask(url, "POST", "/operator/login", headers=browser.bearer())]
        as_operator = {"Authorization": f"Bearer {given[0].json['access_token']}"}
        paths = [("GET", "/operator"), ("GET", "/documents/plan"), ("POST", "/documents/plan")]
        paths += [("POST", "/documents/letters"), ("DELETE", "/operator/sessions")]
        paths += [("GET", "/operator"), ("GET", "/documents/plan")]
        given += [ask(url, method, path, headers=as_operator) for method, path in paths]
        given.append(ask(url, "GET", "/operator", headers=browser.bearer()))
        answers.append(given)

    of_fastapi, of_axum = answers
    assert [answer.status for answer in of_fastapi] == [200, 200, 200, 200, 403, 200, 401, 401, 401]
    assert [answer.masked() for answer in of_axum] == [answer.masked() for answer in of_fastapi]


def test_a_stolen_token_is_found_out_in_either_service(here: str, there: str) -> None:
    browser = Browser()
    browser.log_in(here)

    def by(token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"}

    first = ask(here, "POST", "/logins", headers=browser.bearer())
    other = ask(there, "POST", "/logins", headers=browser.bearer())
    assert first.masked() == other.masked()
    second = ask(there, "POST", "/logins/refresh", headers=by(first.json["refresh_token"]))
    assert second.masked() == first.masked()
    listed = [ask(url, "GET", "/logins", headers=by(second.json["access_token"])) for url in (here, there)]
    assert listed[0].body == listed[1].body
    # The one before, as a thief has it.
    stolen = ask(here, "POST", "/logins/refresh", headers=by(first.json["refresh_token"]))
    assert (stolen.status, stolen.json["error_type"]) == (401, "RefreshReusedError")
    for token, path, method in (("access_token", "/logins", "GET"), ("refresh_token", "/logins/refresh", "POST")):
        refused = [ask(url, method, path, headers=by(second.json[token])) for url in (here, there)]
        assert refused[0].masked() == refused[1].masked()
        assert refused[0].json["error_type"] == "RevokedTokenError"
    # The other login goes on.
    assert ask(here, "GET", "/logins", headers=by(other.json["access_token"])).status == 200


def test_other_logins_are_ended_in_either_service(here: str, there: str) -> None:
    browser = Browser()
    browser.log_in(here)
    kept, ended = (ask(here, "POST", "/logins", headers=browser.bearer()).json["access_token"] for _ in range(2))
    # A cut is in whole seconds of the tokens before it.
    time.sleep(1.1)
    answer = ask(there, "DELETE", "/logins", headers={"Authorization": f"Bearer {kept}"})
    assert answer.json == {"message": "All other logins of ada are ended"}
    statuses = [
        ask(here, "GET", "/logins", headers={"Authorization": f"Bearer {token}"}).status for token in (kept, ended)
    ]
    assert statuses == [200, 401]


def test_both_list_the_sessions_of_an_operator(here: str) -> None:
    browser = Browser()
    browser.log_in(here)
    tokens = [ask(here, "POST", "/operator/login", headers=browser.bearer()).json["access_token"] for _ in range(2)]
    headers = [{"Authorization": f"Bearer {token}"} for token in tokens]

    listed = json.loads(ask(here, "GET", "/operator/sessions", headers=headers[0]).body)
    assert len(listed) >= 2
    assert {session["uid"] for session in listed} == {"ada"}
    assert ask(here, "DELETE", "/operator/sessions", headers=headers[0]).status == 200
    for each in headers:
        assert ask(here, "GET", "/operator", headers=each).json["error_type"] == "SessionRevoked"
    # The user's own login goes on.
    assert ask(here, "GET", "/me", headers=browser.bearer()).status == 200


@pytest.mark.parametrize("path", ["/auth/refresh", "/auth/logout"])
@pytest.mark.parametrize("csrf", ["csrf_refresh_token", "csrf_access_token"])
def test_both_answer_alike_to_the_refresh_token(demo: Demo, path: str, csrf: str) -> None:
    answers = []
    for url in (demo.fastapi, demo.axum):
        browser = Browser()
        browser.log_in(url)
        answers.append(browser.send(url, "POST", path, csrf=csrf).masked())

    of_fastapi, of_axum = answers
    assert of_axum == of_fastapi
