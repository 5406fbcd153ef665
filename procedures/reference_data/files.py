"""Files of reference data: an upload becomes a table of texts, and rows become xlsx and csv."""

import csv
import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from import_export.formats.base_formats import CSV, XLSX
from openpyxl import Workbook
from tablib import Dataset

from procedures.spreadsheet.cell import is_blank, text_of
from procedures.spreadsheet.gate import FileFormat, Refused, look
from procedures.spreadsheet.keys import heading_key
from procedures.spreadsheet.raw import ErrorValue, RawBook, RawSheet
from procedures.spreadsheet.reading import read_workbook
from procedures.spreadsheet.rows import column_letters
from procedures.spreadsheet.safety import guarded
from procedures.spreadsheet.sheetrows import TEXT_FORMAT, SheetRows, as_heading, text_cell

MAX_ROWS = 5_000  # twice the people of a city of 250,000
SEARCHED_ROWS = 20  # titles and notes above the headings

WRONG_FORMAT = "読み取れるのは、Excelブック（.xlsx）とCSVです。どちらかで保存し直してください。"
NO_HEADINGS = "見出しの行が見つかりません。先頭の行に、見出し{headings}を書いてください。"
MISSING_HEADINGS = (
    "見出し{headings}の列がありません。列を加えて、見出しをこのとおりに書いてください。"
)
REPEATED_HEADING = "見出し「{heading}」の列が2つ以上あります。1つだけにしてください。"
NO_ROWS = "見出しの下に行がありません。取り込む行を書いてください。"
TOO_MANY_ROWS = f"行が多すぎます（{MAX_ROWS:,}行まで）。ファイルを分けてください。"
ERROR_CELL = "セルがエラー（{value}）になっています。値を書き直してください。"
UNCALCULATED_CELL = (
    "計算式の結果が保存されていません。Excelで開いて保存し直すか、値を書いてください。"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a file and what to do; ``row`` is counted as Excel does."""

    message: str
    row: int | None = None
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table: its number in Excel, and its texts in the order of the headings."""

    number: int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file under the headings that are known; ``unread`` are the other headings."""

    headings: tuple[str, ...]
    lines: tuple[Line, ...]
    unread: tuple[str, ...] = ()


class Unusable(Exception):
    """A file that was read and is no table of this kind; ``problems`` say why."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(problem.message for problem in problems))
        self.problems = problems


def read_table(file: UploadedFile, *, known: Sequence[str], required: Sequence[str]) -> Table:
    """The rows under the ``known`` headings of the first visible sheet that has rows.

    Raises Refused for a file that cannot be read, and Unusable where a ``required`` heading is
    missing or a cell has no value to read.
    """
    sheet = _first_sheet(_read(file))
    headings = {heading_key(heading): heading for heading in known}
    top, places, unread = _find_headings(sheet, headings)
    missing = [heading for heading in required if heading not in places]
    if not places:
        raise Unusable(Problem(NO_HEADINGS.format(headings=_quoted(required))))
    if missing:
        raise Unusable(Problem(MISSING_HEADINGS.format(headings=_quoted(missing)), top))
    lines = tuple(_lines(sheet, top, places))
    if not lines:
        raise Unusable(Problem(NO_ROWS))
    if len(lines) > MAX_ROWS:
        raise Unusable(Problem(TOO_MANY_ROWS))
    if problems := list(_cells_without_value(sheet, lines, places)):
        raise Unusable(*problems)
    return Table(tuple(places), lines, unread)


def _read(file: UploadedFile) -> RawBook:
    with tempfile.TemporaryDirectory(prefix="reference-") as folder:
        path = Path(folder) / "upload"
        with path.open("wb") as copy:
            for chunk in file.chunks():
                copy.write(chunk)
        if look(path, file.name) not in (FileFormat.XLSX, FileFormat.CSV):
            raise Refused("unsupported", WRONG_FORMAT)
        return read_workbook(path, file.name)


def _first_sheet(book: RawBook) -> RawSheet:
    visible = (sheet for sheet in book.sheets if sheet.visible)
    return next((sheet for sheet in visible if any(map(_has_text, sheet.rows))), RawSheet("", []))


def _has_text(cells: Sequence[Any]) -> bool:
    return not all(map(is_blank, cells))


def _find_headings(
    sheet: RawSheet, known: dict[str, str]
) -> tuple[int, dict[str, int], tuple[str, ...]]:
    """The row with the most known headings, the place of each, and what else stands there."""

    def recognised(row: int) -> int:
        return sum(heading_key(text_of(value)) in known for value in sheet.rows[row])

    top = max(range(min(SEARCHED_ROWS, len(sheet.rows))), key=recognised, default=None)
    places: dict[str, int] = {}
    unread = []
    for place, value in enumerate(sheet.rows[top] if top is not None else ()):
        heading = known.get(heading_key(text_of(value)))
        if heading in places:
            raise Unusable(Problem(REPEATED_HEADING.format(heading=heading), top + 1))
        if heading:
            places[heading] = place
        elif not is_blank(value):
            unread.append(text_of(value))
    return (top or 0) + 1, places, tuple(unread)


def _lines(sheet: RawSheet, top: int, places: dict[str, int]) -> list[Line]:
    lines = []
    for number, row in enumerate(sheet.rows[top:], start=top + 1):
        cells = [row[place] if place < len(row) else None for place in places.values()]
        if _has_text(cells):
            lines.append(Line(number, tuple(map(text_of, cells))))
    return lines


def _cells_without_value(sheet: RawSheet, lines: Sequence[Line], places: dict[str, int]):
    for line in lines:
        row = sheet.rows[line.number - 1]
        for heading, place in places.items():
            value = row[place] if place < len(row) else None
            if isinstance(value, ErrorValue):
                yield Problem(ERROR_CELL.format(value=value), line.number, heading)
            elif (line.number, place + 1) in sheet.formulas_without_value:
                yield Problem(UNCALCULATED_CELL, line.number, heading)


def _quoted(headings: Sequence[str]) -> str:
    return "".join(f"「{heading}」" for heading in headings)


class Book(XLSX):
    """An Excel workbook whose texts stay texts, whatever they begin with."""

    def get_title(self) -> str:
        """The name in the choice of formats."""
        return "Excelブック（.xlsx）"

    def export_data(self, dataset: Dataset, **kwargs: Any) -> bytes:
        """The workbook of one sheet, its headings in row 1."""
        book = Workbook(write_only=True)
        sheet = book.create_sheet("一覧")
        sheet.freeze_panes = "A2"
        places = range(len(dataset.headers))
        for place in places:
            dimension = sheet.column_dimensions[column_letters(place)]
            dimension.width, dimension.number_format = 22, TEXT_FORMAT  # or Excel makes 1 of 001
        sheet.append([as_heading(text_cell(sheet, heading)) for heading in dataset.headers])
        file = io.BytesIO()
        with SheetRows(sheet, len(places), text_columns=places) as rows:
            for row in dataset:
                rows.append(row)
            rows.save(book, file)
        return file.getvalue()


class CommaSeparated(CSV):
    """Comma-separated text in UTF-8 with the mark by which Excel knows it."""

    CONTENT_TYPE = "text/csv; charset=utf-8"

    def get_title(self) -> str:
        """The name in the choice of formats."""
        return "CSV（UTF-8）"

    def export_data(self, dataset: Dataset, **kwargs: Any) -> bytes:
        """The rows under their headings."""
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(dataset.headers)
        writer.writerows([guarded(text_of(value)) for value in row] for row in dataset)
        return text.getvalue().encode("utf-8-sig")


FORMATS = [Book, CommaSeparated]
