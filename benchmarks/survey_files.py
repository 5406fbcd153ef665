"""Workbooks of the national survey to measure with: its first rows, and some of them changed."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from python_calamine import CalamineWorkbook

CHANGED_HEADING = "総手続件数"  # a reference field: all that a second survey changes
ONE_IN = 100


def rows_of(path: Path) -> Iterator[list[Any]]:
    """The rows of the first sheet as the reader gives them, the headings first."""
    with CalamineWorkbook.from_path(path) as book:
        yield from book.get_sheet_by_index(0).iter_rows()


def write_first(source: Path, target: Path, count: int) -> None:
    """The headings and the first ``count`` rows of ``source``."""
    write_rows(target, islice(rows_of(source), count + 1))


def write_changed(source: Path, target: Path) -> None:
    """``source`` with one more in the volume of one row in a hundred."""
    write_rows(target, _with_changes(rows_of(source)))


def write_rows(target: Path, rows: Iterator[list[Any]]) -> None:
    """A workbook of one sheet with ``rows``."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("調査")
    for row in rows:
        sheet.append([None if cell == "" else cell for cell in row])
    book.save(target)


def _with_changes(rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    headings = next(rows)
    place = headings.index(CHANGED_HEADING)
    yield headings
    for number, row in enumerate(rows):
        if number % ONE_IN == 0:
            row = [*row[:place], (row[place] or 0) + 1, *row[place + 1 :]]
        yield row
