"""One way to write: what changes the database stands in the writers named here only."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WRITES = {
    "save", "update", "delete", "create", "get_or_create", "update_or_create",
    "bulk_create", "bulk_update", "raw", "execute",
}  # fmt: skip
# Calls by file; each a writer of rows with history, or of rows that have none by design.
ALLOWED = {
    "procedures/records.py": {
        "batch.update",
        "self._table(objects).update",
        "model._default_manager.filter(pk__in=keys[start:start + _CHUNK]).delete",
        "table.delete",
    },
    "procedures/statements.py": {"cursor.execute"},
    # Import runs and their previews are records themselves; their histories would say nothing.
    "procedures/bulk_import/runs.py": {
        "ImportRow.objects.bulk_create",
        "ImportRun.objects.filter(pk=run.pk, state=ImportRun.State.PREVIEWED).update",
        "digest.update",  # a hash
        "run.file.save",
        "run.rows.all().delete",
        "run.save",
    },
    "procedures/bulk_import/applying.py": {"run.save"},
    "procedures/admin.py": {"formset.save"},  # commit=False: the objects go to the writers
}


def sources() -> list[Path]:
    """The program's own Python files, but those that know no database (import contract)."""
    found = [*ROOT.glob("procedures/**/*.py"), *ROOT.glob("tracking/**/*.py")]
    return sorted(path for path in found if not {"migrations", "spreadsheet"} & set(path.parts))


def writes_in(path: Path) -> set[str]:
    """The calls in ``path`` that look like writes, except those of ``records`` itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    attributes = (func for func in called if isinstance(func, ast.Attribute))
    return {ast.unparse(func) for func in attributes if func.attr in WRITES}


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_writers_write(path):
    allowed = ALLOWED.get(path.relative_to(ROOT).as_posix(), set())
    assert writes_in(path) - allowed == set()


def test_every_exception_is_still_needed():
    for name, allowed in ALLOWED.items():
        assert allowed <= writes_in(ROOT / name), name
