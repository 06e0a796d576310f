"""`TokenPayload`, `RequestToken` and `TokenResponse` by themselves."""

import base64
import hashlib
import hmac
import json
import pickle
from datetime import datetime, timedelta, timezone
from typing import Any

import jwt
import pytest
from fastapi import FastAPI

from authx import (
    AuthX,
    AuthXConfig,
    JWTDecodeError,
    RequestToken,
    TokenExpiredError,
    TokenInvalidAudienceError,
    TokenInvalidIssuerError,
    TokenInvalidSignatureError,
    TokenPayload,
    TokenResponse,
)
from authx._authx import token_header
from authx.exceptions import (
    CSRFError,
    FreshTokenRequiredError,
    MissingCSRFTokenError,
    RefreshTokenRequiredError,
)
from authx.testing import FrozenClock
from authx.token import decode_unverified

SECRET = "a secret of at least thirty-two bytes"
SOON = timedelta(minutes=5)


def test_fields_have_their_order() -> None:
    assert list(TokenPayload.model_fields) == [
        "jti",
        "iss",
        "sub",
        "aud",
        "exp",
        "nbf",
        "iat",
        "type",
        "csrf",
        "scopes",
        "fresh",
        "login_type",
        "sid",
    ]
    assert TokenResponse(access_token="a", refresh_token="r").model_dump() == {
        "access_token": "a",
        "refresh_token": "r",
        "token_type": "bearer",
    }


def test_token_pair_says_when_its_access_token_expires(make_auth: Any, serve: Any) -> None:
    auth, app = make_auth(), FastAPI()
    never = make_auth(JWT_ACCESS_TOKEN_EXPIRES=None)
    with FrozenClock():
        assert auth.create_token_pair("ada").expires_in == 900
        assert auth.create_token_pair("ada", access_expiry=60, refresh_expiry=90).model_dump()["expires_in"] == 60
        assert "expires_in" not in never.create_token_pair("ada").model_dump_json()

        app.post("/login")(lambda: auth.create_token_pair("ada"))
        app.post("/typed", response_model=TokenResponse)(lambda: never.create_token_pair("ada"))
        assert serve(app).post("/login").json()["expires_in"] == 900
        assert serve(app).post("/typed").json().keys() == {"access_token", "refresh_token", "token_type"}

    described = app.openapi()["components"]["schemas"]["TokenResponse"]
    assert list(described["properties"]) == ["access_token", "refresh_token", "token_type", "expires_in"]


def test_payload_made_by_hand_has_an_id_and_a_date() -> None:
    first, second = TokenPayload(sub="u"), TokenPayload(sub="u")

    assert first.jti
    assert first.jti != second.jti
    assert first.time_since_issued < timedelta(seconds=2)
    assert (first.type, first.csrf, first.scopes, first.fresh) == ("access", "", None, False)


def test_extra_claims_are_in_a_separate_dictionary() -> None:
    payload = TokenPayload.model_validate({"sub": "u", "tenant": "acme", "roles": ["a"]})

    assert payload.extra_dict == {"tenant": "acme", "roles": ["a"]}
    payload.extra_dict.clear()
    assert payload.extra_dict == {"tenant": "acme", "roles": ["a"]}


@pytest.mark.parametrize(
    "instant",
    [
        1_900_000_000,
        1_900_000_000.0,
        datetime.fromtimestamp(1_900_000_000, timezone.utc),
        datetime.fromtimestamp(1_900_000_000, timezone(timedelta(hours=5))),
        datetime.fromtimestamp(1_900_000_000),  # noqa: DTZ006
    ],
)
def test_times_of_every_kind_are_read_as_utc(instant: Any) -> None:
    payload = TokenPayload(sub="u", iat=instant, exp=instant)

    expected = datetime.fromtimestamp(1_900_000_000, timezone.utc)
    assert payload.issued_at == payload.expiry_datetime == expected
    assert payload.issued_at.tzinfo == timezone.utc


def test_span_counts_from_now() -> None:
    assert abs(TokenPayload(sub="u", exp=SOON).time_until_expiry - SOON) < timedelta(seconds=2)


@pytest.mark.parametrize("name", ["expiry_datetime", "time_until_expiry"])
def test_expiry_of_a_payload_without_exp_is_an_error(name: str) -> None:
    with pytest.raises(TypeError, match="exp"):
        getattr(TokenPayload(sub="u"), name)


