"""Routes that require a token: every form of the declaration, every location, every option."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Annotated, Any
from unittest.mock import AsyncMock, patch

import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.params import Depends as DependsParameter

from authx import AuthManager, TokenPayload
from tests.sets import RESERVED_CLAIMS

ALL_LOCATIONS = ["headers", "cookies", "query", "json"]


# The three forms


@pytest.mark.parametrize("name", ["ACCESS_REQUIRED", "FRESH_REQUIRED", "REFRESH_REQUIRED"])
@pytest.mark.parametrize("form", ["default", "Depends", "Annotated", "decorator"])
def test_requirement_works_in_every_form(app: FastAPI, client: Any, auth: Any, name: str, form: str) -> None:
    required = getattr(auth, name)
    if form == "default":

        @app.get("/")
        async def default(payload: TokenPayload = required):
            return payload.sub

    elif form == "Depends":

        @app.get("/")
        async def depends(payload: TokenPayload = Depends(required)):
            return payload.sub

    elif form == "Annotated":

        @app.get("/")
        async def annotated(payload: Annotated[TokenPayload, required]):
            return payload.sub

    else:

        @app.get("/", dependencies=[Depends(required)])
        async def decorator():
            return "user123"

    refresh = name == "REFRESH_REQUIRED"
    token = auth.create_refresh_token("user123") if refresh else auth.create_access_token("user123", fresh=True)

    assert client.get("/", token=token).json() == "user123"
    assert client.get("/").status == 401


@pytest.mark.parametrize(
    "name",
    [
        "ACCESS_REQUIRED",
        "ACCESS_TOKEN",
        "BUNDLE",
        "CURRENT_SUBJECT",
        "DEPENDENCY",
        "FRESH_REQUIRED",
        "REFRESH_REQUIRED",
        "REFRESH_TOKEN",
        "WS_AUTH_REQUIRED",
    ],
)
def test_dependency_is_one_object_in_all_forms(auth: Any, name: str) -> None:
    dependency: Any = getattr(auth, name)

    assert isinstance(dependency, DependsParameter)
    called: Any = dependency.dependency
    assert called == dependency
    assert dependency == called
    assert not isinstance(called, DependsParameter)
    assert hash(called) == hash(dependency)
    assert dependency != auth.token_required()
    assert dependency is getattr(auth, name)
    assert hash(dependency) == hash(getattr(auth, name))
    assert name not in ("ACCESS_REQUIRED",) or dependency is auth.access_token_required


def test_requirement_declared_twice_is_verified_once(app: FastAPI, client: Any, auth: Any) -> None:
    asked = []

    @auth.set_callback_token_blocklist
    def callback(token: str) -> bool:
        asked.append(token)
        return False

    @app.get("/", dependencies=[Depends(auth.access_token_required)])
    async def route(first=auth.ACCESS_REQUIRED, second=Depends(auth.ACCESS_REQUIRED)):
        return first is second

    assert client.get("/", token=auth.create_access_token("u")).json() is True
    assert len(asked) == 1


def test_requirement_can_be_overridden(app: FastAPI, client: Any, auth: Any, protect: Any) -> None:
    protect(app, auth.ACCESS_REQUIRED)
    app.dependency_overrides[auth.ACCESS_REQUIRED] = lambda: TokenPayload(sub="a test's user")

    assert client.get("/").json()["sub"] == "a test's user"


def test_bare_dependency_can_be_called(app: FastAPI, client: Any, auth: Any) -> None:
    @app.get("/")
    async def route(request: Request):
        payload = await auth.access_token_required(request)
        return payload.sub

    assert client.get("/", token=auth.create_access_token("u")).json() == "u"
    assert client.get("/").json()["error_type"] == "MissingTokenError"


def test_instances_in_one_application_share_nothing(app: FastAPI, client: Any, make_auth: Any, protect: Any) -> None:
    users = make_auth(JWT_SECRET_KEY="the users' secret, long enough for HS256 all the same")
    staff = make_auth(JWT_SECRET_KEY="the staff's secret, long enough for HS256 all the same")
    staff.MSG_MissingTokenError = "Staff only"
    protect(app, users.ACCESS_REQUIRED, path="/users")
    protect(app, staff.ACCESS_REQUIRED, path="/staff")

    assert client.get("/users", token=users.create_access_token("u")).status == 200
    assert client.get("/staff", token=users.create_access_token("u")).status == 401
    assert client.get("/users").json()["message"] == "Token Error"
    assert client.get("/staff").json()["message"] == "Staff only"


# What a token must be


def test_payload_has_the_tokens_claims(app: FastAPI, client: Any, auth: Any) -> None:
    @app.get("/")
    async def route(payload: TokenPayload = auth.ACCESS_REQUIRED):
        assert payload.exp is not None
        assert timedelta(minutes=14) < payload.time_until_expiry <= timedelta(minutes=15, seconds=1)
        return {"scopes": payload.scopes, "extra": payload.extra_dict, "tenant": payload.tenant}  # type: ignore[attr-defined]

    token = auth.create_access_token("u", scopes=["a", "b"], data={"tenant": "acme", "roles": [1, {"x": None}]})

    assert client.get("/", token=token).json() == {
        "scopes": ["a", "b"],
        "extra": {"tenant": "acme", "roles": [1, {"x": None}]},
        "tenant": "acme",
    }


def test_payload_can_be_the_answer(app: FastAPI, client: Any, auth: Any) -> None:
    @app.get("/")
    async def route(payload: TokenPayload = auth.ACCESS_REQUIRED) -> TokenPayload:
        return payload

    answer = client.get("/", token=auth.create_access_token("u", data={"tenant": "acme"})).json()

    assert (answer["sub"], answer["type"], answer["tenant"]) == ("u", "access", "acme")


@pytest.mark.parametrize(
    ("token", "status", "error_type"),
    [
        ("", 401, "MissingTokenError"),
        ("x", 401, "JWTDecodeError"),
        ("a.b.c", 401, "JWTDecodeError"),
    ],
)
def test_string_that_is_no_token_is_refused(
    app: FastAPI, client: Any, auth: Any, token: str, status: int, error_type: str, protect: Any
) -> None:
    protect(app, auth.ACCESS_REQUIRED)

    answer = client.get("/", token=token)

    assert (answer.status, answer.json()["error_type"]) == (status, error_type)


def test_each_type_is_refused_in_place_of_the_other(app: FastAPI, client: Any, auth: Any, protect: Any) -> None:
    protect(app, auth.ACCESS_REQUIRED, path="/access")
    protect(app, auth.REFRESH_REQUIRED, path="/refresh")
    protect(app, auth.FRESH_REQUIRED, path="/fresh")

    assert (
        client.get("/access", token=auth.create_refresh_token("u")).json()["error_type"] == "AccessTokenRequiredError"
    )
    assert (
        client.get("/refresh", token=auth.create_access_token("u")).json()["error_type"] == "RefreshTokenRequiredError"
    )
    assert client.get("/fresh", token=auth.create_access_token("u")).json()["error_type"] == "FreshTokenRequiredError"
    assert client.get("/fresh", token=auth.create_refresh_token("u")).json()["error_type"] == "AccessTokenRequiredError"


def test_expired_and_foreign_tokens_get_different_errors(
    app: FastAPI, client: Any, auth: Any, make_auth: Any, protect: Any
) -> None:
    protect(app, auth.ACCESS_REQUIRED)
    foreign = make_auth(JWT_SECRET_KEY="another secret, long enough for HS256 all the same")

    expired = client.get("/", token=auth.create_access_token("u", expiry=timedelta(seconds=-1)))
    forged = client.get("/", token=foreign.create_access_token("u"))

    assert (expired.status, expired.json()["error_type"]) == (401, "TokenExpiredError")
    assert (forged.status, forged.json()["error_type"]) == (401, "TokenInvalidSignatureError")


def test_login_type_must_be_the_instances(app: FastAPI, client: Any, make_auth: Any, protect: Any) -> None:
    staff, users = make_auth(login_type="staff"), make_auth(login_type="user")
    protect(app, staff.ACCESS_REQUIRED)

    answer = client.get("/", token=users.create_access_token("u"))

    assert answer.status == 401
    assert answer.json() == {
        "message": "Token type mismatch: expected 'staff', got 'user'",
        "error_type": "LoginTypeMismatchError",
        "expected_type": "staff",
        "actual_type": "user",
    }
    assert client.get("/", token=staff.create_access_token("u")).status == 200


def test_audience_and_issuer_must_be_the_configured_ones(
    app: FastAPI, client: Any, make_auth: Any, protect: Any
) -> None:
    auth = make_auth(JWT_DECODE_AUDIENCE=["here", "there"], JWT_DECODE_ISSUER="us", JWT_ENCODE_ISSUER="us")
    protect(app, auth.ACCESS_REQUIRED)
    foreign = make_auth(JWT_ENCODE_ISSUER="them")

    assert client.get("/", token=auth.create_access_token("u", audience="there")).status == 200
    answer = client.get("/", token=auth.create_access_token("u", audience="elsewhere"))
    assert answer.json()["error_type"] == "TokenInvalidAudienceError"
    answer = client.get("/", token=foreign.create_access_token("u", audience="here"))
    assert answer.json()["error_type"] == "TokenInvalidIssuerError"


def test_identity_claim_is_the_configured_one(app: FastAPI, client: Any, make_auth: Any, protect: Any) -> None:
    auth = make_auth(JWT_IDENTITY_CLAIM="user_id")
    protect(app, auth.ACCESS_REQUIRED)

    assert client.get("/", token=auth.create_access_token("u")).json()["sub"] == "u"


@pytest.mark.parametrize("claim", RESERVED_CLAIMS)
def test_reserved_claim_in_data_is_an_error_that_names_it(auth: Any, claim: str) -> None:
    with pytest.raises(ValueError, match=claim):
        auth.create_access_token("u", data={claim: "x"})


# Where a token is looked for


@pytest.mark.parametrize("prefix", ["Bearer ", "bearer ", "BEARER ", "Bearer  "])
def test_scheme_is_compared_without_regard_to_case(
    app: FastAPI, client: Any, auth: Any, prefix: str, protect: Any
) -> None:
    protect(app, auth.ACCESS_REQUIRED)

    assert client.get("/", headers={"authorization": prefix + auth.create_access_token("u")}).status == 200


@pytest.mark.parametrize("prefix", ["Basic ", "", "Token "])
def test_other_scheme_counts_as_no_token(app: FastAPI, client: Any, auth: Any, prefix: str, protect: Any) -> None:
    protect(app, auth.ACCESS_REQUIRED)

    answer = client.get("/", headers={"authorization": prefix + auth.create_access_token("u")})

    assert (answer.status, answer.json()["error_type"]) == (401, "MissingTokenError")


def test_empty_header_type_takes_the_token_alone(app: FastAPI, client: Any, make_auth: Any, protect: Any) -> None:
    auth = make_auth(JWT_HEADER_TYPE="", JWT_HEADER_NAME="X-Token")
    protect(app, auth.ACCESS_REQUIRED)

    assert client.get("/", headers={"x-token": auth.create_access_token("u")}).status == 200


def test_token_comes_from_every_configured_location(app: FastAPI, client: Any, make_auth: Any, protect: Any) -> None:
    auth = make_auth(JWT_TOKEN_LOCATION=ALL_LOCATIONS, JWT_COOKIE_CSRF_PROTECT=False)
    protect(app, auth.ACCESS_REQUIRED, "POST")
    token = auth.create_access_token("u")

    assert client.post("/", token=token).status == 200
    assert client.post("/", cookies={"access_token_cookie": token}).status == 200
    assert client.post("/", query=f"token={token}").status == 200
    assert client.post("/", json={"access_token": token}).status == 200
    assert client.post("/").json()["error_type"] == "MissingTokenError"


@pytest.mark.parametrize("location", ALL_LOCATIONS)
def test_other_locations_are_not_looked_at(
    app: FastAPI, client: Any, make_auth: Any, location: str, protect: Any
) -> None:
    auth = make_auth(
        JWT_TOKEN_LOCATION=[other for other in ALL_LOCATIONS if other != location], JWT_COOKIE_CSRF_PROTECT=False
    )
    protect(app, auth.ACCESS_REQUIRED, "POST")
    token = auth.create_access_token("u")
    request: Any = {
        "headers": {"token": token},
        "cookies": {"cookies": {"access_token_cookie": token}},
        "query": {"query": f"token={token}"},
        "json": {"json": {"access_token": token}},
    }[location]

    assert client.post("/", **request).json()["error_type"] == "MissingTokenError"


@pytest.mark.parametrize("location", ALL_LOCATIONS)
def test_refresh_token_is_found_in_every_location(
    app: FastAPI, client: Any, make_auth: Any, location: str, protect: Any
) -> None:
    auth = make_auth(JWT_TOKEN_LOCATION=[location], JWT_COOKIE_CSRF_PROTECT=False)
    protect(app, auth.REFRESH_REQUIRED, "POST")

    def send(token: str) -> Any:
        request: Any = {
            "headers": {"token": token},
            "cookies": {"cookies": {"refresh_token_cookie": token}},
            "query": {"query": f"token={token}"},
            "json": {"json": {"refresh_token": token}},
        }[location]
        return client.post("/", **request)

    assert send(auth.create_refresh_token("u")).json() == {"sub": "u", "type": "refresh"}
    assert send(auth.create_access_token("u")).json()["error_type"] == "RefreshTokenRequiredError"


def test_token_types_may_have_different_locations(app: FastAPI, client: Any, make_auth: Any, protect: Any) -> None:
    auth = make_auth(JWT_REFRESH_TOKEN_LOCATION=["cookies"], JWT_ACCESS_TOKEN_LOCATION=["headers"])
    protect(app, auth.ACCESS_REQUIRED, path="/access")
    protect(app, auth.REFRESH_REQUIRED, path="/refresh")
    access, refresh = auth.create_access_token("u"), auth.create_refresh_token("u")

    assert client.get("/access", token=access).status == 200
    assert client.get("/access", cookies={"access_token_cookie": access}).status == 401
    assert client.get("/refresh", cookies={"refresh_token_cookie": refresh}).status == 200
    assert client.get("/refresh", token=refresh).status == 401


# token_required and finding tokens by hand


def test_token_required_may_take_any_type(app: FastAPI, client: Any, auth: Any, protect: Any) -> None:
    protect(app, auth.token_required(verify_type=False))

    assert client.get("/", token=auth.create_access_token("u")).json()["type"] == "access"
    assert client.get("/", token=auth.create_refresh_token("u")).json()["type"] == "refresh"


def test_token_required_may_ask_for_a_fresh_token(app: FastAPI, client: Any, auth: Any, protect: Any) -> None:
    protect(app, Depends(auth.token_required(verify_fresh=True)))

    assert client.get("/", token=auth.create_access_token("u", fresh=True)).status == 200
    assert client.get("/", token=auth.create_access_token("u")).json()["error_type"] == "FreshTokenRequiredError"


def test_token_required_may_override_locations_and_csrf(app: FastAPI, client: Any, auth: Any, protect: Any) -> None:
    protect(app, auth.token_required(locations=["cookies"]), "POST", "/usual")
    protect(app, auth.token_required(locations=["cookies"], verify_csrf=False), "POST", "/never")
    protect(app, auth.token_required(locations=["cookies"], verify_csrf=True), "GET", "/always")
    protect(app, auth.token_required(type="refresh", locations=["json"]), "POST", "/json")
    access = {"cookies": {"access_token_cookie": auth.create_access_token("u")}}

    assert client.post("/usual", token=auth.create_access_token("u")).json()["error_type"] == "MissingTokenError"
    assert client.post("/usual", **access).json()["error_type"] == "MissingCSRFTokenError"
    assert client.post("/never", **access).status == 200
    assert client.get("/always", **access).json()["error_type"] == "MissingCSRFTokenError"
    assert client.post("/json", json={"refresh_token": auth.create_refresh_token("u")}).status == 200


@pytest.mark.parametrize("options", [{"type": "ACCESS"}, {"locations": ["body"]}])
def test_token_required_refuses_unknown_values(auth: Any, options: Any) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        auth.token_required(**options)


def test_scopes_required_works_in_every_form(app: FastAPI, client: Any, auth: Any, protect: Any) -> None:
    protect(app, auth.scopes_required("a"), path="/default")
    protect(app, Depends(auth.scopes_required("a", "b")), path="/depends")

    @app.get("/annotated")
    async def annotated(payload: Annotated[TokenPayload, auth.scopes_required("a", "b", all_required=False)]):
        return payload.scopes

    token = auth.create_access_token("u", scopes=["a"])

    assert client.get("/default", token=token).status == 200
    assert client.get("/annotated", token=token).json() == ["a"]
    refused = client.get("/depends", token=token)
    assert refused.status == 403
    assert refused.json()["message"] == "Missing required scopes: ['a', 'b']. Provided: ['a']"


def test_messages_about_a_token_are_worded_by_the_engine(
    app: FastAPI, client: Any, make_auth: Any, protect: Any
) -> None:
    auth = make_auth(login_type="admin")
    protect(app, auth.scopes_required("it's"))

    # Python's `repr` would quote the list differently, and Python code would call the empty login type unknown.
    refused = client.get("/", token=auth.create_access_token("u", scopes=["a\\b"]))
    assert refused.json()["message"] == "Missing required scopes: ['it's']. Provided: ['a\\b']"
    refused = client.get("/", token=make_auth(login_type="").create_access_token("u"))
    assert refused.json()["message"] == "Token type mismatch: expected 'admin', got ''"


def test_request_tokens_are_found_and_not_verified(app: FastAPI, client: Any, auth: Any) -> None:
    @app.get("/")
    async def route(access=auth.ACCESS_TOKEN, refresh=auth.REFRESH_TOKEN):
        return [access and access.token, refresh and refresh.type]

    assert client.get("/", token="anything").json() == ["anything", "refresh"]
    assert client.get("/").json() == [None, None]


def test_tokens_are_found_by_hand(app: FastAPI, client: Any, make_auth: Any) -> None:
    auth = make_auth(JWT_TOKEN_LOCATION=["headers", "cookies", "json"])

    @app.post("/{how}")
    async def route(request: Request, how: str):
        if how == "optional":
            return await auth.get_token_from_request(request)
        if how == "required":
            return await auth.get_token_from_request(request, optional=False)
        if how == "refresh":
            return (await auth.get_refresh_token_from_request(request)).location
        token = await auth.get_access_token_from_request(request, locations=["cookies"])
        return auth.verify_token(token, verify_csrf=how != "unchecked").sub

    cookies = {"access_token_cookie": auth.create_access_token("u")}

    assert client.post("/optional").json() is None
    assert client.post("/required").json()["error_type"] == "MissingTokenError"
    assert client.post("/refresh", json={"refresh_token": "x"}).json() == "json"
    assert client.post("/cookie", token=auth.create_access_token("u")).json()["error_type"] == "MissingTokenError"
    assert client.post("/cookie", cookies=cookies).json()["error_type"] == "MissingCSRFTokenError"
    assert client.post("/unchecked", cookies=cookies).json() == "u"


# The bundle


def test_bundle_sets_cookies_of_its_response(app: FastAPI, client: Any, cookie_auth: Any) -> None:
    @app.post("/login")
    async def login(bundle=cookie_auth.DEPENDENCY):
        pair = bundle.create_token_pair("u", access_scopes=["a"])
        bundle.set_access_cookies(pair.access_token)
        bundle.set_refresh_cookies(pair.refresh_token)
        return bundle.request.method

    @app.post("/logout")
    async def logout(bundle=Depends(cookie_auth.BUNDLE)):
        bundle.unset_cookies()
        return bundle.response.headers.getlist("set-cookie")

    @app.get("/me")
    async def me(bundle=cookie_auth.BUNDLE):
        return await bundle.get_current_subject()

    cookie_auth.set_subject_getter(lambda uid: {"name": uid})

    login_answer = client.post("/login")
    assert login_answer.json() == "POST"
    assert set(login_answer.cookies) == {
        "access_token_cookie",
        "refresh_token_cookie",
        "csrf_access_token",
        "csrf_refresh_token",
    }
    assert client.get("/me", cookies=login_answer.cookies).json() == {"name": "u"}
    assert client.get("/me").json()["error_type"] == "MissingTokenError"
    assert set(client.post("/logout").cookies.values()) == {""}


@pytest.mark.parametrize(
    "protect",
    [
        lambda auth, manager: auth.access_token_required,
        lambda auth, manager: auth.scopes_required("users:read"),
        lambda auth, manager: manager.access_token_required("user"),
    ],
)
def test_a_mock_of_a_dependency_can_be_awaited(make_auth: Any, protect: Any) -> None:
    auth = make_auth(login_type="user")
    manager = AuthManager()
    manager.register(auth)
    holder = SimpleNamespace(dependency=protect(auth, manager))

    with patch.object(holder, "dependency") as mock:
        assert isinstance(mock, AsyncMock)
