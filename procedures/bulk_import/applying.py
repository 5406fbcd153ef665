"""Doing what a stored preview says: one transaction, once, by the person who looked at it.

Everything is made ready before the write lock is taken, so that others wait for the statements
only. What moved in between is made ready anew.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import IntegrityError, models, transaction
from django.db.models import Max

from procedures.classification import DERIVED_FIELDS, set_classification
from procedures.models import ImportRow, ImportRun, Procedure, Source, User
from procedures.national_list import linkable_items
from procedures.numbering import automatic_numbers
from procedures.permissions import check_can_confirm_exemptions_by_import, rights_of
from procedures.policies import policy_in_force, policy_to_write_under
from procedures.records import Batch, Origin, StaleVersion
from procedures.rules import PolicyRevision
from procedures.spreadsheet.keys import heading_key
from procedures.spreadsheet.parsed import FileKind
from procedures.survey import refer_imported
from procedures.workers import Report, silent

from .comparing import facts_after, owners
from .garbage import undisturbed
from .matching import in_bulk
from .parts import Part, blank, parts, set_changes
from .progress import ALREADY, NotApplicable
from .runs import check_is_ones_own

Outcome = ImportRow.Outcome

UNDECIDED = "食い違いが{count}件残っています。どちらの内容にするかを決めてから取り込んでください。"
ASKED_ONCE_MORE = "確認してほしいことがあります。内容を確かめ、確認の欄にチェックを入れてください。"
_ATTEMPTS = 3  # to be ready before anything moves; then under the lock


class StalePreview(Exception):
    """Rows that the run would change were changed since its preview; nothing was written."""

    MESSAGE = (
        "プレビューの後に変更された手続が{count}件あります。上書きしないよう、取り込まずに"
        "止めました。もう一度比べ直して内容を確認してください。"
    )

    def __init__(self, rows: Sequence["PlannedRow"]) -> None:
        super().__init__(self.MESSAGE.format(count=len(rows)))
        self.places = frozenset((row.sheet, row.row_number) for row in rows)


class PlannedRow(NamedTuple):
    """One row of the preview that is to be applied."""

    sheet: str
    row_number: int
    outcome: str
    procedure_id: int | None
    number: str
    changes: Mapping[str, Mapping[str, Sequence[Any]]]

    @property
    def is_new(self) -> bool:
        """Whether it adds a procedure; one without a key may be about one that is gone."""
        return self.outcome == Outcome.NEW


def check_may_apply(run: ImportRun, by: User, *, confirmed: bool) -> None:
    """Raises ``PermissionDenied`` or ``NotApplicable`` unless ``by`` may apply ``run`` now."""
    check_is_ones_own(run, by)
    if run.confirms_exemptions:  # a deputy may have other rights
        check_can_confirm_exemptions_by_import(by)
    if run.state != ImportRun.State.PREVIEWED:
        raise NotApplicable(ALREADY.format(state=run.get_state_display()))
    undecided = undecided_count(run)
    if undecided:
        raise NotApplicable(UNDECIDED.format(count=undecided))
    if run.cautions and not confirmed:
        raise NotApplicable(ASKED_ONCE_MORE)


def undecided_count(run: ImportRun) -> int:
    """How many fields are contested and not decided yet."""
    contested = run.rows.exclude(conflicts={}).filter(left_out_from="")
    return sum(
        "choice" not in conflict
        for conflicts in contested.values_list("conflicts", flat=True)
        for fields in conflicts.values()
        for conflict in fields.values()
    )


@undisturbed()
def write(run: ImportRun, by: User, report: Report = silent) -> None:
    """Applies the good rows of a run that this process has; rejected ones stay out.

    Raises ``StalePreview``; then nothing is written.
    """
    rows = _planned(run)
    for attempt in range(_ATTEMPTS + 1):
        if attempt < _ATTEMPTS:
            ready = _made_ready(run, rows, by, report)
            report("台帳に書き込んでいます", 0, 0)
        with transaction.atomic():
            _lock(run)
            if attempt == _ATTEMPTS:
                ready = _made_ready(run, rows, by, silent)
            try:
                with transaction.atomic():
                    _write_ready(run, ready)
                    refer_imported(ready.linked, ready.origin)
            except (StaleVersion, IntegrityError):
                if attempt == _ATTEMPTS:
                    raise
                continue
            _finish(run, ready.origin)
            return


@dataclass(frozen=True, slots=True)
class _Ready:
    batch: Batch
    origin: Origin
    linked: Sequence[Procedure]  # that get another national id
    newest: int
    policy: PolicyRevision
    linkable: frozenset[int]


def _planned(run: ImportRun) -> list[PlannedRow]:
    rows = run.rows.filter(outcome__in=[Outcome.NEW, Outcome.CHANGED]).order_by("pk")
    names = PlannedRow._fields
    return [PlannedRow(*values) for values in rows.values_list(*names) if values[-1]]


def _lock(run: ImportRun) -> None:
    """Waits for other imports that are being written; makes sure that this one is still ours."""
    applying = ImportRun.objects.filter(state=ImportRun.State.APPLYING).order_by("pk")
    held = dict(applying.select_for_update().values_list("pk", "worker"))
    if held.get(run.pk) != run.worker:
        raise NotApplicable(ALREADY.format(state=run.get_state_display()))


def _write_ready(run: ImportRun, ready: _Ready) -> None:
    if Procedure.objects.filter(pk__gt=ready.newest).exists():
        raise StaleVersion  # it may be what a new row describes, or have its number
    if policy_to_write_under() != ready.policy:
        raise StaleVersion  # the rows are classified by an edition that is no more in force
    if linkable_items() != ready.linkable:
        raise StaleVersion  # the rows are linked to a national list that counts no more
    ready.batch.write()


def _finish(run: ImportRun, origin: Origin) -> None:
    run.state = ImportRun.State.APPLIED
    run.applied_by, run.applied_at = origin.by, origin.at
    run.worker, run.heard_at, run.message = "", None, ""
    run.save(update_fields=["state", "applied_by", "applied_at", "worker", "heard_at", "message"])


def _made_ready(run: ImportRun, rows: Sequence[PlannedRow], by: User, report: Report) -> _Ready:
    chosen = parts()
    newest = Procedure.objects.aggregate(newest=Max("pk"))["newest"] or 0
    stored = in_bulk([row.procedure_id for row in rows if row.procedure_id])
    for part in chosen:
        part.load(list(stored.values()))
    # After reading: whoever wrote before it has an earlier moment, so moments follow versions.
    origin = Origin(by, Source.IMPORT, import_run=run)
    _check_fresh(run, rows, stored, chosen, by)
    numbers = automatic_numbers(besides={row.number for row in rows})
    policy, linkable = policy_in_force(), linkable_items()
    collected = _Collected(chosen)
    linked: list[Procedure] = []
    refused = [row for row in rows if not _is_linkable(row, linkable)]
    for place, row in enumerate(rows):
        if place % 500 == 0:
            report("書き込む内容を用意しています", place, len(rows))
        procedure = stored.get(row.procedure_id) if row.procedure_id else blank(Procedure)
        objects = _prepare(row, procedure, chosen, policy, origin)
        if any(
            part.refuses(procedure, obj, origin)
            for part in chosen
            for obj in objects.get(part.key, ())
        ):
            refused.append(row)
        if not procedure.number:
            procedure.number = next(numbers)
        collected.add(objects, row.changes)
        # The survey itself says what its rows say; a list gives the id alone.
        if run.file_kind != FileKind.SURVEY and row.changes.get("procedure", {}).get("national_id"):
            linked.append(procedure)
    if refused:
        raise StalePreview(refused)
    return _Ready(collected.batch(origin), origin, linked, newest, policy, linkable)


class _Collected:
    """The objects of all rows by part, new and stored apart, with the fields that change."""

    def __init__(self, chosen: Sequence[Part]) -> None:
        self._parts = chosen
        self._new: dict[str, list[models.Model]] = defaultdict(list)
        self._stored: dict[str, list[models.Model]] = defaultdict(list)
        self._fields: dict[str, set[str]] = defaultdict(set)

    def add(self, objects: Mapping[str, Iterable[Any]], changes: Mapping[str, Any]) -> None:
        for key, several in objects.items():
            for obj in several:
                if obj._state.adding:
                    self._new[key].append(obj)
                else:
                    self._stored[key].append(obj)
                    self._fields[key].update(changes.get(key, ()))

    def batch(self, origin: Origin) -> Batch:
        """Everything as statements, the procedures before what belongs to them."""
        batch = Batch(origin)
        for part in self._parts:
            fields = part.written(self._fields[part.key])
            if part.model is Procedure:
                fields |= set(DERIVED_FIELDS)
            batch.insert(self._new[part.key])
            batch.update(self._stored[part.key], sorted(fields))
        return batch


def _prepare(
    row: PlannedRow,
    procedure: Procedure,
    chosen: Sequence[Part],
    policy: PolicyRevision,
    origin: Origin,
) -> dict[str, list[Any]]:
    objects = {
        part.key: list(part.prepare(procedure, row.changes[part.key], origin))
        for part in chosen
        if part.key in row.changes
    }
    if any(part.is_inventory and part.key in row.changes for part in chosen):
        # A change of a basis, a volume or an exemption is a change of its procedure.
        objects["procedure"] = [procedure]
        set_classification(procedure, facts_after(procedure, chosen, objects), policy)
    return objects


def _check_fresh(
    run: ImportRun,
    rows: Sequence[PlannedRow],
    stored: Mapping[int, Procedure],
    chosen: Sequence[Part],
    by: User,
) -> None:
    """What the preview showed must still hold.

    A value that would be overwritten is the one it showed; a new row is no procedure that came
    into the inventory since; all of it is still the person's to change.
    """
    since = Procedure.objects.filter(pk__gt=run.newest_procedure)
    keys = {key for procedure in since for key in _identities(procedure)}
    rights = rights_of(by)
    stale = [
        row
        for row in rows
        if _is_stale(row, stored, chosen, keys)
        or not all(map(rights.covers, owners(stored.get(row.procedure_id), row.changes, {})))
    ]
    if stale:
        raise StalePreview(stale)


def _is_linkable(row: PlannedRow, linkable: Collection[int]) -> bool:
    """Whether the row links nothing of the national list, or what counts now."""
    _, item = row.changes.get("procedure", {}).get("national_priority_id", (None, None))
    return item is None or item in linkable


def _is_stale(
    row: PlannedRow,
    stored: Mapping[int, Procedure],
    chosen: Sequence[Part],
    keys: set[tuple[str, object, str]],
) -> bool:
    if row.is_new:
        return bool(keys) and _identities(_drafted(row))[0] in keys
    procedure = stored.get(row.procedure_id)
    return procedure is None or _differs(row, procedure, chosen)


def _drafted(row: PlannedRow) -> Procedure:
    """The new procedure that a row describes, in memory."""
    procedure = blank(Procedure)
    set_changes(procedure, row.changes["procedure"])
    procedure.set_name_keys()
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


def _differs(row: PlannedRow, procedure: Procedure, chosen: Sequence[Part]) -> bool:
    for part in chosen:
        changes = row.changes.get(part.key)
        if not changes:
            continue
        now = part.state(procedure)
        if any(now.get(name) != old for name, (old, _) in changes.items()):
            return True
    return False
