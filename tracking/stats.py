"""Every figure on every screen: queries in, frozen dataclasses out. Definitions: figures.py."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from functools import lru_cache

from django.db.models import (
    Case,
    CharField,
    Count,
    F,
    FilteredRelation,
    IntegerField,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat

from procedures.fiscal_year import fiscal_year, last_complete_fiscal_year
from procedures.models import ASPECT_FIELDS, Department, Procedure
from procedures.rules import Answer, Category

from .figures import DEFINITIONS, Definition, Unit
from .hindrances import Hindrances
from .models import Goal, Issue
from .prepared import PreparedCount, PreparedSum
from .selections import (
    BASES,
    EXEMPT_GROUNDS,
    SELECTIONS,
    behind_forecast,
    condition,
    exempt_on,
    newest_volume,
    over,
    thresholds,
    to_count,
    usage_volumes,
    with_progress,
)
from .workflow import Status

TARGET_CATEGORIES = (Category.PRIORITY, Category.PENDING)
VOLUME_SETS = (
    *(over(base, key) for base in BASES for key in ("volume_known", "volume_known_online")),
    *("exempt", "exempt_online", *map(exempt_on, EXEMPT_GROUNDS)),
)
"""The sets whose yearly applications are summed."""

UnitKey = tuple[int | None, int | None]
"""Department and division (課); None where a procedure has none."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """A rate with what it is made of; ``rate`` is 0 to 1, or None over nothing."""

    numerator: int
    denominator: int

    @property
    def rate(self) -> float | None:
        """numerator ÷ denominator."""
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that is counted of one unit, or of the office: parts that add up to the whole.

    ``counts``: procedures by set of ``SELECTIONS``. ``volumes``: yearly applications, where they
    are known, by set of ``VOLUME_SETS``. ``sums``: "answers" of "answerable" survey items of the
    target procedures, "received_online" of "received" applications of the last complete fiscal
    year (over ``usage_known``). ``statuses``: target procedures by "category status".
    Of what is online, by ISO month: ``launches`` by the launch, ``promises`` by the target date
    (or the launch, without one); ``slips`` by days from target date to launch. ``plans``: the
    unfinished, by ISO day of their target date. ``hindered``: the unfinished by what is in their
    way, "obstacles/unanswered" as codes with blanks between; ``hindered_volumes`` their known
    yearly applications, ``hindered_unknown`` those of them without known volume.
    """

    counts: Counter[str] = field(default_factory=Counter)
    volumes: Counter[str] = field(default_factory=Counter)
    sums: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    launches: Counter[str] = field(default_factory=Counter)
    promises: Counter[str] = field(default_factory=Counter)
    slips: Counter[str] = field(default_factory=Counter)
    plans: Counter[str] = field(default_factory=Counter)
    hindered: Counter[str] = field(default_factory=Counter)
    hindered_volumes: Counter[str] = field(default_factory=Counter)
    hindered_unknown: Counter[str] = field(default_factory=Counter)

    def ratio(self, key: str) -> Ratio:
        """The figure of ``figures.DEFINITIONS`` by its key; of a mere count, beside its whole."""
        return self.ratio_of(DEFINITIONS[key])

    def ratio_of(self, definition: Definition) -> Ratio:
        """As ``ratio``, for a definition that may be an earlier one."""
        if definition.key == "usage":
            return Ratio(self.sums["received_online"], self.sums["received"])
        if definition.unit == Unit.ANSWERS:
            return Ratio(self.sums["answers"], self.sums["answerable"])
        of = self.volumes if definition.unit == Unit.APPLICATIONS else self.counts
        return Ratio(of[definition.numerator], of[definition.denominator])

    def by_status(self, category: Category) -> dict[Status, int]:
        """The target procedures of ``category`` by status."""
        return {status: self.statuses[f"{category} {status}"] for status in Status}

    @property
    def hindrances(self) -> Hindrances:
        """What is in the way of the unfinished."""
        return Hindrances.counted(self.hindered, self.hindered_volumes, self.hindered_unknown)

    def as_json(self, parts: Iterable[str] = ()) -> dict[str, dict[str, int]]:
        """As plain dictionaries, without the zeros; all ``parts``, or some by name."""
        return {
            name: {key: number for key, number in sorted(getattr(self, name).items()) if number}
            for name in parts or _PARTS
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Mapping[str, int]]) -> "Figures":
        """What ``as_json`` gave; a part that it did not have then is empty.

        Raises ``AttributeError`` or ``TypeError`` for what are no counts.
        """
        return cls(**{name: _counter(stored.get(name, {})) for name in _PARTS})


