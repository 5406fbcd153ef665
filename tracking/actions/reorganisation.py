"""The only writers of reorganisations (組織改正): prepared as steps, carried out in one act."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from procedures import acts
from procedures.editing import Overtaken, merged_changes
from procedures.models import Act, Department, Division, Procedure, Source, TeamMembership, User
from procedures.models.organisation import Unit
from procedures.permissions import check_can_keep_registers
from procedures.policies import hold_inventory
from procedures.records import Batch, Origin, begin_history, delete, insert, save
from tracking import structure
from tracking.models import Reorganisation, SharedMeasure
from tracking.structure import Outcome, Step, work_out
from tracking.structure_reading import office_on, ref_of, team_memberships, token_of

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)
OUT_OF_RANGE = "実施日は、2000年から2100年までの日にしてください。"
CHANGED_MEANWHILE = (
    "ほかの人が先にこの組織改正を変えました。まだ何も書き込んでいません。今の内容を確かめて、"
    "もう一度操作してください。"
)
NO_DRAFT = "この組織改正は、すでに実施されています。準備中のものだけを変えられます。"
NOT_UNDONE = "準備し直せるのは、実施した後に元に戻した組織改正です。"
TOO_MANY = "一つの組織改正の手順は{limit}までです。二つに分けてください。"
TOO_EARLY = "実施できるのは、実施日の当日からです。"
EMPTY = "手順がまだありません。手順を加えてから実施してください。"
NOT_SETTLED = "解決していないことがあります。下の「決まっていないこと」を確かめてください。"
COUNT_CHANGED = (
    "確認の画面を表示した後に、動く手続の数が変わりました（{expected}件→{count}件）。まだ何も"
    "変えていません。下の内容を確かめて、もう一度実施してください。"
)
OFFICE_CHANGED = (
    "確認の画面を表示した後に、部局室、課、チーム員か共通の対応策が変わりました。まだ何も変えて"
    "いません。下の内容を確かめて、もう一度実施してください。"
)
SOURCE_OF_UNIT = "組織改正「{name}」"
MOST_STEPS = 100


def outcome_of(reorganisation: Reorganisation) -> Outcome:
    """What a draft makes of the office as it is now; five queries."""
    on = reorganisation.effective_on
    return work_out(office_on(on), steps_of(reorganisation), on)


def steps_of(reorganisation: Reorganisation) -> list[Step]:
    """The steps in turn."""
    return [Step.from_json(stored) for stored in reorganisation.steps]


@transaction.atomic
def create_reorganisation(*, values: Mapping[str, Any], by: User) -> Reorganisation:
    """A draft without steps from ``values`` (name, effective_on, note).

    Raises ``PermissionDenied``, or ``ValidationError`` by field; then nothing is written.
    """
    check_can_keep_registers(by)
    reorganisation = Reorganisation(**values)
    _check(reorganisation)
    insert([reorganisation], Origin(by, Source.FORM))
    return reorganisation


@transaction.atomic
def update_reorganisation(
    *, reorganisation_id: int, sent: Mapping[str, Any], version: int, by: User
) -> None:
    """Writes what was ``sent`` of name, day and note of a draft that ``by`` saw in ``version``.

    Raises ``PermissionDenied``, ``Conflict`` or ``ValidationError`` (by field); then nothing is
    written. Equal values write nothing.
    """
    check_can_keep_registers(by)
    reorganisation = _locked_draft(reorganisation_id)
    changes = merged_changes(reorganisation, sent, version)
    for name, value in changes.items():
        setattr(reorganisation, name, value)
    _check(reorganisation)
    if changes:
        save(reorganisation, changes, Origin(by, Source.FORM))


@transaction.atomic
def delete_reorganisation(*, reorganisation_id: int, version: int, by: User) -> None:
    """Takes a draft away; the history keeps it.

    Raises ``PermissionDenied``, ``Overtaken`` or ``ValidationError``; then nothing is written.
    """
    check_can_keep_registers(by)
    delete([_draft(reorganisation_id, version)], Origin(by, Source.FORM))


@transaction.atomic
def add_steps(*, reorganisation_id: int, added: Sequence[Step], version: int, by: User) -> None:
    """Adds steps behind those of a draft.

    Raises as ``delete_reorganisation``, also where one of them cannot be taken.
    """
    check_can_keep_registers(by)
    reorganisation = _draft(reorganisation_id, version)
    steps = [*steps_of(reorganisation), *added]
    refused = work_out(office_on(reorganisation.effective_on), steps, reorganisation.effective_on)
    first = len(steps) - len(added)
    sentences = [text for number, text in refused.refused.items() if number >= first]
    if sentences:
        raise ValidationError(sentences)
    _write_steps(reorganisation, steps, by)


@transaction.atomic
def replace_steps(*, reorganisation_id: int, steps: Sequence[Step], version: int, by: User) -> None:
    """Makes ``steps`` those of a draft: in another order, without one, or one of them decided.

    What cannot be taken then is shown with the draft. Raises as ``delete_reorganisation``.
    """
    check_can_keep_registers(by)
    _write_steps(_draft(reorganisation_id, version), steps, by)


@transaction.atomic
def prepare_again(*, reorganisation_id: int, by: User) -> Reorganisation:
    """A new draft with the steps of one that was carried out and taken back.

    Raises ``PermissionDenied`` or ``ValidationError``; then nothing is written.
    """
    check_can_keep_registers(by)
    old = Reorganisation.objects.select_related("done_as").get(pk=reorganisation_id)
    if not old.is_undone:
        raise ValidationError(NOT_UNDONE)
    new = Reorganisation(
        name=old.name,
        effective_on=old.effective_on,
        note=old.note,
        steps=[replace(step, made=None, text="").as_json() for step in steps_of(old)],
    )
    insert([new], Origin(by, Source.FORM))
    return new


@transaction.atomic
def carry_out(*, reorganisation_id: int, version: int, count: int, seen: str, by: User) -> Act:
    """Makes the office what the steps say, in one act; ``count`` procedures move with it.

    ``seen`` is the token of the office for which ``by`` saw that. Raises ``PermissionDenied``,
    ``Overtaken`` or ``ValidationError`` (not its day yet, something is open); then nothing is
    written. ``acts.undo`` takes it back.
    """
    check_can_keep_registers(by)
    hold_inventory()  # before the units: whoever transfers a procedure locks in this order, too
    reorganisation = _draft(reorganisation_id, version)
    if reorganisation.effective_on > timezone.localdate():
        raise ValidationError(TOO_EARLY)
    if not reorganisation.steps:
        raise ValidationError(EMPTY)
    stored = _Stored()
    outcome = outcome_of(reorganisation)
    if not outcome.is_settled:
        raise ValidationError(NOT_SETTLED)
    procedures = _lock_procedures(outcome)
    if len(procedures) != count:
        raise Overtaken(COUNT_CHANGED.format(expected=count, count=len(procedures)))
    if token_of(outcome.before) != seen:
        raise Overtaken(OFFICE_CHANGED)
    origin = acts.begin(Act.Kind.REORGANISATION, reorganisation.name, by=by)
    made = _Carrying(reorganisation, outcome, stored, origin).write(procedures)
    act = acts.finish(origin, count=len(procedures))
    _note_done(reorganisation, act, outcome, made, origin)
    return act


class _Stored:
    """The units, memberships and planned measures as they are, locked.

    What refers to a unit is locked before it, as its other writers do; nothing is added to a unit
    that is locked, so they are read last.
    """

    def __init__(self) -> None:
        for model in (TeamMembership, SharedMeasure, Division, Department):
            list(model.objects.select_for_update().order_by("pk").values_list("pk"))
        self.departments = _by_ref(Department.objects.all())
        self.divisions = _by_ref(Division.objects.all())
        self.measures = _by_ref(SharedMeasure.objects.filter(state=SharedMeasure.State.PLANNED))
        self.memberships = {
            (ref_of(row.user_id), ref_of(row.department_id)): row for row in team_memberships()
        }


class _Carrying:
    """Writes what an outcome says: units, then what lies in them."""

    def __init__(
        self, reorganisation: Reorganisation, outcome: Outcome, stored: _Stored, origin: Origin
    ) -> None:
        self._reorganisation = reorganisation
        self._before, self._after = outcome.before, outcome.after
        self._renamings = outcome.renamings
        self._stored, self._origin = stored, origin
        # What no history knows yet is noted as it was, a moment earlier and outside the act.
        self._earlier = replace(origin, act=None, at=origin.at - timedelta.resolution)
        self._batch = Batch(origin)
        self._made: dict[str, Department | Division] = {}

    def write(self, procedures: Sequence[Procedure]) -> dict[str, int]:
        """Writes everything; returns the keys of the new units by their references."""
        self._write_departments()
        self._write_divisions()
        self._move(procedures)
        self._write_memberships()
        self._write_measures()
        self._batch.write()
        return {ref: unit.pk for ref, unit in self._made.items()}

    def _write_departments(self) -> None:
        units = self._after.departments
        self._insert(
            Department, [units[ref] for ref in units if ref not in self._stored.departments]
        )
        changed = [ref for ref, unit in self._before.departments.items() if units[ref] != unit]
        rows = self._unnoted([self._stored.departments[ref] for ref in changed])
        for ref, row in zip(changed, rows, strict=True):
            self._set(row, units[ref], self._before.departments[ref])
        self._batch.update(rows, ["name", "valid_to", "successor_id"])

    def _write_divisions(self) -> None:
        units = self._after.divisions
        self._insert(Division, [units[ref] for ref in units if ref not in self._stored.divisions])
        rows = self._unnoted([self._stored.divisions[ref] for ref in self._renamings])
        for ref, row in zip(self._renamings, rows, strict=True):
            self._set(row, units[ref], self._before.divisions[ref])
            row.department_id = self._key(units[ref].department)
        # In this order: nobody takes a place before whoever holds it has left.
        names = ["name", "order", "department_id", "valid_to", "successor_id"]
        self._batch.update(rows, names)

    def _insert(
        self, model: type[Department] | type[Division], units: Sequence[structure.Unit]
    ) -> None:
        rows = [self._new(model, unit) for unit in units]
        self._batch.insert(rows)
        self._made |= {unit.ref: row for unit, row in zip(units, rows, strict=True)}

    def _new(self, model: type[Department] | type[Division], unit: structure.Unit) -> Any:
        row = model(
            code=f"{self._reorganisation.pk}-{unit.ref}",
            name=unit.name,
            order=unit.order,
            valid_from=unit.valid_from,
            source=SOURCE_OF_UNIT.format(name=self._reorganisation.name),
        )
        if unit.department:
            row.department_id = self._key(unit.department)
        return row

    def _set(self, row: Unit, unit: structure.Unit, before: structure.Unit) -> None:
        row.name, row.order = unit.name, unit.order
        if unit.has_ended and not before.has_ended:
            row.valid_to = self._reorganisation.effective_on - timedelta(days=1)
            row.successor_id = self._key(unit.successor)

    def _move(self, procedures: Sequence[Procedure]) -> None:
        for row in procedures:
            department, division = self._after.places[place_of(row)]
            row.department_id, row.division_id = self._key(department), self._key(division)
        # That its department has another name is no sign of life of a procedure.
        self._batch.update(procedures, ["department_id", "division_id"], touch=False)

    def _write_memberships(self) -> None:
        """A membership that ends becomes one that begins, so that most people keep theirs."""
        ended: list[TeamMembership] = []
        changed: list[tuple[TeamMembership, str, str]] = []
        begun: list[TeamMembership] = []
        for person, old in self._before.members.items():
            new, rows = self._after.members[person], self._stored.memberships
            left = [rows[person, ref] for ref in old if ref not in new]
            for ref, role in new.items():
                if old.get(ref) == role:
                    continue
                if ref in old:
                    changed.append((rows[person, ref], ref, role))
                elif left:
                    changed.append((left.pop(0), ref, role))
                else:
                    row = TeamMembership(user_id=int(person), role=role)
                    row.department_id = self._key(ref)
                    begun.append(row)
            ended += left
        self._unnoted([*ended, *(row for row, _, _ in changed)])
        delete(ended, self._origin)
        for row, ref, role in changed:
            row.department_id, row.role = self._key(ref), role
        self._batch.insert(begun)
        self._batch.update([row for row, _, _ in changed], ["department_id", "role"])

    def _write_measures(self) -> None:
        rows = []
        for ref, row in self._stored.measures.items():
            lead = self._key(self._after.measures[ref])
            if row.department_id != lead:
                row.department_id = lead
                rows.append(row)
        self._batch.update(rows, ["department_id"])

    def _key(self, ref: str) -> int | None:
        if not ref:
            return None
        return self._made[ref].pk if ref in self._made else int(ref)

    def _unnoted(self, rows: list[Any]) -> list[Any]:
        begin_history(rows, self._earlier)
        return rows


def place_of(procedure: Procedure) -> structure.Place:
    """Where a procedure lies."""
    return ref_of(procedure.department_id), ref_of(procedure.division_id)


def _check(reorganisation: Reorganisation) -> None:
    reorganisation.clean_fields(exclude=["changed_at", "done_by", "done_as"])
    if not EARLIEST <= reorganisation.effective_on <= LATEST:
        raise ValidationError({"effective_on": OUT_OF_RANGE})


def _draft(reorganisation_id: int, version: int) -> Reorganisation:
    """The draft, locked, as the person saw it."""
    found = _locked_draft(reorganisation_id)
    if found.version != version:
        raise Overtaken(CHANGED_MEANWHILE)
    return found


def _locked_draft(reorganisation_id: int) -> Reorganisation:
    found = Reorganisation.objects.select_for_update().get(pk=reorganisation_id)
    if found.state != Reorganisation.State.DRAFT:
        raise ValidationError(NO_DRAFT)
    return found


def _write_steps(reorganisation: Reorganisation, steps: Sequence[Step], by: User) -> None:
    if len(steps) > MOST_STEPS:
        raise ValidationError(TOO_MANY.format(limit=MOST_STEPS))
    stored = [step.as_json() for step in steps]
    if stored != reorganisation.steps:
        reorganisation.steps = stored
        save(reorganisation, ["steps"], Origin(by, Source.FORM))


def _by_ref(rows: Iterable[Any]) -> dict[str, Any]:
    return {ref_of(row.pk): row for row in rows}


def _lock_procedures(outcome: Outcome) -> list[Procedure]:
    """The procedures that do not stay where they are, locked."""
    moves = outcome.moves
    departments = {int(department) for department, _ in moves if department}
    rows = Procedure.objects.select_for_update().filter(department__in=departments)
    return [row for row in rows.order_by("pk") if place_of(row) in moves]


def _note_done(
    reorganisation: Reorganisation,
    act: Act,
    outcome: Outcome,
    made: Mapping[str, int],
    origin: Origin,
) -> None:
    steps = steps_of(reorganisation)
    new = (structure.Kind.NEW_DEPARTMENT, structure.Kind.NEW_DIVISION)
    reorganisation.steps = [
        replace(step, text=text, made=made[step.unit] if step.kind in new else None).as_json()
        for step, text in zip(steps, outcome.told, strict=True)
    ]
    reorganisation.state = Reorganisation.State.DONE
    reorganisation.done_by, reorganisation.done_at = origin.by, origin.at
    reorganisation.done_as = act
    fields = ["steps", "state", "done_by_id", "done_at", "done_as_id"]
    save(reorganisation, fields, replace(origin, act=None))
