"""The environment: the engine reads lists and durations of it, so that FastAPI and axum read them alike."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import Field, ValidationError

from authx import AuthX, AuthXConfig

SECRET = "a secret of at least thirty-two bytes"
MINUTES = timedelta(minutes=1)

READ: list[tuple[str, str, Any]] = [
    *[("JWT_ACCESS_TOKEN_EXPIRES", text, 15 * MINUTES) for text in ("900", "900.0", "15m", "0.25h", "00:15:00", "PT15M")],
    ("JWT_REFRESH_TOKEN_EXPIRES", "30d", timedelta(days=30)),
    ("JWT_REFRESH_TOKEN_EXPIRES", "2w", timedelta(weeks=2)),
    ("JWT_REFRESH_TOKEN_EXPIRES", "P1DT2H", timedelta(days=1, hours=2)),
    ("JWT_REFRESH_TOKEN_EXPIRES", "1 days, 00:00:01", timedelta(days=1, seconds=1)),
    ("JWT_REFRESH_TOKEN_EXPIRES", "null", None),
    ("JWT_WEBSOCKET_CHECK_INTERVAL", "5s", timedelta(seconds=5)),
    ("JWT_IMPLICIT_REFRESH_MAX_AGE", "8h", timedelta(hours=8)),
    ("JWT_DECODE_LEEWAY", "10", 10),
    ("JWT_DECODE_LEEWAY", "10s", 10),
    ("JWT_DECODE_LEEWAY", "PT10S", 10),
    ("JWT_DECODE_LEEWAY", "null", None),
    ("JWT_COOKIE_MAX_AGE", "1d", 86_400),
    *[
        ("JWT_TOKEN_LOCATION", text, ["headers", "cookies"])
        for text in ("headers,cookies", " headers , cookies ", "Headers,COOKIES,", '["headers", "cookies"]')
    ],
    ("JWT_TOKEN_LOCATION", "cookies", ["cookies"]),
    ("JWT_REFRESH_TOKEN_LOCATION", "cookies", ["cookies"]),
    ("JWT_REFRESH_TOKEN_LOCATION", "null", None),
    ("JWT_DECODE_ALGORITHMS", "HS256,HS512", ["HS256", "HS512"]),
    ("JWT_DECODE_ALGORITHMS", "[]", []),
    ("JWT_CSRF_METHODS", "post,put", ["POST", "PUT"]),
    ("JWT_CSRF_METHODS", "[]", []),
    ("JWT_WEBSOCKET_ALLOWED_ORIGINS", "https://a.example,https://b.example", ["https://a.example", "https://b.example"]),
    ("JWT_IMPLICIT_REFRESH_ROUTE_EXCLUDE", "/poll,/health", ["/poll", "/health"]),
    ("JWT_IMPLICIT_REFRESH_METHOD_INCLUDE", "get", ["GET"]),
    ("JWT_IMPLICIT_REFRESH_ROUTE_INCLUDE", "/münchen,/köln", ["/münchen", "/köln"]),
    ("JWT_DECODE_AUDIENCE", "api", "api"),
    ("JWT_DECODE_AUDIENCE", "a,b", "a,b"),
    ("JWT_DECODE_AUDIENCE", '["a", "b"]', ["a", "b"]),
    ("JWT_DECODE_AUDIENCE", "5", "5"),
    ("JWT_COOKIE_SAMESITE", "Lax", "lax"),
    ("JWT_COOKIE_SAMESITE", "STRICT", "strict"),
    ("JWT_COOKIE_SAMESITE", "null", None),
    ("JWT_COOKIE_SECURE", "Off", False),
    ("JWT_SESSION_TRACKING", "YES", True),
    ("JWT_UNKNOWN_SUBJECT", "None", "none"),
]  # fmt: skip

REFUSED = [
    *[
        ("JWT_ACCESS_TOKEN_EXPIRES", text)
        for text in ("", "soon", "15:00", "P1M", "-1", "15 minutes", "\u0661", "nan", "1e400")
    ],
    *[("JWT_TOKEN_LOCATION", text) for text in ("", " ", ",", "body", "headers,body", '["headers"', "[1]", '{"a": 1}')],
    *[("JWT_CSRF_METHODS", text) for text in ("", ",", " , ", "5")],
    *[("JWT_DECODE_LEEWAY", text) for text in ("0.5", "soon", "1.5s")],
    ("JWT_DECODE_AUDIENCE", "[1]"),
    ("JWT_COOKIE_SAMESITE", "sometimes"),
    ("JWT_COOKIE_SECURE", "perhaps"),
]


@pytest.mark.parametrize(("name", "text", "value"), READ)
def test_variable_is_read(monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: Any) -> None:
    monkeypatch.setenv(name, text)

    assert getattr(AuthXConfig(JWT_SECRET_KEY=SECRET), name) == value


@pytest.mark.parametrize(("name", "text"), REFUSED)
def test_variable_that_can_not_be_read_is_named(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(name, text)

    with pytest.raises(ValidationError, match=name):
        AuthXConfig(JWT_SECRET_KEY=SECRET)


@pytest.mark.parametrize(("name", "text", "value"), READ)
def test_argument_is_read_as_the_variable_is(name: str, text: str, value: Any) -> None:
    if text != "null":
        given: dict[str, Any] = {"JWT_SECRET_KEY": SECRET, name: text}
        assert getattr(AuthXConfig(**given), name) == value


@pytest.mark.parametrize(
    "domain", ["https://example.com", "example.com:8000", "*.example.com", "a/", "a,b", " ", "a..b"]
)
def test_domain_of_cookies_is_a_host_name(domain: str) -> None:
    auth: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, JWT_COOKIE_DOMAIN=domain))

    with pytest.raises(Exception, match="JWT_COOKIE_DOMAIN: it must be a host name"):
        auth.check()


class WithHosts(AuthXConfig):
    """Settings with a list and a mapping of the application's own."""

    HOSTS: list[str] = Field(default_factory=list)
    LIMITS: dict[str, int] = Field(default_factory=dict)


def test_settings_of_a_subclass_are_read_as_pydantic_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTS", '["a", "b"]')
    monkeypatch.setenv("LIMITS", '{"a": 1}')
    settings = WithHosts()
    assert (settings.HOSTS, settings.LIMITS) == (["a", "b"], {"a": 1})

    monkeypatch.setenv("HOSTS", "a,b")
    with pytest.raises(ValidationError, match="HOSTS"):
        WithHosts()
