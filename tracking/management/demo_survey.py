"""The national survey of the demo: two editions with made-up values about the demo's procedures."""

import csv
import io

from django.core.files.base import ContentFile

from procedures import survey
from procedures.models import Procedure, User
from procedures.spreadsheet.survey_edition import EDITION_2025_07

NAMES = ("デモ用の調査（架空の値）前年版", "デモ用の調査（架空の値）")
_STATES = ("2 未実施", "1 実施済", "5 一部実施済")
_CHECKS = ("6 本人確認不要", "4 本人確認書類の提示・提出")


def load_demo_survey(*, by: User, year: int) -> None:
    """Loads an edition of the fiscal year before ``year`` and one that differs in a few facts."""
    linked = Procedure.objects.exclude(national_id="").order_by("number")
    named = linked.values_list("national_id", "name", "legal_bases__name")
    rows = list({row[0]: row for row in named}.values())
    for turn, name in enumerate(NAMES):
        file = ContentFile(_sheet(rows, turn, year).encode())
        survey.load(file, file_name=f"survey-{turn + 1}.csv", name=name, by=by)


def _sheet(rows: list[tuple[str, str, str | None]], turn: int, year: int) -> str:
    text = io.StringIO()
    keys = list(EDITION_2025_07.headings)
    writer = csv.DictWriter(text, keys, restval="-")
    writer.writerow(EDITION_2025_07.headings)
    for place, (national_id, name, law) in enumerate(rows):
        # The later edition says something else of every seventh row.
        said = place + turn if place % 7 == 0 else place
        state = _STATES[said % len(_STATES)]
        writer.writerow(
            {
                "national_id": national_id,
                "name": name,
                "basis_name": law or "-",
                "actor": "5 国民等",
                "state": state,
                "planned": f"1 {year + said // 3 % 3}年度" if state == _STATES[0] else "-",
                "identity": _CHECKS[said % len(_CHECKS)],
                "fee": "1 手数料等無し",
                "total": 1_000 * (place + 1),
                "online": 170 * (place + 1) if state != _STATES[0] else 0,
            }
        )
    return text.getvalue()