def test_has_scopes_follows_the_rule_of_routes() -> None:
    payload = TokenPayload(sub="u", scopes=["admin:*", "users:read"])

    assert payload.has_scopes("admin", "admin:users")
    assert payload.has_scopes("users:*")
    assert not payload.has_scopes("users:read", "users:write")
    assert payload.has_scopes("users:read", "users:write", all_required=False)
    assert not payload.has_scopes("administrator")
    assert not TokenPayload(sub="u").has_scopes("a")


def test_payload_survives_encoding_and_decoding(secret: str) -> None:
    payload = TokenPayload(
        sub="u",
        exp=datetime.now(timezone.utc).replace(microsecond=0) + SOON,
        iss="us",
        aud=["a", "b"],
        csrf="csrf value",
        scopes=["x"],
        fresh=True,
        login_type="staff",
        tenant="acme",  # type: ignore[call-arg]
    )

    decoded = TokenPayload.decode(payload.encode(secret), secret, audience="a", issuer="us")

    assert decoded == payload
    assert decoded.extra_dict == {"tenant": "acme"}


@pytest.mark.parametrize(
    "value",
    [
        '""',
        '"plain, caf\u00e9 \U0001f511"',
        r'"\" \\ \/ \n \u00e9 \ud83d\udd11"',
        "true",
        "false",
        "null",
        "0",
        "-0",
        "-1",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775809",
        "1" * 100,
        "1.0",
        "-0.0",
        "0.1",
        "1e5",
        "1E-5",
        "[1, 1.0, null]",
        '{"a": {"b": [1e5, 12345678901234567890]}}',
    ],
)
def test_claims_without_a_field_are_parsed_as_by_pythons_json(secret: str, value: str) -> None:
    token = _signed(f'{{"sub":"u","type":"access","exp":4000000000,"before":1,"claim":{value},"behind":1}}', secret)

    claims = TokenPayload.decode(token, secret).extra_dict

    assert repr(claims) == repr({"before": 1, "behind": 1, "claim": json.loads(value)})


def test_payload_of_a_token_is_a_model_like_any_other(secret: str) -> None:
    token = TokenPayload(sub="u", exp=SOON, scopes=["x"], tenant="acme").encode(secret)  # type: ignore[call-arg]
    payload = TokenPayload.decode(token, secret)

    assert pickle.loads(pickle.dumps(payload)) == payload
    assert payload.model_copy(deep=True) == payload
    assert payload.model_fields_set == {"jti", "sub", "exp", "iat", "type", "csrf", "scopes", "fresh", "tenant"}
    payload.iss = "us"
    payload.plan = 3  # type: ignore[attr-defined]
    assert "iss" in payload.model_fields_set
    assert payload.extra_dict == {"tenant": "acme", "plan": 3}


def test_payloads_of_one_token_share_nothing_that_can_change(secret: str) -> None:
    token = TokenPayload(sub="u", exp=SOON, aud=["a"], scopes=["x"], roles=["r"]).encode(secret)  # type: ignore[call-arg]
    first, second = (TokenPayload.decode(token, secret, audience="a") for _ in range(2))

    first.aud.append("b")  # type: ignore[union-attr]
    first.scopes.append("y")  # type: ignore[union-attr]
    first.roles.append("s")  # type: ignore[attr-defined]
    first.tenant = "acme"  # type: ignore[attr-defined]

    assert (second.aud, second.scopes, second.extra_dict) == (["a"], ["x"], {"roles": ["r"]})
    assert second == TokenPayload.decode(token, secret, audience="a")


def test_refresh_payload_keeps_its_type(secret: str) -> None:
    token = TokenPayload(sub="u", type="refresh", exp=SOON).encode(secret, "HS512")

    assert TokenPayload.decode(token, secret, ["HS512"]).type == "refresh"


def test_payload_without_exp_can_be_encoded_and_decoded(secret: str) -> None:
    assert TokenPayload.decode(TokenPayload(sub="u").encode(secret), secret).exp is None


def test_encoding_adds_claims_and_header_fields(secret: str) -> None:
    token = TokenPayload(sub="u").encode(secret, headers={"kid": "first"}, data={"tenant": "acme"})

    assert TokenPayload.decode(token, secret).extra_dict == {"tenant": "acme"}
    assert token_header(token)["kid"] == "first"


def test_claims_are_written_without_spaces(auth: Any) -> None:
    token = auth.create_access_token("u", data={"tenant": {"name": "acme", "sites": [1, 2]}})
    claims = token.split(".")[1]

    assert b'"tenant":{"name":"acme","sites":[1,2]}' in base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4))


def test_encoding_refuses_to_override_a_claim(secret: str) -> None:
    with pytest.raises(ValueError, match="sub"):
        TokenPayload(sub="u").encode(secret, data={"sub": "someone else"})


