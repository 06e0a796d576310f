"""Every example of the specification runs unchanged in an application."""

import ast
import inspect
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import Depends, FastAPI, Request

from authx import AuthX, AuthXConfig, WeakKeyWarning

FOLDER = Path(__file__).parent / "specification"
SNIPPETS = sorted(FOLDER.glob("*.py"))

# `AuthX()` without settings warns of the key that it generates; test_keys.py tests that.
pytestmark = pytest.mark.filterwarnings("ignore::authx.WeakKeyWarning")


def lines_of(path: Path) -> list[str]:
    return [line.strip() for line in path.read_text().splitlines() if line.strip()]


def run(name: str, **around: Any) -> SimpleNamespace:
    """Execute a snippet in a namespace with these names; returns the namespace."""
    namespace = around
    exec(compile((FOLDER / f"{name}.py").read_text(), f"{name}.py", "exec"), namespace)
    return SimpleNamespace(**namespace)


def application(**more: Any) -> dict[str, Any]:
    return {"app": FastAPI(), "auth": AuthX(), "Depends": Depends} | more


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda path: path.stem)
def test_snippet_is_the_specifications_text(snippet: Path) -> None:
    specification = "\n".join(lines_of(FOLDER / "authentication.txt"))

    assert "\n".join(lines_of(snippet)) in specification


def test_no_example_of_the_specification_is_left_out() -> None:
    beginnings = ("from ", "@", "async def ", "def ", "app =", "app.", "auth =", "payload =", "return ")
    examples = {line for snippet in SNIPPETS for line in lines_of(snippet)}

    assert {line for line in lines_of(FOLDER / "authentication.txt") if line.startswith(beginnings)} <= examples


def test_creating_tokens(serve: Any) -> None:
    example = run("creating_tokens")
    app = FastAPI()

    @app.get("/access")
    async def access(payload=example.auth.ACCESS_REQUIRED):
        return [payload.sub, payload.type, payload.fresh]

    @app.get("/refresh")
    async def refresh(payload=example.auth.REFRESH_REQUIRED):
        return [payload.sub, payload.type]

    client = serve(app)
    assert client.get("/access", token=example.access_token).json() == ["user123", "access", False]
    assert client.get("/access", token=example.fresh_token).json() == ["user123", "access", True]
    assert client.get("/refresh", token=example.refresh_token).json() == ["user123", "refresh"]


def test_access_token_required(serve: Any) -> None:
    example = run("access_token_required")
    client = serve(example.app)

    answer = client.get("/protected", token=example.auth.create_access_token(uid="user123"))
    assert (answer.status, answer.json()) == (200, {"user": "user123"})

    answer = client.get("/protected")
    assert (answer.status, answer.json()["error_type"]) == (401, "MissingTokenError")

    answer = client.get("/protected", token=example.auth.create_refresh_token(uid="user123"))
    assert (answer.status, answer.json()["error_type"]) == (401, "AccessTokenRequiredError")


def test_refresh_token_required(serve: Any) -> None:
    example = run("refresh_token_required", **application())
    client = serve(example.app)

    answer = client.post("/refresh", token=example.auth.create_refresh_token(uid="user123"))
    assert answer.status == 200
    token = answer.json()["access_token"]

    @example.app.get("/me")
    async def me(payload=example.auth.ACCESS_REQUIRED):
        return payload.sub

    assert client.get("/me", token=token).json() == "user123"

    answer = client.post("/refresh", token=example.auth.create_access_token(uid="user123"))
    assert (answer.status, answer.json()["error_type"]) == (401, "RefreshTokenRequiredError")


def test_fresh_token_required(serve: Any) -> None:
    example = run("fresh_token_required", **application())
    client = serve(example.app)

    answer = client.post("/change-password", token=example.auth.create_access_token(uid="user123", fresh=True))
    assert (answer.status, answer.json()) == (200, {"message": "Password changed"})

    answer = client.post("/change-password", token=example.auth.create_access_token(uid="user123"))
    assert (answer.status, answer.json()["error_type"]) == (401, "FreshTokenRequiredError")


def test_token_verification(serve: Any) -> None:
    # The example awaits outside a function, as if in the body of a handler.
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    code = compile((FOLDER / "token_verification.py").read_text(), "token_verification.py", "exec", flags=flags)
    around = application()

    @around["app"].get("/manual")
    async def manual(request: Request):
        namespace = {"auth": around["auth"], "request": request}
        running = eval(code, namespace)
        assert inspect.iscoroutine(running)
        await running
        return {"user": namespace["payload"].sub}

    client = serve(around["app"])

    answer = client.get("/manual", token=around["auth"].create_access_token(uid="user123"))
    assert (answer.status, answer.json()) == (200, {"user": "user123"})

    answer = client.get("/manual")
    assert (answer.status, answer.json()["error_type"]) == (401, "MissingTokenError")

    answer = client.get("/manual", token="not.a.token")
    assert (answer.status, answer.json()["error_type"]) == (401, "JWTDecodeError")


