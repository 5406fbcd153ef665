"""Clause 4 as a whole: what may go online with which service, against a reading of its own."""

from dataclasses import dataclass
from datetime import date
from itertools import product

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from procedures import acts, bulk_import
from procedures.bulk_import.applying import StalePreview
from procedures.models import Procedure, Source
from procedures.rules import Service
from tests import factories
from tests.workbooks import workbook
from tracking.actions.bulk import Edit, apply_edit, plan_edit
from tracking.actions.consultations import withdraw
from tracking.actions.plans import plan_facts, plan_of, update_plan
from tracking.models import CHECK_FIELDS, Consultation, MigrationPlan
from tracking.services import facts_for_service
from tracking.workflow import SENTENCES, Requirement, Status, unmet

TODAY = date(2026, 11, 23)
STATES = ("none", *Consultation.State.values, "another_service", "another_procedure")
REASON = "専用の画面が要るため"
BLOCKED = SENTENCES[Requirement.CONSULTATION][1]


@dataclass(frozen=True)
class Row:
    """One row of the decision table, in the words of the policy."""

    designated: bool
    legacy: bool
    facility: bool
    core: bool
    chosen: str
    consultation: str
    has_reason: bool

    @property
    def advised(self) -> str:
        """Which of the four services clause 4 gives."""
        if self.designated or self.legacy:
            return "other"  # whatever else holds
        if self.facility:
            return "facility"
        return "mynaportal" if self.core else "general"

    @property
    def missing(self) -> set[str]:
        """What keeps it from going online."""
        found = set()
        if self.chosen != self.advised and not self.has_reason:
            found.add("service_reason")
        is_outside = self.chosen == "other" and not (self.designated or self.legacy)
        if is_outside and self.consultation != "agreed":
            found.add("consultation")
        return found


TABLE = [
    Row(*flags, chosen, consultation, has_reason)
    for *flags, chosen, consultation, has_reason in product(
        *([False, True],) * 4, [kind.value for kind in Service], STATES, [False, True]
    )
]


def test_the_whole_decision_table():
    """Through the same look at a plan as every writer takes, without a database."""
    service, other = _service(1), _service(2)
    assert len(TABLE) == 16 * 4 * 8 * 2
    for row in TABLE:
        procedure = Procedure(
            pk=7,
            designated_service=row.designated,
            legacy_service=row.legacy,
            facility_booking=row.facility,
            core_system=row.core,
        )
        service.kind = row.chosen
        plan = MigrationPlan(
            procedure=procedure,
            service=service,
            service_reason=REASON if row.has_reason else "　",
            status=Status.ONLINE,
            launched_on=TODAY,
            **dict.fromkeys(CHECK_FIELDS, True),
        )
        agreed = {
            "agreed": {(7, service.pk)},
            "another_service": {(7, other.pk)},
            "another_procedure": {(8, service.pk)},
        }.get(row.consultation, set())
        looked_at = plan_facts(plan, facts_for_service(procedure), on=TODAY, agreed=agreed)
        assert {need.value for need in unmet(looked_at)} == row.missing, row


def _service(pk: int):
    service = factories.ServiceFactory.build()
    service.pk = pk
    return service


# --- Through the writers --------------------------------------------------------------------------


@pytest.fixture
def procedure(department):
    return factories.ProcedureFactory(department=department)


@pytest.fixture
def service(db):
    return factories.ServiceFactory(kind=Service.OTHER.value)


def online(service, **changes):
    return {
        "status": Status.ONLINE.value,
        "service_id": service.pk,
        "service_reason": REASON,
        "launched_on": date(2026, 4, 1),
        **dict.fromkeys(CHECK_FIELDS, True),
    } | changes


def write(procedure, by, **sent):
    return update_plan(
        procedure_id=procedure.pk,
        sent=sent,
        version=plan_of(procedure).version,
        by=by,
        source=Source.FORM,
    )


@pytest.mark.django_db
@pytest.mark.parametrize("state", STATES)
def test_the_plan_goes_online_only_with_an_agreed_consultation(procedure, service, member, state):
    consult(procedure, service, state)
    if state == "agreed":
        assert write(procedure, member, **online(service)).status == Status.ONLINE
        return
    with pytest.raises(ValidationError) as refusal:
        write(procedure, member, **online(service))
    assert refusal.value.message_dict == {"service": [BLOCKED]}
    assert not MigrationPlan.objects.exists()


def consult(procedure, service, state):
    """What the database holds for a state of the table."""
    decided = {"agreed": {"agreed": True}, "not_agreed": {"agreed": True, "state": "not_agreed"}}
    if state == "another_service":
        factories.ConsultationFactory(procedure=procedure, agreed=True)
    elif state == "another_procedure":
        factories.ConsultationFactory(service=service, agreed=True)
    elif state != "none":
        what = decided.get(state, {"state": state})
        factories.ConsultationFactory(procedure=procedure, service=service, **what)


@pytest.mark.django_db
@pytest.mark.parametrize("status", [Status.PREPARING, Status.TESTING])
def test_a_departure_is_given_a_reason_from_preparing_on(procedure, member, status):
    service = factories.ServiceFactory(kind=Service.MYNAPORTAL.value)
    assert write(procedure, member, service_id=service.pk, status=Status.REVIEWING.value)
    with pytest.raises(ValidationError) as refusal:
        write(procedure, member, status=status.value)
    field, sentence = SENTENCES[Requirement.SERVICE_REASON]
    assert refusal.value.message_dict == {field: [sentence]}
    saved = write(procedure, member, status=status.value, service_reason=REASON)
    assert (saved.status, saved.service_reason) == (status, REASON)


