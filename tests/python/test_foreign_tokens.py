"""`decode_token` reads the tokens of identity providers, which have neither `type` nor a login of ours."""

import time
from datetime import datetime, timezone
from typing import Any

import jwt
import pytest

from authx import exceptions
from authx.token import create_token, decode_token, decode_unverified

NOW = int(time.time())
LATER = {"iat": NOW, "exp": NOW + 3600}

# What the tokens of each issuer look like, with values made up.
PAYLOADS: dict[str, dict[str, Any]] = {
    "Auth0": {"iss": "https://t.auth0.example/", "sub": "auth0|1", "aud": ["api", "https://t.auth0.example/userinfo"],
              "azp": "client", "scope": "openid read:all", "permissions": ["read:all"], **LATER},
    "Keycloak": {"iss": "https://k.example/realms/r", "aud": "api", "sub": "f:1:ada", "typ": "Bearer", "acr": "1",
                 "realm_access": {"roles": ["user"]}, "resource_access": {"account": {"roles": ["view"]}}, "sid": "s",
                 "scope": "email profile", "email_verified": True, "jti": "onrtac:1", **LATER},
    "Entra": {"aud": "api", "iss": "https://sts.example/t/", "nbf": NOW, "oid": "1", "tid": "2", "scp": "Read", "ver": "1.0",
              "sub": "x", "xms_ftd": "y", **LATER},
    "Firebase": {"iss": "https://securetoken.example/p", "aud": "api", "auth_time": NOW - 5, "user_id": "u", "sub": "u",
                 "firebase": {"identities": {"email": ["a@b.example"]}, "sign_in_provider": "password"}, **LATER},
    "Cognito": {"sub": "1", "iss": "https://cognito.example/pool", "client_id": "c", "origin_jti": "o", "token_use": "access",
                "scope": "aws.cognito.signin.user.admin", "auth_time": NOW, "username": "ada", **LATER},
    "Google": {"iss": "https://accounts.example", "azp": "c", "aud": "api", "sub": "1", "at_hash": "h",
               "email": "a@b.example", "email_verified": True, **LATER},
    "Apple": {"iss": "https://appleid.example", "aud": "api", "sub": "1", "c_hash": "h", "auth_time": NOW,
              "nonce_supported": True, "is_private_email": "true", **LATER},
    "Supabase": {"iss": "https://p.supabase.example/auth/v1", "aud": "api", "sub": "1", "role": "authenticated",
                 "aal": "aal1", "amr": [{"method": "password", "timestamp": NOW}], "session_id": "s", "is_anonymous": False,
                 "app_metadata": {"provider": "email"}, **LATER},
    "GitHub": {"jti": "1", "sub": "repo:o/r:ref:refs/heads/main", "aud": "api", "ref": "refs/heads/main", "run_id": "1",
               "iss": "https://token.actions.example", "nbf": NOW - 5, **LATER},
    "an application": {"user_id": 7, "type": "invitation", "sub": 7, "scopes": None, "fresh": NOW, **LATER},
    "an application without an end": {"room": "lobby"},
}  # fmt: skip


@pytest.mark.parametrize("issuer", PAYLOADS)
def test_claims_of_any_issuer_are_returned_unchanged(issuer: str, pem: Any) -> None:
    claims = PAYLOADS[issuer]
    token = jwt.encode(claims, pem("rsa.pkcs8"), "RS256", headers={"kid": "k1"})
    chosen: dict[str, Any] = {"audience": "api"} if "aud" in claims else {}

    read = decode_token(token, pem("rsa.spki"), ["RS256"], issuer=claims.get("iss"), **chosen)

    assert read == decode_unverified(token) == claims


def test_checks_are_made_as_for_every_token(secret: str) -> None:
    def signed(**claims: Any) -> str:
        return jwt.encode({"sub": "ada", **claims}, secret, "HS256")

    cases: list[tuple[str, dict[str, Any], type[Exception]]] = [
        (signed(exp=NOW - 5), {}, exceptions.TokenExpiredError),
        (signed(nbf=NOW + 3600), {}, exceptions.JWTDecodeError),
        (signed(iat=NOW + 3600), {}, exceptions.JWTDecodeError),
        (signed(aud="them"), {}, exceptions.TokenInvalidAudienceError),
        (signed(aud="them"), {"audience": "us"}, exceptions.TokenInvalidAudienceError),
        (signed(), {"audience": "us"}, exceptions.TokenInvalidAudienceError),
        (signed(iss="them"), {"issuer": "us"}, exceptions.TokenInvalidIssuerError),
        (signed(), {"issuer": "us"}, exceptions.TokenInvalidIssuerError),
        (signed() + "A", {}, exceptions.JWTDecodeError),
        (signed(exp="soon"), {}, exceptions.JWTDecodeError),
        (signed(exp=None), {}, exceptions.JWTDecodeError),
        (jwt.encode({}, "another secret of thirty-two bytes..", "HS256"), {}, exceptions.TokenInvalidSignatureError),
    ]
    for token, options, error in cases:
        with pytest.raises(error):
            decode_token(token, secret, **options)


def test_claims_that_must_be_there_are_named(secret: str) -> None:
    token = jwt.encode({"sub": "ada", "email": None}, secret, "HS256")

    assert decode_token(token, secret, require=["sub", "email"])["sub"] == "ada"
    with pytest.raises(exceptions.JWTDecodeError, match="The token has no claim 'exp'"):
        decode_token(token, secret, require=["sub", "exp"])
    with pytest.raises(TypeError, match="require: a list of strings is expected, not one string"):
        decode_token(token, secret, require="exp")


def test_unverified_claims_need_no_key(secret: str) -> None:
    expired = create_token("ada", secret, expiry=datetime(2020, 1, 1, tzinfo=timezone.utc))
    assert decode_unverified(expired)["sub"] == "ada"
    for string in ("", "x", "a.b.c"):
        with pytest.raises(exceptions.JWTDecodeError):
            decode_unverified(string)
