"""Copies and pickles of what an application holds: dependencies, routers, an `AuthX`, exceptions."""

import asyncio
import copy
import pickle
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Security, params

from authx import AuthManager, AuthX, AuthXConfig, PolicyEngine, PolicyRule, RateLimiter, RequestToken, TokenPayload
from authx import exceptions as authx_exceptions
from authx.exceptions import AuthXException, InsufficientScopeError, LoginTypeMismatchError, RateLimitExceeded
from authx.rate_limit import InMemoryBackend
from authx.sessions import InMemorySessionStore
from tests.python.conftest import SECRET, Client

AUTH = AuthX[Any](AuthXConfig(JWT_SECRET_KEY=SECRET), login_type="user")
MANAGER = AuthManager(policy_rules=[PolicyRule("allow", ["read"], ["reports"])])
MANAGER.register(AUTH)
AUTH.set_callback_get_model_instance(lambda uid: {"uid": uid})
TOKEN = AUTH.create_access_token("ada", fresh=True, scopes=["a"])

DEPENDENCIES: list[Any] = [
    AUTH.ACCESS_REQUIRED,
    AUTH.FRESH_REQUIRED,
    AUTH.CURRENT_SUBJECT,
    AUTH.token_required(locations=["headers"]),
    AUTH.scopes_required("a"),
    AUTH.rate_limited(max_requests=100),
    MANAGER.access_token_required("user"),
    MANAGER.policy_required("user", "read", "reports"),
]
OTHERS: list[Any] = [AUTH.ACCESS_TOKEN, AUTH.DEPENDENCY, AUTH.WS_AUTH_REQUIRED]


def name(dependency: Any) -> str:
    return repr(dependency)


def nothing() -> None: ...


# Dependencies


@pytest.mark.parametrize("dependency", DEPENDENCIES + OTHERS, ids=name)
def test_a_copy_of_a_dependency_is_the_same_dependency(dependency: Any) -> None:
    for one in (dependency, dependency.dependency):
        assert copy.copy(one) is one
        assert copy.deepcopy(one) is one
    assert copy.deepcopy(Depends(dependency)).dependency is dependency


@pytest.mark.parametrize("dependency", DEPENDENCIES + OTHERS, ids=name)
def test_a_dependency_can_not_be_pickled_and_the_error_says_why(dependency: Any) -> None:
    for one in (dependency, dependency.dependency):
        with pytest.raises(TypeError, match="can't be pickled: it belongs to an AuthX, which holds keys"):
            pickle.dumps(one)


@pytest.mark.parametrize("dependency", DEPENDENCIES + OTHERS, ids=name)
def test_a_walk_along_dependencies_ends(dependency: Any) -> None:
    def walk(found: Any) -> Iterator[Any]:
        while isinstance(found, params.Depends):
            yield found
            found = found.dependency
        yield found
        assert not hasattr(found, "dependency")

    assert len(list(walk(Depends(dependency)))) == 3
    assert len(list(walk(dependency))) == 2


@pytest.mark.parametrize("dependency", DEPENDENCIES, ids=name)
def test_a_dependency_that_a_library_wraps_anew_protects(dependency: Any) -> None:
    # As libraries do that rewrite the annotations of routes.
    again = type(dependency)(dependency.dependency, use_cache=dependency.use_cache)
    app = FastAPI()
    app.get("/", dependencies=[again])(nothing)

    assert type(again) is params.Depends
    assert Client(app).get("/").status == 401
    assert Client(app).get("/", token=TOKEN).status == 200


def declared(dependency: Any) -> list[Callable[..., Any]]:
    def as_default(payload: Any = dependency) -> None: ...

    def in_depends(payload: Any = Depends(dependency)) -> None: ...

    def in_security(payload: Any = Security(dependency)) -> None: ...

    def of_called_form(payload: Any = Depends(dependency.dependency)) -> None: ...

    def annotated(payload: Annotated[Any, dependency]) -> None: ...

    return [as_default, in_depends, in_security, of_called_form, annotated]


