"""The lists of procedures: the team's own, and the whole office's."""

from datetime import date

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from procedures.models import Department, Division, Procedure, User
from procedures.permissions import rights_of
from tracking.distribution import awaited_sheets
from tracking.filters import ProcedureFilter
from tracking.rows import list_rows, shown
from tracking.selections import SELECTIONS
from tracking.stats import EXCLUDED_SETS, figures

ROWS_PER_PAGE = 50
TEAM, OFFICE = "team", "list"
# The work queue, in the order in which a team looks at it.
QUEUE = ("overdue", "behind_national", "incomplete", "stale", "warned", "unfinished", "target")
NEEDS_A_LOOK = {"overdue", "behind_national"}


@require_GET
def team(request: HttpRequest) -> HttpResponse:
    """The procedures of the person's own departments, with what waits on top."""
    departments = Department.objects.filter(pk__in=rights_of(request.user).department_ids)
    context = {"departments": list(departments), "shown_on": TEAM}
    if departments:
        on = timezone.localdate()
        context |= _listing(request, TEAM, on) | queue_context(request.user, on)
        context |= {"today": on, "awaited": awaited_sheets([row.pk for row in departments])}
    return render(request, "tracking/team.html", context)


@require_GET
def procedure_list(request: HttpRequest) -> HttpResponse:
    """Every procedure of the office."""
    context = {"shown_on": OFFICE} | _listing(request, OFFICE, timezone.localdate())
    return render(request, "tracking/procedure_list.html", context)


def columns_of(shown_on: str, user: User) -> dict[str, object]:
    """Which columns the list that is ``shown_on`` a page has for ``user``, and how many."""
    is_one_department = shown_on == TEAM and len(rights_of(user).department_ids) == 1
    return {"has_department": not is_one_department, "columns": 10 if is_one_department else 11}


def matching(
    query: QueryDict, shown_on: str, user: User, on: date, pk: int | None = None
) -> ProcedureFilter:
    """The list that is ``shown_on`` a page as ``query`` filters it; with ``pk`` that row of it."""
    procedures = _readable(shown_on, user)
    if pk is not None:
        procedures = procedures.filter(pk=pk)
    filterset = ProcedureFilter(query, queryset=shown(procedures, on))
    if shown_on == TEAM:
        _narrow(filterset, rights_of(user).department_ids)
    return filterset


def queue_context(user: User, on: date) -> dict[str, object]:
    """The work queue of the person's team: each named set with its count, and the figures."""
    team_figures = figures(_readable(TEAM, user), on=on)
    return {
        "team_figures": team_figures,
        "queue": [
            (key, SELECTIONS[key].label, team_figures.counts[key], key in NEEDS_A_LOOK)
            for key in QUEUE
        ],
        "left_out": [
            (key, SELECTIONS[key].label, team_figures.counts[key]) for key in EXCLUDED_SETS
        ],
    }


def _readable(shown_on: str, user: User) -> QuerySet[Procedure]:
    procedures = Procedure.objects.visible_to(user)
    if shown_on == TEAM:
        return procedures.filter(department__in=rights_of(user).department_ids)
    return procedures


def _narrow(filterset: ProcedureFilter, departments: frozenset[int]) -> None:
    """Leaves only the choices among the team's own departments."""
    if len(departments) == 1:
        del filterset.filters["department"]
    else:
        filterset.filters["department"].queryset = Department.objects.filter(pk__in=departments)
    divisions = Division.objects.filter(department__in=departments)
    filterset.filters["division"].queryset = divisions.select_related("department")


def _listing(request: HttpRequest, shown_on: str, on: date) -> dict[str, object]:
    filterset = matching(request.GET, shown_on, request.user, on)
    page = Paginator(filterset.rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    chosen = request.GET.get("set", "")
    return {
        "filter": filterset,
        "page_obj": page,
        "rows": list_rows(page, user=request.user),
        "querystring": f"{query.urlencode()}&" if query else "",
        "chosen_set": SELECTIONS[chosen].label if chosen in SELECTIONS else "",
        "next": request.get_full_path(),
        **columns_of(shown_on, request.user),
    }
