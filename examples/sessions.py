"""Show a user where they are logged in, and log them out there."""

from typing import Annotated

from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel

from authx import AuthX, AuthXConfig, SessionInfo, TokenPayload, TokenResponse

app = FastAPI()
auth = AuthX(AuthXConfig(JWT_SESSION_TRACKING=True))  # the key comes from JWT_SECRET_KEY

Access = Annotated[TokenPayload, auth.ACCESS_REQUIRED]


class Login(BaseModel):
    name: str
    password: str


@app.post("/login")
async def login(given: Login, request: Request) -> TokenResponse:
    if given.password != "analytical-engine":  # ask your own users here
        raise HTTPException(401, "Unknown name or wrong password")
    session = await auth.create_session(given.name, request)
    return auth.create_token_pair(uid=given.name, fresh=True, session_id=session.session_id)


@app.post("/refresh")
def refresh(payload: Annotated[TokenPayload, auth.REFRESH_REQUIRED]) -> dict[str, str]:
    # Without `session_id`, the new token would stay valid after the session's end.
    return {"access_token": auth.create_access_token(uid=payload.sub, session_id=payload.sid)}


@app.get("/sessions")
async def sessions(payload: Access) -> list[SessionInfo]:
    return await auth.list_sessions(payload.sub)


@app.delete("/sessions/{session_id}")
async def log_out_there(session_id: str, payload: Access) -> None:
    session = await auth.get_session(session_id)
    if session is None or session.uid != payload.sub:
        raise HTTPException(404, "You have no such session")
    await auth.revoke_session(session_id)


@app.delete("/sessions")
async def log_out_everywhere(payload: Access) -> None:
    await auth.revoke_all_sessions(payload.sub)
