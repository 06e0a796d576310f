"""Settings: their sources, their validation, and changes, which take effect at once."""

import copy
import time
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from authx import AuthX, AuthXConfig, RequestToken, TokenInvalidSignatureError
from authx.engine import explicit_settings
from authx.exceptions import BadConfigurationError
from authx.testing import FrozenClock


def test_defaults_are_the_documented_ones() -> None:
    config = AuthXConfig()

    assert timedelta(minutes=15) == config.JWT_ACCESS_TOKEN_EXPIRES
    assert timedelta(days=20) == config.JWT_REFRESH_TOKEN_EXPIRES
    assert config.JWT_ALGORITHM == "HS256"
    assert config.JWT_TOKEN_LOCATION == ["headers"]
    assert config.JWT_INVALID_TOKEN_STATUS == 401
    assert timedelta(minutes=10) == config.JWT_IMPLICIT_REFRESH_DELTATIME
    assert config.JWT_SECRET_KEY is None


def test_defaults_apply_to_an_application_without_settings(app: Any, client: Any, auth: Any) -> None:
    @app.get("/")
    async def index(payload=auth.ACCESS_REQUIRED): ...

    assert auth.config.JWT_ERROR_MESSAGE_KEY in client.get("/").json()

    auth.config.JWT_ALGORITHM = "HS384"
    auth.config.JWT_DECODE_ALGORITHMS = AuthXConfig().JWT_DECODE_ALGORITHMS
    assert client.get("/", token=auth.create_access_token("u")).status == 200


def test_instances_share_no_list() -> None:
    AuthXConfig().JWT_CSRF_METHODS.append("GET")
    AuthXConfig().JWT_IMPLICIT_REFRESH_ROUTE_EXCLUDE.append("/a")

    assert "GET" not in AuthXConfig().JWT_CSRF_METHODS
    assert AuthXConfig().JWT_IMPLICIT_REFRESH_ROUTE_EXCLUDE == []


@pytest.mark.parametrize("status", [401, 422])
def test_environment_sets_the_status_of_an_undecodable_token(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    monkeypatch.setenv("JWT_INVALID_TOKEN_STATUS", str(status))

    assert status == AuthXConfig().JWT_INVALID_TOKEN_STATUS


@pytest.mark.parametrize("status", ["400", "x", ""])
def test_environment_with_another_status_is_refused(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    monkeypatch.setenv("JWT_INVALID_TOKEN_STATUS", status)

    with pytest.raises(ValidationError, match="JWT_INVALID_TOKEN_STATUS"):
        AuthXConfig()


@pytest.mark.parametrize("value", [True, False])
def test_a_bool_is_no_duration(value: bool) -> None:
    with pytest.raises(ValueError, match="JWT_ACCESS_TOKEN_EXPIRES"):
        AuthXConfig(JWT_ACCESS_TOKEN_EXPIRES=value)  # type: ignore[arg-type]


def test_environment_sets_what_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("jwt_algorithm", "HS512")
    monkeypatch.setenv("JWT_TOKEN_LOCATION", '["cookies", "headers"]')
    monkeypatch.setenv("JWT_ACCESS_TOKEN_EXPIRES", "60")
    monkeypatch.setenv("JWT_IMPLICIT_REFRESH_DELTATIME", "PT5M")
    monkeypatch.setenv("JWT_REFRESH_TOKEN_EXPIRES", "null")

    config = AuthXConfig(JWT_ALGORITHM="HS384")

    assert config.JWT_ALGORITHM == "HS384"
    assert config.JWT_TOKEN_LOCATION == ["cookies", "headers"]
    assert timedelta(minutes=1) == config.JWT_ACCESS_TOKEN_EXPIRES
    assert timedelta(minutes=5) == config.JWT_IMPLICIT_REFRESH_DELTATIME
    assert config.JWT_REFRESH_TOKEN_EXPIRES is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JWT_SECRET", "misspelt"),
        ("JWT_ALGORITHM", "none"),
        ("JWT_TOKEN_LOCATION", ["body"]),
        ("JWT_TOKEN_LOCATION", "bodies"),
        ("JWT_COOKIE_SAMESITE", "Relaxed"),
        ("JWT_INVALID_TOKEN_STATUS", 403),
        ("JWT_CSRF_METHODS", [5]),
        ("JWT_RATE_LIMIT_IPV6_PREFIX", 0),
        ("JWT_RATE_LIMIT_IPV6_PREFIX", 129),
    ],
)
def test_bad_setting_is_an_error_that_names_it(name: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=name):
        AuthXConfig(**{name: value})


