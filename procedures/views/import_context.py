"""What the import's views share: loading what a person may see, its context, its refusals."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from procedures import bulk_import
from procedures.forms.runs import DeputyForm, FiscalYearForm
from procedures.forms.words import WordsForm
from procedures.import_display import readable_rows
from procedures.import_rows import Counts, RowFilter, first_worth_seeing
from procedures.models import ImportRow, ImportRun
from procedures.permissions import check_can_import, rights_of

ROWS_PER_PAGE = 100
NOTHING_TO_WRITE = "新しい行も変わる行もないため、取り込むものはありません。"
STILL_UNDECIDED = "食い違いが{count}件残っています。どちらの内容にするかを決めると、取り込めます。"
_PEOPLE = ("created_by", "deputy", "applied_by", "undone_by")
State = ImportRun.State


def load_run(request: HttpRequest, pk: int) -> ImportRun:
    """The run, if the person may see it; 404 if not. Raises ``PermissionDenied`` without a role."""
    check_can_import(request.user)
    runs = bulk_import.visible_runs(request.user).select_related(*_PEOPLE)
    return get_object_or_404(runs, pk=pk)


def load_row(request: HttpRequest, pk: int) -> ImportRow:
    """The row of a preview that the person may see, as `load_run`."""
    check_can_import(request.user)
    runs = bulk_import.visible_runs(request.user).values("pk")
    rows = ImportRow.objects.filter(run__in=runs).select_related("run__created_by", "procedure")
    return get_object_or_404(rows, pk=pk)


def is_ones_own(run: ImportRun, request: HttpRequest) -> bool:
    """Whether the person may go on with the run."""
    try:
        bulk_import.check_is_ones_own(run, request.user)
    except PermissionDenied:
        return False
    return True


def may_undo(run: ImportRun, request: HttpRequest) -> bool:
    """Whether the person may take the run back, once it is applied."""
    return run.applied_by_id == request.user.pk or rights_of(request.user).is_office_wide


@contextmanager
def refusals_shown(request: HttpRequest) -> Iterator[None]:
    """What is not possible any more becomes a message at the top of the next page."""
    try:
        yield
    except bulk_import.NotApplicable as reason:
        messages.error(request, str(reason))


def to_run(run: ImportRun, chosen: RowFilter | None = None, anchor: str = "") -> HttpResponse:
    """Goes to the run's page, there to the same rows."""
    query = f"?{chosen.query}" if chosen else ""
    return redirect(f"{reverse('import_detail', args=[run.pk])}{query}{anchor}")


def filter_of(query: QueryDict) -> RowFilter:
    """The rows that an address asks for; 404 for a filter that cannot be."""
    try:
        return RowFilter.from_query(query.dict())
    except ValueError:
        raise Http404 from None


def sent_filter(request: HttpRequest) -> RowFilter:
    """The filter of the page from which a decision was sent."""
    return filter_of(QueryDict(request.POST.get("filter", "")))


def counters(run: ImportRun, request: HttpRequest, counts: Counts | None = None) -> dict[str, Any]:
    """What of a page moves with each decision: its counts, and whether the run can be applied."""
    if counts is None:
        counts = Counts(run, sent_filter(request))
    undecided = bulk_import.undecided_count(run) if run.state == State.PREVIEWED else 0
    why_not = ""
    if undecided:
        why_not = STILL_UNDECIDED.format(count=undecided)
    elif not (run.new_count or run.changed_count):
        why_not = NOTHING_TO_WRITE
    return {
        "run": run,
        "is_own": run.state == State.PREVIEWED and is_ones_own(run, request),
        "outcome_counts": [(outcome.label, count) for outcome, count in run.counts.items()],
        "row_count": sum(run.counts.values()),
        "outcomes": counts.outcomes,
        "marks": counts.marks,
        "undecided": undecided,
        "why_not": why_not,
    }


def preview_context(request: HttpRequest, run: ImportRun) -> dict[str, Any]:
    """What the page of a run with rows shows."""
    chosen = filter_of(request.GET)
    counts = Counts(run, chosen)
    context = counters(run, request, counts)
    if not {"outcome", "mark", "q", "row"} & request.GET.keys():
        chosen = first_worth_seeing(counts, context["undecided"])
        counts.look_at(chosen)
        context |= {"outcomes": counts.outcomes, "marks": counts.marks}
    page = Paginator(chosen.rows(run), ROWS_PER_PAGE).get_page(request.GET.get("page"))
    return context | {
        "chosen": chosen,
        "page_obj": page,
        "rows": readable_rows(page.object_list),
        "querystring": f"{chosen.query}&",
        "may_undo": run.state == State.APPLIED and may_undo(run, request),
        "words_form": WordsForm(None, run.unknown_values),
        "year_form": FiscalYearForm(None, run),
        "deputy_form": DeputyForm(None, run),
    }
