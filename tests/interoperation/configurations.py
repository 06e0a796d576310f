"""The configurations that both services get, by name: one for each algorithm, and variations of the first.

Each is a set of environment variables, so both faces read it as they would in production.
"""

import functools
import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LOCATIONS = ("headers", "cookies", "query", "json")
SECRET = "a secret of the interoperation tests, long enough for HS256, HS384 and even HS512"
OTHER_SECRET = "another secret of the interoperation tests, which is just as long, or even longer"
SHARED = {
    # The one default that differs between the faces, see docs/errors.md.
    "JWT_INVALID_TOKEN_STATUS": "401",
    "JWT_TOKEN_LOCATION": json.dumps(LOCATIONS),
}
KEY_FILES = {
    **{f"{kind}{size}": "rsa" for kind in ("RS", "PS") for size in (256, 384, 512)},
    "ES256": "p256",
    "ES256K": "secp256k1",
    "ES384": "p384",
    "ES512": "p521",
    "EdDSA": "ed25519",
}
ALGORITHMS = ("HS256", "HS384", "HS512", *KEY_FILES)

BASE = "HS256"
VARIATIONS: dict[str, dict[str, str]] = {
    "other-key": {"JWT_SECRET_KEY": OTHER_SECRET},
    "after-rotation": {"JWT_SECRET_KEY": OTHER_SECRET, "JWT_PREVIOUS_SECRET_KEY": SECRET},
    "audience": {"JWT_ENCODE_AUDIENCE": '["reports", "billing"]', "JWT_DECODE_AUDIENCE": "reports"},
    "other-audience": {"JWT_ENCODE_AUDIENCE": "archive"},
    "issuer": {"JWT_ENCODE_ISSUER": "https://login.example", "JWT_DECODE_ISSUER": "https://login.example"},
    "other-issuer": {"JWT_ENCODE_ISSUER": "https://elsewhere.example"},
    "identity-claim": {"JWT_IDENTITY_CLAIM": "uid"},
    "any-login": {"JWT_DECODE_ANY_LOGIN_TYPE": "true"},
    "leeway": {"JWT_DECODE_LEEWAY": "30"},
    "for-ever": {"JWT_ACCESS_TOKEN_EXPIRES": "null", "JWT_REFRESH_TOKEN_EXPIRES": "null"},
    "short-lived": {"JWT_ACCESS_TOKEN_EXPIRES": "PT2M", "JWT_ENCODE_NBF": "false"},
    "renamed": {
        "JWT_HEADER_NAME": "X-Token",
        "JWT_HEADER_TYPE": "Token",
        "JWT_QUERY_STRING_NAME": "t",
        "JWT_JSON_KEY": "jwt",
        "JWT_ACCESS_COOKIE_NAME": "__Host-access",
        "JWT_REFRESH_COOKIE_NAME": "__Host-refresh",
        "JWT_ACCESS_CSRF_COOKIE_NAME": "access-proof",
        "JWT_REFRESH_CSRF_COOKIE_NAME": "refresh-proof",
        "JWT_ACCESS_CSRF_HEADER_NAME": "X-Proof",
    },
    "no-scheme": {"JWT_HEADER_NAME": "X-Token", "JWT_HEADER_TYPE": ""},
    "cookie-attributes": {
        "JWT_COOKIE_DOMAIN": "service.example",
        "JWT_ACCESS_COOKIE_PATH": "/app",
        "JWT_REFRESH_COOKIE_PATH": "/app/refresh",
        "JWT_ACCESS_CSRF_COOKIE_PATH": "/app",
        "JWT_COOKIE_SAMESITE": "strict",
        "JWT_COOKIE_MAX_AGE": "3600",
    },
    "bare-cookies": {
        "JWT_COOKIE_SAMESITE": "null",
        "JWT_COOKIE_SECURE": "false",
        "JWT_COOKIE_HTTP_ONLY": "false",
    },
    "cross-site": {"JWT_COOKIE_SAMESITE": "none", "JWT_SESSION_COOKIE": "false"},
    "csrf-off": {"JWT_COOKIE_CSRF_PROTECT": "false"},
    "csrf-not-in-cookies": {"JWT_CSRF_IN_COOKIES": "false"},
    "csrf-methods": {"JWT_CSRF_METHODS": '["DELETE"]'},
    "csrf-in-forms": {"JWT_CSRF_CHECK_FORM": "true"},
    "split-locations": {"JWT_ACCESS_TOKEN_LOCATION": '["headers"]', "JWT_REFRESH_TOKEN_LOCATION": '["cookies"]'},
    "cookies-first": {"JWT_TOKEN_LOCATION": '["cookies", "headers"]'},
    "message-key": {"JWT_ERROR_MESSAGE_KEY": "detail"},
    "status-422": {"JWT_INVALID_TOKEN_STATUS": "422"},
    "small-forms": {"JWT_CSRF_CHECK_FORM": "true", "JWT_MAX_BODY_SIZE": "1000"},
    "small": {"JWT_MAX_TOKEN_SIZE": "1000", "JWT_MAX_BODY_SIZE": "1500"},
    "no-refresh-here": {"JWT_IMPLICIT_REFRESH_ROUTE_EXCLUDE": '["/no-refresh-here/protected"]'},
    "no-refresh-of-get": {"JWT_IMPLICIT_REFRESH_METHOD_EXCLUDE": '["GET"]'},
    "logins-of-an-hour": {"JWT_IMPLICIT_REFRESH_MAX_AGE": "3600"},
    "short-logins": {"JWT_IMPLICIT_REFRESH_MAX_AGE": "900"},
    "sessions": {"JWT_SESSION_TRACKING": "true"},
    "explained": {"JWT_EXPLAIN_ERRORS": "true"},
    "explained-headers": {"JWT_EXPLAIN_ERRORS": "true", "JWT_TOKEN_LOCATION": "headers"},
    "explained-cookies": {
        "JWT_EXPLAIN_ERRORS": "true",
        "JWT_TOKEN_LOCATION": "cookies",
        "JWT_COOKIE_SECURE": "false",
        "JWT_COOKIE_SAMESITE": "strict",
        "JWT_COOKIE_DOMAIN": "service.example",
        "JWT_ACCESS_COOKIE_PATH": "/app",
        "JWT_CSRF_IN_COOKIES": "false",
        "JWT_CSRF_CHECK_FORM": "true",
    },
    "socket-locations": {"JWT_WEBSOCKET_TOKEN_LOCATION": '["subprotocol", "cookies"]'},
    "socket-origins": {"JWT_WEBSOCKET_ALLOWED_ORIGINS": '["https://app.example"]'},
}
# With a store of logins that both faces share.
STORED = {
    "stored-logins": {"JWT_TOKEN_LOCATION": "headers", "JWT_MAX_FAILED_LOGINS": "3"},
    # Each service answers from a copy of the revocations.
    "stored-logins-copied": {"JWT_TOKEN_LOCATION": "headers", "JWT_STORE_MAX_STALENESS": "0.1"},
    "stored-logins-in-cookies": {"JWT_TOKEN_LOCATION": "cookies"},
}
LOGIN_TYPES = {"admin-login": "admin", "user-login": "user"}


@functools.cache
def configurations() -> dict[str, dict[str, Any]]:
    by_algorithm = {algorithm: SHARED | _key_of(algorithm) for algorithm in ALGORITHMS}
    base = by_algorithm[BASE]
    environments = by_algorithm | {name: base | variation for name, variation in VARIATIONS.items()}
    environments |= dict.fromkeys(LOGIN_TYPES, base)
    environments |= {name: base | variation for name, variation in STORED.items()}
    return {
        name: {"environment": environment, "login_type": LOGIN_TYPES.get(name), "store": name in STORED}
        for name, environment in environments.items()
    }


def setting(configuration: str, name: str, default: str) -> str:
    value: str = configurations()[configuration]["environment"].get(name, default)
    return value


def _key_of(algorithm: str) -> dict[str, str]:
    if algorithm not in KEY_FILES:
        return {"JWT_ALGORITHM": algorithm, "JWT_SECRET_KEY": SECRET}
    file = ROOT / "tests" / "keys" / f"{KEY_FILES[algorithm]}.pkcs8.pem"
    return {"JWT_ALGORITHM": algorithm, "JWT_PRIVATE_KEY": file.read_text()}
