"""The writers of the talk: who may write, say 済 and send back; and what waits for whom."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from procedures.actions import NOT_PROPOSED
from procedures.actions.exemptions import CHANGED_MEANWHILE
from procedures.models import Exemption, Procedure, Role, TeamMembership
from procedures.permissions import DIVISION_ONLY
from tests import factories
from tracking.actions.comments import (
    CLOSED_ALREADY,
    NO_TEAM_YET,
    NOT_CLOSED,
    NOT_IN_THIS_TALK,
    NOT_YOUR_TALK,
    NOT_YOURS_TO_CLOSE,
    NOTHING_WAITS,
    RETURNED,
    TALK_OF_UNASSIGNED,
    WITHDRAWN,
    add_comment,
    around,
    can_comment,
    close_comment,
    people_of,
    reopen_comment,
    return_exemption,
    said_to,
    take_exemption_back,
    thread,
    usual_addressee,
)
from tracking.models import Comment

TEAM, DIVISION = Comment.Addressee.TEAM, Comment.Addressee.DIVISION
WRITERS = ("member", "division_person", "administrator")
OTHERS = ("other_member", "reader")


@pytest.fixture
def procedure(department):
    """A procedure of ``department``."""
    return factories.ProcedureFactory(department=department)


@pytest.fixture
def write(procedure):
    """``write(by, addressee)`` adds a comment on the procedure."""

    def add(by, addressee=DIVISION, text="この書類は要りますか。", **more):
        return add_comment(procedure_id=procedure.pk, text=text, addressee=addressee, by=by, **more)

    return add


def written() -> tuple[int, int]:
    """How many changes of comments and of procedures the history knows."""
    return Comment.history.count(), Procedure.history.count()


# --- Writing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("person", WRITERS)
def test_team_division_and_administrator_write(write, procedure, person, request):
    by = request.getfixturevalue(person)
    version = Procedure.objects.get().version

    comment = write(by)

    stored = Comment.objects.get()
    assert stored == comment
    assert (stored.procedure, stored.text, stored.written_by) == (procedure, comment.text, by)
    assert stored.is_waiting
    entry = Comment.history.get()
    assert (entry.by_name, entry.history_date) == (str(by), stored.written_at)
    assert Procedure.objects.get().version == version


@pytest.mark.parametrize("person", OTHERS)
def test_others_may_not_write(write, procedure, person, request):
    user = request.getfixturevalue(person)
    before = written()

    with pytest.raises(PermissionDenied, match=NOT_YOUR_TALK.format(department="市民部")):
        write(user)

    assert not can_comment(user, procedure)
    assert written() == before


def test_a_person_in_two_teams_writes_in_the_talk_of_both(write, member, other_department):
    TeamMembership.objects.create(user=member, role=Role.MEMBER, department=other_department)
    foreign = factories.ProcedureFactory(department=other_department)

    write(member)
    add_comment(procedure_id=foreign.pk, text="あちらも", addressee=DIVISION, by=member)

    assert Comment.objects.count() == 2


def test_only_the_office_talks_on_what_no_department_owns(member, division_person):
    procedure = factories.ProcedureFactory(unassigned=True)
    sent = {"procedure_id": procedure.pk, "text": "所管はどこか"}

    with pytest.raises(PermissionDenied, match=TALK_OF_UNASSIGNED):
        add_comment(**sent, addressee=DIVISION, by=member)
    with pytest.raises(ValidationError) as refused:
        add_comment(**sent, addressee=TEAM, by=division_person)
    assert refused.value.message_dict == {"addressee": [NO_TEAM_YET]}
    assert not Comment.objects.exists()

    add_comment(**sent, addressee=DIVISION, by=division_person)
    assert usual_addressee(division_person, procedure) == DIVISION


def test_the_same_form_sent_twice_writes_once(write, member):
    first = write(member, seen=0)

    again = write(member, seen=0)

    assert again == first
    assert Comment.history.count() == 1


def test_the_same_words_in_a_new_form_are_written_again(write, member, division_person):
    first = write(member, text="了解しました。", seen=0)
    # Somebody else's words meanwhile are no second sending.
    write(division_person, text="了解しました。", seen=0)

    write(member, text="了解しました。", seen=first.pk)

    assert Comment.objects.count() == 3


@pytest.mark.parametrize("wrong", [{"text": ""}, {"addressee": "mayor"}])
def test_what_cannot_be_a_comment_is_refused(write, member, wrong):
    with pytest.raises(ValidationError) as refused:
        write(member, **wrong)

    assert set(refused.value.message_dict) == set(wrong)
    assert not Comment.objects.exists()


def test_those_who_can_be_mentioned_are_the_team_and_the_division(
    procedure, member, division_person, other_member, administrator, reader
):
    leader = factories.UserFactory(role=Role.LEADER, role__department=procedure.department)
    factories.member_of(procedure.department, is_active=False)

    people = [row.user for row in people_of(procedure)]

    assert set(people) == {member, leader, division_person}
    assert people[-1] == division_person


@pytest.mark.parametrize("person", ["other_member", "reader"])
def test_a_person_outside_of_the_talk_cannot_be_mentioned(write, member, person, request):
    outsider = request.getfixturevalue(person)

    with pytest.raises(ValidationError) as refused:
        write(member, mentioned_id=outsider.pk)

    assert refused.value.message_dict == {"mentioned": [NOT_IN_THIS_TALK]}
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    ("person", "addressee"),
    [("member", DIVISION), ("division_person", TEAM), ("administrator", TEAM)],
)
def test_the_usual_addressee_is_the_other_side(procedure, person, addressee, request):
    assert usual_addressee(request.getfixturevalue(person), procedure) == addressee


# --- 済 ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "addressee", "may"),
    [
        ("member", TEAM, True),
        ("member", DIVISION, False),
        ("division_person", TEAM, True),
        ("division_person", DIVISION, True),
        ("administrator", DIVISION, True),
        ("other_member", TEAM, False),
        ("reader", TEAM, False),
    ],
)
def test_the_side_it_is_meant_for_and_the_office_say_done(
    procedure, person, addressee, may, request
):
    user = request.getfixturevalue(person)
    comment = factories.CommentFactory(procedure=procedure, addressee=addressee)
    assert thread(procedure, user)[0].may_close is may
    if not may:
        with pytest.raises(PermissionDenied, match=NOT_YOURS_TO_CLOSE):
            close_comment(comment_id=comment.pk, by=user)
        assert Comment.objects.get().is_waiting
        assert Comment.history.count() == 1
        return

    close_comment(comment_id=comment.pk, by=user)

    stored = Comment.objects.get()
    assert (stored.done_by, stored.is_waiting) == (user, False)
    assert Comment.history.latest().done_at == stored.done_at


def test_its_author_and_who_is_mentioned_say_done(write, member, department):
    colleague = factories.member_of(department)

    mine = write(member)
    theirs = write(member, mentioned_id=colleague.pk)
    close_comment(comment_id=mine.pk, by=member)
    close_comment(comment_id=theirs.pk, by=colleague)

    assert not Comment.objects.waiting().exists()


def test_done_twice_says_who_was_first_and_writes_nothing(write, member, division_person):
    comment = write(member)
    close_comment(comment_id=comment.pk, by=division_person)
    before = written()

    with pytest.raises(ValidationError, match=CLOSED_ALREADY.format(by=division_person)):
        close_comment(comment_id=comment.pk, by=member)

    assert written() == before
    assert Comment.objects.get().done_by == division_person


def test_what_is_for_information_waits_for_nobody(write, member):
    comment = write(member, addressee="")

    with pytest.raises(ValidationError, match=NOTHING_WAITS):
        close_comment(comment_id=comment.pk, by=member)


def test_done_can_be_taken_back(write, member):
    comment = write(member)
    with pytest.raises(ValidationError, match=NOT_CLOSED):
        reopen_comment(comment_id=comment.pk, by=member)
    close_comment(comment_id=comment.pk, by=member)

    reopen_comment(comment_id=comment.pk, by=member)

    assert Comment.objects.waiting().get().done_by is None


@pytest.mark.parametrize("person", OTHERS)
def test_others_may_not_take_done_back(procedure, person, request):
    comment = factories.CommentFactory(procedure=procedure, done=True)

    with pytest.raises(PermissionDenied, match=NOT_YOURS_TO_CLOSE):
        reopen_comment(comment_id=comment.pk, by=request.getfixturevalue(person))

    assert Comment.objects.get().done_at is not None


# --- Sent back ---------------------------------------------------------------------------------


def test_a_proposal_is_sent_back_to_who_made_it_with_a_question(procedure, member, division_person):
    proposal = factories.ExemptionFactory(procedure=procedure, proposed_by=member)

    return_exemption(
        procedure_id=procedure.pk, by=division_person, seen=proposal.stamp, question="何号ですか。"
    )

    found = Exemption.objects.get()
    assert (found.state, found.question) == (Exemption.State.RETURNED, "何号ですか。")
    comment = Comment.objects.get()
    assert comment.text == RETURNED.format(question="何号ですか。")
    assert (comment.is_return, comment.addressee, comment.mentioned) == (True, TEAM, member)
    assert list(said_to(member)) == [comment]


def test_a_decided_exemption_that_is_withdrawn_is_told_to_the_team(procedure, division_person):
    factories.ExemptionFactory(procedure=procedure, confirmed=True)

    take_exemption_back(procedure_id=procedure.pk, by=division_person, reason="条例の改正")

    assert Exemption.objects.get().state == Exemption.State.WITHDRAWN
    comment = Comment.objects.get()
    assert comment.text == WITHDRAWN.format(reason="条例の改正")
    # Who proposed it is in no team (any more).
    assert (comment.is_return, comment.addressee, comment.mentioned) == (False, TEAM, None)


def test_nobody_is_asked_where_no_department_owns_the_procedure(division_person):
    exemption = factories.ExemptionFactory(procedure__unassigned=True)

    return_exemption(procedure_id=exemption.procedure_id, by=division_person, question="誤り？")

    assert Comment.objects.get().is_return
    assert not Comment.objects.waiting().exists()


@pytest.mark.parametrize("person", ["member", "administrator", *OTHERS])
def test_only_the_division_sends_back(procedure, person, request):
    factories.ExemptionFactory(procedure=procedure)
    before = written()
    sent = {"procedure_id": procedure.pk, "by": request.getfixturevalue(person)}

    with pytest.raises(PermissionDenied, match=DIVISION_ONLY):
        return_exemption(**sent, question="x")
    with pytest.raises(PermissionDenied, match=DIVISION_ONLY):
        take_exemption_back(**sent, reason="x")

    assert written() == before
    assert Exemption.objects.get().state == Exemption.State.PROPOSED


def test_a_refused_return_leaves_no_comment(procedure, division_person):
    proposal = factories.ExemptionFactory(procedure=procedure)
    sent = {"procedure_id": procedure.pk, "by": division_person, "question": "何号ですか。"}

    with pytest.raises(ValidationError, match=CHANGED_MEANWHILE):
        return_exemption(**sent, seen="")
    assert not Comment.objects.exists()

    return_exemption(**sent, seen=proposal.stamp)
    with pytest.raises(ValidationError, match=NOT_PROPOSED):
        return_exemption(**sent, seen=proposal.stamp)
    assert Comment.objects.count() == 1


def test_a_comment_that_cannot_be_written_leaves_the_exemption(
    procedure, division_person, monkeypatch
):
    factories.ExemptionFactory(procedure=procedure)
    monkeypatch.setattr("tracking.actions.comments._insert", _fails)

    with pytest.raises(RuntimeError):
        return_exemption(procedure_id=procedure.pk, by=division_person, question="何号ですか。")

    assert Exemption.objects.get().state == Exemption.State.PROPOSED


def _fails(*args):
    raise RuntimeError


# --- What waits for whom -----------------------------------------------------------------------


@pytest.fixture
def talk(department, other_department, member, division_person):
    """Comments on procedures of two departments, to each side; what each is by a word."""
    own = factories.ProcedureFactory(department=department)
    foreign = factories.ProcedureFactory(department=other_department)
    made = factories.CommentFactory
    return {
        "own_team": made(procedure=own, addressee=TEAM),
        "own_done": made(procedure=own, addressee=TEAM, done=True),
        "own_division": made(procedure=own, addressee=DIVISION),
        "own_info": made(procedure=own, addressee=""),
        "foreign_team": made(procedure=foreign, addressee=TEAM),
        "to_member": made(procedure=own, addressee="", mentioned=member),
        "to_division_person": made(procedure=foreign, addressee=TEAM, mentioned=division_person),
    }


@pytest.mark.parametrize(
    ("person", "waiting"),
    [
        ("member", {"own_team", "to_member"}),
        ("other_member", {"foreign_team", "to_division_person"}),
        ("division_person", {"own_division", "to_division_person"}),
        ("administrator", set()),
        ("reader", set()),
    ],
)
def test_what_waits_for_whom(talk, person, waiting, request):
    found = set(said_to(request.getfixturevalue(person)))

    assert found == {talk[key] for key in waiting}


def test_a_person_in_two_teams_is_waited_for_by_both(talk, member, other_department):
    TeamMembership.objects.create(user=member, role=Role.MEMBER, department=other_department)

    found = set(said_to(member))

    assert found == {
        talk[key] for key in ("own_team", "to_member", "foreign_team", "to_division_person")
    }


def test_what_has_been_said_around_a_team_is_its_own_talk(
    talk, member, division_person, administrator, reader
):
    own = {talk[key] for key in talk if not key.startswith("foreign")}

    assert set(around(member)) == own - {talk["to_division_person"]}
    assert set(around(division_person)) == set(around(administrator)) == set(talk.values())
    assert not around(reader)


def test_the_longest_waiting_stands_first_and_the_newest_said_first(talk, member):
    waiting, said = list(said_to(member)), list(around(member))

    assert waiting == sorted(waiting, key=lambda comment: comment.written_at)
    assert said == sorted(said, key=lambda comment: comment.written_at, reverse=True)


def test_a_thread_is_one_query_and_the_oldest_stands_first(procedure, member):
    for _ in range(5):
        factories.CommentFactory(procedure=procedure, done=True, mentioned=member)
    list(thread(procedure, member))

    with CaptureQueriesContext(connection) as queries:
        found = thread(procedure, member)
        assert {str(message.comment.procedure.department) for message in found} == {"市民部"}

    assert len(queries) == 1
    times = [message.comment.written_at for message in found]
    assert times == sorted(times)
    assert {message.may_reopen for message in found} == {True}
