"""Plain tables as files to read: a difference, a list of reasons; not the inventory's own form."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import IO

from openpyxl import Workbook  # type: ignore[import-untyped]

from .cell import text_of
from .rows import column_letters
from .safety import guarded
from .sheetrows import SheetRows, Target, as_heading, text_cell

DEFAULT_TITLE = "一覧"

_NARROWEST, _WIDEST = 12, 40
_LONGEST_TITLE = 31
_NOT_IN_A_TITLE = re.compile(r"[\\/*?:\[\]\x00-\x1f]")


def write_table(
    target: Target,
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    widths: Sequence[float] = (),
    title: str = "",
) -> None:
    """A workbook of one sheet named ``title``: frozen bold headings, a filter, then ``rows``.

    A row holds a value for each heading: text (never a formula), numbers, days and moments as
    such; None is an empty cell. ``widths`` are in characters as Excel counts them; a heading
    without one is as wide as it needs. Rows are taken one by one.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_sheet_title(title))
    for place, heading in enumerate(headings):
        given = widths[place] if place < len(widths) else _width_of(heading)
        sheet.column_dimensions[column_letters(place)].width = given
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation = "landscape"
    with SheetRows(sheet, len(headings), wraps=True) as written:
        for row in rows:
            written.append(row)
        sheet.append([as_heading(text_cell(sheet, heading)) for heading in headings])
        sheet.auto_filter.ref = f"A1:{column_letters(len(headings) - 1)}{written.count + 1}"
        written.save(book, target)


def write_table_csv(
    target: IO[bytes], headings: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """The same as csv, in UTF-8 with the mark by which Excel knows it; ``target`` stays open.

    Text that a spreadsheet would take for a formula has ' before it.
    """
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow([guarded(heading) for heading in headings])
    writer.writerows([_csv_cell(value) for value in row] for row in rows)
    text.detach()


def _csv_cell(value: object) -> str:
    # A number is no formula: -5 stays one.
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return text_of(value) if is_number else guarded(text_of(value))


def _sheet_title(title: str) -> str:
    return _NOT_IN_A_TITLE.sub(" ", title).strip(" '")[:_LONGEST_TITLE].strip(" '") or DEFAULT_TITLE


def _width_of(heading: str) -> int:
    wide = sum(unicodedata.east_asian_width(char) in "FWA" for char in heading)
    return max(_NARROWEST, min(len(heading) + wide + 4, _WIDEST))
