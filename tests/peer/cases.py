"""Settings, tokens and requests, drawn at random."""

import base64
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jwt
from hypothesis import strategies as st

KEYS = Path(__file__).parents[1] / "keys"
SECRET = "a secret that both packages know, for all of HS256, HS384 and HS512: 64 bytes"
PREVIOUS = "the secret before it, which both packages know as well, and it is 64 bytes"
CSRF = "the-csrf-value"

Case = dict[str, Any]
Draw = Any


def pem(name: str) -> str:
    return (KEYS / f"{name}.pem").read_text()


def keys_of(algorithm: str) -> dict[str, str]:
    if algorithm.startswith("HS"):
        return {"JWT_SECRET_KEY": SECRET}
    name = {"RS": "rsa", "ES": "p256", "Ed": "ed25519"}[algorithm[:2]]
    return {"JWT_PRIVATE_KEY": pem(f"{name}.pkcs8"), "JWT_PUBLIC_KEY": pem(f"{name}.spki")}


LOCATIONS = ["headers", "cookies", "json", "query"]

# The values that each setting may have, besides its default.
SETTINGS: dict[str, list[Any]] = {
    "JWT_HEADER_NAME": ["X-Token"],
    "JWT_HEADER_TYPE": ["Token", ""],
    "JWT_QUERY_STRING_NAME": ["t"],
    "JWT_JSON_KEY": ["jwt"],
    "JWT_REFRESH_JSON_KEY": ["renewal"],
    "JWT_ACCESS_COOKIE_NAME": ["access"],
    "JWT_REFRESH_COOKIE_NAME": ["refresh"],
    "JWT_ACCESS_COOKIE_PATH": ["/app"],
    "JWT_REFRESH_COOKIE_PATH": ["/renew"],
    "JWT_ACCESS_CSRF_COOKIE_NAME": ["csrf"],
    "JWT_ACCESS_CSRF_COOKIE_PATH": ["/app"],
    "JWT_ACCESS_CSRF_HEADER_NAME": ["X-Access-CSRF"],
    "JWT_REFRESH_CSRF_HEADER_NAME": ["X-Refresh-CSRF"],
    "JWT_COOKIE_CSRF_PROTECT": [False],
    "JWT_CSRF_IN_COOKIES": [False],
    "JWT_CSRF_METHODS": [["POST"], ["GET", "POST"]],
    "JWT_CSRF_CHECK_FORM": [True],
    "JWT_COOKIE_SECURE": [False],
    "JWT_COOKIE_HTTP_ONLY": [False],
    "JWT_COOKIE_SAMESITE": ["strict", "none"],
    "JWT_COOKIE_DOMAIN": ["service.example"],
    "JWT_COOKIE_MAX_AGE": [300],
    "JWT_ENCODE_ISSUER": ["us"],
    "JWT_DECODE_ISSUER": ["us", "them"],
    "JWT_DECODE_AUDIENCE": ["us", ["us", "others"]],
    "JWT_ACCESS_TOKEN_EXPIRES": [60],
    "JWT_REFRESH_TOKEN_EXPIRES": [120],
    "JWT_PREVIOUS_SECRET_KEY": [PREVIOUS],
    "JWT_IMPLICIT_REFRESH_ROUTE_EXCLUDE": [["/access"]],
    "JWT_IMPLICIT_REFRESH_ROUTE_INCLUDE": [["/access"]],
    "JWT_IMPLICIT_REFRESH_METHOD_EXCLUDE": [["GET"]],
    "JWT_IMPLICIT_REFRESH_METHOD_INCLUDE": [["GET"]],
    "JWT_IMPLICIT_REFRESH_DELTATIME": [7200],
}

ROUTES = [
    "access",
    "refresh",
    "fresh",
    "any-type",
    "without-csrf",
    "refresh-by-type",
    "from-query",
    "from-cookies",
    "all-scopes",
    "any-scope",
    "fresh-scope",
    "manager",
    "subject",
    "found",
    "by-hand",
    "login",
    "renew",
    "logout",
]


