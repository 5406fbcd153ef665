"""The paper as a workbook: a sheet for each of its parts, numbers as numbers and days as days.

The same paper gives the same bytes.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from tempfile import TemporaryFile
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.xml.constants import ARC_CORE
from openpyxl.xml.functions import tostring

from procedures.spreadsheet.rows import column_letters
from procedures.spreadsheet.sheetrows import DATE_FORMAT, as_heading, as_wrapped, text_cell

from .composing import COVER, Paper
from .parts import Table, Value

TERMS = "用語"
_BOLD = Font(bold=True)
_TITLE = Font(bold=True, size=14)
_FORMATS: dict[type, str] = {int: "#,##0", float: "0.0%", date: DATE_FORMAT}
_A4 = 9  # the number of the paper size in a workbook


def write_workbook(target: IO[bytes], paper: Paper, made_at: datetime) -> None:
    """Writes the whole paper; ``made_at`` is the moment that the file says of itself."""
    book = Workbook(write_only=True)
    book.properties.creator = paper.division
    book.properties.title = paper.edition_title
    book.properties.created = made_at.astimezone(UTC).replace(tzinfo=None)
    _write_cover(book, paper)
    for section in paper.sections:
        if section.sheet != COVER:
            _write_sheet(book, paper, section.sheet, section.sentences, section.tables)
    _write_sheet(book, paper, TERMS, paper.notes, (paper.terms,))
    _save(book, target, made_at)


def _write_cover(book: Workbook, paper: Paper) -> None:
    sheet = _sheet(book, paper, COVER, widths=(20, 90))
    sheet.append([_title(sheet, paper.title)])
    facts: tuple[tuple[str, Value], ...] = (
        ("版", paper.edition_title),
        ("基準日", paper.on),
        ("作成", f"{paper.office_name}　{paper.division}"),
        ("概要", paper.summary),
        *(("決定を求める事項", line) for line in paper.decisions),
        *(("注", note) for note in paper.notes),
        ("照合値", paper.mark),
    )
    for label, value in facts:
        sheet.append([as_heading(text_cell(sheet, label)), as_wrapped(_cell(sheet, value))])


def _write_sheet(
    book: Workbook, paper: Paper, name: str, sentences: Sequence[str], tables: Sequence[Table]
) -> None:
    """One sheet: its sentences, then its tables under each other.

    The head stays in view and is printed on every page where it is the only one.
    """
    shown = [table for table in tables if table.is_in_workbook]
    heads = {table.columns for table in shown}
    head_row = len(sentences) + 3  # below the title of the sheet and that of the table
    sheet = _sheet(book, paper, name, widths=_widths(shown))
    if len(heads) == 1:
        sheet.freeze_panes = f"A{head_row + 1}"
        sheet.print_title_rows = f"{head_row}:{head_row}"
    sheet.append([_title(sheet, f"{name}（基準日 {paper.on:%Y-%m-%d}）")])
    for sentence in sentences:
        sheet.append([text_cell(sheet, sentence)])
    for table in shown:
        for row in _rows(sheet, table):
            sheet.append(row)


def _rows(sheet: WriteOnlyWorksheet, table: Table) -> Iterator[list[Cell]]:
    yield [_title(sheet, table.title)]
    yield [as_heading(text_cell(sheet, column.label)) for column in table.columns]
    for row in table.rows:
        yield [_cell(sheet, value) for value in row]
    if table.total and table.rows:
        yield [_bold(_cell(sheet, value)) for value in table.total]
    if not table.rows and table.empty:
        yield [text_cell(sheet, table.empty)]
    if table.more:
        yield [text_cell(sheet, f"ほかに{table.more:,}件あります。")]
    yield []


def _sheet(book: Workbook, paper: Paper, name: str, *, widths: Iterable[int]) -> WriteOnlyWorksheet:
    sheet = book.create_sheet(name)
    for place, width in enumerate(widths):
        sheet.column_dimensions[column_letters(place)].width = width
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = _A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToHeight = 0  # as many pages as it needs
    sheet.oddFooter.center.text = "&P／&N"
    sheet.oddFooter.right.text = f"照合値 {paper.mark}"
    return sheet


def _widths(tables: Sequence[Table]) -> list[int]:
    """The width of each column: what the widest of the tables needs there."""
    widths: list[int] = []
    for table in tables:
        for place, column in enumerate(table.columns):
            if place == len(widths):
                widths.append(0)
            widths[place] = max(widths[place], column.width)
    return widths


def _cell(sheet: WriteOnlyWorksheet, value: Value) -> Cell:
    if isinstance(value, str):
        return text_cell(sheet, value)
    cell = WriteOnlyCell(sheet, value)
    if value is not None:
        cell.number_format = _FORMATS[type(value)]
    return cell


def _title(sheet: WriteOnlyWorksheet, text: str) -> Cell:
    cell = text_cell(sheet, text)
    cell.font = _TITLE
    return cell


def _bold(cell: Cell) -> Cell:
    cell.font = _BOLD
    return cell


def _save(book: Workbook, target: IO[bytes], made_at: datetime) -> None:
    """Saves ``book`` with ``made_at`` in place of the clock, which openpyxl looks at."""
    stamp = made_at.astimezone(UTC)
    with TemporaryFile() as frame:
        book.save(frame)
        book.properties.modified = book.properties.created
        with ZipFile(frame) as written, ZipFile(target, "w") as package:
            for name in written.namelist():
                content = written.read(name)
                if name == ARC_CORE:
                    content = tostring(book.properties.to_tree())
                part = ZipInfo(name, stamp.timetuple()[:6])
                package.writestr(part, content, ZIP_DEFLATED)
