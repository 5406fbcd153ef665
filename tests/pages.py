"""Reads pages as a browser does: what a form would send, and one element to compare."""

from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.test.html import Element, parse_html

VOID_BUTTONS = {"submit", "button", "reset", "image", "file"}


def text(response: HttpResponse) -> str:
    """The page as text."""
    return response.content.decode()


def element(html: str, element_id: str) -> Element:
    """The element with that id, with blanks normalised; two of them compare by content."""
    found = list(_with_id(parse_html(html), element_id))
    assert len(found) == 1, f"{len(found)} elements have the id {element_id!r}"
    return found[0]


def words(node: Element | str) -> str:
    """What there is to read in an element, with one blank between its parts."""
    if isinstance(node, str):
        return " ".join(node.split())
    return " ".join(filter(None, map(words, node.children)))


def sent_by(html: str, form_id: str, **changes: Any) -> dict[str, Any]:
    """What a browser sends of the form with that id, untouched but for ``changes``.

    A change to None leaves the field out, as a checkbox that is not ticked.
    """
    reader = _FormReader(form_id)
    reader.feed(html)
    assert reader.fields, f"there is no form {form_id!r}"
    fields = reader.fields | changes
    return {name: value for name, value in fields.items() if value is not None}


def _with_id(node: Element | str, element_id: str):
    if isinstance(node, str):
        return
    if ("id", element_id) in node.attributes:
        yield node
    for child in node.children:
        yield from _with_id(child, element_id)


class _FormReader(HTMLParser):
    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id = form_id
        self.is_inside = False
        self.fields: dict[str, Any] = {}
        self._select: str | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            assert not self.is_inside, "a form within a form"
            self.is_inside = given.get("id") == self.form_id
        if not self.is_inside:
            return
        name = given.get("name")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            self._option(given)
        elif tag == "textarea" and name:
            self._area = name
            self.fields[name] = ""
        elif tag == "input" and name and given.get("type") not in VOID_BUTTONS:
            self._input(name, given)

    def handle_data(self, data: str) -> None:
        if self._area:
            # A parser drops the first line break of a text area; a browser sends CR LF.
            if not self.fields[self._area]:
                data = data.removeprefix("\r").removeprefix("\n")
            self.fields[self._area] += data.replace("\r\n", "\n").replace("\n", "\r\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_inside = False
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None

    def _option(self, given: dict[str, str | None]) -> None:
        if "selected" in given or self._select not in self.fields:
            self.fields[self._select] = given.get("value") or ""

    def _input(self, name: str, given: dict[str, str | None]) -> None:
        is_choice = given.get("type") in {"checkbox", "radio"}
        if is_choice and "checked" not in given:
            return
        value = given.get("value") or ("on" if is_choice else "")
        if name in self.fields:
            before = self.fields[name]
            self.fields[name] = [*(before if isinstance(before, list) else [before]), value]
        else:
            self.fields[name] = value
