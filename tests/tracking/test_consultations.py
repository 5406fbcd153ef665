"""Consultations (協議, clause 4): who asks, talks and decides; the queue, and what others read."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from procedures import acts
from procedures.editing import Overtaken
from procedures.models import Act, Role, User
from procedures.permissions import DIVISION_ONLY
from procedures.rules import Service
from tests import factories
from tests.pages import element, sent_by, text, words
from tracking.actions.comments import said_to
from tracking.actions.consultations import (
    CHANGED_MEANWHILE,
    CLOSED,
    NO_REASON,
    ask,
    decide,
    record_talk,
    set_due,
    withdraw,
)
from tracking.consultations import agreed_pairs, in_order
from tracking.models import Comment, Consultation, ConsultationNote
from tracking.selections import condition
from tracking.views.consultations import NO_PROCEDURE

pytestmark = pytest.mark.django_db

PURPOSE = "空きを見ながら予約できる画面が要るためです。"


@pytest.fixture
def procedure(department):
    return factories.ProcedureFactory(department=department)


@pytest.fixture
def service(db):
    return factories.ServiceFactory(kind=Service.OTHER.value)


@pytest.fixture
def consultation(procedure, service, member):
    return factories.ConsultationFactory(procedure=procedure, service=service, asked_by=member)


def asked(procedure, service, by, **changes):
    given = {"purpose": PURPOSE, "due": None} | changes
    return ask(procedure_id=procedure.pk, service_id=service.pk, by=by, **given)


def answered(by, *consultations, outcome="agreed", conditions="", reason=""):
    seen = {one.pk: one.version for one in consultations}
    return decide(seen=seen, outcome=outcome, conditions=conditions, reason=reason, by=by)


def talked(consultation, by, words="費用を確かめた。", on=None):
    day = on or timezone.localdate()
    return record_talk(consultation_id=consultation.pk, held_on=day, text=words, by=by)


# --- The writers ----------------------------------------------------------------------------------


def test_from_the_question_to_the_agreement(procedure, service, member, division_person):
    due = timezone.localdate() + timedelta(days=7)
    consultation = asked(procedure, service, member, due=due)
    assert (consultation.state, consultation.due) == ("asked", due)
    talked(consultation, division_person)
    talked(consultation, member, "見積りを出した。")
    consultation.refresh_from_db()
    assert (consultation.state, consultation.notes.count()) == ("discussing", 2)
    assert not agreed_pairs([procedure.pk])

    answered(division_person, consultation, conditions="一年ごとに見直す")

    consultation.refresh_from_db()
    assert (consultation.state, consultation.decided_by) == ("agreed", division_person)
    assert agreed_pairs([procedure.pk]) == {(procedure.pk, service.pk)}
    states = consultation.history.order_by("history_id").values_list("state", flat=True)
    assert list(states) == ["asked", "discussing", "agreed"]


def test_the_team_reads_the_answer_where_its_work_waits(
    consultation, procedure, member, division_person
):
    answered(division_person, consultation, outcome="not_agreed", reason="汎用の様式で足ります。")

    (comment,) = said_to(member)
    assert (comment.procedure, comment.addressee) == (procedure, Comment.Addressee.TEAM)
    assert comment.mentioned == member
    assert "調いませんでした" in comment.text
    assert "汎用の様式で足ります。" in comment.text


def test_an_open_one_waits_for_the_division(consultation, procedure, division_person):
    def waiting():
        return type(procedure).objects.filter(condition("consulting", timezone.localdate()))

    assert list(waiting()) == [procedure]
    answered(division_person, consultation)
    assert not waiting().exists()


@pytest.mark.parametrize("person", ["other_member", "reader"])
def test_others_neither_ask_nor_talk(procedure, service, consultation, person, request):
    by = request.getfixturevalue(person)
    with pytest.raises(PermissionDenied):
        asked(procedure, service, by)
    with pytest.raises(PermissionDenied):
        talked(consultation, by)


@pytest.mark.parametrize("person", ["member", "administrator", "other_member", "reader"])
def test_only_the_division_decides_and_sets_the_date(consultation, person, request):
    by = request.getfixturevalue(person)
    with pytest.raises(PermissionDenied):
        answered(by, consultation)
    with pytest.raises(PermissionDenied):
        set_due(consultation_id=consultation.pk, due=None, version=1, by=by)
    assert Consultation.objects.get().state == "asked"


def test_who_asked_and_the_division_take_it_back(consultation, division_person, department, member):
    colleague = factories.member_of(department)
    take = {"consultation_id": consultation.pk, "reason": "", "version": 1}
    for by in (colleague, factories.UserFactory()):
        with pytest.raises(PermissionDenied):
            withdraw(by=by, **take)
    withdraw(by=member, **take)
    assert Consultation.objects.get().state == "withdrawn"
    assert not Comment.objects.exists(), "who took it back knows it"
    assert withdraw(by=division_person, **take).history.count() == 2


@pytest.mark.parametrize(
    ("flags", "kind"),
    [({}, "general"), ({"designated_service": True}, "other"), ({"legacy_service": True}, "other")],
)
def test_what_needs_no_consultation_is_not_asked(department, member, flags, kind):
    procedure = factories.ProcedureFactory(department=department, **flags)
    with pytest.raises(ValidationError, match="協議は要りません"):
        asked(procedure, factories.ServiceFactory(kind=kind), member)


def test_a_service_that_has_ended_is_not_asked_for(procedure, member):
    yesterday = timezone.localdate() - timedelta(days=1)
    ended = factories.ServiceFactory(kind="other", available_until=yesterday)
    with pytest.raises(ValidationError, match="終わっています"):
        asked(procedure, ended, member)


def test_a_button_pressed_twice_writes_once(procedure, service, member, division_person):
    first = asked(procedure, service, member)
    assert asked(procedure, service, member) == first
    assert talked(first, member) == talked(first, member)
    first.refresh_from_db()
    for _ in range(2):
        answered(division_person, first, conditions="条件")
    assert (Consultation.objects.count(), ConsultationNote.objects.count()) == (1, 1)
    assert Comment.objects.count() == 1
    assert Consultation.history.count() == 3


def test_one_service_is_asked_for_once_at_a_time(consultation, procedure, service, member):
    with pytest.raises(ValidationError, match="すでに「申込み」です"):
        asked(procedure, service, member)
    withdraw(consultation_id=consultation.pk, reason="", version=1, by=member)
    assert asked(procedure, service, member) != consultation


def test_who_saw_an_older_state_decides_nothing(consultation, division_person, member):
    talked(consultation, member)
    with pytest.raises(Overtaken) as refusal:
        answered(division_person, consultation)
    assert str(refusal.value) == CHANGED_MEANWHILE.format(
        person=member, procedure=consultation.procedure, state="協議中"
    )
    assert Consultation.objects.get().state == "discussing"


def test_a_refusal_says_why_and_has_no_conditions(consultation, division_person):
    with pytest.raises(ValidationError) as refusal:
        answered(division_person, consultation, outcome="not_agreed")
    assert refusal.value.message_dict == {"reason": [NO_REASON]}
    with pytest.raises(ValidationError):
        answered(division_person, consultation, outcome="not_agreed", reason="x", conditions="y")


def test_what_was_agreed_can_be_called_off_but_a_refusal_stands(consultation, division_person):
    answered(division_person, consultation)
    consultation.refresh_from_db()
    answered(division_person, consultation, outcome="not_agreed", reason="提供者が変わったため")
    consultation.refresh_from_db()
    assert consultation.state == "not_agreed"
    with pytest.raises(ValidationError, match="結論を変えられません"):
        answered(division_person, consultation)


def test_several_about_one_service_are_one_act_that_can_be_undone(
    service, department, other_department, member, division_person
):
    several = [
        factories.ConsultationFactory(
            procedure=factories.ProcedureFactory(department=unit), service=service, asked_by=member
        )
        for unit in (department, other_department, None)
    ]
    _, act = answered(division_person, *several, conditions="記録を残す")
    assert (act.kind, act.count) == (Act.Kind.CONSULTATION, 3)
    assert set(Consultation.objects.values_list("state", flat=True)) == {"agreed"}
    assert Comment.objects.exclude(addressee="").count() == 2, "nobody is there for 所管未定"

    acts.undo(act_id=act.pk, by=division_person)

    assert set(Consultation.objects.values_list("state", "conditions")) == {("asked", "")}
    assert not Comment.objects.exists()


def test_who_has_left_the_division_takes_no_answer_back(service, department, division_person):
    several = [
        factories.ConsultationFactory(procedure__department=department, service=service)
        for _ in range(2)
    ]
    _, act = answered(division_person, *several)
    division_person.memberships.update(role=Role.LEADER, department=department)

    with pytest.raises(PermissionDenied, match=DIVISION_ONLY):
        acts.undo(act_id=act.pk, by=User.objects.get(pk=division_person.pk))
    assert set(Consultation.objects.values_list("state", flat=True)) == {"agreed"}


def test_one_act_is_about_one_service(consultation, division_person):
    other = factories.ConsultationFactory()
    with pytest.raises(ValidationError, match="同じサービス"):
        answered(division_person, consultation, other)


# --- The queue ------------------------------------------------------------------------------------


def test_the_open_ones_come_first_by_their_date():
    today = timezone.localdate()
    made = {
        key: factories.ConsultationFactory(**what)
        for key, what in {
            "decided": {"agreed": True, "due": today - timedelta(days=9)},
            "undated": {},
            "late": {"due": today - timedelta(days=1), "state": "discussing"},
            "next": {"due": today + timedelta(days=1)},
        }.items()
    }
    found = list(in_order(Consultation.objects.all()))
    assert found == [made[key] for key in ("late", "next", "undated", "decided")]


def test_the_list_marks_what_is_overdue_and_takes_the_same_number_of_queries(
    signed_in, division_person
):
    client, address = signed_in(division_person), reverse("consultation_list")
    late = timezone.localdate() - timedelta(days=1)
    factories.ConsultationFactory(due=late)
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        page = client.get(address)
    assert "超過" in text(page)
    factories.ConsultationFactory.create_batch(10)
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(few)


def test_a_team_sees_its_own_at_first_and_all_on_request(signed_in, member, consultation):
    foreign = factories.ConsultationFactory()
    client, address = signed_in(member), reverse("consultation_list")
    own = text(client.get(address))
    assert consultation.procedure.name in own
    assert foreign.procedure.name not in own
    assert foreign.procedure.name in text(client.get(address, {"whose": "all"}))


@pytest.mark.parametrize(
    "query", [{"service": 2**70}, {"state": "x"}, {"due": "x"}, {"department": "\0"}, {"page": "x"}]
)
def test_an_absurd_filter_is_a_sentence(signed_in, division_person, query):
    assert signed_in(division_person).get(reverse("consultation_list"), query).status_code == 200


# --- The pages ------------------------------------------------------------------------------------


def address_of_question(procedure, service=None):
    query = f"?procedure={procedure.pk}" + (f"&service={service.pk}" if service else "")
    return reverse("consultation_new") + query


def test_the_team_asks_from_the_procedures_page(signed_in, member, procedure, service):
    factories.PlanFactory(procedure=procedure, service=service)
    client = signed_in(member)
    page = text(client.get(reverse("procedure_detail", args=[procedure.pk])))
    address = address_of_question(procedure, service)
    assert address.replace("&", "&amp;") in page

    form = sent_by(text(client.get(address)), "consultation-form", purpose=PURPOSE)
    assert form["service_id"] == str(service.pk)
    answer = client.post(address, form)

    consultation = Consultation.objects.get()
    assert answer.url == reverse("consultation_detail", args=[consultation.pk])
    page = text(client.get(reverse("procedure_detail", args=[procedure.pk])))
    assert answer.url in page
    assert "協議を申し込む" not in page


@pytest.mark.parametrize("key", ["", "x", "-1", str(2**70), "\0"])
def test_a_question_about_no_procedure_says_where_to_ask(signed_in, member, key):
    answer = signed_in(member).get(reverse("consultation_new"), {"procedure": key}, follow=True)
    assert NO_PROCEDURE in text(answer)


def test_a_question_about_an_unknown_or_foreign_procedure_is_refused(signed_in, member):
    client = signed_in(member)
    foreign = factories.ProcedureFactory()
    assert client.get(address_of_question(foreign)).status_code == 403
    assert client.get(reverse("consultation_new"), {"procedure": "999999"}).status_code == 404


def test_the_answer_also_ends_the_ticked_ones(signed_in, division_person, consultation, service):
    ticked, left = factories.ConsultationFactory.create_batch(2, service=service)
    client = signed_in(division_person)
    address = reverse("consultation_decide", args=[consultation.pk])
    page = client.get(address)
    assert ticked.procedure.name in words(element(page, "decide-form"))
    sent = sent_by(text(page), "decide-form", outcome="agreed", others=[f"{ticked.pk}.1"])

    answers = [client.post(address, sent) for _ in range(2)]

    assert answers[0].url == reverse("act_detail", args=[Act.objects.get().pk])
    assert answers[1].status_code == 302, "pressed twice"
    open_ones = Consultation.objects.filter(state="asked")
    assert list(open_ones) == [left]
    assert Comment.objects.count() == 2


@pytest.mark.parametrize("value", ["x", "1.x", f"{10**20}.1", "\0"])
def test_a_tick_that_is_none_is_a_sentence(signed_in, division_person, consultation, value):
    sent = {"version": 1, "outcome": "agreed", "others": value}
    address = reverse("consultation_decide", args=[consultation.pk])
    assert signed_in(division_person).post(address, sent).status_code == 422


def test_the_second_of_two_people_reads_what_the_first_did(
    signed_in, division_person, consultation, member
):
    client = signed_in(division_person)
    address = reverse("consultation_detail", args=[consultation.pk])
    page = text(client.get(address))
    withdraw(consultation_id=consultation.pk, reason="", version=1, by=member)

    talk = sent_by(page, "talk-form", text="費用を確かめた。")
    for name, sent in (
        ("consultation_due", sent_by(page, "due-form", due="2100-01-01")),
        ("consultation_talk", talk),
    ):
        answer = client.post(reverse(name, args=[consultation.pk]), sent)
        assert answer.status_code == 422
        assert CLOSED.format(state="取下げ") in text(answer)
    assert "費用を確かめた。" in text(answer), "what was typed is not lost"
    answer = client.post(
        reverse("consultation_decide", args=[consultation.pk]), {"version": 1, "outcome": "agreed"}
    )
    assert answer.status_code == 409
    assert str(member) in text(answer)
    assert Consultation.objects.get().state == "withdrawn"


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2026-02-30", "\0"])
def test_a_talk_on_an_absurd_day_is_a_sentence(signed_in, member, consultation, day):
    address = reverse("consultation_talk", args=[consultation.pk])
    answer = signed_in(member).post(address, {"held_on": day, "text": "話した"})
    assert answer.status_code in (302, 422)
    assert Consultation.objects.get().notes.count() == (answer.status_code == 302)


def test_the_page_shows_talk_and_history_with_the_same_number_of_queries(
    signed_in, division_person, consultation, member
):
    client = signed_in(division_person)
    address = reverse("consultation_detail", args=[consultation.pk])
    talked(consultation, member, "はじめの話")
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        page = words(element(client.get(address), "main"))
    assert "はじめの話" in page
    assert "申込み" in page
    for number in range(5):
        talked(consultation, member, f"話{number}")
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(few)
