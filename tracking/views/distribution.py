"""配付: handing out the departments' workbooks, the board of what came back, and the files."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from procedures.bulk_import.lookups import Lookups
from procedures.models import Department, DistributedSheet, Distribution, ImportRun, Procedure
from procedures.permissions import can_import
from procedures.resources import XLSX, download
from tracking import distribution as distributing
from tracking.export import write_workbook
from tracking.forms.distribution import DistributionForm
from tracking.forms.fields import add_errors

PAGE = 20
DISTRIBUTED = (
    "「{name}」を{count}部局室に配付しました。表の受取りが始まらないときは、「すべての表を受け取る」"
    "を押してください。"
)
ZIP = "application/zip"
State = ImportRun.State
BADGES: dict[str, str] = {
    "": "not_started",
    State.READING: "reviewing",
    State.MAPPING: "reviewing",
    State.PREVIEWED: "reviewing",
    State.APPLYING: "testing",
    State.APPLIED: "online",
    State.UNDOING: "testing",
    State.UNDONE: "warning",
    State.DISCARDED: "warning",
    State.REFUSED: "warning",
    State.BROKEN_OFF: "error",
}
"""The look of each state on the board."""


@require_GET
def distribution_list(request: HttpRequest) -> HttpResponse:
    """Every distribution, the newest first, and how many of its workbooks are back."""
    distributing.check_can_distribute(request.user)
    rows = distributing.with_counts(Distribution.objects.select_related("created_by"))
    context = {
        "page_obj": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "today": timezone.localdate(),
    }
    return render(request, "tracking/distribution_list.html", context)


@require_http_methods(["GET", "POST"])
def distribution_new(request: HttpRequest) -> HttpResponse:
    """Says which departments are handed their workbooks until when; then the board gives them."""
    distributing.check_can_distribute(request.user)
    on = timezone.localdate()
    counts = distributing.procedure_counts()
    form = DistributionForm(
        request.POST if request.method == "POST" else None,
        counts={row: counts[row.pk] for row in Department.objects.filter(pk__in=counts)},
        on=on,
        initial={"name": distributing.suggested_name(on)},
    )
    if form.is_valid():
        try:
            made = distributing.distribute(by=request.user, **form.cleaned_data)
        except ValidationError as error:
            add_errors(form, error)
        else:
            count = len(form.cleaned_data["departments"])
            messages.success(request, DISTRIBUTED.format(name=made.name, count=count))
            return redirect(f"{reverse('distribution_detail', args=[made.pk])}?receive=zip")
    context = {"form": form, "unassigned": Procedure.objects.in_force().unassigned().count()}
    status = 422 if form.is_bound else 200
    return render(request, "tracking/distribution_new.html", context, status=status)


@require_GET
def distribution_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """配付の状況: which departments have sent theirs back. ``?receive=zip`` starts the download."""
    distributing.check_can_distribute(request.user)
    distribution = get_object_or_404(Distribution.objects.select_related("created_by"), pk=pk)
    board = distributing.board(distribution, timezone.localdate())
    context = {
        "distribution": distribution,
        "board": board,
        "rows": [(row, BADGES[row.state]) for row in board.rows],
        "can_import": can_import(request.user),
    }
    response = render(request, "tracking/distribution_detail.html", context)
    if request.GET.get("receive") == "zip":
        # A browser stays on the page when what it is sent to turns out to be a file.
        response["Refresh"] = f"0; url={reverse('distribution_zip', args=[pk])}"
    return response


@require_GET
def distribution_zip(request: HttpRequest, pk: int) -> FileResponse:
    """Every department's workbook, made from the inventory as it is now."""
    distributing.check_can_distribute(request.user)
    distribution = get_object_or_404(Distribution, pk=pk)
    return download(
        lambda file: distributing.write_zip(file, distribution, timezone.localdate()),
        file_name=distributing.file_name(distribution.name, "zip"),
        content_type=ZIP,
    )


@require_GET
def distributed_sheet(request: HttpRequest, pk: int) -> FileResponse:
    """One department's workbook of a distribution, made from the inventory as it is now."""
    sheet = get_object_or_404(DistributedSheet.objects.select_related("department"), pk=pk)
    distributing.check_can_receive(request.user, sheet.department)
    return download(
        lambda file: distributing.write_sheet(file, sheet, Lookups(timezone.localdate())),
        file_name=distributing.file_name(sheet.department.name),
        content_type=XLSX,
        row_count=sheet.row_count,
    )


@require_GET
def department_workbook(request: HttpRequest, pk: int) -> FileResponse:
    """A department's procedures in the workbook of the template, outside of any distribution."""
    department = get_object_or_404(Department, pk=pk)
    distributing.check_can_receive(request.user, department)
    procedures = distributing.procedures_of(department.pk)
    return download(
        lambda file: write_workbook(file, procedures, Lookups(timezone.localdate())),
        file_name=distributing.file_name(department.name),
        content_type=XLSX,
        row_count=procedures.count(),
    )
