"""The writers of progress: who may write, what a state asks for, and what the history keeps."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from procedures.editing import Conflict
from procedures.models import Procedure, Source
from procedures.permissions import NOT_YOUR_DEPARTMENT, UNASSIGNED_IS_FOR_DIVISION
from procedures.records import UNSAVED
from procedures.rules import Answer, Category, Service
from tests import factories
from tracking.actions.plans import plan_of, save_row, update_plan
from tracking.models import CHECK_FIELDS, MigrationPlan
from tracking.workflow import SENTENCES, Requirement, Status

pytestmark = pytest.mark.django_db
MAY, JUNE = date(2027, 5, 1), date(2027, 6, 1)


@pytest.fixture
def procedure(department):
    return factories.ProcedureFactory(department=department)


def save(procedure, by, *, answers=None, plan=None, versions=None):
    """One save of a row as ``by`` sees it now, or as of ``versions``."""
    procedure_version, plan_version = versions or versions_of(procedure)
    return save_row(
        procedure_id=procedure.pk,
        answers=answers or {},
        plan=plan or {},
        procedure_version=procedure_version,
        plan_version=plan_version,
        by=by,
        source=Source.INLINE,
    )


def versions_of(procedure) -> tuple[int, int]:
    fresh = Procedure.objects.get(pk=procedure.pk)
    return fresh.version, plan_of(fresh).version


def written() -> tuple[int, int]:
    return Procedure.history.count(), MigrationPlan.history.count()


def ready() -> dict:
    """What a plan needs to go online."""
    return {
        "status": Status.ONLINE,
        "service_id": factories.ServiceFactory().pk,
        "launched_on": timezone.localdate(),
        **dict.fromkeys(CHECK_FIELDS, True),
    }


def test_a_row_is_written_in_one_act_with_who_and_where_from(procedure, member):
    save(procedure, member, answers={"payment": Answer.ONLINE}, plan={"target_date": MAY})

    procedure.refresh_from_db()
    assert procedure.payment == Answer.ONLINE
    assert procedure.plan.target_date == MAY
    for newest in (procedure.history.first(), procedure.plan.history.first()):
        assert (newest.history_user, newest.by_name) == (member, member.display_name)
        assert newest.change_source == Source.INLINE
    assert procedure.history.first().history_date == procedure.plan.history.first().history_date


def test_the_category_follows_the_answers_in_the_same_act(department, member):
    procedure = factories.ProcedureFactory(department=department, clear=True, payment="offline")
    assert procedure.category == Category.PENDING

    saved = save(procedure, member, answers={"payment": Answer.ONLINE})

    assert saved.category == Category.PRIORITY
    assert (saved.obstacles, saved.unanswered) == ((), ())


@pytest.mark.parametrize("half", [{"answers": {"payment": "online"}}, {"plan": {"url": "x"}}])
def test_a_member_of_another_team_writes_nothing(procedure, other_member, half):
    before = written()
    with pytest.raises(PermissionDenied) as refusal:
        save(procedure, other_member, **half)
    assert str(refusal.value) == NOT_YOUR_DEPARTMENT.format(department=procedure.department)
    assert written() == before
    assert not MigrationPlan.objects.exists()


def test_a_procedure_of_no_department_is_for_the_division(member, division_person):
    procedure = factories.ProcedureFactory(unassigned=True)
    with pytest.raises(PermissionDenied) as refusal:
        save(procedure, member, plan={"target_date": MAY})
    assert str(refusal.value) == UNASSIGNED_IS_FOR_DIVISION
    save(procedure, division_person, plan={"target_date": MAY})
    assert plan_of(procedure).target_date == MAY


def test_a_save_that_changes_nothing_writes_nothing(procedure, member):
    save(procedure, member, plan={"target_date": MAY})
    before = written(), versions_of(procedure)
    save(
        procedure,
        member,
        answers={"payment": procedure.payment, "other_note": ""},
        plan={"target_date": MAY, "status": Status.NOT_STARTED},
    )
    assert (written(), versions_of(procedure)) == before


def test_a_plan_is_not_made_by_looking_at_it(procedure, member):
    save(procedure, member, plan={"status": Status.NOT_STARTED, "target_date": None, "url": ""})
    assert not MigrationPlan.objects.exists()


def test_different_fields_of_two_people_merge(procedure, member, division_person):
    seen = versions_of(procedure)
    save(procedure, division_person, plan={"target_date": MAY}, versions=seen)
    save(
        procedure,
        member,
        answers={"payment": Answer.ONLINE},
        plan={"target_date": None, "status": Status.REVIEWING},
        versions=seen,
    )
    plan = plan_of(procedure)
    assert (plan.target_date, plan.status) == (MAY, Status.REVIEWING)
    assert Procedure.objects.get(pk=procedure.pk).payment == Answer.ONLINE


def test_the_same_field_of_two_people_is_a_conflict_and_nothing_of_the_second_is_written(
    procedure, member, division_person
):
    seen = versions_of(procedure)
    save(procedure, division_person, plan={"target_date": MAY}, versions=seen)
    before = written()

    with pytest.raises(Conflict) as refusal:
        save(
            procedure,
            member,
            answers={"payment": Answer.ONLINE},
            plan={"target_date": JUNE, "status": Status.REVIEWING},
            versions=seen,
        )

    (one,) = refusal.value.disagreements
    assert (one.model, one.field, one.mine, one.theirs) == (MigrationPlan, "target_date", JUNE, MAY)
    assert one.by_name == division_person.display_name
    # Everything that the second person changed comes along, so that the form can keep it.
    assert refusal.value.mine == {
        "target_date": JUNE,
        "status": Status.REVIEWING,
        "payment": Answer.ONLINE,
    }
    assert written() == before


def test_conflicts_in_both_halves_come_together(procedure, member, division_person):
    seen = versions_of(procedure)
    theirs = {"answers": {"payment": Answer.ONLINE}, "plan": {"target_date": MAY}}
    save(procedure, division_person, **theirs, versions=seen)
    with pytest.raises(Conflict) as refusal:
        save(
            procedure,
            member,
            answers={"payment": Answer.OFFLINE},
            plan={"target_date": JUNE},
            versions=seen,
        )
    assert {one.field for one in refusal.value.disagreements} == {"payment", "target_date"}


def test_the_same_new_value_of_two_people_is_no_conflict(procedure, member, division_person):
    seen = versions_of(procedure)
    save(procedure, division_person, plan={"target_date": MAY}, versions=seen)
    before = written()
    save(procedure, member, plan={"target_date": MAY}, versions=seen)
    assert written() == before


def test_a_version_that_no_history_knows_asks_about_every_difference(procedure, member):
    save(procedure, member, plan={"target_date": MAY})
    with pytest.raises(Conflict):
        save(procedure, member, plan={"target_date": JUNE}, versions=(1, 99))


def test_going_online_with_everything(procedure, member):
    save(procedure, member, plan=ready())
    assert plan_of(procedure).status == Status.ONLINE


@pytest.mark.parametrize(
    ("missing", "requirement"),
    [
        ({"service_id": None}, Requirement.SERVICE),
        ({"launched_on": None}, Requirement.LAUNCHED_ON),
        ({"launched_on": date(2100, 1, 1)}, Requirement.LAUNCH_NOT_IN_FUTURE),
        ({CHECK_FIELDS[1]: False}, Requirement.CHECKLIST),
        ({"status": Status.ON_HOLD}, Requirement.HOLD_REASON),
    ],
)
def test_one_thing_missing_writes_nothing_of_the_row(procedure, member, missing, requirement):
    before = written()
    with pytest.raises(ValidationError) as refusal:
        save(procedure, member, answers={"payment": Answer.ONLINE}, plan=ready() | missing)
    field, sentence = SENTENCES[requirement]
    assert refusal.value.message_dict == {field: [sentence]}
    assert written() == before
    assert Procedure.objects.get(pk=procedure.pk).payment == Answer.UNKNOWN


def test_a_service_of_another_kind_needs_the_division_to_have_agreed(procedure, member):
    service = factories.ServiceFactory(kind=Service.OTHER.value)
    plan = ready() | {"service_id": service.pk, "service_reason": "専用の画面が要るため"}
    with pytest.raises(ValidationError) as refusal:
        save(procedure, member, plan=plan)
    field, sentence = SENTENCES[Requirement.CONSULTATION]
    assert refusal.value.message_dict == {field: [sentence]}

    factories.ConsultationFactory(procedure=procedure, service=service, agreed=True)
    save(procedure, member, plan=plan)
    assert plan_of(procedure).status == Status.ONLINE


@pytest.mark.parametrize("flag", ["designated_service", "legacy_service"])
def test_a_designated_or_older_service_needs_no_consultation(department, member, flag):
    procedure = factories.ProcedureFactory(department=department, **{flag: True})
    plan = ready() | {"service_id": factories.ServiceFactory(kind=Service.OTHER.value).pk}
    save(procedure, member, plan=plan)
    assert plan_of(procedure).status == Status.ONLINE


def test_what_is_not_a_field_of_an_edit_is_a_programming_error(procedure, member):
    with pytest.raises(ValueError, match="changed_at"):
        save(procedure, member, plan={"changed_at": timezone.now()})
    assert not MigrationPlan.objects.exists()


def test_a_plan_alone_is_written_by_the_same_rules(procedure, member, other_member):
    sent = {"target_date": MAY}
    call = {"procedure_id": procedure.pk, "version": UNSAVED, "source": Source.FORM}
    with pytest.raises(PermissionDenied):
        update_plan(sent=sent, by=other_member, **call)
    plan = update_plan(sent=sent, by=member, **call)
    assert (plan.target_date, plan.version) == (MAY, 1)
    with pytest.raises(Conflict):
        update_plan(sent={"target_date": JUNE}, by=member, **call)
