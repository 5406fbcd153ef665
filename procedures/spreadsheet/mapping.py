"""A person's decision on how a file is read: its sheets, heading rows, columns and words."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .cell import one_line
from .columns import CODES, COLUMNS, REASON_HEADING, column
from .keys import heading_key, name_key

CUT = 40  # characters of a text on the mapping page
MOST_COLUMNS = 80  # of a sheet on the mapping page
VALUE_CUT = 60  # characters of a value whose meaning is asked

_NOT_OF_THE_SHAPE = ("", heading_key(REASON_HEADING))
_KEYS = frozenset(each.key for each in COLUMNS)
_CODED_KEYS = frozenset(each.key for each in COLUMNS if each.kind in CODES)


@dataclass(frozen=True, slots=True)
class SheetMapping:
    """How one sheet is read: ``last_row`` is Excel's number of the (lower) heading row.

    ``columns`` holds a column key per place, A first, "" for a place that is not read. ValueError
    for rows, levels or columns that cannot be.
    """

    sheet: str
    last_row: int
    levels: int
    columns: tuple[str, ...]

    def __post_init__(self) -> None:
        read = [key for key in self.columns if key]
        if self.levels not in (1, 2) or self.last_row < self.levels:
            raise ValueError("heading row")
        if not _KEYS.issuperset(read) or len(set(read)) < len(read):
            raise ValueError("columns")

    @property
    def places(self) -> dict[str, int]:
        """Column key → place (0 is A)."""
        return {key: place for place, key in enumerate(self.columns) if key}


@dataclass(frozen=True, slots=True)
class FileMapping:
    """How a file is read; without ``sheets`` the list is found as if nobody had decided.

    ``values``: key of a coded column → a value as written (compared by `value_key`) → the word of
    the column that it stands for, "" for one that is treated as blank. ValueError for a word that
    the column does not have.
    """

    sheets: tuple[SheetMapping, ...] = ()
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len({each.sheet for each in self.sheets}) < len(self.sheets):
            raise ValueError("sheets")
        for key, words in self.values.items():
            if key not in _CODED_KEYS or not {"", *column_words(key)}.issuperset(words.values()):
                raise ValueError("values")

    @property
    def words(self) -> dict[str, dict[str, str]]:
        """``values`` with each value under its key."""
        return {
            key: {value_key(value): word for value, word in words.items()}
            for key, words in self.values.items()
        }

    def to_json(self) -> dict[str, Any]:
        """The mapping as JSON values, for `from_json`."""
        return {
            "sheets": [
                {
                    "sheet": each.sheet,
                    "last_row": each.last_row,
                    "levels": each.levels,
                    "columns": list(each.columns),
                }
                for each in self.sheets
            ],
            "values": {key: dict(words) for key, words in self.values.items()},
        }

    @classmethod
    def from_json(cls, content: object) -> "FileMapping":
        """The mapping that `to_json` gave. Whatever else comes is ValueError."""
        parts = _dict(content, {"sheets", "values"})
        sheets = tuple(_sheet_mapping(each) for each in _list(parts["sheets"]))
        values = {
            key: {value: _text(word) for value, word in _dict(words).items()}
            for key, words in _dict(parts["values"]).items()
        }
        return cls(sheets, values)


def column_words(key: str) -> tuple[str, ...]:
    """The words that a value of a coded column may stand for; KeyError for an unknown column."""
    return column(key).words


def shown_value(value: object) -> str:
    """A value of a coded column as a person is asked about it."""
    return cut(one_line(value), VALUE_CUT)


def value_key(value: object) -> str:
    """The key under which a value of a coded column is known; its shown form has the same."""
    return name_key(shown_value(value))


def cut(text: str, length: int = CUT) -> str:
    """The text, its end left out where it is longer than ``length``; what is cut stays as it is."""
    return text if len(text) <= length else text[: length - 1] + "…"


def shape_of(texts: Iterable[str]) -> str:
    """The shape of a heading row: one for all rows whose texts are the same to a reader.

    Blanks at the end count for nothing, nor does the reason that our own workbook of rejected
    rows adds there, nor what the mapping page does not show.
    """
    keys = [heading_key(cut(text)) for text in texts][:MOST_COLUMNS]
    while keys and keys[-1] in _NOT_OF_THE_SHAPE:
        keys.pop()
    return hashlib.sha256(json.dumps(keys).encode()).hexdigest()


def mapping_from(sheet: str, last_row: int, levels: int, columns: Sequence[str]) -> SheetMapping:
    """A remembered mapping for a sheet; a column that the inventory no longer has is not read."""
    kept = tuple(key if key in _KEYS else "" for key in columns)
    return SheetMapping(sheet, last_row, levels, kept)


def _sheet_mapping(content: object) -> SheetMapping:
    parts = _dict(content, {"sheet", "last_row", "levels", "columns"})
    return SheetMapping(
        _text(parts["sheet"]),
        _number(parts["last_row"]),
        _number(parts["levels"]),
        tuple(_text(each) for each in _list(parts["columns"])),
    )


def _dict(content: object, keys: set[str] | None = None) -> dict[str, Any]:
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise ValueError("object")
    if keys is not None and content.keys() != keys:
        raise ValueError("keys")
    return content


def _list(content: object) -> list[Any]:
    if not isinstance(content, list):
        raise ValueError("list")
    return content


def _text(content: object) -> str:
    if not isinstance(content, str):
        raise ValueError("text")
    return content


def _number(content: object) -> int:
    if not isinstance(content, int) or isinstance(content, bool):
        raise ValueError("number")
    return content
