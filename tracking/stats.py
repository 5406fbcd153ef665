"""Every figure on every screen: queries in, frozen dataclasses out. Definitions: domain.md."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Sum, Value, When

from procedures.fiscal_year import fiscal_year, last_complete_fiscal_year
from procedures.models import ASPECT_FIELDS, Department, Procedure
from procedures.rules import Answer, Category

from .models import Goal, Issue
from .prepared import PreparedCount
from .selections import (
    SELECTIONS,
    behind_forecast,
    condition,
    newest_volume,
    thresholds,
    usage_volumes,
    with_progress,
)
from .workflow import Status

EXCLUDED_SETS = ("exempt", "outside", "abolished")
TARGET_CATEGORIES = (Category.PRIORITY, Category.PENDING)


@dataclass(frozen=True, slots=True)
class Ratio:
    """A rate with what it is made of; ``rate`` is 0 to 1, or None over nothing."""

    numerator: int
    denominator: int

    @property
    def rate(self) -> float | None:
        """numerator ÷ denominator."""
        return self.numerator / self.denominator if self.denominator else None

    def __add__(self, other: "Ratio") -> "Ratio":
        return Ratio(self.numerator + other.numerator, self.denominator + other.denominator)


NOTHING = Ratio(0, 0)


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one unit, or of the office.

    ``counts`` says how many procedures each set of ``SELECTIONS`` has. ``applications`` is
    オンライン化率 weighted by yearly volume (over ``volume_known``), ``usage`` is オンライン利用率
    of the last complete fiscal year (over ``usage_known``): both count applications.
    ``completeness`` is 調査の完了率 and counts survey answers.
    """

    counts: dict[str, int]
    applications: Ratio = NOTHING
    completeness: Ratio = NOTHING
    usage: Ratio = NOTHING

    @property
    def online(self) -> Ratio:
        """オンライン化率: target procedures that are online ÷ target procedures."""
        return Ratio(self.counts["online"], self.counts["target"])

    @property
    def priority(self) -> Ratio:
        """Of the priority procedures (clause 3(1)), those that are online."""
        return Ratio(self.counts["priority_online"], self.counts["priority"])

    @property
    def volume_known(self) -> Ratio:
        """Of the target procedures, those whose yearly volume is known."""
        return Ratio(self.counts["volume_known"], self.counts["target"])

    @property
    def excluded(self) -> int:
        """What is left out of every rate: target procedures and these are all procedures."""
        return sum(self.counts[key] for key in EXCLUDED_SETS)

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            {key: count + other.counts[key] for key, count in self.counts.items()},
            *(
                getattr(self, field.name) + getattr(other, field.name)
                for field in fields(self)
                if field.name != "counts"
            ),
        )


NO_FIGURES = Figures(dict.fromkeys(SELECTIONS, 0))


@dataclass(frozen=True, slots=True)
class DepartmentFigures:
    """The figures of one department; ``department`` is None for 所管未定."""

    department: Department | None
    figures: Figures


@dataclass(frozen=True, slots=True)
class Overview:
    """The office on the day ``on``: the whole, and each department in office order.

    所管未定 stands last. ``statuses`` counts the target procedures by category and status.
    ``goal_rate`` is the goal of the fiscal year ``goal_year`` (that of ``on``), if there is one.
    """

    on: date
    usage_year: int
    goal_year: int
    goal_rate: float | None
    office: Figures
    departments: tuple[DepartmentFigures, ...]
    statuses: dict[Category, dict[Status, int]]


def figures(procedures: QuerySet[Procedure], *, on: date) -> Figures:
    """The figures over ``procedures`` on the day ``on``, in two queries."""
    return sum(_by_department(procedures, on).values(), NO_FIGURES)


def counts(procedures: QuerySet[Procedure], keys: Iterable[str], *, on: date) -> dict[str, int]:
    """How many of ``procedures`` each of the named sets has, in one query."""
    return with_progress(procedures).aggregate(
        **{key: Count("pk", filter=_all_or(condition(key, on))) for key in keys}
    )


def counts_by_department(
    keys: tuple[str, ...], *, on: date, department_ids: Iterable[int] | None = None
) -> dict[int | None, dict[str, int]]:
    """``counts`` by department (None: 所管未定), in one query; those without rows are left out.

    Of all departments, or of ``department_ids`` alone.
    """
    rows = _counting(keys, on, thresholds()).all()
    if department_ids is not None:
        rows = rows.filter(department__in=department_ids)
    return {row["department_id"]: {key: row[key] for key in keys} for row in rows}


def counts_of_departments(
    department_ids: Iterable[int], keys: tuple[str, ...], *, on: date
) -> dict[str, int]:
    """``counts`` over the procedures of some departments together."""
    found = counts_by_department(keys, on=on, department_ids=department_ids).values()
    return {key: sum(counts[key] for counts in found) for key in keys}