def test_decoding_refuses_invalid_tokens(secret: str) -> None:
    other = "another secret, long enough for HS256 all the same"
    token = TokenPayload(sub="u", exp=SOON, iss="us", aud="here").encode(secret)

    with pytest.raises(TokenInvalidSignatureError):
        TokenPayload.decode(token, other, audience="here")
    with pytest.raises(TokenInvalidAudienceError):
        TokenPayload.decode(token, secret, audience="elsewhere")
    with pytest.raises(TokenInvalidIssuerError):
        TokenPayload.decode(token, secret, audience="here", issuer="them")
    with pytest.raises(TokenExpiredError):
        TokenPayload.decode(TokenPayload(sub="u", exp=-SOON).encode(secret), secret)
    with pytest.raises(JWTDecodeError):
        TokenPayload.decode("x", secret)


def test_algorithms_of_both_kinds_need_two_keys(secret: str) -> None:
    with pytest.raises(ValueError, match="algorithms"):
        TokenPayload.decode("x", secret, ["HS256", "RS256"])
    with pytest.raises(ValueError, match="algorithms"):
        TokenPayload.decode("x", secret, [])


def test_public_key_decodes(pem: Any) -> None:
    token = TokenPayload(sub="u", exp=SOON).encode(pem("p256.pkcs8"), "ES256")

    assert TokenPayload.decode(token, pem("p256.spki"), ["ES256"]).sub == "u"


def test_reading_without_verifying_needs_no_key(auth: Any) -> None:
    token = auth.create_access_token("u", expiry=timedelta(seconds=-5), data={"tenant": "acme"})

    payload = TokenPayload.decode(token, "", verify=False)

    assert (payload.sub, payload.extra_dict) == ("u", {"tenant": "acme"})
    assert payload.time_until_expiry < timedelta(0)
    with pytest.raises(JWTDecodeError):
        TokenPayload.decode("x", "", verify=False)


def test_decoded_payload_behaves_like_a_validated_one(auth: Any) -> None:
    token = auth.create_access_token("u", scopes=["a"], data={"tenant": "acme"})
    payload = auth.verify_token(RequestToken(token=token, location="headers"))

    assert TokenPayload.model_validate(payload.model_dump()) == payload
    assert TokenPayload.model_validate_json(payload.model_dump_json()).sub == "u"
    assert payload.model_copy(update={"sub": "v"}).sub == "v"
    assert payload.exp is not None
    assert payload.exp.tzinfo == timezone.utc
    assert "acme" in repr(payload)
    payload.scopes = ["b"]
    assert payload.has_scopes("b")


def request_token(token: str, **fields: Any) -> RequestToken:
    return RequestToken(token=token, **{"location": "headers"} | fields)


def test_request_token_verifies_with_a_given_key(secret: str) -> None:
    token = request_token(TokenPayload(sub="u", exp=SOON).encode(secret))

    assert token.verify(secret).sub == "u"
    with pytest.raises(TokenInvalidSignatureError):
        token.verify("another secret, long enough for HS256 all the same")
    with pytest.raises(FreshTokenRequiredError):
        token.verify(secret, verify_fresh=True)
    assert token.verify("", verify_jwt=False).sub == "u"


def test_request_token_without_its_signature_is_still_checked_for_type_freshness_and_csrf(secret: str) -> None:
    jwt = TokenPayload(sub="u", exp=-SOON, csrf="right").encode(secret)

    def verify(jwt: str = jwt, location: str = "cookies", csrf: str | None = "right", **arguments: Any) -> TokenPayload:
        found = request_token(jwt, location=location, csrf=csrf, type=arguments.pop("type", "access"))
        return found.verify("", verify_jwt=False, **arguments)

    assert verify().sub == "u", "neither signature nor times are checked"
    with pytest.raises(RefreshTokenRequiredError):
        verify(type="refresh")
    assert verify(type="refresh", verify_type=False).sub == "u"
    with pytest.raises(FreshTokenRequiredError):
        verify(verify_fresh=True)
    assert verify(TokenPayload(sub="u", csrf="right", fresh=True).encode(secret), verify_fresh=True).fresh
    with pytest.raises(MissingCSRFTokenError):
        verify(csrf=None)
    with pytest.raises(CSRFError):
        verify(csrf="wrong")
    assert verify(csrf="wrong", verify_csrf=False).sub == "u"
    assert verify(csrf=None, location="headers").sub == "u"
    with pytest.raises(JWTDecodeError):
        verify("x")


