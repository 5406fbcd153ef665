"""What a check of the inspection (点検) is, and what all of them look at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from string import Formatter
from typing import Any

from django.db.models import Count, FilteredRelation, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable

from procedures.fiscal_year import fiscal_year
from procedures.models import Procedure, YearlyVolume
from procedures.rules import Aspect, ExemptionGround, Service, label
from procedures.templatetags.inventory import fiscal_year_label, with_era
from tracking.selections import IN_FORCE, IN_SCOPE, with_progress
from tracking.workflow import STATUS_LABELS, Status

CURRENT = IN_FORCE & IN_SCOPE
_LONGEST = 300  # characters, as a dismissal keeps of it


class Severity(StrEnum):
    """How much a finding matters: it falsifies figures, needs a look, or may be a slip."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


SEVERITY_LABELS: Mapping[Severity, str] = {
    Severity.ERROR: "エラー",
    Severity.WARNING: "警告",
    Severity.HINT: "ヒント",
}


class Place(StrEnum):
    """The page on which a finding is mended."""

    FACTS = "facts"
    PLAN = "plan"
    BASES = "bases"
    VOLUMES = "volumes"
    ISSUES = "issues"
    EXEMPTION = "exemption"
    NAMESAKES = "namesakes"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Check:
    """One check (点検項目): what its rows have in common, what that means and what to do.

    ``condition`` gives the rows on a day, over ``inspected``. ``detail`` says in Japanese what the
    finding of one row is about; its blanks are named by values of the row. Those that are not
    there anyway stand in ``looked_up``. No blank may depend on the day: the detail is what a
    dismissal is about.
    """

    key: str
    severity: Severity
    title: str
    meaning: str
    remedy: str
    place: Place
    condition: Callable[[date], Q]
    detail: str
    looked_up: Callable[[date], Mapping[str, Combinable]] = lambda on: {}

    def rows(self, procedures: QuerySet[Procedure], on: date) -> QuerySet[Procedure]:
        """Those of ``procedures`` in which the check finds something on the day ``on``."""
        return inspected(procedures, on).filter(self.condition(on))

    def told(self, rows: QuerySet[Procedure], on: date, *more: str) -> QuerySet[Procedure]:
        """``rows`` as ``values()`` with the key, all that ``detail`` needs, and ``more``."""
        return rows.annotate(**self.looked_up(on)).values("pk", *self._blanks(), *more)

    def detail_of(self, row: Mapping[str, Any]) -> str:
        """What the finding of one row of ``told`` is about."""
        words = {name: _in_words(name, row[name]) for name in self._blanks()}
        return self.detail.format(**words)[:_LONGEST]

    def _blanks(self) -> list[str]:
        return [name for _, name, _, _ in Formatter().parse(self.detail) if name]


def inspected(procedures: QuerySet[Procedure], on: date) -> QuerySet[Procedure]:
    """Adds to ``with_progress`` the volumes that are judged.

    ``judged`` is the newest complete fiscal year whose total is known; ``year_before`` and
    ``two_before`` are those before it.
    """
    known = YearlyVolume.objects.filter(
        procedure=OuterRef("pk"), total__isnull=False, fiscal_year__lt=fiscal_year(on)
    )
    newest = Subquery(known.order_by("-fiscal_year").values("fiscal_year")[:1])
    relations = {
        name: FilteredRelation("volumes", condition=Q(volumes__fiscal_year=newest - back))
        for back, name in enumerate(("judged", "year_before", "two_before"))
    }
    return with_progress(procedures).annotate(**relations)


def years_after(day: date, years: int) -> date:
    """The same day so many years later (before, where negative); 28 February for the 29th."""
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year + years, day=28 if is_leap_day else day.day)


def number_of(rows: QuerySet, by: str) -> Subquery:
    """How many ``rows`` there are; an ``OuterRef`` has narrowed them to one value of ``by``."""
    return Subquery(rows.order_by().values(by).annotate(n=Count("pk")).values("n"))


def first_of(rows: QuerySet, value: str) -> Subquery:
    """``value`` of the first of ``rows``, which an ``OuterRef`` narrows."""
    return Subquery(rows.values(value)[:1])


def _in_words(name: str, value: Any) -> str:
    if value is None:
        return "不明"
    if isinstance(value, date):
        return with_era(value)
    if name in _WORDS:
        return _WORDS[name](value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _aspects(codes: tuple[str, ...]) -> str:
    return "、".join(label(Aspect(code)) for code in codes)


_WORDS: Mapping[str, Callable[[Any], str]] = {
    "plan_status": lambda code: STATUS_LABELS[Status(code)],
    "plan__service__kind": lambda code: label(Service(code)),
    "advised": lambda code: label(Service(code)),
    "exemption__ground": lambda code: label(ExemptionGround(code)),
    "obstacles": _aspects,
    "found_aspect": lambda code: label(Aspect(code)),
    "judged__fiscal_year": fiscal_year_label,
    "found_year": fiscal_year_label,
}
