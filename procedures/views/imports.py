"""The import's pages: choosing a list, how far the work is, what it would do, what it did."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from procedures import bulk_import
from procedures.bulk_import.progress import STOPPED
from procedures.forms.upload import UploadForm
from procedures.import_display import progress_words, state_text
from procedures.models import ImportRun
from procedures.permissions import can_confirm_exemptions_by_import, check_can_import

from .import_context import (
    is_ones_own,
    load_run,
    may_undo,
    preview_context,
)

RUNS_PER_PAGE = 50
State = ImportRun.State
WITHOUT_ROWS = (State.MAPPING, State.REFUSED, State.BROKEN_OFF)


@require_http_methods(["GET", "POST"])
def import_list(request: HttpRequest) -> HttpResponse:
    """Takes in a file or pasted text (POST), and lists the imports that the person may see."""
    check_can_import(request.user)
    may_confirm = can_confirm_exemptions_by_import(request.user)
    data = (request.POST, request.FILES) if request.method == "POST" else ()
    form = UploadForm(*data, may_confirm=may_confirm)
    if form.is_valid():
        return _received(request, form)
    runs = bulk_import.visible_runs(request.user).select_related("created_by")
    page = Paginator(runs, RUNS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page_obj": page,
        "runs": [(run, state_text(run)) for run in page.object_list],
    }
    status = 422 if form.errors else 200
    return render(request, "procedures/import_list.html", context, status=status)


@require_GET
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One import as it stands: at work, waiting for its columns, stopped, preview or result."""
    run = load_run(request, pk)
    if run.is_working:
        return _at_work(request, run)
    is_own = is_ones_own(run, request)
    if run.state == State.MAPPING and is_own:
        return redirect("import_mapping", pk=pk)
    if run.state in WITHOUT_ROWS:
        return render(request, "procedures/import_stopped.html", {"run": run, "is_own": is_own})
    return render(request, "procedures/import_detail.html", preview_context(request, run))


@require_GET
def import_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the work is, as a part of the page; when it is over, the page is loaded again."""
    run = load_run(request, pk)
    if not request.htmx:
        return redirect("import_detail", pk=pk)
    if not run.is_working or bulk_import.has_stopped(run):
        return HttpResponseClientRefresh()
    context = {"run": run} | progress_words(run)
    return render(request, "procedures/_import_progress.html", context)


def _received(request: HttpRequest, form: UploadForm) -> HttpResponse:
    file, file_name = form.chosen(timezone.localdate())
    bulk_import.mark_broken_off()
    run = bulk_import.receive(
        file,
        file_name=file_name,
        by=request.user,
        confirms_exemptions=form.cleaned_data.get("confirms_exemptions", False),
        asks_mapping=True,
    )
    bulk_import.start(run)
    if request.htmx:
        return HttpResponseClientRedirect(reverse("import_detail", args=[run.pk]))
    return redirect("import_detail", pk=run.pk)


def _at_work(request: HttpRequest, run: ImportRun) -> HttpResponse:
    is_undo = run.state == State.UNDOING
    context = {
        "run": run,
        "stopped": STOPPED[State(run.state)] if bulk_import.has_stopped(run) else "",
        "is_undo": is_undo,
        "may_go_on": may_undo(run, request) if is_undo else is_ones_own(run, request),
    } | progress_words(run)
    return render(request, "procedures/import_working.html", context)
