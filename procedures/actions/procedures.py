"""The writers of a procedure itself: adding one, changing its facts, giving it a department."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from procedures import permissions
from procedures.classification import DERIVED_FIELDS, facts_of, set_classification
from procedures.editing import merged_changes
from procedures.models import (
    ASPECT_FIELDS,
    FLAG_FIELDS,
    NAME_KEYS,
    Department,
    Division,
    Procedure,
    Source,
    User,
)
from procedures.national_list import check_linkable
from procedures.numbering import automatic_numbers
from procedures.policies import policy_to_write_under
from procedures.records import Origin, insert, save, save_many
from procedures.rules import ExemptionGround
from procedures.survey import REFERENCE_FIELDS, refer

EDITABLE_FIELDS = (
    "name", "name_kana", "summary", "division_id", "applicants", "kind", "scope",
    *ASPECT_FIELDS, "other_note", *FLAG_FIELDS, "national_priority_id", "national_id",
    "survey_note", "note", "abolished_on",
)  # fmt: skip
WRONG_DIVISION = "課「{division}」は{department}にはありません。{owner}の課です。"
NUMBER_TAKEN = (
    "手続番号「{number}」はほかの手続で使われています。別の番号にするか、空欄にしてください"
    "（空欄にすると番号が付きます）。"
)
_ATTEMPTS = 50  # times that somebody else may take the number at the same moment
_CHUNK = 10_000  # keys per query; databases limit the parameters of a statement


@transaction.atomic
def create_procedure(
    *, number: str, department: Department | None, values: Mapping[str, Any], by: User
) -> Procedure:
    """Adds a procedure of ``department`` (None: 所管未定) and classifies it.

    ``values`` (attribute → value) are of ``EDITABLE_FIELDS``; an empty ``number`` becomes the next
    automatic one. Raises ``PermissionDenied`` or ``ValidationError``; then nothing is written.
    """
    procedure = Procedure(number=number, department=department)
    permissions.check_can_edit(by, procedure)
    if number and Procedure.objects.filter(number__iexact=number).exists():
        raise ValidationError({"number": NUMBER_TAKEN.format(number=number)})
    procedure.number = number or next(automatic_numbers())
    policy = policy_to_write_under()
    _set(procedure, values)
    _validate(procedure, [*values, "number", "department_id"])
    _follow(procedure, values)
    facts = facts_of(procedure, levels=(), ground=ExemptionGround.NONE)
    set_classification(procedure, facts, policy)
    _insert(procedure, number, Origin(by, Source.FORM))
    return procedure


@transaction.atomic
def update_procedure(
    *, procedure_id: int, sent: Mapping[str, Any], version: int, by: User, source: Source
) -> Procedure:
    """Writes the fields ``sent`` (attribute → value) of one procedure and classifies it anew.

    ``version`` is the one that ``by`` saw. Raises ``PermissionDenied``, ``Conflict`` or
    ``ValidationError``; then nothing is written. Equal values write nothing.
    """
    procedure = lock_procedure(procedure_id)
    permissions.check_can_edit(by, procedure)
    changes = merged_changes(procedure, sent, version)
    write_procedure(procedure, changes, Origin(by, source))
    return procedure


def lock_procedure(procedure_id: int) -> Procedure:
    """The procedure, locked until the transaction ends, with what its classification reads."""
    locked = Procedure.objects.select_for_update(of=("self",))
    return locked.select_related("department").get(pk=procedure_id)


def write_procedure(procedure: Procedure, changes: Mapping[str, Any], origin: Origin) -> None:
    """Writes ``changes`` on a locked procedure, after permission and comparison were checked."""
    if not changes:
        return
    _set(procedure, changes)
    _validate(procedure, changes)
    following = _follow(procedure, changes)
    set_classification(procedure, facts_of(procedure), policy_to_write_under())
    save(procedure, [*changes, *following, *NAME_KEYS, *DERIVED_FIELDS], origin)


def write_touched(procedure: Procedure, origin: Origin) -> None:
    """Classifies a locked procedure anew and counts what changed beside it as a change of it.

    For the writers of its legal bases, volumes, exemption and review.
    """
    set_classification(procedure, facts_of(procedure), policy_to_write_under())
    save(procedure, DERIVED_FIELDS, origin)


@transaction.atomic
def assign_department(
    *,
    procedure_ids: Iterable[int],
    department: Department,
    division: Division | None,
    by: User,
    unassigned_only: bool = False,
) -> int:
    """Gives procedures to ``department`` (所管の決定); returns how many rows changed.

    ``unassigned_only`` leaves those alone that somebody has given to a department meanwhile.
    """
    permissions.check_can_assign(by)
    check_division(department, division)
    owner = (department.pk, division.pk if division else None)
    changed = [
        procedure
        for procedure in _locked_rows(list(procedure_ids))
        if (procedure.department_id, procedure.division_id) != owner
        and not (unassigned_only and procedure.department_id)
    ]
    for procedure in changed:
        procedure.department = department
        procedure.division = division
    save_many(changed, ["department_id", "division_id"], Origin(by, Source.BULK))
    return len(changed)


def check_division(department: Department | None, division: Division | None) -> None:
    """Raises ``ValidationError`` when ``division`` is not one of ``department``'s."""
    if division is None or (department and division.department_id == department.pk):
        return
    raise ValidationError(
        WRONG_DIVISION.format(
            division=division, department=department or "所管未定", owner=division.department
        )
    )


def _set(procedure: Procedure, values: Mapping[str, Any]) -> None:
    unknown = set(values) - set(EDITABLE_FIELDS)
    if unknown:
        raise ValueError(f"not fields that an edit may write: {sorted(unknown)}")
    for name, value in values.items():
        setattr(procedure, name, value)
    procedure.set_name_keys()


def _follow(procedure: Procedure, changes: Mapping[str, Any]) -> Sequence[str]:
    """Sets what the national survey says of the id that ``changes`` give; returns those fields."""
    if "national_id" not in changes:
        return ()
    refer(procedure)
    return REFERENCE_FIELDS


def _validate(procedure: Procedure, names: Iterable[str]) -> None:
    changed = {procedure._meta.get_field(name).name for name in names}
    procedure.clean_fields(exclude={field.name for field in procedure._meta.fields} - changed)
    if "division" in changed:
        check_division(procedure.department, procedure.division)
    if "national_priority" in changed:
        check_linkable(procedure.national_priority_id)
    procedure.validate_constraints()


def _insert(procedure: Procedure, number: str, origin: Origin) -> None:
    """Inserts under ``number``, or under the first automatic one that nobody else takes."""
    for _ in range(1 if number else _ATTEMPTS):
        procedure.number = number or next(automatic_numbers())
        try:
            with transaction.atomic():
                insert([procedure], origin)
        except IntegrityError:
            continue
        return
    raise ValidationError({"number": NUMBER_TAKEN.format(number=procedure.number)})


def _locked_rows(keys: Sequence[int]) -> list[Procedure]:
    rows = Procedure.objects.select_for_update().order_by("pk")
    found: list[Procedure] = []
    for start in range(0, len(keys), _CHUNK):
        found += rows.filter(pk__in=keys[start : start + _CHUNK])
    return found
