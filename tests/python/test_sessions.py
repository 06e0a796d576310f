"""Sessions: stored, listed and ended; an ended session ends its tokens on every path."""

import asyncio
import logging
import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Annotated, Any, ClassVar

import pytest
from fastapi import Depends, FastAPI, HTTPException, Request, WebSocket
from starlette.datastructures import Address

from authx import AuthX, AuthXConfig, SessionInfo, TokenPayload
from authx.exceptions import BadConfigurationError
from authx.refresh import ImplicitRefreshMiddleware
from authx.sessions import InMemorySessionStore
from authx.testing import FrozenClock

REVOKED = {"message": "Session has been revoked", "error_type": "SessionRevoked"}
INTERVAL = timedelta(milliseconds=50)


def run(awaitable: Any) -> Any:
    return asyncio.run(awaitable)


@pytest.fixture
def auth(make_auth: Any) -> Any:
    return make_auth(
        JWT_SESSION_TRACKING=True,
        JWT_TOKEN_LOCATION=["headers", "cookies"],
        JWT_WEBSOCKET_CHECK_INTERVAL=INTERVAL,
    )


@pytest.fixture(autouse=True)
def routes(app: FastAPI, auth: Any) -> None:
    @app.post("/login/{uid}")
    async def login(uid: str, request: Request):
        session = await auth.create_session(uid, request, {"name": "phone"})
        return auth.create_token_pair(uid, fresh=True, session_id=session.session_id)

    @app.post("/refresh")
    async def refresh(payload: TokenPayload = auth.REFRESH_REQUIRED):
        return {"access_token": auth.create_access_token(payload.sub, session_id=payload.sid)}

    @app.get("/me")
    async def me(payload: TokenPayload = auth.ACCESS_REQUIRED):
        return {"sub": payload.sub, "sid": payload.sid}

    @app.get("/fresh")
    async def fresh(payload: TokenPayload = auth.FRESH_REQUIRED):
        return payload.sub

    @app.get("/scoped")
    async def scoped(payload: Annotated[TokenPayload, Depends(auth.scopes_required(verify_type=False))]):
        return payload.sub

    @app.get("/sessions", response_model=list[SessionInfo])
    async def sessions(payload: TokenPayload = auth.ACCESS_REQUIRED):
        return await auth.list_sessions(payload.sub)

    @app.post("/logout")
    async def logout(payload: TokenPayload = auth.ACCESS_REQUIRED):
        assert payload.sid is not None
        await auth.revoke_session(payload.sid)

    @app.websocket("/echo")
    async def echo(websocket: WebSocket, payload: TokenPayload = auth.WS_AUTH_REQUIRED):
        await websocket.accept()
        async with auth.websocket_guard(websocket):
            async for text in websocket.iter_text():
                if text == "end":
                    assert payload.sid is not None
                    await auth.revoke_session(payload.sid)
                await websocket.send_text(text)


def login(client: Any, uid: str = "ada") -> dict[str, str]:
    answer = client.post(f"/login/{uid}", headers={"user-agent": "tests/1"})
    assert answer.status == 200
    tokens: dict[str, str] = answer.json()
    return tokens


def refused(answer: Any) -> bool:
    challenge = answer.header("www-authenticate")
    return bool(answer.status == 401 and answer.json() == REVOKED and challenge == 'Bearer error="invalid_token"')


def test_session_has_its_user_address_and_device(client: Any, auth: Any) -> None:
    tokens = login(client)

    (session,) = client.get("/sessions", token=tokens["access_token"]).json()

    assert session["session_id"] == client.get("/me", token=tokens["access_token"]).json()["sid"]
    assert (session["uid"], session["is_active"]) == ("ada", True)
    assert (session["ip_address"], session["user_agent"]) == ("127.0.0.1", "tests/1")
    assert session["device_info"] == {"name": "phone"}
    stored = run(auth.get_session(session["session_id"]))
    assert stored.created_at <= stored.last_active <= datetime.now(timezone.utc)


