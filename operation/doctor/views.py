"""The page 「状態」: what the doctor finds, for administrators without a shell."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from procedures.permissions import check_can_see_status
from tracking.navigation import operation

from . import Depth, State, examine

_WORST_FIRST = [State.FAIL, State.WARN, State.OK]


@require_GET
def program_status(request: HttpRequest) -> HttpResponse:
    """The quick checks: they ask no other server, and as much of the database at any size."""
    check_can_see_status(request.user)
    findings = examine(Depth.QUICK)
    states = [finding.state for finding in findings]
    context = {
        "findings": sorted(findings, key=lambda finding: _WORST_FIRST.index(finding.state)),
        "fail_count": states.count(State.FAIL),
        "warn_count": states.count(State.WARN),
        "checked_at": timezone.now(),
        "operation": operation("program_status"),
    }
    return render(request, "operation/program_status.html", context)
