"""How OpenAPI describes protected routes, so that the Authorize button of /docs works."""

from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.openapi.utils import get_openapi

from authx import AuthManager

BEARER = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


def described(app: FastAPI) -> tuple[dict[str, Any], list[str]]:
    """The security schemes without their descriptions, and the names of those of the route /."""
    document = app.openapi()
    schemes = document.get("components", {}).get("securitySchemes", {})
    for scheme in schemes.values():
        assert scheme.pop("description")
    security = document["paths"]["/"]["get"].get("security", [])
    return schemes, [name for choice in security for name in choice]


def route(app: FastAPI, *dependencies: Any) -> None:
    app.get("/", dependencies=[Depends(dependency) for dependency in dependencies])(lambda: None)


@pytest.mark.parametrize("form", ["default", "Depends", "Annotated"])
def test_header_is_a_bearer_scheme(app: FastAPI, auth: Any, form: str) -> None:
    required = auth.ACCESS_REQUIRED
    if form == "default":
        app.get("/")(lambda payload=required: None)
    elif form == "Depends":
        app.get("/")(lambda payload=Depends(required): None)
    else:

        @app.get("/")
        async def annotated(payload: Annotated[Any, required]):
            return None

    assert described(app) == ({"AuthXBearer": BEARER}, ["AuthXBearer"])


@pytest.mark.parametrize(
    "settings", [{"JWT_HEADER_NAME": "X-Token"}, {"JWT_HEADER_TYPE": ""}, {"JWT_HEADER_TYPE": "JWT"}]
)
def test_other_header_is_an_api_key(app: FastAPI, make_auth: Any, settings: Any) -> None:
    route(app, make_auth(**settings).ACCESS_REQUIRED)

    name = settings.get("JWT_HEADER_NAME", "Authorization")
    assert described(app) == ({"AuthXHeader": {"type": "apiKey", "in": "header", "name": name}}, ["AuthXHeader"])


def test_each_location_has_a_scheme_in_the_configured_order(app: FastAPI, make_auth: Any) -> None:
    auth = make_auth(JWT_TOKEN_LOCATION=["cookies", "json", "headers", "query"], JWT_QUERY_STRING_NAME="t")
    route(app, auth.ACCESS_REQUIRED)

    assert described(app) == (
        {
            "AuthXAccessCookie": {"type": "apiKey", "in": "cookie", "name": "access_token_cookie"},
            "AuthXBearer": BEARER,
            "AuthXQuery": {"type": "apiKey", "in": "query", "name": "t"},
        },
        ["AuthXAccessCookie", "AuthXBearer", "AuthXQuery"],
    )


def test_refresh_cookie_has_a_separate_scheme(app: FastAPI, make_auth: Any) -> None:
    auth = make_auth(JWT_REFRESH_TOKEN_LOCATION=["cookies"])
    route(app, auth.REFRESH_REQUIRED)

    cookie = {"type": "apiKey", "in": "cookie", "name": "refresh_token_cookie"}
    assert described(app) == ({"AuthXRefreshCookie": cookie}, ["AuthXRefreshCookie"])


def test_json_body_has_no_scheme(app: FastAPI, make_auth: Any) -> None:
    route(app, make_auth(JWT_TOKEN_LOCATION=["json"]).ACCESS_REQUIRED)

    assert described(app) == ({}, [])


def test_locations_of_one_route_are_described(app: FastAPI, auth: Any) -> None:
    route(app, auth.token_required(locations=["query"]))

    assert described(app)[1] == ["AuthXQuery"]


def test_current_subject_and_scopes_are_protected_too(app: FastAPI, auth: Any) -> None:
    route(app, auth.CURRENT_SUBJECT, auth.scopes_required("a"), auth.FRESH_REQUIRED)

    assert set(described(app)[1]) == {"AuthXBearer"}


def test_settings_loaded_after_the_route_are_described(app: FastAPI, auth: Any) -> None:
    route(app, auth.ACCESS_REQUIRED)
    auth.config.JWT_HEADER_NAME = "X-Token"

    assert described(app)[1] == ["AuthXHeader"]


def test_protection_adds_no_parameters(app: FastAPI, make_auth: Any) -> None:
    route(app, make_auth(JWT_TOKEN_LOCATION=["headers", "cookies", "query", "json"]).ACCESS_REQUIRED)

    operation = app.openapi()["paths"]["/"]["get"]
    assert "parameters" not in operation
    assert "requestBody" not in operation


def test_open_route_is_described_as_open(app: FastAPI, auth: Any) -> None:
    route(app, auth.ACCESS_TOKEN, auth.DEPENDENCY)

    assert described(app) == ({}, [])


