"""One edit or confirmation of many procedures: what it would do, and doing exactly that.

The preview and the write go through the same plan: what a person was shown is what is written.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.utils import timezone

from procedures import acts
from procedures.actions import (
    CHANGED_SINCE,
    check_division,
    confirm_unchanged,
    is_confirmed,
    lock_procedure,
    write_confirmation,
)
from procedures.chunks import chunks
from procedures.classification import DERIVED_FIELDS, facts_of, set_classification, with_facts
from procedures.display import Names, field_label, value_label
from procedures.models import (
    ASPECT_FIELDS,
    Act,
    ApplicationService,
    Division,
    Procedure,
    Source,
    User,
)
from procedures.permissions import can_edit, check_can_edit, rights_of
from procedures.policies import policy_in_force, policy_to_write_under
from procedures.records import UNSAVED, Batch
from procedures.rules import PolicyRevision
from tracking.consultations import agreed_pairs
from tracking.models import MigrationPlan

from .plans import check_requirements, check_service, plan_of

FACT_FIELDS = (*ASPECT_FIELDS, "division_id")
PLAN_FIELDS = (
    "status", "hold_reason", "target_date", "launched_on", "service_id", "service_reason",
    "coverage", "assignee",
)  # fmt: skip
CONFIRMATION = "変更がないことの確認"
NOTHING_YOURS = "まとめて変更や確認ができるのは、担当の部局室のDX推進チームと情報政策課です。"
ABOLISHED = "廃止された手続です。変えるときは、手続のページで変えてください。"
CHANGED_MEANWHILE = "確認の画面を表示した後に、{person}さんが変更しました。"


class Versions(NamedTuple):
    """What a person saw of one row; the plan's is ``UNSAVED`` where there was none."""

    procedure: int
    plan: int


Seen = Mapping[int, Versions]
"""By procedure."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to be set (attribute → value): on each procedure, and on its plan."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    plan: Mapping[str, Any] = field(default_factory=dict)

    def words(self) -> list[tuple[str, str]]:
        """Each field with its new value, in Japanese."""
        names = Names()
        return [
            (_label(model, name), _value(model, name, value, names))
            for model, values in ((MigrationPlan, self.plan), (Procedure, self.facts))
            for name, value in values.items()
        ]

    def __str__(self) -> str:
        return "、".join(f"{name}を「{value}」に" for name, value in self.words()) + "変更"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one row that would change."""

    model: type[models.Model]
    name: str
    old: Any
    new: Any

    def words(self, names: Names) -> tuple[str, str, str]:
        """Field, old and new value in Japanese."""
        values = (_value(self.model, self.name, value, names) for value in (self.old, self.new))
        return _label(self.model, self.name), *values


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row that is written; ``procedure`` and ``plan`` hold the new values already."""

    procedure: Procedure
    plan: MigrationPlan
    changes: tuple[FieldChange, ...]
    old_category: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that stays as it is, and why."""

    procedure: Procedure
    reason: str


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """What an edit or a confirmation does to each of the rows it was meant for."""

    rows: tuple[PlannedRow, ...]
    same: tuple[Procedure, ...]
    left_out: tuple[LeftOut, ...]
    seen: Seen

    @property
    def category_changes(self) -> list[tuple[str, str, int]]:
        """Old category, new category and how many rows, where they differ."""
        moves = Counter((row.old_category, row.procedure.category) for row in self.rows)
        return [(old, new, count) for (old, new), count in sorted(moves.items()) if old != new]


class NothingToWrite(Exception):
    """Not one row is left that would change; nothing was written."""


def editable_departments(user: User, keys: Sequence[int]) -> set[int | None]:
    """The departments (None: 所管未定) of those of the procedures that ``user`` may change.

    Raises ``PermissionDenied`` where there are none.
    """
    rights = rights_of(user)
    found: set[int | None] = set()
    for chunk in chunks(keys):
        rows = Procedure.objects.filter(pk__in=chunk).order_by()
        found.update(rows.values_list("department", flat=True).distinct())
    editable = set(filter(rights.covers, found))
    if not editable:
        raise PermissionDenied(NOTHING_YOURS)
    return editable


def plan_edit(
    keys: Sequence[int], edit: Edit, *, by: User, on: date, seen: Seen | None = None
) -> BulkPlan:
    """What ``edit`` does to the procedures ``keys`` on the day ``on``; writes nothing.

    With ``seen`` a row that has other versions by now is left out. Raises ``PermissionDenied``
    where ``by`` may change none of them, ``ValidationError`` for a value that no row may have.
    """
    _check_values(edit)
    procedures = _loaded(keys)
    editing = _Editing(edit, on, procedures, policy_in_force())
    return _plan(procedures, editing, by=by, seen=seen)