@lru_cache(maxsize=8)
def _counting(keys: tuple[str, ...], on: date, _: tuple[int, ...]) -> QuerySet[Procedure]:
    """Counts the named sets by department: a query that is kept, see ``prepared``."""
    named = {key: PreparedCount("pk", filter=_all_or(condition(key, on))) for key in keys}
    rows = with_progress(Procedure.objects.all()).order_by()
    return rows.values("department_id").annotate(**named)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits on one measure: open issues, and the procedures that they are of.

    ``applications`` is the yearly volume of those where it is known, ``unknown_count`` says of
    how many it is not.
    """

    issue_count: int = 0
    procedure_count: int = 0
    applications: int = 0
    unknown_count: int = 0


@dataclass(frozen=True, slots=True)
class Shift:
    """What a change has done to issues that waited: whose forecast moved, whose target is missed.

    ``late_count`` is of procedures whose target date now lies before their forecast.
    """

    waiting_count: int
    issue_count: int
    procedure_count: int
    late_count: int


def waiting_by_measure(issues: QuerySet[Issue]) -> dict[int, Waiting]:
    """What of ``issues`` waits on each shared measure, in one query; none is left out."""
    # A measure is about one aspect, of which a procedure has one open issue: none counts twice.
    rows = (
        issues.open()
        .filter(shared_measure__isnull=False)
        .annotate(annual_volume=newest_volume("procedure"))
        .order_by()
        .values("shared_measure_id")
        .annotate(
            issue_count=Count("pk"),
            procedure_count=Count("procedure", distinct=True),
            applications=Sum("annual_volume", default=0),
            unknown_count=Count("pk", filter=Q(annual_volume__isnull=True)),
        )
    )
    return {row.pop("shared_measure_id"): Waiting(**row) for row in rows}


def forecasts(issues: QuerySet[Issue]) -> dict[int, date | None]:
    """The forecast of each open one of ``issues``, by its key."""
    return dict(issues.open().with_forecast().values_list("pk", "forecast"))


def shift_since(before: Mapping[int, date | None]) -> Shift:
    """What has moved since ``before`` (as ``forecasts`` gave it)."""
    issues = Issue.objects.filter(pk__in=before)
    after = forecasts(issues)
    moved = issues.filter(pk__in=[key for key, day in after.items() if day != before[key]])
    procedures = Procedure.objects.filter(pk__in=moved.values("procedure"))
    late_count = behind_forecast(procedures).count()
    return Shift(len(before), moved.count(), procedures.count(), late_count)


def overview(procedures: QuerySet[Procedure], *, on: date) -> Overview:
    """The office-wide picture (clause 5) in five queries.

    A department of today stands in it even without procedures, a former one with procedures.
    """
    by_department = _by_department(procedures, on)
    named = Department.objects.filter(pk__in=[pk for pk in by_department if pk is not None])
    units = [*(Department.objects.current(on) | named), None]
    goal = Goal.objects.filter(fiscal_year=fiscal_year(on)).first()
    return Overview(
        on=on,
        usage_year=last_complete_fiscal_year(on),
        goal_year=fiscal_year(on),
        goal_rate=goal.online_rate if goal else None,
        office=sum(by_department.values(), NO_FIGURES),
        departments=tuple(
            DepartmentFigures(unit, by_department.get(unit.pk if unit else None, NO_FIGURES))
            for unit in units
        ),
        statuses=_statuses(procedures, on),
    )


def _by_department(procedures: QuerySet[Procedure], on: date) -> dict[int | None, Figures]:
    rows = (
        with_progress(procedures)
        .order_by()
        .values("department_id")
        .annotate(
            **{key: Count("pk", filter=_all_or(condition(key, on))) for key in SELECTIONS},
            volume=Sum("annual_volume", filter=condition("volume_known", on), default=0),
            volume_online=Sum(
                "annual_volume", filter=condition("volume_known_online", on), default=0
            ),
            answers=Sum(_answered(), filter=condition("target", on), default=0),
        )
    )
    usage = _usage(procedures, on)
    return {
        row["department_id"]: Figures(
            counts={key: row[key] for key in SELECTIONS},
            applications=Ratio(row["volume_online"], row["volume"]),
            completeness=Ratio(row["answers"], row["target"] * len(ASPECT_FIELDS)),
            usage=usage.get(row["department_id"], NOTHING),
        )
        for row in rows
    }


def _usage(procedures: QuerySet[Procedure], on: date) -> dict[int | None, Ratio]:
    # One join, at most one volume a procedure: nested subqueries over the same tables take a
    # database minutes while its statistics are old, as after a large import.
    rows = (
        with_progress(procedures)
        .filter(condition("online", on))
        .filter(usage_volumes(on, "volumes__"))
        .order_by()
        .values("department_id")
        .annotate(received_online=Sum("volumes__online"), received=Sum("volumes__total"))
    )
    return {row["department_id"]: Ratio(row["received_online"], row["received"]) for row in rows}


def _statuses(procedures: QuerySet[Procedure], on: date) -> dict[Category, dict[Status, int]]:
    rows = (
        with_progress(procedures)
        .filter(condition("target", on))
        .order_by()
        .values_list("category", "plan_status")
        .annotate(count=Count("pk"))
    )
    found = {(category, status): count for category, status, count in rows}
    return {
        category: {status: found.get((category, status), 0) for status in Status}
        for category in TARGET_CATEGORIES
    }


def _answered() -> Case:
    """How many of the survey's aspects are answered in a row."""
    known = [
        Case(
            When(**{field: Answer.UNKNOWN.value}, then=Value(0)),
            default=Value(1),
            output_field=IntegerField(),
        )
        for field in ASPECT_FIELDS
    ]
    total = known[0]
    for one in known[1:]:
        total = total + one
    return total


def _all_or(chosen: Q) -> Q | None:
    return chosen if chosen else None
