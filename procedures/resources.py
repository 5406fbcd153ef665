"""What leaves the program as a workbook."""

import io

from django.utils import timezone

from .models import ApplicationService, Department, Division
from .spreadsheet.writing import write_template


def template_workbook() -> bytes:
    """The empty workbook with the office's departments, divisions and services in its lists."""
    today = timezone.localdate()
    divisions: dict[int, list[str]] = {}
    for division in Division.objects.current(today):
        divisions.setdefault(division.department_id, []).append(division.name)
    file = io.BytesIO()
    write_template(
        file,
        departments=[
            (department.name, divisions.get(department.pk, []))
            for department in Department.objects.current(today)
        ],
        services=[service.name for service in ApplicationService.objects.all()],
    )
    return file.getvalue()