@transaction.atomic
def apply_edit(*, edit: Edit, seen: Seen, by: User) -> Act:
    """Does what ``plan_edit`` says, as one act, with one history row per changed row and model.

    Raises as ``plan_edit``, and ``NothingToWrite``; then nothing is written.
    """
    _check_values(edit)
    on = timezone.localdate()
    procedures = _loaded(seen, is_locked=True)
    editing = _Editing(edit, on, procedures, policy_to_write_under())
    plan = _plan(procedures, editing, by=by, seen=seen)
    if not plan.rows:
        raise NothingToWrite
    origin = acts.begin(Act.Kind.EDIT, str(edit), by=by)
    batch = Batch(origin)
    changed = [row.procedure for row in plan.rows if _concerns(row, Procedure)]
    batch.update(changed, [*edit.facts, *DERIVED_FIELDS])
    plans = [row.plan for row in plan.rows if _concerns(row, MigrationPlan)]
    stored = [plan for plan in plans if not plan._state.adding]
    batch.insert([plan for plan in plans if plan._state.adding])
    batch.update(stored, edit.plan)
    batch.write()
    return acts.finish(origin, count=len(plan.rows), left_out=_named(plan.left_out))


def plan_confirmation(
    keys: Sequence[int], *, by: User, at: datetime, seen: Seen | None = None
) -> BulkPlan:
    """What 変更なし確認 of the procedures ``keys`` does; as ``plan_edit``."""
    return _plan(_loaded(keys), _confirming(at), by=by, seen=seen)


@transaction.atomic
def apply_confirmation(*, seen: Seen, by: User) -> Act:
    """Confirms the procedures of ``seen`` as one act; raises as ``apply_edit``."""
    plan = _plan(_loaded(seen, is_locked=True), _confirming(timezone.now()), by=by, seen=seen)
    if not plan.rows:
        raise NothingToWrite
    origin = acts.begin(Act.Kind.CONFIRMATION, CONFIRMATION, by=by)
    write_confirmation([row.procedure for row in plan.rows], origin)
    return acts.finish(origin, count=len(plan.rows), left_out=_named(plan.left_out))


@transaction.atomic
def confirm_row(*, procedure_id: int, seen: Versions, by: User, source: Source) -> Procedure:
    """変更なし確認 of one procedure with its plan, as ``by`` saw them.

    Raises ``PermissionDenied`` or ``ValidationError``; then nothing is written.
    """
    procedure = lock_procedure(procedure_id)
    check_can_edit(by, procedure)
    plan = plan_of(procedure)
    if plan.version != seen.plan:
        raise ValidationError(CHANGED_SINCE)
    return confirm_unchanged(
        procedure_id=procedure_id,
        version=seen.procedure,
        by=by,
        source=source,
        changed_beside=plan.changed_at,
    )


_Change = Callable[[Procedure, MigrationPlan], tuple[FieldChange, ...] | None]
"""Sets the change on a row in memory and says what it is; None where nothing changes."""


class _Editing:
    """Sets an edit on rows, with what they refer to read once."""

    def __init__(
        self, edit: Edit, on: date, procedures: Iterable[Procedure], policy: PolicyRevision
    ) -> None:
        self._edit, self._on, self._policy = edit, on, policy
        self._agreed = agreed_pairs(procedure.pk for procedure in procedures)
        services, divisions = ApplicationService.objects.all(), Division.objects.all()
        self._service = services.filter(pk=edit.plan.get("service_id")).first()
        divisions = divisions.select_related("department")
        self._division = divisions.filter(pk=edit.facts.get("division_id")).first()

    def __call__(self, procedure: Procedure, plan: MigrationPlan) -> tuple[FieldChange, ...] | None:
        facts, progress = _set(procedure, self._edit.facts), _set(plan, self._edit.plan)
        if any(change.name == "division_id" for change in facts):
            procedure.division = self._division
            check_division(procedure.department, self._division)
        if any(change.name == "service_id" for change in progress):
            plan.service = self._service
        known = facts_of(procedure)
        if facts:
            set_classification(procedure, known, self._policy)
        if progress:
            check_service(plan, {change.name for change in progress}, on=self._on)
            check_requirements(plan, known, on=self._on, agreed=self._agreed)
        return (*progress, *facts) or None


def _confirming(at: datetime) -> _Change:
    def confirm(procedure: Procedure, plan: MigrationPlan) -> tuple[FieldChange, ...] | None:
        return None if is_confirmed(procedure, at, plan.changed_at) else ()

    return confirm


