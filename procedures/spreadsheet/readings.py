"""Reading the cells of one column by its kind: what a value says, found once for each text."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from . import normalise
from .cell import CellError, is_blank, is_clear, is_ditto, shown, text_of
from .column import Column, ColumnKind
from .mapping import shown_value, value_key
from .normalise import CLEAR, GROUND_MISSING
from .raw import ErrorValue, Value

_MARKED = (ColumnKind.ANSWER, ColumnKind.YES_NO, ColumnKind.EXEMPTION_GROUND)
_REMEMBERED = 4_096  # different texts of a column: its words, not its prose

MOST_UNKNOWN_VALUES = 200  # different ones of a column: more are no words but prose

Read = tuple[dict[str, object], str]


class Reading(NamedTuple):
    """The values that one cell gives, by key, and a sentence on how it was read."""

    values: Mapping[str, object]
    note: str = ""


BLANK = Reading({})
"""The cell says nothing."""

DITTO = Reading({}, "〃")
"""The cell repeats the one above."""


class CellReader:
    """Reads the cells of one column below one heading.

    ``words``: `value_key` of a value → the word of the column that it stands for, "" for blank.
    """

    def __init__(
        self, column: Column, heading: str, *, date1904: bool, words: Mapping[str, str]
    ) -> None:
        self.column = column
        self.used: dict[str, str] = {}
        self._heading = heading
        self._words = words
        self._known: dict[str, Reading] = {}
        self._read_kind = _READERS.get(column.kind) or _date_reader(date1904)

    def read(self, value: Value) -> Reading:
        """What the cell says. CellError for a value that the column cannot take."""
        if type(value) is not str:
            return self._read(value)
        known = self._known.get(value)
        if known is None:
            known = self._read(value)
            if len(self._known) < _REMEMBERED:
                self._known[value] = known
        return known

    def unknown_words(self, value: Value) -> Iterator[str]:
        """The parts of an unreadable value that are none of the words of a coded column."""
        if self.column.kind is not ColumnKind.APPLICANTS:
            yield text_of(value)
            return
        for word in dict.fromkeys(normalise.applicant_words(self._meant(value))):
            try:
                normalise.applicants(word)
            except CellError:
                yield word

    def _read(self, value: Value) -> Reading:
        if isinstance(value, ErrorValue):
            raise CellError("エラーの値です", "数式か値を直してください。")
        if is_blank(value):
            return BLANK
        if is_ditto(value):
            return DITTO
        meant = self._meant(value) if self._words else value
        if is_blank(meant):
            return BLANK
        if is_clear(meant):
            return Reading(dict.fromkeys(self._cleared(), CLEAR))
        values, note = self._read_meant(meant)
        sentence = f"「{self._heading}」の「{shown(value)}」は、{note}。" if note else ""
        return Reading(values, sentence)

    def _read_meant(self, value: Value) -> Read:
        try:
            return self._read_kind(self.column, value)
        except CellError:
            mark = normalise.bare_mark(value) if self.column.kind in _MARKED else ""
            if not mark:
                raise
        values, note = self._read_kind(self.column, mark)
        return values, note or f"「{mark}」として読みました（かっこの中は取り込みません）"

    def _meant(self, value: Value) -> Value:
        """The value with a person's words in the place of those that the column does not know."""
        if self.column.kind is not ColumnKind.APPLICANTS:
            return self._word(text_of(value), value)
        words = normalise.applicant_words(value)
        return "、".join(word for word in (str(self._word(each, each)) for each in words) if word)

    def _word(self, text: str, otherwise: Value) -> Value:
        word = self._words.get(value_key(text))
        if word is None:
            return otherwise
        self.used[shown(text)] = word
        return word

    def _cleared(self) -> tuple[str, ...]:
        if not self.column.is_clearable:
            raise CellError("この列では使えません", "値を書くか、空欄のままにしてください。")
        key = self.column.key
        has_note = self.column.kind is ColumnKind.OTHER_ANSWER
        return (key, f"{key}_note") if has_note else (key,)


class UnknownValues:
    """Gathers the values of coded columns that are none of the known words."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, tuple[str, int]]] = {}

    def add(self, key: str, values: Iterable[str]) -> None:
        """One row says these values in the column of ``key``."""
        found = self._found.setdefault(key, {})
        for value in values:
            text, count = found.get(value_key(value), (shown_value(value), 0))
            if count or len(found) < MOST_UNKNOWN_VALUES:
                found[value_key(value)] = (text, count + 1)

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Column key → value as shown → number of rows."""
        return {key: dict(found.values()) for key, found in self._found.items()}


def _date_reader(date1904: bool) -> Callable[[Column, Value], Read]:
    def read(column: Column, value: Value) -> Read:
        found = normalise.date(value, date1904=date1904)
        note = found.note and f"{found.day}として読みました（{found.note}）"
        return {column.key: found.day}, note

    return read


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
"""All kinds but dates, which need the date system of their workbook, and traces."""
