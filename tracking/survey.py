"""The national survey beside the city's procedures: what it says, when it is due, what changed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from procedures.fiscal_year import last_day
from procedures.models import (
    NationalState,
    Procedure,
    SurveyDifference,
    SurveyProcedure,
    User,
)
from procedures.permissions import rights_of
from procedures.records import UNSAVED
from procedures.rules import Answer
from procedures.rules.wording import ANSWER_LABELS
from procedures.spreadsheet.dates import LAST_FISCAL_YEAR
from procedures.spreadsheet.keys import name_key
from procedures.templatetags.inventory import fiscal_year_label, with_era

from .models import MigrationPlan
from .selections import UNFINISHED, condition, with_progress

NOT_SAID = "記載なし"
LATER = "国の予定（{year}、{day}まで）より、市の目標日（{target}）が後です。"
NO_TARGET = "国は{year}（{day}まで）に実施する予定ですが、市の目標日がありません。"
_Fact = SurveyDifference.Fact


@dataclass(frozen=True, slots=True)
class Volumes:
    """How many applications there are in a year, and how many of them online; None is unknown."""

    total: int | None = None
    online: int | None = None
    year: int | None = None

    @property
    def online_share(self) -> float | None:
        """Online ÷ all, where both are known and there are any."""
        if not self.total or self.online is None:
            return None
        return min(self.online / self.total, 1.0)


@dataclass(frozen=True, slots=True)
class SurveyCard:
    """One procedure in the survey and in the city; ``row`` is None where the survey has it not."""

    row: SurveyProcedure | None
    nation: Volumes
    city: Volumes
    due: date | None
    warning: str


@dataclass(frozen=True, slots=True)
class Summary:
    """How the city stands to the survey, in numbers that open their rows."""

    linked_count: int
    missing_count: int
    due_count: int
    behind_count: int
    difference_count: int


@dataclass(frozen=True, slots=True)
class DueRow:
    """A procedure whose 国の期限 is not ``due``, with what its plan says now."""

    procedure: Procedure
    due: date
    national_due: date | None
    target_date: date | None
    plan_version: int


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """A difference in words, with the city's procedures that it is about."""

    difference: SurveyDifference
    old: str
    new: str
    procedures: tuple[Procedure, ...]

    @property
    def about(self) -> str:
        """What it says, in a line."""
        return f"{self.difference.get_fact_display()}：{self.old}→{self.new}"


def linked() -> QuerySet[Procedure]:
    """The city's procedures in force that name a procedure of the survey."""
    return Procedure.objects.in_force().exclude(national_id="")


def missing() -> QuerySet[Procedure]:
    """The linked procedures whose id the survey does not have, or no more."""
    known = SurveyProcedure.objects.filter(national_id=OuterRef("national_id"))
    return linked().filter(~Exists(known))


def summary(on: date) -> Summary:
    """Where the city stands on the day ``on``; six queries."""
    behind = with_progress(linked()).filter(condition("behind_national", on))
    return Summary(
        linked_count=linked().count(),
        missing_count=missing().count(),
        due_count=to_be_due().count(),
        behind_count=behind.count(),
        difference_count=open_differences().count(),
    )


def found(words: Iterable[str]) -> QuerySet[SurveyProcedure]:
    """The rows with all ``words`` in their id, name or law; the one with that id first."""
    keys = [name_key(word) for word in words]
    rows = SurveyProcedure.objects.all()
    for key in keys:
        rows = rows.filter(search_key__contains=key)
    if len(keys) != 1:
        return rows.order_by("pk")
    is_id = Case(When(national_id__iexact=keys[0], then=Value(0)), default=Value(1))
    return rows.order_by(is_id, "pk")


def procedures_of(national_ids: Iterable[str]) -> Mapping[str, list[Procedure]]:
    """The city's procedures in force by the ids of the survey, in the order of the office."""
    by_id = defaultdict(list)
    rows = linked().filter(national_id__in=set(national_ids)).in_office_order()
    for procedure in rows.select_related("department", "division"):
        by_id[procedure.national_id].append(procedure)
    return by_id


