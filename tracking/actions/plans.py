"""The writers of a plan and of the BPR sheet: permission, comparison, requirements, history."""

from collections import ChainMap
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from procedures.actions import lock_procedure, write_procedure, write_touched
from procedures.classification import facts_of
from procedures.editing import Conflict, Disagreement, merged_changes
from procedures.models import Procedure, Source, User
from procedures.permissions import DIVISION_ONLY, check_can_edit, rights_of
from procedures.records import UNSAVED, Origin, insert, save
from procedures.rules import Facts, Service, needs_consultation
from tracking.models import CHECK_FIELDS, REVIEW_FIELDS, MigrationPlan, WorkReview
from tracking.workflow import SENTENCES, PlanFacts, Status, unmet

EDITABLE_FIELDS = (
    "status", "target_date", "launched_on", "service_id", "coverage", "url", "national_due",
    "assignee", "hold_reason", "consultation_agreed_on", *CHECK_FIELDS, "checklist_exception",
)  # fmt: skip


@transaction.atomic
def save_row(
    *,
    procedure_id: int,
    answers: Mapping[str, Any],
    plan: Mapping[str, Any],
    procedure_version: int,
    plan_version: int,
    by: User,
    source: Source,
) -> Procedure:
    """Writes one row of the list: inventory facts (``answers``) and progress (``plan``) in one act.

    Both are attribute → value. The versions are those that ``by`` saw, ``UNSAVED`` where there
    was no plan. Raises ``PermissionDenied``, ``Conflict`` (with the fields of both) or
    ``ValidationError`` (by field); then nothing is written. Equal values write nothing.
    """
    procedure = lock_procedure(procedure_id)
    check_can_edit(by, procedure)
    current = plan_of(procedure)
    answer_changes, plan_changes = _merged_together(
        (procedure, answers, procedure_version), (current, plan, plan_version)
    )
    origin = Origin(by, source)
    write_procedure(procedure, answer_changes, origin)
    write_plan(current, plan_changes, facts_of(procedure), origin)
    return procedure


@transaction.atomic
def update_plan(
    *, procedure_id: int, sent: Mapping[str, Any], version: int, by: User, source: Source
) -> MigrationPlan:
    """Writes the fields ``sent`` of one plan; as ``save_row`` without inventory facts."""
    procedure = lock_procedure(procedure_id)
    check_can_edit(by, procedure)
    plan = plan_of(procedure)
    changes = merged_changes(plan, sent, version)
    write_plan(plan, changes, facts_of(procedure), Origin(by, source))
    return plan


@transaction.atomic
def update_review(
    *, procedure_id: int, sent: Mapping[str, Any], version: int, by: User, source: Source
) -> WorkReview:
    """Writes the fields ``sent`` (of ``REVIEW_FIELDS``) of the BPR sheet of one procedure.

    ``version`` is the one that ``by`` saw, ``UNSAVED`` where there was no sheet. Raises
    ``PermissionDenied`` or ``Conflict``; then nothing is written. Equal values write nothing.
    """
    unknown = set(sent) - set(REVIEW_FIELDS)
    if unknown:
        raise ValueError(f"not fields that an edit may write: {sorted(unknown)}")
    procedure = lock_procedure(procedure_id)
    check_can_edit(by, procedure)
    review = review_of(procedure)
    changes = merged_changes(review, sent, version)
    if changes:
        _write_review(procedure, review, changes, Origin(by, source))
    return review


def review_of(procedure: Procedure) -> WorkReview:
    """The BPR sheet of ``procedure``, or a new one (version ``UNSAVED``) that is not stored."""
    review = WorkReview.objects.filter(procedure=procedure).first()
    return review or WorkReview(procedure=procedure, version=UNSAVED)


def plan_of(procedure: Procedure) -> MigrationPlan:
    """The plan of ``procedure``, or a new one (version ``UNSAVED``) that is not stored."""
    plan = MigrationPlan.objects.filter(procedure=procedure).first()
    return plan or MigrationPlan(procedure=procedure, version=UNSAVED)


def write_plan(
    plan: MigrationPlan, changes: Mapping[str, Any], facts: Facts, origin: Origin
) -> None:
    """Writes ``changes`` on a plan whose procedure is locked, after permission was checked.

    Raises ``ValidationError`` by field when the state's requirements are not met.
    """
    check_changes(plan, changes, facts, origin.by)
    if not changes:
        return
    if plan._state.adding:
        insert([plan], origin)
    else:
        save(plan, changes, origin)


def check_changes(plan: MigrationPlan, changes: Mapping[str, Any], facts: Facts, by: User) -> None:
    """Sets ``changes`` on ``plan`` (in memory) and raises what stands against them."""
    unknown = set(changes) - set(EDITABLE_FIELDS)
    if unknown:
        raise ValueError(f"not fields that an edit may write: {sorted(unknown)}")
    if "consultation_agreed_on" in changes and not rights_of(by).is_division:
        raise PermissionDenied(DIVISION_ONLY)
    for name, value in changes.items():
        setattr(plan, name, value)
    changed = {plan._meta.get_field(name).name for name in changes}
    plan.clean_fields(exclude={field.name for field in plan._meta.fields} - changed)
    if changes:
        check_requirements(plan, facts, on=timezone.localdate())


def check_requirements(plan: MigrationPlan, facts: Facts, *, on: date) -> None:
    """Raises ``ValidationError`` by field with what the plan's state still requires."""
    errors: dict[str, list[str]] = {}
    for requirement in unmet(plan_facts(plan, facts, on=on)):
        field, sentence = SENTENCES[requirement]
        errors.setdefault(field, []).append(sentence)
    if errors:
        raise ValidationError(errors)


def plan_facts(plan: MigrationPlan, facts: Facts, *, on: date) -> PlanFacts:
    """What the workflow looks at, on the day ``on``."""
    service = plan.service
    return PlanFacts(
        status=Status(plan.status),
        on=on,
        has_service=service is not None,
        launched_on=plan.launched_on,
        checks_done=all(getattr(plan, field) for field in CHECK_FIELDS),
        checklist_exception=plan.checklist_exception,
        needs_consultation=service is not None and needs_consultation(facts, Service(service.kind)),
        consultation_agreed=plan.consultation_agreed_on is not None,
        hold_reason=plan.hold_reason,
    )


def _write_review(
    procedure: Procedure, review: WorkReview, changes: Mapping[str, Any], origin: Origin
) -> None:
    for name, value in changes.items():
        setattr(review, name, value)
    if review._state.adding:
        insert([review], origin)
    else:
        save(review, changes, origin)
    write_touched(procedure, origin)


def _merged_together(*edits: tuple[Any, Mapping[str, Any], int]) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = []
    disagreements: list[Disagreement] = []
    for obj, sent, version in edits:
        try:
            changes.append(merged_changes(obj, sent, version))
        except Conflict as conflict:
            changes.append(conflict.changes)
            disagreements += conflict.disagreements
    if disagreements:
        raise Conflict(tuple(disagreements), dict(ChainMap(*changes)))
    return changes
