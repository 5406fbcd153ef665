"""What an import hands back as files: the whole difference, and the rows that could not come in."""

import contextlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from .import_display import Reader, likeness_text
from .models import ImportRow, ImportRun
from .resources import XLSX
from .spreadsheet import dates
from .spreadsheet.cell import CellError, is_blank, is_ditto, storable
from .spreadsheet.column import ColumnKind
from .spreadsheet.columns import COLUMNS, REASON_HEADING, column
from .spreadsheet.headings import Heading
from .spreadsheet.keys import heading_key
from .spreadsheet.lists import find_lists, mapped_lists
from .spreadsheet.mapping import FileMapping
from .spreadsheet.parsed import FileKind
from .spreadsheet.raw import ErrorValue, RawBook, RawSheet, Value
from .spreadsheet.reading import read_workbook
from .spreadsheet.rows import FILLED_DOWN, column_letters
from .spreadsheet.survey import find_survey
from .spreadsheet.tables import write_table, write_table_csv

CSV = "text/csv; charset=utf-8"
TEXT_ENDINGS = frozenset({".csv", ".tsv", ".txt"})

DIFF_HEADINGS = (
    *("行", "シート", "結果", "手続番号", "手続名"),
    *("項目", "前", "後", "理由・注記"),
)
DIFF_WIDTHS = (8, 14, 12, 14, 40, 22, 32, 32, 50)
DIFF_TITLE = "取込の内容"
MOST_ROWS_OF_A_WORKBOOK = 20_000
"""Rows with changes; above, a line for each of their fields would not fit into one sheet."""

UNDECIDED = "食い違い（未決定）。書き出した時は「{base}」"
DECIDED = {"now": "食い違い（台帳のままにする）", "file": "食い違い（ファイルの内容にする）"}
ALIKE = "{likeness}：{name}"
DEPARTMENT = column("department").heading
NO_HEADING = "{letters}列"
LONGEST_SHEET_NAME = 100  # of a row of a preview
_READ_AT_ONCE = 2_000
_DATES = frozenset(each.key for each in COLUMNS if each.kind is ColumnKind.DATE)


class FileType(NamedTuple):
    """How a file is written, sent and named."""

    ending: str
    content_type: str


def diff_type(run: ImportRun) -> FileType:
    """Workbook, or csv where the difference is too long for one."""
    is_long = run.new_count + run.changed_count > MOST_ROWS_OF_A_WORKBOOK
    return FileType("csv", CSV) if is_long else FileType("xlsx", XLSX)


def rejected_type(run: ImportRun) -> FileType:
    """Csv for an input of text, otherwise a workbook."""
    is_text = Path(run.file_name).suffix.lower() in TEXT_ENDINGS
    return FileType("csv", CSV) if is_text else FileType("xlsx", XLSX)


def write_diff(target: IO[bytes], run: ImportRun) -> None:
    """The whole preview: a line for each changed or contested field, reason, or untouched row."""
    _write(target, diff_type(run), DIFF_HEADINGS, _diff_lines(run), DIFF_WIDTHS, DIFF_TITLE)


def write_rejected(target: IO[bytes], run: ImportRun) -> None:
    """The rejected rows in the input's own columns, with a last one that says why.

    Corrected, the file can be brought in as it is. Raises Refused, or OSError when the stored file
    cannot be read any more.
    """
    reasons = {
        (sheet, number): "\n".join(problem["message"] for problem in problems)
        for sheet, number, problems in run.rows.filter(
            outcome=ImportRow.Outcome.REJECTED
        ).values_list("sheet", "row_number", "problems")
    }
    book = read_workbook(Path(run.file.path), run.file_name)
    tables = [_Table(sheet, heading) for sheet, heading in _lists(run, book)]
    names_sheet = len(tables) > 1 and not any("department" in each.places for each in tables)
    headings = _united(tables)
    _write(
        target,
        rejected_type(run),
        [*([DEPARTMENT] if names_sheet else []), *headings.values(), REASON_HEADING],
        _rejected_lines(tables, headings, reasons, names_sheet),
        (),
        tables[0].sheet.name if len(tables) == 1 else "",
    )


def _write(
    target: IO[bytes],
    file_type: FileType,
    headings: Sequence[str],
    lines: Iterable[Sequence[object]],
    widths: Sequence[float],
    title: str,
) -> None:
    if file_type.ending == "csv":
        write_table_csv(target, headings, lines)
    else:
        write_table(target, headings, lines, widths=widths, title=title)


def _diff_lines(run: ImportRun) -> Iterator[tuple[object, ...]]:
    reader = Reader()
    for row in run.rows.order_by("pk").iterator(chunk_size=_READ_AT_ONCE):
        place = (
            row.row_number,
            row.sheet,
            ImportRow.Outcome(row.outcome).label,
            row.number,
            row.name,
        )
        notes = " ".join([*row.notes, *_alike(row)])
        fields = [*_field_lines(reader, row)] or [("", "", "", "")]
        for number, (field, old, new, reason) in enumerate(fields):
            beside = notes if number == 0 else ""
            yield (*place, field, old, new, " ".join(filter(None, (reason, beside))))


