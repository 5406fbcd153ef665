"""The many rows of a workbook, written straight into the sheet that openpyxl has laid out.

openpyxl makes an object of every cell, which takes most of the time of a large export. It keeps
what it is good at: headings, styles, notes, drop-downs and the frame of the package.
"""

import io
import math
import shutil
from collections.abc import Collection, Iterable
from datetime import date, datetime
from functools import lru_cache
from os import PathLike
from tempfile import TemporaryFile
from typing import IO, Self
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook  # type: ignore[import-untyped]
from openpyxl.cell import Cell, WriteOnlyCell  # type: ignore[import-untyped]
from openpyxl.styles import Alignment, Font, PatternFill  # type: ignore[import-untyped]
from openpyxl.utils.datetime import to_excel  # type: ignore[import-untyped]
from openpyxl.worksheet._write_only import WriteOnlyWorksheet  # type: ignore[import-untyped]

from .cell import text_of
from .rows import column_letters
from .safety import is_formula_like, spelt_out

TEXT_FORMAT = "@"
DATE_FORMAT = 'yyyy"-"mm"-"dd'
TIME_FORMAT = 'yyyy"-"mm"-"dd hh":"mm'
FIRST_EXACT_DATE = date(1900, 3, 1)
"""Before it Excel's day numbers and the calendar differ."""

Target = str | PathLike[str] | IO[bytes]

_HEADING_FILL = PatternFill("solid", fgColor="FFE8F1FE")
_HEADING_FONT = Font(bold=True)
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_END_OF_ROWS = b"</sheetData>"
_REMEMBERED_LENGTH = 64  # a list repeats its words, not its prose


class SheetRows:
    """The rows below row 1 of ``sheet``; a temporary file holds them while the context is open.

    Text is a string whatever it looks like, a number is a number, a day from 1900-03-01 on a date
    (a moment as its own clock shows it), None an empty cell; anything else is written as text.
    In ``text_columns`` (places) what somebody types stays text too.
    """

    def __init__(
        self,
        sheet: WriteOnlyWorksheet,
        column_count: int,
        *,
        text_columns: Collection[int] = (),
        wraps: bool = False,
    ) -> None:
        self.count = 0
        self._sheet = sheet
        self._file = TemporaryFile()  # noqa: SIM115 - closed with the context
        self._text = io.TextIOWrapper(self._file, encoding="utf-8", newline="")
        formats = [TEXT_FORMAT if place in text_columns else "" for place in range(column_count)]
        self._columns = [
            (
                column_letters(place),
                _style(sheet, number_format, wraps=wraps),
                _style(sheet, number_format, wraps=wraps, is_quoted=True),
            )
            for place, number_format in enumerate(formats)
        ]
        self._number = _style(sheet, "", wraps=wraps)
        self._date = _style(sheet, DATE_FORMAT, wraps=wraps)
        self._moment = _style(sheet, TIME_FORMAT, wraps=wraps)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()

    def append(self, values: Iterable[object]) -> None:
        """Write one row; ``values`` stand in the order of the columns, at most one for each."""
        self.count += 1
        number = self.count + 1
        cells = [
            f'<c r="{letters}{number}"{self._content(value, plain, quoted)}</c>'
            for (letters, plain, quoted), value in zip(self._columns, values, strict=False)
            if value is not None and value != ""
        ]
        self._text.write(f'<row r="{number}">{"".join(cells)}</row>')

    def save(self, book: Workbook, target: Target) -> None:
        """Save ``book`` with the rows in their sheet; then it cannot be written any more."""
        with TemporaryFile() as frame:
            book.save(frame)
            with ZipFile(frame) as laid_out, ZipFile(target, "w", ZIP_DEFLATED) as package:
                for member in laid_out.infolist():
                    content = laid_out.read(member)
                    if member.filename == self._sheet.path.lstrip("/"):
                        self._put_between(package, member, *content.split(_END_OF_ROWS))
                    else:
                        package.writestr(member, content)

    def _put_between(self, package: ZipFile, member: ZipInfo, before: bytes, after: bytes) -> None:
        self._text.flush()
        self._file.seek(0)
        part_info = ZipInfo(member.filename, member.date_time)
        part_info.compress_type = ZIP_DEFLATED
        with package.open(part_info, "w") as part:
            part.write(before)
            shutil.copyfileobj(self._file, part)
            part.write(_END_OF_ROWS + after)

    def _content(self, value: object, plain: str, quoted: str) -> str:
        """The cell after its address: style, kind and value."""
        if not isinstance(value, str):
            style, digits = self._digits(value)
            if digits:
                return f"{style}><v>{digits}</v>"
            value = text_of(value)
        style = quoted if is_formula_like(value) else plain
        is_short = len(value) <= _REMEMBERED_LENGTH
        text = _remembered_text(value) if is_short else _text(value)
        return f'{style} t="inlineStr">{text}'

    def _digits(self, value: object) -> tuple[str, str]:
        """Style and digits of a number, a day or a moment; no digits for anything else."""
        if isinstance(value, datetime):
            clock = value.replace(tzinfo=None)
            return self._moment, f"{to_excel(clock):.15g}" if _is_exact(clock) else ""
        if isinstance(value, date):
            return self._date, f"{to_excel(value):.0f}" if _is_exact(value) else ""
        if isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value)):
            return "", ""
        return self._number, repr(value) if isinstance(value, int | float) else ""


def text_cell(sheet: WriteOnlyWorksheet, text: str) -> Cell:
    """A cell of openpyxl's own with text that stays text."""
    cell = WriteOnlyCell(sheet, spelt_out(text))
    cell.data_type = "s"  # openpyxl would make a formula of =…, an error of #N/A
    cell.quotePrefix = is_formula_like(text)
    return cell


def as_heading(cell: Cell) -> Cell:
    """The cell in the looks of a heading."""
    cell.font, cell.fill = _HEADING_FONT, _HEADING_FILL
    return as_wrapped(cell)


def as_wrapped(cell: Cell) -> Cell:
    """The cell with its text on as many lines as it needs."""
    cell.alignment = _WRAPPED
    return cell


def _is_exact(day: date) -> bool:
    return (day.year, day.month, day.day) >= FIRST_EXACT_DATE.timetuple()[:3]


def _style(
    sheet: WriteOnlyWorksheet, number_format: str, *, wraps: bool = False, is_quoted: bool = False
) -> str:
    """The attribute that gives a cell this style."""
    cell = WriteOnlyCell(sheet)
    if number_format:
        cell.number_format = number_format
    if is_quoted:
        cell.quotePrefix = True
    if wraps:
        as_wrapped(cell)
    return f' s="{cell.style_id}"' if cell.has_style else ""


def _text(text: str) -> str:
    inner = escape(spelt_out(text))
    keeps_blanks = "\n" in text or text != text.strip()
    space = ' xml:space="preserve"' if keeps_blanks else ""
    return f"<is><t{space}>{inner}</t></is>"


_remembered_text = lru_cache(maxsize=4_096)(_text)
