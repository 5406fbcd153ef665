"""From a raw book to the rows of an inventory list: which sheets, which rows, what is double."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Protocol

from .cell import CLEAR, CellError, is_blank
from .columns import COLUMNS, column
from .gate import Refused
from .headings import Heading, find_heading
from .keys import name_key
from .lists import OWN_SHEETS, find_lists, mapped_lists
from .mapping import FileMapping
from .parsed import CellProblem, FileKind, ParsedFile, ParsedRow, SheetReport
from .raw import RawBook, RawSheet, Row
from .readings import UnknownValues
from .rows import ListReader, column_letters
from .survey import SurveyReader, find_survey
from .trace import TRACE_COLUMNS

__all__ = [
    "CLEAR",
    "CellProblem",
    "FileKind",
    "ParsedFile",
    "ParsedRow",
    "Refused",
    "SheetReport",
    "parse",
]

_UNNAMED_SHEET = re.compile(r"(?:sheet|シ-ト|work|csv)[0-9()]*")
_OTHERS_NAMED = 3  # of the rows that share a number, in one message
_WORDS_NAMED = 10  # that a person explained, in one note
_TRACES = frozenset(column.key for column in TRACE_COLUMNS)


class _Reader(Protocol):
    def read(self, row_number: int, row: Row) -> ParsedRow: ...

    def problem(
        self, row_number: int, key: str, value: object, error: CellError
    ) -> CellProblem: ...


def parse(
    book: RawBook, *, default_fiscal_year: int, mapping: FileMapping | None = None
) -> ParsedFile:
    """The list in the book, or the national survey: every non-blank row below the headings.

    A volume whose row names no year belongs to ``default_fiscal_year``. A ``mapping`` with sheets
    is followed as it is; its values are read in every list. Raises Refused (code "no_heading")
    when no sheet has a list. Names of departments and services are as written.
    """
    chosen = mapping or FileMapping()
    lists = mapped_lists(book, chosen) if chosen.sheets else find_lists(book)
    if not lists:
        raise _no_heading()
    if not chosen.sheets and (surveys := _surveys(lists)):
        return _parse_sheets(book, FileKind.SURVEY, "national_id", surveys)
    unknown = UnknownValues()
    readers = [
        (
            sheet,
            heading,
            _list_reader(sheet, heading, len(lists), default_fiscal_year, unknown, chosen),
        )
        for sheet, heading in lists
    ]
    file = _parse_sheets(book, FileKind.LIST, "number", readers, bool(chosen.sheets))
    notes = (*file.notes, *_notes_on_words(reader for _, _, reader in readers))
    return replace(file, notes=notes, unknown_values=unknown.counts)


def _surveys(
    lists: Sequence[tuple[RawSheet, Heading]],
) -> list[tuple[RawSheet, Heading, _Reader]]:
    return [
        (sheet, heading, SurveyReader(sheet, edition, heading))
        for sheet, _ in lists
        for edition, heading in find_survey(sheet)
    ]


def _no_heading() -> Refused:
    examples = "、".join(column.heading for column in COLUMNS if not column.is_required)
    return Refused(
        "no_heading",
        "手続の一覧が見つかりません。見出しの行に「手続名」と、ほかに二つ以上の見出しが必要です"
        f"（使える見出し：{examples}）。",
    )


def _list_reader(
    sheet: RawSheet,
    heading: Heading,
    sheet_count: int,
    default_fiscal_year: int,
    unknown: UnknownValues,
    mapping: FileMapping,
) -> ListReader:
    # One sheet for each department: its name says which. A sheet that nobody named says nothing.
    says_department = sheet_count > 1 and not _UNNAMED_SHEET.fullmatch(name_key(sheet.name))
    return ListReader(
        sheet,
        heading,
        default_fiscal_year=default_fiscal_year,
        unknown=unknown,
        words=mapping.words,
        department=sheet.name.strip() if says_department else "",
        names_sheet=sheet_count > 1,
    )


def _notes_on_words(readers: Iterable[ListReader]) -> Iterable[str]:
    met: dict[str, dict[str, str]] = {}
    for reader in readers:
        for key, used in reader.used_words.items():
            met.setdefault(key, {}).update(used)
    for key, used in met.items():
        pairs = "、".join(
            f"「{value}」→{f'「{word}」' if word else '空欄'}"
            for value, word in islice(used.items(), _WORDS_NAMED)
        )
        more = len(used) - _WORDS_NAMED
        pairs += f"ほか{more}個" if more > 0 else ""
        yield f"「{column(key).heading}」は、決めたとおりに読み替えました（{pairs}）。"


def _notes_on_sheets(book: RawBook, read: list[RawSheet], are_chosen: bool) -> tuple[str, ...]:
    why_hidden = "選ばれた" if are_chosen else "ほかに一覧がない"
    where_not = "は選ばれていない" if are_chosen else "には手続の一覧がない"
    notes = [
        f"シート「{sheet.name}」は非表示ですが、{why_hidden}ため読みました。"
        for sheet in read
        if not sheet.visible
    ]
    read_names = {sheet.name for sheet in read}
    for sheet in book.sheets:
        if sheet.name in read_names or sheet.name in OWN_SHEETS or not any(sheet.rows):
            continue
        if sheet.visible:
            notes.append(f"シート「{sheet.name}」{where_not}ため、読んでいません。")
        elif find_heading(sheet):
            notes.append(f"非表示のシート「{sheet.name}」は読んでいません。")
    return tuple(notes)


def _parse_sheets(
    book: RawBook,
    kind: FileKind,
    key: str,
    sheets: Sequence[tuple[RawSheet, Heading, _Reader]],
    are_chosen: bool = False,
) -> ParsedFile:
    rows: list[ParsedRow] = []
    reports: list[SheetReport] = []
    for sheet, heading, reader in sheets:
        read = [
            reader.read(number, row)
            for number, row in enumerate(sheet.rows, start=1)
            if number > heading.last_row and not all(is_blank(value) for value in row)
        ]
        reports.append(_report(sheet, heading, read))
        rows.extend(read)
    readers = {sheet.name: reader for sheet, _, reader in sheets}
    notes = _notes_on_sheets(book, [sheet for sheet, _, _ in sheets], are_chosen)
    return ParsedFile(kind, tuple(reports), tuple(_settled(rows, readers, key)), notes)


def _report(sheet: RawSheet, heading: Heading, rows: list[ParsedRow]) -> SheetReport:
    return SheetReport(
        name=sheet.name,
        header_row=heading.last_row,
        mapped=heading.mapped,
        ignored=heading.ignored,
        row_count=len(rows),
        notes=tuple(_sheet_notes(sheet, heading, rows)),
        letters=tuple((key, column_letters(place)) for key, place in heading.places.items()),
    )


def _sheet_notes(sheet: RawSheet, heading: Heading, rows: list[ParsedRow]) -> Iterable[str]:
    hidden = [row for row in rows if row.row_number in sheet.hidden_rows]
    if hidden:
        yield f"非表示の行が{len(hidden)}行あります。これも読みました。"
    headings = [
        heading.texts[place]
        for place in sorted(heading.places.values())
        if place + 1 in sheet.hidden_columns
    ]
    if headings:
        yield f"非表示の列があります（{'、'.join(headings)}）。これも読みました。"
    last = max((row.row_number for row in rows), default=0)
    lost = [cell for cell in sheet.formulas_without_value if heading.last_row < cell[0] <= last]
    if lost:
        yield f"結果が保存されていない数式が{len(lost)}個あります。空欄として読みました。"


def _settled(rows: list[ParsedRow], readers: dict[str, _Reader], key: str) -> Iterable[ParsedRow]:
    """The rows, those that share a number told apart: equal ones count once, others never."""
    groups: dict[object, list[int]] = {}
    for place, row in enumerate(rows):
        if row.values.get(key) not in (None, CLEAR):
            groups.setdefault(row.values[key], []).append(place)
    for places in groups.values():
        if len(places) == 1:
            continue
        same = [rows[place] for place in places]
        for place in places:
            rows[place] = _told_apart(rows[place], same, readers[rows[place].sheet], key)
    return rows


def _told_apart(row: ParsedRow, same: list[ParsedRow], reader: _Reader, key: str) -> ParsedRow:
    first = next((other for other in same if "row_id" in other.values), same[0])
    others = _row_names(row, [other for other in same if other is not row])
    if any(_content(other) != _content(first) for other in same):
        error = CellError(
            f"{others}にもあり、内容が違います", "番号を直すか、要らない行を消してください。"
        )
        problem = reader.problem(row.row_number, key, row.values[key], error)
        return replace(row, problems=(*row.problems, problem))
    if row is first:
        return row
    return replace(row, passed_over=f"{_row_names(row, [first])}と同じ内容です")


def _content(row: ParsedRow) -> tuple[object, ...]:
    # What a person sees: the hidden cells of a row go along when it is copied.
    values = {key: value for key, value in row.values.items() if key not in _TRACES}
    return values, tuple((problem.column, problem.value) for problem in row.problems)


def _row_names(row: ParsedRow, others: list[ParsedRow]) -> str:
    names = [
        f"{other.row_number}行目"
        if other.sheet == row.sheet
        else f"シート「{other.sheet}」の{other.row_number}行目"
        for other in others[:_OTHERS_NAMED]
    ]
    more = len(others) - len(names)
    return "・".join(names) + (f"ほか{more}行" if more else "")
