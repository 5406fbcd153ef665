"""How one person edits one row in a browser, whatever carries the requests. Standard library only.

The row's form is opened, one field is changed, everything is sent with the versions that the form
showed; who meets a conflict opens the form anew and does it again.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from html.parser import HTMLParser
from http import HTTPStatus
from pathlib import Path

FIELDS = {"answers-other_note": "other_note", "plan-hold_reason": "hold_reason"}
"""The fields that are edited, by their name in the form; the first is the procedure's."""
SAVED = "を保存しました"
TRIES = 20
HTMX = {"HX-Request": "true"}

Get = Callable[[str], tuple[int, str]]
Post = Callable[[str, Mapping[str, str]], tuple[int, str]]


class Outcome(StrEnum):
    """What the person was told."""

    SAVED = "saved"
    UNKNOWN = "unknown"  # no answer, or that of an error: it may have been written or not
    REFUSED = "refused"  # a conflict each time, or the form did not open


@dataclass(frozen=True, slots=True)
class Edit:
    """One value that a person wanted to write, the value that was seen before, and the outcome."""

    pk: int
    field: str
    seen: str
    value: str
    outcome: Outcome
    conflicts: int


def edit(
    pk: int, name: str, value: str, *, get: Get, post: Post, pause: Callable[[], object]
) -> Edit:
    """Writes ``value``, which nobody else writes, into the field ``name`` of the row ``pk``.

    ``get`` and ``post`` give status and text; a status of 0 is no answer at all. ``pause`` is
    called while the form is open.
    """
    address, seen = f"/rows/{pk}/edit/", ""
    for conflicts in range(TRIES):
        status, page = get(f"{address}?shown_on=team&next=/team/")
        if status != HTTPStatus.OK:
            return Edit(pk, FIELDS[name], seen, value, Outcome.REFUSED, conflicts)
        sent = form_values(page)
        seen, sent[name] = sent[name], value
        pause()
        status, page = post(address, sent)
        if status == HTTPStatus.OK and SAVED in page:
            return Edit(pk, FIELDS[name], seen, value, Outcome.SAVED, conflicts)
        if status != HTTPStatus.CONFLICT:
            return Edit(pk, FIELDS[name], seen, value, Outcome.UNKNOWN, conflicts)
    return Edit(pk, FIELDS[name], seen, value, Outcome.REFUSED, TRIES)


def form_values(page: str) -> dict[str, str]:
    """What a browser would send of the row's form on ``page`` if nothing was changed."""
    reader = _FormReader()
    reader.feed(page)
    return reader.values


def keep(edits: list[Edit], file: Path) -> None:
    """Writes the edits, one a line."""
    file.write_text("".join(json.dumps(asdict(each)) + "\n" for each in edits))


def kept(file: Path) -> list[Edit]:
    """The edits that ``keep`` wrote."""
    return [Edit(**json.loads(line)) for line in file.read_text().splitlines()]


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._is_inside = False
        self._open = ""  # the select or textarea whose content comes

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "form":
            self._is_inside = (given.get("id") or "").startswith("row-form-")
        elif not self._is_inside:
            return
        elif tag == "input" and name and (given.get("type") != "checkbox" or "checked" in given):
            self.values[name] = given.get("value") or ""
        elif tag in ("select", "textarea"):
            self._open = name
            self.values[name] = ""
        elif tag == "option" and "selected" in given:
            self.values[self._open] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False
        elif tag == "textarea" and self._is_inside:
            # The line break after the opening tag is none of the content.
            self.values[self._open] = self.values[self._open].removeprefix("\n")
            self._open = ""
        elif tag == "select":
            self._open = ""

    def handle_data(self, data: str) -> None:
        if self._is_inside and self.lasttag == "textarea" and self._open:
            self.values[self._open] += data
