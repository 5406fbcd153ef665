"""The lists of procedures: the team's own, and the whole office's."""

from datetime import date

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from procedures.models import Department, Division, Procedure
from procedures.permissions import rights_of
from tracking.filters import ProcedureFilter, listed
from tracking.rows import list_rows
from tracking.selections import SELECTIONS
from tracking.stats import Figures, figures

ROWS_PER_PAGE = 50
# The work queue, in the order in which a team looks at it.
QUEUE = ("overdue", "behind_national", "incomplete", "stale", "warned", "unfinished", "target")
NEEDS_A_LOOK = {"overdue", "behind_national"}


@require_GET
def team(request: HttpRequest) -> HttpResponse:
    """The procedures of the person's own departments, with what waits on top."""
    departments = rights_of(request.user).department_ids
    own = own_procedures(request.user)
    on = timezone.localdate()
    filterset = ProcedureFilter(request.GET, queryset=listed(own))
    if len(departments) < 2:
        del filterset.filters["department"]
    else:
        filterset.filters["department"].queryset = Department.objects.filter(pk__in=departments)
    filterset.filters["division"].queryset = Division.objects.filter(
        department__in=departments
    ).select_related("department")
    context = _listing(request, filterset, on) | {
        "shown_on": "team",
        "departments": Department.objects.filter(pk__in=departments),
        **queue_context(own, on),
    }
    return render(request, "tracking/team.html", context)


@require_GET
def procedure_list(request: HttpRequest) -> HttpResponse:
    """Every procedure of the office."""
    procedures = Procedure.objects.visible_to(request.user)
    filterset = ProcedureFilter(request.GET, queryset=listed(procedures))
    context = _listing(request, filterset, timezone.localdate()) | {"shown_on": "list"}
    return render(request, "tracking/procedure_list.html", context)


def own_procedures(user) -> QuerySet[Procedure]:
    """The procedures of the departments in whose DX team ``user`` is."""
    departments = rights_of(user).department_ids
    return Procedure.objects.visible_to(user).filter(department__in=departments)


def queue_context(own: QuerySet[Procedure], on: date) -> dict[str, object]:
    """The work queue: each named set with its count, and the team's figures."""
    team_figures: Figures = figures(own, on=on)
    return {
        "team_figures": team_figures,
        "queue": [
            (key, SELECTIONS[key].label, team_figures.counts[key], key in NEEDS_A_LOOK)
            for key in QUEUE
        ],
    }


def _listing(request: HttpRequest, filterset: ProcedureFilter, on: date) -> dict[str, object]:
    page = Paginator(filterset.rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    chosen = request.GET.get("set", "")
    return {
        "filter": filterset,
        "page_obj": page,
        "rows": list_rows(page.object_list, user=request.user, on=on),
        "querystring": f"{query.urlencode()}&" if query else "",
        "chosen_set": SELECTIONS[chosen].label if chosen in SELECTIONS else "",
    }
