"""The whole paper, from the content of an edition.

The page, the PDF and the workbook are written from it, so none says other numbers than the others.
"""

from dataclasses import dataclass
from datetime import date

from procedures.templatetags.inventory import era_day
from tracking.editions import EditionContent
from tracking.figures import EXCLUDED

from .changes import late, moves, obstacles
from .course import course
from .parts import Column, Section, Table
from .progress import departments, left_out, office, standing
from .summary import data_quality, summary

DIVISION = "情報政策課"
TITLE = "行政手続のオンライン化の進捗状況について"
COVER = "表紙・概要"
DECISIONS = "決定を求める事項"


@dataclass(frozen=True, slots=True)
class Paper:
    """The whole paper. ``mark`` is the beginning of the edition's check value (照合値)."""

    title: str
    edition_title: str
    office_name: str
    division: str
    on: date
    summary: str
    sections: tuple[Section, ...]
    terms: Table
    notes: tuple[str, ...]
    decisions: tuple[str, ...]
    mark: str


def paper_of(content: EditionContent, digest: str) -> Paper:
    """The paper of an edition: the same content gives the same paper, at any time."""
    sections = [
        office(content),
        departments(content),
        standing(content),
        course(content),
        moves(content),
        obstacles(content),
        late(content),
    ]
    decisions = tuple(filter(None, map(str.strip, content.decisions.splitlines())))
    if decisions:
        sections.append(Section("decisions", DECISIONS, COVER, decisions))
    return Paper(
        title=TITLE,
        edition_title=content.title,
        office_name=content.office_name,
        division=DIVISION,
        on=content.reference_date,
        summary=summary(content),
        sections=tuple(sections),
        terms=_terms(content),
        notes=_notes(content),
        decisions=decisions,
        mark=digest[:12],
    )


def _terms(content: EditionContent) -> Table:
    return Table(
        "用語と計算のしかた",
        (
            Column("指標", 30, is_text=True),
            Column("計算のしかた", 60, is_text=True),
            Column("補足", 60, is_text=True),
        ),
        tuple((one.label, one.formula, one.note) for one in content.definitions),
    )


def _notes(content: EditionContent) -> tuple[str, ...]:
    excluded = left_out(content, EXCLUDED)
    return (
        f"対象手続は、台帳の手続から{excluded}を除いたものです。"
        if excluded
        else "対象手続は、台帳のすべての手続です。",
        f"区分と適用除外は、{era_day(content.policy_effective_from)}決定の「行政手続のオンライン化に"
        "係る実施方針」によります。",
        data_quality(content),
    )
