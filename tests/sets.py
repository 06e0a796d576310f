"""Lists of names that the tests of several parts share.

The settings are `AuthXConfig.model_fields`, the topics of hostile requests `tests.attacks.case.TOPICS`.
"""

from typing import get_args

from authx.types import HTTPMethod

METHODS = list(get_args(HTTPMethod))

# The claims that the engine sets. The tests in Rust get this list through `cases.json`.
RESERVED_CLAIMS = [
    *("sub", "type", "jti", "exp", "nbf", "iat", "iss", "aud", "fresh", "csrf"),
    *("scopes", "scope", "login_type", "sid", "auth_time"),
]

# The errors whose status JWT_INVALID_TOKEN_STATUS sets.
UNDECODABLE = {
    "JWTDecodeError",
    "DuplicateCookieError",
    "TokenInvalidSignatureError",
    "TokenExpiredError",
    "TokenInvalidIssuerError",
    "TokenInvalidAudienceError",
}

# The `error_type` of each of the tokens of `authx.testing.refused_tokens`.
REFUSED_TOKENS = {
    "expired": "TokenExpiredError",
    "of the other type": "AccessTokenRequiredError",
    "wrongly signed": "TokenInvalidSignatureError",
    "changed": "TokenInvalidSignatureError",
    "unsigned": "JWTDecodeError",
    "damaged": "JWTDecodeError",
}
