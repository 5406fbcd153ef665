"""Writing the inventory's own files: the empty template, and rows in the same columns."""

import csv
import io
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import IO

from openpyxl import Workbook  # type: ignore[import-untyped]
from openpyxl.cell import Cell, WriteOnlyCell  # type: ignore[import-untyped]
from openpyxl.comments import Comment  # type: ignore[import-untyped]
from openpyxl.worksheet._write_only import WriteOnlyWorksheet  # type: ignore[import-untyped]

from procedures.rules import Answer

from . import normalise
from .cell import CLEAR, text_of
from .choices import add_choices
from .columns import CLEAR_WORD, CODES, COLUMNS, GUIDE_SHEET, Column, ColumnKind
from .rows import column_letters
from .safety import guarded
from .sheetrows import DATE_FORMAT, TEXT_FORMAT, SheetRows, Target, as_heading, as_wrapped

LIST_SHEET = "手続台帳"

Departments = Sequence[tuple[str, Sequence[str]]]
Written = str | int | date | None

_Row = Mapping[str, object]
_WriteValue = Callable[[object, _Row], Written]

_TEXTUAL = (ColumnKind.CODE, ColumnKind.TRACE)  # or Excel makes 1 of 001


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
    hidden: Sequence[Column] = (),
) -> None:
    """A workbook like the template with ``rows``, keyed and typed as parsed rows are.

    Missing, None and "" leave the cell empty; CLEAR writes 「（空）」. Text never becomes a
    formula. ``hidden`` columns stand behind those of the list, out of sight but within the
    filter, so that sorting keeps them beside their rows. Rows are taken one by one, so any number
    of them needs little memory.
    """
    columns = (*COLUMNS, *hidden)
    book = Workbook(write_only=True)
    book.properties.creator = LIST_SHEET
    sheet = book.create_sheet(LIST_SHEET)
    _lay_out(sheet, columns, hidden)
    textual = [place for place, column in enumerate(columns) if column.kind in _TEXTUAL]
    writers = [_writer(column) for column in columns]
    with SheetRows(sheet, len(columns), text_columns=textual) as written:
        for row in rows:
            written.append([write(row) for write in writers])
        # Not before the rows: openpyxl would leave a half-written sheet behind if they break off.
        sheet.append([_heading_cell(sheet, column) for column in columns])
        sheet.auto_filter.ref = f"A1:{column_letters(len(columns) - 1)}{written.count + 1}"
        _write_guide(book.create_sheet(GUIDE_SHEET))
        add_choices(book, sheet, written.count, departments=departments, services=services)
        written.save(book, target)


def write_csv(
    target: IO[bytes],
    rows: Iterable[Mapping[str, object]],
    *,
    hidden: Sequence[Column] = (),
) -> None:
    """The same rows as csv, in UTF-8 with the mark by which Excel knows it; ``target`` stays open.

    Text that a spreadsheet would take for a formula has ' before it, which reading takes off.
    Csv hides nothing: the ``hidden`` columns are the last ones.
    """
    columns = (*COLUMNS, *hidden)
    writers = [_writer(column) for column in columns]
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow([column.heading for column in columns])
    writer.writerows([_csv_cell(write(row)) for write in writers] for row in rows)
    text.detach()


def _csv_cell(value: Written) -> str:
    return guarded(value if isinstance(value, str) else text_of(value))


def _lay_out(
    sheet: WriteOnlyWorksheet, columns: Sequence[Column], hidden: Collection[Column]
) -> None:
    for place, column in enumerate(columns):
        dimension = sheet.column_dimensions[column_letters(place)]
        dimension.width = column.width
        dimension.hidden = column in hidden
        if column.kind in _TEXTUAL:
            dimension.number_format = TEXT_FORMAT
        if column.kind is ColumnKind.DATE:
            dimension.number_format = DATE_FORMAT
    sheet.freeze_panes = "C2"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation = "landscape"


def _heading_cell(sheet: WriteOnlyWorksheet, column: Column) -> Cell:
    cell = as_heading(WriteOnlyCell(sheet, column.heading))
    cell.comment = Comment(_guidance(column), LIST_SHEET, height=120, width=300)
    return cell


