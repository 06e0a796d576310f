"""WebSockets: the handshake is authenticated like a request."""

import json
from typing import Any

import pytest
from fastapi import Depends, FastAPI, WebSocket

from authx import AuthManager, PolicyRule, RateLimiter


@pytest.fixture
def auth(make_auth: Any) -> Any:
    return make_auth(JWT_TOKEN_LOCATION=["query", "headers", "cookies"])


@pytest.fixture(autouse=True)
def routes(app: FastAPI, auth: Any) -> None:
    @app.websocket("/default")
    async def default(websocket: WebSocket, payload=auth.WS_AUTH_REQUIRED):
        await websocket.accept()
        await websocket.send_text(payload.sub)
        await websocket.close()

    @app.websocket("/depends")
    async def depends(websocket: WebSocket, payload=Depends(auth.WS_AUTH_REQUIRED)):
        await websocket.accept()
        await websocket.send_text(payload.sub)
        await websocket.close()


@pytest.mark.parametrize("path", ["/default", "/depends"])
def test_token_of_the_query_or_a_header_opens_the_socket(client: Any, auth: Any, path: str) -> None:
    token = auth.create_access_token("u")

    for request in ({"query": f"token={token}"}, {"token": token}):
        sent = client.websocket(path, **request)
        assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send", "websocket.close"]
        assert sent[1]["text"] == "u"


def test_handshake_without_a_token_is_refused_with_an_answer(client: Any) -> None:
    start, body = client.websocket("/default")[:2]

    assert (start["type"], start["status"]) == ("websocket.http.response.start", 401)
    assert b'"error_type":"MissingTokenError"' in body["body"]


def test_handshake_is_refused_by_closing_where_the_server_cannot_answer(client: Any) -> None:
    (closed,) = client.websocket("/default", extensions=())

    assert (closed["type"], closed["code"]) == ("websocket.close", 1008)


@pytest.mark.parametrize("kind", ["refresh", "revoked", "garbage"])
def test_invalid_token_opens_nothing(client: Any, auth: Any, kind: str) -> None:
    token = {
        "refresh": auth.create_refresh_token("u"),
        "revoked": auth.create_access_token("u"),
        "garbage": "x",
    }[kind]
    auth.set_token_blocklist(lambda token: kind == "revoked")

    sent = client.websocket("/default", token=token)

    assert sent[0]["type"] == "websocket.http.response.start"
    assert sent[0]["status"] in (401, 422)


def test_cookie_counts_only_from_an_allowed_origin(client: Any, auth: Any) -> None:
    cookies = {"access_token_cookie": auth.create_access_token("u")}

    def opens(origin: str | None) -> bool:
        headers = {} if origin is None else {"origin": origin}
        sent = client.websocket("/default", cookies=cookies, headers=headers)
        return bool(sent[0]["type"] == "websocket.accept")

    assert not opens("https://app.example.com")
    auth.config.JWT_WEBSOCKET_ALLOWED_ORIGINS.append("https://app.example.com")
    assert opens("https://app.example.com")
    assert not opens("https://evil.example.com")
    assert not opens("https://app.example.com.evil.example")
    assert not opens(None)


def test_location_that_is_not_configured_is_not_looked_at(client: Any, auth: Any) -> None:
    auth.config.JWT_TOKEN_LOCATION = ["headers"]

    sent = client.websocket("/default", query=f"token={auth.create_access_token('u')}")

    assert sent[0]["status"] == 401


def test_failing_blocklist_opens_nothing(client: Any, auth: Any) -> None:
    @auth.set_token_blocklist
    def callback(token: str) -> bool:
        raise RuntimeError("the store is down")

    with pytest.raises(RuntimeError):
        client.websocket("/default", token=auth.create_access_token("u"))


@pytest.mark.parametrize(
    "named",
    [
        "access_token_required",
        "fresh_token_required",
        "token_required",
        "scopes_required",
        "token_optional",
        "rate_limited",
        "RateLimiter",
        "manager",
        "manager's policy",
        "CURRENT_SUBJECT",
        "ACCESS_TOKEN",
        "DEPENDENCY",
    ],
)
def test_dependency_of_the_whole_application_works_on_websocket_routes(serve: Any, make_auth: Any, named: str) -> None:
    auth = make_auth(login_type="user", JWT_TOKEN_LOCATION=["headers", "cookies", "json"], JWT_CSRF_CHECK_FORM=True)
    auth.set_subject_getter(lambda uid: uid)
    manager = AuthManager()
    manager.register(auth)
    manager.add_policy_rule(PolicyRule(effect="allow", actions=["read"], resources=["all"]))
    dependencies = {
        "access_token_required": auth.access_token_required,
        "fresh_token_required": auth.fresh_token_required,
        "token_required": auth.token_required(),
        "scopes_required": auth.scopes_required("a"),
        "token_optional": auth.token_optional(),
        "rate_limited": auth.rate_limited(),
        "RateLimiter": RateLimiter(max_requests=2),
        "manager": manager.access_token_required("user"),
        "manager's policy": manager.policy_required("user", "read", "all"),
        "CURRENT_SUBJECT": auth.CURRENT_SUBJECT,
        "ACCESS_TOKEN": auth.ACCESS_TOKEN,
        "DEPENDENCY": auth.DEPENDENCY,
    }
    app = FastAPI(dependencies=[Depends(dependencies[named])])

    @app.websocket("/")
    async def events(websocket: WebSocket):
        await websocket.accept()
        await websocket.send_text("hello")

    @app.get("/")
    async def route():
        return "hello"

    client = serve(app)
    token = auth.create_access_token("u", fresh=True, scopes=["a"])
    assert client.websocket("/", token=token)[1]["text"] == "hello"
    assert client.get("/", token=token).json() == "hello"
    may_lack_token = named in ("token_optional", "RateLimiter", "ACCESS_TOKEN", "DEPENDENCY")
    if not may_lack_token:
        assert client.websocket("/")[0]["status"] == 401
    # A page of another origin, for every dependency that verifies a token.
    foreign = client.websocket("/", cookies={"access_token_cookie": token}, headers={"origin": "https://evil.example"})
    if named == "RateLimiter":
        assert foreign[0]["status"] == 429
    elif named not in ("DEPENDENCY", "ACCESS_TOKEN"):
        body = json.loads(foreign[1]["body"])
        assert body["error_type"] == "ForeignOriginError"
        assert "foreign origin" in body["message"]


@pytest.mark.parametrize("by_hand", ["access_token_required", "get_access_token_from_request", "manager"])
def test_origin_is_checked_for_a_websocket_that_is_verified_by_hand(
    app: Any, client: Any, make_auth: Any, by_hand: str
) -> None:
    auth = make_auth(login_type="user", JWT_TOKEN_LOCATION=["cookies"])
    manager = AuthManager()
    manager.register(auth)

    @app.websocket("/")
    async def events(websocket: WebSocket):
        if by_hand == "access_token_required":
            await auth.access_token_required(websocket)
        elif by_hand == "manager":
            await manager.access_token_required("user")(websocket)
        else:
            await auth.verify(await auth.get_access_token_from_request(websocket))
        await websocket.accept()

    cookies = {"access_token_cookie": auth.create_access_token("u")}
    foreign = client.websocket("/", cookies=cookies, headers={"origin": "https://evil.example"})
    assert json.loads(foreign[1]["body"])["error_type"] == "ForeignOriginError"
    own = client.websocket("/", cookies=cookies, headers={"origin": "https://testserver"})
    assert own[0]["type"] == "websocket.accept"
