"""The package compared with PyJWT, on random tokens, some of them damaged.

`FUZZ_SECONDS` is the duration; `make fuzz` sets it. Without it, 400 tokens from a fixed seed.
"""

import base64
import json
import os
import random
import time
from typing import Any

import jwt
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from authx import AuthX, AuthXConfig, RequestToken
from authx.exceptions import AuthXException, JWTDecodeError
from authx.testing import FrozenClock

pytestmark = pytest.mark.slow

SECRET = "a secret of the tests that is quite long enough for HS256, HS384 and HS512, really"
NOW = int(time.time())

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FUTURE = st.integers(NOW + 3600, NOW + 7200)
PAST = st.integers(NOW - 7200, NOW - 3600)
# About now, where single seconds and the leeway matter.
EDGE = st.integers(NOW - 100, NOW + 100) | st.floats(NOW - 100, NOW + 100)
AUDIENCE = st.just("audience")
CLAIMS = st.fixed_dictionaries(
    {
        "sub": st.text(min_size=1),
        "type": st.just("access"),
        "jti": st.text(min_size=1),
        "exp": FUTURE | FUTURE | EDGE,
        "iss": st.just("issuer"),
        "aud": AUDIENCE | AUDIENCE | st.sampled_from(["another", ["another", "audience"], []]),
    },
    optional={
        "iat": PAST | EDGE,
        "nbf": PAST | EDGE,
        "fresh": st.booleans(),
        "scopes": st.lists(st.text(), max_size=3),
        "tenant": JSON,
    },
)
# A claim that is replaced, often by a value of another type.
ODD = st.tuples(st.sampled_from(["sub", "type", "jti", "exp", "iat", "nbf", "iss", "aud", "scopes"]), JSON)
USUAL: st.SearchStrategy[dict[str, Any]] = st.just({"alg": "HS256", "typ": "JWT"})
HEADERS = (
    USUAL
    | USUAL
    | st.fixed_dictionaries(
        {"alg": st.sampled_from(["HS256"] * 8 + ["HS384", "none", "hs256"])},
        optional={"typ": st.sampled_from(["JWT", "at+jwt", 1]), "kid": JSON, "crit": st.just(["b64"]), "x": JSON},
    )
)
DAMAGES = st.lists(st.tuples(st.integers(0, 10_000), st.characters(codec="ascii"), st.sampled_from("rid")), max_size=2)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token_of(header: dict[str, Any], claims: dict[str, Any]) -> str:
    signing_input = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    algorithm = header["alg"] if header["alg"] in ("HS256", "HS384") else "HS256"
    signer = jwt.get_algorithm_by_name(algorithm)
    return f"{signing_input}.{b64(signer.sign(signing_input.encode(), signer.prepare_key(SECRET)))}"


def damaged(token: str, damages: list[tuple[int, str, str]]) -> str:
    for position, character, kind in damages:
        at = position % len(token)
        token = token[:at] + {"r": character, "i": character + token[at], "d": ""}[kind] + token[at + 1 :]
    return token


def answer_of_pyjwt(token: str, leeway: int) -> dict[str, Any] | str:
    try:
        claims: dict[str, Any] = jwt.decode(
            token, SECRET, ["HS256"], audience="audience", issuer="issuer", leeway=leeway
        )
    except (jwt.InvalidTokenError, ValueError) as error:
        # For a lone surrogate in the token PyJWT raises a `ValueError` that is no `InvalidTokenError`.
        return type(error).__name__
    return claims


def answer_of_authx(auth: AuthX[Any, Any], token: str) -> dict[str, Any] | AuthXException:
    with FrozenClock(time.time()):
        try:
            payload = auth.verify_token(RequestToken(token=token, location="headers"))
        except AuthXException as error:
            return error
    claims: dict[str, Any] = payload.model_dump()
    return claims


def compare(header: dict[str, Any], claims: dict[str, Any], damages: list[tuple[int, str, str]], leeway: int) -> bool:
    """Whether both accept the token. Fails if only we accept it, or if we refuse it by a rule that PyJWT has as well."""
    auth = AuthX(
        AuthXConfig(
            JWT_SECRET_KEY=SECRET, JWT_DECODE_AUDIENCE="audience", JWT_DECODE_ISSUER="issuer", JWT_DECODE_LEEWAY=leeway
        )
    )
    token = damaged(token_of(header, claims), damages)
    # PyJWT reads the system's clock: between the two calls a new second may begin.
    for _ in range(3):
        second = int(time.time())
        theirs, ours = answer_of_pyjwt(token, leeway), answer_of_authx(auth, token)
        if int(time.time()) == second:
            break
    if isinstance(ours, dict):
        assert isinstance(theirs, dict), f"accepted, but refused by PyJWT: {theirs}"
        for name in ("sub", "type", "jti", "scopes", "tenant"):
            assert ours.get(name) == theirs.get(name), name
        return True
    if isinstance(theirs, dict):
        # Only we have rules for the type, strict base64url, claims of a wrong type, and fractions of a second.
        fractions = any(isinstance(claims.get(name), float) for name in ("exp", "nbf", "iat"))
        assert isinstance(ours, JWTDecodeError) or theirs.get("type") != "access" or fractions, repr(ours)
    return False


@pytest.mark.parametrize("leeway", [0, 60])
def test_pyjwt_accepts_every_token_we_accept_with_the_same_claims(leeway: int) -> None:
    accepted = ran = 0

    def run(examples: int, from_seed: int) -> None:
        @seed(from_seed)
        @settings(max_examples=examples, database=None, deadline=None, suppress_health_check=list(HealthCheck))
        @given(HEADERS, CLAIMS, st.none() | st.none() | ODD, st.just([]) | st.just([]) | DAMAGES)
        def one(header: Any, claims: Any, odd: Any, damages: Any) -> None:
            nonlocal accepted, ran
            if odd is not None:
                claims = {**claims, odd[0]: odd[1]}
            ran += 1
            accepted += compare(header, claims, damages, leeway)

        one()

    seconds = os.environ.get("FUZZ_SECONDS")
    if seconds is None:
        run(400, 1)
    else:
        end = time.monotonic() + float(seconds) / 2
        while time.monotonic() < end:
            run(1000, random.randrange(2**32))
    print(f"pyjwt: {ran} tokens with a leeway of {leeway} s, {accepted} accepted by both")
    assert accepted
