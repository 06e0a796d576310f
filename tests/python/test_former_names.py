"""Private names of `authx` 1.7.1 that applications use work, and the warning names the public one."""

import importlib
import sys
from datetime import timedelta
from typing import Any

import pytest
from fastapi import Depends, FastAPI, WebSocket

from authx import AuthX, AuthXConfig, TokenPayload, sessions
from authx.exceptions import TokenExpiredError, TokenInvalidAudienceError, TokenInvalidIssuerError
from authx.testing import FrozenClock
from tests.python.conftest import SECRET, Client


def test_the_settings(auth: Any) -> None:
    with pytest.warns(DeprecationWarning, match=r"AuthX\._config is private: use config") as warned:
        assert auth._config is auth.config
    assert warned[0].filename == __file__

    config = AuthXConfig(JWT_SECRET_KEY=SECRET, JWT_HEADER_TYPE="Token")
    with pytest.warns(DeprecationWarning, match="use load_config"):
        auth._config = config
    assert auth.config is config


def decode(auth: Any, token: str, **options: Any) -> TokenPayload:
    with pytest.warns(DeprecationWarning, match="use verify_token") as warned:
        payload: TokenPayload = auth._decode_token(token, **options)
    assert warned[0].filename == __file__
    return payload


def test_decoding_a_token(auth: AuthX[Any]) -> None:
    for token in (auth.create_access_token("ada", data={"role": "author"}), auth.create_refresh_token("ada")):
        payload = decode(auth, token)
        assert isinstance(payload, TokenPayload)
        assert payload.sub == "ada"
    with FrozenClock() as clock:
        token = auth.create_access_token("ada")
        clock.advance(hours=1)
        with pytest.raises(TokenExpiredError):
            decode(auth, token)
        assert decode(auth, token, verify=False).sub == "ada"


def test_decoding_a_token_for_an_audience_and_of_an_issuer(make_auth: Any) -> None:
    auth = make_auth(JWT_ENCODE_ISSUER="us")
    token = auth.create_access_token("ada", audience="shop")

    assert decode(auth, token, audience="shop").aud == "shop"
    assert decode(auth, token, audience=["shop", "bank"], issuer="us").iss == "us"
    for audience in (None, "bank"):
        with pytest.raises(TokenInvalidAudienceError):
            decode(auth, token, audience=audience)
    with pytest.raises(TokenInvalidIssuerError):
        decode(auth, token, audience="shop", issuer="them")
    assert auth.config.JWT_DECODE_AUDIENCE is None


def test_the_token_of_a_websocket(app: FastAPI, client: Client, auth: Any) -> None:
    @app.websocket("/events")
    async def events(websocket: WebSocket, payload: TokenPayload = Depends(auth._ws_auth_required)) -> None:
        await websocket.accept()
        await websocket.send_text(payload.sub)

    with pytest.warns(DeprecationWarning, match="use WS_AUTH_REQUIRED"):
        sent = client.websocket("/events", token=auth.create_access_token("ada"))
    assert sent[1]["text"] == "ada"
    with pytest.warns(DeprecationWarning, match="use WS_AUTH_REQUIRED"):
        assert client.websocket("/events")[0]["status"] == 401


@pytest.mark.parametrize("type", ["access", "refresh"])
def test_the_claims_of_a_token_to_be(auth: Any, type: Any) -> None:
    with FrozenClock() as clock, pytest.warns(DeprecationWarning, match="use create_access_token or") as warned:
        payload = auth._create_payload("ada", type, True, timedelta(minutes=5), {"role": "author"}, "shop", ["a"])
    assert warned[0].filename == __file__
    assert isinstance(payload, TokenPayload)
    assert (payload.sub, payload.type, payload.aud, payload.scopes) == ("ada", type, "shop", ["a"])
    assert payload.fresh is (type == "access")
    assert payload.extra_dict == {"role": "author"}
    assert payload.expiry_datetime.timestamp() == clock.now.timestamp() + 300
    with (
        pytest.warns(DeprecationWarning, match="_create_payload"),
        pytest.raises(TypeError, match="no parameter 'scope'; did you mean 'scopes'"),
    ):
        auth._create_payload("ada", type, scope="a")


@pytest.mark.parametrize("name", ["InMemorySessionStore", "SessionInfo"])
def test_the_session_store_in_memory(name: str) -> None:
    scope: dict[str, Any] = {}
    with pytest.warns(DeprecationWarning, match=f"import {name} from authx.sessions") as warned:
        exec(compile(f"from authx._internal._session import {name}", __file__, "exec"), scope)
    assert scope[name] is getattr(sessions, name)
    assert warned[0].filename == __file__


def test_no_other_name_is_there_and_importing_the_package_warns_of_nothing() -> None:
    module = importlib.import_module("authx._internal._session")
    with pytest.raises(AttributeError, match="no attribute 'get_uuid'"):
        module.get_uuid  # noqa: B018
    assert "authx._internal._session" in sys.modules
