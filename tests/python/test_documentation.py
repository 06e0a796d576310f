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
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from authx import AuthXConfig, JWTDecodeError, RequestToken
from authx.exceptions import BadConfigurationError
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
    return names_of(request.param)


def names_of(page: str) -> dict[str, Any]:
    """The names that the Python code of a page defines."""
    code = "\n".join(re.findall(r"^```python\n(.*?)^```$", (DOCS / page).read_text(), re.DOTALL | re.MULTILINE))
    module = types.ModuleType("example")
    exec(compile(code, page, "exec"), module.__dict__)
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

    answers = [client.get("/search") for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 5 + [429]
    assert answers[0].header("ratelimit-policy") == '"search";q=5;w=60'
    # The seconds depend on how long the requests took.
    [refused] = json_of("rate-limits.md")
    assert answers[-1].json().keys() == refused.keys()
    assert answers[-1].json()["error_type"] == refused["error_type"]

    given = {"username": "ada", "password": "analytical-engine"}
    token = client.post("/login", json=given).json()["access_token"]
    assert client.get("/reports", token=token).json() == "what ada may read"
    assert [client.get("/export", token=token).status for _ in range(2)] == [200, 429]
    assert client.post("/login", json=given | {"password": "wrong"}).json()["error_type"] == "LoginFailedError"


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


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JWT_SECRET_KEY", secret)


@pytest.mark.usefixtures("own_folder")
@pytest.mark.parametrize("example", ["logins.md"], indirect=True)
def test_page_of_logins_shows_a_service_that_works(example: dict[str, Any], serve: Any, tmp_path: Path) -> None:
    client = serve(example["app"])
    given = {"name": "ada", "password": "analytical-engine"}
    assert client.post("/login", json={**given, "password": "wrong"}).status == 401
    ready = {"username": "ada", "password": "analytical-engine"}
    begun = client.post("/auth/login", json=ready).json()
    assert len(client.get("/auth/sessions", token=begun["access_token"]).json()) == 1
    assert client.post("/auth/logout", token=begun["access_token"]).status == 204
    assert client.post("/auth/login", json={**ready, "password": "wrong"}).json()["error_type"] == "LoginFailedError"
    with FrozenClock() as clock:
        first = client.post("/login", json=given).json()
        second = client.post("/refresh", token=first["refresh_token"]).json()
        assert client.post("/refresh", token=first["refresh_token"]).json()["refresh_token"] == second["refresh_token"]
        other = client.post("/login", json=given).json()
        assert len(client.get("/logins", token=other["access_token"]).json()) == 2
        clock.advance(31)
        refused = client.post("/refresh", token=first["refresh_token"])
        assert refused.json()["error_type"] == "RefreshReusedError"
        assert client.get("/logins", token=second["access_token"]).json()["error_type"] == "RevokedTokenError"
        assert len(client.get("/logins", token=other["access_token"]).json()) == 1
        assert client.post("/logout/elsewhere", token=other["access_token"]).status == 200
        assert client.post("/logout/everywhere", token=other["access_token"]).status == 200
        assert client.get("/logins", token=other["access_token"]).json()["error_type"] == "RevokedTokenError"
        last = client.post("/login", json=given).json()
        assert client.post("/logout", token=last["access_token"]).status == 200
        assert client.get("/logins", token=last["access_token"]).json()["error_type"] == "RevokedTokenError"
    assert (tmp_path / "auth.db").is_file()


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


@pytest.mark.parametrize("name", ["behind-a-proxy", "keys-from-files", "oauth2"])
def test_guide_shows_the_application_in_rust_that_the_tests_run(name: str) -> None:
    """Those of the other guides are documentation tests; these answer requests in `examples/axum/tests/guides.rs`."""
    blocks = re.findall(r"^```rust\n(.*?)^```$", (DOCS / f"guides/{name}.md").read_text(), re.DOTALL | re.MULTILINE)
    file = DOCS.parent / "examples" / "axum" / "guides" / f"{name.replace('-', '_')}.rs"

    assert blocks == [file.read_text()]


def form(client: Any, fields: str) -> Any:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return client.post("/token", headers=headers, body=fields.encode())


@pytest.mark.parametrize("example", ["guides/oauth2.md"], indirect=True)
def test_guide_to_oauth2_shows_a_form_that_gives_tokens(example: dict[str, Any], serve: Any) -> None:
    client = serve(example["app"])
    refused = form(client, "username=ada&password=wrong")
    assert (refused.status, refused.json()) == (400, {"error": "invalid_grant"})

    for scope, status in [("", 200), ("&scope=reports:read+other", 200), ("&scope=reports:write", 403)]:
        with FrozenClock():
            answer = form(client, f"grant_type=password&username=ada&password=analytical-engine{scope}")
        assert answer.header("cache-control") == "no-store"
        assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("bearer", 900)
        assert client.get("/reports", token=answer.json()["access_token"]).status == status, scope
    assert client.get("/reports").status == 401


@pytest.mark.parametrize("status", [401, 422])
def test_guide_to_oauth2_shows_one_scheme_and_the_refusals(
    status: int, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JWT_INVALID_TOKEN_STATUS", str(status))
    example = names_of("guides/oauth2.md")
    description = serve(example["app"]).get("/openapi.json").json()

    assert list(description["components"]["securitySchemes"]) == ["AuthXBearer"]
    flow = description["components"]["securitySchemes"]["AuthXBearer"]["flows"]["password"]
    assert (flow["tokenUrl"], flow["scopes"]) == ("token", example["SCOPES"])
    operation = description["paths"]["/reports"]["get"]
    # Older versions of FastAPI list no scopes of a scheme that comes from another dependency.
    assert operation["security"] in ([{"AuthXBearer": ["reports:read"]}], [{"AuthXBearer": []}])
    assert set(operation["responses"]) == {"200", "401", "403", str(status)}
    for refused in ("401", "403", str(status)):
        body = operation["responses"][refused]["content"]["application/json"]["schema"]
        assert body == {"$ref": "#/components/schemas/Refusal"}
    # And the answers are what is described.
    answer = serve(example["app"]).get("/reports", token="x.y.z")
    assert (answer.status, answer.json().keys()) == (status, {"message", "error_type"})


@pytest.mark.parametrize("example", ["guides/keys-from-files.md"], indirect=True)
def test_guide_to_keys_from_files_reads_settings_from_a_folder(example: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "JWT_SECRET_KEY").write_text("the secret of this month, and it is long\n")
    former = example["auth_of_settings"](tmp_path).create_access_token("ada")
    (tmp_path / "JWT_SECRET_KEY").write_text("the secret of next month, and it is long\n")
    restarted = example["auth_of_settings"](tmp_path)
    presented = RequestToken(token=former, location="headers")
    with pytest.raises(JWTDecodeError):
        restarted.verify_token(presented)

    (tmp_path / "JWT_PREVIOUS_SECRET_KEY").write_text("the secret of this month, and it is long\n")
    assert example["auth_of_settings"](tmp_path).verify_token(presented).sub == "ada"


@pytest.mark.parametrize("example", ["guides/keys-from-files.md"], indirect=True)
def test_guide_to_keys_from_files_changes_them_while_the_service_runs(
    example: dict[str, Any], serve: Any, tmp_path: Path
) -> None:
    keys = DOCS.parent / "tests" / "attacks" / "keys"
    (tmp_path / "2026-12.pem").write_text((keys / "p256.pem").read_text())
    (tmp_path / "signing").write_text("2026-12\n")
    auth = example["auth_of"](tmp_path)
    client = serve(example["app_of"](auth))
    first = client.post("/login").json()
    assert client.get("/me", token=first).json() == "ada"

    (tmp_path / "2027-01.pem").write_text((keys / "p256-attacker.pem").read_text())
    (tmp_path / "signing").write_text("2027-01\n")
    # Another machine that was restarted signs with the new key already.
    second = example["auth_of"](tmp_path).create_access_token("ada")
    assert client.get("/me", token=second).status == 401
    example["read_again"](auth, tmp_path)
    assert [client.get("/me", token=token).status for token in (first, second)] == [200, 200]

    (tmp_path / "2027-01.pem").write_text("cut off")
    with pytest.raises(BadConfigurationError):
        example["read_again"](auth, tmp_path)
    assert client.get("/me", token=second).status == 200

    (tmp_path / "2027-01.pem").write_text((keys / "p256-attacker.pem").read_text())
    (tmp_path / "2026-12.pem").unlink()
    example["read_again"](auth, tmp_path)
    assert [client.get("/me", token=token).status for token in (first, second)] == [401, 200]


@pytest.mark.parametrize("example", ["guides/behind-a-proxy.md"], indirect=True)
def test_guide_behind_a_proxy_gives_each_client_its_own_limit(example: dict[str, Any], serve: Any) -> None:
    async def served(scope: Any, receive: Any, send: Any) -> None:
        """As by `uvicorn --root-path /api --proxy-headers --forwarded-allow-ips=127.0.0.1`."""
        scope |= {"root_path": "/api", "path": f"/api{scope['path']}"}
        await ProxyHeadersMiddleware(example["app"], trusted_hosts="127.0.0.1")(scope, receive, send)

    client = serve(served)

    def log_in(forwarded: str) -> Any:
        headers = {"x-forwarded-for": forwarded, "x-forwarded-proto": "https"}
        return client.post("/auth/login", headers=headers)

    answer = log_in("203.0.113.1")
    for name, path in [("access_token_cookie", "/api"), ("refresh_token_cookie", "/api/auth")]:
        assert {"Secure", f"Path={path}"} <= set(answer.set_cookies[name].split("; "))
    access = {"access_token_cookie": answer.cookies["access_token_cookie"]}
    assert client.get("/me", cookies=access).json() == "ada"

    # Whatever the client writes before it, the proxy's own entry counts.
    written = ["203.0.113.1", "a, 203.0.113.1", "b, 203.0.113.1", "c, 203.0.113.1"]
    assert [log_in(forwarded).status for forwarded in written] == [200] * 4
    assert log_in("d, 203.0.113.1").status == 429
    assert log_in("203.0.113.1, 203.0.113.2").status == 200
    servers = client.get("/openapi.json").json()["servers"]
    assert servers == [{"url": "/api"}]


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
