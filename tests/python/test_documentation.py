"""The pages in docs/ agree with the code, and their examples run."""

import json
import re
import time
import types
import uuid
from pathlib import Path
from typing import Any

import jwt
import pytest

from authx import AuthXConfig, RequestToken
from authx.testing import FrozenClock
from authx.token import decode_unverified
from tests.attacks.case import TOPICS

DOCS = Path(__file__).parents[2] / "docs"
# Where the defaults of Python and of the engine differ, that of Python is the last one in the column.
ROWS = re.findall(
    r"^\| `(JWT_\w+)` \| [^|]+ \| [^|]*`([^`|]+)` \|", (DOCS / "configuration.md").read_text(), re.MULTILINE
)


def test_reference_lists_every_setting_once() -> None:
    names = [name for name, _ in ROWS]

    assert sorted(names) == sorted(AuthXConfig.model_fields)


@pytest.mark.parametrize(("name", "default"), ROWS)
def test_reference_states_the_default_in_force(name: str, default: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_force = AuthXConfig.model_fields[name].get_default(call_default_factory=True)

    monkeypatch.setenv(name, default)

    assert getattr(AuthXConfig(), name) == in_force


@pytest.fixture
def example(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The names that the Python code of a page defines."""
    code = "\n".join(
        re.findall(r"^```python\n(.*?)^```$", (DOCS / request.param).read_text(), re.DOTALL | re.MULTILINE)
    )
    module = types.ModuleType("example")
    exec(compile(code, request.param, "exec"), module.__dict__)
    return module.__dict__


def json_of(page: str) -> list[Any]:
    blocks = re.findall(r"^```json\n(.*?)^```$", (DOCS / page).read_text(), re.DOTALL | re.MULTILINE)
    return [json.loads(block) for block in blocks]


@pytest.mark.parametrize("example", ["login-types.md"], indirect=True)
def test_page_on_logins_says_what_the_example_answers(example: dict[str, Any], serve: Any) -> None:
    client = serve(example["app"])
    token = client.post("/operator/login").json()["access_token"]

    assert client.get("/operator", token=token).json() == "hello, grace"
    answer = client.get("/me", token=token)
    assert [answer.json()] == json_of("login-types.md")
    assert answer.status == 401


@pytest.mark.parametrize("example", ["keys.md"], indirect=True)
def test_page_on_keys_announces_a_key_before_it_signs(example: dict[str, Any]) -> None:
    auth = example["auth_of"]("the secret of this month, and it is long")
    example["announce"](auth, "the secret of next month, and it is long")

    assert [key.kid for key in auth.keys.keys] == ["2026-12", "2027-01"]


@pytest.mark.parametrize("example", ["rate-limits.md"], indirect=True)
def test_page_on_rate_limits_says_what_the_example_answers(example: dict[str, Any], serve: Any) -> None:
    client = serve(example["app"])

    answers = [client.post("/login") for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 5 + [429]
    # The seconds depend on how long the requests took.
    [refused] = json_of("rate-limits.md")
    assert answers[-1].json().keys() == refused.keys()
    assert answers[-1].json()["error_type"] == refused["error_type"]

    token = answers[0].json()
    assert client.get("/reports", token=token).json() == "what ada may read"
    assert [client.get("/search", token=token).status for _ in range(2)] == [200, 429]


def test_page_on_testing_shows_tests_of_the_demo() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", (DOCS / "testing.md").read_text(), re.DOTALL | re.MULTILINE)

    assert blocks == [(DOCS.parent / "examples" / "fastapi" / "test_demo.py").read_text()]


def test_page_on_conformance_names_each_topic_once() -> None:
    page = (DOCS / "conformance.md").read_text()
    first_cells = re.findall(r"^\| ((?:`[a-z0-9-]+`(?:, )?)+) \|", page.partition("| topics |")[2], re.MULTILINE)
    topics = [topic for cell in first_cells for topic in re.findall(r"`([a-z0-9-]+)`", cell)]

    assert topics == list(TOPICS)


@pytest.mark.parametrize("page", ["conformance.md", "security.md"])
def test_page_names_tests_that_exist(page: str) -> None:
    files = re.findall(r"`((?:tests|crates)/[\w/.-]+)`", (DOCS / page).read_text())

    assert files
    assert [file for file in files if not (DOCS.parent / file).exists()] == []


MIGRATING = (DOCS / "migrating.md").read_text()


@pytest.mark.parametrize("example", ["migrating.md"], indirect=True)
def test_page_on_migrating_shows_a_service_that_works(example: dict[str, Any], serve: Any) -> None:
    client = serve(example["app"])

    token = client.post("/login").json()["access_token"]

    assert client.get("/me", token=token).json() == ["ada", "author"]


def test_page_on_migrating_names_settings_that_exist() -> None:
    """Checks the last column of the tables for other packages; the first column has the names of those packages."""
    tables = MIGRATING[MIGRATING.index("## From fastapi-jwt-auth") :]
    named = re.findall(r"`(JWT_[A-Z_]+)", " ".join(re.findall(r"^\|.*\|(.*)\|$", tables, re.MULTILINE)))

    assert named
    assert not set(named) - AuthXConfig.model_fields.keys()


@pytest.mark.parametrize(
    ("type", "more"),
    [("access", {"fresh": True, "role": "author"}), ("refresh", {}), ("access", {"fresh": False, "csrf": "a value"})],
)
def test_tokens_of_other_packages_stay_valid(make_auth: Any, secret: str, type: str, more: dict[str, Any]) -> None:
    """With the claims that fastapi-jwt-auth 0.5 and flask-jwt-extended 4 write."""
    now = int(time.time())
    claims = {"sub": "ada", "iat": now, "nbf": now, "exp": now + 900, "jti": str(uuid.uuid4()), "type": type, **more}
    token = jwt.encode(claims, secret, "HS256")
    location = "cookies" if "csrf" in more else "headers"

    presented = RequestToken.model_validate(
        {"token": token, "type": type, "csrf": more.get("csrf"), "location": location}
    )
    payload = make_auth(JWT_TOKEN_LOCATION=[location]).verify_token(presented)

    assert (payload.sub, payload.extra_dict.get("role")) == ("ada", more.get("role"))


@pytest.mark.parametrize("example", ["guides/optional-login.md"], indirect=True)
def test_guide_to_optional_login_shows_a_service_that_works(example: dict[str, Any], serve: Any) -> None:
    client, auth = serve(example["app"]), example["auth"]
    everybody = ["Notes on the engine"]
    assert client.get("/articles").json() == everybody
    assert client.get("/articles", token=auth.create_access_token("ada")).json() == [*everybody, "Drafts of ada"]
    assert client.get("/articles", token=auth.create_refresh_token("ada")).status == 401


@pytest.mark.parametrize("example", ["guides/single-page-applications.md"], indirect=True)
def test_guide_to_single_page_applications_shows_a_service_that_works(example: dict[str, Any], serve: Any) -> None:
    client = serve(example["app"])
    assert client.post("/auth/login", json={"name": "ada", "password": "wrong"}).status == 401
    login = client.post("/auth/login", json={"name": "ada", "password": "analytical-engine"})
    assert client.get("/me", token=login.json()["access_token"]).json() == "ada"
    assert "HttpOnly" in login.set_cookies["refresh_token_cookie"]
    assert "Path=/auth" in login.set_cookies["refresh_token_cookie"]

    assert client.post("/auth/refresh", cookies=login.cookies).json()["error_type"] == "MissingCSRFTokenError"
    csrf = {"X-CSRF-TOKEN": login.cookies["csrf_refresh_token"]}
    renewed = client.post("/auth/refresh", cookies=login.cookies, headers=csrf).json()["access_token"]
    assert decode_unverified(renewed)["scopes"] == ["reports:read"]
    assert client.get("/me", cookies=login.cookies).status == 401
    assert client.post("/auth/logout", cookies=login.cookies, headers=csrf).cookies["refresh_token_cookie"] == ""


@pytest.mark.parametrize("example", ["guides/blocklist.md"], indirect=True)
def test_guide_to_a_blocklist_shows_a_service_that_works(example: dict[str, Any], serve: Any) -> None:
    client, auth = serve(example["app"]), example["auth"]
    token, other = auth.create_access_token("ada"), auth.create_access_token("ada")
    with FrozenClock() as clock:
        assert client.get("/me", token=token).json() == "ada"
        assert client.post("/logout", token=token).status == 200
        assert client.get("/me", token=token).json()["error_type"] == "RevokedTokenError"
        assert client.get("/me", token=other).json() == "ada"
        # In its leeway the token is still refused because it is revoked.
        clock.advance(15 * 60 + 5)
        assert client.get("/me", token=other).json() == "ada"
        assert client.get("/me", token=token).json()["error_type"] == "RevokedTokenError"


@pytest.mark.parametrize("example", ["guides/token-types.md"], indirect=True)
def test_guide_to_token_types_shows_a_link_that_works_once(example: dict[str, Any], serve: Any) -> None:
    client, mails = serve(example["app"]), example["mails"]
    assert client.post("/forgotten", json={"user": "eve"}).status == 200
    assert mails == []
    assert client.post("/forgotten", json={"user": "ada"}).status == 200
    token = mails[0].partition("#")[2]

    assert client.get("/me", token=token).json()["error_type"] == "AccessTokenRequiredError"
    access = example["auth"].create_access_token("ada")
    body = {"access_token": access, "password": "new"}
    assert client.post("/new-password", json=body).json()["error_type"] == "TokenTypeError"
    body["access_token"] = token
    with FrozenClock() as clock:
        clock.advance(15 * 60)
        assert client.post("/new-password", json=body).json()["error_type"] == "TokenExpiredError"
    assert client.post("/new-password", json=body).status == 200
    assert example["users"]["ada"] == "the hash of new"
    assert client.post("/new-password", json=body).status == 401


@pytest.mark.parametrize("example", ["guides/websockets.md"], indirect=True)
def test_guide_to_websockets_shows_a_service_that_works(example: dict[str, Any], serve: Any) -> None:
    client = serve(example["app"])
    token = example["auth"].create_access_token("ada")
    assert client.websocket("/events", token=token, says=["hello"])[1]["text"] == "ada: hello"
    assert client.websocket("/events")[0]["status"] == 401
    accepted, message = client.websocket(
        "/events", headers={"sec-websocket-protocol": f"bearer, {token}"}, says=["hello"]
    )[:2]
    assert (accepted["subprotocol"], message["text"]) == ("bearer", "ada: hello")
    assert client.websocket("/events", cookies={"access_token_cookie": token})[0]["status"] == 401


@pytest.mark.parametrize("example", ["guides/duplicate-cookies.md"], indirect=True)
def test_guide_to_duplicate_cookies_shows_how_the_former_one_is_deleted(example: dict[str, Any], serve: Any) -> None:
    client = serve(example["app"])
    former, present = (example["auth"].create_access_token(name) for name in ("ada", "grace"))
    name = "access_token_cookie"

    refused = client.get("/api/me", headers={"cookie": f"{name}={present}; {name}={former}"})
    assert [refused.json()] == json_of("guides/duplicate-cookies.md")
    deleted = refused.set_cookies[name]
    assert deleted.startswith(f'{name}="";')
    assert {"Path=/", "Max-Age=0"} <= set(deleted.split("; "))
    assert client.get("/api/me", headers={"cookie": f"{name}={present}"}).json() == "grace"


@pytest.mark.parametrize("example", ["fastapi.md"], indirect=True)
def test_page_on_fastapi_shows_services_that_work(example: dict[str, Any], serve: Any) -> None:
    client = serve(example["app"])
    assert client.get("/me", token=client.post("/login").json()["access_token"]).json() == "ada of acme"
    assert client.get("/me", token=example["auth"].create_access_token("ada")).status == 401

    client = serve(example["guarded"])
    assert client.get("/hello", token=example["login"].create_access_token("ada")).json() == "hello, ada"
    assert client.get("/hello").json()["error_type"] == "MissingTokenError"
    assert client.websocket("/hello")[0]["status"] == 401
    assert client.websocket("/hello", extensions=())[0]["code"] == 1008
