"""The quick start of both readmes is an example file, which is run here and does what they say."""

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from runpy import run_path

import pytest
from fastapi.testclient import TestClient

from tests.python.conftest import bearer

ROOT = Path(__file__).parents[2]
QUICKSTART = ROOT / "examples" / "quickstart.py"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("JWT_SECRET_KEY", "a secret of at least thirty-two bytes")
    spec = importlib.util.spec_from_file_location("quickstart", QUICKSTART)
    assert spec is not None
    assert spec.loader is not None
    quickstart = importlib.util.module_from_spec(spec)
    # FastAPI looks up a class that a route names in its module.
    monkeypatch.setitem(sys.modules, "quickstart", quickstart)
    spec.loader.exec_module(quickstart)
    with TestClient(quickstart.app) as client:
        yield client


@pytest.fixture
def tokens(client: TestClient) -> dict[str, str]:
    answer = client.post("/login", json={"name": "ada", "password": "analytical-engine"})
    assert answer.status_code == 200
    body: dict[str, str] = answer.json()
    return body


@pytest.mark.parametrize("readme", ["README.md", "python/README.md"])
def test_readme_shows_the_quick_start_as_it_runs(readme: str) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", (ROOT / readme).read_text(), re.DOTALL | re.MULTILINE)

    assert blocks == [QUICKSTART.read_text()]


def test_wrong_password_gives_no_token(client: TestClient) -> None:
    assert client.post("/login", json={"name": "ada", "password": "guess"}).status_code == 401


def test_access_token_opens_protected_routes(client: TestClient, tokens: dict[str, str]) -> None:
    headers = bearer(tokens["access_token"])

    assert client.get("/me", headers=headers).json() == {"user": "ada"}
    assert client.get("/reports", headers=headers).json() == ["What ada may read"]
    assert client.post("/password", headers=headers).json() == {"changed": "ada"}


def test_no_token_opens_nothing(client: TestClient) -> None:
    answer = client.get("/me")

    assert answer.status_code == 401
    assert answer.json()["error_type"] == "MissingTokenError"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_refresh_token_gives_an_access_token_with_the_scopes_that_is_not_fresh(
    client: TestClient, tokens: dict[str, str]
) -> None:
    renewed = client.post("/refresh", headers=bearer(tokens["refresh_token"])).json()["access_token"]

    assert client.get("/me", headers=bearer(renewed)).status_code == 200
    assert client.post("/password", headers=bearer(renewed)).json()["error_type"] == "FreshTokenRequiredError"
    assert client.get("/reports", headers=bearer(renewed)).status_code == 200


def test_refresh_token_is_no_access_token(client: TestClient, tokens: dict[str, str]) -> None:
    answer = client.get("/me", headers=bearer(tokens["refresh_token"]))

    assert answer.status_code == 401
    assert answer.json()["error_type"] == "AccessTokenRequiredError"


def test_service_with_ready_routes_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JWT_SECRET_KEY", "a secret of at least thirty-two bytes")
    client = TestClient(run_path(str(ROOT / "examples" / "logins.py"))["app"])
    given = {"username": "ada", "password": "analytical-engine"}
    tokens = client.post("/login", json=given).json()
    assert client.get("/me", headers=bearer(tokens["access_token"])).json() == {"user": "ada"}
    assert client.post("/refresh", headers=bearer(tokens["refresh_token"])).status_code == 200
    assert client.post("/login", json={**given, "password": "guess"}).status_code == 401
    assert (tmp_path / "auth.db").is_file()
