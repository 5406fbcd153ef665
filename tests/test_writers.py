"""One way to write: what changes the database stands in the writers named here only."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WRITES = {
    "save", "delete", "create", "get_or_create", "update_or_create",
    "bulk_create", "bulk_update", "raw", "execute",
}  # fmt: skip
STATEMENTS = {"insert_rows", "update_rows"}  # of procedures.statements
# Calls by file; each a writer of rows with history, or of rows that have none by design.
ALLOWED = {
    "procedures/records.py": {
        "insert_rows",
        "update_rows",
        "model._default_manager.filter(pk__in=keys[start:start + _CHUNK]).delete",
    },
    "procedures/statements.py": {"cursor.execute"},
    # The edition that comes with the tables, by nobody; and a lock of a whole table.
    "procedures/policies.py": {
        "cursor.execute",
        "edition.save",
        "history.objects.create",
    },
    # A mark for whoever adds up the figures, and what was added up: made anew from the inventory.
    "procedures/changes.py": {
        "ChangedDepartment.objects.bulk_create",
        "ChangedDepartment.objects.create",
    },
    "tracking/kept_figures.py": {
        "KeptFigures.objects.bulk_create",
        "model.objects.filter(pk__in=part).delete",
    },
    "tracking/past.py": {"cursor.execute"},  # temporary tables, gone with the transaction
    # The audit log is the record; an entry is written once, and then sealed. It is written even
    # beside a GET: whoever takes a list along is noted (operation/audit_log/files.py).
    "procedures/audit/chain.py": {
        "AuditChain.objects.filter(pk=chain.pk).update",
        "chain.save",
        "event.save",
        "update_rows",
    },
    "procedures/audit/retention.py": {"gone.delete"},
    "procedures/audit/verification.py": {"cursor.execute"},  # one that reads
    "procedures/one_state.py": {"cursor.execute"},  # how much one transaction sees
    # Import runs and their previews are records themselves; their histories would say nothing.
    "procedures/bulk_import/runs.py": {
        "insert_rows",
        "run.file.save",
        "run.rows.all().delete",
        "run.save",
        "sheet.save",
    },
    # How far a piece of long work is, on the row that keeps it.
    "procedures/workers.py": {"self._mine.update"},
    "procedures/bulk_import/progress.py": {
        "ImportRun.objects.filter(pk=run.pk, state__in=states).update",
        "mine.update",
        "taken.update",
    },
    "procedures/bulk_import/working.py": {
        "ImportRun.objects.filter(pk=run.pk).update",
        "ImportRun.objects.filter(pk=run.pk, worker=run.worker).update",
    },
    "procedures/bulk_import/deciding.py": {"row.save", "run.save"},
    "procedures/bulk_import/mappings.py": {
        "RememberedMapping.objects.update_or_create",
        "run.save",
    },
    "procedures/bulk_import/applying.py": {"run.save"},
    "procedures/bulk_import/undoing.py": {"run.save"},
    # The survey is the nation's, replaced as a whole; its editions and what people put away of
    # their differences are records themselves.
    "procedures/survey/editions.py": {
        "edition.file.delete",
        "edition.file.save",
        "edition.save",
        "mine.update",
        "stopped.update",
        "waiting.update",
    },
    "procedures/survey/loading.py": {
        "SurveyEdition.objects.filter(pk=edition.pk).update",
        "SurveyProcedure.objects.all().delete",
        "insert_rows",
        "mine.update",
    },
    "tracking/actions/survey.py": {"rows.update"},
    # An act names what history rows belong together.
    "procedures/acts.py": {"act.save", "origin.act.save"},
    # Nor have the record of who was handed a workbook, and files that nobody has yet.
    "tracking/distribution.py": {
        "Distribution.objects.create",
        "DistributedSheet.objects.bulk_create",
    },
    # A reminder is a record itself: what waited for whom, mailed where, put away when.
    "tracking/actions/reminders.py": {
        "Reminder.objects.get_or_create",
        "_in_program(by).filter(day__lte=reminder.day).update",
    },
    # Evidence of an exemption: a file under the name of its content, which the history points at.
    "procedures/evidence.py": {"default_storage.save"},
    # A frozen edition is a record itself: written once, never again.
    "tracking/actions/editions.py": {"edition.save"},
    # What people set up for themselves says nothing of the inventory.
    "tracking/actions/personal.py": {
        "ColumnChoice.objects.filter(user=user, shown_on=shown_on).delete",
        "ColumnChoice.objects.update_or_create",
        "SavedFilter.objects.get_or_create",
        "saved.delete",
    },
    "procedures/admin.py": {"formset.save"},  # commit=False: the objects go to the writers
    "procedures/reference_data/files.py": {"rows.save"},  # a workbook
    "tracking/paper/workbook.py": {"book.save"},  # another
    "tracking/what_if_workbook.py": {"rows.save"},  # and one more
}


def sources() -> list[Path]:
    """The program's own Python files, but those that know no database (import contract)."""
    found = [*ROOT.glob("procedures/**/*.py"), *ROOT.glob("tracking/**/*.py")]
    return sorted(path for path in found if not {"migrations", "spreadsheet"} & set(path.parts))


def writes_in(path: Path) -> set[str]:
    """The calls in ``path`` that look like writes, by name or by what they are called on."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {ast.unparse(call.func) for call in calls if _is_write(call)}


def _is_write(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Name):
        return call.func.id in STATEMENTS
    if not isinstance(call.func, ast.Attribute):
        return False
    # A queryset's update takes names only; a dict's or a hash's takes what to add.
    return call.func.attr in WRITES or (call.func.attr == "update" and not call.args)


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_writers_write(path):
    allowed = ALLOWED.get(path.relative_to(ROOT).as_posix(), set())
    assert writes_in(path) - allowed == set()


def test_every_exception_is_still_needed():
    for name, allowed in ALLOWED.items():
        assert allowed <= writes_in(ROOT / name), name
