"""What a file holds before anybody asks what it means: sheets, rows and values."""

from dataclasses import dataclass, field
from datetime import date, datetime

CELL_CHARACTERS = 32_767  # as much as an Excel cell holds
LARGEST_WHOLE_NUMBER = 1e15  # up to here a float holds every integer, as Excel does


@dataclass(frozen=True, slots=True)
class ErrorValue:
    """An error cell, for example #REF!."""

    code: str

    def __str__(self) -> str:
        return self.code


Value = str | float | int | bool | date | datetime | ErrorValue | None
Row = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged area, rows and columns counted from 1, both ends within."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class RawSheet:
    """One sheet. ``rows[0]`` is Excel's row 1 and ``row[0]`` its column A; rows may be short.

    ``hidden_rows``, ``hidden_columns`` and ``formulas_without_value`` (row, column) count from 1.
    """

    name: str
    rows: list[Row]
    visible: bool = True
    date1904: bool = False
    merges: tuple[Merge, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    formulas_without_value: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class RawBook:
    """A file's sheets in their order; a csv is a book of one sheet."""

    sheets: tuple[RawSheet, ...] = field(default=())
