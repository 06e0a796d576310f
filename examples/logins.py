"""A whole service: login, refresh, logout here and everywhere, the list of logins, and a route that needs a token."""

from typing import Annotated

from fastapi import FastAPI

from authx import AuthX, Credentials, Identity, TokenPayload

app = FastAPI()
auth = AuthX(store="sqlite:///auth.db")  # the key comes from JWT_SECRET_KEY


async def authenticate(given: Credentials) -> Identity | None:
    if given.username != "ada" or given.password != "analytical-engine":  # ask your own users here
        return None
    return Identity("ada", scopes=["reports:read"])  # and what this user may do


app.include_router(auth.router(authenticate))


@app.get("/me")
async def me(payload: Annotated[TokenPayload, auth.ACCESS_REQUIRED]) -> dict[str, str]:
    return {"user": payload.sub}
