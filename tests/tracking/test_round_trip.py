"""A workbook goes out, people edit on both sides, it comes back: nothing overwritten silently.

Property-based: what the preview says is compared, cell by cell, with an independent reading of the
three values (as exported, as it is now, as in the sheet). ``DX_TEST_ROUND_TRIPS`` makes them as
many as one likes.
"""

import contextlib
import io
import os
from collections.abc import Iterator
from datetime import date
from typing import Any

import openpyxl
import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procedures import bulk_import
from procedures.actions import BasisDraft, replace_legal_bases, set_volume
from procedures.classification import differences
from procedures.models import ImportRow, LegalBasis, Procedure, Source, YearlyVolume
from procedures.spreadsheet.columns import CLEAR_WORD
from tests import factories
from tracking.actions.plans import save_row
from tracking.export import FORMATS
from tracking.models import MigrationPlan

pytestmark = pytest.mark.django_db
Outcome = ImportRow.Outcome
TODAY = date(2026, 11, 24)
PROCEDURES = 2

# heading → part, field, the value that goes out, and what each side may make of it: a written cell
# and the stored value that it stands for (JSON). None on the sheet is a cell that nobody touched.
CELLS: dict[str, tuple[str, str, Any, dict[str, Any]]] = {
    "手続名": (
        "procedure", "name", None,
        {"転入の届出": "転入の届出", "転居の届出": "転居の届出"},
    ),
    "備考": (
        "procedure", "note", "備考零",
        {"備考一": "備考一", "備考二": "備考二", CLEAR_WORD: ""},
    ),
    "対面": (
        "procedure", "in_person", "unknown",
        {"要": "offline", "不要": "not_needed", "オンライン可": "online"},
    ),
    "条項": ("legal_basis", "article", "第3条", {"第4条": "第4条", CLEAR_WORD: ""}),
    "年間件数": ("volume", "2025.total", 100, {200: 200, "不明": None}),
    "担当者": ("plan", "assignee", "山田", {"佐藤": "佐藤", "鈴木": "鈴木", CLEAR_WORD: ""}),
    "目標日": (
        "plan", "target_date", "2027-03-31",
        {date(2028, 3, 31): "2028-03-31", CLEAR_WORD: None},
    ),
}  # fmt: skip

untouched = st.none()
edits = st.lists(
    st.fixed_dictionaries(
        {heading: st.one_of(untouched, st.sampled_from(list(choices)))
         for heading, (_, _, _, choices) in CELLS.items()}
    ),
    min_size=PROCEDURES,
    max_size=PROCEDURES,
)  # fmt: skip


@contextlib.contextmanager
def taken_back() -> Iterator[None]:
    """Whatever is written within is gone afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def make_procedures() -> list[Procedure]:
    department = factories.DepartmentFactory()
    made = []
    for _ in range(PROCEDURES):
        procedure = factories.ProcedureFactory(department=department, note="備考零")
        factories.VolumeFactory(procedure=procedure, fiscal_year=2025, total=100)
        # Last, as it counts as a change of the procedure too, like every writer's.
        factories.LegalBasisFactory(procedure=procedure, name="試験条例", article="第3条")
        factories.PlanFactory(procedure=procedure, assignee="山田", target_date=date(2027, 3, 31))
        made.append(procedure)
    return made


def export(ending: str) -> bytes:
    file = io.BytesIO()
    FORMATS[ending].write(file, Procedure.objects.order_by("pk"), TODAY)
    return file.getvalue()


def edited_sheet(content: bytes, sheet_edits: list[dict[str, Any]]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    columns = {cell.value: cell.column for cell in sheet[1]}
    for row, cells in enumerate(sheet_edits, start=2):
        for heading, value in cells.items():
            if value is not None:
                sheet.cell(row, columns[heading]).value = value
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def edit_on_screen(procedure: Procedure, cells: dict[str, Any], by) -> None:
    """The other side's edits, each through its own writer."""
    said = {
        CELLS[heading][:2]: CELLS[heading][3][value]
        for heading, value in cells.items()
        if value is not None
    }
    answers = {field: value for (part, field), value in said.items() if part == "procedure"}
    plan = {field: value for (part, field), value in said.items() if part == "plan"}
    if plan.get("target_date"):
        plan["target_date"] = date.fromisoformat(plan["target_date"])
    stored = MigrationPlan.objects.get(procedure=procedure)
    procedure.refresh_from_db()
    save_row(
        procedure_id=procedure.pk, answers=answers, plan=plan, procedure_version=procedure.version,
        plan_version=stored.version, by=by, source=Source.INLINE,
    )  # fmt: skip
    procedure.refresh_from_db()
    for (part, _), value in said.items():
        if part == "legal_basis":
            basis = LegalBasis.objects.get(procedure=procedure)
            draft = BasisDraft(
                level=basis.level, name=basis.name, article=value, is_primary=True, pk=basis.pk
            )
            replace_legal_bases(
                procedure_id=procedure.pk, bases=[draft], version=procedure.version, by=by
            )
            procedure.refresh_from_db()
        if part == "volume":
            set_volume(
                procedure_id=procedure.pk, fiscal_year=2025, total=value, online=None,
                certainty="actual", version=procedure.version, by=by,
            )  # fmt: skip
            procedure.refresh_from_db()


