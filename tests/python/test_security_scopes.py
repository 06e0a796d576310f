"""`Security(dependency, scopes=[...])` requires its scopes, wherever it stands and whatever the dependency is."""

from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Security, WebSocket

from authx import AuthManager, AuthX, AuthXConfig, TokenPayload
from authx.policy import PolicyRule

SECRET = "a secret of the tests, long enough for HS256"


@pytest.fixture
def auth() -> AuthX[Any]:
    auth = AuthX[Any](AuthXConfig(JWT_SECRET_KEY=SECRET), login_type="user")

    @auth.set_callback_get_model_instance
    def find_user(uid: str) -> dict[str, str]:
        return {"name": uid}

    return auth


def dependencies(auth: AuthX[Any]) -> dict[str, Any]:
    manager = AuthManager()
    manager.register(auth)
    manager.add_policy_rule(PolicyRule("allow", ["*"], ["*"]))
    return {
        "access": auth.access_token_required,
        "fresh": auth.FRESH_REQUIRED,
        "token": auth.token_required(),
        "scopes": auth.scopes_required("users:read"),
        "any scope": auth.scopes_required("users:read", "admin", all_required=False),
        "subject": auth.CURRENT_SUBJECT,
        "rate limited": auth.rate_limited(),
        "login": manager.access_token_required("user"),
        "policy": manager.policy_required("user", "read", "reports"),
    }


@pytest.mark.parametrize("name", dependencies(AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET), login_type="user")))
def test_the_scopes_are_required(name: str, auth: AuthX[Any], serve: Any) -> None:
    dependency = dependencies(auth)[name]
    app = FastAPI()
    auth.handle_errors(app)

    @app.get("/delete", dependencies=[Security(dependency, scopes=["users:delete", "users:write"])])
    def delete() -> str:
        return "deleted"

    @app.get("/read")
    def read(payload: Any = Depends(dependency)) -> str:
        return "read"

    client = serve(app)
    reader = auth.create_access_token("ada", fresh=True, scopes=["users:read", "users:delete"])
    writer = auth.create_access_token("ada", fresh=True, scopes=["users:*"])
    # The second round is after FastAPI was told to solve less.
    for _ in range(3):
        refused = client.get("/delete", token=reader)
        assert (refused.status, refused.json()["error_type"]) == (403, "InsufficientScopeError")
        assert client.get("/delete", token=writer).status == 200
        assert client.get("/read", token=reader).status == 200


def test_the_scopes_of_routers_and_of_dependencies_around_it_count(auth: AuthX[Any], serve: Any) -> None:
    def user(payload: Annotated[TokenPayload, auth.ACCESS_REQUIRED]) -> str:
        return payload.sub

    router = APIRouter(dependencies=[Security(auth.access_token_required, scopes=["admin"])])

    @router.get("/nested")
    def nested(name: Annotated[str, Security(user, scopes=["users:delete"])]) -> str:
        return name

    app = FastAPI()
    auth.handle_errors(app)
    app.include_router(router)
    client = serve(app)

    def status(*scopes: str) -> int:
        found: int = client.get("/nested", token=auth.create_access_token("ada", scopes=list(scopes))).status
        return found

    assert [status("admin"), status("users:delete"), status("admin", "users:delete")] == [403, 403, 200]
    assert [status("admin"), status("users:delete"), status("admin", "users:delete")] == [403, 403, 200]


def test_without_headers_and_query_the_scopes_count_too(serve: Any) -> None:
    auth = AuthX[Any](AuthXConfig(JWT_SECRET_KEY=SECRET, JWT_TOKEN_LOCATION=["json"]))
    app = FastAPI()
    auth.handle_errors(app)

    @app.post("/", dependencies=[Security(auth.access_token_required, scopes=["admin"])])
    def route() -> None: ...

    client = serve(app)
    for scopes, status in ((["admin"], 200), ([], 403), (["admin"], 200)):
        token = auth.create_access_token("ada", scopes=scopes)
        assert client.post("/", json={"access_token": token}).status == status


def test_the_handshake_of_a_websocket_needs_the_scopes(auth: AuthX[Any]) -> None:
    from starlette.testclient import TestClient

    app = FastAPI()

    @app.websocket("/", dependencies=[Security(auth.WS_AUTH_REQUIRED, scopes=["events"])])
    async def events(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    client = TestClient(app)

    def opens(*scopes: str) -> bool:
        token = auth.create_access_token("ada", scopes=list(scopes))
        try:
            with client.websocket_connect("/", headers={"Authorization": f"Bearer {token}"}):
                return True
        except Exception:
            return False

    assert [opens(), opens("other"), opens("events")] == [False, False, True]


def test_after_the_first_request_no_scheme_is_solved_for_a_route_with_scopes(
    auth: AuthX[Any], serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    solved = []

    async def solve(scheme: object) -> None:
        solved.append(scheme)

    monkeypatch.setattr("authx.openapi._Scheme.__call__", solve)
    app = FastAPI()

    @app.get("/", dependencies=[Security(auth.access_token_required, scopes=["admin"])])
    def route() -> None: ...

    client = serve(app)
    token = auth.create_access_token("ada", scopes=["admin"])
    assert [client.get("/", token=token).status for _ in range(3)] == [200] * 3
    assert len(solved) == 1
