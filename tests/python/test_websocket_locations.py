"""WebSockets have locations of their own, among them a subprotocol, and scopes."""

import asyncio
import itertools
import json
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Security, WebSocket
from pydantic import ValidationError

from authx import AuthManager, AuthXConfig, PolicyRule, RequestToken, TokenPayload
from authx.exceptions import BadConfigurationError

PROTOCOL = "sec-websocket-protocol"


@pytest.fixture
def auth(make_auth: Any) -> Any:
    return make_auth(login_type="user", JWT_WEBSOCKET_TOKEN_LOCATION=["subprotocol"])


def offering(*names: str) -> dict[str, str]:
    return {PROTOCOL: ", ".join(names)}


def refusal(sent: list[dict[str, Any]]) -> tuple[int, str]:
    return sent[0]["status"], json.loads(sent[1]["body"])["error_type"]


def test_a_page_sends_its_token_as_a_subprotocol_and_the_answer_selects_bearer(
    app: FastAPI, client: Any, auth: Any
) -> None:
    @app.websocket("/")
    async def events(websocket: WebSocket, payload: Annotated[TokenPayload, auth.WS_AUTH_REQUIRED]) -> None:
        await websocket.accept(subprotocol=auth.websocket_subprotocol(websocket))
        await websocket.send_text(payload.sub)

    token = auth.create_access_token("ada")

    accepted, message = client.websocket("/", headers=offering("bearer", token))[:2]

    assert (accepted["subprotocol"], message["text"]) == ("bearer", "ada")
    assert refusal(client.websocket("/", token=token)) == (401, "MissingTokenError"), (
        "a header is none of the locations"
    )
    assert refusal(client.websocket("/", headers=offering("bearer", token + "x"))) == (
        401,
        "TokenInvalidSignatureError",
    )


@pytest.mark.parametrize(
    ("offered", "own", "selected"),
    [
        (["bearer", "TOKEN"], [], "bearer"),
        (["bearer", "TOKEN"], ["chat"], "bearer"),
        (["bearer", "TOKEN"], ["TOKEN"], "bearer"),
        (["chat.v1", "bearer", "TOKEN", "chat.v2"], ["chat.v2", "chat.v1"], "chat.v2"),
        (["chat"], [], None),
        ([], ["chat"], None),
    ],
)
def test_the_answer_selects_an_own_subprotocol_or_bearer_and_never_the_token(
    auth: Any, offered: list[str], own: list[str], selected: str | None
) -> None:
    token = auth.create_access_token("ada")
    offered, own = ([token if name == "TOKEN" else name for name in names] for names in (offered, own))
    headers = [(PROTOCOL.encode(), name.encode()) for name in offered]
    websocket = WebSocket({"type": "websocket", "headers": headers}, None, None)  # type: ignore[arg-type]

    assert auth.websocket_subprotocol(websocket, *own) == selected


def test_wrong_arguments_are_named(auth: Any) -> None:
    websocket = WebSocket({"type": "websocket", "headers": []}, None, None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"own: .* list"):
        auth.websocket_subprotocol(websocket, ["chat"])
    with pytest.raises(TypeError, match=r"websocket: .*, not str"):
        auth.websocket_subprotocol("chat")


@pytest.mark.parametrize("place", [0, -1])
def test_an_application_that_selects_by_place_does_not_send_the_token_back(
    app: FastAPI, client: Any, auth: Any, place: int
) -> None:
    @app.websocket("/")
    async def events(websocket: WebSocket, payload: Any = auth.WS_AUTH_REQUIRED) -> None:
        await websocket.accept(subprotocol=websocket.scope["subprotocols"][place])

    token = auth.create_access_token("ada")

    for offered in (["bearer", token], [token, "bearer", token]):
        (accepted, *_) = client.websocket("/", headers=offering(*offered))
        assert accepted["subprotocol"] == "bearer"


def test_a_server_may_have_the_subprotocols_in_the_scope_alone(app: FastAPI, client: Any, auth: Any) -> None:
    @app.websocket("/", dependencies=[Depends(auth.access_token_required)])
    async def events(websocket: WebSocket, payload: Any = auth.WS_AUTH_REQUIRED) -> None:
        assert websocket.scope["subprotocols"] == ["chat", "bearer"]
        await websocket.accept(subprotocol=auth.websocket_subprotocol(websocket))
        async with auth.websocket_guard(websocket):
            await websocket.send_text(payload.sub)

    accepted, message = client.websocket("/", subprotocols=["chat", "bearer", auth.create_access_token("ada")])[:2]

    assert (accepted["subprotocol"], message["text"]) == ("bearer", "ada")
    assert refusal(client.websocket("/", subprotocols=["bearer"])) == (401, "MissingTokenError")