def test_anything_like_a_request_tells_about_the_client_of_a_session(auth: Any) -> None:
    class Login:
        client: Any = Address("192.0.2.7", 443)
        headers: ClassVar[dict[str, str]] = {"user-agent": "curl"}

    session = run(auth.create_session("ada", Login()))
    assert (session.ip_address, session.user_agent) == ("192.0.2.7", "curl")

    Login.client, Login.headers = None, {}
    session = run(auth.create_session("ada", Login()))
    assert (session.ip_address, session.user_agent) == (None, None)
    with pytest.raises(TypeError, match="request: a request is expected"):
        run(auth.create_session("ada", {"name": "phone"}))


def test_session_without_a_request_has_only_its_user(auth: Any) -> None:
    session = run(auth.create_session("ada"))

    assert (session.uid, session.ip_address, session.user_agent, session.device_info) == ("ada", None, None, None)
    assert run(auth.get_session(session.session_id)) == session
    assert run(auth.get_session("another")) is None
    assert run(auth.list_sessions("grace")) == []


def test_revoking_a_session_ends_its_tokens_at_once(client: Any, auth: Any) -> None:
    ended, other = login(client), login(client)
    access, refresh = ended["access_token"], ended["refresh_token"]
    renewed = client.post("/refresh", token=refresh).json()["access_token"]

    assert client.post("/logout", token=access).status == 200

    for path, token in [("/me", access), ("/fresh", access), ("/scoped", refresh), ("/me", renewed)]:
        assert refused(client.get(path, token=token)), path
    assert refused(client.post("/refresh", token=refresh))
    assert client.get("/me", token=other["access_token"]).status == 200
    assert len(run(auth.list_sessions("ada"))) == 1


def test_revoking_all_sessions_of_a_user_leaves_other_users_alone(client: Any, auth: Any) -> None:
    first, second, other = login(client), login(client), login(client, "grace")

    run(auth.revoke_all_sessions("ada"))

    for tokens in (first, second):
        assert refused(client.get("/me", token=tokens["access_token"]))
        assert refused(client.post("/refresh", token=tokens["refresh_token"]))
    assert client.get("/me", token=other["access_token"]).json()["sub"] == "grace"
    assert run(auth.list_sessions("ada")) == []


def test_token_of_an_unknown_session_is_refused_and_one_of_no_session_passes(client: Any, auth: Any) -> None:
    assert refused(client.get("/me", token=auth.create_access_token("ada", session_id="never begun")))
    answer = client.get("/me", token=auth.create_access_token("ada"))
    assert answer.json() == {"sub": "ada", "sid": None}


def test_session_marked_as_inactive_is_refused(client: Any, auth: Any) -> None:
    store = InMemorySessionStore()
    auth.set_session_store(store)
    session = run(auth.create_session("ada"))
    token = auth.create_access_token("ada", session_id=session.session_id)
    assert client.get("/me", token=token).status == 200

    run(store.update(session.session_id, is_active=False))

    assert refused(client.get("/me", token=token))
    assert run(auth.list_sessions("ada")) == []


def test_current_subject_and_verification_in_a_handler(app: FastAPI, client: Any, auth: Any) -> None:
    auth.set_subject_getter(lambda uid: {"name": uid})

    @app.get("/subject")
    async def subject(user: Any = auth.CURRENT_SUBJECT):
        return user

    @app.get("/by-hand")
    async def by_hand(request: Request):
        return await auth.get_current_subject(request)

    tokens = login(client)
    assert client.get("/by-hand", token=tokens["access_token"]).json() == {"name": "ada"}
    run(auth.revoke_all_sessions("ada"))

    for path in ("/subject", "/by-hand"):
        assert refused(client.get(path, token=tokens["access_token"]))


