"""The code beside each experiment."""

import json
import re

import pytest
from selenium.webdriver import Keys

from tests.browser.chromium import chromium
from tests.browser.demo_page import GRACE, DemoPage
from tests.browser.demo_service import ROOT

pytestmark = pytest.mark.browser

CODE = json.loads((ROOT / "examples" / "page" / "code.json").read_text())


def test_each_experiment_shows_the_code_of_its_route_in_both_languages(page: DemoPage) -> None:
    page.log_in(GRACE)
    for experiment in page.experiments():
        page.press(f"[aria-controls=code-{experiment}]")
        shown = page.shown(f"#code-{experiment}")
        asked = page.shown(f"#try-{experiment} .try-route").text.split("?")[0]
        route = re.sub(r"/(7|plan|letters)$", "/{id}", asked)
        for language, piece in CODE[route].items():
            assert f"{piece['file']}:{piece['line']}" in shown.text
            text = page.browser.execute_script("return arguments[0].textContent", shown)
            assert piece["code"] in text, (experiment, language)


def test_code_opens_and_closes_by_keyboard_and_says_which(page: DemoPage) -> None:
    page.log_in(GRACE)
    button = page.shown("[aria-controls=code-users]")
    assert button.get_attribute("aria-expanded") == "false"

    button.send_keys(Keys.SPACE)
    page.shown("#code-users pre")
    assert button.get_attribute("aria-expanded") == "true"
    button.send_keys(Keys.SPACE)
    assert button.get_attribute("aria-expanded") == "false"
    assert not page.browser.find_element("id", "code-users").is_displayed()


@pytest.mark.parametrize("width", [390, 1280])
def test_long_lines_of_code_scroll_within_their_card(demo_url: str, width: int) -> None:
    with chromium(width=width, height=844) as browser:
        page = DemoPage(browser, demo_url)
        page.log_in(GRACE)
        page.press("[aria-controls=code-users]")
        page.shown("#code-users pre")
        card, code, button = (
            page.shown(selector).rect for selector in (".tries", "#code-users pre", "[aria-controls=code-users]")
        )
        for inner in (code, button):
            assert inner["x"] + inner["width"] <= card["x"] + card["width"]
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_each_link_leads_to_a_file_of_the_repository(page: DemoPage) -> None:
    page.log_in(GRACE)
    page.press("[aria-controls=code-users]")
    page.shown("#code-users pre")
    # The answers as this service gives them, by path.
    script = """
        const done = arguments[0];
        const links = [...new Set([...document.querySelectorAll("a.source")].map((each) => each.getAttribute("href")))];
        Promise.all(links.map(async (link) => {
          const answer = await fetch(link);
          return [link, [answer.headers.get("content-type"), await answer.text()]];
        })).then((pairs) => done(Object.fromEntries(pairs)));
    """
    answers = page.browser.execute_async_script(script)

    assert {"/source/examples/fastapi/protected.py", "/source/examples/axum/src/protected.rs"} <= answers.keys()
    assert "/source/docs/guides/blocklist.md" in answers
    for link, (content_type, text) in answers.items():
        assert content_type == "text/plain; charset=utf-8"
        assert text == (ROOT / link.removeprefix("/source/")).read_text(), link
    for group in page.browser.find_elements("css selector", "#experiments .group"):
        assert group.find_elements("css selector", ".guides a"), group.text
