"""Makes docs/images/demo.png: `python -m tests.browser.screenshot`, which waits for an implicit refresh.

The page brings no font, so the picture has the system's; it was taken with Debian's fonts-inter and
fonts-jetbrains-mono.
"""

from pathlib import Path

from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.chromium import chromium
from tests.browser.demo_page import GRACE, DemoPage
from tests.browser.demo_service import running_demo

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "demo.png"
TRIED = ("me", "users", "users-delete", "admin", "admin-users", "change-password", "in-header", "in-cookie")


def main() -> None:
    """Log in, try a few buttons, and take the picture once the cookie has been replaced."""
    with running_demo() as demo, chromium(width=1280, height=900) as browser:
        browser.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
        page = DemoPage(browser, demo.fastapi)
        page.log_in(GRACE)
        for experiment in TRIED:
            page.try_out(experiment)
        WebDriverWait(browser, 60).until(lambda _: page.events("renewed"))
        page.try_out("me-nobody")
        browser.execute_script("document.activeElement.blur(); window.scrollTo(0, 0)")
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        browser.save_screenshot(str(PICTURE))


if __name__ == "__main__":
    main()
