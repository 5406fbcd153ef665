"""Any list of procedures, as it is filtered, as a file in the import's own columns."""

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from procedures.resources import download
from tracking.export import FORMATS

from .team import OFFICE, TEAM, matching

LISTS = {TEAM: "team", OFFICE: "procedure_list"}
"""Where a list is shown → the name of its address."""
NOT_EXPORTED = "この条件や形式では書き出せません。条件を直してから、もう一度書き出してください。"


@require_GET
def procedure_export(request: HttpRequest) -> HttpResponseBase:
    """The rows of the list that ``shown_on`` names, filtered as its page is, in its order.

    What cannot be understood leads back to the list, which says what is wrong with the filter.
    """
    on = timezone.localdate()
    shown_on, ending = request.GET.get("shown_on", OFFICE), request.GET.get("format", "xlsx")
    if shown_on not in LISTS or ending not in FORMATS:
        return _refused(request)
    filterset = matching(request.GET, shown_on, request.user, on)
    if not filterset.form.is_valid():
        return _refused(request)
    return download(
        lambda file: FORMATS[ending].write(file, filterset.rows, on),
        file_name=_file_name(on, ending),
        content_type=FORMATS[ending].content_type,
        row_count=filterset.rows.count(),
    )


def _file_name(on: date, ending: str) -> str:
    return f"手続一覧_{on.isoformat()}.{ending}"


def _refused(request: HttpRequest) -> HttpResponse:
    messages.error(request, NOT_EXPORTED)
    query = request.GET.copy()
    shown_on = query.pop("shown_on", [OFFICE])[-1]
    query.pop("format", None)
    address = reverse(LISTS.get(shown_on, LISTS[OFFICE]))
    return redirect(f"{address}?{query.urlencode()}" if query else address)
