"""The peer fastapi-jwt, with Authlib, the backend that it prefers."""

import warnings
from importlib.metadata import version

from fastapi import Security

from benchmarks.fastapi.contestant import CUSTOM_CLAIMS, SECRET, UNPROTECTED, Contestant, Route

with warnings.catch_warnings():
    # It imports a deprecated module of Authlib, and Authlib overrides the filters to show that warning.
    warnings.showwarning = lambda *_, **__: None
    from fastapi_jwt import JwtAccessBearer, JwtAccessBearerCookie, JwtAccessCookie, JwtAuthorizationCredentials

SUBJECT = {"name": "user123", "scopes": ["users:read", "reports:*"], **CUSTOM_CLAIMS}

in_headers = JwtAccessBearer(SECRET)
in_cookies = JwtAccessCookie(SECRET)
in_both = JwtAccessBearerCookie(SECRET)


async def by_header(credentials: JwtAuthorizationCredentials = Security(in_headers)) -> dict[str, str]:
    return {"user": credentials["name"]}


async def by_header_or_cookie(credentials: JwtAuthorizationCredentials = Security(in_both)) -> dict[str, str]:
    return {"user": credentials["name"]}


async def by_cookie(credentials: JwtAuthorizationCredentials = Security(in_cookies)) -> dict[str, str]:
    return {"user": credentials["name"]}


async def create_tokens(times: int) -> None:
    for _ in range(times):
        in_headers.create_access_token(SUBJECT)


CONTESTANT = Contestant(
    name=f"fastapi-jwt {version('fastapi-jwt')}",
    routes={
        **UNPROTECTED,
        "header": Route("GET", by_header),
        "both": Route("GET", by_header_or_cookie),
        "cookie": Route("GET", by_cookie),
    },
    token=in_headers.create_access_token(SUBJECT),
    cookie="access_token_cookie",
    create_tokens=create_tokens,
)
