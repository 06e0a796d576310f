"""Both services and one Chromium for all tests of a file."""

from collections.abc import Iterator
from typing import get_args

import pytest
from selenium.webdriver import Chrome

from tests.browser.chromium import chromium
from tests.browser.demo_page import DemoPage
from tests.browser.demo_service import Demo, Face, running_demo

# Short, so that an implicit refresh comes soon, but long enough for a slow machine.
LIFETIMES = {"JWT_ACCESS_TOKEN_EXPIRES": "PT16S", "JWT_IMPLICIT_REFRESH_DELTATIME": "PT12S"}


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with running_demo(LIFETIMES) as demo:
        yield demo


@pytest.fixture(params=get_args(Face))
def face(request: pytest.FixtureRequest) -> Face:
    """The service on which the test begins."""
    face: Face = request.param
    return face


@pytest.fixture
def other(face: Face) -> Face:
    return "axum" if face == "FastAPI" else "FastAPI"


@pytest.fixture
def demo_url(demo: Demo, face: Face) -> str:
    return demo.url(face)


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Chrome, demo_url: str) -> Iterator[DemoPage]:
    browser.execute_cdp_cmd("Network.clearBrowserCookies", {})
    page = DemoPage(browser, demo_url)
    yield page
    assert page.complaints() == []
