"""Acts: begun with a name, found by their history, taken back once and field by field."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from procedures import acts
from procedures.actions import assign_department, update_procedure
from procedures.models import Act, Role, Source, TeamMembership
from procedures.records import Batch, delete, insert, save
from procedures.rules import Answer, MeasureKind
from procedures.undoing import USED_SINCE
from tests import factories
from tracking.act_rows import rows_beside, rows_of, written_procedures
from tracking.models import Issue, MigrationPlan, SharedMeasure

pytestmark = pytest.mark.django_db

KIND = next(iter(MeasureKind)).value
SOLVED = {
    "state": Issue.State.SOLVED.value,
    "outcome": Answer.ONLINE.value,
    "closed_on": date(2026, 11, 24),
}


@pytest.fixture
def procedure(department):
    return factories.ProcedureFactory(department=department)


@pytest.fixture
def issue(procedure):
    return added(Issue(procedure=procedure, aspect="payment", kind=KIND))


def added(row):
    insert([row], factories.origin())
    return row


def did(by, changes, kind=Act.Kind.SOLUTION) -> Act:
    """An act that sets, for each (row, values), the values on the row."""
    with transaction.atomic():
        origin = acts.begin(kind, "試験の操作", by=by)
        batch = Batch(origin)
        for row, values in changes:
            set_on(row, values)
            batch.update([row], values)
        batch.write()
        return acts.finish(origin, count=len(changes))


def set_on(row, values):
    for name, value in values.items():
        setattr(row, name, value)


def later(row, **values):
    """What somebody changes afterwards."""
    row.refresh_from_db()
    set_on(row, values)
    save(row, values, factories.origin())


def stored(row, *names):
    row.refresh_from_db()
    return tuple(getattr(row, name) for name in names)


def test_what_an_act_wrote_carries_it(member, issue):
    act = did(member, [(issue, SOLVED)])
    entry = issue.history.first()
    assert (entry.act, entry.history_date, entry.change_source) == (act, act.at, Source.BULK)
    assert list(acts.entries_of(act, Issue)) == [entry]


def test_an_undo_restores_rows_of_every_table(member, procedure, issue):
    plan = factories.PlanFactory(procedure=procedure, assignee="前の人")
    act = did(
        member, [(issue, SOLVED), (procedure, {"payment": "online"}), (plan, {"assignee": "後"})]
    )
    act = acts.undo(act_id=act.pk, by=member)
    assert stored(issue, "state", "outcome", "closed_on") == ("open", "", None)
    assert stored(procedure, "payment") == ("unknown",)
    assert stored(plan, "assignee") == ("前の人",)
    assert (act.undone_by, act.undo_left) == (member, [])
    assert issue.history.first().change_source == Source.UNDO


def test_an_undo_removes_what_the_act_added(member, procedure):
    origin = acts.begin(Act.Kind.ISSUES, "課題", by=member)
    insert([Issue(procedure=procedure, aspect="payment", kind=KIND)], origin)
    acts.finish(origin, count=1)
    acts.undo(act_id=origin.act.pk, by=member)
    assert not Issue.objects.exists()
    assert Issue.history.first().history_type == "-"


def test_what_an_act_added_and_somebody_worked_on_stays_and_is_named(member, procedure):
    origin = acts.begin(Act.Kind.ISSUES, "課題", by=member)
    issue = Issue(procedure=procedure, aspect="payment", kind=KIND)
    insert([issue], origin)
    later(issue, owner="佐藤")
    act = acts.undo(act_id=origin.act.pk, by=member)
    assert Issue.objects.get() == issue
    assert act.undo_left == [
        {
            "procedure": procedure.pk,
            "name": str(procedure),
            "fields": ["担当者"],
            "reason": acts.EDITED_SINCE,
        }
    ]


def test_a_row_that_an_act_wrote_twice_goes_back_to_where_it_was(member, issue):
    origin = acts.begin(Act.Kind.SOLUTION, "二度", by=member)
    for owner in ("一", "二"):
        issue.owner = owner
        save(issue, ["owner"], origin)
    acts.undo(act_id=origin.act.pk, by=member)
    assert stored(issue, "owner") == ("",)


def test_a_later_edit_stays_and_is_named(member, issue):
    act = did(member, [(issue, {"owner": "操作", "measure": "操作"})])
    later(issue, owner="後の人")
    act = acts.undo(act_id=act.pk, by=member)
    assert stored(issue, "owner", "measure") == ("後の人", "")
    assert act.undo_left[0]["fields"] == ["担当者"]


def test_a_row_that_the_database_would_refuse_by_now_stays_and_the_rest_goes_back(
    member, procedure, issue, department
):
    other = added(
        Issue(
            procedure=factories.ProcedureFactory(department=department),
            aspect="payment",
            kind=KIND,
        )
    )
    act = did(member, [(issue, SOLVED), (other, SOLVED)])
    added(Issue(procedure=procedure, aspect="payment", kind=KIND))
    act = acts.undo(act_id=act.pk, by=member)
    assert stored(issue, "state") == ("solved",)
    assert stored(other, "state") == ("open",)
    (left,) = act.undo_left
    assert left["procedure"] == procedure.pk
    assert "この支障の課題は、すでに登録されています" in left["reason"]


def test_a_half_restored_row_that_would_break_a_rule_stays(member, issue):
    act = did(member, [(issue, SOLVED)])
    later(issue, outcome=Answer.NOT_NEEDED.value)
    act = acts.undo(act_id=act.pk, by=member)
    assert stored(issue, "state", "outcome") == ("solved", "not_needed")
    assert "支障が" in act.undo_left[0]["reason"]


def test_what_belongs_to_no_procedure_is_taken_back_alone(division_person):
    measure = added(SharedMeasure(name="電子決済の導入", aspect="payment", kind=KIND))
    act = did(division_person, [(measure, {"state": "done"})], Act.Kind.MEASURE)
    later(measure, note="後の備考")
    assert [row.name for row in rows_beside(act)] == ["共通の対応策「電子決済の導入」"]
    act = acts.undo(act_id=act.pk, by=division_person)
    assert stored(measure, "state", "note") == ("planned", "後の備考")
    assert act.undo_left == []


def test_a_measure_on_which_issues_wait_by_now_stays_and_is_named(division_person, issue):
    origin = acts.begin(Act.Kind.MEASURE, "対応策", by=division_person)
    measure = SharedMeasure(name="電子決済の導入", aspect="payment", kind=KIND)
    insert([measure], origin)
    later(issue, shared_measure_id=measure.pk)
    act = acts.undo(act_id=origin.act.pk, by=division_person)
    assert SharedMeasure.objects.get() == measure
    assert act.undo_left == [
        {
            "procedure": None,
            "name": "共通の対応策「電子決済の導入」",
            "fields": [],
            "reason": USED_SINCE,
        }
    ]


def test_rows_that_the_person_may_not_edit_any_more_stay_and_are_named(
    member, procedure, issue, other_department, division_person
):
    act = did(member, [(issue, SOLVED)])
    assign_department(
        procedure_ids=[procedure.pk], department=other_department, division=None, by=division_person
    )
    act = acts.undo(act_id=act.pk, by=member)
    assert stored(issue, "state") == ("solved",)
    assert "環境部" in act.undo_left[0]["reason"]
    assert act.undo_left[0]["fields"] == ["状態", "解決後の回答", "終了日"]


def test_a_team_cannot_take_back_a_measure_of_the_division(member):
    measure = added(SharedMeasure(name="電子決済の導入", aspect="payment", kind=KIND))
    act = did(member, [(measure, {"state": "done"})], Act.Kind.MEASURE)
    act = acts.undo(act_id=act.pk, by=member)
    assert stored(measure, "state") == ("done",)
    assert act.undo_left[0]["reason"] == acts.NOT_YOUR_ROW


def test_an_act_is_undone_once_even_when_rows_changed_again(member, division_person, issue):
    act = did(member, [(issue, {"owner": "操作"})])
    acts.undo(act_id=act.pk, by=division_person)
    later(issue, owner="操作")
    with pytest.raises(acts.NotUndoable, match=str(division_person)):
        acts.undo(act_id=act.pk, by=member)
    assert stored(issue, "owner") == ("操作",)


def test_a_colleague_cannot_undo_but_the_division_can(member, department, division_person, issue):
    act = did(member, [(issue, SOLVED)])
    with pytest.raises(PermissionDenied, match=str(member)):
        acts.undo(act_id=act.pk, by=factories.member_of(department))
    assert acts.undo(act_id=act.pk, by=division_person).undone_by == division_person


def test_an_undo_leaves_what_an_older_and_a_newer_act_did(member, issue):
    did(member, [(issue, {"owner": "一", "measure": "一"})])
    middle = did(member, [(issue, {"owner": "二", "measure": "二"})])
    did(member, [(issue, {"owner": "三"})])
    acts.undo(act_id=middle.pk, by=member)
    assert stored(issue, "owner", "measure") == ("三", "一")


def test_a_row_that_was_deleted_meanwhile_is_no_obstacle(member, issue):
    act = did(member, [(issue, SOLVED)])
    delete([issue], factories.origin())
    assert acts.undo(act_id=act.pk, by=member).undo_left == []


def test_a_failure_in_the_middle_of_an_undo_changes_nothing(member, procedure, issue, monkeypatch):
    act = did(member, [(issue, SOLVED), (procedure, {"payment": "online"})])

    def fails(*args):
        raise RuntimeError("power cut")

    monkeypatch.setattr("procedures.undoing.Undo._restore_procedures", fails)
    with pytest.raises(RuntimeError):
        acts.undo(act_id=act.pk, by=member)
    assert stored(issue, "state") == ("solved",)
    assert stored(act, "undone_by") == (None,)


def test_an_undo_classifies_anew(member, department):
    procedure = factories.ProcedureFactory(
        department=department, clear=True, payment=Answer.UNKNOWN
    )
    act = did(member, [(procedure, {"payment": "online", "category": "priority"})])
    acts.undo(act_id=act.pk, by=member)
    assert stored(procedure, "category") == ("pending",)


def test_the_rows_of_an_act_read_from_its_history(member, procedure, issue):
    act = did(member, [(issue, {"owner": "佐藤"}), (procedure, {"payment": "online"})])
    update_procedure(
        procedure_id=procedure.pk, sent={"note": "後"}, version=2, by=member, source=Source.FORM
    )
    assert written_procedures(act) == [procedure.pk]
    (row,) = rows_of(act, [procedure.pk])
    assert row.name == str(procedure)
    assert {(change.field, change.old, change.new) for change in row.changes} == {
        ("担当者", "（空）", "佐藤"),
        ("金銭納付", "未調査", "必要（オンライン可）"),
    }
    acts.undo(act_id=act.pk, by=member)
    assert rows_of(act, [procedure.pk]) == [row]


@pytest.mark.parametrize(
    ("role", "expected"), [(Role.MEMBER, {"自分"}), (Role.LEADER, {"自分", "部下"})]
)
def test_people_see_their_own_acts_and_leaders_those_of_their_team(
    department, other_department, role, expected
):
    person = factories.UserFactory(role=role, role__department=department)
    colleague = factories.member_of(department)
    stranger = factories.member_of(other_department)
    for label, by in (("自分", person), ("部下", colleague), ("他の部", stranger)):
        acts.begin(Act.Kind.EDIT, label, by=by)
    assert {act.label for act in acts.visible_acts(person)} == expected


def test_a_leader_of_two_teams_sees_each_act_once(department, other_department):
    leader = factories.UserFactory(role=Role.LEADER, role__department=department)
    TeamMembership.objects.create(user=leader, role=Role.LEADER, department=other_department)
    acts.begin(Act.Kind.EDIT, "一度", by=leader)
    assert acts.visible_acts(leader).count() == 1


@pytest.mark.parametrize("person", ["division_person", "administrator"])
def test_the_division_sees_every_act(member, person, request):
    acts.begin(Act.Kind.EDIT, "だれかの操作", by=member)
    assert acts.visible_acts(request.getfixturevalue(person)).count() == 1


def test_an_undo_of_many_rows_asks_the_same_number_of_queries(member, department):
    def queries(count: int) -> int:
        rows = factories.ProcedureFactory.create_batch(count, department=department)
        plans = [factories.PlanFactory(procedure=row) for row in rows]
        act = did(member, [(plan, {"assignee": "操作"}) for plan in plans])
        with CaptureQueriesContext(connection) as context:
            acts.undo(act_id=act.pk, by=member)
        assert not MigrationPlan.objects.filter(assignee="操作").exists()
        return len(context)

    queries(1)  # the rights of the person are read once
    assert queries(30) == queries(5)
