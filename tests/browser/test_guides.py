"""The browser's code in docs/guides/single-page-applications.md, as the guide shows it, with the guide's services."""

import contextlib
import re
import threading
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from selenium.webdriver import Chrome

from authx.testing import FrozenClock
from tests.browser.demo_service import ROOT, free_port

pytestmark = pytest.mark.browser

GUIDE = (ROOT / "docs" / "guides" / "single-page-applications.md").read_text()
# The first line of each block names the file that it is.
FILES = dict(re.findall(r"^```js\n// (\w+\.js)\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE))


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)


@dataclass
class Service:
    """One of the guide's services, with a page and the guide's files, and the requests that it got."""

    app: FastAPI
    url: str = ""
    asked: list[str] = field(default_factory=list)

    @contextlib.contextmanager
    def running(self) -> Iterator["Service"]:
        # Not 127.0.0.1: only for the name localhost do browsers keep Secure cookies without https.
        port = free_port()
        self.url = f"http://localhost:{port}"
        server = uvicorn.Server(uvicorn.Config(self.app, host="localhost", port=port, log_level="error"))
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield self
        finally:
            server.should_exit = True
            thread.join()


def served(app: FastAPI) -> Service:
    service = Service(app)

    @app.middleware("http")
    async def keep(request: Request, call_next: Any) -> Any:
        service.asked.append(request.url.path)
        return await call_next(request)

    @app.get("/")
    def page() -> HTMLResponse:
        return HTMLResponse("<!doctype html><title>A page</title><link rel=icon href=data:,>")

    @app.get("/code/{name}")
    def file(name: str) -> Response:
        return Response(FILES[name], media_type="text/javascript")

    return service


@pytest.fixture(scope="module")
def guide() -> dict[str, Any]:
    module = types.ModuleType("guide")
    exec(compile("\n".join(blocks("python")), "single-page-applications.md", "exec"), module.__dict__)
    return module.__dict__


def run(browser: Chrome, file: str, script: str) -> Any:
    """Run a script in which `code` is the guide's file."""
    lines = f"""
        const done = arguments[0];
        import("/code/{file}").then(async (code) => {{ {script} }}).then(done, (error) => done(String(error)));
    """
    return browser.execute_async_script(lines)


def test_each_block_of_the_guide_is_a_file() -> None:
    assert list(FILES) == ["cookie.js", "memory.js", "cookies.js"]
    assert len(blocks("js")) == len(FILES)


def test_access_token_in_memory_is_renewed_by_the_cookie(guide: dict[str, Any], browser: Chrome) -> None:
    log_in = 'return await code.logIn("ada", "analytical-engine");'
    # At an instant of the real clock, so that the browser doesn't drop the cookies.
    with served(guide["app"]).running() as service, FrozenClock() as clock:
        browser.get(service.url)
        assert run(browser, "memory.js", 'return await code.logIn("ada", "wrong");') is False
        assert run(browser, "memory.js", log_in) is True
        me = 'const answer = await code.request("/me"); return [answer.status, await answer.json()];'
        assert run(browser, "memory.js", me) == [200, "ada"]
        assert "/auth/refresh" not in service.asked
        kept = "return JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }]);"
        assert "eyJ" not in run(browser, "memory.js", kept)

        # Several requests at once after the token has expired share one refresh.
        clock.advance(15 * 60)
        several = """
            const answers = await Promise.all([1, 2, 3].map(() => code.request("/me")));
            return answers.map((answer) => answer.status);
        """
        assert run(browser, "memory.js", several) == [200, 200, 200]
        assert service.asked.count("/auth/refresh") == 1

        # A reload forgets the token, and the first request gets another.
        browser.refresh()
        assert run(browser, "memory.js", me) == [200, "ada"]
        assert service.asked.count("/auth/refresh") == 2

        run(browser, "memory.js", "await code.logOut();")
        assert run(browser, "memory.js", me)[0] == 401


def test_tokens_in_cookies_need_the_csrf_value_only(guide: dict[str, Any], browser: Chrome) -> None:
    with served(guide["cookie_app"]).running() as service:
        browser.get(service.url)
        body = '{ name: "ada", password: "analytical-engine" }'
        login = f"""
            const headers = {{ "Content-Type": "application/json" }};
            const body = JSON.stringify({body});
            return (await code.request("/auth/login", {{ method: "POST", headers, body }})).status;
        """
        assert run(browser, "cookies.js", login) == 200
        note = 'const answer = await code.request("/notes", { method: "POST" }); return await answer.json();'
        assert run(browser, "cookies.js", note) == "noted for ada"
        without = 'return (await fetch("/notes", { method: "POST" })).status;'
        assert run(browser, "cookies.js", without) == 401
