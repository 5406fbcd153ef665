"""What leaves the program as a workbook or another file."""

import io
from collections.abc import Callable
from tempfile import TemporaryFile
from typing import IO

from django.http import FileResponse
from django.utils import timezone

from .bulk_import.lookups import Lookups
from .spreadsheet.writing import write_template

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def template_workbook() -> bytes:
    """The empty workbook with the office's departments, divisions and services in its lists."""
    known = Lookups(timezone.localdate())
    file = io.BytesIO()
    write_template(file, departments=known.unit_names, services=known.service_names)
    return file.getvalue()


def download(
    write: Callable[[IO[bytes]], None],
    *,
    file_name: str,
    content_type: str,
    row_count: int | None = None,
) -> FileResponse:
    """What ``write`` puts into a file, sent from the disk; the file is gone once it is sent.

    ``row_count`` is for the audit log.
    """
    file = TemporaryFile()  # noqa: SIM115 - the answer closes it
    try:
        write(file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    answer = FileResponse(file, as_attachment=True, filename=file_name, content_type=content_type)
    answer.row_count = row_count
    return answer
