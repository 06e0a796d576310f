"""A wrong argument is an error that names the parameter, what is accepted and what came. Nothing is ignored, and no value is
shown."""

import asyncio
import inspect
import math
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, Response

from authx import AuthManager, AuthX, AuthXConfig, RateLimiter, RequestToken
from authx.dependencies import AuthXDependency
from authx.testing import FrozenClock
from authx.testing.tokens import claims_of
from tests.python.conftest import SECRET, Client

AUTH: Any = AuthX[Any](AuthXConfig(JWT_SECRET_KEY=SECRET, JWT_SESSION_TRACKING=True), login_type="user")
MANAGER: Any = AuthManager()
MANAGER.register(AUTH)
BOUND: Any = AuthXDependency(AUTH, Request({"type": "http", "headers": []}), Response())
TOKEN: str = AUTH.create_access_token("ada")
LONE = "marked\ud800string"

Call = Callable[[], Any]


def nothing() -> None: ...


async def coroutine() -> str:
    return TOKEN


# Without their types, which the calls of these tests contradict.
Auth: Any = AuthX
Manager: Any = AuthManager
Limiter: Any = RateLimiter
STORE_METHODS = ["create", "get", "update", "delete", "list_by_user", "delete_all_by_user"]

# Arguments that don't exist

CREATORS: list[tuple[Callable[..., Any], tuple[str, ...]]] = [
    (AUTH.create_access_token, ("ada",)),
    (AUTH.create_refresh_token, ("ada",)),
    (BOUND.create_access_token, ("ada",)),
    (BOUND.create_refresh_token, ("ada",)),
    (MANAGER.create_access_token, ("user", "ada")),
    (MANAGER.create_refresh_token, ("user", "ada")),
]


@pytest.mark.parametrize(("create", "arguments"), CREATORS, ids=lambda value: getattr(value, "__qualname__", ""))
@pytest.mark.parametrize(
    ("unknown", "near"),
    [("expires_delta", "expiry"), ("expires", "expiry"), ("scope", "scopes"), ("header", "headers"), ("uids", "uid")],
)
def test_an_unknown_argument_is_an_error_that_names_the_nearest_parameter(
    create: Callable[..., Any], arguments: tuple[str, ...], unknown: str, near: str
) -> None:
    with pytest.raises(TypeError, match=rf"no parameter '{unknown}'; did you mean '{near}'\?"):
        create(*arguments, **{unknown: "marked"})


@pytest.mark.parametrize(("create", "arguments"), CREATORS, ids=lambda value: getattr(value, "__qualname__", ""))
def test_an_unknown_argument_that_is_a_claim_belongs_into_data(
    create: Callable[..., Any], arguments: tuple[str, ...]
) -> None:
    with pytest.raises(TypeError, match=r"no parameter 'role'; .*go into 'data'") as refused:
        create(*arguments, role="marked")
    assert "marked" not in str(refused.value)


@pytest.mark.parametrize(("create", "arguments"), CREATORS, ids=lambda value: getattr(value, "__qualname__", ""))
def test_too_many_positional_arguments_are_an_error(create: Callable[..., Any], arguments: tuple[str, ...]) -> None:
    with pytest.raises(TypeError, match="more positional argument"):
        create(*arguments, *[None] * 7)