def _counter(stored: Mapping[str, int]) -> Counter[str]:
    if not all(isinstance(count, int) for count in stored.values()):
        raise TypeError
    return Counter(stored)


_PARTS = tuple(part.name for part in fields(Figures))
HINDRANCES = tuple(name for name in _PARTS if name.startswith("hindered"))
BESIDE_HINDRANCES = tuple(name for name in _PARTS if name not in HINDRANCES)
"""The parts of ``Figures`` that say what is in the way, and the others."""


def total(parts: Iterable[Figures]) -> Figures:
    """The figures of several units together."""
    whole = Figures()
    for part in parts:
        for name in _PARTS:
            getattr(whole, name).update(getattr(part, name))
    return whole


@dataclass(frozen=True, slots=True)
class DepartmentFigures:
    """The figures of one department; ``department`` is None for 所管未定."""

    department: Department | None
    figures: Figures


@dataclass(frozen=True, slots=True)
class Overview:
    """The office on the day ``on``: the whole, and each department in office order.

    所管未定 stands last. ``goals`` are those of the office, by fiscal year.
    """

    on: date
    goals: Mapping[int, float]
    office: Figures
    departments: tuple[DepartmentFigures, ...]

    @property
    def usage_year(self) -> int:
        """The fiscal year of オンライン利用率: the last complete one."""
        return last_complete_fiscal_year(self.on)

    @property
    def goal_year(self) -> int:
        """The fiscal year that the day is in."""
        return fiscal_year(self.on)

    @property
    def goal_rate(self) -> float | None:
        """The goal of that year, if there is one."""
        return self.goals.get(self.goal_year)


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


def taken_up(procedures: QuerySet[Procedure], *, on: date) -> dict[str, int]:
    """How many of the unfinished ``procedures`` have an open issue about an obstacle, by obstacle.

    In one query; an issue about what is no obstacle (any more) does not count.
    """
    hindered = with_progress(procedures).filter(condition("hindered", on)).order_by()
    # Of one obstacle a procedure has at most one open issue.
    return dict(
        Issue.objects.open()
        .exclude(aspect="")
        .filter(procedure__in=hindered.values("pk"), procedure__obstacles__contains=F("aspect"))
        .order_by()
        .values_list("aspect")
        .annotate(Count("pk"))
    )


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


def overview_of(parts: Mapping[int | None, Figures], *, on: date) -> Overview:
    """The picture that the figures of the departments make, in two queries.

    A department of the day ``on`` stands in it even without procedures, a former one with some.
    """
    named = Department.objects.filter(pk__in=[pk for pk in parts if pk is not None])
    units = [*(Department.objects.current(on) | named), None]
    return Overview(
        on=on,
        goals=goals_by_year(),
        office=total(parts.values()),
        departments=tuple(
            DepartmentFigures(unit, parts.get(unit.pk if unit else None, Figures()))
            for unit in units
        ),
    )


def goals_by_year() -> dict[int, float]:
    """The goals of the office by fiscal year, in one query."""
    return dict(Goal.objects.values_list("fiscal_year", "online_rate"))


def by_department(units: Mapping[UnitKey, Figures]) -> dict[int | None, Figures]:
    """The figures of the departments, from those of their divisions."""
    parts = defaultdict(list)
    for (department, _), part in units.items():
        parts[department].append(part)
    return {department: total(found) for department, found in parts.items()}


_UNIT = ("department_id", "division_id")


