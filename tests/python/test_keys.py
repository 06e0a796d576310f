"""Keys: generated, weak, previous, asymmetric."""

import warnings
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from authx import (
    AuthX,
    AuthXConfig,
    JWTDecodeError,
    RequestToken,
    TokenExpiredError,
    TokenInvalidSignatureError,
    WeakKeyWarning,
)
from authx.exceptions import BadConfigurationError
from authx.keys import Key

KEYS = Path(__file__).parents[1] / "keys"
OTHER_SECRET = "another secret, long enough for HS256 all the same"


def in_header(token: str) -> RequestToken:
    return RequestToken(token=token, location="headers")


def test_without_any_setting_a_key_is_generated_and_the_setting_named() -> None:
    auth = AuthX[str]()

    with pytest.warns(WeakKeyWarning, match="JWT_SECRET_KEY"):
        token = auth.create_access_token("u")
    # Only once: a second warning would be an error here.
    auth.create_access_token("u")

    assert auth.verify_token(in_header(token)).sub == "u"
    assert auth.config.JWT_SECRET_KEY is None


@pytest.mark.filterwarnings("ignore::authx.WeakKeyWarning")
def test_generated_key_is_the_same_throughout_the_process() -> None:
    assert AuthX[str]().verify_token(in_header(AuthX[str]().create_access_token("u"))).sub == "u"


def test_creating_an_instance_generates_no_key_yet(secret: str) -> None:
    auth = AuthX[str]()
    auth.load_config(AuthXConfig(JWT_SECRET_KEY=secret))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert auth.create_access_token("u")


