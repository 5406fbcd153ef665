"""One person's long work never takes all of the server: so many such requests at once, no more.

A process answers as many requests at a time as it has threads. Whoever presses for a large file
again and again, or lets a script do it, would hold them all. The count is kept in the process, so
that it holds without a further service; with two processes a person has twice as many.
"""

from collections import Counter
from collections.abc import Callable
from threading import Lock

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

LONG = frozenset(
    {
        "audit_log_csv",
        "audit_log_verify",
        "department_workbook",
        "distributed_sheet",
        "distribution_new",
        "distribution_zip",
        "edition_new",
        "edition_pdf",
        "edition_workbook",
        "import_list",
        "past_rows",
        "policy_what_if",
        "policy_what_if_download",
        "procedure_export",
        "survey_load",
    }
)
"""The names of addresses whose answer takes seconds with a large inventory."""
AT_ONCE = 2


class FairShareMiddleware:
    """Answers 429 to a person of whom ``AT_ONCE`` requests for ``LONG`` addresses are at work."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._at_work: Counter[int] = Counter()
        self._lock = Lock()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return self.get_response(request)
        finally:
            self._release(request)

    def process_view(
        self, request: HttpRequest, view_func, view_args, view_kwargs
    ) -> HttpResponseBase | None:
        if request.resolver_match.url_name not in LONG or not request.user.is_authenticated:
            return None
        if not self._begin(request):
            return render(request, "429.html", {"at_once": AT_ONCE}, status=429)
        return None

    def _begin(self, request: HttpRequest) -> bool:
        person = request.user.pk
        with self._lock:
            if self._at_work[person] >= AT_ONCE:
                return False
            self._at_work[person] += 1
        request.at_work_for = person
        return True

    def _release(self, request: HttpRequest) -> None:
        person = getattr(request, "at_work_for", None)
        if person is None:
            return
        with self._lock:
            self._at_work[person] -= 1
            if not self._at_work[person]:
                del self._at_work[person]