def test_error_does_not_show_the_secret() -> None:
    settings: dict[str, Any] = {"JWT_SECRET_KEY": ["marked secret"], "JWT_ALGORITHM": "none"}
    with pytest.raises(ValidationError) as caught:
        AuthXConfig(**settings)
    assert "marked secret" not in str(caught.value)

    config = AuthXConfig()
    with pytest.raises(ValidationError) as caught:
        config.JWT_SECRET_KEY = ["marked secret"]  # type: ignore[assignment]
    assert "marked secret" not in str(caught.value)


def test_assignment_is_validated() -> None:
    config = AuthXConfig()

    with pytest.raises(ValidationError):
        config.JWT_ALGORITHM = "none"  # type: ignore[assignment]
    with pytest.raises(ValidationError):
        config.JWT_SECRET = "misspelt"

    assert config.JWT_ALGORITHM == "HS256"


def test_symmetric_algorithm_has_one_key_for_both() -> None:
    config = AuthXConfig(
        JWT_SECRET_KEY="s", JWT_PRIVATE_KEY="private", JWT_PUBLIC_KEY="public", JWT_PREVIOUS_SECRET_KEY="before"
    )

    assert (config.is_algo_symmetric, config.is_algo_asymmetric) == (True, False)
    assert (config.private_key, config.public_key, config.previous_public_key) == ("s", "s", "before")


@pytest.mark.parametrize("algorithm", ["RS256", "PS512", "ES256K", "EdDSA"])
def test_asymmetric_algorithm_has_a_key_for_each(algorithm: Any) -> None:
    config = AuthXConfig(
        JWT_ALGORITHM=algorithm,
        JWT_SECRET_KEY="s",
        JWT_PRIVATE_KEY="private",
        JWT_PUBLIC_KEY="public",
        JWT_PREVIOUS_PUBLIC_KEY="before",
    )

    assert (config.is_algo_symmetric, config.is_algo_asymmetric) == (False, True)
    assert (config.private_key, config.public_key, config.previous_public_key) == ("private", "public", "before")


def test_absent_key_is_an_error_that_names_its_setting() -> None:
    with pytest.raises(BadConfigurationError, match="JWT_SECRET_KEY"):
        _ = AuthXConfig().private_key
    with pytest.raises(BadConfigurationError, match="JWT_PUBLIC_KEY"):
        _ = AuthXConfig(JWT_ALGORITHM="RS256", JWT_PRIVATE_KEY="private").public_key
    assert AuthXConfig().previous_public_key is None


def test_has_location_covers_both_token_types() -> None:
    config = AuthXConfig(JWT_REFRESH_TOKEN_LOCATION=["cookies"])

    assert config.has_location("headers")
    assert config.has_location("cookies")
    assert not config.has_location("json")
    assert not config.has_location("elsewhere")


def test_engine_gets_only_settings_that_were_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_DECODE_ISSUER", "here")
    config = AuthXConfig(JWT_SECRET_KEY="s", JWT_ERROR_MESSAGE_KEY="msg")
    config.JWT_HEADER_TYPE = "Bearer"
    config.JWT_CSRF_METHODS.append("GET")

    assert explicit_settings(config) == {
        "JWT_SECRET_KEY": "s",
        "JWT_ERROR_MESSAGE_KEY": "msg",
        "JWT_DECODE_ISSUER": "here",
        "JWT_HEADER_TYPE": "Bearer",
        "JWT_CSRF_METHODS": ["POST", "PUT", "PATCH", "DELETE", "GET"],
    }


