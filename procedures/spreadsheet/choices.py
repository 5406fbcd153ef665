"""The drop-down lists of our workbooks, and the hidden sheet that holds the long ones."""

from collections.abc import Sequence
from itertools import combinations, zip_longest

from openpyxl import Workbook  # type: ignore[import-untyped]
from openpyxl.workbook.defined_name import DefinedName  # type: ignore[import-untyped]
from openpyxl.worksheet._write_only import WriteOnlyWorksheet  # type: ignore[import-untyped]
from openpyxl.worksheet.datavalidation import DataValidation  # type: ignore[import-untyped]

from .columns import CHOICES_SHEET, CODES, COLUMNS, Column, ColumnKind
from .rows import column_letters
from .sheetrows import text_cell

MAX_INLINE_CHARACTERS = 255  # as long as Excel lets a list stand in the rule itself
READY_ROWS = 5_000  # drop-downs reach this far below the rows that are there

_LETTERS = {column.key: column_letters(place) for place, column in enumerate(COLUMNS)}
_OWNERS = "division_department"


def add_choices(
    book: Workbook,
    sheet: WriteOnlyWorksheet,
    row_count: int,
    *,
    departments: Sequence[tuple[str, Sequence[str]]],
    services: Sequence[str],
) -> None:
    """Give every coded column of ``sheet`` its drop-down list; the headings are its row 1.

    Departments, divisions and services are offered too; the divisions are those of the
    department in the same row, or all where it is blank.
    """
    pairs = [(name, division) for name, divisions in departments for division in divisions]
    offered = {column.key: _words(column) for column in COLUMNS}
    offered["department"] = tuple(name for name, _ in departments)
    offered["division"] = tuple(division for _, division in pairs)
    offered["service"] = tuple(services)
    listed = {key: words for key, words in offered.items() if not _fits_inline(words)}
    if pairs:
        listed |= {_OWNERS: tuple(name for name, _ in pairs), "division": offered["division"]}
    _write_lists(book, listed)
    for column in COLUMNS:
        if words := offered[column.key]:
            formula = _formula(column.key, words, listed)
            sheet.data_validations.append(_rule(column, formula, row_count + READY_ROWS))


def _words(column: Column) -> tuple[str, ...]:
    if column.kind is ColumnKind.OTHER_ANSWER:
        return ()  # free text; its few words stand in the guide
    if column.kind is not ColumnKind.APPLICANTS:
        return column.words
    sizes = range(1, len(column.words) + 1)
    return tuple(
        "、".join(several) for size in sizes for several in combinations(column.words, size)
    )


def _fits_inline(words: Sequence[str]) -> bool:
    has_mark = any("," in word or '"' in word for word in words)
    return not has_mark and len(_inline(words)) <= MAX_INLINE_CHARACTERS


def _inline(words: Sequence[str]) -> str:
    return f'"{",".join(words)}"'


def _formula(key: str, words: Sequence[str], listed: dict[str, tuple[str, ...]]) -> str:
    if key not in listed:
        return _inline(words)
    if key != "division":
        return _name(key)
    department = f"${_LETTERS['department']}2"
    first = f"'{CHOICES_SHEET}'!${column_letters(list(listed).index('division'))}$1"
    owners = _name(_OWNERS)
    return (
        f'IF({department}="",{_name(key)},OFFSET({first},MATCH({department},{owners},0),0,'
        f"COUNTIF({owners},{department}),1))"
    )


def _name(key: str) -> str:
    return f"list_{key}"


def _rule(column: Column, formula: str, last_row: int) -> DataValidation:
    is_coded = column.kind in CODES
    rule = DataValidation(
        type="list",
        formula1=formula,
        allow_blank=True,
        showErrorMessage=is_coded,
        errorStyle="warning",
        errorTitle=column.heading,
        error="一覧にない言葉です。一覧から選んでください。",
    )
    rule.add(f"{_LETTERS[column.key]}2:{_LETTERS[column.key]}{last_row}")
    return rule


def _write_lists(book: Workbook, listed: dict[str, tuple[str, ...]]) -> None:
    if not listed:
        return
    sheet = book.create_sheet(CHOICES_SHEET)
    sheet.sheet_state = "hidden"
    sheet.append(list(listed))
    for row in zip_longest(*listed.values()):
        # A unit or a service may be called =…: that is its name, and no formula.
        sheet.append([word and text_cell(sheet, word) for word in row])
    for place, (key, words) in enumerate(listed.items()):
        letter = column_letters(place)
        area = f"'{CHOICES_SHEET}'!${letter}$2:${letter}${len(words) + 1}"
        book.defined_names[_name(key)] = DefinedName(_name(key), attr_text=area)