def expected(procedure: Procedure, sheet: dict[str, Any], screen: dict[str, Any]):
    """What the three values of each cell ask for, read independently of the program."""
    changes: dict[tuple[str, str], list[Any]] = {}
    conflicts: dict[tuple[str, str], dict[str, Any]] = {}
    for heading, (part, field, base, meaning) in CELLS.items():
        base = procedure.name if heading == "手続名" else base
        file = base if sheet[heading] is None else meaning[sheet[heading]]
        now = base if screen[heading] is None else meaning[screen[heading]]
        if file in (base, now):
            continue
        if now == base:
            changes[part, field] = [now, file]
        else:
            conflicts[part, field] = {"base": base, "now": now, "file": file}
    return changes, conflicts


def flat(nested: dict[str, dict[str, Any]]) -> dict[tuple[str, str], Any]:
    return {(part, field): value for part, fields in nested.items()
            for field, value in fields.items()}  # fmt: skip


@pytest.mark.once
@settings(
    max_examples=int(os.environ.get("DX_TEST_ROUND_TRIPS", "24")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(sheet=edits, screen=edits, takes_file=st.booleans())
def test_every_cell_is_compared_three_ways(sheet, screen, takes_file, administrator):
    with taken_back():
        procedures = make_procedures()
        names = [procedure.name for procedure in procedures]
        file = edited_sheet(export("xlsx"), sheet)
        for procedure, cells in zip(procedures, screen, strict=True):
            edit_on_screen(procedure, cells, administrator)
        run = bulk_import.preview(ContentFile(file), file_name="returned.xlsx", by=administrator)
        rows = list(run.rows.order_by("row_number"))
        wanted = []
        for place, row in enumerate(rows):
            procedures[place].name = names[place]
            changes, conflicts = expected(procedures[place], sheet[place], screen[place])
            wanted.append((changes, conflicts))
            assert row.outcome in (Outcome.CHANGED, Outcome.UNCHANGED), row.problems
            assert flat(row.changes) == changes
            assert flat(row.conflicts) == conflicts
        bulk_import.decide_rest(
            run, bulk_import.FILE if takes_file else bulk_import.NOW, by=administrator
        )
        bulk_import.apply(run.pk, by=administrator, confirmed=True)
        for place, (changes, conflicts) in enumerate(wanted):
            assert_written(procedures[place], screen[place], changes, conflicts, takes_file)
        assert not list(differences(Procedure.objects.all()))


def assert_written(procedure, screen, changes, conflicts, takes_file) -> None:
    stored = {
        "procedure": Procedure.objects.get(pk=procedure.pk),
        "legal_basis": LegalBasis.objects.get(procedure=procedure),
        "volume": YearlyVolume.objects.get(procedure=procedure),
        "plan": MigrationPlan.objects.get(procedure=procedure),
    }
    for heading, (part, field, base, meaning) in CELLS.items():
        base = procedure.name if heading == "手続名" else base
        value = base if screen[heading] is None else meaning[screen[heading]]
        if (part, field) in changes:
            value = changes[part, field][1]
        elif (part, field) in conflicts and takes_file:
            value = conflicts[part, field]["file"]
        found = getattr(stored[part], field.split(".")[-1])
        assert (found.isoformat() if isinstance(found, date) else found) == value, heading


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_an_unedited_file_changes_nothing_whatever_happened_meanwhile(ending, administrator):
    procedures = make_procedures()
    content = export(ending)
    for procedure in procedures:
        edit_on_screen(
            procedure,
            {heading: next(iter(choices)) for heading, (*_, choices) in CELLS.items()},
            administrator,
        )
    before = Procedure.history.count()
    run = bulk_import.preview(
        ContentFile(content), file_name=f"returned.{ending}", by=administrator
    )
    assert run.counts[Outcome.UNCHANGED] == PROCEDURES
    bulk_import.apply(run.pk, by=administrator)
    assert Procedure.history.count() == before
