"""Reading one row of a list: its cells by kind, and what keeps it from being a procedure."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from . import normalise
from .cell import storable
from .columns import COLUMNS, Column, ColumnKind, column_for
from .headings import Heading
from .keys import heading_key, name_key
from .normalise import CLEAR, GROUND_MISSING, CellError
from .parsed import CellProblem, ParsedRow
from .raw import ErrorValue, RawSheet, Row, Value

TOTAL_WORDS = frozenset({"計", "小計", "合計", "総計"})
KEY_COLUMNS = ("number", "name", "department", "division")
FILLED_DOWN = ("department", "division")
VOLUMES = ("total_volume", "online_volume")

_NOTE = re.compile(r"[(\[【]?(?:※|注(?:[0-9)\]】:.、\s]|$))")
_NOTE_MARK = re.compile(r"[(\[【]?(?:※|注)[0-9]*[)\]】:.]?")


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
        department: str = "",
        names_sheet: bool = False,
    ) -> None:
        """``department`` stands for the column that the sheet lacks; ``names_sheet``: messages
        say the sheet too, because there are several."""
        self._sheet = sheet
        self._heading = heading
        self._default_fiscal_year = default_fiscal_year
        self._department = department
        self._names_sheet = names_sheet
        self._above: dict[str, Value] = {}
        self._fills = _merged_values(sheet, heading)

    def read(self, row_number: int, row: Row) -> ParsedRow:
        """The row with its values, problems and notes, or with the reason to pass it over."""
        cells = {
            key: row[place] if place < len(row) else None
            for key, place in self._heading.places.items()
        }
        if reason := self._reason_to_pass_over(row, cells):
            return ParsedRow(self._sheet.name, row_number, {}, passed_over=reason)
        found = Findings()
        self._fill_from_merges(row_number, cells)
        self._repeat_above(cells, found)
        for column in COLUMNS:
            if column.key in cells:
                self._read_cell(row_number, column, cells[column.key], found)
        self._complete(row_number, found)
        return ParsedRow(
            self._sheet.name,
            row_number,
            found.values,
            tuple(found.problems),
            tuple(found.notes),
        )

    def problem(self, row_number: int, key: str, value: object, error: CellError) -> CellProblem:
        """The problem of one cell in words."""
        heading = self._heading_text(key)
        place = self._heading.places[key]
        return CellProblem(
            heading,
            f"{column_letters(place)}{row_number}",
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

    def _reason_to_pass_over(self, row: Row, cells: Mapping[str, Value]) -> str:
        written = [value for value in row if not normalise.is_blank(value)]
        keys = [cells.get(key) for key in KEY_COLUMNS]
        if any(isinstance(value, str) and name_key(value) in TOTAL_WORDS for value in keys):
            return "合計の行です"
        if normalise.is_blank(cells.get("name")) and _is_total(written[0]):
            return "合計の行です"
        if _is_note(written):
            return "注記の行です"
        if self._repeats_headings(row):
            return "見出しの繰返しです"
        return ""

    def _repeats_headings(self, row: Row) -> bool:
        name_place = self._heading.places["name"]
        name = row[name_place] if name_place < len(row) else None
        if not isinstance(name, str) or (known := column_for(name)) is None or known.key != "name":
            return False
        texts = {heading_key(text) for text in self._heading.texts if text}
        return all(
            isinstance(value, str) and heading_key(value) in texts
            for value in row
            if not normalise.is_blank(value)
        )

    def _fill_from_merges(self, row_number: int, cells: dict[str, Value]) -> None:
        for key in FILLED_DOWN:
            if key in cells and normalise.is_blank(cells[key]):
                cells[key] = self._fills.get((key, row_number))

    def _repeat_above(self, cells: dict[str, Value], found: Findings) -> None:
        for key, value in cells.items():
            if normalise.is_ditto(value):
                cells[key] = self._above.get(key)
                above = normalise.shown(cells[key])
                found.notes.append(
                    f"「{self._heading_text(key)}」は、上の行と同じ"
                    f"{f'「{above}」' if above else '空欄'}として読みました。"
                )
        self._above = dict(cells)

    def _read_cell(self, row_number: int, column: Column, value: Value, found: Findings) -> None:
        if normalise.is_blank(value):
            self._note_lost_formula(row_number, column, found)
            return
        try:
            values, note = _read(column, value, self._sheet.date1904)
        except CellError as error:
            found.problems.append(self.problem(row_number, column.key, value, error))
            return
        found.values.update(values)
        if note:
            heading = self._heading_text(column.key)
            found.notes.append(f"「{heading}」の「{normalise.shown(value)}」は、{note}。")

    def _note_lost_formula(self, row_number: int, column: Column, found: Findings) -> None:
        place = self._heading.places[column.key]
        if (row_number, place + 1) in self._sheet.formulas_without_value:
            found.notes.append(
                f"「{self._heading_text(column.key)}」（{column_letters(place)}{row_number}）は、"
                "数式の結果が保存されていないため空欄として読みました。"
            )

    def _complete(self, row_number: int, found: Findings) -> None:
        if self._department and "department" not in self._heading.places:
            found.values["department"] = self._department
            found.values["department_from_sheet"] = True
        has_name_problem = any(
            problem.column == self._heading_text("name") for problem in found.problems
        )
        if "name" not in found.values and not has_name_problem:
            found.problems.append(self._missing_name(row_number))
        if any(key in found.values for key in VOLUMES):
            self._complete_volume(row_number, found)

    def _missing_name(self, row_number: int) -> CellProblem:
        heading = self._heading_text("name")
        return CellProblem(
            heading,
            f"{column_letters(self._heading.places['name'])}{row_number}",
            "",
            f"{self._where(row_number)}「{heading}」が空です。手続名を書いてください。",
        )

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


def _is_total(value: Value) -> bool:
    return isinstance(value, str) and name_key(value) in TOTAL_WORDS


def _is_note(written: list[Value]) -> bool:
    first = unicodedata.normalize("NFKC", normalise.text_of(written[0])).strip()
    if len(written) == 1:
        return _NOTE.match(first) is not None
    return len(written) == 2 and _NOTE_MARK.fullmatch(first) is not None


def _merged_values(sheet: RawSheet, heading: Heading) -> dict[tuple[str, int], Value]:
    """(column key, row) → the value of the merged cell that covers it."""
    fills: dict[tuple[str, int], Value] = {}
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
            fills.update({(key, number): value for number in range(merge.top + 1, done + 1)})
    return fills


Read = tuple[dict[str, object], str]


def _read(column: Column, value: Value, date1904: bool) -> Read:
    """The values that one cell gives, by key, and a note on how it was read."""
    if isinstance(value, ErrorValue):
        raise CellError("エラーの値です", "数式か値を直してください。")
    if normalise.is_clear(value):
        if not column.is_clearable:
            raise CellError("この列では使えません", "値を書くか、空欄のままにしてください。")
        return dict.fromkeys(_cleared(column), CLEAR), ""
    if column.kind is ColumnKind.DATE:
        read = normalise.date(value, date1904=date1904)
        return {column.key: read.day}, read.note and f"{read.day}として読みました（{read.note}）"
    return _READERS[column.kind](column, value)


def _cleared(column: Column) -> tuple[str, ...]:
    has_note = column.kind is ColumnKind.OTHER_ANSWER
    return (column.key, f"{column.key}_note") if has_note else (column.key,)


def _read_text(column: Column, value: Value) -> Read:
    text = normalise.code(value) if column.kind is ColumnKind.CODE else normalise.text_prose(value)
    return {column.key: _fitting(column, text)}, _private_use_note(text)


def _read_url(column: Column, value: Value) -> Read:
    return {column.key: _fitting(column, normalise.url(value))}, ""


def _fitting(column: Column, text: str) -> str:
    if column.max_length and len(text) > column.max_length:
        raise CellError(
            f"長すぎます（{len(text):,}文字）", f"{column.max_length}文字までにしてください。"
        )
    return text


def _private_use_note(text: str) -> str:
    if not normalise.has_private_use(text):
        return ""
    return "外字を含んでいます（そのまま読みましたが、ほかの端末では別の文字に見えます）"


def _read_other(column: Column, value: Value) -> Read:
    answer, text = normalise.other_answer(value)
    return {column.key: answer, f"{column.key}_note": text}, _private_use_note(text)


def _read_yes_no(column: Column, value: Value) -> Read:
    if normalise.is_unasked(value):
        return {}, "空欄と同じに読みました"
    return {column.key: normalise.yes_no(value)}, ""


def _read_ground(column: Column, value: Value) -> Read:
    ground = normalise.exemption_ground(value)
    if ground is GROUND_MISSING:
        return {f"{column.key}_missing": True}, (
            "適用除外の根拠が分からないため、適用除外としては読み取りませんでした"
        )
    return {column.key: ground}, ""


def _read_count(column: Column, value: Value) -> Read:
    count = normalise.count(value)
    if not count.approximate:
        return {column.key: count.value}, ""
    return {column.key: count.value, f"{column.key}_approximate": True}, "概数として読みました"


def _coded(read: Callable[[object], object]) -> Callable[[Column, Value], Read]:
    return lambda column, value: ({column.key: read(value)}, "")


_READERS: Mapping[ColumnKind, Callable[[Column, Value], Read]] = {
    ColumnKind.TEXT: _read_text,
    ColumnKind.CODE: _read_text,
    ColumnKind.NAME_KEY: _read_text,
    ColumnKind.URL: _read_url,
    ColumnKind.APPLICANTS: _coded(normalise.applicants),
    ColumnKind.KIND: _coded(normalise.kind),
    ColumnKind.SCOPE: _coded(normalise.scope),
    ColumnKind.BASIS_LEVEL: _coded(normalise.basis_level),
    ColumnKind.ANSWER: _coded(normalise.answer),
    ColumnKind.OTHER_ANSWER: _read_other,
    ColumnKind.YES_NO: _read_yes_no,
    ColumnKind.EXEMPTION_GROUND: _read_ground,
    ColumnKind.FISCAL_YEAR: _coded(normalise.fiscal_year),
    ColumnKind.COUNT: _read_count,
    ColumnKind.STATUS: _coded(normalise.status),
}