@st.composite
def settings(draw: Draw) -> dict[str, Any]:
    algorithm = draw(st.sampled_from(["HS256"] * 6 + ["HS512", "RS256", "ES256"]))
    chosen = draw(st.lists(st.sampled_from(sorted(SETTINGS)), max_size=6, unique=True))
    return {
        **({} if algorithm == "HS256" else {"JWT_ALGORITHM": algorithm, "JWT_DECODE_ALGORITHMS": [algorithm]}),
        **keys_of(algorithm),
        "JWT_TOKEN_LOCATION": draw(st.lists(st.sampled_from(LOCATIONS), min_size=1, unique=True)),
        **{name: draw(st.sampled_from(SETTINGS[name])) for name in chosen},
    }


def signed(
    claims: dict[str, Any], key: str | None, algorithm: str = "HS256", header: dict[str, Any] | None = None
) -> str:
    """A signed token with these claims, which may be of any type."""
    return jwt.PyJWS().encode(json.dumps(claims).encode(), key, algorithm, header)  # type: ignore[arg-type]


@st.composite
def tokens(draw: Draw, config: dict[str, Any], login_type: str | None) -> str:
    """A token, often a valid one."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "sub": draw(st.sampled_from(["ada", "bob", "nobody"])),
        "jti": "a-token",
        "type": draw(st.sampled_from(["access", "access", "access", "refresh"])),
        "iat": now - 60,
        "exp": now + 3600,
        "csrf": CSRF,
        "fresh": draw(st.booleans()),
    }
    if issuer := config.get("JWT_DECODE_ISSUER"):
        claims["iss"] = issuer
    if audience := config.get("JWT_DECODE_AUDIENCE"):
        claims["aud"] = draw(st.sampled_from(["us", ["us", "somebody"]])) if audience else None
    if login_type is not None:
        claims["login_type"] = login_type
    if draw(st.booleans()):
        claims["scopes"] = draw(
            st.sampled_from([["users:read"], ["users:read", "users:write"], ["users:*"], ["admin"], ["admin:x"], []])
        )
    algorithm = config.get("JWT_ALGORITHM", "HS256")
    key = config.get("JWT_SECRET_KEY") or config["JWT_PRIVATE_KEY"]
    header: dict[str, Any] = {}

    match draw(st.sampled_from(["good"] * 12 + FAULTS)):
        case "expired":
            claims["exp"] = now - 600
        case "not yet":
            claims["nbf"] = now + 600
        case "issued later":
            claims["iat"] = now + 600
        case "another key":
            key, algorithm = "a secret that neither of the two packages knows, with 64 bytes and a few", "HS256"
        case "previous key":
            key, algorithm = PREVIOUS, "HS256"
        case "another algorithm":
            algorithm = {"HS256": "HS384", "RS256": "PS256"}.get(algorithm, algorithm)
        case "none":
            algorithm, key = "none", None
        case "another issuer":
            claims["iss"] = "somebody"
        case "another audience":
            claims["aud"] = "somebody"
        case "without a claim":
            del claims[draw(st.sampled_from(sorted({"sub", "jti", "iat", "exp", "csrf", "fresh", "type"})))]
        case "another type":
            claims["type"] = draw(st.sampled_from(["id", "", "ACCESS"]))
        case "another login":
            claims["login_type"] = "operator"
        case "odd claim":
            claims[draw(st.sampled_from(sorted(claims)))] = draw(st.sampled_from([None, 5, [], {}, "x", True]))
        case "kid":
            header["kid"] = "one"
        case "extra claims":
            claims |= {"tenant": {"id": 7}, "role": "author", "sid": "a-session"}
        case "near its end":
            claims["exp"] = now + 300
        case "garbage":
            return str(draw(st.sampled_from(["x", "a.b", "a.b.c", "a.b.c.d", "..", "e30.e30.", "null", "ä.ö.ü"])))
        case "tampered":
            good = signed(claims, key, algorithm, header)
            head, _, signature = good.split(".")
            changed = base64.urlsafe_b64encode(json.dumps(claims | {"sub": "root"}).encode()).decode().rstrip("=")
            return f"{head}.{changed}.{signature}"
        case "padded":
            return signed(claims, key, algorithm) + "="
    return signed(claims, key, algorithm, header)


FAULTS = [
    "expired",
    "not yet",
    "issued later",
    "another key",
    "previous key",
    "another algorithm",
    "none",
    "another issuer",
    "another audience",
    "without a claim",
    "without a claim",
    "another type",
    "another login",
    "odd claim",
    "odd claim",
    "kid",
    "extra claims",
    "near its end",
    "near its end",
    "garbage",
    "tampered",
    "padded",
]


@st.composite
def requests(draw: Draw, config: dict[str, Any], pool: list[str]) -> Case:
    token = st.sampled_from(pool)
    headers: list[tuple[str, str]] = []
    query = body = ""
    places = draw(st.sets(st.sampled_from([*config["JWT_TOKEN_LOCATION"], *LOCATIONS]), max_size=2))

    if "headers" in places:
        scheme = config.get("JWT_HEADER_TYPE", "Bearer")
        template = draw(st.sampled_from(["{} {}"] * 8 + ["{}  {}", "{}{}", "Basic {1}", "{1}", "{}", "{} {} x", ""]))
        headers.append((config.get("JWT_HEADER_NAME", "Authorization"), template.format(scheme, draw(token)).strip()))
    cookies = []
    if "cookies" in places:
        names = [
            config.get("JWT_ACCESS_COOKIE_NAME", "access_token_cookie"),
            config.get("JWT_REFRESH_COOKIE_NAME", "refresh_token_cookie"),
        ]
        for name in draw(st.lists(st.sampled_from(names), min_size=1, max_size=2)):
            cookies.append(f"{name}={quote(draw(token), safe='.')}")
    if draw(st.integers(0, 9)) == 0:
        cookies.append("other=1")
    if cookies:
        headers.append(("Cookie", "; ".join(cookies)))
    if "query" in places:
        name = config.get("JWT_QUERY_STRING_NAME", "token")
        query = f"{name}={quote(draw(token), safe='.')}" + draw(st.sampled_from(["", "", "&a=1", f"&{name}=x"]))
    method = draw(st.sampled_from(["GET", "POST", "POST", "PUT", "DELETE"]))
    if "json" in places:
        names = [config.get("JWT_JSON_KEY", "access_token"), config.get("JWT_REFRESH_JSON_KEY", "refresh_token")]
        content = draw(
            st.sampled_from([{names[0]: draw(token)}, {names[1]: draw(token)}, {names[0]: None}, {}, [], "x", 5])
        )
        body = json.dumps(content) if draw(st.integers(0, 9)) else draw(st.sampled_from(["", "{", "null"]))
        headers.append(("Content-Type", draw(st.sampled_from(["application/json"] * 6 + ["text/plain", ""]))))
    elif config.get("JWT_CSRF_CHECK_FORM") and draw(st.booleans()):
        body = draw(st.sampled_from([f"csrf_token={CSRF}", "csrf_token=x", "a=1"]))
        headers.append(("Content-Type", "application/x-www-form-urlencoded"))
    if body:
        headers.append(("Content-Length", str(len(body))))
    if draw(st.integers(0, 2)):
        name = draw(
            st.sampled_from(
                [
                    config.get("JWT_ACCESS_CSRF_HEADER_NAME", "X-CSRF-TOKEN"),
                    config.get("JWT_REFRESH_CSRF_HEADER_NAME", "X-CSRF-TOKEN"),
                ]
            )
        )
        headers.append((name, draw(st.sampled_from([CSRF] * 4 + ["x", ""]))))
    path = "/" + draw(st.sampled_from(ROUTES))
    if path in ("/login", "/renew", "/logout"):
        method = "POST"
    return {"method": method, "path": path, "headers": headers, "query": query, "body": body}


@st.composite
def cases(draw: Draw) -> Case:
    """Settings, and requests to a service with these settings."""
    config = draw(settings())
    login_type = draw(st.sampled_from([None, None, "user"]))
    pool = draw(st.lists(tokens(config, login_type), min_size=1, max_size=4))
    return {
        "settings": config,
        "login_type": login_type,
        "blocked": draw(st.lists(st.sampled_from(pool), max_size=1)) if draw(st.integers(0, 3)) == 0 else [],
        "requests": draw(st.lists(requests(config, pool), min_size=1, max_size=12)),
    }
