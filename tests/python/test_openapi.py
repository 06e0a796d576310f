"""How OpenAPI describes protected routes, so that the Authorize button of /docs works."""

from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI

BEARER = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


def described(app: FastAPI) -> tuple[dict[str, Any], list[str]]:
    """The security schemes without their prose, and the names that the route / may choose from."""
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


def test_refresh_cookie_has_a_scheme_of_its_own(app: FastAPI, make_auth: Any) -> None:
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
