"""Several logins of one application, over HTTP."""

import asyncio
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI

from authx import AuthManager, AuthX, AuthXConfig, PolicyRule, TokenPayload, exceptions

KEYS = {name: f"the {name}'s secret, long enough for every algorithm with one" for name in ("user", "admin")}


def instance(login_type: str | None, secret: str | None = None, **settings: Any) -> AuthX[Any]:
    return AuthX(AuthXConfig(JWT_SECRET_KEY=secret or KEYS[str(login_type)], **settings), login_type=login_type)


@pytest.fixture
def manager() -> AuthManager:
    manager = AuthManager()
    for login_type in KEYS:
        manager.register(instance(login_type))
    return manager


def protect(app: FastAPI, dependency: Any) -> None:
    @app.post("/")
    @app.get("/")
    async def route(payload: Any = Depends(dependency)):
        return payload.sub


MISMATCH = {
    "message": "Token type mismatch: expected 'admin', got 'user'",
    "error_type": "LoginTypeMismatchError",
    "expected_type": "admin",
    "actual_type": "user",
}


def test_a_login_opens_its_own_routes(app: FastAPI, client: Any, manager: AuthManager) -> None:
    protect(app, manager.access_token_required("admin"))

    assert client.get("/", token=manager.create_access_token("admin", "ada")).json() == "ada"


@pytest.mark.parametrize("same_key", [True, False])
@pytest.mark.parametrize("create", ["create_access_token", "create_refresh_token"])
def test_a_token_of_another_login_names_both(app: FastAPI, client: Any, same_key: bool, create: str) -> None:
    manager = AuthManager()
    manager.register(instance("admin"))
    manager.register(instance("user", KEYS["admin"] if same_key else KEYS["user"]))
    protect(app, manager.access_token_required("admin"))

    answer = client.get("/", token=getattr(manager, create)("user", "ada"))

    # With one key the engine reports the wrong type, which it checks before the login type.
    expected = "AccessTokenRequiredError" if same_key and create == "create_refresh_token" else "LoginTypeMismatchError"
    assert (answer.status, answer.json()["error_type"]) == (401, expected)
    if expected == "LoginTypeMismatchError":
        assert answer.json() == MISMATCH
    assert answer.header("www-authenticate") == 'Bearer error="invalid_token"'


def test_a_token_of_no_login_keeps_its_error(app: FastAPI, client: Any, manager: AuthManager) -> None:
    protect(app, manager.access_token_required("admin"))
    stranger = instance("user", "a secret of someone else altogether, long enough")

    for token, error in [
        (stranger.create_access_token("ada"), "TokenInvalidSignatureError"),
        ("a.b.c", "JWTDecodeError"),
    ]:
        answer = client.get("/", token=token)
        assert (answer.status, answer.json()["error_type"]) == (401, error)
    assert client.get("/").json()["error_type"] == "MissingTokenError"


def test_a_token_without_login_type_is_of_no_login(app: FastAPI, client: Any, manager: AuthManager) -> None:
    protect(app, manager.access_token_required("admin"))

    answer = client.get("/", token=instance(None, KEYS["admin"]).create_access_token("ada"))

    assert answer.json() == MISMATCH | {
        "message": "Token type mismatch: expected 'admin', got 'unknown'",
        "actual_type": None,
    }


@pytest.mark.parametrize("kind", ["access", "refresh", "fresh"])
def test_each_kind_of_token_opens_its_route(app: FastAPI, client: Any, manager: AuthManager, kind: str) -> None:
    protect(app, getattr(manager, f"{kind}_token_required")("user"))
    pair = manager.create_token_pair("user", "ada")
    tokens = {
        "access": pair.access_token,
        "refresh": pair.refresh_token,
        "fresh": manager.create_access_token("user", "ada", fresh=True),
    }
    opens = {"access": {"access", "fresh"}, "refresh": {"refresh"}, "fresh": {"fresh"}}[kind]

    assert {name for name, token in tokens.items() if client.get("/", token=token).status == 200} == opens


def test_blocklist_of_the_instance_applies(app: FastAPI, client: Any, manager: AuthManager) -> None:
    protect(app, manager.access_token_required("user"))
    manager.get("user").set_callback_token_blocklist(lambda token: True)

    answer = client.get("/", token=manager.create_access_token("user", "ada"))

    assert (answer.status, answer.json()["error_type"]) == (401, "RevokedTokenError")


def test_a_json_body_is_searched_for_a_token_of_another_login(app: FastAPI, client: Any) -> None:
    manager = AuthManager()
    for login_type in KEYS:
        manager.register(instance(login_type, JWT_TOKEN_LOCATION=["json"]))
    protect(app, manager.access_token_required("admin"))

    answer = client.post("/", json={"access_token": manager.create_access_token("user", "ada")})

    assert answer.json() == MISMATCH


def test_csrf_of_a_cookie_is_checked_by_the_instance(app: FastAPI, client: Any) -> None:
    manager = AuthManager()
    manager.register(instance("user", JWT_TOKEN_LOCATION=["cookies"]))
    protect(app, manager.access_token_required("user"))
    token = manager.create_access_token("user", "ada")

    assert client.get("/", cookies={"access_token_cookie": token}).status == 200
    answer = client.post("/", cookies={"access_token_cookie": token})
    assert (answer.status, answer.json()["error_type"]) == (401, "MissingCSRFTokenError")


