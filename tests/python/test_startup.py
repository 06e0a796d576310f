"""A mistake in the settings is found when the application starts."""

import asyncio
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette

from authx import AuthManager, AuthX, AuthXConfig
from authx.exceptions import BadConfigurationError
from authx.refresh import ImplicitRefreshMiddleware

SECRET = "a secret of at least thirty-two bytes"
MISTAKES = [
    ({}, "JWT_SECRET_KEY"),
    ({"JWT_ALGORITHM": "RS256", "JWT_PRIVATE_KEY": "/run/secrets/key.pem"}, "JWT_PRIVATE_KEY"),
    ({"JWT_ALGORITHM": "ES256", "JWT_PUBLIC_KEY": "not a key"}, "JWT_PUBLIC_KEY"),
    ({"JWT_SECRET_KEY": SECRET, "JWT_COOKIE_SAMESITE": "none", "JWT_COOKIE_SECURE": False}, "JWT_COOKIE_SAMESITE"),
    ({"JWT_SECRET_KEY": "-----BEGIN PUBLIC KEY-----"}, "JWT_SECRET_KEY"),
]


def lifespan(app: Any) -> list[dict[str, Any]]:
    """What an application answers to a server that starts and stops it."""
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    async def run() -> None:
        try:
            await app({"type": "lifespan", "state": {}, "app": app}, receive, send)
        except BadConfigurationError:
            assert sent[-1]["type"] == "lifespan.startup.failed"

    asyncio.run(run())
    return sent


def handled(app: Any, auth: AuthX[Any]) -> Any:
    auth.handle_errors(app)
    return app


def of_manager(app: Any, auth: AuthX[Any]) -> Any:
    manager = AuthManager()
    manager.register(auth)
    manager.handle_errors(app)
    return app


def behind_middleware(app: Any, auth: AuthX[Any]) -> Any:
    app.add_middleware(ImplicitRefreshMiddleware, auth=auth)
    return app


@pytest.mark.parametrize("kind", [FastAPI, Starlette])
@pytest.mark.parametrize("prepare", [handled, of_manager, behind_middleware])
@pytest.mark.parametrize(("settings", "named"), MISTAKES)
def test_application_with_a_mistake_does_not_start(
    kind: Any, prepare: Any, settings: dict[str, Any], named: str
) -> None:
    auth: AuthX[Any] = AuthX(AuthXConfig(**settings), login_type="user")

    sent = lifespan(prepare(kind(), auth))

    assert [message["type"] for message in sent] == ["lifespan.startup.failed"]
    assert named in sent[0]["message"]
    with pytest.raises(BadConfigurationError, match=named):
        auth.check()


@pytest.mark.parametrize("prepare", [handled, of_manager, behind_middleware])
def test_application_without_one_starts_and_its_own_lifespan_runs(prepare: Any) -> None:
    events: list[str] = []

    @asynccontextmanager
    async def own(app: Any) -> Any:
        events.append("start")
        yield {"database": "open"}
        events.append("stop")

    auth: AuthX[Any] = AuthX(AuthXConfig(), login_type="user")
    app = prepare(FastAPI(lifespan=own), auth)
    app.include_router(APIRouter())
    # A key that is set after the application was built, and before it starts.
    auth.config.JWT_SECRET_KEY = SECRET

    sent = lifespan(app)

    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert events == ["start", "stop"]
    auth.check()


def test_declared_dependency_alone_is_checked_by_the_applications_own_lifespan() -> None:
    auth: AuthX[Any] = AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, JWT_COOKIE_DOMAIN="https://a.example"))

    @asynccontextmanager
    async def checked(app: Any) -> Any:
        auth.check()
        yield

    def started(app: FastAPI) -> list[str]:
        app.get("/", dependencies=[auth.ACCESS_REQUIRED])(lambda: None)
        return [message["type"] for message in lifespan(app)]

    # FastAPI tells a dependency nothing of its application before the first request.
    assert started(FastAPI()) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert started(FastAPI(lifespan=checked)) == ["lifespan.startup.failed"]
