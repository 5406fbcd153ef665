"""What the processes of ``tests.offices`` do: each function runs in a process of its own."""

import random
import time
from itertools import groupby
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.management import call_command

from procedures import bulk_import
from procedures.classification import differences
from procedures.editing import Conflict
from procedures.models import Department, ImportRun, LegalBasis, Procedure, Source, User
from procedures.records import StaleVersion
from tests import factories, tables
from tests.workbooks import workbook
from tracking.actions import plans
from tracking.actions.plans import save_row
from tracking.models import MigrationPlan

# Of the procedure and of its plan; edits of different ones on one row merge.
CONTESTED_FIELDS = ("note", "assignee", "hold_reason")


def migrate() -> None:
    """The tables as an office gets them, and nothing in them."""
    call_command("migrate", verbosity=0)


def set_up() -> None:
    """An office with one department and two administrators, nothing in its inventory."""
    tables.make()
    factories.DepartmentFactory(name="市民部")
    for name in ("kanri", "second"):
        factories.administrator(username=name)


def person(name: str = "kanri") -> User:
    """An administrator of the office."""
    return User.objects.get(username=name)


def listed(count: int, **changes: Any) -> list[dict[str, Any]]:
    """``count`` rows of a list that fill the procedure, its basis and its plan."""
    return [
        {
            "手続番号": f"P-{number}",
            "手続名": f"手続その{number}の申請",
            "部局室": "市民部",
            "根拠区分": "法令",
            "根拠法令": f"第{number}法",
            "担当者": "係",
            "備考": "初めの備考",
        }
        | changes
        for number in range(count)
    ]


def preview_rows(count: int, changes: dict[str, Any]) -> int:
    """The preview of ``count`` rows; returns the run."""
    file = workbook(listed(count, **changes))
    return bulk_import.preview(file, file_name="list.xlsx", by=person()).pk


def preview_by_page(count: int) -> dict[str, Any]:
    """What a page does: keeps the file, starts a process and watches; how it went and ended."""
    run = bulk_import.receive(workbook(listed(count)), file_name="list.xlsx", by=person())
    bulk_import.start(run)
    until, steps = time.monotonic() + 60, set()
    while run.is_working and not bulk_import.has_stopped(run) and time.monotonic() < until:
        time.sleep(0.02)
        run.refresh_from_db()
        steps.add(run.progress_step)
    return {"run": run.state, "new": run.new_count, "steps": sorted(steps - {""})}


def preview_file(path: str) -> int:
    """The preview of a file; returns the run."""
    with Path(path).open("rb") as file:
        return bulk_import.preview(File(file), file_name=Path(path).name, by=person()).pk


def apply(run: int, mark: str = "") -> str:
    """Applies a run; ``mark`` is a file that comes to be when this begins."""
    if mark:
        Path(mark).touch()
    try:
        bulk_import.apply(run, by=person(), confirmed=True)
    except (bulk_import.NotApplicable, bulk_import.StalePreview) as reason:
        return type(reason).__name__
    return "applied"


def apply_until_done(run: int) -> int:
    """Applies a run, comparing it again as often as somebody was faster; returns how often."""
    for attempt in range(200):
        answer = apply(run)
        if answer == "applied":
            return attempt
        bulk_import.compare_again(ImportRun.objects.get(pk=run), by=person())
    raise AssertionError("never applied")


def edit_at_random(seed: int, count: int, edits: int) -> list[list[Any]]:
    """Edits notes and assignees of random rows; returns each edit that was acknowledged."""
    chance, by, done = random.Random(seed), person("second"), []
    keys = list(Procedure.objects.order_by("pk").values_list("pk", flat=True))[:count]
    for number in range(edits):
        pk, value = chance.choice(keys), f"{seed}-{number}"
        field = chance.choice(["note", "assignee"])
        if _edited(pk, field, value, by):
            done.append([pk, field, value])
        time.sleep(chance.random() / 50)
    return done


def _edited(pk: int, field: str, value: str, by: User) -> bool:
    procedure = Procedure.objects.get(pk=pk)
    plan = MigrationPlan.objects.filter(procedure=pk).first()
    try:
        save_row(
            procedure_id=pk,
            answers={"note": value} if field == "note" else {},
            plan={"assignee": value} if field == "assignee" else {},
            procedure_version=procedure.version,
            plan_version=plan.version if plan else 0,
            by=by,
            source=Source.INLINE,
        )
    except (Conflict, StaleVersion, ValidationError):
        return False
    return True


def contested_rows(count: int) -> list[int]:
    """Makes ``count`` procedures, each with a plan, in the one department; their keys."""
    department = Department.objects.get()
    procedures = [factories.ProcedureFactory(department=department) for _ in range(count)]
    for procedure in procedures:
        factories.PlanFactory(procedure=procedure)
    return [procedure.pk for procedure in procedures]


