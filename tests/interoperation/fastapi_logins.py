"""The routes of a configuration whose logins are in a store that both faces share, as in `logins.rs` of `axum-service`."""

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response

from authx import (
    AuthX,
    Credentials,
    Identity,
    LoginTokens,
    Mail,
    PasswordReset,
    Renewal,
    SessionInfo,
    TokenPayload,
    Verification,
)


def service_with_logins(auth: AuthX[Any]) -> FastAPI:
    app = FastAPI()
    auth.handle_errors(app)
    access = auth.ACCESS_REQUIRED

    @auth.set_callback_renewal
    def renew(payload: TokenPayload) -> Renewal | bool:
        tenant = payload.extra_dict["tenant"]
        if tenant == 8:
            return Renewal(scopes=["c:d"], data={"tenant": 10})
        return bool(tenant != 9)

    def authenticate(given: Credentials) -> Identity | None:
        if given.password != "engine":
            return None
        return Identity(given.username, scopes=given.scopes, data={"tenant": 7})

    mails: list[str] = []

    def send(mail: Mail) -> None:
        if mail.username != "nobody":
            mails.append(mail.token_for(mail.username))

    def nothing(*given: str) -> None: ...

    app.include_router(
        auth.router(
            authenticate,
            prefix="/ready",
            clients={"gateway": "a secret of the gateway"},
            password_reset=PasswordReset(send, nothing, accepts=lambda password: len(password) >= 12),
            verification=Verification(send, nothing),
        )
    )

    @app.get("/mails")
    async def sent() -> list[str]:
        return mails

    @app.post("/login")
    async def login(request: Request, response: Response, tenant: int = 7) -> LoginTokens:
        return await auth.log_in("ada", scopes=["a:b"], data={"tenant": tenant}, request=request, response=response)

    @app.post("/ticket")
    async def ticket(payload: Annotated[TokenPayload, access]) -> str:
        return auth.create_token(payload.sub, type="ticket", expiry=60, once=True)

    @app.post("/use-ticket")
    async def use_ticket(payload: Annotated[TokenPayload, auth.token_required(type="ticket")]) -> str:
        return payload.sub

    @app.post("/refresh")
    async def refresh(request: Request, response: Response) -> LoginTokens:
        return await auth.refresh(request, response)

    @app.post("/plain-refresh")
    async def plain_refresh(payload: Annotated[TokenPayload, auth.REFRESH_REQUIRED]) -> str:
        return payload.sub

    @app.get("/limited", dependencies=[Depends(auth.rate_limit(2, 60, name="both faces"))])
    async def limited() -> None: ...

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
