"""The paper of an edition as a page for printing, as PDF and as a workbook."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from procedures.permissions import check_can_see_dashboard
from procedures.resources import XLSX, download
from tracking.distribution import safe_name
from tracking.editions import UnreadableEdition, content_of
from tracking.models import Edition
from tracking.paper import pdf
from tracking.paper.composing import Paper, paper_of
from tracking.paper.workbook import write_workbook

PDF = "application/pdf"
NO_PDF = (
    "このサーバーではPDFファイルを作れません。「印刷」を押し、印刷先に「PDFに保存」を選ぶと、同じ"
    "資料をPDFにできます。"
)
UNREADABLE = "この版の内容を読み取れないため、資料を作れません。"


@require_GET
def edition_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The paper alone, for a browser's print on A4."""
    edition, paper = _edition(request, pk)
    if paper is None:
        return _refused(request, edition)
    return render(request, "tracking/edition_print.html", {"edition": edition, "paper": paper})


@require_GET
def edition_pdf(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The paper as PDF; where none can be made, the page for printing says how to get one."""
    edition, paper = _edition(request, pk)
    if paper is None:
        return _refused(request, edition)
    if not pdf.is_available():
        messages.info(request, NO_PDF)
        return redirect("edition_print", edition.pk)
    # Without the request: the same edition is the same file, whoever asks for it.
    html = render_to_string("tracking/edition_pdf.html", {"edition": edition, "paper": paper})
    return download(
        lambda file: pdf.write_pdf(file, html, identifier=edition.digest),
        file_name=_file_name(edition, "pdf"),
        content_type=PDF,
    )


@require_GET
def edition_workbook(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The paper as a workbook."""
    edition, paper = _edition(request, pk)
    if paper is None:
        return _refused(request, edition)
    return download(
        lambda file: write_workbook(file, paper, edition.frozen_at),
        file_name=_file_name(edition, "xlsx"),
        content_type=XLSX,
    )


def _edition(request: HttpRequest, pk: int) -> tuple[Edition, Paper | None]:
    """The edition, and its paper unless somebody has made it unreadable."""
    check_can_see_dashboard(request.user)
    edition = get_object_or_404(Edition.objects.defer("rows"), pk=pk)
    try:
        return edition, paper_of(content_of(edition.content), edition.digest)
    except UnreadableEdition:
        return edition, None


def _refused(request: HttpRequest, edition: Edition) -> HttpResponse:
    messages.error(request, UNREADABLE)
    return redirect("edition_detail", edition.pk)


def _file_name(edition: Edition, ending: str) -> str:
    return f"{safe_name(edition.title)}_{edition.reference_date.isoformat()}.{ending}"
