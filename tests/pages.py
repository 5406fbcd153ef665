"""Reads pages as a browser does: what a form would send, one element, a page after an answer."""

from collections import Counter
from collections.abc import Collection, Iterator
from copy import deepcopy
from difflib import unified_diff
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.test.html import Element, parse_html

Page = str | HttpResponse | Element
VOID_BUTTONS = {"submit", "button", "reset", "image", "file"}
# What htmx swaps in; 409 and 422 by the page's configuration (templates/base.html).
SWAPPED = (200, 409, 422)
LOADS_ANOTHER_PAGE = ("HX-Redirect", "HX-Location", "HX-Refresh")


def text(response: HttpResponse) -> str:
    """The page as text."""
    return response.content.decode()


def element(html: Page, element_id: str) -> Element:
    """The element with that id, with blanks normalised; two of them compare by content."""
    found = list(_with_id(_tree(html), element_id))
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


def swapped(page: Page, answer: str | HttpResponse, target: str, select: str = "") -> Element:
    """``page`` after htmx has put ``answer`` in the place of the element with the id ``target``.

    ``select`` is the id of what is taken of an answer that is a whole page (``hx-select``). Parts
    of the answer that say so go to other places (``hx-swap-oob``). An answer that htmx does not
    swap leaves the page as it is; one that loads another page is none, and fails.
    """
    tree = deepcopy(_tree(page))
    if isinstance(answer, HttpResponse):
        for header in LOADS_ANOTHER_PAGE:
            assert header not in answer.headers, f"{header} loads another page"
        if answer.status_code not in SWAPPED:
            return tree
    fragment = _fragment(element(answer, select) if select else answer)
    for part in list(_out_of_band(fragment)):
        _put(tree, part)
    _replace(tree, target, fragment.children)
    return tree


def same_page(
    old: Page,
    answer: str | HttpResponse,
    target: str,
    fresh: Page,
    but: Collection[str] = (),
    select: str = "",
) -> None:
    """Asserts that ``old`` with ``answer`` in it is ``fresh``, the page as it loads afterwards.

    The main part is compared, less the elements with the ids ``but`` and what an answer has of
    its own by design: the tokens of its forms, where the focus goes, and the mark and message of
    a row that was just saved.
    """
    new = swapped(old, answer, target, select)
    twice = [one for one, count in Counter(_ids(new)).items() if count > 1]
    assert not twice, f"the page has two elements with the id {', '.join(twice)}"
    mine, theirs = (_comparable(page, but) for page in (new, deepcopy(_tree(fresh))))
    if mine != theirs:
        lines = (str(part).splitlines() for part in (theirs, mine))
        difference = "\n".join(unified_diff(*lines, "loaded afresh", "after the answer", "", "", 2))
        raise AssertionError(f"the page is not what it would be if loaded again\n{difference}")


def _tree(page: Page) -> Element:
    if isinstance(page, Element):
        return page
    return parse_html(text(page) if isinstance(page, HttpResponse) else page)


def _fragment(answer: Page) -> Element:
    """The answer's nodes, below one element of no name."""
    root = Element(None, ())
    tree = deepcopy(_tree(answer))
    root.children = [tree] if tree.name else list(tree.children)
    return root


def _elements(node: Element) -> Iterator[Element]:
    """The element and all below it, from the top."""
    yield node
    for child in node.children:
        if isinstance(child, Element):
            yield from _elements(child)


def _with_id(node: Element, element_id: str) -> Iterator[Element]:
    return (one for one in _elements(node) if ("id", element_id) in one.attributes)


def _ids(node: Element) -> list[str]:
    return [value for one in _elements(node) for name, value in one.attributes if name == "id"]


def _parent(tree: Element, child: Element) -> Element:
    return next(one for one in _elements(tree) if any(child is node for node in one.children))


def _replace(tree: Element, element_id: str, nodes: list[Element | str]) -> None:
    place = element(tree, element_id)
    parent = _parent(tree, place)
    at = next(index for index, node in enumerate(parent.children) if node is place)
    parent.children[at : at + 1] = nodes


def _out_of_band(fragment: Element) -> Iterator[tuple[str, Element]]:
    """Takes the parts that go elsewhere out of the fragment, each with what it says of that."""
    for one in list(_elements(fragment)):
        where = dict(one.attributes).get("hx-swap-oob")
        if where is not None:
            parent = _parent(fragment, one)
            parent.children = [node for node in parent.children if node is not one]
            one.attributes = [each for each in one.attributes if each[0] != "hx-swap-oob"]
            yield where, one


def _put(tree: Element, part: tuple[str, Element]) -> None:
    where, new = part
    how, _, selector = where.partition(":#")
    if where == "true":
        _replace(tree, dict(new.attributes)["id"], [new])
    elif how == "outerHTML" and selector:
        _replace(tree, selector, [new])
    elif how == "beforeend" and selector:
        element(tree, selector).children += new.children
    else:
        raise AssertionError(f"hx-swap-oob={where!r}: teach it to tests/pages.py")


def _comparable(page: Element, but: Collection[str]) -> Element:
    """The main part without what differs by design."""
    main = element(page, "main")
    for one in _elements(main):
        one.children = [node for node in one.children if not _is_left_out(node, but)]
        one.attributes = [each for each in map(_without_mark, one.attributes) if each]
    return main


def _is_left_out(node: Element | str, but: Collection[str]) -> bool:
    if isinstance(node, str):
        return not node
    given = dict(node.attributes)
    is_token = given.get("name") == "csrfmiddlewaretoken"
    cells = [child for child in node.children if isinstance(child, Element)]
    is_message = (
        given.get("class") == "is-saved"
        and len(cells) == 1
        and any(name == "colspan" for name, _ in cells[0].attributes)
    )
    return is_token or is_message or given.get("id") in but


def _without_mark(attribute: tuple[str, str | None]) -> tuple[str, str | None] | None:
    name, value = attribute
    if name == "data-focus-id":
        return None
    if name == "class" and value:
        value = " ".join(part for part in value.split() if part != "is-saved")
        return (name, value) if value else None
    return attribute


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
