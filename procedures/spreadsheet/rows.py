"""Reading one row of a list: its cells by column, and what keeps it from being a procedure."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .cell import CellError, is_blank, shown, storable, text_of
from .column import CODES
from .columns import COLUMNS, column
from .headings import Heading
from .keys import heading_key, name_key
from .parsed import CellProblem, ParsedRow
from .raw import RawSheet, Row, Value
from .readings import BLANK, DITTO, CellReader, Reading, UnknownValues
from .trace import mangled_note, read_trace

TOTAL_WORDS = frozenset({"計", "小計", "合計", "総計"})
KEY_COLUMNS = ("number", "name", "department", "division")
FILLED_DOWN = ("department", "division")
VOLUMES = ("total_volume", "online_volume")

PASSED_OVER_TOTAL = "合計の行です"
PASSED_OVER_NOTE = "注記の行です"
PASSED_OVER_HEADINGS = "見出しの繰返しです"
PASSED_OVER_EMPTY = "見える欄がすべて空の行です（台帳の手続は変わりません）"

_NAME_HEADINGS = frozenset(
    heading_key(text) for text in (column("name").heading, *column("name").aliases)
)
_NOTE = re.compile(r"[(\[【]?(?:※|注(?:[0-9)\]】:.、\s]|$))")
_NOTE_MARK = re.compile(r"[(\[【]?(?:※|注)[0-9]*[)\]】:.]?")
_NO_NOTE = 3  # so many cells with a value are no note, whatever they say


@dataclass(slots=True)
class Findings:
    """What the reading of one row gathers."""

    values: dict[str, object] = field(default_factory=dict)
    problems: list[CellProblem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class ListReader:
    """Reads the rows of one sheet in their order; 〃 looks back at the row before."""

    def __init__(
        self,
        sheet: RawSheet,
        heading: Heading,
        *,
        default_fiscal_year: int,
        unknown: UnknownValues,
        words: Mapping[str, Mapping[str, str]],
        department: str = "",
        names_sheet: bool = False,
    ) -> None:
        """``department`` stands for the column that the sheet lacks; ``names_sheet``: messages
        say the sheet too, because there are several. ``unknown`` gathers the words of coded
        columns that nobody knows, ``words`` are those that a person explained, by column."""
        self._sheet = sheet
        self._heading = heading
        self._default_fiscal_year = default_fiscal_year
        self._unknown = unknown
        self._department = department if "department" not in heading.places else ""
        self._names_sheet = names_sheet
        self._readers = _cell_readers(sheet, heading, words)
        self._traces = tuple(heading.traces.items())
        self._own_places = heading.own_places
        self._key_places = tuple(
            heading.places[key] for key in KEY_COLUMNS if key in heading.places
        )
        self._texts = frozenset(heading_key(text) for text in heading.texts if text)
        self._name_headings = _NAME_HEADINGS | {heading_key(self._heading_text("name"))}
        self._width = len(heading.texts)
        self._above: Sequence[Value] = (None,) * self._width
        self._fills = _merged_values(sheet, heading)
        self._lost = _lost_formulas(sheet)

    @property
    def used_words(self) -> dict[str, dict[str, str]]:
        """Column key → the explained values that were met, with the words they stand for."""
        return {reader.column.key: reader.used for _, reader in self._readers if reader.used}

    def read(self, row_number: int, row: Row) -> ParsedRow:
        """The row with its values, problems and notes, or with the reason to pass it over."""
        cells = [*row, *(None,) * (self._width - len(row))]
        if reason := self._reason_to_pass_over(cells):
            return ParsedRow(self._sheet.name, row_number, {}, passed_over=reason)
        found = Findings()
        for place, value in self._fills.get(row_number, ()):
            if is_blank(cells[place]):
                cells[place] = value
        self._read_cells(row_number, cells, found)
        self._above = cells
        self._complete(row_number, found)
        for key, place in self._traces:
            _read_trace(key, cells[place], found)
        return ParsedRow(
            self._sheet.name, row_number, found.values, tuple(found.problems), tuple(found.notes)
        )

    def problem(self, row_number: int, key: str, value: object, error: CellError) -> CellProblem:
        """The problem of one cell in words."""
        heading = self._heading_text(key)
        return CellProblem(
            heading,
            self._address(row_number, key),
            storable(value),
            error.sentence(f"{self._where(row_number)}「{heading}」", value),
        )

    def _where(self, row_number: int) -> str:
        return (
            f"シート「{self._sheet.name}」の{row_number}行目"
            if self._names_sheet
            else f"{row_number}行目"
        )

    def _heading_text(self, key: str) -> str:
        return self._heading.texts[self._heading.places[key]]

    def _address(self, row_number: int, key: str) -> str:
        return f"{column_letters(self._heading.places[key])}{row_number}"

    def _reason_to_pass_over(self, cells: Sequence[Value]) -> str:
        written = self._first_written(cells)
        if not written:
            return PASSED_OVER_EMPTY
        if any(_is_total(cells[place]) for place in self._key_places):
            return PASSED_OVER_TOTAL
        name = cells[self._heading.places["name"]]
        if _is_total(written[0]) and is_blank(name):
            return PASSED_OVER_TOTAL
        if len(written) < _NO_NOTE and _is_note(written):
            return PASSED_OVER_NOTE
        return PASSED_OVER_HEADINGS if self._repeats_headings(name, cells) else ""

    def _first_written(self, cells: Sequence[Value]) -> list[Value]:
        """The first values of the row that a person sees, as many as it takes to judge it."""
        written: list[Value] = []
        for place, value in enumerate(cells):
            if value is None or is_blank(value) or place in self._own_places:
                continue
            written.append(value)
            if len(written) == _NO_NOTE:
                break
        return written

    def _repeats_headings(self, name: Value, cells: Sequence[Value]) -> bool:
        if not isinstance(name, str) or heading_key(name) not in self._name_headings:
            return False
        return all(
            isinstance(value, str) and heading_key(value) in self._texts
            for value in cells
            if not is_blank(value)
        )

    def _read_cells(self, row_number: int, cells: list[Value], found: Findings) -> None:
        lost = self._lost.get(row_number)
        for place, reader in self._readers:
            value = cells[place]
            try:
                reading = BLANK if value is None else reader.read(value)
                if reading is DITTO:
                    reading = self._repeated(place, reader, cells, found)
            except CellError as error:
                self._reject(row_number, reader, cells[place], error, found)
                continue
            if reading is BLANK:
                if lost and place in lost:
                    found.notes.append(self._lost_note(row_number, reader.column.key))
                continue
            found.values.update(reading.values)
            if reading.note:
                found.notes.append(reading.note)

    def _repeated(
        self, place: int, reader: CellReader, cells: list[Value], found: Findings
    ) -> Reading:
        cells[place] = self._above[place]
        above = shown(cells[place])
        found.notes.append(
            f"「{self._heading.texts[place]}」は、上の行と同じ"
            f"{f'「{above}」' if above else '空欄'}として読みました。"
        )
        return reader.read(cells[place])

    def _reject(
        self, row_number: int, reader: CellReader, value: Value, error: CellError, found: Findings
    ) -> None:
        key = reader.column.key
        found.problems.append(self.problem(row_number, key, value, error))
        if error.allowed and reader.column.kind in CODES:
            self._unknown.add(key, reader.unknown_words(value))

    def _lost_note(self, row_number: int, key: str) -> str:
        return (
            f"「{self._heading_text(key)}」（{self._address(row_number, key)}）は、"
            "数式の結果が保存されていないため空欄として読みました。"
        )

    def _complete(self, row_number: int, found: Findings) -> None:
        if self._department:
            found.values["department"] = self._department
            found.values["department_from_sheet"] = True
        if "name" not in found.values:
            self._check_name(row_number, found)
        if any(key in found.values for key in VOLUMES):
            self._complete_volume(row_number, found)

    def _check_name(self, row_number: int, found: Findings) -> None:
        heading, cell = self._heading_text("name"), self._address(row_number, "name")
        if any(problem.cell == cell for problem in found.problems):
            return
        message = f"{self._where(row_number)}「{heading}」が空です。手続名を書いてください。"
        found.problems.append(CellProblem(heading, cell, "", message))

    def _complete_volume(self, row_number: int, found: Findings) -> None:
        if "fiscal_year" not in found.values:
            found.values["fiscal_year"] = self._default_fiscal_year
            found.notes.append(f"件数は、{self._default_fiscal_year}年度のものとして読みました。")
        total, online = (found.values.get(key) for key in VOLUMES)
        if isinstance(total, int) and isinstance(online, int) and online > total:
            error = CellError(
                f"年間件数（{total:,}件）より多くなっています", "どちらかの件数を直してください。"
            )
            found.problems.append(self.problem(row_number, "online_volume", online, error))


def column_letters(place: int) -> str:
    """Excel's letters of a column, A for 0."""
    letters = ""
    while place >= 0:
        letters = chr(ord("A") + place % 26) + letters
        place = place // 26 - 1
    return letters


