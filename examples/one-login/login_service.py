"""Logs users in. `reports_service.rs` accepts the tokens."""

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from authx import AuthX, TokenResponse

app = FastAPI()
auth = AuthX()


class Login(BaseModel):
    name: str
    password: str


@app.post("/login")
def login(given: Login) -> TokenResponse:
    if given != Login(name="ada", password="analytical-engine"):  # ask your own users here
        raise HTTPException(401, "Unknown name or wrong password")
    return auth.create_token_pair(uid=given.name, fresh=True, access_scopes=["reports:*"])