def test_dependency_works_in_three_forms(app: FastAPI, client: Any, manager: AuthManager) -> None:
    required: Any = manager.token_required("user")

    @app.get("/default")
    async def default(payload: TokenPayload = required):
        return payload.sub

    @app.get("/annotated")
    async def annotated(payload: Annotated[TokenPayload, required]):
        return payload.sub

    @app.get("/depends", dependencies=[Depends(required)])
    async def depends():
        return "ada"

    token = manager.create_access_token("user", "ada")
    for path in ("/default", "/annotated", "/depends"):
        assert client.get(path).status == 401
        assert client.get(path, token=token).json() == "ada"
    assert app.openapi()["paths"]["/default"]["get"]["security"] == [{"AuthXBearer": []}]


def test_instance_may_be_registered_after_the_route(app: FastAPI, client: Any) -> None:
    manager = AuthManager()
    protect(app, manager.access_token_required("user"))

    answer = client.get("/", token="x")
    assert (answer.status, str(answer.error)) == (500, "login_type: 'user' is not registered")
    manager.register(instance("user"))
    assert client.get("/", token=manager.create_access_token("user", "ada")).json() == "ada"


def test_registering_needs_a_unique_login_type(manager: AuthManager) -> None:
    with pytest.raises(exceptions.BadConfigurationError, match="must have one"):
        manager.register(instance(None, KEYS["user"]))
    with pytest.raises(exceptions.BadConfigurationError, match="'user' is registered already"):
        manager.register(instance("user"))
    with pytest.raises(exceptions.BadConfigurationError, match="'guest' is not registered"):
        manager.create_access_token("guest", "ada")
    assert manager.login_types == ("user", "admin")


def test_messages_of_the_manager_come_before_those_of_the_instance(
    app: FastAPI, client: Any, manager: AuthManager
) -> None:
    protect(app, manager.access_token_required("user"))

    manager.get("user").MSG_MissingTokenError = "of the instance"
    assert client.get("/").json()["message"] == "of the instance"
    manager.MSG_MissingTokenError = "of the manager"
    assert client.get("/").json()["message"] == "of the manager"


def test_handle_errors_answers_as_that_of_an_instance(app: FastAPI, client: Any) -> None:
    AuthManager().handle_errors(app)

    @app.get("/")
    async def route():
        raise exceptions.TokenExpiredError("own message")

    answer = client.get("/")
    assert (answer.status, answer.json()) == (401, {"message": "own message", "error_type": "TokenExpiredError"})


def test_settings_of_the_instance_apply_to_its_answers(app: FastAPI, client: Any) -> None:
    manager = AuthManager()
    manager.register(instance("user"))
    manager.register(instance("admin", JWT_ERROR_MESSAGE_KEY="detail", JWT_INVALID_TOKEN_STATUS=401))
    protect(app, manager.access_token_required("admin"))

    answer = client.get("/", token="x")

    assert (answer.status, answer.json()) == (401, {"detail": "Invalid Token", "error_type": "JWTDecodeError"})


def test_an_argument_of_another_kind_is_named_at_the_declaration(manager: AuthManager) -> None:
    with pytest.raises(ValueError, match="type: "):
        manager.token_required("user", type="an other")


class TestPolicies:
    @pytest.fixture
    def manager(self, manager: AuthManager) -> AuthManager:
        manager.add_policy_rule(PolicyRule("allow", ["read"], ["report:*"]))
        return manager

    @pytest.mark.parametrize(("action", "status"), [("read", 200), ("write", 403)])
    def test_the_policy_decides(
        self, app: FastAPI, client: Any, manager: AuthManager, action: str, status: int
    ) -> None:
        protect(app, manager.policy_required("user", action, "report:1"))

        assert client.get("/", token=manager.create_access_token("user", "ada")).status == status

    def test_a_token_of_another_login_is_refused_before(self, app: FastAPI, client: Any, manager: AuthManager) -> None:
        protect(app, manager.policy_required("admin", "read", "report:1"))

        assert client.get("/", token=manager.create_access_token("user", "ada")).json() == MISMATCH

    async def _authorized(self, manager: AuthManager, **arguments: Any) -> TokenPayload:
        return await manager.authorize("user", "read", "report:1", **arguments)

    def test_a_payload_must_be_of_the_login(self, manager: AuthManager) -> None:
        payload = TokenPayload(sub="ada", login_type="user")
        assert asyncio.run(self._authorized(manager, payload=payload)) is payload
        with pytest.raises(exceptions.LoginTypeMismatchError):
            asyncio.run(self._authorized(manager, payload=TokenPayload(sub="ada", login_type="admin")))
        with pytest.raises(exceptions.PolicyDeniedError, match="payload or a request"):
            asyncio.run(self._authorized(manager))


def test_a_login_works_beside_one_whose_settings_are_invalid(app: FastAPI, client: Any) -> None:
    manager = AuthManager()
    manager.register(instance("admin"))
    manager.register(AuthX(AuthXConfig(), login_type="user"))
    protect(app, manager.access_token_required("admin"))

    assert client.get("/", token=manager.create_access_token("admin", "ada")).json() == "ada"
    assert client.get("/", token=instance("user").create_access_token("ada")).status == 401


def test_a_type_of_the_applications_own_belongs_to_its_login(app: FastAPI, client: Any) -> None:
    manager: AuthManager = AuthManager()
    for login_type in ("user", "admin"):
        manager.register(instance(login_type))
    protect_reset = manager.token_required("user", type="reset")

    @app.get("/reset")
    async def reset(payload: TokenPayload = protect_reset) -> str:
        return payload.sub

    token = manager.create_token("user", "ada", type="reset")
    assert client.get("/reset", token=token).json() == "ada"
    others = [manager.create_token("admin", "ada", type="reset"), manager.create_access_token("user", "ada")]
    assert [client.get("/reset", token=other).status for other in others] == [401, 401]
