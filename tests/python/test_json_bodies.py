"""Tokens in JSON bodies, which stay readable for the handler."""

from typing import Annotated, Any

import pytest
from fastapi import Body, FastAPI, Request


@pytest.fixture
def json_auth(make_auth: Any) -> Any:
    return make_auth(JWT_TOKEN_LOCATION=["json", "query"])


def test_handler_still_reads_the_body(app: FastAPI, client: Any, json_auth: Any) -> None:
    @app.post("/json")
    async def reads_json(request: Request, payload=json_auth.ACCESS_REQUIRED):
        return (await request.json())["rest"]

    @app.post("/stream")
    async def reads_stream(request: Request, payload=json_auth.ACCESS_REQUIRED):
        return len(b"".join([part async for part in request.stream()]))

    @app.post("/declared")
    async def declared(rest: Annotated[Any, Body(embed=True)], payload=json_auth.ACCESS_REQUIRED):
        return rest

    document = {"access_token": json_auth.create_access_token("u"), "rest": [1, 2]}

    assert client.post("/json", json=document).json() == [1, 2]
    assert client.post("/stream", json=document).json() > 100
    assert client.post("/declared", json=document).json() == [1, 2]


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON"])
def test_json_content_type_may_have_parameters(
    app: FastAPI, client: Any, json_auth: Any, content_type: str, protect: Any
) -> None:
    protect(app, json_auth.ACCESS_REQUIRED, "POST")

    answer = client.post(
        "/", json={"access_token": json_auth.create_access_token("u")}, headers={"content-type": content_type}
    )

    assert answer.status == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"{}", b'{"token": "x"}', b"\xff"])
def test_json_body_without_a_token_counts_as_none(
    app: FastAPI, client: Any, json_auth: Any, body: bytes, protect: Any
) -> None:
    protect(app, json_auth.ACCESS_REQUIRED, "POST")

    answer = client.post("/", body=body, headers={"content-type": "application/json"})

    assert (answer.status, answer.json()["error_type"]) == (401, "MissingTokenError")


@pytest.mark.parametrize("value", ["7", "null", "[]", "{}", '"x"', '"a", "access_token": "b"'])
def test_json_value_that_is_no_token_is_refused(
    app: FastAPI, client: Any, json_auth: Any, value: str, protect: Any
) -> None:
    protect(app, json_auth.ACCESS_REQUIRED, "POST")

    answer = client.post(
        "/", body=f'{{"access_token": {value}}}'.encode(), headers={"content-type": "application/json"}
    )

    assert answer.status in (401, 422)


def test_body_over_the_bound_is_not_searched(
    app: FastAPI, client: Any, json_auth: Any, endless_body: Any, protect: Any
) -> None:
    protect(app, json_auth.ACCESS_REQUIRED, "POST")
    json_auth.config.JWT_MAX_BODY_SIZE = 2048
    document = {"access_token": json_auth.create_access_token("u")}
    headers = {"content-type": "application/json"}

    assert client.post("/", json=document).status == 200
    too_large = client.post("/", json=document | {"rest": "x" * 2048})
    assert too_large.json()["error_type"] == "MissingTokenError"
    endless = client.post("/", body=endless_body(b" " * 1024), headers=headers)
    assert endless.json()["error_type"] == "MissingTokenError"
    announced = client.post("/", body=endless_body(b" "), headers=headers | {"content-length": "4096"})
    assert announced.json()["error_type"] == "MissingTokenError"


def test_body_over_the_bound_is_left_for_the_handler(app: FastAPI, client: Any, json_auth: Any) -> None:
    @app.post("/")
    async def route(request: Request, payload=json_auth.ACCESS_REQUIRED):
        return len(await request.body())

    json_auth.config.JWT_MAX_BODY_SIZE = 2048
    query = f"token={json_auth.create_access_token('u')}"
    headers = {"content-type": "application/json"}

    assert client.post("/", query=query, body=[b" " * 1000] * 5, headers=headers).json() == 5000
    announced = headers | {"content-length": "5000"}
    assert client.post("/", query=query, body=[b" " * 1000] * 5, headers=announced).json() == 5000


def test_a_field_that_is_null_is_no_token(app: FastAPI, client: Any, make_auth: Any, protect: Any) -> None:
    auth = make_auth(JWT_TOKEN_LOCATION=["json", "headers"])
    protect(app, auth.ACCESS_REQUIRED, "POST")
    headers = {"content-type": "application/json"}

    answer = client.post("/", body=b'{"access_token": null}', headers=headers)
    assert (answer.status, answer.json()["error_type"]) == (401, "MissingTokenError")
    headers["authorization"] = f"Bearer {auth.create_access_token('ada')}"
    assert client.post("/", body=b'{"access_token": null}', headers=headers).status == 200


@pytest.mark.parametrize(("location", "method"), [("query", "GET"), ("json", "POST")])
def test_a_found_token_is_read_as_utf_8(app: FastAPI, client: Any, make_auth: Any, location: str, method: str) -> None:
    auth = make_auth(JWT_TOKEN_LOCATION=[location])

    @app.api_route("/", methods=[method])
    async def route(request: Request):
        return (await auth.get_access_token_from_request(request)).token

    answer = client.request(
        method,
        "/",
        query="token=%C3%A4.b.c",
        body='{"access_token": "ä.b.c"}'.encode(),
        headers={"content-type": "application/json"},
    )
    assert answer.json() == "ä.b.c"