def card_of(procedure: Procedure, plan: MigrationPlan | None) -> SurveyCard:
    """What the survey says of ``procedure`` beside the city's figures; needs ``is_unfinished``."""
    row = None
    if procedure.national_id:
        row = SurveyProcedure.objects.filter(national_id=procedure.national_id).first()
    newest = next((one for one in procedure.volumes.all() if one.total is not None), None)
    due = due_of(procedure)
    return SurveyCard(
        row=row,
        nation=Volumes(procedure.national_total_volume, procedure.national_online_volume),
        city=Volumes(newest.total, newest.online, newest.fiscal_year) if newest else Volumes(),
        due=due,
        warning=_warning(procedure, plan, due),
    )


def due_of(procedure: Procedure) -> date | None:
    """The end of the fiscal year in which the nation plans to have ``procedure`` online."""
    year = procedure.national_planned_year
    return None if year is None or year > LAST_FISCAL_YEAR else last_day(year)


def to_be_due() -> QuerySet[Procedure]:
    """The unfinished linked procedures whose 国の期限 is not what the survey plans; two queries."""
    planned = with_progress(linked()).filter(
        UNFINISHED, national_planned_year__lte=LAST_FISCAL_YEAR
    )
    years = planned.order_by().values_list("national_planned_year", flat=True).distinct()
    differs = Q(pk__in=[])
    for year in years:
        other = Q(plan__national_due=None) | ~Q(plan__national_due=last_day(year))
        differs |= Q(national_planned_year=year) & other
    return planned.filter(differs)


def due_rows(procedures: Iterable[Procedure]) -> list[DueRow]:
    """The rows of ``to_be_due``, their plans with them."""
    rows = []
    for procedure in procedures:
        plan = getattr(procedure, "plan", None) or MigrationPlan(version=UNSAVED)
        dates = (due_of(procedure), plan.national_due, plan.target_date)
        rows.append(DueRow(procedure, *dates, plan.version))
    return rows


def open_differences() -> QuerySet[SurveyDifference]:
    """Those that nobody has put away."""
    return SurveyDifference.objects.filter(dismissed_at=None)


def with_city(differences: QuerySet[SurveyDifference], user: User) -> QuerySet[SurveyDifference]:
    """In the order of who has to look: ``user``'s departments', then the city's, then the rest."""
    order = ["-is_linked", "-edition_id", "national_id", "pk"]
    rows = differences.annotate(is_linked=Exists(concerned()))
    if own := rights_of(user).department_ids:
        rows = rows.annotate(is_own=Exists(concerned(department__in=own)))
        order.insert(0, "-is_own")
    return rows.order_by(*order)


def concerned(**conditions: object) -> QuerySet[Procedure]:
    """The city's procedures that a difference is about, for ``Exists``."""
    return linked().filter(national_id=OuterRef("national_id"), **conditions).order_by()


def difference_rows(differences: Iterable[SurveyDifference]) -> list[DifferenceRow]:
    """``differences`` in words; one query."""
    differences = list(differences)
    procedures = procedures_of(one.national_id for one in differences)
    return [
        DifferenceRow(
            one,
            _word(one.fact, one.old),
            _word(one.fact, one.new),
            tuple(procedures.get(one.national_id, ())),
        )
        for one in differences
    ]


def _warning(procedure: Procedure, plan: MigrationPlan | None, due: date | None) -> str:
    if due is None or not procedure.is_unfinished:
        return ""
    target = plan.target_date if plan else None
    words = {"year": fiscal_year_label(procedure.national_planned_year), "day": with_era(due)}
    if target is None:
        return NO_TARGET.format(**words)
    return LATER.format(**words, target=with_era(target)) if target > due else ""


def _word(fact: str, code: str) -> str:
    if fact in (_Fact.STATE, _Fact.EXEMPT):
        return str(NationalState(code).label) if code else NOT_SAID
    if fact == _Fact.PLANNED_YEAR:
        return fiscal_year_label(int(code)) if code else NOT_SAID
    return ANSWER_LABELS[Answer(code)]