@pytest.mark.parametrize("dependency", DEPENDENCIES, ids=name)
def test_overrides_apply_to_every_form_and_to_copies(dependency: Any) -> None:
    router = APIRouter()
    for handler in declared(dependency):
        router.get(f"/{handler.__name__}")(handler)
    for router_or_copy in (router, copy.deepcopy(router)):
        for key in (dependency, dependency.dependency):
            app = FastAPI()
            app.include_router(router_or_copy)
            for handler in declared(dependency):
                assert Client(app).get(f"/{handler.__name__}").status == 401
                assert Client(app).get(f"/{handler.__name__}", token=TOKEN).status == 200
            app.dependency_overrides[key] = lambda: TokenPayload(sub="a test's user")
            assert {Client(app).get(f"/{handler.__name__}").status for handler in declared(dependency)} == {200}


def test_all_forms_together_verify_once() -> None:
    auth = copy.deepcopy(AUTH)
    asked = []

    @auth.set_callback_token_blocklist
    def is_revoked(token: str) -> bool:
        asked.append(token)
        return False

    app = FastAPI()

    @app.get("/", dependencies=[Depends(auth.ACCESS_REQUIRED), auth.ACCESS_REQUIRED])
    def route(
        first: Annotated[Any, auth.ACCESS_REQUIRED],
        second: Any = auth.access_token_required,
        third: Any = Depends(auth.access_token_required.dependency),
    ) -> bool:
        return first is second is third

    assert Client(app).get("/", token=TOKEN).json() is True
    assert asked == [TOKEN]


# Routers


@pytest.mark.parametrize("dependency", [*DEPENDENCIES, Depends(AUTH.ACCESS_REQUIRED)], ids=name)
def test_a_copied_router_is_protected(dependency: Any) -> None:
    router = APIRouter(dependencies=[dependency])
    router.get("/")(nothing)
    app = FastAPI()
    app.include_router(copy.deepcopy(router))

    assert Client(app).get("/").status == 401
    assert Client(app).get("/", token=TOKEN).status == 200
    assert Client(app).get("/openapi.json").json()["paths"]["/"]["get"]["security"]


def test_a_copied_rate_limit_counts_on() -> None:
    limiter = RateLimiter(max_requests=1, backend=InMemoryBackend())
    router = APIRouter(dependencies=[Depends(limiter)])
    router.get("/")(nothing)
    app = FastAPI()
    app.include_router(copy.deepcopy(router))

    assert [Client(app).get("/").status for _ in range(2)] == [200, 429]
    assert copy.deepcopy(limiter) is limiter
    assert copy.deepcopy(limiter.backend) is limiter.backend


# AuthX


class Shop(AuthX[Any, Any]):
    def __init__(self, config: AuthXConfig, prices: list[int]) -> None:
        super().__init__(config)
        self.prices = prices


@pytest.mark.parametrize("copied_by", [copy.copy, copy.deepcopy])
def test_a_copy_of_an_auth_accepts_its_tokens_and_asks_its_callbacks(copied_by: Callable[[Any], Any]) -> None:
    auth = Shop(AuthXConfig(JWT_SECRET_KEY=SECRET), [1, 2])
    auth.MSG_MissingTokenError = "Log in first"
    token, revoked = (auth.create_access_token(uid) for uid in ("ada", "eve"))
    auth.set_callback_token_blocklist(lambda token: token == revoked)
    copied = copied_by(auth)
    app = FastAPI()
    app.get("/", dependencies=[copied.ACCESS_REQUIRED])(nothing)

    assert type(copied) is Shop
    assert copied.prices == [1, 2]
    assert copied.ACCESS_REQUIRED != auth.ACCESS_REQUIRED
    assert Client(app).get("/", token=token).status == 200
    assert Client(app).get("/", token=revoked).json()["error_type"] == "RevokedTokenError"
    assert Client(app).get("/").json()["message"] == "Log in first"