@pytest.mark.parametrize("plain", [True, False])
def test_implicit_refresh_keeps_the_session_and_stops_with_it(
    client: Any, app: FastAPI, auth: Any, plain: bool
) -> None:
    if plain:
        app.add_middleware(ImplicitRefreshMiddleware, auth=auth)
    else:
        app.middleware("http")(auth.implicit_refresh_middleware)

    @app.get("/open")
    async def open_():
        return "open"

    session = run(auth.create_session("ada"))
    due = auth.create_access_token("ada", expiry=timedelta(minutes=5), session_id=session.session_id)
    cookies = {"access_token_cookie": due}

    renewed = client.get("/open", cookies=cookies).cookies["access_token_cookie"]
    assert TokenPayload.decode(renewed, "", verify=False).sid == session.session_id

    run(auth.revoke_session(session.session_id))
    answer = client.get("/open", cookies=cookies)
    assert (answer.json(), answer.set_cookies) == ("open", {})
    assert refused(client.get("/me", cookies={"access_token_cookie": renewed}))


def test_websocket_ends_with_its_session(client: Any, auth: Any) -> None:
    token = login(client)["access_token"]

    sent = client.websocket("/echo", token=token, says=["hello", "end"], stays=True)

    assert [message.get("text") for message in sent[1:-1]] == ["hello", "end"]
    assert sent[-1] == {"type": "websocket.close", "code": 1008, "reason": "SessionRevoked"}
    (handshake, *_) = client.websocket("/echo", token=token)
    assert (handshake["type"], handshake["status"]) == ("websocket.http.response.start", 401)


def test_last_activity_is_stored_if_the_settings_say_so(client: Any, auth: Any, authx_clock: FrozenClock) -> None:
    tokens = login(client)
    sid = client.get("/me", token=tokens["access_token"]).json()["sid"]
    began = run(auth.get_session(sid))

    authx_clock.advance(seconds=60)
    client.get("/me", token=tokens["access_token"])
    used = run(auth.get_session(sid))
    assert used.last_active - began.created_at == timedelta(seconds=60)
    assert used.created_at == began.created_at

    auth.config.JWT_SESSION_UPDATE_LAST_ACTIVE = False
    authx_clock.advance(seconds=60)
    assert client.get("/me", token=tokens["access_token"]).status == 200
    assert run(auth.get_session(sid)).last_active == used.last_active


def test_refused_token_is_no_activity(client: Any, auth: Any) -> None:
    tokens = login(client)
    sid = client.get("/me", token=tokens["access_token"]).json()["sid"]
    before = run(auth.get_session(sid)).last_active
    auth.set_token_blocklist(lambda token: True)

    assert client.get("/me", token=tokens["access_token"]).json()["error_type"] == "RevokedTokenError"

    assert run(auth.get_session(sid)).last_active == before


class Store(InMemorySessionStore):
    """A custom store, which can be made to fail."""

    failure: Exception | None = None
    update_failure: Exception | None = None

    async def get(self, session_id: str) -> SessionInfo | None:
        if self.failure is not None:
            raise self.failure
        return await super().get(session_id)

    async def update(self, session_id: str, **kwargs: Any) -> None:
        if self.update_failure is not None:
            raise self.update_failure
        await super().update(session_id, **kwargs)


@pytest.fixture
def store(auth: Any) -> Store:
    store = Store()
    auth.set_session_store(store)
    return store


def test_store_that_fails_refuses_every_token(client: Any, store: Store, caplog: pytest.LogCaptureFixture) -> None:
    token = login(client)["access_token"]
    assert client.get("/me", token=token).status == 200

    store.failure = RuntimeError("the store is down")
    answer = client.get("/me", token=token)
    assert (answer.status, answer.error) == (500, store.failure)
    assert "session store" in caplog.text
    assert token not in caplog.text

    store.failure = HTTPException(503)
    assert client.get("/me", token=token).status == 503


