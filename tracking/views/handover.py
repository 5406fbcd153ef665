"""担当の引継ぎ: from one person to another, and the printable sheet of a department."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from procedures.models import Department, Procedure, User
from procedures.permissions import can_hand_over, check_can_hand_over, rights_of
from procedures.records import StaleVersion
from tracking.actions.handover import (
    Holdings,
    HoldingsChanged,
    charges,
    check_can_see_sheet,
    hand_over,
    holdings,
    sheet,
)
from tracking.forms.fields import add_errors, is_key
from tracking.forms.handover import DepartmentForm, HandoverForm

from .figures import counts, rows_url, scope_of

SAMPLE = 100
HANDED_OVER = (
    "「{source}」さんの計画{plans}件と課題{issues}件の担当を、「{target}」さんに引き継ぎました。"
)
# What stands on the sheet, in the order in which somebody new looks at it.
SHEET_SETS = (
    *("target", "online", "unfinished", "overdue", "behind_national", "no_target_date"),
    *("to_confirm", "issue_due", "asked", "asking", "exemption_proposed", "incomplete"),
)


@require_http_methods(["GET", "POST"])
def handover(request: HttpRequest) -> HttpResponse:
    """From whom to whom (GET, which shows what it would be), and the act itself (POST)."""
    check_can_hand_over(request.user)
    sent = request.POST if request.method == "POST" else request.GET
    offered = _departments(request.user)
    department = _chosen(sent.get("department", ""), offered)
    if department is None:
        return _ask_department(request, offered)
    check_can_hand_over(request.user, department)
    is_sent = request.method == "POST" or "target" in request.GET
    form = HandoverForm(
        sent if is_sent else None,
        charges=charges(department),
        initial={"source": request.GET.get("source", "")},
    )
    if not form.is_valid():
        return _page(request, department, form, status=422 if is_sent else 200)
    if request.method == "POST":
        return _hand_over(request, department, form)
    return _page(request, department, form, held=_held(department, form))


@require_GET
def handover_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """引継書: what a successor has to know of the department's procedures, for paper too."""
    department = get_object_or_404(Department, pk=pk)
    check_can_see_sheet(request.user, department)
    on = timezone.localdate()
    found = sheet(department, on)
    context = {
        "department": department,
        "today": on,
        "sheet": found,
        "counts": counts(SHEET_SETS, found.figures, scope_of(department)),
        "unfinished_url": rows_url("unfinished", scope_of(department)),
        "may_hand_over": can_hand_over(request.user, department),
    }
    return render(request, "tracking/handover_sheet.html", context)


def _departments(user: User) -> QuerySet[Department]:
    """Those in which ``user`` may hand over and which have procedures."""
    owned = Procedure.objects.in_force().filter(department=OuterRef("pk"))
    departments = Department.objects.filter(Exists(owned))
    rights = rights_of(user)
    if rights.is_office_wide:
        return departments
    return departments.filter(pk__in=rights.leader_department_ids)


def _chosen(wanted: str, offered: QuerySet[Department]) -> Department | None:
    """The department that is asked for, or the only one that there is to choose."""
    if wanted.isdecimal():
        if not is_key(wanted):
            raise Http404
        return get_object_or_404(Department, pk=wanted)
    only = list(offered[:2])
    return only[0] if len(only) == 1 else None


def _ask_department(request: HttpRequest, offered: QuerySet[Department]) -> HttpResponse:
    is_sent = request.method == "POST"
    form = DepartmentForm(request.POST if is_sent else None, departments=offered)
    context = {"department_form": form, "department": None, "has_any": bool(offered)}
    return render(request, "tracking/handover.html", context, status=422 if is_sent else 200)


def _hand_over(request: HttpRequest, department: Department, form: HandoverForm) -> HttpResponse:
    source, target = form.cleaned_data["source"], form.cleaned_data["target"]
    plans, issues = form.counts
    try:
        act = hand_over(
            department=department,
            source=source,
            target=target,
            counts=form.counts,
            by=request.user,
        )
    except (HoldingsChanged, StaleVersion):
        notice, held = HoldingsChanged.MESSAGE, _held(department, form)
        return _page(request, department, form, held=held, notice=notice, status=409)
    except ValidationError as error:
        add_errors(form, error)
        return _page(request, department, form, status=422)
    sentence = HANDED_OVER.format(source=source, target=target, plans=plans, issues=issues)
    messages.success(request, sentence)
    return redirect("act_detail", act.pk)


def _held(department: Department, form: HandoverForm) -> Holdings:
    return holdings(department, form.cleaned_data["source"])


def _page(
    request: HttpRequest,
    department: Department,
    form: HandoverForm,
    *,
    held: Holdings | None = None,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    """The form, or with ``held`` what it would hand over."""
    team = department.memberships.filter(user__is_active=True).select_related("user")
    procedures = held.procedures if held else []
    context = {
        "department": department,
        "form": form,
        "names": sorted({str(row.user) for row in team}),
        "held": held,
        "procedure_count": len(procedures),
        "sample": procedures[:SAMPLE],
        "notice": notice,
        "is_choosable": _departments(request.user).count() > 1,
    }
    return render(request, "tracking/handover.html", context, status=status)
