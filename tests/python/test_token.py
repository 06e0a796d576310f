"""`authx.token`: making and reading tokens with a given key."""

import base64
import enum
import json
import time
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from authx import exceptions
from authx._authx import token_header
from authx.token import create_token, decode_token


def test_claims_are_those_of_the_arguments(secret: str) -> None:
    token = create_token(
        "ada",
        secret,
        type="access",
        jti="a name",
        expiry=datetime.fromtimestamp(4_000_000_000, timezone.utc),
        issued=1_500_000_000,
        fresh=True,
        csrf="a value",
        audience=["here"],
        issuer="me",
        additional_data={"a": 1, "b": 1},
        not_before=1_500_000_001,
        data={"b": 2},
    )

    assert decode_token(token, secret, audience="here", issuer="me") == {
        "sub": "ada",
        "type": "access",
        "jti": "a name",
        "exp": 4_000_000_000,
        "iat": 1_500_000_000,
        "nbf": 1_500_000_001,
        "fresh": True,
        "csrf": "a value",
        "aud": ["here"],
        "iss": "me",
        "a": 1,
        "b": 2,
    }


def test_spans_count_from_now(secret: str) -> None:
    token = create_token(
        "ada", secret, expiry=timedelta(hours=1), issued=timedelta(minutes=-1), not_before=timedelta(seconds=-5)
    )

    claims = decode_token(token, secret)

    assert claims["exp"] - claims["iat"] == pytest.approx(3660)
    assert claims["exp"] - claims["nbf"] == pytest.approx(3605)
    assert claims["exp"] == pytest.approx(time.time() + 3600, abs=30)


def test_claims_that_are_not_given_are_random_or_absent(secret: str) -> None:
    first, second = (decode_token(create_token("ada", secret, type="refresh"), secret) for _ in range(2))

    assert first.keys() == {"sub", "type", "jti", "iat", "csrf"}
    assert first["jti"] != second["jti"]
    assert first["csrf"] != second["csrf"]


def test_headers_and_algorithm_are_the_callers(secret: str) -> None:
    token = create_token("ada", secret, algorithm="HS512", headers={"kid": "one"})

    assert token_header(token) == {"alg": "HS512", "typ": "JWT", "kid": "one"}
    assert decode_token(token, secret, ["HS256", "HS512"])["sub"] == "ada"
    with pytest.raises(exceptions.JWTDecodeError):
        decode_token(token, secret)


@pytest.mark.parametrize("name", ["sub", "jti", "exp", "iat", "type", "fresh", "csrf"])
@pytest.mark.parametrize("argument", ["data", "additional_data"])
@pytest.mark.parametrize("ignore_errors", [True, False])
def test_claims_with_a_parameter_are_refused_as_data(
    secret: str, name: str, argument: str, ignore_errors: bool
) -> None:
    given: dict[str, Any] = {argument: {name: "x"}}
    with pytest.raises(ValueError, match=f"'{name}' is reserved"):
        create_token("ada", secret, ignore_errors=ignore_errors, **given)


@pytest.mark.parametrize("argument", ["data", "additional_data"])
def test_reserved_claims_without_a_parameter_are_written_with_the_custom_ones(secret: str, argument: str) -> None:
    claims_given = {"scopes": ["users:read"], "login_type": "user", "sid": "a session", "tenant": "acme"}
    made: dict[str, Any] = {argument: claims_given}

    claims = decode_token(create_token("ada", secret, **made), secret)

    assert {name: claims[name] for name in claims_given} == claims_given


def test_a_refresh_token_is_never_fresh(secret: str) -> None:
    assert "fresh" not in decode_token(create_token("ada", secret, type="refresh", fresh=True), secret)


def test_bytes_are_read_as_strings(secret: str) -> None:
    made: dict[str, Any] = {"key": secret.encode()}
    token = create_token("ada", **made)

    read: dict[str, Any] = {"token": token.encode(), "key": secret.encode(), "algorithms": "HS256"}
    assert decode_token(**read)["sub"] == "ada"


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("token", [None, "", b"", b"\xff", 5, "a.b.c"])
def test_values_that_are_no_token_are_refused(secret: str, token: Any, verify: bool) -> None:
    with pytest.raises(exceptions.JWTDecodeError):
        decode_token(token, secret, verify=verify)