FOUR_LOCATIONS = ["headers", "cookies", "json", "query"]
ALL_SCHEMES = ["AuthXBearer", "AuthXAccessCookie", "AuthXQuery"]


@pytest.fixture
def solved(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The security schemes that FastAPI solves for requests, in their order."""
    solved: list[Any] = []

    async def solve(scheme: Any) -> None:
        solved.append(scheme.scheme_name)

    monkeypatch.setattr("authx.openapi._Scheme.__call__", solve)
    return solved


def everywhere(make_auth: Any) -> Any:
    return make_auth(JWT_TOKEN_LOCATION=FOUR_LOCATIONS, login_type="user")


def by_manager(auth: Any) -> Any:
    manager = AuthManager()
    manager.register(auth)
    return manager.access_token_required("user")


def within_another(auth: Any) -> Any:
    async def user(payload: Any = auth.ACCESS_REQUIRED) -> Any:
        return payload

    return user


PROTECTIONS = {
    "access": lambda auth: auth.ACCESS_REQUIRED,
    "scopes": lambda auth: auth.scopes_required(),
    "subject": lambda auth: auth.CURRENT_SUBJECT,
    "limited": lambda auth: auth.rate_limited(),
    "manager": by_manager,
    "within another": within_another,
}


@pytest.mark.parametrize("protection", PROTECTIONS)
@pytest.mark.parametrize("place", ["application", "router", "mounted"])
def test_only_the_first_request_of_a_route_solves_its_schemes(
    serve: Any, make_auth: Any, solved: list[Any], protection: str, place: str
) -> None:
    auth = everywhere(make_auth)
    auth.set_callback_get_model_instance(lambda uid: uid)
    described_app = app = FastAPI()
    dependencies = [Depends(PROTECTIONS[protection](auth))]
    if place == "router":
        router = APIRouter()
        router.get("/", dependencies=dependencies)(lambda: "in")
        app.include_router(router, prefix="/inner")
    elif place == "mounted":
        described_app = FastAPI()
        described_app.get("/", dependencies=dependencies)(lambda: "in")
        app.mount("/inner", described_app)
    else:
        app.get("/inner/", dependencies=dependencies)(lambda: "in")
    # Generated anew, because `app.openapi()` caches its first result.
    before = written(described_app)
    token = auth.create_access_token("u")

    answers = [serve(app).get("/inner/", token=token) for _ in range(3)]

    assert [answer.json() for answer in answers] == ["in"] * 3
    assert solved == ALL_SCHEMES
    assert written(described_app) == before
    assert list(before["components"]["securitySchemes"]) == ALL_SCHEMES
    assert serve(app).get("/inner/").status == 401


def test_several_protections_of_a_route_stay_described(app: FastAPI, client: Any, make_auth: Any) -> None:
    auth = everywhere(make_auth)
    app.get("/", dependencies=[Depends(auth.FRESH_REQUIRED), Depends(within_another(auth))])(
        lambda payload=auth.REFRESH_REQUIRED: None
    )
    before = written(app)

    for _ in range(2):
        client.get("/", token=auth.create_access_token("u", fresh=True))

    assert written(app) == before
    assert set(before["components"]["securitySchemes"]) == {*ALL_SCHEMES, "AuthXRefreshCookie"}


def test_overridden_dependencies_leave_the_description_alone(
    app: FastAPI, client: Any, make_auth: Any, solved: list[Any]
) -> None:
    auth = everywhere(make_auth)
    route(app, auth.ACCESS_REQUIRED)
    before = written(app)
    token = auth.create_access_token("u")
    # While any dependency is overridden, FastAPI rebuilds all dependencies for each request.
    app.dependency_overrides[auth.REFRESH_REQUIRED] = lambda: None

    assert [client.get("/", token=token).status for _ in range(2)] == [200, 200]
    app.dependency_overrides.clear()
    solved.clear()
    assert [client.get("/", token=token).status for _ in range(2)] == [200, 200]

    assert solved == []
    assert written(app) == before


def test_first_requests_at_once_leave_the_description_alone(serve: Any, make_auth: Any) -> None:
    auth = everywhere(make_auth)
    token = auth.create_access_token("u")
    for _ in range(20):
        app = FastAPI()
        route(app, auth.ACCESS_REQUIRED)
        before = written(app)
        client = serve(app)
        with ThreadPoolExecutor(4) as threads:
            answers = [threads.submit(client.get, "/", token=token) for _ in range(4)]

        assert {answer.result().status for answer in answers} == {200}
        assert written(app) == before


def written(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, generated now."""
    return get_openapi(title="", version="", routes=app.routes)
