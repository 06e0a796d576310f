"""The card that shows an answer: in view as a whole, and where the person looks."""

import pytest

from tests.browser.chromium import chromium
from tests.browser.demo_page import ADA, DemoPage

pytestmark = pytest.mark.browser

# Whether no pixel of the body is cut off, by its card or by the window, without scrolling.
WHOLE_BODY_IS_IN_VIEW = """
    const body = document.querySelector("#answer .json");
    const [inner, card] = [body, document.getElementById("answer")].map((each) => each.getBoundingClientRect());
    return body.scrollHeight <= body.clientHeight && body.scrollWidth <= body.clientWidth
        && inner.top >= Math.max(card.top, 0) && inner.bottom <= Math.min(card.bottom, innerHeight);
"""


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1440, 900)])
def test_card_shows_the_whole_body(demo_url: str, width: int, height: int) -> None:
    with chromium(width=width, height=height) as browser:
        page = DemoPage(browser, demo_url)
        page.log_in(ADA)
        cut_off = []
        for experiment in page.experiments():
            page.try_out(experiment)
            if not browser.execute_script(WHOLE_BODY_IS_IN_VIEW):
                cut_off.append(experiment)
        assert cut_off == []


# The distances in pixels from the button to its answer below, and from both to the edges of the window.
BESIDE_ITS_BUTTON = """
    const [button, card] = [arguments[0], document.getElementById("answer")].map((each) => each.getBoundingClientRect());
    return [card.top - button.bottom, button.top, innerHeight - card.top];
"""


def test_on_a_phone_the_answer_stands_by_the_button_that_asked(demo_url: str) -> None:
    with chromium(width=390, height=844) as browser:
        page = DemoPage(browser, demo_url)
        page.log_in(ADA)
        assert not browser.find_element("id", "answer").is_displayed()
        # Down the page and up again: the answer above the second button is gone, so that the page gets shorter.
        for experiment in ("me", "csrf-wrong", "revoked", "users"):
            page.try_out(experiment)
            page.wait_until_scrolled()
            button = browser.find_element("id", f"try-{experiment}")
            gap, above, room = browser.execute_script(BESIDE_ITS_BUTTON, button)
            assert 0 <= gap <= 24, experiment
            assert above >= 0, experiment
            assert room > 300, experiment
            assert browser.execute_script(WHOLE_BODY_IS_IN_VIEW), experiment

        page.press("#refresh")
        page.shown(".event.refresh")
        assert "/auth/refresh" in page.shown(".life #answer").text