@pytest.mark.django_db
def test_many_at_once_obey_it_with_one_look_at_the_agreements(
    department, service, member, django_assert_max_num_queries
):
    agreed, other, *rest = factories.ProcedureFactory.create_batch(8, department=department)
    factories.ConsultationFactory(procedure=agreed, service=service, agreed=True)
    for one in (agreed, other, *rest):
        factories.PlanFactory(procedure=one, **dict.fromkeys(CHECK_FIELDS, True))
    edit = Edit(
        plan={name: value for name, value in online(service).items() if name not in CHECK_FIELDS}
    )
    keys = [one.pk for one in (agreed, other, *rest)]
    with django_assert_max_num_queries(14):
        plan = plan_edit(keys, edit, by=member, on=timezone.localdate())
    assert [row.procedure for row in plan.rows] == [agreed]
    assert {one.reason for one in plan.left_out} == {BLOCKED}

    apply_edit(edit=edit, seen=plan.seen, by=member)
    assert list(
        MigrationPlan.objects.filter(status="online").values_list("procedure", flat=True)
    ) == [agreed.pk]


@pytest.mark.django_db
def test_an_undo_brings_nothing_back_online_whose_agreement_is_gone(
    procedure, service, member, division_person
):
    consultation = factories.ConsultationFactory(procedure=procedure, service=service, agreed=True)
    write(procedure, member, **online(service))
    held = Edit(plan={"status": "on_hold", "hold_reason": "改修のため"})
    seen = plan_edit([procedure.pk], held, by=member, on=timezone.localdate()).seen
    act = apply_edit(edit=held, seen=seen, by=member)
    withdraw(
        consultation_id=consultation.pk, reason="", version=consultation.version, by=division_person
    )

    undone = acts.undo(act_id=act.pk, by=member)

    assert plan_of(procedure).status == Status.ON_HOLD
    assert BLOCKED in undone.undo_left[0]["reason"]


@pytest.mark.django_db
def test_an_undo_with_the_agreement_still_there_goes_back_online(procedure, service, member):
    factories.ConsultationFactory(procedure=procedure, service=service, agreed=True)
    write(procedure, member, **online(service))
    held = Edit(plan={"status": "on_hold", "hold_reason": "改修のため"})
    seen = plan_edit([procedure.pk], held, by=member, on=timezone.localdate()).seen
    acts.undo(act_id=apply_edit(edit=held, seen=seen, by=member).pk, by=member)
    assert plan_of(procedure).status == Status.ONLINE


# --- Through the import ---------------------------------------------------------------------------


def row_of(procedure, service, **cells):
    return {
        "手続番号": procedure.number,
        "手続名": procedure.name,
        "状況": "オンライン化済",
        "開始日": "2026-04-01",
        "利用サービス": service.name,
    } | cells


def previewed(row, by):
    return bulk_import.preview(workbook([row]), file_name="list.xlsx", by=by)


@pytest.mark.django_db
def test_an_import_obeys_it_and_states_the_reason_of_what_was_online_already(
    procedure, service, member
):
    run = previewed(row_of(procedure, service), member)
    (problem,) = run.rows.get().problems
    assert problem["message"].endswith(BLOCKED)

    factories.ConsultationFactory(procedure=procedure, service=service, agreed=True)
    bulk_import.apply(previewed(row_of(procedure, service), member).pk, by=member)
    plan = plan_of(procedure)
    assert (plan.status, plan.service_reason) == (
        Status.ONLINE,
        "一覧表の取込の前から公開されているため",
    )


@pytest.mark.django_db
def test_an_import_takes_the_reason_of_its_column_and_asks_for_one(procedure, member):
    service = factories.ServiceFactory(kind=Service.MYNAPORTAL.value)
    preparing = {"状況": "準備中", "開始日": ""}
    run = previewed(row_of(procedure, service, **preparing), member)
    assert SENTENCES[Requirement.SERVICE_REASON][1] in run.rows.get().problems[0]["message"]

    stated = row_of(procedure, service, **preparing, 方針4と違うサービスを使う理由=REASON)
    bulk_import.apply(previewed(stated, member).pk, by=member)
    assert plan_of(procedure).service_reason == REASON


@pytest.mark.django_db
def test_a_row_that_is_designated_by_the_same_import_departs_from_nothing(
    procedure, service, member
):
    row = row_of(procedure, service) | {"国・県指定サービス": "はい"}
    bulk_import.apply(previewed(row, member).pk, by=member)
    assert (plan_of(procedure).status, plan_of(procedure).service_reason) == (Status.ONLINE, "")


@pytest.mark.django_db
def test_an_agreement_that_goes_after_the_preview_stops_the_import(
    procedure, service, member, division_person
):
    consultation = factories.ConsultationFactory(procedure=procedure, service=service, agreed=True)
    run = previewed(row_of(procedure, service), member)
    withdraw(
        consultation_id=consultation.pk, reason="", version=consultation.version, by=division_person
    )
    with pytest.raises(StalePreview):
        bulk_import.apply(run.pk, by=member)
    assert not MigrationPlan.objects.exists()
