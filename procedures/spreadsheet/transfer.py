"""How a read book passes from the reading process to the asking one: as lines of JSON.

One line per sheet, then one per row: a list of cells, or the number of empty rows that follow
each other. JSON, because whatever the reading process was made to write, it stays data.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any

from .gate import Refused
from .raw import CELL_CHARACTERS, ErrorValue, Merge, RawBook, RawSheet, Row, Value
from .sheetxml import MAX_FILLED_ROWS, cell_too_long, too_many_rows

WORDS_KEPT = 500_000  # the largest real list has 190,000 of them; a table of millions is a burden


@dataclass(frozen=True, slots=True)
class SheetHead:
    """All of a sheet but its rows, ready for JSON."""

    name: str
    visible: bool
    date1904: bool
    merges: list[tuple[int, int, int, int]]
    hidden_rows: list[int]
    hidden_columns: list[int]
    formulas_without_value: list[tuple[int, int]]


class Writer:
    """Writes the lines, a sheet's head before its rows; memory stays at one row."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._encode = json.JSONEncoder(
            ensure_ascii=False, separators=(",", ":"), default=_to_json
        ).encode
        self._sheet = ""
        self._empty_rows = 0
        self._row_count = 0  # of the sheet
        self._filled_row_count = 0  # of the book

    def refusal(self, refused: Refused) -> None:
        """The file cannot be read after all."""
        self._line({"refused": [refused.code, refused.message]})

    def sheet(self, head: SheetHead) -> None:
        """The next sheet begins."""
        self._sheet, self._empty_rows, self._row_count = head.name, 0, 0
        self._line({name: getattr(head, name) for name in SheetHead.__slots__})

    def row(self, row: list[Value]) -> None:
        """The next row; None at its end is left out. Refused where it is too much."""
        while row and row[-1] is None:
            row.pop()
        if not row:
            self._empty_rows += 1
            return
        if self._empty_rows:
            self._line(self._empty_rows)
            self._row_count += self._empty_rows
            self._empty_rows = 0
        self._row_count += 1
        self._filled_row_count += 1
        if self._filled_row_count > MAX_FILLED_ROWS:
            raise too_many_rows()
        if self._line(row) > CELL_CHARACTERS and any(map(_is_too_long, row)):
            raise cell_too_long(self._sheet, self._row_count)

    def empty_rows(self, count: int) -> None:
        """So many rows without a value come next."""
        self._empty_rows += count

    def _line(self, content: object) -> int:
        return self._file.write(self._encode(content) + "\n")


def read_book(lines: Iterable[str | bytes]) -> RawBook:
    """The book that the lines tell of. Raises Refused when they tell of a refusal.

    ValueError, KeyError, TypeError, IndexError or RecursionError mean that the lines are not
    what `Writer` writes.
    """
    sheets: list[RawSheet] = []
    words: dict[str, str] = {}
    for line in lines:
        content = json.loads(line)
        if isinstance(content, list):
            sheets[-1].rows.append(_row(content, words))
        elif isinstance(content, int):
            sheets[-1].rows.extend([()] * content)
        elif "refused" in content:
            raise Refused(*content["refused"])
        else:
            sheets.append(_sheet(content))
    return RawBook(tuple(sheets))


def _is_too_long(value: Value) -> bool:
    return isinstance(value, str) and len(value) > CELL_CHARACTERS


def _to_json(value: object) -> dict[str, str]:
    if isinstance(value, ErrorValue):
        return {"error": value.code}
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    raise TypeError(type(value))


def _row(cells: list[Any], words: dict[str, str]) -> Row:
    # A list repeats its words; one object for each word keeps 75,000 rows in a third of the room.
    if len(words) > WORDS_KEPT:
        words.clear()
    once = words.setdefault
    return tuple(
        [
            once(cell, cell)
            if cell.__class__ is str
            else (_from_json(cell) if cell.__class__ is dict else cell)
            for cell in cells
        ]
    )


def _from_json(value: dict[str, str]) -> Value:
    ((kind, text),) = value.items()
    if kind == "error":
        return ErrorValue(text)
    return datetime.fromisoformat(text) if kind == "datetime" else date.fromisoformat(text)


def _sheet(head: dict[str, Any]) -> RawSheet:
    return RawSheet(
        name=head["name"],
        rows=[],
        visible=head["visible"],
        date1904=head["date1904"],
        merges=tuple(Merge(*area) for area in head["merges"]),
        hidden_rows=frozenset(head["hidden_rows"]),
        hidden_columns=frozenset(head["hidden_columns"]),
        formulas_without_value=frozenset(
            (row, column) for row, column in head["formulas_without_value"]
        ),
    )
