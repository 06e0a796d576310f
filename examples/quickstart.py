"""Log in, call a protected route, renew the access token."""

from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel

from authx import AuthX, TokenPayload, TokenResponse

app = FastAPI()
auth = AuthX()  # reads JWT_SECRET_KEY and the other JWT_* settings from the environment
auth.handle_errors(app)


class Login(BaseModel):
    name: str
    password: str


@app.post("/login")
def login(given: Login) -> TokenResponse:
    if given != Login(name="ada", password="analytical-engine"):  # ask your own users here
        raise HTTPException(401, "Unknown name or wrong password")
    scopes = ["reports:*"]  # and what this user may do
    return auth.create_token_pair(uid=given.name, fresh=True, access_scopes=scopes, refresh_scopes=scopes)


@app.post("/refresh")
def refresh(payload: Annotated[TokenPayload, auth.REFRESH_REQUIRED]) -> dict[str, str]:
    return {"access_token": auth.create_access_token(uid=payload.sub, scopes=payload.scopes)}


@app.get("/me")
def me(payload: Annotated[TokenPayload, auth.ACCESS_REQUIRED]) -> dict[str, str]:
    return {"user": payload.sub}


@app.get("/reports")
def reports(payload: Annotated[TokenPayload, Depends(auth.scopes_required("reports:read"))]) -> list[str]:
    return [f"What {payload.sub} may read"]


@app.post("/password")
def change_password(payload: Annotated[TokenPayload, auth.FRESH_REQUIRED]) -> dict[str, str]:
    return {"changed": payload.sub}  # only with a token from a login, not from a refresh
