"""A real browser for the journeys: launch options, sign-in, and what every page must satisfy."""

import os
import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.factories import UserFactory

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "microsoft-edge", "msedge")
PASSWORD = "correct horse battery"
# As set up in an office, a telephone, and the first at 200 % zoom.
SIZES = (
    {"width": 1280, "height": 900},
    {"width": 375, "height": 800},
    {"width": 640, "height": 450},
)


def pytest_collection_modifyitems(items):
    """Everything in this folder drives a browser."""
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """The installed browser, else the one that Playwright brought; none of it phones home."""
    path = os.environ.get("BROWSER_PATH") or next(filter(None, map(shutil.which, BROWSERS)), None)
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        quiet.append("--no-sandbox")  # Chromium refuses its sandbox to root
    options = {"args": [*quiet, "--disable-gpu", "--no-first-run"]}
    return browser_type_launch_args | options | ({"executable_path": path} if path else {})


class Visitor:
    """A person at the browser: signs in, looks at pages, and every page is checked."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.console_errors: list[str] = []
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.console_errors.append(str(error)))

    def sign_in(self, user: UserFactory) -> None:
        """Through the login form, as people do."""
        self.page.goto(f"{self.address}/")
        self.page.get_by_label("ユーザー名").fill(user.username)
        self.page.get_by_label("パスワード").fill(PASSWORD)
        self.page.get_by_role("button", name="ログイン").click()

    def check_page(self) -> None:
        """No axe violation at any of SIZES, no sideways scroll, no console error."""
        for size in SIZES:
            self.page.set_viewport_size(size)
            result = Axe().run(self.page)
            assert result.violations_count == 0, result.generate_report()
            width = self.page.evaluate("document.documentElement.scrollWidth")
            assert width <= size["width"], f"{self.page.url} is {width} px wide"
        self.page.set_viewport_size(SIZES[0])
        assert self.console_errors == []

    def _listen(self, message) -> None:
        # An answer of 409 or 422 is part of the conversation; the browser logs it as an error.
        expected = ("status of 409", "status of 422")
        if message.type == "error" and not any(text in message.text for text in expected):
            self.console_errors.append(message.text)


@pytest.fixture
def visitor(page, live_server):
    """A person at the browser."""
    page.set_default_timeout(10_000)
    return Visitor(page, live_server.url)
