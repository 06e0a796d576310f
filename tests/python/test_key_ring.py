"""Rings of keys: made in Python, changed while requests run, and never shown."""

import threading
from collections.abc import Callable
from datetime import datetime, timezone
from functools import partial
from typing import Any

import pytest
from fastapi import FastAPI

from authx import AuthX, AuthXConfig, TokenPayload
from authx._authx import token_header
from authx.exceptions import BadConfigurationError
from authx.keys import Key, KeyRing
from authx.testing import FrozenClock

OLD_SECRET = "the secret of last month, and it is long"
NEW_SECRET = "the secret of this month, and it is long"
OLD = Key.from_secret("HS256", OLD_SECRET, kid="2026-11")
NEW = Key.from_secret("HS256", NEW_SECRET.encode(), kid="2026-12")


def kid_of(token: str) -> Any:
    return token_header(token).get("kid")


@pytest.fixture
def status(serve: Any) -> Callable[[AuthX[Any], str], int]:
    """The status of a protected route's answer to a token."""

    def status(auth: AuthX[Any], token: str) -> int:
        app = FastAPI()

        @app.get("/")
        async def protected(payload: TokenPayload = auth.ACCESS_REQUIRED) -> str:
            return payload.sub

        found: int = serve(app).get("/", token=token).status
        return found

    return status


def test_the_first_key_signs_and_all_keys_verify(status: Any) -> None:
    old = AuthX[Any](keys=KeyRing([OLD]))
    both = AuthX[Any](keys=KeyRing([NEW, OLD]))
    token = old.create_access_token("ada")

    assert kid_of(token) == "2026-11"
    assert kid_of(both.create_access_token("ada")) == "2026-12"
    assert status(both, token) == 200
    assert status(old, both.create_access_token("ada")) == 401


def test_keys_are_changed_for_the_next_request(status: Any) -> None:
    auth = AuthX[Any](keys=KeyRing([OLD]))
    token = auth.create_access_token("ada")
    assert status(auth, token) == 200

    auth.change_keys(lambda ring: ring.signing_with(NEW))
    assert [key.kid for key in auth.keys.keys] == ["2026-12", "2026-11"]
    assert kid_of(auth.create_access_token("ada")) == "2026-12"
    assert status(auth, token) == 200

    auth.change_keys(lambda ring: ring.retiring("2026-11", datetime(2020, 1, 1, tzinfo=timezone.utc)))
    assert status(auth, token) == 401
    assert status(auth, auth.create_access_token("ada")) == 200


def test_a_changed_setting_keeps_the_ring(status: Any) -> None:
    auth = AuthX[Any](AuthXConfig(), keys=KeyRing([NEW]))
    auth.config.JWT_ENCODE_ISSUER = "me"

    token = auth.create_access_token("ada")

    assert kid_of(token) == "2026-12"
    assert status(auth, token) == 200


def test_the_keys_of_the_settings_can_be_changed_too(status: Any) -> None:
    auth = AuthX[Any](AuthXConfig(JWT_SECRET_KEY=OLD_SECRET))
    token = auth.create_access_token("ada")

    auth.change_keys(lambda ring: ring.signing_with(NEW))

    assert status(auth, token) == 200
    assert kid_of(auth.create_access_token("ada")) == "2026-12"


def test_new_settings_bring_new_keys(status: Any) -> None:
    auth = AuthX[Any](keys=KeyRing([OLD]))
    token = auth.create_access_token("ada")

    auth.load_config(AuthXConfig(JWT_SECRET_KEY=NEW_SECRET))
    assert status(auth, token) == 401

    auth.load_config(AuthXConfig(), keys=KeyRing([OLD]))
    assert status(auth, token) == 200


@pytest.mark.parametrize("seconds", [1_893_499_200, datetime.fromtimestamp(1_893_499_200, timezone.utc)])
def test_a_key_retires_at_an_instant(seconds: Any, status: Any) -> None:
    with FrozenClock(1_893_499_199) as clock:
        auth = AuthX[Any](keys=KeyRing([OLD]))
        token = auth.create_access_token("ada")
        auth.change_keys(lambda ring: ring.signing_with(NEW).retiring("2026-11", seconds))

        assert status(auth, token) == 200
        clock.advance(1)
        assert status(auth, token) == 401


