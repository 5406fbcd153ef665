"""Small national surveys for tests, as rows of a sheet, as a book that was read, or as a file."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from procedures.spreadsheet.raw import RawBook, RawSheet
from procedures.spreadsheet.survey_edition import EDITION_2025_07
from tests.workbooks import workbook

HEADINGS = EDITION_2025_07.headings


def survey_row(number: int | str, **given: Any) -> dict[str, Any]:
    """One row by the survey's headings; ``given`` names cells by the keys of the edition."""
    usual = {
        "national_id": str(number),
        "name": f"届出{number}",
        "basis_name": "住民基本台帳法",
        "law_number": "昭和四十二年法律第八十一号",
        "basis_article": "第22条",
        "sort": "1 申請等",
        "actor": "5 国民等",
        "receiver": "3 地方等",
        "state": "2 未実施",
        "identity": "6 本人確認不要",
        "fee": "1 手数料等無し",
        "documents": "添付書類なし",
        "planned": "3 2026年度",
        "total": 1000,
        "online": 250,
    }
    return {HEADINGS[key]: value for key, value in (usual | given).items()}


def survey_book(*rows: dict[str, Any]) -> RawBook:
    """What reading a file with ``rows`` gives."""
    headings = list(HEADINGS.values())
    lines = [tuple(row.get(heading) for heading in headings) for row in rows]
    return RawBook((RawSheet("調査", [tuple(headings), *lines]),))


def survey_file(*rows: dict[str, Any], name: str = "調査.xlsx") -> SimpleUploadedFile:
    """A workbook with ``rows``."""
    return workbook(rows, name)
