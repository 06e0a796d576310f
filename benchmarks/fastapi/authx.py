"""The package that is imported as `authx`: ours in one interpreter, authx 1.7.1 in another."""

import base64
import json
from typing import Annotated, Any

from fastapi import Depends

import authx
from authx import AuthX, AuthXConfig, TokenPayload
from benchmarks.fastapi.contestant import CUSTOM_CLAIMS, SECRET, UNPROTECTED, Contestant, Route

CLAIMS: dict[str, Any] = {"scopes": ["users:read", "reports:*"], "data": CUSTOM_CLAIMS}

in_headers: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET))
in_cookies: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, JWT_TOKEN_LOCATION=["cookies"]))
in_both: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, JWT_TOKEN_LOCATION=["headers", "cookies"]))
in_four: AuthX[Any] = AuthX(
    AuthXConfig(JWT_SECRET_KEY=SECRET, JWT_TOKEN_LOCATION=["headers", "cookies", "json", "query"])
)
# Only ours has it.
CACHE: dict[str, Any] = {"JWT_VERIFICATION_CACHE_ENTRIES": 10_000}
HAS_CACHE = CACHE.keys() <= AuthXConfig.model_fields.keys()
with_cache: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, **(CACHE if HAS_CACHE else {})))


async def user(uid: str) -> dict[str, str]:
    return {"name": uid}


in_headers.set_callback_get_model_instance(user)


async def by_header(payload: TokenPayload = in_headers.ACCESS_REQUIRED) -> dict[str, str]:
    return {"user": payload.sub}


async def by_header_again(payload: TokenPayload = with_cache.ACCESS_REQUIRED) -> dict[str, str]:
    return {"user": payload.sub}


async def by_header_or_cookie(payload: TokenPayload = in_both.ACCESS_REQUIRED) -> dict[str, str]:
    return {"user": payload.sub}


async def by_four_locations(payload: TokenPayload = in_four.ACCESS_REQUIRED) -> dict[str, str]:
    return {"user": payload.sub}


async def by_cookie(payload: TokenPayload = in_cookies.ACCESS_REQUIRED) -> dict[str, str]:
    return {"user": payload.sub}


async def scoped(payload: Annotated[TokenPayload, Depends(in_headers.scopes_required("users:read"))]) -> dict[str, str]:
    return {"user": payload.sub}


async def current_subject(user: dict[str, str] = in_headers.CURRENT_SUBJECT) -> dict[str, str]:
    return {"user": user["name"]}


def create_token() -> str:
    return in_both.create_access_token("user123", **CLAIMS)


async def create_tokens(times: int) -> None:
    for _ in range(times):
        create_token()


def claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


TOKEN = create_token()
CONTESTANT = Contestant(
    name=f"authx {authx.__version__}",
    routes={
        **UNPROTECTED,
        "header": Route("GET", by_header),
        "both": Route("GET", by_header_or_cookie),
        "four": Route("GET", by_four_locations),
        "cookie": Route("GET", by_cookie),
        "csrf": Route("POST", by_cookie),
        "scoped": Route("GET", scoped),
        "subject": Route("GET", current_subject),
        **({"again": Route("GET", by_header_again)} if HAS_CACHE else {}),
    },
    token=TOKEN,
    cookie="access_token_cookie",
    create_tokens=create_tokens,
    csrf=claims_of(TOKEN)["csrf"],
)
