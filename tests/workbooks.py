"""Small workbooks for tests, as an office might send them."""

import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def sheet_of(rows: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """Headings in the order of their first use, then the rows."""
    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    return [headings, *([row.get(heading) for heading in headings] for row in rows)]


def workbook(rows: Sequence[Mapping[str, Any]], name: str = "list.xlsx") -> SimpleUploadedFile:
    """An uploaded workbook of one sheet, its headings in row 1."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "一覧"
    for row in sheet_of(rows):
        sheet.append(row)
    for cells in sheet.iter_rows():
        for cell in cells:
            if isinstance(cell.value, date):
                cell.number_format = "yyyy/m/d"
    file = io.BytesIO()
    book.save(file)
    return SimpleUploadedFile(name, file.getvalue(), content_type=XLSX)
