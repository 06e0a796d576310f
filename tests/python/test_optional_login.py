"""Routes that a token is optional for, and every check on a token given by hand."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from fastapi import Depends, FastAPI, WebSocket

from authx import AuthManager, AuthXDependency, TokenPayload
from authx.exceptions import AuthXException, JWTDecodeError

COOKIES = {"JWT_TOKEN_LOCATION": ["headers", "cookies"]}


@pytest.fixture
def auth(make_auth: Any) -> Any:
    return make_auth(**COOKIES)


@pytest.fixture(params=["default", "Depends", "factory", "subject"])
def optional(request: Any, app: FastAPI, client: Any, auth: Any) -> Any:
    """A client of a route on `/` that answers with the subject, or with `null`."""
    auth.set_subject_getter(lambda uid: TokenPayload(sub=uid))
    dependency = {
        "default": auth.ACCESS_OPTIONAL,
        "Depends": Depends(auth.ACCESS_OPTIONAL),
        "factory": auth.token_optional(),
        "subject": auth.CURRENT_SUBJECT_OPTIONAL,
    }[request.param]

    @app.get("/")
    async def read(payload: Any = dependency) -> Any:
        return None if payload is None else payload.sub

    @app.post("/")
    async def write(payload: Any = dependency) -> Any:
        return None if payload is None else payload.sub

    return client


def test_no_token_is_nobody_and_a_token_is_its_user(optional: Any, auth: Any) -> None:
    assert optional.get("/").json() is None
    assert optional.get("/", headers={"authorization": "Basic YTpi"}).json() is None
    assert optional.get("/", token=auth.create_access_token("ada")).json() == "ada"


def test_a_bad_token_is_refused_as_where_one_is_required(optional: Any, auth: Any) -> None:
    revoked = auth.create_access_token("ada")
    auth.set_token_blocklist(lambda token: token == revoked)
    cookie = {"access_token_cookie": auth.create_access_token("ada")}

    for options, error in [
        ({"token": "x"}, "JWTDecodeError"),
        ({"token": auth.create_access_token("ada", expiry=timedelta(seconds=-1))}, "TokenExpiredError"),
        ({"token": auth.create_refresh_token("ada")}, "AccessTokenRequiredError"),
        ({"token": revoked}, "RevokedTokenError"),
        ({"cookies": {"access_token_cookie": "x"}}, "JWTDecodeError"),
    ]:
        assert optional.get("/", **options).json()["error_type"] == error
    assert optional.get("/", cookies=cookie).json() == "ada"
    assert optional.post("/", cookies=cookie).json()["error_type"] == "MissingCSRFTokenError"


def test_openapi_shows_that_the_token_is_optional(optional: Any, app: FastAPI) -> None:
    for _ in range(2):
        document = app.openapi()
        assert document["paths"]["/"]["get"]["security"][-1] == {}
        assert {} not in document["paths"]["/"]["get"]["security"][:-1]
        assert not [name for name in document["components"]["securitySchemes"] if name.startswith("_")]
        app.openapi_schema = None
        optional.get("/")


def test_a_login_of_several_may_be_optional(app: FastAPI, client: Any, make_auth: Any) -> None:
    manager = AuthManager()
    for login_type in ("user", "admin"):
        manager.register(make_auth(login_type=login_type))

    optional = manager.access_token_optional("admin")

    @app.get("/")
    async def route(payload: Any = optional) -> Any:
        return None if payload is None else payload.sub

    assert client.get("/").json() is None
    assert client.get("/", token=manager.create_access_token("admin", "ada")).json() == "ada"
    other = client.get("/", token=manager.create_access_token("user", "ada"))
    assert other.json()["error_type"] == "LoginTypeMismatchError"


def by_hand(app: FastAPI, auth: Any, **options: Any) -> None:
    @app.post("/found")
    async def found(auth_here: AuthXDependency = auth.DEPENDENCY) -> Any:
        token = await auth.get_access_token_from_request(auth_here.request)
        return (await auth.verify(token, **options)).sub

    @app.websocket("/said")
    async def said(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            payload = await auth.verify(await websocket.receive_text(), **options)
        except AuthXException as error:
            await websocket.close(1008, type(error).__name__)
        else:
            await websocket.send_text(payload.sub)


def test_a_token_given_by_hand_gets_every_check(app: FastAPI, client: Any, auth: Any) -> None:
    by_hand(app, auth)
    revoked = auth.create_access_token("ada")
    auth.set_token_blocklist(lambda token: token == revoked)
    token = auth.create_access_token("ada")

    assert client.post("/found", token=token).json() == "ada"
    assert client.websocket("/said", says=[token])[1]["text"] == "ada"
    for refused, error in [
        (revoked, "RevokedTokenError"),
        (auth.create_refresh_token("ada"), "AccessTokenRequiredError"),
        (auth.create_access_token("ada", expiry=timedelta(seconds=-1)), "TokenExpiredError"),
    ]:
        assert client.post("/found", token=refused).json()["error_type"] == error
        assert client.websocket("/said", says=[refused])[1]["reason"] == error
    cookies = {"access_token_cookie": token}
    assert client.post("/found", cookies=cookies).json()["error_type"] == "MissingCSRFTokenError"


def test_what_a_token_given_by_hand_must_be_can_be_chosen(app: FastAPI, client: Any, auth: Any) -> None:
    by_hand(app, auth, fresh=True, scopes=["a", "b"])

    cases: list[tuple[dict[str, Any], str]] = [
        ({"scopes": ["a", "b"]}, "FreshTokenRequiredError"),
        ({"scopes": ["a"], "fresh": True}, "InsufficientScopeError"),
    ]
    for options, error in cases:
        assert client.post("/found", token=auth.create_access_token("u", **options)).json()["error_type"] == error
    assert client.post("/found", token=auth.create_access_token("u", scopes=["a", "b"], fresh=True)).json() == "u"


def test_a_token_given_by_hand_is_one_of_its_session(app: FastAPI, client: Any, make_auth: Any) -> None:
    auth = make_auth(JWT_SESSION_TRACKING=True)
    by_hand(app, auth)

    @app.post("/login")
    async def login() -> Any:
        session = await auth.create_session("ada")
        return [session.session_id, auth.create_access_token("ada", session_id=session.session_id)]

    @app.post("/logout/{session}")
    async def logout(session: str) -> None:
        await auth.revoke_session(session)

    session, token = client.post("/login").json()
    assert client.post("/found", token=token).json() == "ada"
    client.post(f"/logout/{session}")
    assert client.post("/found", token=token).json()["error_type"] == "SessionRevoked"


def test_blocklist_is_asked_about_each_spelling_of_a_token(make_auth: Any, pem: Any) -> None:
    auth = make_auth(
        JWT_ALGORITHM="ES256",
        JWT_SECRET_KEY=None,
        JWT_PRIVATE_KEY=pem("p256.pkcs8"),
        JWT_PUBLIC_KEY=pem("p256.spki"),
    )
    token = auth.create_access_token("ada")
    asked: list[str] = []

    @auth.set_token_blocklist
    def is_revoked(token: str) -> bool:
        asked.append(token)
        return False

    assert not asyncio.run(auth.is_token_in_blocklist(token))
    spellings = list(asked)
    assert (len(set(spellings)), spellings[0]) == (2, token)
    for spelling in spellings:
        assert asyncio.run(auth.verify(spelling)).sub == "ada"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([],), "token: a RequestToken or the string of a token is expected, not list"),
        ((b"eyJ",), "token: a RequestToken or the string of a token is expected, not bytes"),
        (("x", 5), "type: a str is expected, not int"),
    ],
)
def test_wrong_argument_is_named(auth: Any, arguments: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        asyncio.run(auth.verify(*arguments))
    with pytest.raises(TypeError, match="scopes: a list of strings is expected, not one string"):
        asyncio.run(auth.verify("x", scopes="users:read"))


def test_string_that_is_no_token_is_refused(auth: Any) -> None:
    for string in ("", "x", "\ud800", "a.b.c"):
        with pytest.raises(JWTDecodeError):
            asyncio.run(auth.verify(string))
