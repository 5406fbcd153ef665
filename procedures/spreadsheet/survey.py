"""Reading the national survey of procedures (行政手続等の悉皆調査) into the inventory's terms.

It is recognised by its headings. Its volumes are national totals and its state is the nation's:
both come as references (national_…), never as the city's own volume or plan.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

from procedures.rules import Answer, BasisLevel, ExemptionGround

from . import normalise
from .cell import storable
from .headings import Heading, candidates
from .keys import heading_key, name_key
from .normalise import CellError
from .parsed import CellProblem, ParsedRow
from .raw import ErrorValue, RawSheet, Row, Value
from .rows import column_letters
from .survey_edition import (
    APPLICATIONS,
    EDITIONS,
    MEANINGS,
    NO_DOCUMENTS,
    NOT_GIVEN,
    Actor,
    Concern,
    Edition,
    Omission,
    SurveyWord,
)

Meaning = TypeVar("Meaning")

_APPLICANTS_OF: dict[Actor, tuple[str, ...]] = {
    Actor.CITIZENS: ("individual",),
    Actor.BUSINESSES: ("corporation", "organisation"),
    Actor.AGENCIES: ("corporation",),
    Actor.LOCAL: (),
    Actor.STATE: (),
}
_STRICTEST_FIRST = (Answer.OFFLINE, Answer.UNKNOWN, Answer.ONLINE, Answer.NOT_NEEDED)
_CONCERN_NOTES = {
    Concern.PAPER_ORIGINALS: (
        "国の調査では、紙の原本が要る書類があるとされています。添付書類を確認してください。"
    ),
    Concern.BY_NATURE: (
        "国の調査では、電子化に向かない性質とされています（適用除外という意味ではありません）。"
    ),
}
_CODED = re.compile(r"([0-9]+(?:-[0-9]+)?)[\s.:)、。]*(.*)", re.DOTALL)
_LAW_KINDS = (
    ("act", re.compile(r"法律第")),
    ("cabinet_order", re.compile(r"政令第")),
    ("ministerial_order", re.compile(r"(?:[府省庁]|官房|本部)令(?:第|$)")),
    ("rule", re.compile(r"規則(?:第|[〇一二三四五六七八九十]|$)")),
)
_APPLICATIONS_KEY = name_key(APPLICATIONS)
_NO_DOCUMENTS_KEY = name_key(NO_DOCUMENTS)
_LONG_SOUNDS = "ーｰ"  # letters, but written for 「-」 too
_REMEMBERED = 16_384  # different texts, and different cells of coded columns
_PLANNED_YEAR = re.compile(r"(?:[0-9]{4}|令和(?:[0-9]{1,2}|元))年度")


def find_survey(sheet: RawSheet) -> tuple[tuple[Edition, Heading], ...]:
    """The edition and the heading row where the sheet is the national survey, () where not."""
    for labels in candidates(sheet):
        place_of = {heading_key(text): place for place, text in enumerate(labels.texts) if text}
        for edition in EDITIONS:
            places = {
                key: place_of[heading_key(text)]
                for key, text in edition.headings.items()
                if heading_key(text) in place_of
            }
            if edition.required <= places.keys():
                return ((edition, Heading(labels.last_row, places, labels.texts, MEANINGS)),)
    return ()


class SurveyReader:
    """Reads the rows of the survey; a cell that it cannot read rejects its row."""

    def __init__(
        self, sheet: RawSheet, edition: Edition, heading: Heading, *, is_reference: bool = False
    ) -> None:
        """``is_reference``: only what the survey says of the procedure itself is read.

        Who applies, and what it would be in an inventory, then rejects nothing.
        """
        self._steps = _REFERENCE_STEPS if is_reference else _STEPS
        self._sheet = sheet
        self._edition = edition
        self._heading = heading
        self._width = len(heading.texts)
        self._memory = _Memory(
            {key: heading.places.get(key, self._width) for key in edition.headings}
        )

    def read(self, row_number: int, row: Row) -> ParsedRow:
        """The row in the inventory's terms."""
        # The cell behind the last heading stands for the columns that the file lacks.
        padded = (*row[: self._width], *(None,) * (self._width - len(row)), None)
        cells = _Cells(self._edition, self._memory, padded)
        values: dict[str, object] = {"basis_level": BasisLevel.NATIONAL}
        problems: list[CellProblem] = []
        for step in self._steps:
            try:
                values.update(step(cells))
            except _UnreadableError as error:
                problems.append(self.problem(row_number, error.key, error.value, error.error))
        return ParsedRow(self._sheet.name, row_number, values, tuple(problems), tuple(cells.notes))

    def problem(self, row_number: int, key: str, value: object, error: CellError) -> CellProblem:
        """The problem of one cell in words."""
        place = self._heading.places[key]
        heading = self._heading.texts[place]
        return CellProblem(
            heading,
            f"{column_letters(place)}{row_number}",
            storable(value),
            error.sentence(f"{row_number}行目「{heading}」", value),
        )