def test_store_that_fails_refreshes_nothing_and_closes_sockets(
    client: Any, app: FastAPI, auth: Any, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    app.add_middleware(ImplicitRefreshMiddleware, auth=auth)

    @app.get("/open")
    async def open_():
        return "open"

    @app.websocket("/fail")
    async def fail(websocket: WebSocket, payload: TokenPayload = auth.WS_AUTH_REQUIRED):
        await websocket.accept()
        async with auth.websocket_guard(websocket):
            store.failure = RuntimeError("the store is down")
            await asyncio.Event().wait()

    session = run(auth.create_session("ada"))
    due = auth.create_access_token("ada", expiry=timedelta(minutes=5), session_id=session.session_id)
    sent = client.websocket("/fail", token=due, stays=True)
    assert (sent[-1]["code"], sent[-1]["reason"]) == (1011, "Internal Server Error")

    answer = client.get("/open", cookies={"access_token_cookie": due})
    assert (answer.json(), answer.set_cookies) == ("open", {})
    assert "No implicit refresh" in caplog.text


def test_activity_that_cannot_be_stored_is_a_warning(
    client: Any, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    token = login(client)["access_token"]
    store.update_failure = RuntimeError("read only")

    assert client.get("/me", token=token).status == 200

    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_without_tracking_no_token_is_made_for_a_session_and_the_store_is_not_used(
    client: Any, auth: Any, store: Store
) -> None:
    token = login(client)["access_token"]
    auth.config.JWT_SESSION_TRACKING = False
    store.failure = AssertionError("the store must not be used")

    assert client.get("/me", token=token).status == 200
    for make in (auth.create_access_token, auth.create_refresh_token, auth.create_token_pair):
        with pytest.raises(ValueError, match=r"session_id.*JWT_SESSION_TRACKING"):
            make("ada", session_id="s")


def test_bad_session_ids_are_errors_that_name_the_argument(auth: Any) -> None:
    with pytest.raises(ValueError, match="session_id"):
        auth.create_access_token("ada", session_id="")
    with pytest.raises(ValueError, match="'sid' is reserved"):
        auth.create_access_token("ada", data={"sid": "s"})


def test_sid_survives_encoding_by_hand(secret: str) -> None:
    payload = TokenPayload(sub="ada", sid="s", exp=timedelta(minutes=1))
    assert TokenPayload.decode(payload.encode(secret), secret).sid == "s"


def test_bound_dependency_makes_tokens_of_a_session(app: FastAPI, client: Any, auth: Any) -> None:
    @app.get("/pair")
    async def pair(bound: Any = auth.DEPENDENCY):
        return [
            bound.create_token_pair("ada", session_id="s").refresh_token,
            bound.create_access_token("ada", session_id="s"),
            bound.create_refresh_token("ada", session_id="s"),
        ]

    sids = [TokenPayload.decode(token, "", verify=False).sid for token in client.get("/pair").json()]
    assert sids == ["s", "s", "s"]


def test_custom_store_needs_no_key() -> None:
    auth = AuthX(AuthXConfig())
    auth.set_session_store(InMemorySessionStore())
    assert run(auth.create_session("ada")).uid == "ada"
    auth.set_session_store(None)
    with pytest.raises(BadConfigurationError, match="JWT_SECRET_KEY"):
        run(auth.create_session("ada"))


# The store in memory


def test_memory_drops_sessions_that_are_not_used(authx_clock: FrozenClock) -> None:
    store = InMemorySessionStore(max_idle=timedelta(seconds=100))

    async def scenario() -> None:
        for name in ("one", "two", "three"):
            await store.create(SessionInfo(session_id=name, uid="ada"))
        authx_clock.advance(60)
        assert await store.get("one") is not None
        authx_clock.advance(60)
        await store.create(SessionInfo(session_id="four", uid="grace"))
        assert [session.session_id for session in await store.list_by_user("ada")] == ["one"]
        assert await store.get("two") is None
        authx_clock.advance(101)
        assert await store.list_by_user("ada") == await store.list_by_user("grace") == []

    run(scenario())
    assert len(store._table) == 0


def test_memory_limits_the_size_of_a_session() -> None:
    store = InMemorySessionStore()
    large = {"note": "x" * 70_000}

    async def scenario() -> None:
        await store.create(SessionInfo(session_id="one", uid="ada", user_agent="é" * 1000))
        kept = await store.get("one")
        assert kept is not None
        assert kept.user_agent == "é" * 256
        with pytest.raises(ValueError, match=r"^device_info: "):
            await store.create(SessionInfo(session_id="two", uid="ada", device_info=large))
        with pytest.raises(ValueError, match=r"^device_info: "):
            await store.update("one", device_info=large)
        kept = await store.get("one")
        assert kept is not None
        assert kept.device_info is None

    run(scenario())


def test_memory_of_an_auth_keeps_sessions_as_long_as_their_tokens(auth: Any, authx_clock: FrozenClock) -> None:
    session = run(auth.create_session("ada"))

    authx_clock.advance(days=20, seconds=-1)
    assert run(auth.get_session(session.session_id)) is not None
    auth.config.JWT_REFRESH_TOKEN_EXPIRES = timedelta(days=1)
    authx_clock.advance(days=1, seconds=1)
    assert run(auth.get_session(session.session_id)) is None

    auth.config.JWT_REFRESH_TOKEN_EXPIRES = None
    session = run(auth.create_session("ada"))
    authx_clock.advance(days=10_000)
    assert run(auth.get_session(session.session_id)) is not None


def test_memory_gives_copies_and_does_not_revive_what_was_deleted() -> None:
    async def scenario() -> None:
        store = InMemorySessionStore()
        session = SessionInfo(uid="ada")
        await store.create(session)
        session.is_active = False
        found = await store.get(session.session_id)
        assert found is not None
        assert found.is_active
        await store.delete(session.session_id)
        await store.update(session.session_id, last_active=datetime.now(timezone.utc))
        assert await store.get(session.session_id) is None
        for field in ("uid", "owner"):
            with pytest.raises(ValueError, match=field):
                await store.update(session.session_id, **{field: "x"})

    run(scenario())


def test_no_order_of_logins_and_revocations_lets_a_revoked_session_pass(client: Any, auth: Any) -> None:
    """Random scenarios, against a model: a session is valid if it was begun and not ended since."""
    draw = random.Random(20260101)
    users = ("ada", "grace", "edsger")
    owners: dict[str, str] = {}
    tokens: dict[str, str] = {}
    good: set[str] = set()

    def passes(sid: str) -> bool:
        answer = client.get("/me", token=tokens[sid])
        assert answer.status == 200 or refused(answer)
        return bool(answer.status == 200)

    for _ in range(500):
        uid, step = draw.choice(users), draw.random()
        if step < 0.4:
            sid = run(auth.create_session(uid)).session_id
            owners[sid] = uid
            tokens[sid] = auth.create_access_token(uid, session_id=sid)
            good.add(sid)
        elif step < 0.45:
            run(auth.revoke_all_sessions(uid))
            good = {sid for sid in good if owners[sid] != uid}
        elif owners:
            sid = draw.choice(list(owners))
            if step < 0.7:
                run(auth.revoke_session(sid))
                good.discard(sid)
            assert passes(sid) == (sid in good)

    for uid in users:
        assert {session.session_id for session in run(auth.list_sessions(uid))} == {
            sid for sid in good if owners[sid] == uid
        }
    assert {sid for sid in owners if passes(sid)} == good
    assert 0 < len(good) < len(owners)


def test_an_update_on_one_thread_never_revives_a_session_that_another_deletes() -> None:
    store = InMemorySessionStore()
    now = datetime.now(timezone.utc)

    def repeat(start: threading.Barrier, call: Callable[[str], Any]) -> None:
        for number in range(200):
            start.wait()
            asyncio.run(call(str(number)))

    def create(number: str) -> Any:
        return store.create(SessionInfo(session_id=number, uid="ada", created_at=now, last_active=now))

    for number in range(200):
        asyncio.run(create(str(number)))
    start = threading.Barrier(2)
    calls = [lambda number: store.update(number, last_active=now), store.delete]
    threads = [threading.Thread(target=repeat, args=(start, call)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert asyncio.run(store.list_by_user("ada")) == []
