"""What became of the edits: nothing that was acknowledged may be missing, nothing else be there."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import groupby, pairwise

from benchmarks.office import enter

from .editing import FIELDS, Edit, Outcome

PROCEDURE_FIELD, PLAN_FIELD = FIELDS.values()


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many edits were acknowledged, and what is wrong with the database, as sentences."""

    acknowledged: int
    conflicts: int
    missing: tuple[str, ...]
    """Acknowledged values that the history does not have exactly once."""
    overwritten: tuple[str, ...]
    """Values that somebody wrote over who had not seen them: lost without a word."""
    wrong: tuple[str, ...]
    """Half-written rows, links to nothing, a broken chain, a result that is not recomputed."""

    @property
    def problems(self) -> tuple[str, ...]:
        """All of them; empty where everything is as it must be."""
        return (*self.missing, *self.overwritten, *self.wrong)


def check(office: Mapping[str, str], edits: Sequence[Edit]) -> Verdict:
    """Compares what the people were told with the database; run it in a process of its own."""
    enter(office)
    from django.db import connections

    saved = [each for each in edits if each.outcome == Outcome.SAVED]
    values = {cell: _values(*cell) for cell in {(each.pk, each.field) for each in edits}}
    verdict = Verdict(
        acknowledged=len(saved),
        conflicts=sum(each.conflicts for each in edits),
        missing=tuple(_missing(saved, values)),
        overwritten=tuple(_overwritten(edits, values)),
        wrong=(*_unexpected(edits, values), *_inconsistent(), *_half_written()),
    )
    connections.close_all()
    return verdict


Cell = tuple[int, str]


def _values(pk: int, field: str) -> list[str]:
    """The values of one field in the order of their writing, without repetitions."""
    from procedures.models import Procedure
    from tracking.models import MigrationPlan

    if field == PROCEDURE_FIELD:
        rows = Procedure.history.filter(id=pk)
    else:
        rows = MigrationPlan.history.filter(procedure_id=pk)
    written = rows.order_by("history_id").values_list(field, flat=True)
    return [value for value, _ in groupby(written)]


def _missing(saved: Sequence[Edit], values: Mapping[Cell, list[str]]) -> list[str]:
    counts = {cell: Counter(written) for cell, written in values.items()}
    return [
        f"{each.value} of row {each.pk} is in the history {times} times"
        for each in saved
        if (times := counts[each.pk, each.field][each.value]) != 1
    ]


def _overwritten(edits: Sequence[Edit], values: Mapping[Cell, list[str]]) -> list[str]:
    seen = {(each.pk, each.field, each.value): each.seen for each in edits}
    return [
        f"{before} of row {cell[0]} was overwritten by {after}, who had not seen it"
        for cell, written in values.items()
        for before, after in pairwise(written)
        if before and seen.get((*cell, after), before) != before
    ]


def _unexpected(edits: Sequence[Edit], values: Mapping[Cell, list[str]]) -> list[str]:
    """Values that nobody sent, and rows that do not hold what was written last."""
    from procedures.models import Procedure
    from tracking.models import MigrationPlan

    sent = defaultdict(set)
    for each in edits:
        sent[each.pk, each.field].add(each.value)
    found = [
        f"nobody sent {value} of row {cell[0]}"
        for cell, written in values.items()
        for value in written[1:]
        if value not in sent[cell] and value
    ]
    for (pk, field), written in values.items():
        model, key = (Procedure, "pk") if field == PROCEDURE_FIELD else (MigrationPlan, "procedure")
        standing = model.objects.filter(**{key: pk}).values_list(field, flat=True).first() or ""
        if standing != (written[-1] if written else ""):
            found.append(f"row {pk} holds {standing}, its history ends with {written[-1:]}")
    return found


def _half_written() -> list[str]:
    """Rows whose version is not that of their newest history row, or whose versions have a gap."""
    from procedures.models import Procedure
    from tracking.models import MigrationPlan

    found = []
    for model in (Procedure, MigrationPlan):
        versions = defaultdict(list)
        entries = model.history.order_by("history_id").values_list("id", "version")
        for key, version in entries.iterator():
            versions[key].append(version)
        for key, version in model.objects.values_list("pk", "version").iterator():
            if versions[key] != list(range(1, version + 1)):
                found.append(f"{model.__name__} {key}: version {version}, but {versions[key]}")
    return found


def _inconsistent() -> list[str]:
    """What the program's own checks say."""
    from django.core.management import CommandError, call_command
    from django.db import DatabaseError, connection

    from procedures.audit.verification import verify

    found, output = [], StringIO()
    try:
        connection.check_constraints()
    except DatabaseError as error:
        found.append(str(error))
    try:
        call_command("check_inventory", stdout=output)
    except CommandError as error:
        found.append(f"check_inventory: {error} {output.getvalue()[:500]}")
    found += verify().problems
    return found
