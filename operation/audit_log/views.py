"""監査ログ, for administrators: what happened, filtered, as a file, and whether it is sound."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from procedures import audit
from procedures.models import AuditEvent, Procedure
from procedures.permissions import check_can_read_audit
from procedures.resources import download
from tracking.navigation import operation

from .filters import AuditFilter, page_after
from .table import write_csv
from .verifying import is_quick, last_verification, told, verify_on_page

SHOWN_PROBLEMS = 5
MORE = "ほかの問題は、manage.py verify_audit で一覧できます。"
TOO_LARGE = (
    "記録が多いため、この画面では検証できません。"
    "サーバーで manage.py verify_audit を実行してください。"
)
NOT_EXPORTED = "この条件では書き出せません。条件を直してから、もう一度書き出してください。"


@require_GET
def audit_log(request: HttpRequest) -> HttpResponse:
    """The entries, newest first; a constant number of queries at any size."""
    check_can_read_audit(request.user)
    filterset = AuditFilter(request.GET, queryset=AuditEvent.objects.all())
    entries, place = page_after(filterset.entries, request.GET.get("after", ""))
    query = request.GET.copy()
    query.pop("after", None)
    context = {
        "filter": filterset,
        "entries": entries,
        "there": _procedures_of(entries),
        "querystring": f"{query.urlencode()}&" if query else "",
        "is_first": "after" not in request.GET,
        "place": place,
        "head": audit.head(),
        "last_verification": last_verification(),
        "operation": operation("audit_log"),
    }
    return render(request, "operation/audit_log.html", context)


@require_GET
def audit_log_csv(request: HttpRequest) -> HttpResponseBase:
    """All entries that the filter finds, as csv."""
    check_can_read_audit(request.user)
    filterset = AuditFilter(request.GET, queryset=AuditEvent.objects.all())
    if not filterset.form.is_valid():
        messages.error(request, NOT_EXPORTED)
        return redirect(f"{reverse('audit_log')}?{request.GET.urlencode()}")
    return download(
        lambda file: write_csv(file, filterset.entries),
        file_name=f"監査ログ_{timezone.localdate().isoformat()}.csv",
        content_type="text/csv; charset=utf-8",
        row_count=filterset.entries.count(),
    )


@require_POST
def audit_log_verify(request: HttpRequest) -> HttpResponse:
    """Verifies everything, where that takes seconds; else says which command does."""
    check_can_read_audit(request.user)
    if not is_quick():
        messages.warning(request, TOO_LARGE)
        return redirect("audit_log")
    found = verify_on_page(by=request.user)
    if found.ok:
        messages.success(request, told(found))
        return redirect("audit_log")
    messages.error(request, told(found))
    for problem in found.problems[:SHOWN_PROBLEMS]:
        messages.error(request, problem)
    if len(found.problems) > SHOWN_PROBLEMS:
        messages.error(request, MORE)
    return redirect("audit_log")


def _procedures_of(entries: list[AuditEvent]) -> set[int]:
    """Which of the procedures that ``entries`` are about are still there."""
    label = Procedure._meta.label_lower
    keys = {event.row_key for event in entries if event.row_model == label}
    return (
        set(Procedure.objects.filter(pk__in=keys).values_list("pk", flat=True)) if keys else set()
    )
