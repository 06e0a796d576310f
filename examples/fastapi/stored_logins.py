"""Logins that a store keeps: refresh tokens that rotate, the list of one's logins, and a stolen token that is found out."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from authx import AuthX, LoginTokens, SessionInfo, TokenPayload

from login import Done
from security import auth, config, find_user
from settings import store_url

router = APIRouter(tags=["logins"])

stored: AuthX[None] = AuthX(
    config.model_copy(
        update={
            "JWT_TOKEN_LOCATION": ["headers"],
            "JWT_ACCESS_TOKEN_EXPIRES": timedelta(minutes=15),
            # So that a used token counts as stolen at once. A service leaves clients the time to ask again.
            "JWT_REFRESH_GRACE": timedelta(0),
        }
    ),
    login_type="stored",
    store=store_url(),
)

Stored = Annotated[TokenPayload, stored.ACCESS_REQUIRED]


@router.post("/logins")
async def begin_login(
    request: Request,
    payload: Annotated[TokenPayload, Depends(auth.token_required(locations=["headers"]))],
) -> LoginTokens:
    """Begin a login of this user that the store keeps."""
    user = find_user(payload.sub)
    return await stored.log_in(user.name, scopes=user.scopes, request=request)


@router.post("/logins/refresh")
async def refresh_login(tokens: Annotated[LoginTokens, stored.ROTATED]) -> LoginTokens:
    """Use up the refresh token in the header, and give its successors. One that was used before ends the login."""
    return tokens


@router.get("/logins")
async def list_logins(payload: Stored) -> list[SessionInfo]:
    """List the user's logins."""
    return await stored.list_sessions(payload.sub)


@router.delete("/logins")
async def end_other_logins(payload: Stored) -> Done:
    """End the user's other logins."""
    await stored.logout_elsewhere(payload)
    return Done(message=f"All other logins of {payload.sub} are ended")