def test_key_from_the_environment_needs_no_warning(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    monkeypatch.setenv("JWT_SECRET_KEY", secret)

    token = AuthX[str]().create_access_token("u")

    assert AuthX[str](AuthXConfig(JWT_SECRET_KEY=secret)).verify_token(in_header(token)).sub == "u"


def test_settings_without_a_key_are_an_error_at_first_use() -> None:
    auth = AuthX[str](AuthXConfig())

    with pytest.raises(BadConfigurationError, match="JWT_SECRET_KEY"):
        auth.create_access_token("u")


def test_settings_loaded_without_a_key_are_an_error_too() -> None:
    auth = AuthX[str]()
    auth.load_config(AuthXConfig())

    with pytest.raises(BadConfigurationError, match="JWT_SECRET_KEY"):
        auth.create_access_token("u")


def test_empty_secret_is_an_error() -> None:
    with pytest.raises(BadConfigurationError, match="JWT_SECRET_KEY"):
        AuthX[str](AuthXConfig(JWT_SECRET_KEY="")).create_access_token("u")


def test_short_secret_works_with_a_warning() -> None:
    auth = AuthX[str](AuthXConfig(JWT_SECRET_KEY="brief"))

    with pytest.warns(WeakKeyWarning, match="JWT_SECRET_KEY") as caught:
        token = auth.create_access_token("u")
    # Only once: a second warning would be an error here.
    auth.create_access_token("u")

    assert "brief" not in str(caught[0].message)
    assert auth.verify_token(in_header(token)).sub == "u"


def test_short_secret_is_an_error_with_strict_keys() -> None:
    auth = AuthX[str](AuthXConfig(JWT_SECRET_KEY="brief", JWT_STRICT_KEYS=True))

    with pytest.raises(BadConfigurationError, match="JWT_SECRET_KEY"):
        auth.create_access_token("u")


def test_previous_secret_still_verifies(make_auth: Any, secret: str) -> None:
    token = make_auth().create_access_token("u")

    assert make_auth(JWT_SECRET_KEY=OTHER_SECRET, JWT_PREVIOUS_SECRET_KEY=secret).verify_token(in_header(token))
    with pytest.raises(TokenInvalidSignatureError):
        make_auth(JWT_SECRET_KEY=OTHER_SECRET).verify_token(in_header(token))


def test_expired_token_of_the_previous_secret_is_expired(make_auth: Any, secret: str) -> None:
    token = make_auth().create_access_token("u", expiry=timedelta(seconds=-1))

    with pytest.raises(TokenExpiredError):
        make_auth(JWT_SECRET_KEY=OTHER_SECRET, JWT_PREVIOUS_SECRET_KEY=secret).verify_token(in_header(token))


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_secret_signs_and_verifies(make_auth: Any, algorithm: str) -> None:
    auth = make_auth(JWT_ALGORITHM=algorithm)

    assert auth.verify_token(in_header(auth.create_access_token("u"))).sub == "u"


@pytest.mark.parametrize("algorithm", ["RS256", "PS384", "ES256", "EdDSA"])
def test_key_pair_signs_and_verifies(pem: Any, algorithm: Any) -> None:
    pair = {"RS256": "rsa", "PS384": "rsa", "ES256": "p256", "EdDSA": "ed25519"}[algorithm]
    auth = AuthX[str](
        AuthXConfig(JWT_ALGORITHM=algorithm, JWT_PRIVATE_KEY=pem(f"{pair}.pkcs8"), JWT_PUBLIC_KEY=pem(f"{pair}.spki"))
    )

    assert auth.verify_token(in_header(auth.create_access_token("u"))).sub == "u"


def test_public_key_alone_verifies(pem: Any) -> None:
    issuer = AuthX[str](
        AuthXConfig(JWT_ALGORITHM="EdDSA", JWT_PRIVATE_KEY=pem("ed25519.pkcs8"), JWT_PUBLIC_KEY=pem("ed25519.spki"))
    )
    verifier = AuthX[str](AuthXConfig(JWT_ALGORITHM="EdDSA", JWT_PUBLIC_KEY=pem("ed25519.spki")))

    assert verifier.verify_token(in_header(issuer.create_access_token("u"))).sub == "u"
    with pytest.raises(BadConfigurationError, match="JWT_PRIVATE_KEY"):
        verifier.create_access_token("u")


def test_algorithm_that_is_not_configured_is_refused(make_auth: Any) -> None:
    token = make_auth(JWT_ALGORITHM="HS512").create_access_token("u")

    with pytest.raises(JWTDecodeError):
        make_auth().verify_token(in_header(token))
    assert make_auth(JWT_DECODE_ALGORITHMS=["HS256", "HS512"]).verify_token(in_header(token)).sub == "u"


@pytest.mark.parametrize(
    ("algorithm", "private", "public"),
    [
        ("PS256", "rsa-pss.pkcs8.pem", "rsa-pss.certificate.pem"),
        ("ES256", "p256.from-pkcs12.pem", "certificate.pem"),
        ("RS256", "rsa.pkcs8.pem", "rsa.ssh.pub"),
        ("ES384", "p384.pkcs8.pem", "p384.ssh.pub"),
    ],
)
def test_keys_as_people_have_them_are_accepted(algorithm: Any, private: str, public: str) -> None:
    issuer = AuthX[str](AuthXConfig(JWT_ALGORITHM=algorithm, JWT_PRIVATE_KEY=(KEYS / private).read_text()))
    verifier = AuthX[str](AuthXConfig(JWT_ALGORITHM=algorithm, JWT_PUBLIC_KEY=(KEYS / public).read_text()))

    assert verifier.verify_token(in_header(issuer.create_access_token("u"))).sub == "u"


@pytest.mark.parametrize(
    ("file", "command"),
    [
        ("rsa.openssh", "ssh-keygen -p -N '' -m PKCS8"),
        ("encrypted.pkcs8.pem", "openssl pkey -in KEY"),
        ("rsa.ssh2.pub", "ssh-keygen -i -f KEY"),
    ],
)
def test_a_key_in_another_form_is_refused_with_the_command_that_converts_it(file: str, command: str) -> None:
    key = (KEYS / file).read_text()

    with pytest.raises(BadConfigurationError, match=r"^JWT_PRIVATE_KEY: ") as refused:
        AuthX[str](AuthXConfig(JWT_ALGORITHM="RS256", JWT_PRIVATE_KEY=key)).create_access_token("u")

    assert command in str(refused.value)


def test_a_binary_key_is_refused_with_the_command_that_converts_it() -> None:
    with pytest.raises(BadConfigurationError, match=r"^pem: this is a PKCS#12 file: .*openssl pkcs12"):
        Key.from_private_pem("RS256", (KEYS / "p256.p12").read_bytes())
