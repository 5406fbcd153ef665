"""The lists of procedures: the team's own, and the whole office's."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from procedures.models import Department, Division, Procedure, User
from procedures.permissions import can_create, rights_of
from tracking.actions.personal import chosen_columns
from tracking.actions.reminders import unseen
from tracking.distribution import awaited_sheets
from tracking.filters import OPEN, ListFilter, ProcedureFilter, filter_for
from tracking.list_columns import STANDARD, Column, columns_named
from tracking.models import ListName
from tracking.rows import Table, rows_html, table_rows
from tracking.selections import SELECTIONS, with_progress
from tracking.succession import ended
from tracking.work_queue import team_figures, what_to_do, work_queue

from .saved_filters import offered_filters

ROWS_PER_PAGE = 25
TEAM, OFFICE = ListName.TEAM.value, ListName.OFFICE.value
UNFOLDED = ("conditions", "figures")
"""What an address asks to be shown beside the list; not part of the list's own address."""
_PROGRESS = with_progress(Procedure.objects.all())  # put together once, see tracking.prepared


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a column: the address that sorts by it, and how the list is sorted by it now.

    ``direction`` is the value of ``aria-sort``, "" where the list is sorted otherwise.
    """

    column: Column
    address: str = ""
    direction: str = ""


@vary_on_headers("HX-Request")
@require_GET
def team(request: HttpRequest) -> HttpResponse:
    """The procedures of the person's own departments, with what waits on top."""
    departments = Department.objects.filter(pk__in=rights_of(request.user).department_ids)
    context = {"departments": list(departments), "shown_on": TEAM}
    if departments:
        on = timezone.localdate()
        queue = queue_context(request.user, on, with_figures=request.GET.get("figures") == OPEN)
        context |= queue | _listing(request, TEAM, on, total=queue["queue"].total)
        context["today"] = on
        context["awaited"] = awaited_sheets([row.pk for row in departments])
        context["reminder"] = unseen(request.user)
    return render(request, "tracking/team.html", context)


@vary_on_headers("HX-Request")
@require_GET
def procedure_list(request: HttpRequest) -> HttpResponse:
    """Every procedure of the office."""
    context = {"shown_on": OFFICE} | _listing(request, OFFICE, timezone.localdate())
    return render(request, "tracking/procedure_list.html", context)


def standard_columns(shown_on: str, user: User) -> tuple[str, ...]:
    """The columns of the list for who has chosen none: without 部局室 where all rows are of one."""
    is_one_department = shown_on == TEAM and len(rights_of(user).department_ids) == 1
    return tuple(key for key in STANDARD if not (is_one_department and key == "department"))


def table_of(
    user: User, shown_on: str, list_url: str, query: QueryDict, *, is_alone: bool = False
) -> Table:
    """The table that ``user`` sees ``shown_on`` a list at ``list_url``, which shows ``query``.

    With ``is_alone``, or shown on another page, its rows stand without the forms of the list.
    """
    rights = rights_of(user)
    is_list = shown_on in (TEAM, OFFICE)
    keys = chosen_columns(user, shown_on) if is_list else None
    return Table(
        columns=columns_named(standard_columns(shown_on, user) if keys is None else keys),
        rights=rights,
        shown_on=shown_on,
        next=list_url,
        chosen=query.get("set", ""),
        has_forms=is_list and not is_alone and can_create(user),
    )


def matching(
    query: QueryDict, shown_on: str, user: User, on: date, pk: int | None = None
) -> ListFilter:
    """The list that is ``shown_on`` a page as ``query`` filters it; with ``pk`` that row of it."""
    procedures = _PROGRESS.visible_to(user)
    if pk is not None:
        procedures = procedures.filter(pk=pk)
    if shown_on != TEAM:
        return filter_for(query)(query, queryset=procedures)
    departments = rights_of(user).department_ids
    filterset = filter_for(query)(query, queryset=procedures.filter(department__in=departments))
    if len(departments) == 1:
        filterset.usual_order = "division"
    if isinstance(filterset, ProcedureFilter):
        _narrow(filterset, departments)
    return filterset


