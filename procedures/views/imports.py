"""The import's pages: upload, look at what it would do, apply; for administrators."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from procedures import bulk_import
from procedures.forms import UploadForm
from procedures.import_display import readable_rows
from procedures.models import ImportRow, ImportRun
from procedures.permissions import check_can_import
from procedures.resources import XLSX, template_workbook

ROWS_PER_PAGE = 100
RUNS_PER_PAGE = 50
APPLIED = "取り込みました。新規 {new}件、変更 {changed}件です。"
COLLIDED = (
    "取り込んでいる間に同じ番号の手続が登録されたため、何も書き込まずに止めました。"
    "もう一度比べ直してください。"
)
DISCARDED = "取込をやめました。台帳は変わっていません。"
COMPARED_AGAIN = "もう一度比べ直しました。内容を確認してください。"


@require_http_methods(["GET", "POST"])
def import_list(request: HttpRequest) -> HttpResponse:
    """Uploads a file (POST) and lists all imports."""
    check_can_import(request.user)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_valid():
        file = form.cleaned_data["file"]
        run = bulk_import.preview(
            file,
            file_name=file.name,
            by=request.user,
            confirms_exemptions=form.cleaned_data["confirms_exemptions"],
        )
        return redirect("import_detail", pk=run.pk)
    runs = ImportRun.objects.select_related("created_by", "applied_by")
    page = Paginator(runs, RUNS_PER_PAGE).get_page(request.GET.get("page"))
    status = 422 if form.errors else 200
    return render(
        request, "procedures/import_list.html", {"form": form, "page_obj": page}, status=status
    )


@require_GET
def import_template(request: HttpRequest) -> HttpResponse:
    """The program's own empty workbook."""
    check_can_import(request.user)
    response = HttpResponse(template_workbook(), content_type=XLSX)
    response["Content-Disposition"] = 'attachment; filename="procedures-template.xlsx"'
    return response


@require_GET
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What an import would do, or did: counts, and the rows of one outcome, paged."""
    check_can_import(request.user)
    run = get_object_or_404(ImportRun.objects.select_related("created_by", "applied_by"), pk=pk)
    chosen = request.GET.get("outcome") or _first_worth_seeing(run)
    if chosen not in ImportRow.Outcome:
        raise Http404
    rows = run.rows.filter(outcome=chosen).select_related("procedure")
    page = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "run": run,
        "outcomes": [(outcome, run.counts[outcome]) for outcome in ImportRow.Outcome],
        "chosen": ImportRow.Outcome(chosen),
        "page_obj": page,
        "rows": readable_rows(page.object_list),
        "querystring": f"outcome={chosen}&",
        "can_apply": run.state == ImportRun.State.PREVIEWED and run.created_by == request.user,
    }
    return render(request, "procedures/import_detail.html", context)


@require_POST
def import_apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Applies a previewed import in one transaction, once."""
    run = get_object_or_404(ImportRun, pk=pk)
    try:
        run = bulk_import.apply(run.pk, by=request.user)
    except (bulk_import.NotApplicable, bulk_import.StalePreview) as reason:
        messages.error(request, str(reason))
    except IntegrityError:
        messages.error(request, COLLIDED)
    else:
        messages.success(request, APPLIED.format(new=run.new_count, changed=run.changed_count))
    return redirect("import_detail", pk=pk)


@require_POST
def import_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Compares a waiting import with the inventory as it is now."""
    run = get_object_or_404(ImportRun, pk=pk)
    try:
        bulk_import.compare_again(run, by=request.user)
    except bulk_import.NotApplicable as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, COMPARED_AGAIN)
    return redirect("import_detail", pk=pk)


@require_POST
def import_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Decides not to apply a waiting import."""
    run = get_object_or_404(ImportRun, pk=pk)
    try:
        bulk_import.discard(run, by=request.user)
    except bulk_import.NotApplicable as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, DISCARDED)
    return redirect("import_list")


def _first_worth_seeing(run: ImportRun) -> str:
    order = (ImportRow.Outcome.REJECTED, ImportRow.Outcome.CHANGED, ImportRow.Outcome.NEW)
    return next((outcome for outcome in order if run.counts[outcome]), ImportRow.Outcome.UNCHANGED)
