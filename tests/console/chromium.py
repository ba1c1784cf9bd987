"""Our pages in a real browser: served on a free port, looked at with the Chromium of the system."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from tests.console.village import PASSWORD, Village
from tests.services import require

QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-first-run",
)
BAD = ("serious", "critical")
SIZES = {"phone": (360, 740), "desk": (1280, 800)}


@dataclass
class Desk:
    """A page that is logged in, the village behind it, and what went wrong in the browser's own eyes."""

    page: Page
    home: Village
    address: str
    complaints: list[str]

    def open(self, path: str) -> None:
        self.page.goto(f"{self.address}/console{path}")

    def log_in(self, name: str) -> None:
        self.open("/login")
        self.page.get_by_label("Tên đăng nhập").fill(name)
        self.page.get_by_label("Mật khẩu").fill(PASSWORD)
        self.page.get_by_role("button", name="Đăng nhập").click()
        expect(self.page.get_by_role("heading", name="Việc hôm nay")).to_be_visible()


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address of the application, stopped at the end."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="console under test")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()


@contextmanager
def chromium() -> Iterator[Browser]:
    binary = require("chromium", "apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(binary), args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()


def look(page: Page) -> None:
    """No scrolling sideways, nothing smaller than a thumb, and nothing that axe calls serious or critical."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), page.url
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, .button, select, textarea, summary, nav a, main input')]
            .filter(part => part.checkVisibility() && part.type !== 'hidden' && !part.matches('.default'))
            .filter(part => part.getBoundingClientRect().height < 44)
            .map(part => part.outerHTML.slice(0, 80))"""
    )
    assert not small, page.url
    violations = Axe().run(page).response["violations"]
    found = [
        (violation["id"], node["html"][:120])
        for violation in violations
        if violation["impact"] in BAD
        for node in violation["nodes"]
    ]
    assert not found, page.url