@pytest.mark.parametrize(
    ("method", "path", "granted", "answer"),
    [
        ("GET", "/users", ["users:read"], {"users": []}),
        ("GET", "/users", ["users:*"], {"users": []}),
        ("GET", "/users", ["users:write"], None),
        ("GET", "/users", [], None),
        ("DELETE", "/users/7", ["users:read", "users:delete"], {"message": "User 7 deleted"}),
        ("DELETE", "/users/7", ["users:read"], None),
        ("GET", "/admin", ["superuser"], {"admin": True}),
        ("GET", "/admin", ["admin"], {"admin": True}),
        ("GET", "/admin", ["user"], None),
        ("GET", "/admin/users", ["admin:users"], {"users": []}),
        ("GET", "/admin/users", ["admin:settings"], {"users": []}),
        ("GET", "/admin/users", ["admin:*"], {"users": []}),
        ("GET", "/admin/users", ["administrator"], None),
        ("GET", "/admin/users", ["Admin:users"], None),
    ],
)
def test_scope_based_authorization(serve: Any, method: str, path: str, granted: list[str], answer: Any) -> None:
    example = run("scope_based_authorization", **application())

    got = serve(example.app).request(
        method, path, token=example.auth.create_access_token(uid="user123", scopes=granted)
    )

    if answer is None:
        assert (got.status, got.json()["error_type"]) == (403, "InsufficientScopeError")
    else:
        assert (got.status, got.json()) == (200, answer)


def protected_by(auth: AuthX[Any]) -> FastAPI:
    app = FastAPI()

    @app.get("/protected")
    async def protected(payload=Depends(auth.ACCESS_REQUIRED)):
        return {"user": payload.sub}

    return app


def test_token_revocation_with_a_sync_callback(serve: Any) -> None:
    revoked: set[str] = set()
    example = run("token_revocation_sync", revoked_tokens_db=revoked)
    client = serve(protected_by(example.auth))
    token = example.auth.create_access_token(uid="user123")

    assert client.get("/protected", token=token).status == 200
    revoked.add(token)
    answer = client.get("/protected", token=token)
    assert (answer.status, answer.json()) == (401, {"message": "Invalid token", "error_type": "RevokedTokenError"})
    assert example.check_if_token_revoked(token) is True


def test_token_revocation_with_an_async_callback(serve: Any) -> None:
    revoked: set[str] = set()

    async def is_token_revoked(token: str) -> bool:
        return token in revoked

    example = run("token_revocation_async", auth=AuthX(), is_token_revoked=is_token_revoked)
    client = serve(protected_by(example.auth))
    token = example.auth.create_access_token(uid="user123")

    assert client.get("/protected", token=token).status == 200
    revoked.add(token)
    answer = client.get("/protected", token=token)
    assert (answer.status, answer.json()["error_type"]) == (401, "RevokedTokenError")
    assert inspect.iscoroutinefunction(example.check_if_token_revoked)


def test_implicit_token_refresh(serve: Any) -> None:
    example = run("implicit_token_refresh")
    example.auth.config.JWT_TOKEN_LOCATION = ["cookies"]

    @example.app.get("/protected")
    async def protected(payload=Depends(example.auth.ACCESS_REQUIRED)):
        return {"user": payload.sub}

    client = serve(example.app)
    example.auth.config.JWT_ACCESS_TOKEN_EXPIRES = 5 * 60
    due = example.auth.create_access_token(uid="user123")
    example.auth.config.JWT_ACCESS_TOKEN_EXPIRES = 15 * 60
    not_due = example.auth.create_access_token(uid="user123")

    answer = client.get("/protected", cookies={"access_token_cookie": due})
    assert (answer.status, answer.json()) == (200, {"user": "user123"})
    replaced = answer.cookies["access_token_cookie"]
    assert replaced != due
    assert client.get("/protected", cookies={"access_token_cookie": replaced}).json() == {"user": "user123"}

    assert client.get("/protected", cookies={"access_token_cookie": not_due}).set_cookies == {}


def test_current_user(serve: Any) -> None:
    class Database:
        async def get_user(self, uid: str) -> dict[str, str]:
            return {"name": uid.title()}

    example = run("current_user", app=FastAPI(), Depends=Depends, database=Database())
    client = serve(example.app)

    answer = client.get("/me", token=example.auth.create_access_token(uid="ada"))
    assert (answer.status, answer.json()) == (200, {"name": "Ada"})

    answer = client.get("/me")
    assert (answer.status, answer.json()["error_type"]) == (401, "MissingTokenError")


def test_examples_also_run_with_a_key_from_the_environment(
    serve: Any, monkeypatch: pytest.MonkeyPatch, secret: str, recwarn: pytest.WarningsRecorder
) -> None:
    monkeypatch.setenv("JWT_SECRET_KEY", secret)
    example = run("access_token_required")

    token = AuthX(AuthXConfig(JWT_SECRET_KEY=secret)).create_access_token(uid="user123")

    assert serve(example.app).get("/protected", token=token).json() == {"user": "user123"}
    assert [warning for warning in recwarn if issubclass(warning.category, WeakKeyWarning)] == []