def _guidance(column: Column) -> str:
    words = f"\n使える言葉：{'・'.join(column.words)}" if column.words else ""
    return column.help + words


def _write_guide(sheet: WriteOnlyWorksheet) -> None:
    titles = {"列": 18, "書き方": 60, "使える言葉": 44, "記入例": 34, "ほかに読める見出し": 50}
    for place, width in enumerate(titles.values()):
        sheet.column_dimensions[column_letters(place)].width = width
    sheet.freeze_panes = "A2"
    sheet.append([as_heading(WriteOnlyCell(sheet, title)) for title in titles])
    for column in COLUMNS:
        texts = (
            column.heading,
            column.help,
            "・".join(column.words),
            column.example,
            "、".join(column.aliases),
        )
        sheet.append([as_wrapped(WriteOnlyCell(sheet, text)) for text in texts])
    for text in _GENERAL_GUIDANCE:
        sheet.append([as_wrapped(WriteOnlyCell(sheet, value)) for value in text])


_GENERAL_GUIDANCE = (
    ("空欄", "すでにある手続では、空欄の項目は今の内容のまま変わりません。", "", "", ""),
    (CLEAR_WORD, "今の内容を消して空にします。", "", "", ""),
    ("行がない手続", "表にない手続は、そのまま残ります（削除されません）。", "", "", ""),
)


def _writer(column: Column) -> Callable[[_Row], Written]:
    """What gives the cells of a column, whatever the kind of file; None is an empty one."""
    write = _WRITERS.get(column.kind, _as_is)(column)
    key = column.key
    ground_missing = f"{key}_missing" if column.kind is ColumnKind.EXEMPTION_GROUND else ""

    def written(row: _Row) -> Written:
        value = row.get(key)
        if value is CLEAR:
            return CLEAR_WORD
        if ground_missing and row.get(ground_missing):
            return "○"  # what stands for a ground that nobody has named
        return None if value is None or value in ("", ()) else write(value, row)

    return written


def _as_is(column: Column) -> _WriteValue:
    return lambda value, row: value if isinstance(value, str) else text_of(value)


def _date(column: Column) -> _WriteValue:
    return lambda value, row: value if isinstance(value, date) else text_of(value)


def _word(column: Column) -> _WriteValue:
    words = _WORDS[column.kind]
    return lambda value, row: words[value]


def _words(column: Column) -> _WriteValue:
    words = _WORDS[column.kind]

    def written(value: object, row: _Row) -> Written:
        values = value if isinstance(value, tuple | list) else (value,)
        return "、".join([words[each] for each in values])

    return written


def _whole_number(column: Column) -> _WriteValue:
    return lambda value, row: value if isinstance(value, int) else str(value)


def _count(column: Column) -> _WriteValue:
    approximate = f"{column.key}_approximate"
    number = _whole_number(column)
    return lambda value, row: f"約{value}" if row.get(approximate) else number(value, row)


def _other(column: Column) -> _WriteValue:
    words, note_key = _WORDS[column.kind], f"{column.key}_note"

    def written(value: object, row: _Row) -> Written:
        note = text_of(row.get(note_key))
        if not note:
            return words[value]
        is_a_mark = normalise.is_clear(note) or normalise.is_ditto(note)
        if not is_a_mark and normalise.other_answer(note) == (value, note) == (
            Answer.OFFLINE,
            note,
        ):
            return note
        return f"{words[value]}：{note}"

    return written


_WORDS: Mapping[ColumnKind, Mapping[object, str]] = {
    kind: {code.value: code.label for code in codes} for kind, codes in CODES.items()
}
_WRITERS: Mapping[ColumnKind, Callable[[Column], _WriteValue]] = {
    **dict.fromkeys(CODES, _word),
    ColumnKind.APPLICANTS: _words,
    ColumnKind.OTHER_ANSWER: _other,
    ColumnKind.COUNT: _count,
    ColumnKind.FISCAL_YEAR: _whole_number,
    ColumnKind.DATE: _date,
}
