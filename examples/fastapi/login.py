"""Login, refresh, logout: the routes that issue and revoke tokens."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from authx import TokenPayload, TokenResponse

from security import auth, blocklist, find_user, login_of
from users import PasswordHash, log_in

router = APIRouter(tags=["login"])

RefreshCookie = Annotated[TokenPayload, Depends(auth.token_required(type="refresh", locations=["cookies"]))]


class Credentials(BaseModel):
    """The body of a login."""

    name: str = Field(max_length=100)
    password: str = Field(max_length=200)


class NewAccessToken(BaseModel):
    """The answer to a refresh."""

    access_token: str
    token_type: str = "bearer"


class NewPassword(BaseModel):
    """The body of a password change."""

    new_password: str = Field(min_length=12, max_length=200)


class Done(BaseModel):
    """A message for the user that says what was done."""

    message: str


@router.post("/auth/login")
def login(credentials: Credentials, response: Response) -> TokenResponse:
    """Check the password; answer with a fresh access token and a refresh token, as JSON and as cookies."""
    user = log_in(credentials.name, credentials.password)
    tokens = auth.create_token_pair(
        uid=user.name,
        fresh=True,
        access_scopes=user.scopes,
        data={"login": secrets.token_urlsafe(12)},
    )
    auth.set_access_cookies(tokens.access_token, response)
    auth.set_refresh_cookies(tokens.refresh_token, response)
    return tokens


@router.post("/auth/refresh")
def refresh(payload: RefreshCookie, response: Response) -> NewAccessToken:
    """Give a new access token, not a fresh one, for the refresh token in the cookie."""
    access_token = auth.create_access_token(
        uid=payload.sub,
        scopes=find_user(payload.sub).scopes,
        data={"login": login_of(payload)},
    )
    auth.set_access_cookies(access_token, response)
    return NewAccessToken(access_token=access_token)


@router.post("/auth/logout")
def logout(payload: RefreshCookie, response: Response) -> Done:
    """Revoke the refresh token and every access token of its login, and unset the cookies."""
    until = payload.expiry_datetime.timestamp()
    blocklist.revoke(payload.jti or "", until=until)
    blocklist.revoke(login_of(payload), until=until)
    auth.unset_cookies(response)
    return Done(message=f"{payload.sub} is logged out")


@router.post("/auth/revoke")
def revoke(
    payload: Annotated[TokenPayload, Depends(auth.token_required(locations=["headers"]))],
) -> Done:
    """Revoke the access token in the header. The other tokens of its login stay valid."""
    blocklist.revoke(payload.jti or "", until=payload.expiry_datetime.timestamp())
    return Done(message=f"Token {payload.jti} is revoked")


@router.post("/change-password")
def change_password(body: NewPassword, payload: Annotated[TokenPayload, auth.FRESH_REQUIRED]) -> Done:
    """Set a new password, until the service restarts. Requires a fresh token."""
    find_user(payload.sub).password = PasswordHash.of(body.new_password)
    return Done(message=f"The password of {payload.sub} is changed")
