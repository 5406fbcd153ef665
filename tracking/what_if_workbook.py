"""A what-if as a workbook: what changes in short, by department, and every changed procedure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import IO

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from procedures.models import Department, Procedure
from procedures.rules import describe_change, label
from procedures.spreadsheet.rows import column_letters
from procedures.spreadsheet.sheetrows import SheetRows, as_heading, as_wrapped, text_cell
from procedures.templatetags.inventory import with_era

from .moves import NO_DEPARTMENT
from .selections import SELECTIONS
from .what_if import CHANGES, TALLY_COLUMNS, Move, Tally, WhatIf, together

SUMMARY, DEPARTMENTS, ROWS = "概要", "部局室別", "区分が変わる手続"
VOLUME_NOTE = (
    "年間件数は、廃止と対象外の手続を除き、手続ごとに分かっている最も新しい年度の件数を"
    "足した数です。"
)
_ROW_COLUMNS = (
    ("番号", 14),
    ("手続名", 44),
    ("部局室", 20),
    ("課", 20),
    ("変わる前の区分", 16),
    ("変わった後の区分", 16),
    ("理由", 80),
    ("年間件数", 12),
    ("変わる前の扱い", 14),
)
_A4 = 9  # the number of the paper size in a workbook

Value = str | int | None


@dataclass(frozen=True, slots=True)
class Titles:
    """What a workbook says of itself: the names of both editions, and of which day it is."""

    new: str
    old: str
    on: date


def write_workbook(target: IO[bytes], found: WhatIf, titles: Titles) -> None:
    """Writes all of ``found``; text stays text, numbers are numbers."""
    book = Workbook(write_only=True)
    _write_table(book, SUMMARY, (60, 14, 16, 14, 12), _summary(found, titles))
    widths = (24, 12, *(18 for _ in CHANGES), 14, 16, 14, 12)
    _write_table(book, DEPARTMENTS, widths, _departments(found))
    sheet = _sheet(book, ROWS, [width for _, width in _ROW_COLUMNS])
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    sheet.append([as_heading(text_cell(sheet, heading)) for heading, _ in _ROW_COLUMNS])
    with SheetRows(sheet, len(_ROW_COLUMNS), text_columns=(0,), wraps=True) as rows:
        for values in _rows(found):
            rows.append(values)
        rows.save(book, target)


@dataclass(frozen=True, slots=True)
class _Head:
    """A row of headings."""

    labels: tuple[str, ...]


_Written = _Head | tuple[Value, ...]


def _summary(found: WhatIf, titles: Titles) -> Iterator[_Written]:
    yield ("方針の改定の試算",)
    yield ("試算した版", titles.new)
    yield ("比べた版", titles.old)
    yield ("試算した日", with_era(titles.on))
    yield ("台帳の全手続", found.procedure_count)
    yield ("区分が変わる手続", found.changed_count)
    for standing, count in found.by_standing.items():
        yield (f"うち{SELECTIONS[standing].label}", count)
    yield ("区分は同じで、根拠・支障・注意が変わる手続", found.same_category_count)
    for warning, count in found.by_warning.items():
        yield (f"新しく付く注意：{label(warning)}", count)
    yield (VOLUME_NOTE,)
    yield ()
    yield _Head(("変わる前の区分 → 変わった後の区分", *TALLY_COLUMNS))
    for move, tally in found.by_move.items():
        yield (_move_words(move), *tally.numbers)
    yield ("計", *sum(found.by_move.values(), Tally()).numbers)
    yield ()
    yield _Head(("理由（二つ以上ある手続は、それぞれに数えます）", *TALLY_COLUMNS))
    for reason, tally in found.by_reason.items():
        yield (describe_change(reason), *tally.numbers)


def _move_words(move: Move) -> str:
    return str(move) if move.is_change else f"{label(move.before)}のまま"


def _departments(found: WhatIf) -> Iterator[_Written]:
    names = dict(Department.objects.values_list("pk", "name")) | {None: NO_DEPARTMENT}
    yield _Head(("部局室", "台帳", *map(str, CHANGES), "変わる手続", *TALLY_COLUMNS[1:]))
    for key, parts in found.by_department.items():
        yield _department(names.get(key, ""), parts)
    yield _department("全庁", found.by_move)


def _department(name: str, parts: Mapping[Move, Tally]) -> tuple[Value, ...]:
    whole = sum(tally.procedure_count for tally in parts.values())
    moves = (parts.get(move, Tally()).procedure_count for move in CHANGES)
    return (name, whole, *moves, *together(parts).numbers)


def _rows(found: WhatIf) -> Iterator[tuple[Value, ...]]:
    """The changed procedures in office order; one that is gone meanwhile is left out."""
    columns = ("pk", "number", "name", "department__name", "division__name")
    named = {pk: names for pk, *names in Procedure.objects.values_list(*columns).iterator()}
    for row in found.changed:
        if row.pk in named:
            number, name, department, division = named[row.pk]
            yield (
                number,
                name,
                department or NO_DEPARTMENT,
                division,
                *map(label, row.move),
                "\n".join(row.sentences),
                row.annual_volume,
                SELECTIONS[row.standing].label,
            )


def _write_table(
    book: Workbook, name: str, widths: Iterable[int], rows: Iterable[_Written]
) -> None:
    sheet = _sheet(book, name, widths)
    for row in rows:
        if isinstance(row, _Head):
            sheet.append([as_heading(text_cell(sheet, text)) for text in row.labels])
        else:
            sheet.append([_cell(sheet, value) for value in row])


def _sheet(book: Workbook, name: str, widths: Iterable[int]) -> WriteOnlyWorksheet:
    sheet = book.create_sheet(name)
    for place, width in enumerate(widths):
        sheet.column_dimensions[column_letters(place)].width = width
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = _A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToHeight = 0  # as many pages as it needs
    return sheet


def _cell(sheet: WriteOnlyWorksheet, value: Value) -> Cell:
    if isinstance(value, str):
        return as_wrapped(text_cell(sheet, value))
    cell = WriteOnlyCell(sheet, value)
    cell.number_format = "#,##0"
    return cell
