"""Tokens, honest and forged."""

import hmac
from collections.abc import Mapping
from typing import Any

from tests.attacks.encoding import b64, json_object
from tests.attacks.signing import MARKER, SECRET, Signer, hmac_signer

NOW = 1_700_000_000
CSRF = "1f0e9c64-6d0a-4c37-9b1e-c5a1d2e3f405"
OTHER_CSRF = "7d93ab52-0b8e-4f6d-8f3a-2f6f4f0a9e11"
HEADER = b'{"alg":"HS256","typ":"JWT"}'


def token(
    *, signer: Signer | None = None, header: Mapping[str, Any] | None = None, drop: tuple[str, ...] = (), **claims: Any
) -> bytes:
    """A valid token, except for the claims given here."""
    signer = signer or hmac_signer("HS256")
    payload = {name: value for name, value in honest_claims(**claims).items() if name not in drop}
    header = {"alg": signer.algorithm, "typ": "JWT"} if header is None else header
    signing_input = b64(json_object(header)) + b"." + b64(json_object(payload))
    return signing_input + b"." + b64(signer.sign(signing_input))


def honest_claims(**changes: Any) -> dict[str, Any]:
    claims = {
        "sub": "user123",
        "jti": "0b54b8fb-5b5c-4d52-9d4b-7f4f6f0a1c11",
        "type": "access",
        "fresh": False,
        "csrf": CSRF,
        "iat": NOW - 60,
        "nbf": NOW - 60,
        "exp": NOW + 840,
        "note": MARKER,
    }
    return claims | changes


def sealed(header: bytes, payload: bytes) -> bytes:
    """Any header and any payload, with the right signature."""
    return signed(b64(header) + b"." + b64(payload))


def signed(data: bytes) -> bytes:
    """Any bytes, with the right signature."""
    return data + b"." + b64(hmac.digest(SECRET, data, "sha256"))


def forged(token: bytes) -> bytes:
    """The token with another signature."""
    return token[:-4] + b"A" * 4


HONEST = token()
