"""The writers of issues: one per obstacle, edited without losing anything, solved in one act."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from procedures import actions, acts
from procedures.editing import Conflict
from procedures.models import Act, Procedure, Role, Source, TeamMembership
from procedures.rules import Answer, Aspect, BasisLevel, MeasureKind
from tests import factories
from tracking.actions.issues import (
    ABOLISHED,
    ENDED_ALREADY,
    KIND_MISFIT,
    MEASURE_ENDED,
    MEASURE_MISFIT,
    NO_MANAGER,
    NO_OBSTACLE,
    NO_OUTCOME,
    NOT_SURVEYED,
    NOTHING_TO_OPEN,
    OPEN_ALREADY,
    SOLVED_ONLY_HERE,
    UNKNOWN_SUBJECT,
    Draft,
    open_issue,
    open_issues,
    reviews_for,
    solve_issue,
    update_issue,
)
from tracking.models import Issue
from tracking.timeline import timeline

pytestmark = pytest.mark.django_db


@pytest.fixture
def procedure(department):
    """A procedure that only the payment keeps from being a priority."""
    return factories.ProcedureFactory(
        department=department, name="証明書の交付申請", clear=True, payment=Answer.OFFLINE
    )


@pytest.fixture
def issue(procedure):
    """The open issue about it."""
    return factories.IssueFactory(procedure=procedure, aspect="payment", kind="e_payment")


@pytest.fixture
def leader(department):
    """The leader of the DX team of ``department``."""
    return factories.UserFactory(role=Role.LEADER, role__department=department)


@pytest.fixture
def two_team_person(department, other_department):
    """Somebody in the teams of both departments."""
    person = factories.member_of(department)
    TeamMembership.objects.create(user=person, role=Role.MEMBER, department=other_department)
    return person


def answer(procedure, by, **sent):
    """Somebody changes answers on the procedure itself."""
    version = Procedure.objects.get(pk=procedure.pk).version
    actions.update_procedure(
        procedure_id=procedure.pk, sent=sent, version=version, by=by, source=Source.FORM
    )


def solve(issue, by, outcome="online", note="", version=None):
    """``by`` solves what they see now, or saw at ``version`` of the procedure."""
    if version is None:
        version = Procedure.objects.get(pk=issue.procedure_id).version
    return solve_issue(issue_id=issue.pk, outcome=outcome, note=note, version=version, by=by)


def written() -> tuple[int, int, int]:
    """How many changes of procedures and issues there are, and how many acts."""
    return Procedure.history.count(), Issue.history.count(), Act.objects.count()


# Opening one


def test_an_obstacle_becomes_an_issue_with_the_first_review_that_the_policy_names(
    procedure, member
):
    issue = open_issue(procedure_id=procedure.pk, aspect="payment", by=member)

    stored = Issue.objects.get()
    assert stored == issue
    assert (stored.aspect, stored.kind, stored.state) == ("payment", "e_payment", "open")
    (row,) = stored.history.all()
    assert (row.by_name, row.change_source) == (str(member), Source.FORM)


@pytest.mark.parametrize("aspect", list(Aspect))
def test_every_aspect_has_reviews_to_choose_from(aspect):
    assert reviews_for(aspect, BasisLevel.NATIONAL)
    assert {review.aspect for review in reviews_for(aspect)} == {aspect}


def test_the_designated_manager_becomes_an_issue_without_an_aspect(procedure, member):
    answer(procedure, member, designated_manager=True)

    issue = open_issue(procedure_id=procedure.pk, aspect="", by=member)

    assert (issue.aspect, issue.kind) == ("", MeasureKind.DESIGNATED_MANAGER_REVIEW)
    assert str(issue) == "指定管理者の課題"


@pytest.mark.parametrize(
    ("aspect", "changed", "sentence"),
    [
        ("attachments", {}, NO_OBSTACLE.format(subject="添付書類", answer="必要（オンライン可）")),
        ("in_person", {"in_person": "unknown"}, NOT_SURVEYED.format(subject="対面")),
        ("", {}, NO_MANAGER),
        ("nonsense", {}, UNKNOWN_SUBJECT),
        ("payment", {"abolished_on": date(2026, 3, 31)}, ABOLISHED),
    ],
)
def test_what_is_no_obstacle_becomes_no_issue(procedure, member, aspect, changed, sentence):
    answer(procedure, member, **changed)

    with pytest.raises(ValidationError) as refusal:
        open_issue(procedure_id=procedure.pk, aspect=aspect, by=member)

    assert refusal.value.messages == [sentence]
    assert not Issue.objects.exists()


def test_an_obstacle_has_one_open_issue_and_a_new_one_after_it_ended(procedure, issue, member):
    with pytest.raises(ValidationError) as refusal:
        open_issue(procedure_id=procedure.pk, aspect="payment", by=member)
    assert refusal.value.messages == [OPEN_ALREADY.format(subject="金銭納付")]

    update_issue(issue_id=issue.pk, sent={"state": "dropped"}, version=1, by=member)
    again = open_issue(procedure_id=procedure.pk, aspect="payment", by=member)

    assert set(Issue.objects.values_list("pk", "state")) == {
        (issue.pk, "dropped"),
        (again.pk, "open"),
    }


@pytest.mark.parametrize(
    "person", ["member", "leader", "two_team_person", "division_person", "administrator"]
)
def test_team_division_and_administrator_open_edit_and_solve(procedure, person, request):
    user = request.getfixturevalue(person)

    issue = open_issue(procedure_id=procedure.pk, aspect="payment", by=user)
    update_issue(issue_id=issue.pk, sent={"owner": "佐藤"}, version=1, by=user)
    solve(issue, user)

    assert Issue.objects.get().state == Issue.State.SOLVED


@pytest.mark.parametrize("person", ["other_member", "reader"])
def test_others_cannot_open_edit_or_solve(procedure, issue, person, request):
    user, before = request.getfixturevalue(person), written()

    for attempt in (
        lambda: open_issue(procedure_id=procedure.pk, aspect="payment", by=user),
        lambda: update_issue(issue_id=issue.pk, sent={"owner": "x"}, version=1, by=user),
        lambda: solve(issue, user),
        lambda: open_issues(
            procedure_ids=[procedure.pk], drafts=[Draft("payment", "e_payment")], by=user
        ),
    ):
        with pytest.raises(PermissionDenied, match="市民部"):
            attempt()

    assert written() == before


# Opening many


def test_many_issues_are_opened_in_one_act_and_what_has_none_is_named(
    department, other_department, member
):
    owned = [
        factories.ProcedureFactory(department=department, payment="offline", in_person="offline")
        for _ in range(3)
    ]
    clear = factories.ProcedureFactory(department=department, clear=True)
    foreign = factories.ProcedureFactory(department=other_department, payment="offline")
    factories.IssueFactory(procedure=owned[0], aspect="payment", kind="e_payment")
    measure = factories.MeasureFactory()
    drafts = [
        Draft("payment", "e_payment", "市の電子決済", measure.pk, "鈴木", date(2027, 3, 31)),
        Draft("in_person", "remote_interview"),
    ]

    act = open_issues(
        procedure_ids=[row.pk for row in (*owned, clear, foreign)], drafts=drafts, by=member
    )

    written = Issue.history.filter(act=act, history_type="+").values("id")
    opened = Issue.objects.filter(pk__in=written)
    assert sorted(opened.values_list("procedure", "aspect")) == sorted(
        [(row.pk, "in_person") for row in owned] + [(row.pk, "payment") for row in owned[1:]]
    )
    issue = opened.filter(aspect="payment").first()
    assert (issue.measure, issue.shared_measure, issue.owner, issue.due) == (
        "市の電子決済", measure, "鈴木", date(2027, 3, 31),
    )  # fmt: skip
    assert (act.kind, act.count) == (Act.Kind.ISSUES, 3)
    no_obstacle = [NO_OBSTACLE.format(subject=one, answer="不要") for one in ("金銭納付", "対面")]
    assert {one["procedure"]: one["reason"] for one in act.left_out} == {
        owned[0].pk: OPEN_ALREADY.format(subject="金銭納付"),
        clear.pk: "".join(no_obstacle),
        foreign.pk: (
            "この手続は「環境部」の手続です。変更できるのは、その部局室のDX推進チームと"
            "情報政策課です。"
        ),
    }
    assert len(act.left_out) == 3


def test_a_procedure_that_got_an_issue_is_not_named_for_an_obstacle_that_it_has_not(
    department, member
):
    procedure = factories.ProcedureFactory(department=department, clear=True, payment="offline")
    drafts = [Draft("payment", "e_payment"), Draft("in_person", "remote_interview")]

    act = open_issues(procedure_ids=[procedure.pk], drafts=drafts, by=member)

    assert (act.count, act.left_out) == (1, [])


def test_one_undo_takes_all_of_them_back_but_what_somebody_worked_on(department, member):
    first, second = (
        factories.ProcedureFactory(department=department, payment="offline") for _ in range(2)
    )
    drafts = [Draft("payment", "e_payment")]
    act = open_issues(procedure_ids=[first.pk, second.pk], drafts=drafts, by=member)
    worked_on = Issue.objects.get(procedure=second)
    update_issue(issue_id=worked_on.pk, sent={"owner": "佐藤"}, version=1, by=member)

    undone = acts.undo(act_id=act.pk, by=member)

    assert list(Issue.objects.all()) == [worked_on]
    assert [one["procedure"] for one in undone.undo_left] == [second.pk]


def test_where_nothing_can_be_opened_there_is_no_act(procedure, issue, member):
    with pytest.raises(ValidationError) as refusal:
        open_issues(procedure_ids=[procedure.pk], drafts=[Draft("payment", "e_payment")], by=member)

    assert refusal.value.messages == [NOTHING_TO_OPEN]
    assert not Act.objects.exists()


def test_opening_many_asks_the_database_as_often_as_opening_one(department, member):
    counts = []
    for number in (1, 1, 30):  # the first time the person's rights are read too
        keys = [
            factories.ProcedureFactory(department=department, payment="offline").pk
            for _ in range(number)
        ]
        with CaptureQueriesContext(connection) as queries:
            open_issues(procedure_ids=keys, drafts=[Draft("payment", "e_payment")], by=member)
        counts.append(len(queries))
    assert counts[1] == counts[2]


# Editing


def test_an_edit_writes_what_changed_and_equal_values_write_nothing(issue, member):
    sent = {"owner": "佐藤", "due": date(2027, 3, 31), "state": "working"}

    update_issue(issue_id=issue.pk, sent=sent, version=1, by=member)
    update_issue(issue_id=issue.pk, sent=sent, version=2, by=member)

    stored = Issue.objects.get()
    assert {name: getattr(stored, name) for name in sent} == sent
    assert (stored.version, stored.history.count()) == (2, 2)


def test_two_people_on_different_fields_merge_and_on_the_same_field_are_asked(
    issue, member, division_person
):
    update_issue(issue_id=issue.pk, sent={"owner": "佐藤"}, version=1, by=division_person)

    update_issue(issue_id=issue.pk, sent={"owner": "", "measure": "QR"}, version=1, by=member)
    with pytest.raises(Conflict) as conflict:
        update_issue(issue_id=issue.pk, sent={"owner": "鈴木"}, version=1, by=member)

    stored = Issue.objects.get()
    assert (stored.owner, stored.measure) == ("佐藤", "QR")
    (one,) = conflict.value.disagreements
    assert (one.mine, one.theirs, one.by_name) == ("鈴木", "佐藤", str(division_person))


@time_machine.travel("2026-11-24T10:00:00+09:00")
def test_giving_up_ends_the_issue_and_leaves_the_answer(procedure, issue, member):
    update_issue(issue_id=issue.pk, sent={"state": "dropped"}, version=1, by=member)

    stored = Issue.objects.get()
    assert (stored.state, stored.closed_on) == ("dropped", date(2026, 11, 24))
    procedure.refresh_from_db()
    assert (procedure.payment, procedure.version) == ("offline", 1)


def test_an_ended_issue_cannot_be_edited_or_solved_again(issue, member):
    solve(issue, member)
    before = written()

    for attempt in (
        lambda: update_issue(issue_id=issue.pk, sent={"owner": "x"}, version=2, by=member),
        lambda: solve(issue, member),
    ):
        with pytest.raises(ValidationError) as refusal:
            attempt()
        assert refusal.value.messages == [ENDED_ALREADY.format(state="解決")]

    assert written() == before


@pytest.mark.parametrize(
    ("sent", "field", "sentence"),
    [
        (
            {"kind": "data_linkage"},
            "kind",
            KIND_MISFIT.format(subject="金銭納付", kinds="「電子決済によるオンライン納付」"),
        ),
        ({"state": "solved"}, "state", SOLVED_ONLY_HERE),
    ],
)
def test_what_an_edit_may_not_say_is_refused(issue, member, sent, field, sentence):
    with pytest.raises(ValidationError) as refusal:
        update_issue(issue_id=issue.pk, sent=sent, version=1, by=member)

    assert refusal.value.message_dict == {field: [sentence]}
    assert Issue.history.count() == 1


def test_an_issue_waits_only_on_a_planned_measure_for_its_own_obstacle(issue, member):
    other = factories.MeasureFactory(name="リモート面談", aspect="in_person")
    ended = factories.MeasureFactory(name="電子決済", state="done")
    misfit = MEASURE_MISFIT.format(measure=other, aspect="対面", subject="金銭納付")
    for measure, sentence in (
        (other, misfit),
        (ended, MEASURE_ENDED.format(measure=ended, state="導入済")),
    ):
        with pytest.raises(ValidationError) as refusal:
            update_issue(
                issue_id=issue.pk, sent={"shared_measure_id": measure.pk}, version=1, by=member
            )
        assert refusal.value.message_dict == {"shared_measure": [sentence]}


# Solving


@pytest.mark.parametrize("outcome", ["online", "not_needed"])
@time_machine.travel("2026-11-24T10:00:00+09:00")
def test_solving_answers_and_classifies_in_one_act(procedure, issue, member, outcome):
    solution = solve(issue, member, outcome, "窓口に端末を置いた")

    procedure.refresh_from_db()
    issue.refresh_from_db()
    assert (procedure.payment, procedure.category) == (outcome, "priority")
    assert (issue.state, issue.outcome, issue.outcome_note, issue.closed_on) == (
        "solved", outcome, "窓口に端末を置いた", date(2026, 11, 24),
    )  # fmt: skip
    assert (solution.before, solution.after) == ("pending", "priority")
    act = Act.objects.get()
    assert (act, act.kind, act.count) == (solution.act, Act.Kind.SOLUTION, 1)
    for row in (procedure.history.latest("history_id"), issue.history.latest("history_id")):
        assert (row.act, row.by_name) == (act, str(member))


def test_a_solution_can_be_undone_and_the_issue_is_open_again(procedure, issue, member):
    act = solve(issue, member).act

    acts.undo(act_id=act.pk, by=member)

    procedure.refresh_from_db()
    issue.refresh_from_db()
    assert (procedure.payment, procedure.category) == ("offline", "pending")
    assert (issue.state, issue.outcome, issue.closed_on) == ("open", "", None)


def test_solving_what_is_answered_already_ends_the_issue_and_writes_no_procedure(
    procedure, issue, member
):
    answer(procedure, member, payment="not_needed")
    before = Procedure.history.count()

    solve(issue, member, "not_needed")

    assert Procedure.history.count() == before
    assert Issue.objects.get().outcome == "not_needed"


def test_an_answer_that_somebody_gave_meanwhile_is_not_written_over(
    procedure, issue, member, division_person
):
    answer(procedure, division_person, payment="not_needed")
    before = written()

    with pytest.raises(Conflict) as conflict:
        solve(issue, member, "online", version=1)

    (one,) = conflict.value.disagreements
    assert (one.theirs, one.by_name) == ("not_needed", str(division_person))
    assert written() == before


def test_another_field_that_changed_meanwhile_does_not_stand_in_the_way(procedure, issue, member):
    answer(procedure, member, note="別の項目")

    solve(issue, member, version=1)

    assert Issue.objects.get().state == "solved"


@pytest.mark.parametrize("outcome", ["", "offline", "unknown", "nonsense"])
def test_a_solution_says_how_it_ended(issue, member, outcome):
    with pytest.raises(ValidationError) as refusal:
        solve(issue, member, outcome)

    assert refusal.value.message_dict == {"outcome": [NO_OUTCOME]}
    assert Issue.objects.get().state == "open"


def test_the_issue_of_the_designated_manager_changes_no_answer(procedure, member):
    answer(procedure, member, designated_manager=True)
    issue = open_issue(procedure_id=procedure.pk, aspect="", by=member)
    before = Procedure.history.count()

    solve(issue, member, "")

    assert Procedure.history.count() == before
    assert (Issue.objects.get().state, Issue.objects.get().outcome) == ("solved", "")


# The forecast and the history


@pytest.mark.parametrize(
    ("state", "goes_live_on", "due", "expected"),
    [
        ("planned", date(2027, 7, 1), date(2027, 3, 31), date(2027, 7, 1)),
        ("planned", date(2027, 7, 1), None, date(2027, 7, 1)),
        ("planned", None, date(2027, 3, 31), date(2027, 3, 31)),
        ("done", date(2026, 7, 1), date(2027, 3, 31), date(2027, 3, 31)),
        ("dropped", date(2027, 7, 1), None, None),
        (None, None, date(2027, 3, 31), date(2027, 3, 31)),
    ],
)
def test_the_forecast_is_the_date_of_the_planned_measure_else_its_own(
    procedure, state, goes_live_on, due, expected
):
    measure = factories.MeasureFactory(state=state, goes_live_on=goes_live_on) if state else None
    factories.IssueFactory(
        procedure=procedure, aspect="payment", kind="e_payment", due=due, shared_measure=measure
    )

    assert Issue.objects.with_forecast().get().forecast == expected


def test_the_history_tells_of_issues_in_words(procedure, issue, member):
    measure = factories.MeasureFactory(name="電子決済の導入")
    sent = {"shared_measure_id": measure.pk, "state": "working"}
    update_issue(issue_id=issue.pk, sent=sent, version=1, by=member)
    solve(issue, member, note="導入した")

    solved, edited, opened = timeline(Procedure.objects.get())[:3]

    told = [(one.subject, one.field, one.new) for one in edited.facts]
    assert told == [
        ("課題「金銭納付」", "共通の対応策", "電子決済の導入"),
        ("課題「金銭納付」", "状態", "対応中"),
    ]
    told = {(one.subject, one.field, one.new) for one in solved.facts}
    assert ("", "金銭納付", "必要（オンライン可）") in told
    assert ("課題「金銭納付」", "解決後の回答", "必要（オンライン可）") in told
    assert ("課題「金銭納付」", "結果", "導入した") in told
    assert ("課題「金銭納付」", "対応策の種類", "電子決済によるオンライン納付") in {
        (one.subject, one.field, one.new) for one in opened.facts
    }
