"""The national survey as a table by national id, and which facts two editions of it tell apart.

What is compared is what the words of a cell mean, so spelling, width, codes and the order of
several words make no difference.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from procedures.rules import Answer

from .cell import CellError, is_blank
from .gate import Refused
from .keys import name_key
from .mapping import cut
from .parsed import ParsedRow
from .raw import RawBook, RawSheet
from .survey import SurveyReader, find_survey
from .survey_edition import EDITIONS

NO_SURVEY = (
    "国の調査（行政手続等の悉皆調査）の一覧が見つかりません。公表されているファイルをそのまま選んで"
    "ください。見出しの行に{headings}が必要です。"
)
NO_ROWS = "国の調査の見出しはありますが、手続が一つもありません。ファイルを確かめてください。"
NOTHING_READABLE = "国の調査の{count:,}行のどれも読み取れません。はじめの行：{message}"
LONGEST_ID = 20
_LONGEST = {"name": 400, "law_name": 300, "law_number": 100, "article": 200}
_ROWS_BETWEEN_REPORTS = 2_000
_EXEMPT = "exempt"
_TOO_LONG = CellError("長すぎます", f"手続IDは{LONGEST_ID}文字までです。")


class SurveyRow(NamedTuple):
    """What the survey says of one procedure, in the inventory's words."""

    national_id: str
    name: str
    law_name: str
    law_number: str
    article: str
    state: str
    planned_year: int | None
    concern: str
    identity_check: str
    attachments: str
    payment: str
    total_volume: int | None
    online_volume: int | None


class LeftOutRow(NamedTuple):
    """A row that is not taken in: where it stands and the sentence that says why.

    ``national_id`` is "" where that is what cannot be read.
    """

    sheet: str
    row: int
    cell: str
    message: str
    national_id: str


class FactChange(NamedTuple):
    """One fact that two editions say differently: its key, and the code of either."""

    fact: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class SurveyTable:
    """A file of the survey: its rows by national id, and the rows that are not taken in."""

    rows: Mapping[str, SurveyRow]
    left_out: Sequence[LeftOutRow]


def read_table(book: RawBook, progress: Callable[[int, int], None] | None = None) -> SurveyTable:
    """The survey in ``book``; of rows with the same national id the first counts.

    ``progress`` is told now and then how many rows of how many are read. Raises Refused where
    there is no survey, or nothing of it can be read.
    """
    rows: dict[str, SurveyRow] = {}
    left_out: list[LeftOutRow] = []
    places: dict[str, str] = {}
    for sheet, reader, parsed in _read(book, progress):
        if parsed.problems:
            left_out += _unreadable(parsed)
            continue
        row = _row(parsed.values)
        if len(row.national_id) > LONGEST_ID:
            left_out.append(_refused(parsed, reader, row.national_id, _TOO_LONG))
            continue
        place = f"シート「{sheet.name}」の{parsed.row_number}行目"
        first = rows.setdefault(row.national_id, row)
        known = places.setdefault(row.national_id, place)
        if first is not row and first != row:
            double = CellError(f"{known}にもあり、内容が違います", "先にある行を使いました。")
            left_out.append(_refused(parsed, reader, row.national_id, double))
    if not rows:
        raise _nothing(left_out)
    return SurveyTable(rows, left_out)


def changes(old: SurveyRow, new: SurveyRow) -> Iterator[FactChange]:
    """The facts that bear on the work and that ``new`` says otherwise than ``old``.

    That something becomes known, or unknown, is a change. To and from 適用除外 is a fact of its
    own, told instead of the state.
    """
    if old.state != new.state:
        fact = "exempt" if _EXEMPT in (old.state, new.state) else "state"
        yield FactChange(fact, old.state, new.state)
    if old.planned_year != new.planned_year:
        yield FactChange("planned_year", _year(old.planned_year), _year(new.planned_year))
    for fact in ("identity_check", "attachments", "payment"):
        before, after = getattr(old, fact), getattr(new, fact)
        if before != after:
            yield FactChange(fact, before, after)


def search_key(row: SurveyRow) -> str:
    """Under what a row is found: its id, name and law, each as `name_key` has it."""
    return "\n".join(map(name_key, (row.national_id, row.name, row.law_name)))


def _read(
    book: RawBook, progress: Callable[[int, int], None] | None
) -> Iterator[tuple[RawSheet, SurveyReader, ParsedRow]]:
    surveys = _surveys(book)
    total, done = sum(len(sheet.rows) for sheet, _, _ in surveys), 0
    for sheet, reader, last in surveys:
        for number, row in enumerate(sheet.rows, start=1):
            done += 1
            if progress and done % _ROWS_BETWEEN_REPORTS == 0:
                progress(done, total)
            if number > last and not all(map(is_blank, row)):
                yield sheet, reader, reader.read(number, row)


def _surveys(book: RawBook) -> list[tuple[RawSheet, SurveyReader, int]]:
    """The sheets with the survey, hidden ones only where no other has it."""
    found = [
        (sheet, SurveyReader(sheet, edition, heading, is_reference=True), heading.last_row)
        for sheet in book.sheets
        for edition, heading in find_survey(sheet)
    ]
    visible = [survey for survey in found if survey[0].visible]
    if not found:
        newest = EDITIONS[-1]
        words = "".join(
            f"「{text}」" for key, text in newest.headings.items() if key in newest.required
        )
        raise Refused("no_survey", NO_SURVEY.format(headings=words))
    return visible or found


def _row(values: Mapping[str, Any]) -> SurveyRow:
    return SurveyRow(
        national_id=values["national_id"],
        name=_short("name", values["name"]),
        law_name=_short("law_name", values.get("basis_name", "")),
        law_number=_short("law_number", values.get("law_number", "")),
        article=_short("article", values.get("basis_article", "")),
        state=values.get("national_state", ""),
        planned_year=values.get("national_planned_year"),
        concern="\n".join(values.get("national_concern", ())),
        identity_check=_answer(values, "identity_check"),
        attachments=_answer(values, "attachments"),
        payment=_answer(values, "payment"),
        total_volume=values.get("national_total_volume"),
        online_volume=values.get("national_online_volume"),
    )


def _short(key: str, text: str) -> str:
    return cut(text, _LONGEST[key])


def _answer(values: Mapping[str, Any], key: str) -> str:
    return Answer(values.get(key, Answer.UNKNOWN)).value


def _unreadable(parsed: ParsedRow) -> Iterator[LeftOutRow]:
    national_id = str(parsed.values.get("national_id", ""))
    for problem in parsed.problems:
        yield LeftOutRow(
            parsed.sheet, parsed.row_number, problem.cell, problem.message, national_id
        )


def _refused(
    parsed: ParsedRow, reader: SurveyReader, national_id: str, error: CellError
) -> LeftOutRow:
    problem = reader.problem(parsed.row_number, "national_id", national_id, error)
    return LeftOutRow(parsed.sheet, parsed.row_number, problem.cell, problem.message, national_id)


def _nothing(left_out: Sequence[LeftOutRow]) -> Refused:
    if not left_out:
        return Refused("no_rows", NO_ROWS)
    count = len({(row.sheet, row.row) for row in left_out})
    return Refused("unreadable", NOTHING_READABLE.format(count=count, message=left_out[0].message))


def _year(year: int | None) -> str:
    return "" if year is None else str(year)
