"""The demo's page as a person uses and reads it."""

from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.chromium import WAIT_SECONDS
from tests.browser.demo_service import Face

ADA = ("ada", "analytical-engine")
GRACE = ("grace", "nanosecond-wire")


class DemoPage:
    """The page as a person uses and reads it."""

    def __init__(self, browser: Chrome, url: str) -> None:
        self.browser = browser
        browser.get(url)
        self.shown("#welcome")

    def shown(self, selector: str) -> WebElement:
        """The element, once it is visible."""

        def visible(browser: Chrome) -> WebElement | None:
            found = browser.find_elements(By.CSS_SELECTOR, selector)
            return found[0] if found and found[0].is_displayed() else None

        element = WebDriverWait(self.browser, WAIT_SECONDS).until(visible, f"{selector} did not appear")
        assert element is not None
        return element

    def type_credentials(self, name: str, password: str) -> None:
        self.shown("#name").send_keys(name, Keys.TAB, password, Keys.ENTER)

    def log_in(self, user: tuple[str, str]) -> None:
        self.type_credentials(*user)
        self.shown("#bench")

    def switch_to(self, face: Face) -> None:
        """Go to the other service, by the switch in the header."""
        link = next(link for link in self.services() if link.text == face)
        link.send_keys(Keys.ENTER)
        WebDriverWait(self.browser, WAIT_SECONDS).until(lambda _: self.served_by() == face, f"{face} did not appear")

    def services(self) -> list[WebElement]:
        self.shown("#services")
        return self.browser.find_elements(By.CSS_SELECTOR, "#services a")

    def served_by(self) -> str:
        found = self.browser.find_elements(By.CSS_SELECTOR, "#services [aria-current=page]")
        return found[0].text if found else ""

    def ask_me(self, token: str) -> tuple[int, str]:
        """Send the token to /me of the page's service: the status, and the user's name or the error."""
        script = """
            const [token, done] = arguments;
            fetch("/me", { headers: { Authorization: `Bearer ${token}` }, credentials: "omit" })
              .then(async (answer) => [answer.status, await answer.json()])
              .then(([status, body]) => done([status, body.name ?? body.error_type]));
        """
        status, words = self.browser.execute_async_script(script, token)
        return int(status), str(words)

    def press(self, selector: str) -> None:
        # Focus and Enter: everything on the page has to work without a mouse.
        self.shown(selector).send_keys(Keys.ENTER)

    def try_out(self, experiment: str) -> tuple[int, str]:
        """Press the experiment's button; returns the status, and the whole answer as it is shown."""
        previous = self.browser.find_elements(By.ID, "answer-status")
        self.press(f"#try-{experiment}")
        if previous:
            WebDriverWait(self.browser, WAIT_SECONDS).until(lambda _: self._is_gone(previous[0]))
        status = int(self.shown("#answer-status").text)
        assert self.shown(f"#try-{experiment} .result").text == str(status)
        return status, self.shown("#answer").text

    def experiments(self) -> list[str]:
        """The ids of all experiments, in the page's order."""
        buttons = self.browser.find_elements(By.CSS_SELECTOR, "#experiments .try")
        return [str(button.get_attribute("id")).removeprefix("try-") for button in buttons]

    def wait_until_scrolled(self) -> None:
        """Wait until the page has stopped moving."""
        seen: list[float] = []

        def still(browser: Chrome) -> bool:
            seen.append(browser.execute_script("return scrollY"))
            return len(seen) > 1 and seen[-1] == seen[-2]

        WebDriverWait(self.browser, WAIT_SECONDS, poll_frequency=0.2).until(still)

    def claim(self, name: str) -> str:
        return self.shown(f'#token-panel [data-claim="{name}"] .value').text

    def token(self) -> str:
        return self.shown("#token-panel .raw").text

    def events(self, kind: str) -> list[str]:
        return [event.text for event in self.browser.find_elements(By.CSS_SELECTOR, f".event.{kind}")]

    def complaints(self) -> list[str]:
        """Script errors and violations of the content security policy, without what is refused, which is expected."""
        entries: list[dict[str, str]] = self.browser.get_log("browser")  # type: ignore[no-untyped-call]
        refused = ("Failed to load resource", "HTTP Authentication failed")
        return [entry["message"] for entry in entries if not any(words in entry["message"] for words in refused)]

    def _is_gone(self, element: WebElement) -> bool:
        return element not in self.browser.find_elements(By.ID, "answer-status")