@pytest.mark.parametrize("parts", [AUTH, BOUND, MANAGER], ids=lambda part: type(part).__name__)
def test_no_method_drops_an_unknown_argument(parts: Any) -> None:
    passed_on = {"is_token_in_blocklist"}
    for name in dir(parts):
        if name.startswith("_") or name in passed_on or not inspect.ismethod(method := getattr(parts, name)):
            continue
        parameters = inspect.signature(method).parameters.values()
        needed = [p for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
        with pytest.raises(TypeError, match="no_such_argument"):
            method(*(("user", "ada") if parts is MANAGER else ["ada"] * len(needed)), no_such_argument=1)


# Arguments of a wrong type

ASYNCHRONOUS: dict[str, tuple[Call, str]] = {
    "create_session(5)": (lambda: AUTH.create_session(5), "uid: a string is expected, not int"),
    "create_session(request)": (lambda: AUTH.create_session("ada", "x"), "request: a request is expected, not str"),
    "create_session(device_info)": (
        lambda: AUTH.create_session("ada", device_info="x"),
        "device_info: a dictionary is expected, not str",
    ),
    "create_session(surrogate)": (lambda: AUTH.create_session(LONE), "uid: .*lone surrogates"),
    "list_sessions": (lambda: AUTH.list_sessions(5), "uid: a string is expected, not int"),
    "get_session": (lambda: AUTH.get_session(None), "session_id: a string is expected, not NoneType"),
    "revoke_session": (lambda: AUTH.revoke_session(5), "session_id: a string is expected, not int"),
    "revoke_all_sessions": (lambda: AUTH.revoke_all_sessions(b"ada"), "uid: a string is expected, not bytes"),
    "locations of a request": (
        lambda: AUTH.get_access_token_from_request(BOUND.request, locations="cookies"),
        "locations: a list of strings is expected, not one string",
    ),
    "is_token_in_blocklist": (
        lambda: AUTH.is_token_in_blocklist(RequestToken(token=TOKEN, location="headers")),
        "token: a string is expected, not RequestToken",
    ),
}

WRONG: dict[str, tuple[Call, str]] = {
    "uid=5": (lambda: AUTH.create_access_token(5), "uid: a string is expected, not int"),
    "uid=None": (lambda: AUTH.create_token_pair(None), "uid: a string is expected, not NoneType"),
    "uid with a lone surrogate": (lambda: AUTH.create_access_token(LONE), "uid: .*lone surrogates"),
    "fresh='yes'": (lambda: AUTH.create_access_token("ada", "yes"), "fresh: True or False is expected, not str"),
    "scopes='a'": (lambda: AUTH.create_access_token("ada", scopes="a"), "scopes: a list of strings .* not one string"),
    "scopes=[5]": (lambda: AUTH.create_refresh_token("ada", scopes=[5]), "scopes: .*not one with int in it"),
    "scopes={}": (lambda: AUTH.create_access_token("ada", scopes=5), "scopes: a list of strings is expected, not int"),
    "scopes of a pair": (lambda: AUTH.create_token_pair("ada", access_scopes="a"), "scopes: a list of strings"),
    "a scope with a lone surrogate": (lambda: AUTH.create_access_token("ada", scopes=[LONE]), "scopes: .*surrogates"),
    "audience=5": (lambda: AUTH.create_access_token("ada", audience=5), "audience: .*expected"),
    "audience with a lone surrogate": (lambda: AUTH.create_access_token("ada", audience=LONE), "audience: "),
    "data='x'": (lambda: AUTH.create_access_token("ada", data="x"), "data: a mapping is expected"),
    "data with a lone surrogate": (lambda: AUTH.create_access_token("ada", data={"a": LONE}), "data: .*not Unicode"),
    "headers=5": (lambda: AUTH.create_access_token("ada", headers=5), "headers: a mapping is expected"),
    "session_id=5": (lambda: AUTH.create_access_token("ada", session_id=5), "session_id: a string is expected"),
    "expiry='5'": (
        lambda: AUTH.create_access_token("ada", expiry="5"),
        "expiry: a datetime, a timedelta or a number of seconds is expected, not str",
    ),
    "expiry=True": (lambda: AUTH.create_access_token("ada", expiry=True), "expiry: .*not bool"),
    "expiry=nan": (lambda: AUTH.create_access_token("ada", expiry=math.nan), "expiry: "),
    "expiry=-inf": (lambda: AUTH.create_access_token("ada", expiry=-math.inf), "expiry: "),
    "expiry=inf": (lambda: AUTH.create_access_token("ada", expiry=math.inf), "expiry: "),
    "expiry=10**400": (lambda: AUTH.create_access_token("ada", expiry=10**400), "expiry: "),
    "expiry=timedelta.max": (lambda: AUTH.create_access_token("ada", expiry=timedelta.max), "expiry: "),
    "expiry is an instant": (
        lambda: AUTH.create_access_token("ada", expiry=datetime(2030, 1, 1, tzinfo=timezone.utc).timestamp()),
        "expiry: a number is a duration in seconds",
    ),
    "scopes_required(['a'])": (lambda: AUTH.scopes_required(["a"]), "scopes: .*not one with list in it"),
    "locations='cookies'": (lambda: AUTH.token_required(locations="cookies"), "locations: .* not one string"),
    "locations of the manager": (lambda: MANAGER.token_required("user", locations="cookies"), "locations: "),
    "locations=['cookie']": (lambda: AUTH.token_required(locations=["cookie"]), "locations: "),
    "type=5": (lambda: AUTH.token_required(type=5), "type: a str is expected, not int"),
    "verify_csrf='no'": (lambda: AUTH.token_required(verify_csrf="no"), "verify_csrf: a bool or None is expected"),
    "all_required='no'": (lambda: AUTH.scopes_required("a", all_required="no"), "all_required: a bool is expected"),
    "verify_token(string)": (
        lambda: AUTH.verify_token(TOKEN),
        r"token: a RequestToken, from get_access_token_from_request.* is expected, not str",
    ),
    "verify_token(None)": (lambda: AUTH.verify_token(None), "token: a RequestToken.*not NoneType"),
    "AuthX({})": (lambda: Auth({"JWT_SECRET_KEY": SECRET}), r"config: an AuthXConfig, .*\*\*settings.*not dict"),
    "AuthX(AuthXConfig)": (lambda: Auth(AuthXConfig), "config: .*not the class AuthXConfig: call it"),
    "AuthX(keys={})": (lambda: Auth(keys={"kid": SECRET}), "keys: a KeyRing is expected, not dict"),
    "AuthX(login_type=5)": (lambda: Auth(login_type=5), "login_type: a string is expected, not int"),
    "load_config({})": (lambda: AUTH.load_config({}), "config: an AuthXConfig.*not dict"),
    "set_session_store(object())": (lambda: AUTH.set_session_store(object()), "store: .*not object: it lacks create,"),
    "set_session_store(class)": (
        lambda: AUTH.set_session_store(type("Store", (), dict.fromkeys(STORE_METHODS, print))),
        "store: .*not Store: an instance is expected",
    ),
    "handle_errors(router)": (lambda: AUTH.handle_errors(APIRouter()), "app: an application .* not APIRouter"),
    "register(object())": (lambda: MANAGER.register(object()), "auth: an AuthX is expected, not object"),
    "AuthManager([])": (lambda: Manager([]), "policy_engine: a PolicyEngine is expected, not list"),
    "RateLimiter('5')": (lambda: Limiter("5"), "max_requests: a number is expected, not str"),
    "RateLimiter(inf)": (lambda: Limiter(math.inf), "max_requests: "),
    "RateLimiter(nan)": (lambda: Limiter(math.nan), "max_requests: "),
    "RateLimiter(window='1 m')": (lambda: Limiter(window="1 m"), "window: .*expected, not str"),
    "RateLimiter(window=inf)": (lambda: Limiter(window=math.inf), "window: "),
    "RateLimiter(window=-1 s)": (lambda: Limiter(window=timedelta(seconds=-1)), "window: "),
    "RateLimiter(backend=object())": (lambda: Limiter(backend=object()), "backend: a RateLimitBackend.*not object"),
    "RateLimiter(key_func='ip')": (lambda: Limiter(key_func="ip"), "key_func: a function is expected, not str"),
    "RateLimiter(ipv6_prefix='64')": (lambda: Limiter(ipv6_prefix="64"), "ipv6_prefix: .*not str"),
    "rate_limited(window='1 m')": (lambda: AUTH.rate_limited(window="1 m"), "window: .*expected, not str"),
    "set_access_cookies(response, token)": (
        lambda: AUTH.set_access_cookies(Response(), TOKEN),
        r"token: a string, before the response in set_access_cookies\(token, response\), is expected, not Response",
    ),
    "set_refresh_cookies(response, token)": (
        lambda: BOUND.set_refresh_cookies(Response(), TOKEN),
        r"token: .*set_refresh_cookies\(token, response\), is expected, not Response",
    ),
    "set_access_cookies(token, token)": (
        lambda: AUTH.set_access_cookies(TOKEN, TOKEN),
        "response: a response is expected, not str",
    ),
    "set_access_cookies with a lone surrogate": (
        lambda: AUTH.set_access_cookies(LONE, Response()),
        "token: .*lone surrogates",
    ),
    "unset_cookies(app)": (lambda: AUTH.unset_cookies(FastAPI()), "response: a response is expected, not FastAPI"),
    "max_age='60'": (
        lambda: AUTH.set_access_cookies(TOKEN, Response(), max_age="60"),
        "max_age: a timedelta or a number of seconds is expected, not str",
    ),
    "max_age=inf": (lambda: AUTH.set_access_cookies(TOKEN, Response(), math.inf), "max_age: a finite number"),
    "max_age=nan": (lambda: AUTH.set_access_cookies(TOKEN, Response(), math.nan), "max_age: a finite number"),
}


def check_silence(error: BaseException) -> None:
    """No secret, no token and no value is in an error, or in the errors behind it."""
    seen: BaseException | None = error
    while seen is not None:
        shown = str(seen) + repr(seen) + repr(seen.args)
        assert not isinstance(seen, UnicodeError)
        assert SECRET not in shown
        assert "marked" not in shown
        for part in TOKEN.split("."):
            assert part not in shown
        seen = seen.__cause__ or seen.__context__


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_argument_is_named(name: str) -> None:
    call, expected = WRONG[name]
    with pytest.raises((TypeError, ValueError), match=expected) as refused:
        call()
    check_silence(refused.value)


@pytest.mark.parametrize("name", ASYNCHRONOUS)
def test_a_wrong_argument_of_an_async_method_is_named(name: str) -> None:
    call, expected = ASYNCHRONOUS[name]
    with pytest.raises((TypeError, ValueError), match=expected) as refused:
        asyncio.run(call())
    check_silence(refused.value)


@pytest.mark.parametrize(
    "call",
    [
        AUTH.verify_token,
        lambda found: AUTH.set_access_cookies(found, Response()),
        AUTH.create_access_token,
    ],
)
def test_a_forgotten_await_is_recognised(call: Callable[[Any], Any]) -> None:
    found = coroutine()
    with pytest.raises(TypeError, match="not a coroutine: an `await` is missing"):
        call(found)
    found.close()


@pytest.mark.parametrize(
    "dependency",
    [
        AUTH.ACCESS_REQUIRED,
        AUTH.refresh_token_required,
        AUTH.CURRENT_SUBJECT,
        AUTH.ACCESS_TOKEN,
        AUTH.DEPENDENCY,
        AUTH.WS_AUTH_REQUIRED,
        AUTH.scopes_required("a"),
        AUTH.rate_limited(),
        MANAGER.access_token_required("user"),
        MANAGER.policy_required("user", "read", "a"),
    ],
    ids=repr,
)
def test_a_dependency_that_is_called_by_mistake_says_how_it_is_used(dependency: Any) -> None:
    with pytest.raises(TypeError, match="goes into Depends without parentheses"):
        Depends(dependency())


# What is accepted


@pytest.mark.parametrize("expiry", [300, 300.0, timedelta(minutes=5)])
def test_a_number_is_a_lifetime_in_seconds(expiry: Any) -> None:
    with FrozenClock() as clock:
        pair = AUTH.create_token_pair("ada", access_expiry=expiry, refresh_expiry=expiry)
        for token in (AUTH.create_access_token("ada", expiry=expiry), pair.access_token, pair.refresh_token):
            assert claims_of(token)["exp"] == int(clock.time()) + 300


@pytest.mark.parametrize("max_age", [300, 300.9, timedelta(minutes=5)])
def test_the_lifetime_of_a_cookie_is_a_number_or_a_timedelta(max_age: Any) -> None:
    refresh_token = AUTH.create_refresh_token("ada")
    for set_cookies, token in ((AUTH.set_access_cookies, TOKEN), (AUTH.set_refresh_cookies, refresh_token)):
        response = Response()
        set_cookies(token, response, max_age)
        assert "Max-Age=300" in response.headers["set-cookie"]


@pytest.mark.parametrize("window", [60, 60.0, timedelta(minutes=1)])
def test_the_window_of_a_rate_limit_is_a_number_or_a_timedelta(window: Any) -> None:
    app = FastAPI()
    limiter = RateLimiter(max_requests=1, window=window)
    app.get("/", dependencies=[Depends(limiter)])(nothing)
    app.get("/token", dependencies=[AUTH.rate_limited(max_requests=1, window=window)])(nothing)
    client = Client(app)

    assert limiter.window == 60
    assert [client.get("/").status for _ in range(2)] == [200, 429]
    assert [client.get("/token", token=TOKEN).status for _ in range(2)] == [200, 429]
