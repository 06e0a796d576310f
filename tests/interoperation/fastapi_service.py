"""The FastAPI service of the interoperation tests: it has the same routes as `axum-service`, with the same answers.

Its argument is the path of a JSON file of named configurations; it serves the same routes under the name of each. The
first line that it prints is its port. It ends when its standard input is closed, so that it can't outlive the tests.
"""

import base64
import json
import os
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, Form, Request, Response, Security, WebSocket
from pydantic import BaseModel

from authx import AuthX, AuthXConfig, SessionInfo, TokenPayload, TokenResponse
from tests.interoperation.fastapi_logins import service_with_logins
from tests.interoperation.fastapi_policies import add_policies_and_limits

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class Login(BaseModel):
    """Who logs in, and the claims of the tokens."""

    name: str
    scopes: list[str]
    tenant: int


class User(BaseModel):
    name: str


class FolderSessions:
    """Sessions in a folder that both faces share, each in a JSON file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def create(self, session: SessionInfo) -> None:
        self._file(session.session_id).write_text(session.model_dump_json())

    async def get(self, session_id: str) -> SessionInfo | None:
        try:
            return SessionInfo.model_validate_json(self._file(session_id).read_text())
        except FileNotFoundError:
            return None

    async def update(self, session_id: str, **kwargs: Any) -> None:
        session = await self.get(session_id)
        if session is not None:
            await self.create(session.model_copy(update=kwargs))

    async def delete(self, session_id: str) -> None:
        self._file(session_id).unlink(missing_ok=True)

    async def list_by_user(self, uid: str) -> list[SessionInfo]:
        sessions = [SessionInfo.model_validate_json(file.read_text()) for file in self._folder.iterdir()]
        return [session for session in sessions if session.uid == uid]

    async def delete_all_by_user(self, uid: str) -> None:
        for session in await self.list_by_user(uid):
            await self.delete(session.session_id)

    def _file(self, session_id: str) -> Path:
        return self._folder / f"{session_id}.json"


def service(auth: AuthX[User]) -> FastAPI:
    """The routes of one configuration."""
    app = FastAPI()
    auth.handle_errors(app)
    app.middleware("http")(auth.implicit_refresh_middleware)
    # The tokens that a logout revoked, by their `jti`.
    revoked: set[str | None] = set()

    @auth.set_callback_token_blocklist
    def is_revoked(token: str) -> bool:
        # AuthX has verified the token, so its claims can be read without a check.
        claims = token.split(".")[1]
        payload = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        if payload.get("sub") == "unlucky":
            raise RuntimeError("the store is down")
        return payload["jti"] in revoked

    @auth.set_callback_get_model_instance
    def find_user(uid: str) -> User | None:
        if uid == "homeless":
            raise RuntimeError("the database is down")
        return User(name="Ada Lovelace") if uid == "ada" else None

    @app.post("/login")
    async def login(given: Login, response: Response) -> TokenResponse:
        session_id = None
        if auth.config.JWT_SESSION_TRACKING:
            session_id = (await auth.create_session(given.name)).session_id
        pair = auth.create_token_pair(
            uid=given.name,
            fresh=True,
            access_scopes=given.scopes,
            data={"tenant": given.tenant},
            session_id=session_id,
        )
        auth.set_access_cookies(pair.access_token, response)
        auth.set_refresh_cookies(pair.refresh_token, response)
        return pair

    @app.post("/refresh")
    def refresh(payload: Annotated[TokenPayload, auth.REFRESH_REQUIRED], response: Response) -> dict[str, str]:
        access = auth.create_access_token(uid=payload.sub, data=payload.extra_dict, session_id=payload.sid)
        auth.set_access_cookies(access, response)
        return {"access_token": access}

    @app.post("/logout")
    async def logout(payload: Annotated[TokenPayload, auth.ACCESS_REQUIRED], response: Response) -> str:
        if payload.sid is None:
            revoked.add(payload.jti)
        else:
            await auth.revoke_session(payload.sid)
        auth.unset_cookies(response)
        return "goodbye"

    @app.post("/logout-everywhere")
    async def logout_everywhere(payload: Annotated[TokenPayload, auth.ACCESS_REQUIRED]) -> int:
        """End all logins of the user."""
        sessions = await auth.list_sessions(payload.sub)
        await auth.revoke_all_sessions(payload.sub)
        return len(sessions)

    @app.api_route("/protected", methods=METHODS)
    def protected(payload: Annotated[TokenPayload, auth.ACCESS_REQUIRED]) -> dict[str, Any]:
        return seen(payload)

    @app.api_route("/fresh", methods=METHODS)
    def fresh(payload: Annotated[TokenPayload, auth.FRESH_REQUIRED]) -> dict[str, Any]:
        return seen(payload)

    @app.api_route("/optional", methods=METHODS)
    async def optional(payload: Annotated[TokenPayload | None, auth.ACCESS_OPTIONAL]) -> dict[str, Any] | None:
        return None if payload is None else seen(payload)

    @app.get("/me")
    def me(user: Annotated[User, auth.CURRENT_SUBJECT]) -> User:
        return user

    for path, scopes, all_required in (
        ("/scoped-all", ["users:read", "users:write"], True),
        ("/scoped-any", ["admin", "support"], False),
        ("/scoped-wildcard", ["admin:*"], True),
    ):

        @app.get(path)
        def scoped(
            payload: Annotated[TokenPayload, Depends(auth.scopes_required(*scopes, all_required=all_required))],
        ) -> dict[str, Any]:
            return seen(payload)

    @app.post("/echo", dependencies=[Depends(auth.ACCESS_REQUIRED)])
    async def echo(request: Request) -> Response:
        """Return the body unchanged, even if AuthX has read it before."""
        return Response(await request.body(), media_type="application/json")

    @app.post("/comment", dependencies=[Depends(auth.ACCESS_REQUIRED)])
    def comment(comment: Annotated[str, Form()]) -> dict[str, str]:
        return {"comment": comment}

    @app.websocket("/events")
    async def events(websocket: WebSocket, payload: Annotated[TokenPayload, auth.WS_AUTH_REQUIRED]) -> None:
        subprotocol = auth.websocket_subprotocol(websocket, "events.v1")
        await websocket.accept(subprotocol=subprotocol)
        await websocket.send_text(f"{payload.sub} {subprotocol or 'none'}")

    @app.websocket("/guarded-events")
    async def guarded_events(
        websocket: WebSocket, payload: Annotated[TokenPayload, Security(auth.WS_AUTH_REQUIRED, scopes=["admin:*"])]
    ) -> None:
        await websocket.accept(subprotocol=auth.websocket_subprotocol(websocket))
        async with auth.websocket_guard(websocket):
            await websocket.send_text(payload.sub)

    add_policies_and_limits(app, auth)
    return app


def seen(payload: TokenPayload) -> dict[str, Any]:
    """What a route reads from a token."""
    return {
        "sub": payload.sub,
        "type": payload.type,
        "fresh": payload.fresh,
        "aud": payload.aud,
        "scopes": payload.scopes,
        "tenant": payload.extra_dict["tenant"],
    }


def application(configurations: dict[str, Any], folder: Path) -> FastAPI:
    app = FastAPI()
    clock = {"now": 0.0}
    # Not freezegun: uvicorn and asyncio need a clock that goes on.
    time.time = lambda: clock["now"]

    @app.post("/clock")
    async def set_clock(request: Request) -> None:
        """Set the clock of all configurations to this time, in seconds since 1970."""
        clock["now"] = float(await request.body())

    for name, configuration in configurations.items():
        store = f"sqlite:///{folder / 'logins.db'}" if configuration["store"] else None
        before = dict(os.environ)
        os.environ.update(configuration["environment"])
        auth: AuthX[User] = AuthX(AuthXConfig(), login_type=configuration["login_type"], store=store)
        os.environ.clear()
        os.environ.update(before)
        if store is not None:
            app.mount(f"/{name}", service_with_logins(auth))
            continue
        auth.set_session_store(FolderSessions(folder / "sessions"))
        app.mount(f"/{name}", service(auth))
    return app


def listening() -> socket.socket:
    """Listen on both stacks where there are two: over IPv4 the client's address comes as IPv4-mapped IPv6 then."""
    if socket.has_dualstack_ipv6():
        return socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    return socket.create_server(("127.0.0.1", 0))


def main() -> None:
    file = Path(sys.argv[1])
    app = application(json.loads(file.read_text()), file.parent)
    with listening() as listener:
        print(listener.getsockname()[1], flush=True)
        server = uvicorn.Server(uvicorn.Config(app, ws="wsproto", log_level="error"))

        def end_with_the_tests() -> None:
            sys.stdin.read()
            server.should_exit = True

        threading.Thread(target=end_with_the_tests, daemon=True).start()
        server.run(sockets=[listener])


if __name__ == "__main__":
    main()
