"""The import's files: the template, the whole difference, the rows that could not come in."""

from pathlib import Path

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_GET

from procedures import import_files
from procedures.models import ImportRun
from procedures.permissions import check_can_import
from procedures.resources import XLSX, download, template_workbook
from procedures.spreadsheet.gate import Refused

from .import_context import load_run, to_run

NO_FILE_ANY_MORE = "元のファイルが保管されていないため、取り込めない行を書き出せません。"
NOTHING_REJECTED = "取り込めない行はありません。"


@require_GET
def import_template(request: HttpRequest) -> HttpResponse:
    """The program's own empty workbook."""
    check_can_import(request.user)
    response = HttpResponse(template_workbook(), content_type=XLSX)
    response["Content-Disposition"] = 'attachment; filename="procedures-template.xlsx"'
    return response


@require_GET
def import_diff(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The whole preview as a file."""
    run = load_run(request, pk)
    file_type = import_files.diff_type(run)
    return download(
        lambda file: import_files.write_diff(file, run),
        file_name=f"取込の内容_{_stem(run)}.{file_type.ending}",
        content_type=file_type.content_type,
        row_count=run.rows.count(),
    )


@require_GET
def import_rejected(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The rejected rows as a file like the one that came in, to be corrected and sent again."""
    run = load_run(request, pk)
    if not run.rejected_count:
        messages.info(request, NOTHING_REJECTED)
        return to_run(run)
    file_type = import_files.rejected_type(run)
    try:
        return download(
            lambda file: import_files.write_rejected(file, run),
            file_name=f"取り込めない行_{_stem(run)}.{file_type.ending}",
            content_type=file_type.content_type,
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
    except FileNotFoundError:
        messages.error(request, NO_FILE_ANY_MORE)
    return to_run(run)


def _stem(run: ImportRun) -> str:
    return Path(run.file_name).stem[:60]
