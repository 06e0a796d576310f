"""docs/sessions.md shows an example file, which is run here and does what the page says."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "sessions.py"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("JWT_SECRET_KEY", "a secret of at least thirty-two bytes")
    spec = importlib.util.spec_from_file_location("sessions_example", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    # FastAPI looks up a class that a route names in its module.
    monkeypatch.setitem(sys.modules, "sessions_example", example)
    spec.loader.exec_module(example)
    with TestClient(example.app) as client:
        yield client


def log_in(client: TestClient, name: str) -> tuple[dict[str, str], dict[str, str]]:
    """Headers with the access token and with the refresh token."""
    answer = client.post("/login", json={"name": name, "password": "analytical-engine"})
    assert answer.status_code == 200
    tokens = answer.json()
    access, refresh = ({"Authorization": f"Bearer {tokens[name]}"} for name in ("access_token", "refresh_token"))
    return access, refresh


def test_page_shows_the_example() -> None:
    page = (ROOT / "docs" / "sessions.md").read_text()
    assert f"```python\n{EXAMPLE.read_text()}```\n" in page


def test_wrong_password_begins_no_session(client: TestClient) -> None:
    assert client.post("/login", json={"name": "ada", "password": "guess"}).status_code == 401


def test_user_logs_out_on_one_device(client: TestClient) -> None:
    phone, phone_refresh = log_in(client, "ada")
    desk, _ = log_in(client, "ada")
    other, _ = log_in(client, "grace")
    first, _second = client.get("/sessions", headers=desk).json()
    renewed = client.post("/refresh", headers=phone_refresh).json()["access_token"]

    assert client.delete(f"/sessions/{first['session_id']}", headers=other).status_code == 404
    assert client.delete(f"/sessions/{first['session_id']}", headers=desk).status_code == 200

    for ended in (phone, {"Authorization": f"Bearer {renewed}"}):
        assert client.get("/sessions", headers=ended).json()["error_type"] == "SessionRevoked"
    assert client.post("/refresh", headers=phone_refresh).json()["error_type"] == "SessionRevoked"
    assert len(client.get("/sessions", headers=desk).json()) == 1


def test_user_logs_out_everywhere(client: TestClient) -> None:
    phone, _ = log_in(client, "ada")
    desk, _ = log_in(client, "ada")
    assert client.delete("/sessions", headers=phone).status_code == 200
    for ended in (phone, desk):
        assert client.get("/sessions", headers=ended).status_code == 401
