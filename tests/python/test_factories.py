"""A function that creates a dependency is no dependency: to forget its parentheses is an error, never an open route."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI

from authx import AuthManager, AuthX, AuthXConfig
from authx.rate_limit import RateLimiter

AUTH = AuthX[Any](AuthXConfig(JWT_SECRET_KEY="a secret of the tests, long enough for HS256"), login_type="user")
MANAGER = AuthManager()
MANAGER.register(AUTH)
FACTORIES: list[Callable[..., Any]] = [
    AUTH.token_required,
    AUTH.token_optional,
    AUTH.scopes_required,
    AUTH.rate_limited,
    MANAGER.token_required,
    MANAGER.access_token_required,
    MANAGER.access_token_optional,
    MANAGER.refresh_token_required,
    MANAGER.fresh_token_required,
    MANAGER.policy_required,
    MANAGER.authorize,
    RateLimiter,
]


def name(factory: Callable[..., Any]) -> str:
    return factory.__qualname__


@pytest.mark.parametrize("factory", FACTORIES, ids=name)
def test_a_factory_in_place_of_a_dependency_is_an_error_when_the_route_is_declared(factory: Callable[..., Any]) -> None:
    def of_route(app: FastAPI) -> None:
        app.get("/", dependencies=[Depends(factory)])(list)

    def of_parameter(app: FastAPI) -> None:
        @app.get("/")
        def route(payload: Any = Depends(factory)) -> None: ...

    def of_router(app: FastAPI) -> None:
        router = APIRouter(dependencies=[Depends(factory)])
        router.get("/")(list)
        app.include_router(router)

    def of_another_dependency(app: FastAPI) -> None:
        def user(payload: Any = Depends(factory)) -> Any:
            return payload

        app.get("/", dependencies=[Depends(user)])(list)

    def of_websocket(app: FastAPI) -> None:
        app.websocket("/", dependencies=[Depends(factory)])(lambda websocket: None)

    for declare in (of_route, of_parameter, of_router, of_another_dependency, of_websocket):
        with pytest.raises(TypeError, match=r"write Depends\(.*\)\)"):
            declare(FastAPI())


def test_a_guard_in_place_of_a_dependency_is_an_error_when_the_route_is_declared() -> None:
    # It would get the WebSocket, and do nothing with it.
    with pytest.raises(TypeError, match=r"write Depends\(auth.WS_AUTH_REQUIRED\)\. .*async with"):
        FastAPI().websocket("/", dependencies=[Depends(AUTH.websocket_guard)])(lambda websocket: None)


@pytest.mark.parametrize("factory", FACTORIES, ids=name)
def test_the_error_says_what_to_write(factory: Callable[..., Any]) -> None:
    with pytest.raises(TypeError) as refused:
        FastAPI().get("/", dependencies=[Depends(factory)])(list)

    usage = str(refused.value).split("Depends(")[1].split(". Without")[0].removesuffix(")")
    made = eval(usage, {"auth": AUTH, "manager": MANAGER, "RateLimiter": RateLimiter})
    FastAPI().get("/", dependencies=[Depends(made)])(list)