def test_a_ring_of_key_pairs_signs_and_verifies(pem: Callable[[str], str], status: Any) -> None:
    private = Key.from_private_pem("ES256", pem("p256.pkcs8"), kid="pair")
    public = Key.from_public_pem("ES256", pem("p256.spki").encode(), kid="pair")
    assert (private.can_sign, public.can_sign) == (True, False)
    login, reader = AuthX[Any](keys=KeyRing([private])), AuthX[Any](keys=KeyRing([public]))

    assert status(reader, login.create_access_token("ada")) == 200
    with pytest.raises(BadConfigurationError, match="not issued"):
        reader.create_access_token("ada")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: KeyRing([]), "^keys: .*at least one key"),
        (lambda: KeyRing([OLD, OLD]), "^keys: .*2026-11"),
        (lambda: KeyRing([OLD]).signing_with(Key.from_secret("HS256", NEW_SECRET, kid="2026-11")), "^keys: .*2026-11"),
        (lambda: KeyRing([OLD]).retiring("2026-11", 0), "^keys: .*2026-11.* signs"),
        (lambda: KeyRing([OLD]).retiring("unknown", 0), "^keys: .*unknown"),
        (lambda: Key.from_secret("HS256", "short"), "^secret: .*5 bytes.* 32"),
        (lambda: Key.from_secret("HS256", ""), "^secret: .*empty"),
        (lambda: Key.from_secret("RS256", NEW_SECRET), "^secret: .*RS256"),
        (lambda: Key.from_private_pem("RS256", "no PEM"), "^pem: .*PEM"),
        (lambda: Key.from_public_pem("RS256", ""), "^pem: .*empty"),
    ],
)
def test_a_bad_key_or_ring_is_an_error_that_names_the_argument(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(BadConfigurationError, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Key.from_secret("none", NEW_SECRET), ValueError, "^algorithm: "),
        (lambda: Key.from_secret("HS256", NEW_SECRET + "\ud800"), ValueError, "^secret: .*Unicode"),
        (lambda: Key.from_secret("HS256", None), TypeError, "^secret: .*NoneType"),  # type: ignore[arg-type]
        (lambda: KeyRing([OLD]).retiring("2026-11", "soon"), TypeError, "^at: .*str"),  # type: ignore[arg-type]
        (lambda: AuthX[Any](keys=KeyRing([OLD])).change_keys(lambda _: None), TypeError, "^change: .*NoneType"),  # type: ignore[arg-type, return-value]
    ],
)
def test_a_wrong_argument_is_named(make: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as refused:
        make()
    shown = f"{refused.value!r} {refused.value.__cause__!r} {refused.value.__context__!r}"
    assert "the secret of" not in shown


def test_a_failed_change_leaves_the_keys(status: Any) -> None:
    auth = AuthX[Any](keys=KeyRing([OLD]))
    token = auth.create_access_token("ada")
    with pytest.raises(BadConfigurationError):
        auth.change_keys(lambda ring: ring.retiring("unknown", 0))
    assert status(auth, token) == 200


def test_no_representation_shows_a_key() -> None:
    assert repr(OLD) == '<Key algorithm=HS256, kid="2026-11">'
    shown = repr(KeyRing([NEW, OLD]))
    assert "2026-12" in shown
    assert "the secret of" not in shown


def test_no_change_is_lost_and_no_token_refused_while_threads_change_keys(status: Any) -> None:
    auth = AuthX[Any](keys=KeyRing([OLD]))
    token = auth.create_access_token("ada")
    keys = [Key.from_secret("HS256", f"{NEW_SECRET} {number}", kid=str(number)) for number in range(40)]
    answers: list[int] = []

    def change(share: list[Key]) -> None:
        for key in share:
            auth.change_keys(partial(KeyRing.verifying_with, key=key))

    def ask() -> None:
        answers.extend(status(auth, token) for _ in range(20))

    threads = [threading.Thread(target=change, args=(keys[start::4],)) for start in range(4)]
    threads += [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {key.kid for key in auth.keys.keys} == {"2026-11", *(key.kid for key in keys)}
    assert answers == [200] * 40
