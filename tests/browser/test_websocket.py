"""A page in a real browser opens a WebSocket with its token as a subprotocol, at both services."""

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome

from tests.browser.chromium import chromium
from tests.interoperation.login import Stage
from tests.interoperation.services import Services, running_services

pytestmark = pytest.mark.browser

# A browser closes the socket if the answer selects none of the offered subprotocols, or one that was not offered.
OPEN = """
const [url, protocols, done] = arguments;
const socket = new WebSocket(url, protocols);
socket.onmessage = (event) => done([socket.protocol, event.data]);
socket.onclose = () => done(null);
"""


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    with running_services() as services:
        yield services


@pytest.fixture(scope="module")
def page() -> Iterator[Chrome]:
    with chromium() as page:
        yield page


@pytest.mark.parametrize("face", [0, 1], ids=["FastAPI", "axum"])
@pytest.mark.parametrize(
    ("path", "offered", "selected", "message"),
    [
        ("/events", ["bearer", "TOKEN"], "bearer", "ada bearer"),
        ("/events", ["events.v2", "events.v1", "bearer", "TOKEN"], "events.v1", "ada events.v1"),
        ("/guarded-events", ["bearer", "TOKEN"], "bearer", "ada"),
    ],
)
def test_a_page_opens_a_socket_with_its_token(
    services: Services, page: Chrome, face: int, path: str, offered: list[str], selected: str, message: str
) -> None:
    service = services.faces[face]
    login = Stage(services, service, "socket-locations").log_in({"name": "ada", "scopes": ["admin:*"], "tenant": 7})
    # Any page of the service, because browsers keep other pages from services of this machine.
    page.get(f"http://127.0.0.1:{service.port}/")
    url = f"ws://127.0.0.1:{service.port}/socket-locations{path}"
    protocols = [login.access if name == "TOKEN" else name for name in offered]

    assert page.execute_async_script(OPEN, url, protocols) == [selected, message]
    assert page.execute_async_script(OPEN, url, [*protocols[:-1], "x.y.z"]) is None
    assert page.execute_async_script(OPEN, url, []) is None