def test_a_subprotocol_that_is_no_location_is_left_to_the_application(
    app: FastAPI, client: Any, make_auth: Any
) -> None:
    auth = make_auth()

    @app.websocket("/")
    async def events(websocket: WebSocket, payload: Any = auth.WS_AUTH_REQUIRED) -> None:
        await websocket.accept(subprotocol=websocket.scope["subprotocols"][1])

    sent = client.websocket("/", token=auth.create_access_token("ada"), headers=offering("bearer", "chat"))

    assert sent[0]["subprotocol"] == "chat"


@pytest.mark.parametrize(
    "named",
    [
        "WS_AUTH_REQUIRED",
        "access_token_required",
        "fresh_token_required",
        "token_required",
        "token_optional",
        "scopes_required",
        "rate_limited",
        "CURRENT_SUBJECT",
        "manager",
        "manager's policy",
        "by hand",
        "found and verified",
        "guard",
    ],
)
def test_every_entry_point_looks_in_the_locations_of_sockets(app: FastAPI, client: Any, auth: Any, named: str) -> None:
    auth.set_subject_getter(lambda uid: uid)
    manager = AuthManager()
    manager.register(auth)
    manager.add_policy_rule(PolicyRule(effect="allow", actions=["read"], resources=["all"]))

    async def found_and_verified(websocket: WebSocket) -> None:
        found = await auth.get_access_token_from_request(websocket)
        assert found.location == "subprotocol"
        await auth.verify(found)

    async def guard(websocket: WebSocket) -> None:
        async with auth.websocket_guard(websocket):
            pass

    async def by_hand(websocket: WebSocket) -> None:
        await auth.access_token_required(websocket)

    dependency: Any = {
        "WS_AUTH_REQUIRED": auth.WS_AUTH_REQUIRED,
        "access_token_required": auth.access_token_required,
        "fresh_token_required": auth.fresh_token_required,
        "token_required": auth.token_required(),
        "token_optional": auth.token_optional(),
        "scopes_required": auth.scopes_required("events:read"),
        "rate_limited": auth.rate_limited(),
        "CURRENT_SUBJECT": auth.CURRENT_SUBJECT,
        "manager": manager.access_token_required("user"),
        "manager's policy": manager.policy_required("user", "read", "all"),
        "by hand": by_hand,
        "found and verified": found_and_verified,
        "guard": guard,
    }[named]
    auth.handle_errors(app)

    @app.websocket("/")
    async def events(websocket: WebSocket, checked: Any = Depends(dependency)) -> None:
        await websocket.accept(subprotocol=auth.websocket_subprotocol(websocket))

    token = auth.create_access_token("ada", fresh=True, scopes=["events:read"])

    assert client.websocket("/", headers=offering("bearer", token))[0] == {
        "type": "websocket.accept",
        "subprotocol": "bearer",
        "headers": [],
    }
    forged = client.websocket("/", headers=offering("bearer", token + "x"))
    assert refusal(forged) == (401, "TokenInvalidSignatureError")
    if named != "token_optional":
        assert refusal(client.websocket("/", token=token)) == (401, "MissingTokenError")


def test_requests_keep_their_own_locations(app: FastAPI, client: Any, auth: Any) -> None:
    @app.get("/")
    def protected(payload: Any = auth.ACCESS_REQUIRED) -> str:
        return str(payload.sub)

    token = auth.create_access_token("ada")

    assert client.get("/", token=token).json() == "ada"
    assert client.get("/", headers=offering("bearer", token)).json()["error_type"] == "MissingTokenError"


def test_a_subprotocol_needs_no_trusted_origin_and_a_cookie_does(app: FastAPI, client: Any, make_auth: Any) -> None:
    auth = make_auth(JWT_WEBSOCKET_TOKEN_LOCATION=["subprotocol", "cookies"])

    @app.websocket("/")
    async def events(websocket: WebSocket, payload: Any = auth.WS_AUTH_REQUIRED) -> None:
        await websocket.accept(subprotocol=auth.websocket_subprotocol(websocket))

    token = auth.create_access_token("ada")
    foreign = {"origin": "https://evil.example"}

    assert client.websocket("/", headers=foreign | offering("bearer", token))[0]["type"] == "websocket.accept"
    by_cookie = client.websocket("/", headers=foreign, cookies={"access_token_cookie": token})
    assert refusal(by_cookie) == (401, "ForeignOriginError")