def test_request_token_must_be_of_its_type(secret: str) -> None:
    token = request_token(TokenPayload(sub="u", exp=SOON).encode(secret), type="refresh")

    with pytest.raises(RefreshTokenRequiredError):
        token.verify(secret)
    assert token.verify(secret, verify_type=False).sub == "u"


def test_request_token_of_a_cookie_needs_its_csrf_value(secret: str) -> None:
    token = TokenPayload(sub="u", exp=SOON, csrf="right").encode(secret)

    assert request_token(token, location="cookies", csrf="right").verify(secret).sub == "u"
    with pytest.raises(CSRFError):
        request_token(token, location="cookies", csrf="wrong").verify(secret)
    with pytest.raises(MissingCSRFTokenError):
        request_token(token, location="cookies").verify(secret)
    assert request_token(token, location="cookies").verify(secret, verify_csrf=False).sub == "u"
    assert request_token(token, location="query").verify(secret).sub == "u"


def test_tokens_expire_when_the_arguments_say(auth: Any) -> None:
    instant = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(hours=3)
    pair = auth.create_token_pair("u", access_expiry=instant, refresh_expiry=timedelta(days=1))

    access = TokenPayload.decode(pair.access_token, "", verify=False)
    refresh = TokenPayload.decode(pair.refresh_token, "", verify=False)

    assert access.exp == instant
    assert abs(refresh.time_until_expiry - timedelta(days=1)) < timedelta(seconds=2)
    assert (access.type, refresh.type) == ("access", "refresh")


def test_token_never_expires_if_the_settings_say_so(make_auth: Any) -> None:
    auth = make_auth(JWT_ACCESS_TOKEN_EXPIRES=None)

    token = auth.create_access_token("u")

    assert auth.verify_token(request_token(token)).exp is None


def test_token_pair_gives_each_its_scopes(auth: Any) -> None:
    pair = auth.create_token_pair("u", fresh=True, access_scopes=["a"], refresh_scopes=["r"], data={"tenant": "acme"})

    access = auth.verify_token(request_token(pair.access_token))
    refresh = auth.verify_token(request_token(pair.refresh_token, type="refresh"))

    assert (access.scopes, access.fresh, access.extra_dict) == (["a"], True, {"tenant": "acme"})
    assert (refresh.scopes, refresh.fresh, refresh.extra_dict) == (["r"], False, {"tenant": "acme"})


def test_not_before_is_written_and_kept(make_auth: Any) -> None:
    with_nbf, without = make_auth(JWT_ENCODE_NBF=True), make_auth(JWT_ENCODE_NBF=False)

    assert TokenPayload.decode(with_nbf.create_access_token("u"), "", verify=False).nbf is not None
    assert TokenPayload.decode(without.create_access_token("u"), "", verify=False).nbf is None


def _signed(payload: str, secret: str) -> str:
    def encoded(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    header = b'{"alg":"HS256"}'
    signed = f"{encoded(header)}.{encoded(payload.encode())}"
    return f"{signed}.{encoded(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256))}"


def test_times_from_now_become_instants() -> None:
    start = datetime(2030, 1, 1, tzinfo=timezone.utc)
    assert TokenPayload(sub="a", nbf=start).nbf == start.timestamp()
    with FrozenClock() as clock:
        payload = TokenPayload(sub="a", nbf=timedelta(minutes=1), exp=timedelta(hours=1))
        now = clock.now.timestamp()
        assert payload.nbf == now + 60
        assert payload.expiry_datetime.timestamp() == now + 3600
        clock.advance(30)
        claims = decode_unverified(payload.encode(SECRET))
        assert (claims["nbf"], claims["exp"]) == (now + 60, now + 3600)


def test_the_claims_of_a_token_from_implicit_refresh_can_be_encoded() -> None:
    payload = TokenPayload.model_validate({"sub": "a", "auth_time": 1_700_000_000, "tenant": 7})
    claims = decode_unverified(payload.encode(SECRET))
    assert (claims["auth_time"], claims["tenant"]) == (1_700_000_000, 7)
    with pytest.raises(ValueError, match="'auth_time' is reserved: it is the time of the login"):
        AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET)).create_access_token("a", data={"auth_time": 1})


def test_the_subject_is_the_same_in_every_form() -> None:
    auth: AuthX = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, JWT_IDENTITY_CLAIM="uid"))
    # Another system's token, whose `sub` means something else.
    claims = {"uid": "ada", "sub": "device-7", "type": "access", "exp": 4_000_000_000}
    found = RequestToken(token=jwt.encode(claims, SECRET), location="headers")
    payload = auth.verify_token(found)
    assert (payload.sub, payload.model_dump()["sub"], json.loads(payload.model_dump_json())["sub"]) == ("ada",) * 3