def test_a_deep_copy_of_an_auth_has_settings_of_its_own() -> None:
    auth = Shop(AuthXConfig(JWT_SECRET_KEY=SECRET), [1, 2])
    copied = copy.deepcopy(auth)
    copied.config.JWT_SECRET_KEY = "another secret, which is long enough for HS256 as well"
    copied.prices.append(3)

    assert auth.config.JWT_SECRET_KEY == SECRET
    assert auth.prices == [1, 2]
    found = RequestToken(token=auth.create_access_token("ada"), location="headers")
    assert auth.verify_token(found).sub == "ada"
    with pytest.raises(authx_exceptions.JWTDecodeError):
        copied.verify_token(found)


def test_a_copy_of_an_auth_has_the_same_keys_and_sessions(recwarn: pytest.WarningsRecorder) -> None:
    auth = AuthX[Any]()
    auth.config.JWT_SESSION_TRACKING = True
    session = asyncio.run(auth.create_session("ada"))
    copied = copy.deepcopy(auth)
    found = RequestToken(token=copied.create_access_token("ada"), location="headers")

    assert auth.verify_token(found).sub == "ada"
    assert asyncio.run(copied.get_session(session.session_id)) == session
    assert copy.deepcopy(AuthX[Any](keys=auth.keys)).verify_token(found).sub == "ada"
    store = InMemorySessionStore()
    assert copy.deepcopy(store) is store


def test_a_copy_of_a_manager_and_of_a_policy_decides_alike() -> None:
    for manager in (MANAGER, copy.deepcopy(MANAGER)):
        app = FastAPI()
        app.get("/read", dependencies=[manager.policy_required("user", "read", "reports")])(nothing)
        app.get("/write", dependencies=[manager.policy_required("user", "write", "reports")])(nothing)
        assert Client(app).get("/read", token=TOKEN).status == 200
        assert Client(app).get("/write", token=TOKEN).status == 403

    for engine in (copy.deepcopy(MANAGER.policy_engine), pickle.loads(pickle.dumps(MANAGER.policy_engine))):
        assert isinstance(engine, PolicyEngine)
        assert engine.rules == MANAGER.policy_engine.rules
        assert AuthManager(engine).policy_engine is engine


def test_an_auth_can_not_be_pickled_and_the_error_says_why() -> None:
    for auth in (AUTH, MANAGER):
        with pytest.raises(TypeError, match="an AuthX can't be pickled: it holds keys") as refused:
            pickle.dumps(auth)
        assert SECRET not in str(refused.value)


# Exceptions

EXCEPTIONS: list[AuthXException] = [
    InsufficientScopeError(["a", "b"], ["a"], login_type="user"),
    InsufficientScopeError(["a"], message="Too little"),
    LoginTypeMismatchError("admin", "user"),
    LoginTypeMismatchError("admin", message="Wrong login", login_type="admin"),
    RateLimitExceeded(7),
    RateLimitExceeded(7, "Slower"),
    authx_exceptions.PolicyDeniedError("The document is archived", login_type="user"),
    *(
        kind("its message", login_type="user")
        for kind in vars(authx_exceptions).values()
        if isinstance(kind, type) and issubclass(kind, AuthXException) and "__init__" not in vars(kind)
    ),
]


class Suspended(AuthXException):
    def __init__(self, *, until: str) -> None:
        super().__init__("suspended")
        self.until = until


@pytest.mark.parametrize("error", [*EXCEPTIONS, Suspended(until="May")], ids=lambda error: repr(error)[:50])
@pytest.mark.parametrize("copied_by", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_exceptions_keep_their_text_and_attributes(error: AuthXException, copied_by: Callable[[Any], Any]) -> None:
    copied = copied_by(error)

    assert type(copied) is type(error)
    assert str(copied) == str(error)
    assert copied.args == error.args
    assert vars(copied) == vars(error)


def test_a_refusal_keeps_its_answer() -> None:
    with pytest.raises(AuthXException) as refused:
        AUTH.verify_token(RequestToken(token="x.y.z", location="headers"))
    copied = pickle.loads(pickle.dumps(refused.value))

    assert AUTH.error_response(copied).body == AUTH.error_response(refused.value).body
