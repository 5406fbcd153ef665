"""支障: which obstacle to solve first (clause 3(2)), and what nothing stands in the way of."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from procedures.models import Procedure, User
from procedures.permissions import check_can_see_dashboard
from procedures.rules import Aspect, label
from procedures.rules.wording import ASPECT_LABELS
from tracking.actions.measures import lead_of
from tracking.filters import SORTS, listed
from tracking.forms.leverage import LeverageForm, Question
from tracking.hindrances import Amount, Bound
from tracking.kept_figures import department_figures
from tracking.models import Issue, SharedMeasure
from tracking.navigation import instruments
from tracking.selections import condition
from tracking.stats import (
    DepartmentFigures,
    Figures,
    Overview,
    Waiting,
    overview_of,
    taken_up,
    waiting_by_measure,
)
from tracking.workflow import STATUS_LABELS, Status

from .figures import OFFICE, Cell, Scope, rows_url, scope_of
from .offers import (
    Linked,
    Offer,
    linked,
    offers,
    orders,
    pairs_worth_more,
    ranked,
    rows_freed,
    words,
)
from .team import OFFICE as OFFICE_LIST
from .team import querystring

FELT_SHOWN = 20
BOUND_WORDS = {
    Bound.CERTAIN: "未調査の項目のある手続を数えないと",
    Bound.POSSIBLE: "未調査の項目は支障でないとみなすと",
}


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """A shared measure that is being prepared, who leads it and what waits on it."""

    measure: SharedMeasure
    lead: str
    waiting: Waiting


@dataclass(frozen=True, slots=True)
class ObstacleRow:
    """One obstacle: what it hinders, what solving it frees, and what is done about it.

    ``untouched_count`` procedures have it and no open issue about it; ``open_url`` opens issues
    for them.
    """

    aspect: Aspect
    label: str
    having: Linked
    offer: Offer
    measures: list[MeasureRow]
    untouched_count: int
    untouched_url: str
    open_url: str


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One department: whom each obstacle hinders, what is free, and its next step if it has one."""

    label: str
    value: str
    cells: tuple[Cell, ...]
    free: Linked
    next_step: Linked | None
    next_label: str


@dataclass(frozen=True, slots=True)
class _Works:
    """What is done about the obstacles: procedures with an open issue, and shared measures."""

    taken_up: Mapping[str, int]
    measures: Mapping[str, list[MeasureRow]]


@require_GET
def leverage(request: HttpRequest) -> HttpResponse:
    """The obstacles of the office or of one department, and which to solve first."""
    check_can_see_dashboard(request.user)
    on = timezone.localdate()
    office = overview_of(department_figures(on), on=on)
    form = LeverageForm(
        request.GET, units=office.departments, usual=office.office.hindrances.usual_bound
    )
    context = {
        "instruments": instruments("leverage"),
        "form": form,
        "on": on,
        "is_empty": not office.office.counts["all"],
    }
    if form.is_valid():
        context |= _answer(request.user, office, form.question)
        context |= {
            "other_sets": querystring(request.GET, "sets"),
            "other_departments": querystring(request.GET, "department"),
        }
    return render(request, "tracking/leverage.html", context)


def _answer(user: User, office: Overview, asked: Question) -> dict[str, object]:
    unit, by, bound = asked.unit, asked.by, asked.bound
    scope = scope_of(unit.department) if unit else OFFICE
    hindrances = (unit.figures if unit else office.office).hindrances
    found = offers(hindrances, scope)
    next_step = hindrances.next_step(bound, by)
    singles = [one for one in found.values() if len(one.aspects) == 1]
    sets = [one for one in found.values() if len(one.aspects) > 1]
    shown = sets if asked.has_all_sets else pairs_worth_more(found)
    procedures = _procedures(user, unit)
    works = _Works(taken_up(procedures, on=office.on), _measures(procedures))
    return {
        "scope": scope,
        "by": label(by),
        "bound": BOUND_WORDS[bound],
        "has_all_sets": asked.has_all_sets,
        "set_count": len(sets),
        "free": linked(hindrances.free, "free", scope),
        "unsurveyed": linked(hindrances.unsurveyed, "unsurveyed", scope),
        "next_step": found[next_step] if next_step else None,
        "obstacles": [
            _obstacle_row(offer, hindrances.having(*offer.aspects), works, scope)
            for offer in ranked(singles, bound, by)
        ],
        "sets": ranked(shown, bound, by),
        "orders": orders(hindrances, scope, bound, by),
        "felt": _felt(procedures, office.on),
        "felt_url": rows_url("unfinished", scope, sort="-volume"),
        "aspects": tuple(ASPECT_LABELS.values()),
        "units": [] if unit else _units(office, asked),
    }