def _plan(
    procedures: Sequence[Procedure], change: _Change, *, by: User, seen: Seen | None
) -> BulkPlan:
    if procedures and not any(can_edit(by, procedure) for procedure in procedures):
        check_can_edit(by, procedures[0])
    plans = {procedure.pk: _plan_of(procedure) for procedure in procedures}
    versions = {
        procedure.pk: Versions(procedure.version, plans[procedure.pk].version)
        for procedure in procedures
    }
    moved = {} if seen is None else _moved(seen, versions)
    rows: list[PlannedRow] = []
    same: list[Procedure] = []
    left_out: list[LeftOut] = []
    for procedure in procedures:
        plan, old_category = plans[procedure.pk], procedure.category
        try:
            _check_row(procedure, by, moved)
            changes = change(procedure, plan)
        except PermissionDenied as refusal:
            left_out.append(LeftOut(procedure, str(refusal)))
        except ValidationError as error:
            left_out.append(LeftOut(procedure, " ".join(error.messages)))
        else:
            if changes is None:
                same.append(procedure)
            else:
                rows.append(PlannedRow(procedure, plan, changes, old_category))
    return BulkPlan(tuple(rows), tuple(same), tuple(left_out), versions)


def _check_row(procedure: Procedure, by: User, moved: Mapping[int, str]) -> None:
    check_can_edit(by, procedure)
    if procedure.pk in moved:
        raise ValidationError(moved[procedure.pk])
    if procedure.abolished_on is not None:
        raise ValidationError(ABOLISHED)


def _moved(seen: Seen, versions: Seen) -> dict[int, str]:
    """The rows that are no more as they were seen, each with a sentence that says who it was."""
    keys = [pk for pk, now in versions.items() if seen.get(pk) != now]
    newest: dict[int, tuple[datetime, str]] = {}
    for model, owner in ((Procedure, "id"), (MigrationPlan, "procedure_id")):
        for chunk in chunks(keys):
            entries = model.history.filter(**{f"{owner}__in": chunk}).order_by("history_id")
            for pk, at, name in entries.values_list(owner, "history_date", "by_name"):
                newest[pk] = max(newest.get(pk, (at, name)), (at, name))
    return {pk: CHANGED_MEANWHILE.format(person=newest[pk][1]) for pk in keys}


def _set(obj: models.Model, values: Mapping[str, Any]) -> list[FieldChange]:
    changes = [
        FieldChange(type(obj), name, getattr(obj, name), value)
        for name, value in values.items()
        if getattr(obj, name) != value
    ]
    for change in changes:
        setattr(obj, change.name, change.new)
    return changes


def _check_values(edit: Edit) -> None:
    """Once for all rows: they get the same values."""
    halves = ((Procedure, edit.facts, FACT_FIELDS), (MigrationPlan, edit.plan, PLAN_FIELDS))
    for model, values, allowed in halves:
        unknown = set(values) - set(allowed)
        if unknown:
            raise ValueError(f"not fields that a bulk edit may write: {sorted(unknown)}")
        given = {model._meta.get_field(name).name for name in values}
        others = {field.name for field in model._meta.fields} - given
        model(**values).clean_fields(exclude=others)


def _loaded(keys: Iterable[int], *, is_locked: bool = False) -> list[Procedure]:
    """The procedures with all that an edit looks at, in the order of the office."""
    parts = list(chunks(sorted(keys)))
    if is_locked:
        # Before anything is read: what stands beside a row is read as it is under its lock.
        locked = Procedure.objects.select_for_update().order_by("pk")
        for chunk in parts:
            list(locked.filter(pk__in=chunk).values_list("pk"))
    rows = with_facts(Procedure.objects.in_office_order())
    rows = rows.select_related("department", "division", "plan__service")
    return [row for chunk in parts for row in rows.filter(pk__in=chunk)]


def _plan_of(procedure: Procedure) -> MigrationPlan:
    plan = getattr(procedure, "plan", None)
    return plan or MigrationPlan(procedure=procedure, version=UNSAVED)


def _concerns(row: PlannedRow, model: type[models.Model]) -> bool:
    return any(change.model is model for change in row.changes)


def _named(left_out: Iterable[LeftOut]) -> list[dict[str, Any]]:
    return [acts.left(one.procedure, one.reason) for one in left_out]


def _label(model: type[models.Model], name: str) -> str:
    return field_label(model, model._meta.get_field(name).name)


def _value(model: type[models.Model], name: str, value: Any, names: Names) -> str:
    return value_label(model, model._meta.get_field(name).name, value, names)
