"""Tokens made by hand, which no service issues."""

import hmac
from typing import Any

from tests.attacks.encoding import b64, json_object, unb64
from tests.interoperation.configurations import SECRET
from tests.interoperation.exchange import claims_of
from tests.interoperation.login import NOW


def signed(claims: bytes | None = None, *, drop: str = "", **changes: Any) -> str:
    """Claims of the caller's choice under the right signature of HS256."""
    fields = {
        "sub": "ada",
        "jti": "made-by-hand",
        "type": "access",
        "csrf": "made-by-hand",
        "iat": NOW,
        "exp": NOW + 900,
        "tenant": 7,
    } | changes
    fields.pop(drop, None)
    payload = json_object(fields) if claims is None else claims
    signing_input = b64(b'{"alg":"HS256","typ":"JWT"}') + b"." + b64(payload)
    return (signing_input + b"." + b64(hmac.digest(SECRET.encode(), signing_input, "sha256"))).decode()


def edited(token: str) -> str:
    """The token with other claims under its old signature."""
    header, _, signature = token.split(".")
    claims = b64(json_object(claims_of(token) | {"sub": "root"})).decode()
    return f"{header}.{claims}.{signature}"


def unsigned(token: str) -> str:
    """The token with `alg` `none` and without a signature (RFC 7519 section 6)."""
    return f"{b64(json_object({'alg': 'none', 'typ': 'JWT'})).decode()}.{token.split('.')[1]}."


def cut(token: str) -> str:
    """The token with a shorter signature."""
    header, claims, signature = token.split(".")
    return f"{header}.{claims}.{b64(unb64(signature.encode())[:-1]).decode()}"
