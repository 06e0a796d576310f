"""`JWT_STORE_URL`: the store that the settings name."""

import asyncio
import copy
from pathlib import Path

import pytest

from authx import AuthX, AuthXConfig
from authx.exceptions import BadConfigurationError
from tests.python.conftest import SECRET


def config(url: str | None) -> AuthXConfig:
    return AuthXConfig(JWT_SECRET_KEY=SECRET, JWT_STORE_URL=url)


def test_the_environment_names_the_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JWT_SECRET_KEY", SECRET)
    monkeypatch.setenv("JWT_STORE_URL", f"sqlite:///{tmp_path / 'auth.db'}")
    asyncio.run(AuthX().log_in("ada"))
    assert len(asyncio.run(AuthX().list_sessions("ada"))) == 1


def test_a_mistake_is_found_at_the_start_and_shows_no_password() -> None:
    auth = AuthX(config("memroy://user:secret@host"))
    with pytest.raises(BadConfigurationError, match=r"^JWT_STORE_URL: .*`memroy` is unknown") as raised:
        auth.check()
    assert "secret@" not in str(raised.value)
    with pytest.raises(BadConfigurationError, match="JWT_STORE_URL"):
        auth.create_access_token("ada")
    assert "memroy" not in repr(auth.config)


def test_an_argument_comes_before_the_setting(tmp_path: Path) -> None:
    auth = AuthX(config("memroy://"), store=f"sqlite:///{tmp_path / 'auth.db'}")
    asyncio.run(auth.log_in("ada"))
    assert len(asyncio.run(copy.copy(auth).list_sessions("ada"))) == 1


def test_new_settings_name_another_store(tmp_path: Path) -> None:
    auth = AuthX(config("memory://"))
    asyncio.run(auth.log_in("ada"))
    # The same URL is the same store.
    auth.load_config(config("memory://"))
    assert len(asyncio.run(auth.list_sessions("ada"))) == 1
    assert len(asyncio.run(copy.deepcopy(auth).list_sessions("ada"))) == 1
    auth.load_config(config(f"sqlite:///{tmp_path / 'auth.db'}"))
    assert asyncio.run(auth.list_sessions("ada")) == []
    auth.load_config(config(None))
    with pytest.raises(BadConfigurationError, match="logins need a store"):
        asyncio.run(auth.log_in("ada"))
