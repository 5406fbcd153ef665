"""Writing the inventory's own files: the empty template, and rows in the same columns."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from os import PathLike
from typing import IO

from openpyxl import Workbook  # type: ignore[import-untyped]
from openpyxl.cell import Cell, WriteOnlyCell  # type: ignore[import-untyped]
from openpyxl.comments import Comment  # type: ignore[import-untyped]
from openpyxl.styles import Alignment, Font, PatternFill  # type: ignore[import-untyped]
from openpyxl.worksheet._write_only import WriteOnlyWorksheet  # type: ignore[import-untyped]

from procedures.rules import Answer

from . import normalise
from .choices import add_choices
from .columns import CLEAR_WORD, CODES, COLUMNS, GUIDE_SHEET, Column, ColumnKind
from .normalise import CLEAR
from .rows import column_letters

LIST_SHEET = "手続台帳"
DATE_FORMAT = 'yyyy"-"mm"-"dd'
FORMULA_STARTS = ("=", "+", "-", "@")
GUARDED_STARTS = tuple(f"'{start}" for start in FORMULA_STARTS)

Target = str | PathLike[str] | IO[bytes]
Departments = Sequence[tuple[str, Sequence[str]]]

_HEADING_FILL = PatternFill("solid", fgColor="FFE8F1FE")
_HEADING_FONT = Font(bold=True)
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_FIRST_EXACT_DATE = date(1900, 3, 1)  # before it Excel's day numbers and the calendar differ
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b\x0c\x0e-\x1f]")


def write_template(
    target: Target, *, departments: Departments = (), services: Sequence[str] = ()
) -> None:
    """The empty workbook that offices fill in, with drop-down lists for every coded column.

    ``departments`` pairs each department with its divisions, in the order of the lists.
    """
    write_rows(target, (), departments=departments, services=services)


def write_rows(
    target: Target,
    rows: Iterable[Mapping[str, object]],
    *,
    departments: Departments = (),
    services: Sequence[str] = (),
) -> None:
    """A workbook like the template with ``rows``, keyed and typed as parsed rows are.

    Missing, None and "" leave the cell empty; CLEAR writes 「（空）」. Text never becomes a
    formula. Rows are taken one by one, so any number of them needs little memory.
    """
    book = Workbook(write_only=True)
    book.properties.creator = LIST_SHEET
    sheet = book.create_sheet(LIST_SHEET)
    _lay_out(sheet)
    sheet.append([_heading_cell(sheet, column) for column in COLUMNS])
    count = 0
    for row in rows:
        sheet.append([_cell(sheet, column, row) for column in COLUMNS])
        count += 1
    sheet.auto_filter.ref = f"A1:{column_letters(len(COLUMNS) - 1)}{count + 1}"
    _write_guide(book.create_sheet(GUIDE_SHEET))
    add_choices(book, sheet, count, departments=departments, services=services)
    book.save(target)


def write_csv(target: IO[bytes], rows: Iterable[Mapping[str, object]]) -> None:
    """The same rows as csv, in UTF-8 with the mark by which Excel knows it; ``target`` stays open.

    Text that a spreadsheet would take for a formula has ' before it, which reading takes off.
    """
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow([column.heading for column in COLUMNS])
    for row in rows:
        writer.writerow([_csv_cell(column, row) for column in COLUMNS])
    text.detach()


def _csv_cell(column: Column, row: Mapping[str, object]) -> str:
    text = normalise.text_of(_written(column, row))
    if text.startswith(FORMULA_STARTS):
        return f"'{text}"
    # A ' of the text's own is no guard: reading takes a blank before it off, and not the '.
    return f" {text}" if text.startswith(GUARDED_STARTS) else text


def _lay_out(sheet: WriteOnlyWorksheet) -> None:
    for place, column in enumerate(COLUMNS):
        dimension = sheet.column_dimensions[column_letters(place)]
        dimension.width = column.width
        if column.kind is ColumnKind.CODE:
            dimension.number_format = "@"  # or Excel makes 1 of 001
        if column.kind is ColumnKind.DATE:
            dimension.number_format = DATE_FORMAT
    sheet.freeze_panes = "C2"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation = "landscape"


def _heading_cell(sheet: WriteOnlyWorksheet, column: Column) -> Cell:
    cell = _styled(WriteOnlyCell(sheet, column.heading))
    cell.comment = Comment(_guidance(column), LIST_SHEET, height=120, width=300)
    return cell


def _styled(cell: Cell) -> Cell:
    cell.font, cell.fill, cell.alignment = _HEADING_FONT, _HEADING_FILL, _WRAPPED
    return cell


def _guidance(column: Column) -> str:
    words = f"\n使える言葉：{'・'.join(column.words)}" if column.words else ""
    return column.help + words


def _write_guide(sheet: WriteOnlyWorksheet) -> None:
    titles = {"列": 18, "書き方": 60, "使える言葉": 44, "記入例": 34, "ほかに読める見出し": 50}
    for place, width in enumerate(titles.values()):
        sheet.column_dimensions[column_letters(place)].width = width
    sheet.freeze_panes = "A2"
    sheet.append([_styled(WriteOnlyCell(sheet, title)) for title in titles])
    for column in COLUMNS:
        texts = (
            column.heading,
            column.help,
            "・".join(column.words),
            column.example,
            "、".join(column.aliases),
        )
        sheet.append([_wrapped(WriteOnlyCell(sheet, text)) for text in texts])
    for text in _GENERAL_GUIDANCE:
        sheet.append([_wrapped(WriteOnlyCell(sheet, value)) for value in text])


_GENERAL_GUIDANCE = (
    ("空欄", "すでにある手続では、空欄の項目は今の内容のまま変わりません。", "", "", ""),
    (CLEAR_WORD, "今の内容を消して空にします。", "", "", ""),
    ("行がない手続", "表にない手続は、そのまま残ります（削除されません）。", "", "", ""),
)


def _wrapped(cell: Cell) -> Cell:
    cell.alignment = _WRAPPED
    return cell


def _cell(
    sheet: WriteOnlyWorksheet, column: Column, row: Mapping[str, object]
) -> Cell | str | int | None:
    written = _written(column, row)
    if isinstance(written, date):
        cell = WriteOnlyCell(sheet, written)
        cell.number_format = DATE_FORMAT
        return cell
    return _text_cell(sheet, written) if isinstance(written, str) else written


def _written(column: Column, row: Mapping[str, object]) -> str | int | date | None:
    """What stands in the cell, whatever the kind of file; None for an empty one."""
    value = row.get(column.key)
    if value is CLEAR:
        return CLEAR_WORD
    if column.kind is ColumnKind.EXEMPTION_GROUND and row.get(f"{column.key}_missing"):
        return "○"
    if value is None or value in ("", ()):
        return None
    if isinstance(value, date) and value >= _FIRST_EXACT_DATE:
        return value
    return _WRITERS.get(column.kind, _as_is)(column, value, row)


def _text_cell(sheet: WriteOnlyWorksheet, text: str) -> Cell | str:
    safe = _ESCAPED.sub(_escape, text)
    is_formula_like = safe.startswith(FORMULA_STARTS)
    if not is_formula_like and not safe.startswith("#"):
        return safe
    cell = WriteOnlyCell(sheet, safe)
    cell.data_type = "s"  # openpyxl would make a formula of =…, an error of #N/A
    cell.quotePrefix = is_formula_like
    return cell


def _escape(match: re.Match[str]) -> str:
    # _xHHHH_ is how a workbook spells a control character; the same letters as text need it too.
    return f"_x{ord(match[0]):04X}_"


Written = str | int
_Writer = Callable[[Column, object, Mapping[str, object]], Written]


def _as_is(column: Column, value: object, row: Mapping[str, object]) -> Written:
    return normalise.text_of(value)


def _word(column: Column, value: object, row: Mapping[str, object]) -> Written:
    return _WORDS[column.kind][value]


def _words(column: Column, value: object, row: Mapping[str, object]) -> Written:
    values = value if isinstance(value, tuple | list) else (value,)
    return "、".join(_WORDS[column.kind][each] for each in values)


def _count(column: Column, value: object, row: Mapping[str, object]) -> Written:
    if row.get(f"{column.key}_approximate"):
        return f"約{value}"
    return value if isinstance(value, int) else str(value)


def _other(column: Column, value: object, row: Mapping[str, object]) -> Written:
    note = normalise.text_of(row.get(f"{column.key}_note"))
    word = _WORDS[column.kind][value]
    if not note:
        return word
    is_a_mark = normalise.is_clear(note) or normalise.is_ditto(note)
    if not is_a_mark and normalise.other_answer(note) == (value, note) == (Answer.OFFLINE, note):
        return note
    return f"{word}：{note}"


def _year(column: Column, value: object, row: Mapping[str, object]) -> Written:
    return value if isinstance(value, int) else str(value)


_WORDS: Mapping[ColumnKind, Mapping[object, str]] = {
    kind: {code.value: code.label for code in codes} for kind, codes in CODES.items()
}
_WRITERS: Mapping[ColumnKind, _Writer] = {
    **dict.fromkeys(CODES, _word),
    ColumnKind.APPLICANTS: _words,
    ColumnKind.OTHER_ANSWER: _other,
    ColumnKind.COUNT: _count,
    ColumnKind.FISCAL_YEAR: _year,
}