def test_subclass_may_add_settings(secret: str) -> None:
    class Settings(AuthXConfig):
        JWT_ALGORITHM: Any = "HS512"
        DATABASE: str = "sqlite://"

    auth = AuthX[str](Settings(JWT_SECRET_KEY=secret, DATABASE="other"))

    assert auth.config.JWT_ALGORITHM == "HS512"
    assert explicit_settings(auth.config)["JWT_ALGORITHM"] == "HS512"
    assert auth.create_access_token("u")


def test_changed_setting_applies_to_the_next_request(app: Any, client: Any, auth: Any) -> None:
    @app.get("/")
    async def index(payload=auth.ACCESS_REQUIRED):
        return payload.sub

    token = auth.create_access_token("u")
    assert client.get("/", token=token).status == 200
    assert client.get("/", cookies={"access_token_cookie": token}).status == 401

    auth.config.JWT_TOKEN_LOCATION.append("cookies")
    assert client.get("/", cookies={"access_token_cookie": token}).status == 200

    auth.config.JWT_HEADER_NAME = "X-Token"
    assert client.get("/", token=token).status == 401
    assert client.get("/", headers={"x-token": f"Bearer {token}"}).status == 200

    auth.config.JWT_SECRET_KEY = "another secret, long enough for HS256 all the same"
    assert client.get("/", headers={"x-token": f"Bearer {token}"}).status == 401
    token = auth.create_access_token("u")
    assert client.get("/", headers={"x-token": f"Bearer {token}"}).status == 200


def test_invalid_setting_is_an_error_until_it_is_corrected(auth: Any, secret: str) -> None:
    auth.create_access_token("u")

    auth.config.JWT_SECRET_KEY = None
    with pytest.raises(BadConfigurationError, match="JWT_SECRET_KEY"):
        auth.create_access_token("u")

    auth.config.JWT_SECRET_KEY = secret
    assert auth.create_access_token("u")


def test_configuration_loaded_while_an_engine_is_built_wins(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    auth: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=secret, JWT_ENCODE_ISSUER="before"))

    def load_meanwhile(config: AuthXConfig) -> dict[str, object]:
        monkeypatch.undo()
        auth.load_config(AuthXConfig(JWT_SECRET_KEY=secret, JWT_ENCODE_ISSUER="after"))
        return explicit_settings(config)

    monkeypatch.setattr("authx.engine.explicit_settings", load_meanwhile)
    auth.create_access_token("u")

    payload = auth.verify_token(RequestToken(token=auth.create_access_token("u"), location="headers"))
    assert payload.iss == "after"


def test_load_config_replaces_all_settings(auth: Any) -> None:
    token = auth.create_access_token("u")
    loaded = AuthXConfig(JWT_SECRET_KEY="another secret, long enough for HS256 all the same")

    auth.load_config(loaded)

    assert auth.config is loaded
    with pytest.raises(TokenInvalidSignatureError):
        auth.verify_token(_in_header(token))
    assert auth.verify_token(_in_header(auth.create_access_token("u"))).sub == "u"


def test_copied_settings_are_independent(auth: Any) -> None:
    other: AuthX[Any] = AuthX(copy.deepcopy(auth.config))
    token = auth.create_access_token("u")
    assert other.verify_token(_in_header(token)).sub == "u"

    other.config.JWT_SECRET_KEY = "another secret, long enough for HS256 all the same"

    assert auth.verify_token(_in_header(token)).sub == "u"
    with pytest.raises(TokenInvalidSignatureError):
        other.verify_token(_in_header(token))


def test_clock_is_read_for_each_token(auth: Any) -> None:
    with FrozenClock(time.time() - 3600):
        token = auth.create_access_token("u", expiry=timedelta(minutes=30))
        assert auth.verify_token(_in_header(token)).sub == "u"

    with pytest.raises(Exception, match=r"(?i)expired"):
        auth.verify_token(_in_header(token))


def _in_header(token: str) -> Any:
    return RequestToken(token=token, location="headers")
