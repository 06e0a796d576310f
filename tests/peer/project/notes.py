"""A service for notes, written for `authx` 1.7.1.

It has to run unchanged on our package: it uses only what `authx` 1.7.1 has, as its users do.
"""

from typing import Any

from authx import AuthX, AuthXConfig, AuthXDependency, RequestToken, TokenPayload
from authx.exceptions import MissingTokenError
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

config = AuthXConfig(JWT_ALGORITHM="HS256", JWT_SECRET_KEY="a secret of the notes service, 32 bytes and more")
config.JWT_TOKEN_LOCATION = ["headers", "cookies"]
config.JWT_ACCESS_COOKIE_NAME = "notes_access"
config.JWT_REFRESH_COOKIE_PATH = "/session"
config.JWT_REFRESH_CSRF_COOKIE_PATH = "/session"
config.JWT_COOKIE_SECURE = False
config.JWT_COOKIE_SAMESITE = "strict"

auth: AuthX[dict[str, Any]] = AuthX(config=config)

USERS: dict[str, dict[str, Any]] = {
    "1": {"name": "ada", "password": "engine", "scopes": ["notes:read", "notes:write"]},
    "2": {"name": "bob", "password": "builder", "scopes": ["notes:read"]},
    "3": {"name": "eve", "password": "listener", "scopes": ["admin:*"]},
}
NOTES: dict[str, list[str]] = {"1": ["the first note"], "2": []}
REVOKED: set[str] = set()


@auth.set_callback_token_blocklist
def is_revoked(token: str) -> bool:
    return token in REVOKED


@auth.set_callback_get_model_instance
def find_user(uid: str) -> dict[str, Any] | None:
    return USERS.get(uid)


class Credentials(BaseModel):
    name: str
    password: str


class Note(BaseModel):
    text: str


app = FastAPI()
auth.handle_errors(app)
app.middleware("http")(auth.implicit_refresh_middleware)


@app.exception_handler(MissingTokenError)
async def ask_for_login(request: Request, error: MissingTokenError) -> JSONResponse:
    return JSONResponse({"detail": "log in first"}, status_code=401)


def uid_of(credentials: Credentials) -> str:
    for uid, user in USERS.items():
        if (user["name"], user["password"]) == (credentials.name, credentials.password):
            return uid
    raise HTTPException(401, detail={"message": "Bad credentials"})


@app.post("/login")
def login(credentials: Credentials, response: Response) -> dict[str, str]:
    uid = uid_of(credentials)
    access = auth.create_access_token(uid, fresh=True, scopes=USERS[uid]["scopes"], data={"name": credentials.name})
    refresh = auth.create_refresh_token(uid)
    auth.set_access_cookies(access, response)
    auth.set_refresh_cookies(refresh, response)
    return {"access_token": access, "refresh_token": refresh}


session = APIRouter(prefix="/session")


@session.post("/refresh")
async def refresh(
    payload: TokenPayload = Depends(auth.refresh_token_required), deps: AuthXDependency = Depends(auth.get_dependency)
) -> dict[str, str]:
    access = deps.create_access_token(payload.sub, scopes=USERS[payload.sub]["scopes"])
    deps.set_access_cookies(access)
    return {"access_token": access}


@session.post("/logout")
async def logout(request: Request, response: Response) -> dict[str, bool]:
    token: RequestToken = await auth.get_access_token_from_request(request)
    auth.verify_token(token, verify_csrf=False)
    REVOKED.add(token.token)
    auth.unset_cookies(response)
    return {"logged_out": True}


app.include_router(session)


@app.get("/me")
async def me(user: dict[str, Any] = Depends(auth.get_current_subject)) -> dict[str, Any]:
    return {"name": user["name"]}


@app.get("/notes", dependencies=[Depends(auth.access_token_required)])
async def read_notes(payload: TokenPayload = Depends(auth.scopes_required("notes:read"))) -> list[str]:
    return NOTES[payload.sub]


@app.post("/notes", status_code=201)
async def write_note(note: Note, payload: TokenPayload = Depends(auth.scopes_required("notes:write"))) -> list[str]:
    NOTES[payload.sub].append(note.text)
    return NOTES[payload.sub]


@app.get("/admin/users")
async def users(payload: TokenPayload = Depends(auth.scopes_required("admin:users", "owner", all_required=False))):
    return sorted(user["name"] for user in USERS.values())


@app.post("/password")
async def change_password(payload: TokenPayload = auth.FRESH_REQUIRED) -> dict[str, str]:
    return {"changed": payload.sub}


@app.get("/token")
async def show_token(token: RequestToken = Depends(auth.get_token_from_request)) -> dict[str, Any]:
    payload = auth.verify_token(token)
    return {"location": token.location, "type": payload.type, "sub": payload.sub, "name": payload.name}