class _UnreadableError(Exception):
    def __init__(self, key: str, value: object, error: CellError) -> None:
        super().__init__(key)
        self.key = key
        self.value = value
        self.error = error


@dataclass(frozen=True, slots=True)
class _Memory:
    """Where the columns stand, and what was read before."""

    places: Mapping[str, int]
    texts: dict[str, str] = field(default_factory=dict)
    meanings: dict[tuple[str, str], tuple[Any, ...]] = field(default_factory=dict)


class _Cells:
    """One row by the survey's own keys; a column that the file lacks reads as blank."""

    def __init__(self, edition: Edition, memory: _Memory, row: Row) -> None:
        self.edition = edition
        self.notes: list[str] = []
        self._memory = memory
        self._row = row

    def value(self, key: str) -> Value:
        return self._row[self._memory.places[key]]

    def text(self, key: str) -> str:
        """The text of a cell; 「-」 says that there is none."""
        value = self._row[self._memory.places[key]]
        if type(value) is not str:
            return "" if value is None else self._text(key, value)
        known = self._memory.texts.get(value)
        if known is None:
            known = self._text(key, value)
            if len(self._memory.texts) < _REMEMBERED:
                self._memory.texts[value] = known
        return known

    def meanings(self, key: str, words: tuple[SurveyWord[Meaning], ...]) -> tuple[Meaning, ...]:
        """What each word of the cell means."""
        value = self.value(key)
        if value is None:
            return ()
        if type(value) is not str:  # 1 and TRUE would be one key
            return tuple(word.meaning for word in self.words(key, words))
        known = self._memory.meanings.get((key, value))
        if known is None:
            known = tuple(word.meaning for word in self.words(key, words))
            if len(self._memory.meanings) < _REMEMBERED:
                self._memory.meanings[key, value] = known
        return known

    def words(
        self, key: str, words: tuple[SurveyWord[Meaning], ...]
    ) -> tuple[SurveyWord[Meaning], ...]:
        """The words of the cell."""
        try:
            return _words_of(self.text(key), words)
        except CellError as error:
            raise _UnreadableError(key, self.value(key), error) from error

    def _text(self, key: str, value: Value) -> str:
        try:
            if isinstance(value, ErrorValue):
                raise CellError("エラーの値です", "数式か値を直してください。")
            text = normalise.text_prose(value)
        except CellError as error:
            raise _UnreadableError(key, value, error) from error
        if text[:1].isalnum() and text[0] not in _LONG_SOUNDS:
            return text
        return "" if name_key(text) in NOT_GIVEN else text

    def volume(self, key: str) -> int | None:
        """A national total; 0 and blank are unknown."""
        try:
            return normalise.count(self.value(key)).value or None
        except CellError as error:
            raise _UnreadableError(key, self.value(key), error) from error


@lru_cache(maxsize=4096)
def _words_of(text: str, words: tuple[SurveyWord[Meaning], ...]) -> tuple[SurveyWord[Meaning], ...]:
    return tuple(
        _word_of(item.strip(), words)
        for item in unicodedata.normalize("NFKC", text).split(";")
        if item.strip()
    )


def _word_of(item: str, words: tuple[SurveyWord[Meaning], ...]) -> SurveyWord[Meaning]:
    coded = _CODED.fullmatch(item)
    code, label = (coded[1], coded[2] or "") if coded else ("", item)
    for word in words:
        if name_key(word.label) == name_key(label) or (not label and word.code == code):
            return word
    raise CellError("国の調査の値として読み取れません", allowed=tuple(word.label for word in words))


def _said(**values: object) -> dict[str, object]:
    """The values that say something."""
    return {key: value for key, value in values.items() if value not in (None, "", ())}


def _identification(cells: _Cells) -> dict[str, object]:
    national_id = normalise.code(cells.text("national_id"))
    name = cells.text("name")
    for key, text in (("national_id", national_id), ("name", name)):
        if not text:
            raise _UnreadableError(key, "", CellError("空です", "値を書いてください。"))
    return {"national_id": national_id, "name": name}


def _basis(cells: _Cells) -> dict[str, object]:
    number = cells.text("law_number")
    return {
        **_said(
            basis_name=cells.text("basis_name"),
            law_number=number,
            basis_article=cells.text("basis_article"),
        ),
        "law_kind": _law_kind(number),
    }


@lru_cache(maxsize=4096)
def _law_kind(number: str) -> str:
    return next((kind for kind, pattern in _LAW_KINDS if pattern.search(number)), "")


