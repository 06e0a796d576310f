"""The routes of a configuration whose logins are in a store that both faces share, as in `logins.rs` of `axum-service`."""

from typing import Annotated, Any

from fastapi import FastAPI, Request, Response

from authx import AuthX, LoginTokens, SessionInfo, TokenPayload


def service_with_logins(auth: AuthX[Any]) -> FastAPI:
    app = FastAPI()
    auth.handle_errors(app)
    access = auth.ACCESS_REQUIRED

    @app.post("/login")
    async def login(request: Request, response: Response) -> LoginTokens:
        return await auth.log_in("ada", scopes=["a:b"], data={"tenant": 7}, request=request, response=response)

    @app.post("/refresh")
    async def refresh(request: Request, response: Response) -> LoginTokens:
        return await auth.refresh(request, response)

    @app.post("/plain-refresh")
    async def plain_refresh(payload: Annotated[TokenPayload, auth.REFRESH_REQUIRED]) -> str:
        return payload.sub

    @app.post("/logout")
    async def logout(payload: Annotated[TokenPayload, access], response: Response) -> None:
        await auth.logout(payload, response)

    @app.post("/everywhere")
    async def everywhere(payload: Annotated[TokenPayload, access], response: Response) -> None:
        await auth.logout_everywhere(payload, response)

    @app.post("/elsewhere")
    async def elsewhere(payload: Annotated[TokenPayload, access]) -> None:
        await auth.logout_elsewhere(payload)

    @app.get("/logins")
    async def logins(payload: Annotated[TokenPayload, access]) -> list[SessionInfo]:
        return await auth.list_sessions(payload.sub)

    @app.get("/me")
    async def me(payload: Annotated[TokenPayload, access]) -> dict[str, Any]:
        return {"scopes": payload.scopes, "sub": payload.sub, "tenant": payload.extra_dict["tenant"]}

    return app