def _procedures(user: User, unit: DepartmentFigures | None) -> QuerySet[Procedure]:
    procedures = Procedure.objects.visible_to(user)
    return procedures.filter(department=unit.department) if unit else procedures


def _measures(procedures: QuerySet[Procedure]) -> dict[str, list[MeasureRow]]:
    """The shared measures in preparation by obstacle, the next on top."""
    waiting = waiting_by_measure(Issue.objects.filter(procedure__in=procedures.order_by()))
    planned = SharedMeasure.objects.filter(state=SharedMeasure.State.PLANNED)
    found = defaultdict(list)
    for one in planned.select_related("department").order_by(
        F("goes_live_on").asc(nulls_last=True), "name", "pk"
    ):
        row = MeasureRow(one, lead_of(one), waiting.get(one.pk, Waiting()))
        found[one.aspect].append(row)
    return found


def _obstacle_row(offer: Offer, having: Amount, works: _Works, scope: Scope) -> ObstacleRow:
    (aspect,) = offer.aspects
    untouched_url = rows_url("hindered", scope, without_issue=aspect.value)
    everything = {"shown_on": OFFICE_LIST, "everything": "on", "next": untouched_url}
    return ObstacleRow(
        aspect=aspect,
        label=offer.label,
        having=linked(having, "hindered", scope, obstacle=aspect.value),
        offer=offer,
        measures=works.measures.get(aspect, []),
        untouched_count=having.procedure_count - works.taken_up.get(aspect, 0),
        untouched_url=untouched_url,
        open_url=f"{reverse('issues_open')}?{urlencode(everything)}",
    )


def _felt(procedures: QuerySet[Procedure], on: date) -> list[tuple[Procedure, str]]:
    """The unfinished procedures of which people apply for most, with their status in Japanese."""
    known = listed(procedures).filter(condition("unfinished", on), annual_volume__isnull=False)
    most = known.order_by(*SORTS["volume"].order(descending=True))[:FELT_SHOWN]
    return [(one, STATUS_LABELS[Status(one.plan_status)]) for one in most]


def _units(office: Overview, asked: Question) -> list[UnitRow]:
    """The departments that have something unfinished, and the office last."""
    rows = [
        _unit_row(scope_of(unit.department), unit.figures, asked)
        for unit in office.departments
        if unit.figures.counts["unfinished"]
    ]
    return [*rows, _unit_row(OFFICE, office.office, asked)]


def _unit_row(scope: Scope, figures: Figures, asked: Question) -> UnitRow:
    hindrances = figures.hindrances
    solved = hindrances.next_step(asked.bound, asked.by)
    next_step = None
    if solved:
        freed = hindrances.held(asked.bound)[solved]  # nothing smaller occurs, see ``next_step``
        next_step = rows_freed(freed, asked.bound, scope, solved)
    return UnitRow(
        label=scope.label,
        value=scope.value,
        cells=tuple(
            Cell(
                f"{hindrances.having(aspect).procedure_count:,}",
                rows_url("hindered", scope, obstacle=aspect.value),
            )
            for aspect in Aspect
        ),
        free=linked(hindrances.free, "free", scope),
        next_step=next_step,
        next_label=words(solved) if solved else "",
    )
