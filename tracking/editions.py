"""What a frozen edition (版) says: its content as dataclasses, as JSON, and as a check value.

Everything that is printed stands in it, the words too: no query and no table of today is needed to
print it again. See docs/decisions.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from .figures import Definition
from .jsonable import from_json, to_json
from .models import Edition
from .moves import RowState
from .stats import Figures, Ratio

FORMAT = 1


@dataclass(frozen=True, slots=True)
class EditionDivision:
    """One division (課) of a department; ``id`` is None for what has none."""

    id: int | None
    name: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class EditionDepartment:
    """One department, with its divisions in office order; ``id`` is None for 所管未定."""

    id: int | None
    name: str
    figures: Figures
    divisions: tuple[EditionDivision, ...]


@dataclass(frozen=True, slots=True)
class EditionGoal:
    """The online rate (0 to 1) that was to be reached by the end of a fiscal year."""

    fiscal_year: int
    online_rate: float


@dataclass(frozen=True, slots=True)
class EditionMove:
    """What moved of one procedure since the previous edition; ``kind`` is worded by the labels."""

    number: str
    name: str
    department: str
    kind: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class EditionExemption:
    """An exemption (適用除外) that was confirmed since the previous edition."""

    number: str
    name: str
    department: str
    ground: str
    article: str
    confirmed_on: date


@dataclass(frozen=True, slots=True)
class EditionLate:
    """A procedure that is overdue, or planned later than the national date (``due``).

    ``target_date`` is None where the plan has none; ``annual_volume`` where it is unknown.
    """

    number: str
    name: str
    department: str
    category: str
    status: str
    target_date: date | None
    due: date | None
    annual_volume: int | None


@dataclass(frozen=True, slots=True)
class EditionObstacle:
    """One obstacle: what it is in the way of, and what solving it alone would free.

    ``freed_count`` procedures (``freed_applications`` known applications a year) would have
    nothing left in the way; ``possible_count`` if no open question turns out to be an obstacle.
    """

    aspect: str
    procedure_count: int
    freed_count: int
    freed_applications: int
    possible_count: int
    possible_applications: int


@dataclass(frozen=True, slots=True)
class EditionStep:
    """One step of an order of solving: what it frees, and what all steps up to it free."""

    aspect: str
    freed_count: int
    freed_applications: int
    free_count: int
    free_applications: int


@dataclass(frozen=True, slots=True)
class EditionNextStep:
    """The smallest set of obstacles that frees something, of those the one that frees most."""

    aspects: tuple[str, ...]
    freed_count: int
    freed_applications: int


@dataclass(frozen=True, slots=True)
class EditionContent:
    """Everything that an edition says.

    ``since`` and ``since_title`` name the edition before it (None and empty for the first), from
    which ``moves`` and ``exemptions`` are counted, ``since_office`` its figures of the office.
    ``settings`` are those that figures depend on, in days. ``departments`` stand in office order,
    所管未定 last. ``moves`` are all of them, ``move_counts`` by kind; ``exemptions_by_ground`` are
    all that hold. ``free_count`` procedures have nothing in the way and are not online,
    ``unsurveyed_count`` nothing that is known. ``best_order`` and ``next_step`` are weighed by
    procedures and in ``order_bound`` (of ``hindrances.Bound``).
    ``overdue`` and ``behind_national`` are the first of as many as the figures say. ``labels``
    are the words of "sets", "statuses", "categories", "aspects", "grounds" and "moves" by their
    codes; ``definitions`` those of the figures.
    """

    office_name: str
    title: str
    reference_date: date
    frozen_by: str
    policy_key: str
    policy_effective_from: date
    settings: Mapping[str, int]
    usage_year: int
    goal_year: int
    goals: tuple[EditionGoal, ...]
    definitions: tuple[Definition, ...]
    office: Figures
    departments: tuple[EditionDepartment, ...]
    since: date | None
    since_title: str
    moves: tuple[EditionMove, ...]
    move_counts: Mapping[str, int]
    exemptions: tuple[EditionExemption, ...]
    exemptions_by_ground: Mapping[str, int]
    free_count: int
    free_applications: int
    unsurveyed_count: int
    obstacles: tuple[EditionObstacle, ...]
    order_bound: str
    next_step: EditionNextStep | None
    best_order: tuple[EditionStep, ...]
    overdue: tuple[EditionLate, ...]
    behind_national: tuple[EditionLate, ...]
    decisions: str
    labels: Mapping[str, Mapping[str, str]]
    since_office: Figures | None = None
    format: int = FORMAT

    @property
    def goal_rate(self) -> float | None:
        """The goal of the fiscal year of the reference date, if there was one."""
        rates = {goal.fiscal_year: goal.online_rate for goal in self.goals}
        return rates.get(self.goal_year)

    def definition(self, key: str) -> Definition:
        """The figure ``key`` as it was defined. Raises ``KeyError`` for one it does not have."""
        return {one.key: one for one in self.definitions}[key]

    def ratio(self, key: str, figures: Figures | None = None) -> Ratio:
        """The figure ``key``, of the office or of one unit's ``figures``, as it was defined."""
        return (figures or self.office).ratio_of(self.definition(key))

    def as_json(self) -> dict[str, Any]:
        """As what JSON knows, exactly."""
        return {name: to_json(getattr(self, name)) for name in self.__slots__}


class UnreadableEdition(ValueError):
    """What is stored is no content of an edition, or that of a later program."""


_UNREADABLE = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError)


def content_of(stored: Any) -> EditionContent:
    """What ``EditionContent.as_json`` gave. Raises ``UnreadableEdition``."""
    try:
        content = from_json(EditionContent, stored)
    except _UNREADABLE as error:
        raise UnreadableEdition from error
    if content.format > FORMAT:
        raise UnreadableEdition
    return content


def rows_of(stored: Any) -> tuple[RowState, ...]:
    """The procedures as they stood, from what ``RowState.as_json`` gave of each.

    Raises ``UnreadableEdition``.
    """
    try:
        return tuple(map(RowState.from_json, stored))
    except _UNREADABLE as error:
        raise UnreadableEdition from error


def is_intact(edition: Edition) -> bool:
    """Whether an edition is still what was frozen."""
    if digest_of(edition.content, edition.rows) != edition.digest:
        return False
    said = edition.content["title"], edition.content["reference_date"]
    return said == (edition.title, edition.reference_date.isoformat())


def digest_of(content: Any, rows: Any) -> str:
    """The check value (照合値): SHA-256 of both as JSON that is always written the same way."""
    text = json.dumps(
        {"content": content, "rows": rows},
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return sha256(text.encode()).hexdigest()
