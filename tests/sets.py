"""Names that the tests of several parts go through, each list in this one place.

The settings are `AuthXConfig.model_fields`, the topics of hostile requests `tests.attacks.case.TOPICS`.
"""

from typing import get_args

from authx.types import HTTPMethod

METHODS = list(get_args(HTTPMethod))

# The claims that the engine writes by itself. `cases.json` hands them on to the tests in Rust.
RESERVED_CLAIMS = [
    *("sub", "type", "jti", "exp", "nbf", "iat", "iss", "aud", "fresh", "csrf"),
    *("scopes", "scope", "login_type", "sid", "auth_time"),
]

# The errors whose status JWT_INVALID_TOKEN_STATUS sets.
UNDECODABLE = {
    "JWTDecodeError",
    "TokenInvalidSignatureError",
    "TokenExpiredError",
    "TokenInvalidIssuerError",
    "TokenInvalidAudienceError",
}

# What a route answers to each of the tokens of `authx.testing.refused_tokens`.
REFUSED_TOKENS = {
    "expired": "TokenExpiredError",
    "of the other type": "AccessTokenRequiredError",
    "wrongly signed": "TokenInvalidSignatureError",
    "changed": "TokenInvalidSignatureError",
    "unsigned": "JWTDecodeError",
    "damaged": "JWTDecodeError",
}
