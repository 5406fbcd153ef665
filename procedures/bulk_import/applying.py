"""Doing what a stored preview says: one transaction, once, by the person who looked at it."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from procedures.classification import DERIVED_FIELDS, set_classification
from procedures.models import ImportRow, ImportRun, Procedure, Source, User
from procedures.numbering import automatic_numbers
from procedures.permissions import check_can_import
from procedures.records import Origin
from procedures.spreadsheet.keys import heading_key

from .comparing import facts_after
from .parts import Part, ProcedurePart, parts

Outcome = ImportRow.Outcome

APPLIED_ALREADY = "この取込はすでに終わっています（{state}）。もう一度取り込む必要はありません。"
NOT_YOURS = "この取込を実行できるのは、内容を確認した{person}さんです。"


class NotApplicable(Exception):
    """The run is not waiting to be applied; the sentence says why."""


class StalePreview(Exception):
    """Rows that the run would change were changed since its preview; nothing was written."""

    MESSAGE = (
        "プレビューの後に変更された手続が{count}件あります。上書きしないよう、取り込まずに"
        "止めました。もう一度比べ直して内容を確認してください。"
    )

    def __init__(self, rows: Sequence[ImportRow]) -> None:
        super().__init__(self.MESSAGE.format(count=len(rows)))
        self.rows = tuple(rows)


@transaction.atomic
def apply(run_id: int, *, by: User) -> ImportRun:
    """Applies the good rows of a previewed run; rejected ones stay out.

    Raises ``PermissionDenied`` (not the person who previewed), ``NotApplicable`` (applied
    already) or ``StalePreview``; then nothing is written.
    """
    check_can_import(by)
    run = ImportRun.objects.select_for_update(of=("self",)).get(pk=run_id)
    if run.created_by_id != by.pk:
        raise PermissionDenied(NOT_YOURS.format(person=run.created_by))
    if run.state != ImportRun.State.PREVIEWED:
        raise NotApplicable(APPLIED_ALREADY.format(state=run.get_state_display()))
    origin = Origin(by, Source.IMPORT, import_run=run)
    rows = list(run.rows.filter(outcome__in=[Outcome.NEW, Outcome.CHANGED]))
    stored = _load(rows)
    _write(run, rows, stored, origin)
    run.state = ImportRun.State.APPLIED
    run.applied_by, run.applied_at = by, origin.at
    run.save(update_fields=["state", "applied_by", "applied_at"])
    return run


def _load(rows: Sequence[ImportRow]) -> dict[int, Procedure]:
    keys = [row.procedure_id for row in rows if row.procedure_id]
    return Procedure.objects.select_for_update(of=("self",)).in_bulk(keys)


def _write(
    run: ImportRun, rows: Sequence[ImportRow], stored: dict[int, Procedure], origin: Origin
) -> None:
    chosen = parts()
    for part in chosen:
        part.load(list(stored.values()))
    _check_fresh(run, rows, stored, chosen)
    numbers = automatic_numbers(besides={row.number for row in rows})
    prepared: dict[str, list[Any]] = defaultdict(list)
    fields: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        procedure = stored.get(row.procedure_id) or Procedure()
        objects = _prepare(row, procedure, chosen, origin)
        if not procedure.number:
            procedure.number = next(numbers)
        for part in chosen:
            prepared[part.key] += objects[part.key]
            fields[part.key] |= set(row.changes.get(part.key, ()))
    fields[ProcedurePart.key] |= {"name_key", *DERIVED_FIELDS}
    for part in chosen:
        part.write(prepared[part.key], fields[part.key], origin)


def _prepare(
    row: ImportRow, procedure: Procedure, chosen: Sequence[Part], origin: Origin
) -> dict[str, list[Any]]:
    objects = {
        part.key: list(part.prepare(procedure, row.changes[part.key], origin))
        if part.key in row.changes
        else []
        for part in chosen
    }
    touches_inventory = any(part.is_inventory and part.key in row.changes for part in chosen)
    if touches_inventory:
        # A change of a basis, a volume or an exemption is a change of its procedure.
        objects[ProcedurePart.key] = [procedure]
        set_classification(procedure, facts_after(procedure, chosen, objects))
    return objects


def _check_fresh(
    run: ImportRun,
    rows: Sequence[ImportRow],
    stored: dict[int, Procedure],
    chosen: Sequence[Part],
) -> None:
    """What the preview showed must still hold.

    A value that would be overwritten is the one it showed; a new row is no procedure that came
    into the inventory since.
    """
    since = Procedure.objects.filter(pk__gt=run.newest_procedure)
    keys = {key for procedure in since for key in _identities(procedure)}
    stale = []
    for row in rows:
        if row.outcome == Outcome.NEW:
            is_stale = _identities(_drafted(row))[0] in keys
        else:
            procedure = stored.get(row.procedure_id)
            is_stale = procedure is None or _differs(row, procedure, chosen)
        if is_stale:
            stale.append(row)
    if stale:
        raise StalePreview(stale)


def _drafted(row: ImportRow) -> Procedure:
    """The new procedure that a row describes, in memory."""
    procedure = Procedure()
    ProcedurePart().prepare(procedure, row.changes[ProcedurePart.key], None)
    return procedure


def _identities(procedure: Procedure) -> list[tuple[str, object, str]]:
    """The keys by which the comparison finds a procedure again, the one it tries first in front."""
    keys: list[tuple[str, object, str]] = []
    if procedure.number:
        keys.append(("number", None, heading_key(procedure.number)))
    if procedure.national_id:
        keys.append(("national_id", None, heading_key(procedure.national_id)))
    keys.append(("name", procedure.division_id, procedure.name_key))
    return keys


def _differs(row: ImportRow, procedure: Procedure, chosen: Sequence[Part]) -> bool:
    for part in chosen:
        changes = row.changes.get(part.key)
        if not changes:
            continue
        now = part.state(procedure)
        if any(now.get(name) != old for name, (old, _) in changes.items()):
            return True
    return False
