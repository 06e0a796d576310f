"""Common uses of dependencies, routers and middleware."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from authx import AuthX, AuthXDependency, TokenPayload
from authx.exceptions import AuthXException, BadConfigurationError

SOMEBODY = TokenPayload(sub="somebody", scopes=["users:read"])


@pytest.mark.parametrize(
    "dependency",
    [
        lambda auth: auth.access_token_required,
        lambda auth: auth.ACCESS_REQUIRED,
        lambda auth: auth.scopes_required("users:read"),
        lambda auth: auth.token_required(type="refresh"),
        lambda auth: auth.rate_limited(max_requests=1),
    ],
)
def test_a_dependency_can_be_overridden(app: FastAPI, client: Any, auth: Any, protect: Any, dependency: Any) -> None:
    required = dependency(auth)
    protect(app, required)
    app.dependency_overrides[required] = lambda: SOMEBODY

    assert client.get("/").json() == {"sub": "somebody", "type": "access"}

    app.dependency_overrides.clear()
    assert client.get("/").status == 401


def test_the_current_subject_and_the_bundle_can_be_overridden(app: FastAPI, client: Any, auth: Any) -> None:
    @app.get("/subject")
    async def subject(user: Annotated[Any, Depends(auth.get_current_subject)]):
        return user

    @app.get("/bundle")
    async def bundle(deps: Annotated[AuthXDependency[Any], Depends(auth.get_dependency)]):
        return deps

    app.dependency_overrides[auth.get_current_subject] = lambda: "a user"
    app.dependency_overrides[auth.get_dependency] = lambda: "a bundle"

    assert client.get("/subject").json() == "a user"
    assert client.get("/bundle").json() == "a bundle"


@pytest.mark.parametrize("place", ["router", "include", "application"])
def test_routes_can_be_protected_together(serve: Any, auth: Any, place: str) -> None:
    protecting: dict[str, Any] = {"dependencies": [Depends(auth.access_token_required)]}
    app = FastAPI(**protecting if place == "application" else {})
    router = APIRouter(prefix="/users", **protecting if place == "router" else {})

    @router.get("/me")
    async def me(payload: Annotated[TokenPayload, Depends(auth.access_token_required)]):
        return payload.sub

    app.include_router(router, **protecting if place == "include" else {})
    client = serve(app)

    assert client.get("/users/me").status == 401
    assert client.get("/users/me", token=auth.create_access_token("ada")).json() == "ada"
    assert app.openapi()["paths"]["/users/me"]["get"]["security"] == [{"AuthXBearer": []}]


@pytest.mark.parametrize("handled", [None, "outer", "inner"])
def test_a_sub_application_is_protected_like_any(serve: Any, auth: Any, protect: Any, handled: str | None) -> None:
    outer, inner = FastAPI(), FastAPI()
    protect(inner, auth.access_token_required)
    protect(outer, auth.access_token_required, path="/outer")
    outer.mount("/inner", inner)
    if handled:
        auth.handle_errors({"outer": outer, "inner": inner}[handled])
    client = serve(outer)

    for path in ("/outer", "/inner/"):
        assert client.get(path).json()["error_type"] == "MissingTokenError"
        assert client.get(path, token=auth.create_access_token("ada")).json()["sub"] == "ada"


def test_a_background_task_has_the_payload(app: FastAPI, client: Any, auth: Any) -> None:
    written: list[str] = []

    @app.post("/")
    async def route(tasks: BackgroundTasks, payload: TokenPayload = auth.ACCESS_REQUIRED):
        tasks.add_task(lambda: written.append(payload.sub))
        return "accepted"

    assert client.post("/", token=auth.create_access_token("ada")).json() == "accepted"
    assert written == ["ada"]


def test_callbacks_can_be_set_in_the_lifespan(make_auth: Any) -> None:
    from fastapi.testclient import TestClient

    auth = make_auth()
    revoked: set[str] = set()

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        auth.set_callback_token_blocklist(revoked.__contains__)
        auth.set_callback_get_model_instance(lambda uid: {"name": uid})
        yield
        revoked.clear()

    app = FastAPI(lifespan=lifespan)

    @app.get("/")
    async def route(user: Any = auth.CURRENT_SUBJECT):
        return user

    token = auth.create_access_token("ada")
    headers = {"Authorization": f"Bearer {token}"}
    with TestClient(app) as client:
        assert client.get("/", headers=headers).json() == {"name": "ada"}
        revoked.add(token)
        assert client.get("/", headers=headers).json()["error_type"] == "RevokedTokenError"
    assert revoked == set()


def test_aliases_of_annotations_work_everywhere(app: FastAPI, client: Any, auth: Any) -> None:
    Payload = Annotated[TokenPayload, Depends(auth.access_token_required)]

    class Pages:
        def __init__(self, payload: Payload, page: int = 1) -> None:
            self.of, self.page = payload.sub, page

    def database(payload: Payload) -> Iterator[str]:
        yield f"the database of {payload.sub}"

    @app.get("/")
    async def route(payload: Payload, pages: Annotated[Pages, Depends()], database: Annotated[str, Depends(database)]):
        return [payload.sub, pages.of, pages.page, database]

    answer = client.get("/", token=auth.create_access_token("ada"), query="page=3")
    assert answer.json() == ["ada", "ada", 3, "the database of ada"]
    assert client.get("/").status == 401


def test_annotations_may_be_strings(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, serve: Any) -> None:
    (tmp_path / "postponed.py").write_text(
        "from __future__ import annotations\n"
        "from typing import Annotated\n"
        "from authx import AuthX, AuthXConfig, TokenPayload\n"
        "from fastapi import Depends, FastAPI\n"
        "auth = AuthX(AuthXConfig(JWT_SECRET_KEY='a secret of at least thirty-two bytes'))\n"
        "Payload = Annotated[TokenPayload, Depends(auth.access_token_required)]\n"
        "app = FastAPI()\n"
        "@app.get('/')\n"
        "async def route(payload: Payload, other: Annotated[TokenPayload, auth.ACCESS_REQUIRED]) -> list[str]:\n"
        "    return [payload.sub, other.sub]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import postponed  # type: ignore[import-not-found]

    token = postponed.auth.create_access_token("ada")
    assert serve(postponed.app).get("/", token=token).json() == ["ada", "ada"]


def test_a_dependency_runs_once_however_often_a_request_declares_it(app: FastAPI, client: Any, auth: Any) -> None:
    asked: list[str] = []

    @auth.set_callback_token_blocklist
    def is_revoked(token: str) -> bool:
        asked.append(token)
        return False

    @app.get("/", dependencies=[Depends(auth.access_token_required)])
    async def route(
        first: Annotated[TokenPayload, Depends(auth.access_token_required)],
        second: Annotated[TokenPayload, auth.ACCESS_REQUIRED],
    ):
        return first is second

    assert client.get("/", token=auth.create_access_token("ada")).json() is True
    assert len(asked) == 1


def test_two_instances_in_one_application_are_independent(app: FastAPI, client: Any, make_auth: Any) -> None:
    users = make_auth()
    operators = make_auth(JWT_SECRET_KEY="another secret, of at least thirty-two bytes", JWT_HEADER_NAME="X-Operator")
    users.MSG_TokenError = "users only"
    operators.MSG_TokenError = "operators only"
    users.handle_errors(app)
    operators.handle_errors(app)

    @app.get("/users")
    async def user(payload: TokenPayload = users.ACCESS_REQUIRED):
        return payload.sub

    @app.get("/operators")
    async def operator(payload: TokenPayload = operators.ACCESS_REQUIRED):
        return payload.sub

    @app.get("/both")
    async def both(
        user: Annotated[TokenPayload, users.ACCESS_REQUIRED],
        operator: Annotated[TokenPayload, operators.ACCESS_REQUIRED],
    ):
        return [user.sub, operator.sub]

    ada, grace = users.create_access_token("ada"), operators.create_access_token("grace")
    as_grace = {"x-operator": f"Bearer {grace}"}

    assert client.get("/both", token=ada, headers=as_grace).json() == ["ada", "grace"]
    assert client.get("/users", token=grace).json()["error_type"] == "TokenInvalidSignatureError"
    assert client.get("/users").json()["message"] == "users only"
    assert client.get("/operators", token=ada).json()["message"] == "operators only"
    schemes = app.openapi()["components"]["securitySchemes"]
    named = [app.openapi()["paths"][path]["get"]["security"][0] for path in ("/users", "/operators")]
    assert named[0] != named[1]
    assert {name for names in named for name in names} <= schemes.keys()


def test_two_instances_with_cookies_of_one_name_share_nothing(app: FastAPI, client: Any, make_auth: Any) -> None:
    cookies: dict[str, Any] = {"JWT_TOKEN_LOCATION": ["cookies"], "JWT_COOKIE_CSRF_PROTECT": False}
    users = make_auth(**cookies)
    operators = make_auth(JWT_SECRET_KEY="another secret, of at least thirty-two bytes", **cookies)
    users.set_token_blocklist(lambda token: False)
    operators.set_token_blocklist(lambda token: True)

    @app.get("/users")
    async def user(payload: TokenPayload = users.ACCESS_REQUIRED):
        return payload.sub

    @app.get("/operators")
    async def operator(payload: TokenPayload = operators.ACCESS_REQUIRED):
        return payload.sub

    def ask(path: str, auth: Any) -> Any:
        return client.get(path, cookies={"access_token_cookie": auth.create_access_token("ada")}).json()

    for _ in range(2):
        assert ask("/users", users) == "ada"
        assert ask("/users", operators)["error_type"] == "TokenInvalidSignatureError"
        assert ask("/operators", operators)["error_type"] == "RevokedTokenError"
        assert ask("/operators", users)["error_type"] == "TokenInvalidSignatureError"


def starlette_routes(auth: AuthX[Any]) -> list[Route]:
    async def me(request: Request) -> Response:
        payload = await auth.access_token_required(request)
        return JSONResponse(payload.sub)

    async def login(request: Request) -> Response:
        response = JSONResponse("welcome")
        auth.set_access_cookies(auth.create_access_token("ada"), response)
        return response

    return [Route("/me", me), Route("/login", login, methods=["POST"])]


@pytest.mark.parametrize("handled", [True, False])
@pytest.mark.parametrize("mounted", [True, False])
def test_starlette_routes_are_protected_by_awaiting(serve: Any, make_auth: Any, handled: bool, mounted: bool) -> None:
    auth = make_auth(JWT_TOKEN_LOCATION=["headers", "cookies"])
    routes: list[Any] = starlette_routes(auth)
    app = Starlette(routes=[Mount("/app", routes=routes)] if mounted else routes)
    if handled:
        auth.handle_errors(app)
    client, path = serve(app), "/app/me" if mounted else "/me"

    assert client.get(path).json() == {"message": "Token Error", "error_type": "MissingTokenError"}
    assert client.get(path, token=auth.create_access_token("ada")).json() == "ada"
    cookies = client.post(path.replace("me", "login")).cookies
    assert client.get(path, cookies=cookies).json() == "ada"


class OnlyWithToken:
    """A middleware without any framework."""

    def __init__(self, app: ASGIApp, auth: AuthX[Any]) -> None:
        self.app = app
        self.auth = auth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self.app
        if scope["type"] == "http":
            try:
                scope.setdefault("state", {})["user"] = (await self.auth.access_token_required(Request(scope))).sub
            except AuthXException as error:
                app = self.auth.error_response(error)
        await app(scope, receive, send)


def test_a_plain_middleware_verifies_and_answers(serve: Any, make_auth: Any) -> None:
    async def hello(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(f"hello, {scope['state']['user']}")(scope, receive, send)

    auth = make_auth(JWT_INVALID_TOKEN_STATUS=401)
    client = serve(OnlyWithToken(hello, auth))

    assert client.get("/", token=auth.create_access_token("ada")).body == b"hello, ada"
    for token, error, challenge in [(None, "MissingTokenError", "Bearer"), ("x", "JWTDecodeError", "invalid_token")]:
        answer = client.get("/", token=token)
        assert (answer.status, answer.json()["error_type"]) == (401, error)
        assert challenge in answer.header("www-authenticate")


def test_errors_that_are_not_the_clients_have_no_response(auth: Any) -> None:
    with pytest.raises(BadConfigurationError):
        auth.error_response(BadConfigurationError("a setting"))
