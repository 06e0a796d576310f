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