def _cell_readers(
    sheet: RawSheet, heading: Heading, words: Mapping[str, Mapping[str, str]]
) -> tuple[tuple[int, CellReader], ...]:
    """The place and the reader of each column that the sheet has, in the order of the table."""
    return tuple(
        (
            heading.places[each.key],
            CellReader(
                each,
                heading.texts[heading.places[each.key]],
                date1904=sheet.date1904,
                words=words.get(each.key, {}),
            ),
        )
        for each in COLUMNS
        if each.key in heading.places
    )


def _read_trace(key: str, value: Value, found: Findings) -> None:
    if is_blank(value):
        return
    try:
        found.values[key] = read_trace(key, value)
    except CellError:
        found.notes.append(mangled_note(key, value))


def _is_total(value: Value) -> bool:
    return isinstance(value, str) and "計" in value and name_key(value) in TOTAL_WORDS


def _is_note(written: list[Value]) -> bool:
    first = unicodedata.normalize("NFKC", text_of(written[0])).strip()
    if len(written) == 1:
        return _NOTE.match(first) is not None
    return _NOTE_MARK.fullmatch(first) is not None


def _merged_values(sheet: RawSheet, heading: Heading) -> dict[int, list[tuple[int, Value]]]:
    """Row → the places that a merged cell above covers, with its value."""
    fills: dict[int, list[tuple[int, Value]]] = defaultdict(list)
    for key in FILLED_DOWN:
        if (place := heading.places.get(key)) is None:
            continue
        done = heading.last_row  # merged cells never overlap; those of a damaged file may
        for merge in sorted(sheet.merges, key=lambda merge: merge.top):
            if merge.left != place + 1 or merge.top <= done:
                continue
            row = sheet.rows[merge.top - 1] if merge.top <= len(sheet.rows) else ()
            value = row[place] if place < len(row) else None
            done = min(merge.bottom, len(sheet.rows))
            for number in range(merge.top + 1, done + 1):
                fills[number].append((place, value))
    return fills


def _lost_formulas(sheet: RawSheet) -> dict[int, set[int]]:
    """Row → the places whose formula came without its result."""
    lost: dict[int, set[int]] = defaultdict(set)
    for row, number in sheet.formulas_without_value:
        lost[row].add(number - 1)
    return lost
