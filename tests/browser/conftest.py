"""A real browser for the journeys: launch options, sign-in, and what every page must satisfy."""

import os
import shutil

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from django.conf import settings
from django.test import Client
from playwright.sync_api import Locator, Page, expect

from tests.factories import UserFactory

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "microsoft-edge", "msedge")
PASSWORD = "correct horse battery"
# As set up in an office, a telephone, and the first at 200 % zoom.
SIZES = (
    {"width": 1280, "height": 900},
    {"width": 375, "height": 800},
    {"width": 640, "height": 450},
)
LOOKS = SIZES[:2]
"""Those between which the style sheets make a difference (tests/browser/test_pages.py)."""
LOOK = "options => axe.run({reporter: 'no-passes', ...options})"
# The longest of its rules by far.
WITHOUT_CONTRAST = {"rules": {"color-contrast": {"enabled": False}}}


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
    # One process fewer beside each page: the machine has other tests to run.
    options = {"args": [*quiet, "--disable-gpu", "--in-process-gpu", "--no-first-run"]}
    return browser_type_launch_args | options | ({"executable_path": path} if path else {})


class Visitor:
    """A person at the browser: signs in, looks at pages, and every page is checked."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.page.set_default_timeout(10_000)
        self.address = address
        self.console_errors: list[str] = []
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.console_errors.append(str(error)))

    def sign_in(self, user: UserFactory) -> None:
        """At the first page of ``user``; by the form only where a test is about it."""
        self.carry_session(user)
        self.page.goto(f"{self.address}/")

    def carry_session(self, user: UserFactory) -> None:
        """Has signed in as ``user`` and is at no page yet."""
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": client.cookies[name].value, "url": self.address}
        self.page.context.add_cookies([cookie])

    def sign_out(self) -> None:
        """By the button that every page has."""
        self.page.get_by_role("button", name="ログアウト").click()
        expect(self.page.get_by_role("heading", name="ログイン")).to_be_visible()

    def follow(self, control: Locator) -> None:
        """By a link or button to the page that it leads to, which then is here and whole."""
        with self.page.expect_navigation():
            control.press("Enter")

    def check_page(self, *, by_itself: bool = False) -> None:
        """No axe violation, no sideways scroll at any of SIZES, no console error.

        A page that is looked at by itself is looked at wholly. On a journey axe looks at both
        LOOKS, and at the contrast of colours in the first one.
        """
        looked_at, in_colour = (SIZES, LOOKS) if by_itself else (LOOKS, LOOKS[:1])
        self.page.evaluate(AXE_SCRIPT)
        for size in SIZES:
            self.page.set_viewport_size(size)
            if size in looked_at:
                options = {} if size in in_colour else WITHOUT_CONTRAST
                result = AxeResults(self.page.evaluate(LOOK, options))
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
    return Visitor(page, live_server.url)