def _applicants(cells: _Cells) -> dict[str, object]:
    actors = _actors(cells, "actor")
    if not actors:
        return {}
    applicants = tuple(dict.fromkeys(kind for who in actors for kind in _APPLICANTS_OF[who]))
    return _said(applicants=applicants, scope=_scope(cells, bool(applicants)))


def _scope(cells: _Cells, is_from_citizens: bool) -> str:
    # Clause 2: what citizens file with an organ of the city.
    receivers = _actors(cells, "receiver")
    reaches_city = not receivers or Actor.LOCAL in receivers
    sort = cells.text("sort")
    is_application = not sort or name_key(sort).endswith(_APPLICATIONS_KEY)
    return "inbound" if is_from_citizens and reaches_city and is_application else "outside"


def _actors(cells: _Cells, key: str) -> tuple[Actor, ...]:
    text = cells.text(key)
    try:
        return _actors_of(text)
    except CellError as error:
        raise _UnreadableError(key, text, error) from error


@lru_cache(maxsize=256)
def _actors_of(text: str) -> tuple[Actor, ...]:
    coded = _CODED.fullmatch(unicodedata.normalize("NFKC", text))
    names = re.split(r"、|又は|及び|;", (coded[2] or "") if coded else text)
    try:
        return tuple(Actor(name.strip()) for name in names if name.strip())
    except ValueError:
        raise CellError("国の調査の値として読み取れません", allowed=tuple(Actor)) from None


def _identity_check(cells: _Cells) -> dict[str, object]:
    return _said(identity_check=_strictest(cells.meanings("identity", cells.edition.identity)))


def _payment(cells: _Cells) -> dict[str, object]:
    fees = cells.meanings("fee", cells.edition.fee)
    methods = cells.meanings("fee_methods", cells.edition.fee_methods)
    if not fees:
        return {}
    if not any(fees):
        return {"payment": Answer.NOT_NEEDED}
    if not methods:
        cells.notes.append("手数料の納付方法が書かれていないため、金銭納付は未調査としました。")
        return {}
    return {"payment": Answer.ONLINE if Answer.ONLINE in methods else Answer.OFFLINE}


def _attachments(cells: _Cells) -> dict[str, object]:
    omissions = set(cells.meanings("omission", cells.edition.omission))
    submissions = cells.meanings("submission", cells.edition.submission)
    needs_none = name_key(cells.text("documents")) == _NO_DOCUMENTS_KEY
    if needs_none or omissions == {Omission.DONE}:
        return {"attachments": Answer.NOT_NEEDED}
    answer = _strictest(submissions)
    return {} if answer is Answer.UNKNOWN else _said(attachments=answer)


def _strictest(answers: Iterable[Answer]) -> Answer | None:
    return min(answers, key=_STRICTEST_FIRST.index, default=None)


def _state(cells: _Cells) -> dict[str, object]:
    state = next(iter(cells.meanings("state", cells.edition.state)), "")
    if state != "exempt":
        return _said(national_state=state)
    return {
        "national_state": state,
        "exemption_ground": ExemptionGround.NATIONAL_LIST,
        **_said(
            exemption_law_name=cells.text("basis_name"),
            exemption_article=cells.text("basis_article"),
            exemption_national_id=normalise.code(cells.text("national_id")),
        ),
        "exemption_reason": (
            f"国の手続調査（{cells.edition.name}）で適用除外とされている手続です。"
        ),
    }


def _concern(cells: _Cells) -> dict[str, object]:
    words = cells.edition.concern
    concerns = cells.meanings("concern", words)
    labels = tuple(word.label for word in cells.words("concern", words)) if concerns else ()
    note = "\n".join(_CONCERN_NOTES[concern] for concern in concerns if concern in _CONCERN_NOTES)
    return _said(
        national_concern=labels,
        survey_note=note,
        national_planned_year=_planned_year(cells),
    )


def _planned_year(cells: _Cells) -> int | None:
    try:
        return _planned_year_of(cells.text("planned"))
    except CellError as error:
        raise _UnreadableError("planned", cells.value("planned"), error) from error


@lru_cache(maxsize=256)
def _planned_year_of(text: str) -> int | None:
    planned = _PLANNED_YEAR.search(unicodedata.normalize("NFKC", text))
    return normalise.fiscal_year(planned[0]) if planned else None


def _volumes(cells: _Cells) -> dict[str, object]:
    return _said(
        national_total_volume=cells.volume("total"),
        national_online_volume=cells.volume("online"),
    )


_STEPS = (
    _identification,
    _basis,
    _applicants,
    _identity_check,
    _payment,
    _attachments,
    _state,
    _concern,
    _volumes,
)
_REFERENCE_STEPS = tuple(step for step in _STEPS if step is not _applicants)