def test_a_key_of_raw_bytes_is_refused_without_showing_it() -> None:
    with pytest.raises(exceptions.BadConfigurationError, match=r"^key: ") as refusal:
        create_token("ada", b"\xff" * 32)  # type: ignore[arg-type]

    assert "xff" not in repr(refusal.value)


@pytest.mark.parametrize("argument", ["expiry", "issued", "not_before"])
@pytest.mark.parametrize("value", ["tomorrow", True])
def test_an_argument_that_is_no_time_is_named(secret: str, argument: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"^{argument}: "):
        create_token("ada", secret, **{argument: value})


@pytest.mark.parametrize(
    ("made", "read", "error"),
    [
        ({"expiry": timedelta(seconds=-1)}, {}, exceptions.TokenExpiredError),
        ({}, {"key": "another secret that is long enough for HS256"}, exceptions.TokenInvalidSignatureError),
        ({"audience": "there"}, {"audience": "here"}, exceptions.TokenInvalidAudienceError),
        ({"audience": "there"}, {}, exceptions.TokenInvalidAudienceError),
        ({"issuer": "me"}, {"issuer": "you"}, exceptions.TokenInvalidIssuerError),
        ({"not_before": timedelta(hours=1)}, {}, exceptions.JWTDecodeError),
        ({}, {"token": ""}, exceptions.JWTDecodeError),
        ({}, {"token": "a.b.c"}, exceptions.JWTDecodeError),
    ],
)
def test_an_invalid_token_is_refused(
    secret: str, made: dict[str, Any], read: dict[str, Any], error: type[Exception]
) -> None:
    token = create_token("ada", secret, **made)

    with pytest.raises(error) as raised:
        decode_token(**({"token": token, "key": secret} | read))
    assert type(raised.value) is error


def test_without_verification_any_claims_are_read(secret: str) -> None:
    token = create_token("ada", secret, expiry=timedelta(seconds=-1), audience="there")

    assert decode_token(token, "any key, because it is not used", verify=False)["sub"] == "ada"


def test_data_of_decode_token_has_no_effect_and_says_so(secret: str) -> None:
    with pytest.warns(exceptions.AuthxArgumentDeprecationWarning, match="data"):
        assert decode_token(create_token("ada", secret), secret, data={})["sub"] == "ada"


class _Plan(str, enum.Enum):
    FREE = "free"


class _Level(int):
    def __repr__(self) -> str:
        return "not a number"


def _nested(depth: int) -> Any:
    return 1 if depth == 0 else [_nested(depth - 1)]


@pytest.mark.parametrize(
    "value",
    [
        "",
        'quotes " and \\ and /',
        "".join(map(chr, range(0x80))),
        "caf\u00e9 \u2028 \U0001f511",
        0,
        -1,
        2**63 - 1,
        2**63,
        -(2**200),
        1.5,
        1e300,
        True,
        False,
        None,
        [],
        {},
        (),
        [1, "a", [True, None], {"b": {}}],
        ("a", 1),
        {"a": {"b": [1, 2.5]}},
        {1: "a key that is no string", None: 2, False: 3},
        _Plan.FREE,
        _Level(7),
        _nested(7),
        _nested(40),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_data_is_written_as_python_writes_json(secret: str, value: Any) -> None:
    token = create_token("ada", secret, data={"first": value, "last": [value]})

    payload = token.split(".")[1]
    written = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode()
    expected = json.dumps({"first": value, "last": [value]}, ensure_ascii=False, separators=(",", ":"))
    assert written.endswith("," + expected[1:])


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, b"bytes", object()], ids=repr)
def test_data_that_json_cannot_represent_is_refused_by_name(secret: str, value: Any) -> None:
    with pytest.raises(TypeError, match=r"^data: "):
        create_token("ada", secret, data={"claim": value})


def test_data_that_contains_itself_or_a_lone_surrogate_is_refused_by_name(secret: str) -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(TypeError, match=r"^data: "):
        create_token("ada", secret, data={"claim": endless})
    with pytest.raises(ValueError, match=r"^data: "):
        create_token("ada", secret, data={"claim": "\ud800"})
