"""Every figure on every screen: queries in, frozen dataclasses out. Definitions: domain.md."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Sum, Value, When

from procedures.fiscal_year import fiscal_year, last_complete_fiscal_year
from procedures.models import ASPECT_FIELDS, Department, Procedure
from procedures.rules import Answer, Category

from .models import Goal
from .selections import SELECTIONS, condition, usage_volumes, with_progress
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
