"""Somebody at the browser without a mouse, whose key presses are counted."""

from playwright.sync_api import Locator, Page, expect


class Keyboard:
    """Somebody without a mouse; ``presses`` counts the keys."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.presses = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.presses += 1

    def tab_to(self, locator: Locator, most: int = 40) -> None:
        """Tab until ``locator`` has the focus."""
        for _ in range(most):
            if locator.evaluate("element => element === document.activeElement"):
                return
            self.press("Tab")
        raise AssertionError(f"{locator} cannot be reached by keyboard")

    def types(self, text: str) -> None:
        """Types ``text`` where the focus is."""
        self.page.keyboard.type(text)
        self.presses += len(text)

    def goes_on(self) -> None:
        """Enter, and the next page is there."""
        with self.page.expect_navigation():
            self.press("Enter")

    def answers(self, choice: str, *keys: str) -> None:
        """Moves from the answer that is marked to ``choice``, and sends it."""
        self.press(*keys)
        marked = self.page.get_by_role("radio", name=choice, exact=True)
        expect(marked).to_be_focused()
        expect(marked).to_be_checked()
        self.goes_on()