def queue_context(user: User, on: date, *, with_figures: bool) -> dict[str, Any]:
    """The work queue of the person's team, and where the team stands if that is unfolded."""
    departments = rights_of(user).department_ids
    figures = team_figures(departments, on) if with_figures else None
    return {"queue": work_queue(departments, on), "figures": figures}


def querystring(query: QueryDict, *names: str) -> str:
    """The query of an address of the first page, without ``names``: empty, or ending in "&"."""
    rest = _rest(query, (*UNFOLDED, "page", *names))
    return f"{rest}&" if rest else ""


def headings(table: Table, query: QueryDict | None = None) -> Iterator[Heading]:
    """The headings of a list that shows ``query``; without one they do not sort."""
    sorted_by = query.get("sort", "") if query else ""
    rest = querystring(query, "sort") if query else ""
    for column in table.columns:
        if query is None or not column.sort:
            yield Heading(column)
        elif sorted_by == column.sort:
            yield Heading(column, f"?{rest}sort=-{column.sort}", "ascending")
        else:
            direction = "descending" if sorted_by == f"-{column.sort}" else ""
            yield Heading(column, f"?{rest}sort={column.sort}", direction)


def _narrow(filterset: ProcedureFilter, departments: frozenset[int]) -> None:
    """Leaves only the choices among the team's own departments."""
    if len(departments) == 1:
        del filterset.filters["department"]
    else:
        filterset.filters["department"].queryset = Department.objects.filter(pk__in=departments)
    divisions = Division.objects.filter(department__in=departments)
    filterset.filters["division"].queryset = divisions.select_related("department")


def _listing(
    request: HttpRequest, shown_on: str, on: date, total: int | None = None
) -> dict[str, object]:
    """The list with its filter; ``total`` is how long it is unfiltered, where that is known."""
    filterset = matching(request.GET, shown_on, request.user, on)
    paginator = Paginator(filterset.rows.values_list("pk", flat=True), ROWS_PER_PAGE)
    if total is not None and not filterset.is_active:
        paginator.count = total
    page = paginator.get_page(request.GET.get("page"))
    table = table_of(request.user, shown_on, _list_url(request), request.GET)
    chosen = table.chosen if table.chosen in SELECTIONS else ""
    rows = table_rows(page, table, user=request.user, on=on)
    return {
        "filter": filterset,
        "has_conditions": isinstance(filterset, ProcedureFilter) or bool(filterset.form.errors),
        "page_obj": page,
        "table": table,
        "rows": rows,
        "rows_html": rows_html(rows),
        "headings": headings(table, request.GET),
        "querystring": querystring(request.GET),
        "is_sorted": bool(request.GET.get("sort")),
        "unsorted": querystring(request.GET, "sort"),
        "chosen_set": SELECTIONS[chosen].label if chosen else "",
        "what_to_do": what_to_do(chosen) if shown_on == TEAM else "",
        "next": table.next,
        "offered": offered_filters(request, shown_on),
        "ended": list(_ended_units(request, filterset, on)),
    }


def _ended_units(
    request: HttpRequest, filterset: ListFilter, on: date
) -> Iterator[dict[str, object]]:
    """The units that the filter names and that are no more, each with the same list of its heirs.

    One of them costs queries; no list has to wait for them otherwise.
    """
    for name in ("department", "division"):
        unit = filterset.form.cleaned_data.get(name) if filterset.form.is_valid() else None
        found = ended(unit, on) if isinstance(unit, Department | Division) else None
        if found is not None:
            rest = querystring(request.GET, "department", "division")
            yield {
                "unit": unit,
                "links": [(heir.name, f"?{rest}{name}={heir.pk}") for heir in found.heirs],
            }


def _list_url(request: HttpRequest) -> str:
    """The address of the list as it stands."""
    rest = _rest(request.GET, UNFOLDED)
    return f"{request.path}?{rest}" if rest else request.path


def _rest(query: QueryDict, names: Collection[str]) -> str:
    return urlencode({name: sent for name, sent in query.lists() if name not in names}, doseq=True)