def test_a_socket_can_require_scopes(app: FastAPI, client: Any, auth: Any) -> None:
    @app.websocket("/security")
    async def security(
        websocket: WebSocket, payload: Annotated[Any, Security(auth.WS_AUTH_REQUIRED, scopes=["events:read"])]
    ) -> None:
        await websocket.accept(subprotocol=auth.websocket_subprotocol(websocket))

    @app.websocket("/depends", dependencies=[Depends(auth.scopes_required("events:read", "admin", all_required=False))])
    async def depends(websocket: WebSocket) -> None:
        await websocket.accept(subprotocol=auth.websocket_subprotocol(websocket))

    for path in ("/security", "/depends"):
        for scope, accepted in (("events:*", True), ("users:read", False)):
            sent = client.websocket(path, headers=offering("bearer", auth.create_access_token("ada", scopes=[scope])))
            if accepted:
                assert sent[0]["subprotocol"] == "bearer"
            else:
                assert refusal(sent) == (403, "InsufficientScopeError")


def test_an_open_socket_ends_with_its_token(app: FastAPI, client: Any, make_auth: Any) -> None:
    auth = make_auth(JWT_WEBSOCKET_TOKEN_LOCATION=["subprotocol"], JWT_WEBSOCKET_CHECK_INTERVAL="0.05")
    asked = itertools.count()
    auth.set_token_blocklist(lambda token: next(asked) > 2)

    @app.websocket("/")
    async def events(websocket: WebSocket, payload: Any = auth.WS_AUTH_REQUIRED) -> None:
        await websocket.accept(subprotocol=auth.websocket_subprotocol(websocket))
        async with auth.websocket_guard(websocket):
            await websocket.receive_text()

    sent = client.websocket("/", headers=offering("bearer", auth.create_access_token("ada")), stays=True)

    assert sent[-1] == {"type": "websocket.close", "code": 1008, "reason": "RevokedTokenError"}


@pytest.mark.parametrize("setting", ["JWT_TOKEN_LOCATION", "JWT_ACCESS_TOKEN_LOCATION", "JWT_REFRESH_TOKEN_LOCATION"])
def test_a_subprotocol_is_no_location_of_requests(setting: str, make_auth: Any) -> None:
    with pytest.raises(ValidationError, match=setting):
        AuthXConfig(**dict[str, Any]({setting: ["headers", "subprotocol"]}))
    auth = make_auth(**{setting: ["headers"]})
    getattr(auth.config, setting).append("subprotocol")
    with pytest.raises(BadConfigurationError, match=f"{setting}: .*JWT_WEBSOCKET_TOKEN_LOCATION"):
        auth.check()


@pytest.mark.parametrize("locations", [["json"], ["body"], "cookie"])
def test_the_locations_of_sockets_are_checked(locations: Any) -> None:
    with pytest.raises(ValidationError, match="JWT_WEBSOCKET_TOKEN_LOCATION"):
        AuthXConfig(JWT_WEBSOCKET_TOKEN_LOCATION=locations)


def test_without_a_location_of_sockets_the_setting_is_an_error(make_auth: Any) -> None:
    with pytest.raises(BadConfigurationError, match="JWT_WEBSOCKET_TOKEN_LOCATION"):
        make_auth(JWT_WEBSOCKET_TOKEN_LOCATION=[]).check()


def test_the_setting_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_WEBSOCKET_TOKEN_LOCATION", "subprotocol, cookies")

    config = AuthXConfig()

    assert config.JWT_WEBSOCKET_TOKEN_LOCATION == ["subprotocol", "cookies"]
    assert config.has_location("subprotocol")
    assert not AuthXConfig(JWT_WEBSOCKET_TOKEN_LOCATION=None).has_location("subprotocol")


def test_openapi_does_not_show_a_subprotocol(app: FastAPI, auth: Any) -> None:
    @app.get("/", dependencies=[auth.token_required(locations=["subprotocol", "headers"])])
    def protected() -> None: ...

    assert list(app.openapi()["components"]["securitySchemes"]) == ["AuthXBearer"]


def test_a_token_of_a_subprotocol_can_be_given_by_hand(auth: Any) -> None:
    token = RequestToken(token=auth.create_access_token("ada"), location="subprotocol")

    assert not token.csrf_required
    assert asyncio.run(auth.verify(token)).sub == "ada"
