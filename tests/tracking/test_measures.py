"""Shared measures: who leads them, whose forecast they move, and closing them with what waits."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from procedures import actions, acts
from procedures.models import Act, Procedure, Role, Source, TeamMembership
from tests import factories
from tests.pages import element, sent_by, text, words
from tracking.actions.issues import reviews_for, update_issue
from tracking.actions.measures import (
    DONE_ONLY_BY_CLOSING,
    ENDED_ALREADY,
    ISSUES_WAIT,
    KIND_MISFIT,
    LEAD_ONLY_OWN,
    MEASURES_ARE_FOR_TEAMS,
    MOVED_AWAY,
    NAME_TAKEN,
    NOT_YOUR_MEASURE,
    close_measure,
    create_measure,
    update_measure,
)
from tracking.models import Issue, SharedMeasure
from tracking.stats import Waiting, waiting_by_measure
from tracking.views.measures import WAITING_SHOWN

pytestmark = pytest.mark.django_db

VALUES = {"name": "電子決済の導入", "aspect": "payment", "kind": "e_payment"}


@pytest.fixture
def measure(department):
    """A measure that ``department`` leads."""
    return factories.MeasureFactory(
        name="電子決済の導入", department=department, goes_live_on=date(2027, 4, 1)
    )


@pytest.fixture
def leader(department):
    """The leader of the DX team of ``department``."""
    return factories.UserFactory(role=Role.LEADER, role__department=department)


@pytest.fixture
def waiting(measure):
    """``waiting(department)`` gives an issue that waits on the measure, of a new procedure."""

    def make(department, **changes):
        procedure = factories.ProcedureFactory(
            department=department, clear=True, **{"payment": "offline"} | changes
        )
        return factories.IssueFactory(
            procedure=procedure, aspect="payment", kind="e_payment", shared_measure=measure
        )

    return make


def ticks(*issues) -> dict[int, int]:
    """The issues with the version of their procedure, as the page sends them."""
    return {issue.pk: Procedure.objects.get(issues=issue).version for issue in issues}


def close(measure, by, *issues, outcome="online"):
    """``by`` ticks ``issues`` and closes ``measure``."""
    return close_measure(
        measure_id=measure.pk, ticked=ticks(*issues), outcome=outcome, note="", by=by
    )


def edit(measure, by, **sent):
    """An edit of the present version."""
    version = SharedMeasure.objects.get(pk=measure.pk).version
    return update_measure(measure_id=measure.pk, sent=sent, version=version, by=by)


def said(response) -> list[str]:
    """The messages that the next page will show."""
    return [str(message) for message in response.wsgi_request._messages]


# Rights


@pytest.mark.parametrize("person", ["member", "leader"])
def test_a_team_sets_up_and_changes_measures_that_its_own_department_leads(
    department, person, request
):
    user = request.getfixturevalue(person)

    measure = create_measure(values=VALUES | {"department_id": department.pk}, by=user)
    edit(measure, user, goes_live_on=date(2027, 4, 1))

    assert SharedMeasure.objects.get().goes_live_on == date(2027, 4, 1)
    assert [row.by_name for row in measure.history.all()] == [str(user)] * 2


@pytest.mark.parametrize("person", ["division_person", "administrator"])
def test_division_and_administrator_do_so_for_any(measure, other_department, person, request):
    user = request.getfixturevalue(person)

    create_measure(values=VALUES | {"name": "別の対応策"}, by=user)
    edit(measure, user, department_id=other_department.pk)
    close(measure, user)

    assert SharedMeasure.objects.get(pk=measure.pk).state == "done"


def test_a_team_cannot_hand_a_measure_to_others_nor_take_the_divisions(
    measure, member, other_department
):
    for department_id in (None, other_department.pk):
        with pytest.raises(ValidationError) as refusal:
            edit(measure, member, department_id=department_id)
        assert refusal.value.message_dict == {"department": [LEAD_ONLY_OWN]}
    ours = factories.MeasureFactory()
    with pytest.raises(PermissionDenied, match="情報政策課"):
        edit(ours, member, owner="x")


@pytest.mark.parametrize("person", ["other_member", "reader"])
def test_others_cannot_change_or_close_it(measure, waiting, department, person, request):
    user, issue = request.getfixturevalue(person), waiting(department)
    sentence = NOT_YOUR_MEASURE.format(measure=measure, lead="市民部")

    for attempt in (
        lambda: edit(measure, user, owner="x"),
        lambda: close(measure, user, issue),
    ):
        with pytest.raises(PermissionDenied) as refusal:
            attempt()
        assert str(refusal.value) == sentence

    assert SharedMeasure.history.count() == 1
    assert not Act.objects.exists()


def test_a_reader_cannot_set_one_up(reader):
    with pytest.raises(PermissionDenied) as refusal:
        create_measure(values=VALUES, by=reader)
    assert str(refusal.value) == MEASURES_ARE_FOR_TEAMS


def test_a_person_in_two_teams_leads_those_of_both(measure, member, other_department):
    TeamMembership.objects.create(user=member, role=Role.MEMBER, department=other_department)

    edit(measure, member, department_id=other_department.pk)

    assert SharedMeasure.objects.get().department == other_department


# What it may say


def test_what_a_measure_may_not_say_is_refused(measure, waiting, department, member):
    waiting(department)
    kinds = "".join(f"「{review.label}」" for review in reviews_for("attachments"))
    for sent, field, sentence in (
        ({"kind": "data_linkage"}, "kind", KIND_MISFIT.format(
            aspect="金銭納付", kinds="「電子決済によるオンライン納付」")),
        ({"aspect": "attachments"}, "aspect", ISSUES_WAIT.format(count=1)),
        ({"state": "done"}, "state", DONE_ONLY_BY_CLOSING),
    ):  # fmt: skip
        with pytest.raises(ValidationError) as refusal:
            edit(measure, member, **sent)
        assert refusal.value.message_dict == {field: [sentence]}
    with pytest.raises(ValidationError) as refusal:
        create_measure(
            values=VALUES | {"aspect": "attachments", "department_id": department.pk}, by=member
        )
    assert refusal.value.message_dict == {
        "kind": [KIND_MISFIT.format(aspect="添付書類", kinds=kinds)]
    }


def test_the_name_of_a_planned_measure_is_taken(measure, division_person):
    with pytest.raises(ValidationError, match="同じ名称"):
        create_measure(values=VALUES, by=division_person)


def test_a_name_that_is_taken_at_the_same_moment_is_said_too(measure, division_person, monkeypatch):
    monkeypatch.setattr(SharedMeasure, "validate_constraints", lambda self: None)

    with pytest.raises(ValidationError) as refusal:
        create_measure(values=VALUES, by=division_person)

    assert refusal.value.messages == [NAME_TAKEN]


# The date


@time_machine.travel("2026-11-24T10:00:00+09:00")
def test_another_date_moves_the_forecast_of_what_waits_and_says_whom_it_makes_late(
    signed_in, measure, waiting, department, other_department, member
):
    late, early, undated = (waiting(department) for _ in range(3))
    factories.PlanFactory(procedure=late.procedure, target_date=date(2027, 6, 30))
    factories.PlanFactory(procedure=early.procedure, target_date=date(2028, 3, 31))
    client = signed_in(member)
    page = text(client.get(reverse("measure_edit", args=[measure.pk])))

    response = client.post(
        reverse("measure_edit", args=[measure.pk]),
        sent_by(page, "measure-form", goes_live_on="2027-10-01"),
    )

    assert said(response)[1:] == [
        "利用開始の予定日を「2027年4月1日（令和9年）」から「2027年10月1日（令和9年）」に変えました。"
        "3件の課題（3手続）の見込みが動きました。",
        "1手続は、見込みが目標日より後になっています。下の一覧で確かめてください。",
    ]
    assert set(Issue.objects.with_forecast().values_list("forecast", flat=True)) == {
        date(2027, 10, 1)
    }
    assert Issue.history.count() == 3, "a forecast is computed, not stored"
    detail = client.get(reverse("measure_detail", args=[measure.pk]))
    assert list(detail.context["late"]) == [late.procedure]
    assert undated.procedure.name in text(detail)


def test_the_forecast_of_a_procedure_is_the_latest_of_its_open_issues(
    signed_in, measure, waiting, department, member
):
    issue = waiting(department)
    factories.IssueFactory(procedure=issue.procedure, due=date(2028, 1, 1))
    factories.PlanFactory(procedure=issue.procedure, target_date=date(2027, 12, 31))

    page = signed_in(member).get(reverse("measure_detail", args=[measure.pk]))

    (late,) = page.context["late"]
    assert late.forecast == date(2028, 1, 1)


def test_giving_it_up_leaves_each_issue_to_its_own_date(
    signed_in, measure, waiting, department, member
):
    issue = waiting(department)
    update_issue(issue_id=issue.pk, sent={"due": date(2027, 3, 1)}, version=1, by=member)
    client = signed_in(member)
    page = text(client.get(reverse("measure_edit", args=[measure.pk])))

    response = client.post(
        reverse("measure_edit", args=[measure.pk]), sent_by(page, "measure-form", state="dropped")
    )

    assert "待っている課題が1件あります" in said(response)[1]
    assert Issue.objects.with_forecast().get().forecast == date(2027, 3, 1)


# Closing


def test_closing_solves_the_ticked_issues_in_one_act_and_one_undo_takes_it_back(
    measure, waiting, department, division_person
):
    ticked, unticked = [waiting(department) for _ in range(3)], waiting(department)

    act = close(measure, division_person, *ticked)

    assert (act.kind, act.count, act.left_out) == (Act.Kind.MEASURE, 3, [])
    states = dict(Issue.objects.values_list("pk", "state"))
    assert [states[issue.pk] for issue in (*ticked, unticked)] == ["solved"] * 3 + ["open"]
    for issue in ticked:
        procedure = Procedure.objects.get(issues=issue)
        assert (procedure.payment, procedure.category) == ("online", "priority")
        assert procedure.history.filter(act=act).count() == 1
        assert issue.history.filter(act=act).count() == 1

    acts.undo(act_id=act.pk, by=division_person)

    assert set(Issue.objects.values_list("state", flat=True)) == {"open"}
    assert set(Procedure.objects.values_list("payment", "category")) == {("offline", "pending")}
    assert SharedMeasure.objects.get().state == "planned"


def test_a_team_solves_its_own_rows_and_the_others_are_named(
    measure, waiting, department, other_department, member
):
    own, foreign = waiting(department), waiting(other_department)

    act = close(measure, member, own)

    assert Issue.objects.get(pk=own.pk).state == "solved"
    assert Issue.objects.get(pk=foreign.pk).state == "open"
    (left,) = act.left_out
    assert left["procedure"] == foreign.procedure_id
    assert "環境部" in left["reason"]


def test_a_foreign_row_that_is_ticked_all_the_same_is_refused_and_nothing_is_written(
    signed_in, measure, waiting, other_department, member
):
    issue = waiting(other_department)

    response = signed_in(member).post(
        reverse("measure_close", args=[measure.pk]),
        {"outcome": "online", "rows": [f"{issue.pk}.1"]},
    )

    assert response.status_code == 403
    assert "環境部" in text(response)
    assert Issue.objects.get().state == "open"
    assert SharedMeasure.objects.get().state == "planned"
    assert not Act.objects.exists()


def test_what_was_answered_ended_or_moved_meanwhile_is_left_out_and_named(
    measure, waiting, department, division_person, member
):
    answered, ended, moved, good = (waiting(department) for _ in range(4))
    seen = ticks(answered, ended, moved, good)
    actions.update_procedure(
        procedure_id=answered.procedure_id,
        sent={"payment": "not_needed"},
        version=1,
        by=member,
        source=Source.FORM,
    )
    update_issue(issue_id=ended.pk, sent={"state": "dropped"}, version=1, by=member)
    update_issue(issue_id=moved.pk, sent={"shared_measure_id": None}, version=1, by=member)

    act = close_measure(
        measure_id=measure.pk, ticked=seen, outcome="online", note="", by=division_person
    )

    assert act.count == 1
    assert {one["procedure"]: one["reason"] for one in act.left_out} == {
        answered.procedure_id: "「金銭納付」の回答を、ほかの人が「不要」に変えました。",
        ended.procedure_id: "課題は、ほかの人が先に「取りやめ」にして終了しました。",
        moved.procedure_id: MOVED_AWAY,
    }
    assert Issue.objects.get(pk=moved.pk).state == "open"
    assert Procedure.objects.get(pk=answered.procedure_id).payment == "not_needed"


def test_a_measure_is_closed_once(measure, division_person):
    close(measure, division_person)
    with pytest.raises(ValidationError) as refusal:
        close(measure, division_person)
    assert refusal.value.messages == [ENDED_ALREADY.format(state="導入済")]
    with pytest.raises(ValidationError):
        edit(measure, division_person, owner="x")


def test_closing_many_asks_the_database_as_often_as_closing_one(
    department, division_person, waiting, measure
):
    def queries_for(number: int) -> int:
        issues = [waiting(department) for _ in range(number)]
        seen = ticks(*issues)
        with CaptureQueriesContext(connection) as queries:
            act = close_measure(
                measure_id=measure.pk, ticked=seen, outcome="online", note="", by=division_person
            )
        acts.undo(act_id=act.pk, by=division_person)
        Issue.objects.all().delete()
        return len(queries)

    queries_for(1)  # reads the person's rights too
    assert queries_for(2) == queries_for(20)


# Pages


def test_the_close_page_offers_own_rows_ticked_with_what_becomes_of_their_category(
    signed_in, measure, waiting, department, other_department, member
):
    own, foreign = waiting(department), waiting(other_department)
    hindered = waiting(department, deliverable="offline")

    html = text(signed_in(member).get(reverse("measure_close", args=[measure.pk])))

    assert sent_by(html, "close-form")["rows"] == [f"{own.pk}.1", f"{hindered.pk}.1"]
    assert "検討→優先" in html
    assert "検討のまま" in html
    assert foreign.procedure.name in words(element(html, "close-form"))


@pytest.mark.parametrize("takes_rest", [True, False])
def test_a_long_close_page_has_one_tick_for_all_that_it_does_not_show(
    signed_in, measure, waiting, department, division_person, monkeypatch, takes_rest
):
    monkeypatch.setattr("tracking.views.measures.OFFERED", 2)
    issues = [waiting(department) for _ in range(5)]
    client, address = signed_in(division_person), reverse("measure_close", args=[measure.pk])
    page = text(client.get(address))
    assert "解決にする課題（5件）" in page
    assert "上の表にない3件も解決にする" in page
    *shown, rest = sent_by(page, "close-form")["rows"]
    assert (shown, rest) == (
        [f"{issue.pk}.1" for issue in issues[:2]],
        " ".join(f"{issue.pk}.1" for issue in issues[2:]),
    )

    rows = [*shown, rest] if takes_rest else shown
    client.post(address, sent_by(page, "close-form", rows=rows))

    assert Issue.objects.filter(state="solved").count() == (5 if takes_rest else 2)
    assert Act.objects.get().count == (5 if takes_rest else 2)


def test_foreign_issues_are_counted_and_the_first_are_named(
    signed_in, measure, waiting, other_department, member, monkeypatch
):
    monkeypatch.setattr("tracking.views.measures.FOREIGN_SHOWN", 1)
    first, second = (waiting(other_department) for _ in range(2))

    page = text(signed_in(member).get(reverse("measure_close", args=[measure.pk])))

    assert "ほかの部局室の課題（2件）" in page
    assert first.procedure.name in page
    assert second.procedure.name not in page


def test_the_detail_shows_the_first_of_each_department_and_leads_to_all(
    signed_in, measure, waiting, department, other_department, division_person
):
    many = [waiting(department) for _ in range(WAITING_SHOWN + 2)]
    few, unassigned = waiting(other_department), [waiting(None) for _ in many]
    client = signed_in(division_person)

    response = client.get(reverse("measure_detail", args=[measure.pk]))

    groups = {one: (count, issues) for one, count, issues in response.context["departments"]}
    assert list(groups)[-1] is None
    assert groups == {
        department: (len(many), many[:WAITING_SHOWN]),
        other_department: (1, [few]),
        None: (len(unassigned), unassigned[:WAITING_SHOWN]),
    }
    for one in (department.pk, "none"):
        query = f"measure={measure.pk}&department={one}"
        assert f"?{query.replace('&', '&amp;')}" in response.content.decode()
        found = client.get(f"{reverse('issue_list')}?{query}").context["page_obj"]
        assert found.paginator.count == len(many)


def test_closing_from_the_page_leads_to_the_act(signed_in, measure, waiting, department, member):
    issue = waiting(department)
    client = signed_in(member)
    page = text(client.get(reverse("measure_close", args=[measure.pk])))

    response = client.post(
        reverse("measure_close", args=[measure.pk]), sent_by(page, "close-form", note="開始した")
    )

    act = Act.objects.get()
    assert response["Location"] == reverse("act_detail", args=[act.pk])
    assert Issue.objects.get(pk=issue.pk).outcome_note == "開始した"
    assert client.get(response["Location"]).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {"outcome": "offline"},
        {"outcome": "online", "rows": ["x"]},
        {"outcome": "online", "rows": ["1.2.3"]},
        {"outcome": "online", "rows": ["9" * 30 + ".1"]},
        {},
    ],
)
def test_a_close_that_cannot_be_read_is_answered_with_the_page(signed_in, measure, member, sent):
    response = signed_in(member).post(reverse("measure_close", args=[measure.pk]), sent)

    assert response.status_code == 422
    assert SharedMeasure.objects.get().state == "planned"


def test_an_old_close_page_of_an_ended_measure_says_so(signed_in, measure, division_person):
    close(measure, division_person)
    client = signed_in(division_person)
    for name in ("measure_close", "measure_edit"):
        response = client.get(reverse(name, args=[measure.pk]))
        assert response["Location"] == reverse("measure_detail", args=[measure.pk])
    assert ENDED_ALREADY.format(state="導入済") in said(response)


def test_a_measure_is_set_up_on_its_page(signed_in, department, member):
    client = signed_in(member)
    page = text(client.get(reverse("measure_new")))

    response = client.post(
        reverse("measure_new"),
        sent_by(
            page, "measure-form", name="電子決済の導入", aspect="payment", kind="e_payment",
            budget_year="令和9年度", goes_live_on="2027-10-01",
        ),
    )  # fmt: skip

    measure = SharedMeasure.objects.get()
    assert response["Location"] == reverse("measure_detail", args=[measure.pk])
    assert (measure.department, measure.budget_year) == (department, 2027)
    again = text(client.get(reverse("measure_edit", args=[measure.pk])))
    assert sent_by(again, "measure-form")["budget_year"] == "令和9年度"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"name": ""}, "名称を入力してください"),
        ({"budget_year": "昔"}, "年度として読み取れません"),
        ({"goes_live_on": "2027-13-01"}, "利用開始の予定日"),
        ({"kind": "remote_interview"}, "対応策の種類は、"),
        ({"department_id": "999999"}, "進める部局室"),
        ({"version": "x"}, ""),
    ],
)
def test_what_cannot_be_saved_is_said(signed_in, measure, member, sent, said):
    client = signed_in(member)
    page = text(client.get(reverse("measure_edit", args=[measure.pk])))

    response = client.post(
        reverse("measure_edit", args=[measure.pk]), sent_by(page, "measure-form", **sent)
    )

    assert response.status_code == 422
    assert said in text(response)
    assert SharedMeasure.history.count() == 1


def test_two_people_on_one_date_see_both(signed_in, measure, member, division_person):
    client = signed_in(member)
    page = text(client.get(reverse("measure_edit", args=[measure.pk])))
    edit(measure, division_person, goes_live_on=date(2027, 7, 1))

    response = client.post(
        reverse("measure_edit", args=[measure.pk]),
        sent_by(page, "measure-form", goes_live_on="2027-10-01"),
    )

    assert response.status_code == 409
    (one,) = response.context["form"].comparisons
    assert (one.mine, one.theirs) == ("2027年10月1日", "2027年7月1日")


def test_the_list_says_how_much_waits(signed_in, measure, waiting, department, reader):
    factories.VolumeFactory(procedure=waiting(department).procedure, total=1200)
    waiting(department)
    waiting(department, abolished_on=date(2026, 1, 1))

    page = text(signed_in(reader).get(reverse("measure_list")))

    assert waiting_by_measure(Issue.objects.all()) == {measure.pk: Waiting(2, 2, 1200, 1)}
    for words_ in ("電子決済の導入", "1,200", "ほかに不明1手続", "2027年4月1日（令和9年）"):
        assert words_ in page
    assert reverse("measure_new") not in page


@pytest.mark.parametrize("name", ["measure_list", "measure_detail", "measure_close"])
def test_the_pages_ask_the_database_as_often_for_many_as_for_one(
    signed_in, measure, waiting, department, division_person, name
):
    client = signed_in(division_person)
    address = reverse(name, args=[] if name == "measure_list" else [measure.pk])
    counts = []
    for number in (1, 10):
        for _ in range(number):
            waiting(department)
            factories.MeasureFactory(department=department)
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        counts.append(len(queries))
    assert counts[0] == counts[1]
