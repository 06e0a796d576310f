"""One-off tokens: accepted once, of all requests and in all processes that share the store."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, WebSocket
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketDenialResponse

from authx import AuthX, AuthXConfig, TokenPayload
from authx.exceptions import AuthXException, BadConfigurationError
from authx.token import decode_token
from tests.python.conftest import SECRET

CONFIG: dict[str, Any] = {"JWT_SECRET_KEY": SECRET}


def app_of(auth: AuthX[Any]) -> FastAPI:
    app = FastAPI()
    auth.handle_errors(app)

    @app.post("/new-password")
    async def new_password(
        payload: Annotated[TokenPayload, auth.token_required(type="password_reset")],
        again: Annotated[TokenPayload, auth.token_required(type="password_reset", verify_csrf=False)],
    ) -> str:
        assert payload.jti == again.jti
        return payload.sub

    return app


def reset(auth: AuthX[Any], **options: Any) -> str:
    return auth.create_token("ada", type="password_reset", expiry=timedelta(minutes=15), **options)


def test_of_fifty_requests_one_gets_through(store_url: str) -> None:
    auth = AuthX(AuthXConfig(**CONFIG), store=store_url)
    headers = {"Authorization": f"Bearer {reset(auth, once=True)}"}
    with TestClient(app_of(auth)) as client, ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: client.post("/new-password", headers=headers), range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 49
    assert {answer.json()["error_type"] for answer in answers if answer.status_code == 401} == {"RevokedTokenError"}


def test_two_services_share_the_use_by_their_file(tmp_path: Path) -> None:
    services = [AuthX(AuthXConfig(**CONFIG), store=f"sqlite:///{tmp_path / 'auth.db'}") for _ in range(2)]
    headers = {"Authorization": f"Bearer {reset(services[0], once=True)}"}
    statuses = [TestClient(app_of(auth)).post("/new-password", headers=headers).status_code for auth in services]
    assert statuses == [200, 401]


def test_a_token_for_any_number_of_uses_stays_one() -> None:
    auth = AuthX(AuthXConfig(**CONFIG), store="memory://")
    token = reset(auth)
    assert not decode_token(token, SECRET)["jti"].startswith("once:")
    client = TestClient(app_of(auth))
    for _ in range(2):
        assert client.post("/new-password", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_by_hand_it_is_used_up_as_well() -> None:
    auth = AuthX(AuthXConfig(**CONFIG), store="memory://")
    app = FastAPI()

    @app.get("/")
    async def by_hand(token: str) -> str:
        try:
            return (await auth.verify(token, "ticket")).sub
        except AuthXException as error:
            return type(error).__name__

    client = TestClient(app)
    token = auth.create_token("ada", type="ticket", expiry=30, once=True)
    assert [client.get("/", params={"token": token}).json() for _ in range(2)] == ["ada", "RevokedTokenError"]


def test_without_a_store_it_is_neither_made_nor_accepted() -> None:
    auth = AuthX(AuthXConfig(**CONFIG))
    with pytest.raises(BadConfigurationError, match="once: a one-off token needs a store"):
        reset(auth, once=True)
    token = reset(AuthX(AuthXConfig(**CONFIG), store="memory://"), once=True)
    client = TestClient(app_of(auth), raise_server_exceptions=False)
    assert client.post("/new-password", headers={"Authorization": f"Bearer {token}"}).status_code == 500


def test_it_must_expire_and_is_no_refresh_token() -> None:
    auth = AuthX(AuthXConfig(**CONFIG, JWT_TOKEN_TYPES={"ticket": {"expires": None}}), store="memory://")
    with pytest.raises(ValueError, match="once: a one-off token must expire"):
        auth.create_token("ada", type="ticket", once=True)
    with pytest.raises(ValueError, match="once: a refresh token is exchanged"):
        auth.create_token("ada", type="refresh", once=True)
    with pytest.raises(TypeError, match="once: True or False is expected"):
        auth.create_token("ada", type="ticket", once="yes")  # type: ignore[arg-type]


def test_a_socket_that_was_opened_with_one_stays_open() -> None:
    auth = AuthX(
        AuthXConfig(**CONFIG, JWT_TOKEN_LOCATION=["headers"], JWT_WEBSOCKET_CHECK_INTERVAL=timedelta(milliseconds=50)),
        store="memory://",
    )
    app = FastAPI()

    @app.websocket("/events")
    async def events(websocket: WebSocket, payload: TokenPayload = auth.WS_AUTH_REQUIRED) -> None:
        await websocket.accept()
        async with auth.websocket_guard(websocket) as guard:
            async for _ in websocket.iter_text():
                await websocket.send_text(payload.sub)
        assert guard.error is None

    ticket = auth.create_token("ada", type="access", expiry=60, once=True)
    headers = {"Authorization": f"Bearer {ticket}"}
    client = TestClient(app)
    with client.websocket_connect("/events", headers=headers) as socket:
        # The guard verifies the token again meanwhile.
        for _ in range(20):
            socket.send_text("ping")
            assert socket.receive_text() == "ada"
    with pytest.raises(WebSocketDenialResponse) as denied, client.websocket_connect("/events", headers=headers):
        pass
    assert denied.value.status_code == 401