def figures_by_unit(procedures: QuerySet[Procedure], *, on: date) -> dict[UnitKey, Figures]:
    """The figures of each division that has some of ``procedures``, in two queries."""
    return _added_up(_counted(procedures, on), _targets(procedures, on))


def figures_of_departments(
    departments: Iterable[int | None], *, on: date
) -> dict[UnitKey, Figures]:
    """``figures_by_unit`` of all procedures of some departments (None: 所管未定).

    By queries that are kept: to put them together takes longer than to count one department.
    """
    named = set(departments)
    owned = Q(department__in=named - {None})
    if None in named:
        owned |= Q(department__isnull=True)
    counted, targets = _for_all(on, thresholds())
    return _added_up(counted.filter(owned), targets.filter(owned))


@lru_cache(maxsize=8)
def _for_all(on: date, _: tuple[int, ...]) -> tuple[QuerySet, QuerySet]:
    return _counted(Procedure.objects.all(), on), _targets(Procedure.objects.all(), on)


def _added_up(counted: QuerySet, targets: QuerySet) -> dict[UnitKey, Figures]:
    found: dict[UnitKey, Figures] = defaultdict(Figures)
    for row in counted:
        part = found[row["department_id"], row["division_id"]]
        part.counts.update({key: row[key] for key in SELECTIONS})
        part.volumes.update({key: row[f"volume_of_{key}"] for key in VOLUME_SETS})
        answerable = row["target"] * len(ASPECT_FIELDS)
        part.sums.update({"answers": row["answers"], "answerable": answerable})
    for department, division, *row in targets.iterator():
        _add_target(found[department, division], *row)
    return dict(found)


def _add_target(
    part: Figures,
    category: str,
    status: str,
    in_the_way: str,
    volume: int | None,
    received_online: int | None,
    received: int | None,
    launched_on: str | None,
    target_date: str | None,
) -> None:
    """Adds one row of ``_targets`` to the figures of its unit."""
    part.statuses[f"{category} {status}"] += 1
    if status != Status.ONLINE:
        part.hindered[in_the_way] += 1
        part.hindered_volumes[in_the_way] += volume or 0
        part.hindered_unknown[in_the_way] += volume is None
        if target_date:
            part.plans[target_date] += 1
        return
    part.sums["received_online"] += received_online or 0
    part.sums["received"] += received or 0
    part.launches[launched_on[:7]] += 1
    part.promises[(target_date or launched_on)[:7]] += 1
    if target_date:
        slip = date.fromisoformat(launched_on) - date.fromisoformat(target_date)
        part.slips[str(slip.days)] += 1


def _counted(procedures: QuerySet[Procedure], on: date) -> QuerySet:
    return (
        to_count(procedures)
        .order_by()
        .values(*_UNIT)
        .annotate(
            **{key: PreparedCount("pk", filter=_all_or(condition(key, on))) for key in SELECTIONS},
            **{
                f"volume_of_{key}": PreparedSum(
                    "annual_volume", filter=condition(key, on), default=0
                )
                for key in VOLUME_SETS
            },
            answers=Sum(_answered(), filter=condition("target", on), default=0),
        )
    )


def _targets(procedures: QuerySet[Procedure], on: date) -> QuerySet:
    """Each target procedure: its unit, and what ``_add_target`` takes."""
    # Row by row: hardly two are alike, and to find them takes a database longer than to read all.
    used = FilteredRelation("volumes", condition=usage_volumes(on, "volumes__"))
    return (
        to_count(procedures)
        .annotate(used=used)
        .filter(condition("target", on))
        .order_by()
        .values_list(
            *_UNIT,
            "category",
            "plan_status",
            Concat("obstacles", Value("/"), "unanswered", output_field=CharField()),
            "annual_volume",
            "used__online",
            "used__total",
            Cast("plan__launched_on", CharField()),
            Cast("plan__target_date", CharField()),
        )
    )


def counting_sql() -> str:
    """The queries of the figures, as text, on a day that stands for all."""
    day, rows = date(2000, 1, 1), Procedure.objects.all()
    queries = [of(rows, day) for of in (_counted, _targets)]
    return ";".join(str(query.query) for query in queries)


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