def _field_lines(reader: Reader, row: ImportRow) -> Iterator[tuple[str, str, str, str]]:
    for problem in row.problems:
        yield problem["column"], "", problem["value"], problem["message"]
    for change in reader.changes(row):
        yield change.field, change.old, change.new, ""
    for conflict in reader.conflicts(row):
        reason = DECIDED.get(conflict.choice) or UNDECIDED.format(base=conflict.base)
        yield conflict.field, conflict.now, conflict.file, reason


def _alike(row: ImportRow) -> Iterator[str]:
    for found in row.similar:
        name = found["name"] if found["procedure"] else f"{found['row']}行目 {found['name']}"
        yield ALIKE.format(likeness=likeness_text(found["score"]), name=name)


def _lists(run: ImportRun, book: RawBook) -> list[tuple[RawSheet, Heading]]:
    """The sheets that the run read, as it read them."""
    mapping = FileMapping.from_json(run.mapping) if run.mapping else FileMapping()
    lists = mapped_lists(book, mapping) if mapping.sheets else find_lists(book)
    if run.file_kind != FileKind.SURVEY:
        return lists
    return [(sheet, heading) for sheet, _ in lists for _, heading in find_survey(sheet)]


Named = tuple[str, int]
"""A heading as it is compared, and which of its like in the sheet it is."""


class _Table:
    """One sheet of the input: its headings, and its rows with what a cell takes from above."""

    def __init__(self, sheet: RawSheet, heading: Heading) -> None:
        self.sheet = sheet
        self.name = storable(sheet.name)[:LONGEST_SHEET_NAME]
        self.places = heading.places
        self.columns = {place: (named, text) for place, named, text in _columns(heading.texts)}
        self._last_row = heading.last_row
        self._width = len(heading.texts)
        self._dates = {place for key, place in heading.places.items() if key in _DATES}
        self._merged = _merged(sheet, heading)

    def rows(self) -> Iterator[tuple[int, dict[Named, Value]]]:
        """Row number and values by heading, of the rows below the headings."""
        above: list[Value] = [None] * self._width
        for number, row in enumerate(self.sheet.rows[self._last_row :], self._last_row + 1):
            if all(is_blank(value) for value in row):
                continue
            cells = [*row[: self._width], *[None] * (self._width - len(row))]
            for place, value in self._merged.get(number, {}).items():
                cells[place] = value if is_blank(cells[place]) else cells[place]
            above = [
                above[place] if is_ditto(value) else value for place, value in enumerate(cells)
            ]
            yield (
                number,
                {
                    named: self._written(place, above[place])
                    for place, (named, _) in self.columns.items()
                },
            )

    def _written(self, place: int, value: Value) -> Value:
        if isinstance(value, ErrorValue):
            return str(value)
        is_serial = isinstance(value, int | float) and not isinstance(value, bool)
        if is_serial and self.sheet.date1904 and place in self._dates:
            with contextlib.suppress(CellError):
                return dates.date(value, date1904=True).day
        return value


def _united(tables: Sequence[_Table]) -> dict[Named, str]:
    """The headings of all tables, those that they share once, in the order of their first use."""
    found: dict[Named, str] = {}
    for table in tables:
        for named, text in table.columns.values():
            found.setdefault(named, text)
    return found


def _rejected_lines(
    tables: Sequence[_Table],
    headings: Mapping[Named, str],
    reasons: Mapping[tuple[str, int], str],
    names_sheet: bool,
) -> Iterator[list[object]]:
    for table in tables:
        beside = [table.sheet.name.strip()] if names_sheet else []
        for number, values in table.rows():
            reason = reasons.get((table.name, number))
            if reason:
                yield [*beside, *(values.get(named) for named in headings), reason]


def _columns(texts: Sequence[str]) -> Iterator[tuple[int, Named, str]]:
    seen: Counter[str] = Counter()
    for place, text in enumerate(texts):
        # A column that a person mapped without a heading is called by its letter in messages.
        written = "" if text == NO_HEADING.format(letters=column_letters(place)) else text
        key = heading_key(written)
        seen[key] += 1
        if key != heading_key(REASON_HEADING):
            yield place, (key, seen[key]), written


def _merged(sheet: RawSheet, heading: Heading) -> dict[int, dict[int, Value]]:
    """Row → place → value, of the units of the office that are merged over several rows."""
    found: dict[int, dict[int, Value]] = defaultdict(dict)
    for place in (heading.places[key] for key in FILLED_DOWN if key in heading.places):
        for merge in sheet.merges:
            if merge.left != place + 1 or not heading.last_row < merge.top <= len(sheet.rows):
                continue
            row = sheet.rows[merge.top - 1]
            for number in range(merge.top + 1, min(merge.bottom, len(sheet.rows)) + 1):
                found[number][place] = row[place] if place < len(row) else None
    return found
