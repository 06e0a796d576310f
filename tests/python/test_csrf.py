"""The CSRF double submit: in a header, or in a form."""

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Form, Request

from authx import TokenPayload
from authx.exceptions import BadConfigurationError


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_unsafe_method_needs_the_csrf_value(
    app: FastAPI, client: Any, cookie_auth: Any, method: str, protect: Any
) -> None:
    protect(app, cookie_auth.ACCESS_REQUIRED, method)
    token = cookie_auth.create_access_token("u")
    cookies = {"access_token_cookie": token}
    csrf = TokenPayload.decode(token, "", verify=False).csrf or ""

    assert client.request(method, "/", cookies=cookies, headers={"x-csrf-token": csrf}).status == 200
    absent = client.request(method, "/", cookies=cookies)
    assert (absent.status, absent.json()["error_type"]) == (401, "MissingCSRFTokenError")
    wrong = client.request(method, "/", cookies=cookies, headers={"x-csrf-token": "x" + csrf[1:]})
    assert (wrong.status, wrong.json()["error_type"]) == (401, "CSRFError")
    assert wrong.json()["message"] == "CSRF double submit does not match"


def test_csrf_value_of_any_bytes_gets_an_answer(app: FastAPI, client: Any, cookie_auth: Any, protect: Any) -> None:
    protect(app, cookie_auth.ACCESS_REQUIRED, "POST")
    cookies = {"access_token_cookie": cookie_auth.create_access_token("u")}

    assert client.post("/", cookies=cookies, headers={"x-csrf-token": "\xff\xfe\x80"}).status == 401


def test_safe_method_and_other_locations_need_no_csrf_value(
    app: FastAPI, client: Any, make_auth: Any, protect: Any
) -> None:
    auth = make_auth(JWT_TOKEN_LOCATION=["headers", "cookies"])
    protect(app, auth.ACCESS_REQUIRED, "GET", "/get")
    protect(app, auth.ACCESS_REQUIRED, "POST", "/post")
    token = auth.create_access_token("u")

    assert client.get("/get", cookies={"access_token_cookie": token}).status == 200
    assert client.post("/post", token=token).status == 200


def test_form_carries_the_csrf_value_where_that_is_switched_on(app: FastAPI, client: Any, cookie_auth: Any) -> None:
    @app.post("/")
    async def route(request: Request, payload=cookie_auth.ACCESS_REQUIRED):
        return dict((await request.form()).items())

    @app.post("/declared")
    async def declared(name: Annotated[str, Form()], payload=cookie_auth.ACCESS_REQUIRED):
        return name

    token = cookie_auth.create_access_token("u")
    csrf = TokenPayload.decode(token, "", verify=False).csrf or ""
    request: dict[str, Any] = {
        "cookies": {"access_token_cookie": token},
        "headers": {"content-type": "application/x-www-form-urlencoded; charset=utf-8"},
        "body": f"csrf_token={csrf}&name=ada".encode(),
    }

    assert client.post("/", **request).json()["error_type"] == "MissingCSRFTokenError"

    cookie_auth.config.JWT_CSRF_CHECK_FORM = True
    assert client.post("/", **request).json() == {"csrf_token": csrf, "name": "ada"}
    assert client.post("/declared", **request).json() == "ada"
    assert client.post("/", **request | {"body": b"csrf_token=x"}).json()["error_type"] == "CSRFError"


def test_endless_form_is_read_up_to_the_bound(app: FastAPI, client: Any, cookie_auth: Any, protect: Any) -> None:
    protect(app, cookie_auth.ACCESS_REQUIRED, "POST")
    cookie_auth.config.JWT_CSRF_CHECK_FORM = True
    cookie_auth.config.JWT_MAX_BODY_SIZE = 1000
    sent = []

    def endless() -> Iterator[bytes]:
        for part in range(100):
            sent.append(part)
            yield b"&" * 500

    answer = client.post(
        "/",
        cookies={"access_token_cookie": cookie_auth.create_access_token("u")},
        headers={"content-type": "application/x-www-form-urlencoded"},
        body=endless(),
    )

    assert (answer.status, answer.json()["error_type"]) == (401, "MissingCSRFTokenError")
    assert len(sent) < 10


def test_size_bound_applies_to_a_form_that_fastapi_has_parsed(app: FastAPI, client: Any, cookie_auth: Any) -> None:
    @app.post("/declared")
    async def declared(name: Annotated[str, Form()], payload=cookie_auth.ACCESS_REQUIRED):
        return len(name)

    token = cookie_auth.create_access_token("u")
    csrf = TokenPayload.decode(token, "", verify=False).csrf or ""
    cookie_auth.config.JWT_CSRF_CHECK_FORM = True
    body = f"csrf_token={csrf}&name={'x' * 100}".encode()

    def post(bound: int) -> Any:
        cookie_auth.config.JWT_MAX_BODY_SIZE = bound
        return client.post(
            "/declared",
            cookies={"access_token_cookie": token},
            headers={"content-type": "application/x-www-form-urlencoded", "content-length": str(len(body))},
            body=body,
        )

    assert post(len(body)).json() == 100
    assert post(len(body) - 1).json()["error_type"] == "MissingCSRFTokenError"


def test_form_whose_charset_gives_a_lone_surrogate_has_no_csrf_value(
    app: FastAPI, client: Any, cookie_auth: Any, protect: Any
) -> None:
    protect(app, cookie_auth.ACCESS_REQUIRED, "POST")
    cookie_auth.config.JWT_CSRF_CHECK_FORM = True

    answer = client.post(
        "/",
        cookies={"access_token_cookie": cookie_auth.create_access_token("u")},
        headers={"content-type": "multipart/form-data; boundary=b; charset=unicode_escape"},
        body=b'--b\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n\\ud800\r\n--b--\r\n',
    )

    assert (answer.status, answer.json()["error_type"]) == (401, "MissingCSRFTokenError")


def test_damaged_form_has_no_csrf_value(app: FastAPI, client: Any, cookie_auth: Any, protect: Any) -> None:
    protect(app, cookie_auth.ACCESS_REQUIRED, "POST")
    cookie_auth.config.JWT_CSRF_CHECK_FORM = True

    answer = client.post(
        "/",
        cookies={"access_token_cookie": cookie_auth.create_access_token("u")},
        headers={"content-type": "multipart/form-data; boundary=b"},
        body=b"csrf_token=x",
    )

    assert (answer.status, answer.json()["error_type"]) == (401, "MissingCSRFTokenError")


def test_missing_package_for_forms_is_an_error_that_names_it(
    app: FastAPI, client: Any, cookie_auth: Any, monkeypatch: pytest.MonkeyPatch, protect: Any
) -> None:
    protect(app, cookie_auth.ACCESS_REQUIRED, "POST")
    cookie_auth.config.JWT_CSRF_CHECK_FORM = True
    monkeypatch.setattr("authx.body.find_spec", lambda _name: None)

    answer = client.post(
        "/",
        cookies={"access_token_cookie": cookie_auth.create_access_token("u")},
        headers={"content-type": "application/x-www-form-urlencoded"},
        body=b"csrf_token=x",
    )

    assert answer.status == 500
    assert isinstance(answer.error, BadConfigurationError)
    assert "python-multipart" in str(answer.error)
