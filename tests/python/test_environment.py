"""The environment: the engine reads it, so that FastAPI and axum read it alike.

`tests/settings/variables.json` has the variables, which `crates/authx/tests/variables.rs` runs too.
"""

import json
import os
import subprocess
import sys
import warnings
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict

from authx import AuthX, AuthXConfig
from authx.exceptions import BadConfigurationError
from authx.keys import Key
from authx.token import create_token, decode_token

SECRET = "a secret of at least thirty-two bytes"
TABLE: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "settings" / "variables.json").read_text())
KEYS = Path(__file__).parents[1] / "keys"
READ = [row for row in TABLE if "value" in row]
UNSET = [row for row in TABLE if "unset" in row]
REFUSED = [row for row in TABLE if "error" in row]


def named(row: dict[str, Any]) -> str:
    return f"{row['name']}={row['text']!r}"


def plain(value: Any) -> Any:
    """The value as the table has it."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    return {name: plain(item) for name, item in value.items()} if isinstance(value, dict) else value


def config(name: str, **settings: Any) -> AuthXConfig:
    return AuthXConfig(**({} if name == "JWT_SECRET_KEY" else {"JWT_SECRET_KEY": SECRET}) | settings)


def loaded(settings: type[AuthXConfig], **given: Any) -> AuthXConfig:
    # mypy knows such arguments only with pydantic's plugin.
    return settings(**given)


def test_the_table_is_long_and_complete() -> None:
    assert len(TABLE) >= 150
    assert len(READ) + len(UNSET) + len(REFUSED) == len(TABLE)


@pytest.mark.parametrize("row", READ, ids=named)
def test_variable_is_read(monkeypatch: pytest.MonkeyPatch, row: dict[str, Any]) -> None:
    monkeypatch.setenv(row["name"], row["text"])

    assert plain(getattr(config(row["name"]), row["name"])) == row["value"]


@pytest.mark.parametrize("row", UNSET, ids=named)
def test_blank_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch, row: dict[str, Any]) -> None:
    monkeypatch.setenv(row["name"], row["text"])
    settings = config(row["name"])

    assert row["name"] not in settings.model_fields_set
    assert getattr(settings, row["name"]) == AuthXConfig.model_fields[row["name"]].default


@pytest.mark.parametrize("row", REFUSED, ids=named)
def test_variable_that_can_not_be_read_is_named(monkeypatch: pytest.MonkeyPatch, row: dict[str, Any]) -> None:
    monkeypatch.setenv(row["name"], row["text"])

    with pytest.raises((ValidationError, BadConfigurationError)) as refused:
        AuthX[Any](config(row["name"])).check()
    assert row["error"] in str(refused.value)


@pytest.mark.parametrize("row", [row for row in READ if row["value"] is not None and row["text"] != "null"], ids=named)
def test_argument_is_read_as_the_variable_is(row: dict[str, Any]) -> None:
    assert plain(getattr(config(row["name"], **{row["name"]: row["text"]}), row["name"])) == row["value"]


def test_file_is_read_as_the_environment_and_may_have_more(tmp_path: Path) -> None:
    file = tmp_path / "settings.env"
    file.write_text(
        f"DATABASE_URL=postgres://localhost\nJWT_GATEWAY_URL=https://a.example\nJWT_SECRET_KEY={SECRET}\n"
        "JWT_TOKEN_LOCATION=headers, Cookies\nJWT_DECODE_ISSUER=\nJWT_COOKIE_SAMESITE=None\n"
        'JWT_ACCESS_TOKEN_EXPIRES="30.5"\n'
    )
    settings = loaded(AuthXConfig, _env_file=file)

    assert settings.JWT_SECRET_KEY == SECRET
    assert settings.JWT_TOKEN_LOCATION == ["headers", "cookies"]
    assert settings.JWT_DECODE_ISSUER is None
    assert settings.JWT_COOKIE_SAMESITE == "none"
    assert timedelta(seconds=30.5) == settings.JWT_ACCESS_TOKEN_EXPIRES

    file.write_text("JWT_COOKIE_SECURE=perhaps\n")
    with pytest.raises(
        ValidationError, match="JWT_COOKIE_SECURE: a string that is not allowed, expected true or false"
    ):
        loaded(AuthXConfig, _env_file=file)


def test_blank_variable_leaves_the_value_of_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "settings.env").write_text("JWT_DECODE_ISSUER=https://login.example\n")
    monkeypatch.setenv("JWT_DECODE_ISSUER", "")

    assert loaded(AuthXConfig, _env_file=tmp_path / "settings.env").JWT_DECODE_ISSUER == "https://login.example"


def test_secrets_of_a_folder_are_read_as_the_environment(tmp_path: Path) -> None:
    (tmp_path / "JWT_SECRET_KEY").write_text(f"{SECRET}\n")
    (tmp_path / "JWT_ACCESS_TOKEN_EXPIRES").write_text("15m\n")
    settings = loaded(AuthXConfig, _secrets_dir=tmp_path)

    assert settings.JWT_SECRET_KEY == SECRET
    assert timedelta(minutes=15) == settings.JWT_ACCESS_TOKEN_EXPIRES


def test_misspelt_variable_is_warned_of_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JWT_TOKEN_LOCATIONS", "cookies")
    (tmp_path / "settings.env").write_text("JWT_COOKIE_HTTPONLY=false\n")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            loaded(AuthXConfig, _env_file=tmp_path / "settings.env")

    assert sorted(str(warning.message) for warning in caught) == [
        "JWT_COOKIE_HTTPONLY is not a setting, so it has no effect: is JWT_COOKIE_HTTP_ONLY meant?",
        "JWT_TOKEN_LOCATIONS is not a setting, so it has no effect: is JWT_TOKEN_LOCATION meant?",
    ]


def test_variable_that_is_not_unicode_names_the_setting() -> None:
    code = "from authx import AuthXConfig; AuthXConfig()"
    for name, error in [(b"JWT_HEADER_NAME", "JWT_HEADER_NAME"), (b"JWT_\xff", "")]:
        run = subprocess.run(
            [sys.executable, "-c", code], env={**os.environb, name: b"marked\xff"}, capture_output=True, check=False
        )
        assert run.returncode == bool(error)
        assert error in run.stderr.decode()
        assert b"marked" not in run.stderr
        assert b"UnicodeEncodeError" not in run.stderr


@pytest.mark.parametrize("name", ["JWT_SECRET_KEY", "JWT_PREVIOUS_SECRET_KEY", "JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY"])
def test_secret_of_pydantic_is_taken(name: str) -> None:
    given: dict[str, Any] = {name: SecretStr(SECRET)}
    settings = AuthXConfig(**given)
    assert getattr(settings, name) == SECRET
    assert SECRET not in repr(settings)

    setattr(settings, name, SecretStr(SECRET[::-1]))
    assert getattr(settings, name) == SECRET[::-1]


def test_secret_of_pydantic_is_taken_where_a_key_is_an_argument() -> None:
    key = SecretStr(SECRET)
    token = create_token(key=key, uid="ada", type="access")
    assert decode_token(token, key=key)["sub"] == "ada"
    assert Key.from_secret("HS256", key).can_sign
    assert Key.from_private_pem("ES256", SecretStr((KEYS / "p256.pkcs8.pem").read_text())).can_sign


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


class WithExtras(AuthXConfig):
    """Settings that keep what else a file has."""

    model_config = SettingsConfigDict(extra="allow")


def test_subclass_may_keep_what_else_a_file_has(tmp_path: Path) -> None:
    (tmp_path / "settings.env").write_text("DATABASE_URL=postgres://localhost\n")
    extra = loaded(WithExtras, _env_file=tmp_path / "settings.env").model_extra
    assert extra == {"database_url": "postgres://localhost"}
