"""What leaves the program as a workbook."""

import io

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
