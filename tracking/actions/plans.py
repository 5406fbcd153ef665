"""The writers of a plan and of the BPR sheet: permission, comparison, requirements, history."""

from collections import ChainMap
from collections.abc import Collection, Container, Mapping, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from procedures.actions import lock_procedure, write_procedure, write_touched
from procedures.classification import facts_of
from procedures.editing import Conflict, Disagreement, merged_changes
from procedures.models import ApplicationService, Procedure, Source, User
from procedures.permissions import check_can_edit
from procedures.records import UNSAVED, Origin, insert, save
from procedures.rules import Facts, Service, advise_service, needs_consultation
from tracking.consultations import Pair, agreed_pairs
from tracking.models import CHECK_FIELDS, REVIEW_FIELDS, MigrationPlan, WorkReview
from tracking.services import facts_for_service, objection_to
from tracking.workflow import SENTENCES, PlanFacts, Requirement, Status, unmet

EDITABLE_FIELDS = (
    "status", "target_date", "launched_on", "service_id", "service_reason", "coverage", "url",
    "national_due", "assignee", "hold_reason", *CHECK_FIELDS, "checklist_exception",
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
    check_changes(plan, changes, facts)
    if not changes:
        return
    if plan._state.adding:
        insert([plan], origin)
    else:
        save(plan, changes, origin)


def check_changes(plan: MigrationPlan, changes: Mapping[str, Any], facts: Facts) -> None:
    """Sets ``changes`` on ``plan`` (in memory) and raises what stands against them."""
    unknown = set(changes) - set(EDITABLE_FIELDS)
    if unknown:
        raise ValueError(f"not fields that an edit may write: {sorted(unknown)}")
    for name, value in changes.items():
        setattr(plan, name, value)
    changed = {plan._meta.get_field(name).name for name in changes}
    plan.clean_fields(exclude={field.name for field in plan._meta.fields} - changed)
    if changes:
        on = timezone.localdate()
        check_service(plan, changes, on=on)
        check_requirements(plan, facts, on=on, agreed=agreed_pairs([plan.procedure_id]))


def check_service(plan: MigrationPlan, changed: Collection[str], *, on: date) -> None:
    """Raises ``ValidationError`` where a service is newly chosen that cannot be used.

    ``changed`` are the attributes that are; a plan may keep a service that has ended.
    """
    if "service_id" not in changed or plan.service is None:
        return
    objection = objection_to(plan.service, on=on, target_date=plan.target_date)
    if objection:
        raise ValidationError({"service": objection})


def check_requirements(
    plan: MigrationPlan, facts: Facts, *, on: date, agreed: Container[Pair]
) -> None:
    """Raises ``ValidationError`` by field with what the plan's state still requires."""
    errors: dict[str, list[str]] = {}
    for requirement in unmet(plan_facts(plan, facts, on=on, agreed=agreed)):
        field, sentence = SENTENCES[requirement]
        errors.setdefault(field, []).append(sentence)
    if errors:
        raise ValidationError(errors)


def plan_facts(
    plan: MigrationPlan, facts: Facts, *, on: date, agreed: Container[Pair]
) -> PlanFacts:
    """What the workflow looks at, on the day ``on``; ``agreed`` as ``agreed_pairs`` gives it."""
    chosen = Service(plan.service.kind) if plan.service else None
    return PlanFacts(
        status=Status(plan.status),
        on=on,
        has_service=chosen is not None,
        departs_from_advice=chosen is not None and chosen is not advise_service(facts).service,
        service_reason=plan.service_reason,
        launched_on=plan.launched_on,
        checks_done=all(getattr(plan, field) for field in CHECK_FIELDS),
        checklist_exception=plan.checklist_exception,
        needs_consultation=chosen is not None and needs_consultation(facts, chosen),
        consultation_agreed=(plan.procedure_id, plan.service_id) in agreed,
        hold_reason=plan.hold_reason,
    )


def against_restoring(plans: Sequence[MigrationPlan], fields: Collection[str]) -> dict[int, str]:
    """Which of the plans may not be online again as ``fields`` set them back, each with why.

    They would need a consultation that is agreed no more. Two queries, however many they are.
    """
    if not {"status", "service_id"} & set(fields):
        return {}
    others = ApplicationService.objects.filter(kind=Service.OTHER.value)
    outside = set(others.values_list("pk", flat=True))
    online = [
        plan
        for plan in plans
        if plan.status == Status.ONLINE
        and plan.service_id in outside
        and needs_consultation(facts_for_service(plan.procedure), Service.OTHER)
    ]
    agreed = agreed_pairs(plan.procedure_id for plan in online)
    sentence = SENTENCES[Requirement.CONSULTATION][1]
    return {
        plan.pk: sentence for plan in online if (plan.procedure_id, plan.service_id) not in agreed
    }


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
