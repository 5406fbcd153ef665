"""The division's queue of procedures without a department (所管未定), and how they get one."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from procedures import actions
from procedures.models import Department, Procedure
from procedures.permissions import check_can_assign
from tracking.filters import listed
from tracking.forms.assignment import AssignmentForm, UnassignedFilter
from tracking.forms.fields import add_errors

PAGE = 50
SAMPLE = 10
ASSIGNED = "{count}件の所管を「{owner}」に決めました。"
TAKEN_MEANWHILE = (
    "選んだ{chosen}件のうち{left}件は、ほかの人が先に所管を決めていたため、変えていません。"
)
COUNT_CHANGED = (
    "検索に当てはまる手続が{expected}件から{count}件に変わりました。内容を確かめてから、"
    "もう一度決めてください。"
)


@require_http_methods(["GET", "POST"])
def unassigned(request: HttpRequest) -> HttpResponse:
    """The queue, searched; ticked rows or all that match go to a department at once."""
    check_can_assign(request.user)
    queue = UnassignedFilter(
        request.GET, queryset=listed(Procedure.objects.visible_to(request.user).unassigned())
    )
    on = timezone.localdate()
    form = AssignmentForm(
        request.POST if request.method == "POST" else None,
        departments=Department.objects.current(on),
        on=on,
    )
    if not form.is_valid():
        return _page(request, queue, form, status=422 if form.is_bound else 200)
    if not form.cleaned_data["everything"]:
        return _assign(request, queue, form, form.cleaned_data["procedures"])
    matching = list(queue.rows.values_list("pk", flat=True))
    if form.cleaned_data["expected"] != len(matching):
        return _confirm(request, queue, form, len(matching))
    return _assign(request, queue, form, matching)


def _assign(
    request: HttpRequest, queue: UnassignedFilter, form: AssignmentForm, chosen: list[int]
) -> HttpResponse:
    department, division = form.cleaned_data["department"], form.cleaned_data["division"]
    try:
        count = actions.assign_department(
            procedure_ids=chosen,
            department=department,
            division=division,
            by=request.user,
            unassigned_only=True,
        )
    except ValidationError as error:
        add_errors(form, error)
        return _page(request, queue, form, status=422)
    owner = f"{department}　{division}" if division else str(department)
    messages.success(request, ASSIGNED.format(count=count, owner=owner))
    if count < len(chosen):
        left = len(chosen) - count
        messages.warning(request, TAKEN_MEANWHILE.format(chosen=len(chosen), left=left))
    return redirect(f"{request.path}?{_search(queue)}")


def _confirm(
    request: HttpRequest, queue: UnassignedFilter, form: AssignmentForm, count: int
) -> HttpResponse:
    """Asks before all that match are assigned: how many they are now, and the first of them."""
    expected = form.cleaned_data["expected"]
    changed = expected is not None
    context = {
        "form": form,
        "count": count,
        "sample": queue.rows[:SAMPLE],
        "query": queue.form.cleaned_data.get("q", ""),
        "notice": COUNT_CHANGED.format(expected=expected, count=count) if changed else "",
    }
    status = 409 if changed else 200
    return render(request, "tracking/unassigned_confirm.html", context, status=status)


def _page(
    request: HttpRequest, queue: UnassignedFilter, form: AssignmentForm, *, status: int
) -> HttpResponse:
    rows: QuerySet[Procedure] = queue.rows.prefetch_related("legal_bases")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "filter": queue,
        "form": form,
        "page_obj": page,
        "querystring": f"{_search(queue)}&" if queue.is_active else "",
        "ticked": set(form.cleaned_data.get("procedures", ())) if form.is_bound else set(),
    }
    return render(request, "tracking/unassigned.html", context, status=status)


def _search(queue: UnassignedFilter) -> str:
    word = queue.data.get("q", "")
    return urlencode({"q": word}) if word else ""