def edit_together(
    seed: int, keys: list[int], edits: int, compares: bool, folder: str, people: int
) -> dict[str, Any]:
    """Saves ``edits`` values into random fields of the rows ``keys``, as one of ``people`` at once.

    Begins when as many files as people are in ``folder``. Each edit carries the versions that
    were read before it; one that is answered with a conflict is done anew from what is there now.
    Returns how many conflicts there were and every edit that was saved: row, field, the value
    that was seen, the value that was saved. ``compares=False`` writes without looking.
    """
    if not compares:
        plans.merged_changes = overwriting
    chance, by = random.Random(seed), person("second")
    _wait_for_all(Path(folder), seed, people)
    saved, conflicts = [], 0
    for number in range(edits):
        pk, field = chance.choice(keys), chance.choice(CONTESTED_FIELDS)
        value = f"{seed}-{number}"
        while (seen := _edited_from_seen(pk, field, value, by, chance)) is None:
            conflicts += 1
        saved.append([pk, field, seen, value])
    return {"conflicts": conflicts, "saved": saved}


def _edited_from_seen(
    pk: int, field: str, value: str, by: User, chance: random.Random
) -> str | None:
    """The value of the field that the edit was made from, or None where it met a conflict."""
    procedure = Procedure.objects.select_related("plan").get(pk=pk)
    seen = procedure.note if field == "note" else getattr(procedure.plan, field)
    time.sleep(chance.random() / 100)
    try:
        save_row(
            procedure_id=pk,
            answers={field: value} if field == "note" else {},
            plan={field: value} if field != "note" else {},
            procedure_version=procedure.version,
            plan_version=procedure.plan.version,
            by=by,
            source=Source.INLINE,
        )
    except Conflict:
        return None
    return seen


def overwriting(obj: Any, sent: dict[str, Any], version: int) -> dict[str, Any]:
    """What ``merged_changes`` would be without a look at the version: a control's."""
    return {name: value for name, value in sent.items() if getattr(obj, name) != value}


def _wait_for_all(folder: Path, seed: int, people: int) -> None:
    (folder / str(seed)).touch()
    until = time.monotonic() + 120
    while len(list(folder.iterdir())) < people:
        assert time.monotonic() < until, "the others never came"
        time.sleep(0.01)


def contested_values(keys: list[int]) -> dict[str, Any]:
    """What became of ``edit_together``: the values of each field in the order of their writing.

    By row and field, the first value first; ``count`` is how many history rows the edits left.
    """
    values = {}
    for pk in keys:
        plan = MigrationPlan.objects.get(procedure=pk)
        for field in CONTESTED_FIELDS:
            rows = Procedure.history.filter(id=pk) if field == "note" else plan.history.all()
            written = rows.order_by("history_id").values_list(field, flat=True)
            values[f"{pk} {field}"] = [value for value, _ in groupby(written)]
    inline = {"change_source": Source.INLINE}
    count = (
        Procedure.history.filter(**inline).count() + MigrationPlan.history.filter(**inline).count()
    )
    return {"values": values, "count": count}


def history_of(pk: int) -> dict[str, list[Any]]:
    """The notes and assignees of one procedure in the order in which they were written."""
    plan = MigrationPlan.objects.get(procedure=pk)
    notes = Procedure.history.filter(id=pk).order_by("history_id")
    assignees = MigrationPlan.history.filter(id=plan.pk).order_by("history_id")
    return {
        "note": [[row.version, row.note, row.change_source] for row in notes],
        "assignee": [[row.version, row.assignee, row.change_source] for row in assignees],
    }


def histories(count: int) -> dict[str, dict[str, list[Any]]]:
    """``history_of`` the first ``count`` procedures."""
    keys = Procedure.objects.order_by("pk").values_list("pk", flat=True)[:count]
    return {str(pk): history_of(pk) for pk in keys}


def state(run: int) -> dict[str, Any]:
    """What is in the inventory, and where the run stands."""
    stored = ImportRun.objects.get(pk=run)
    return {
        "run": stored.state,
        "message": stored.message,
        "procedures": Procedure.objects.count(),
        "bases": LegalBasis.objects.count(),
        "history": Procedure.history.filter(import_run=run, change_source="import").count(),
        "is_classified": not any(differences(Procedure.objects.all())),
    }


def recover(run: int) -> dict[str, Any]:
    """What the next start finds, and brings back to a waiting preview."""
    bulk_import.mark_broken_off()
    found = state(run)
    stored = ImportRun.objects.get(pk=run)
    if stored.state == ImportRun.State.APPLIED:
        bulk_import.undo(run, by=person())
        with stored.file.open() as file:
            stored = bulk_import.preview(File(file), file_name=stored.file_name, by=person())
    elif stored.state == ImportRun.State.BROKEN_OFF:
        bulk_import.compare_again(stored, by=person())
    return {"found": found, "next": stored.pk}
