"""The pages of issues: one press on an obstacle, many from a list, the solution and its preview."""

from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from procedures import actions
from procedures.models import Act, Procedure, Role, Source, TeamMembership
from procedures.rules import Answer
from tests import factories
from tests.pages import element, sent_by, text, words
from tracking.actions.issues import (
    ENDED_ALREADY,
    NO_OUTCOME,
    NOTHING_TO_OPEN,
    OPEN_ALREADY,
    solve_issue,
    update_issue,
)
from tracking.forms.issues import NO_SUBJECT, ROWS_CHANGED
from tracking.models import Issue

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


def said(response) -> list[str]:
    """The messages that the next page will show."""
    return [str(message) for message in response.wsgi_request._messages]


def detail(client, procedure) -> str:
    """The page of the procedure."""
    return text(client.get(reverse("procedure_detail", args=[procedure.pk])))


def answer(procedure, by, **sent):
    """Somebody changes answers on the procedure itself."""
    version = Procedure.objects.get(pk=procedure.pk).version
    actions.update_procedure(
        procedure_id=procedure.pk, sent=sent, version=version, by=by, source=Source.FORM
    )


# On the page of the procedure


def test_one_press_beside_an_obstacle_opens_its_issue(signed_in, procedure, member):
    client = signed_in(member)
    assert "課題にする（金銭納付）" in detail(client, procedure).replace(
        '<span class="visually-hidden">', ""
    )

    response = client.post(reverse("issue_open", args=[procedure.pk]), {"aspect": "payment"})

    issue = Issue.objects.get()
    assert response["Location"] == reverse("procedure_detail", args=[procedure.pk]) + "#issues"
    page = detail(client, procedure)
    assert f'href="#issue-{issue.pk}"' in page
    assert f'value="{issue.aspect}"' not in page, "there is a second button for it"
    assert "電子決済によるオンライン納付" in words(element(page, "issues"))


def test_a_second_press_is_told_and_opens_nothing(signed_in, procedure, issue, member):
    client = signed_in(member)

    response = client.post(reverse("issue_open", args=[procedure.pk]), {"aspect": "payment"})

    assert said(response) == [OPEN_ALREADY.format(subject="金銭納付")]
    assert Issue.objects.count() == 1


@pytest.mark.parametrize("person", ["other_member", "reader"])
def test_others_see_issues_and_no_buttons_and_are_refused(
    signed_in, procedure, issue, person, request
):
    client = signed_in(request.getfixturevalue(person))

    page = detail(client, procedure)
    assert f"issue-{issue.pk}" in page
    for name in ("issue_edit", "issue_solve"):
        address = reverse(name, args=[issue.pk])
        assert address not in page
        response = client.post(address, {"outcome": "online", "version": 1})
        assert response.status_code == 403
        assert "市民部" in text(response)
    response = client.post(reverse("issue_open", args=[procedure.pk]), {"aspect": "payment"})
    assert response.status_code == 403
    assert (Issue.history.count(), Procedure.history.count()) == (1, 1)


def test_an_obstacle_that_vanished_lets_the_issue_end_in_one_press(
    signed_in, procedure, issue, member, division_person
):
    answer(procedure, division_person, payment="not_needed")
    client = signed_in(member)
    page = detail(client, procedure)
    assert "支障の回答はすでに「不要」です。課題を終了してください。" in page

    client.post(reverse("issue_solve", args=[issue.pk]), {"version": 2, "outcome": "not_needed"})

    issue.refresh_from_db()
    assert (issue.state, issue.outcome) == ("solved", "not_needed")


def test_an_ended_issue_is_folded_with_the_way_back_for_who_solved_it(
    signed_in, procedure, issue, member, department
):
    act = solve_issue(issue_id=issue.pk, outcome="online", note="導入", version=1, by=member).act
    address = reverse("act_detail", args=[act.pk])

    assert address in detail(signed_in(member), procedure)
    colleague = factories.member_of(department)
    page = detail(signed_in(colleague), procedure)
    assert address not in page
    assert "終わった課題（1件）" in page


def test_the_issue_of_the_designated_manager_is_opened_beside_its_review(
    signed_in, procedure, member
):
    answer(procedure, member, designated_manager=True)
    client = signed_in(member)
    assert 'name="aspect" value=""' in detail(client, procedure)

    client.post(reverse("issue_open", args=[procedure.pk]), {"aspect": ""})

    assert Issue.objects.get().kind == "designated_manager_review"
    assert 'name="aspect" value=""' not in detail(client, procedure)


# The edit


def test_the_edit_offers_the_reviews_and_planned_measures_of_the_obstacle(signed_in, issue, member):
    planned = factories.MeasureFactory(name="電子決済の導入", goes_live_on=date(2027, 4, 1))
    factories.MeasureFactory(name="済んだもの", state="done")
    factories.MeasureFactory(name="別の支障", aspect="in_person", kind="remote_interview")

    page = signed_in(member).get(reverse("issue_edit", args=[issue.pk]))

    fields = page.context["form"].fields
    assert [value for value, _ in fields["kind"].choices] == ["e_payment"]
    assert fields["shared_measure_id"].choices == [
        ("", "（待たない）"),
        (planned.pk, "電子決済の導入（情報政策課、2027年4月1日（令和9年））"),
    ]


def test_an_edit_is_saved_and_an_unchanged_one_says_so(signed_in, issue, member):
    client, address = signed_in(member), reverse("issue_edit", args=[issue.pk])
    measure = factories.MeasureFactory()

    for _ in range(2):
        page = text(client.get(address))
        response = client.post(
            address,
            sent_by(page, "issue-form", owner="佐藤", due="2027-03-31", state="working",
                    shared_measure_id=str(measure.pk)),
        )  # fmt: skip

    issue.refresh_from_db()
    assert (issue.owner, issue.due, issue.state, issue.shared_measure) == (
        "佐藤", date(2027, 3, 31), "working", measure,
    )  # fmt: skip
    assert said(response)[-1] == "変わった項目はありませんでした。"


def test_two_people_on_one_measure_see_both_names_and_the_second_decides(
    signed_in, issue, member, division_person
):
    mine, theirs = (
        factories.MeasureFactory(name="市の決済"),
        factories.MeasureFactory(name="県の決済"),
    )
    client, address = signed_in(member), reverse("issue_edit", args=[issue.pk])
    page = text(client.get(address))
    update_issue(
        issue_id=issue.pk, sent={"shared_measure_id": theirs.pk}, version=1, by=division_person
    )

    response = client.post(address, sent_by(page, "issue-form", shared_measure_id=str(mine.pk)))

    assert response.status_code == 409
    (one,) = response.context["form"].comparisons
    assert (one.mine, one.theirs, one.by_name) == ("市の決済", "県の決済", str(division_person))
    again = sent_by(text(response), "issue-form", choice_shared_measure_id="mine")
    assert client.post(address, again).status_code == 302
    assert Issue.objects.get().shared_measure == mine


@pytest.mark.parametrize(
    "sent",
    [
        {"due": "2027-13-01"},
        {"kind": "data_linkage"},
        {"state": "solved"},
        {"shared_measure_id": "999"},
        {"owner": "あ" * 101},
        {"version": "x"},
    ],
)
def test_an_edit_that_cannot_be_saved_is_said(signed_in, issue, member, sent):
    client, address = signed_in(member), reverse("issue_edit", args=[issue.pk])

    response = client.post(address, sent_by(text(client.get(address)), "issue-form", **sent))

    assert response.status_code == 422
    assert Issue.history.count() == 1


def test_an_old_page_of_an_ended_issue_says_so(signed_in, issue, member):
    solve_issue(issue_id=issue.pk, outcome="online", note="", version=1, by=member)
    client = signed_in(member)

    for name in ("issue_edit", "issue_solve"):
        response = client.get(reverse(name, args=[issue.pk]))
        assert response.status_code == 302
        assert said(response)[-1] == ENDED_ALREADY.format(state="解決")


# The solution


def test_the_solution_says_before_and_after_what_becomes_of_the_category(
    signed_in, procedure, issue, member
):
    client, address = signed_in(member), reverse("issue_solve", args=[issue.pk])
    page = text(client.get(address))
    assert "解決にすると、区分は「検討」から「優先」になります。" in page

    response = client.post(address, sent_by(page, "solve-form", outcome="online"))

    (message,) = said(response)
    assert message.startswith(
        "「金銭納付」の課題を解決にしました。区分が「検討」から「優先」になりました。"
    )
    assert reverse("act_detail", args=[Act.objects.get().pk]) in message
    procedure.refresh_from_db()
    assert (procedure.payment, procedure.category) == ("online", "priority")


def test_where_something_else_hinders_the_category_stays(signed_in, department, member):
    procedure = factories.ProcedureFactory(
        department=department, clear=True, payment="offline", deliverable="offline"
    )
    issue = factories.IssueFactory(procedure=procedure, aspect="payment", kind="e_payment")

    page = text(signed_in(member).get(reverse("issue_solve", args=[issue.pk])))

    assert "解決にしても、区分は「検討」のままです。ほかに「通知・交付物」が残ります。" in page


def test_an_answer_that_changed_meanwhile_is_said_and_the_second_try_decides(
    signed_in, procedure, issue, member, division_person
):
    client, address = signed_in(member), reverse("issue_solve", args=[issue.pk])
    page = text(client.get(address))
    answer(procedure, division_person, payment="not_needed")

    response = client.post(address, sent_by(page, "solve-form", outcome="online", note="導入した"))

    assert response.status_code == 409
    assert f"{division_person}さんが「不要」に変えました。" in text(response)
    assert Issue.objects.get().state == "open"
    again = sent_by(text(response), "solve-form")
    assert (again["outcome"], again["note"]) == ("not_needed", "導入した")
    assert client.post(address, again).status_code == 302
    assert Issue.objects.get().outcome == "not_needed"


@pytest.mark.parametrize("sent", [{"outcome": "offline"}, {}, {"outcome": "online"}])
def test_a_solution_that_says_too_little_is_said(signed_in, issue, member, sent):
    response = signed_in(member).post(reverse("issue_solve", args=[issue.pk]), sent)

    assert response.status_code == 422
    if sent.get("outcome") != "online":
        assert NO_OUTCOME in text(response)
    assert Issue.objects.get().state == "open"


# Many


def address_of(*procedures) -> str:
    """The address to which the list's bar sends the ticked rows."""
    chosen = "&".join(f"procedures={procedure.pk}" for procedure in procedures)
    return f"{reverse('issues_open')}?{chosen}"


def test_ticked_rows_become_issues_after_a_page_that_counts_them(
    signed_in, department, other_department, procedure, member
):
    taken = factories.ProcedureFactory(department=department, clear=True, payment="offline")
    factories.IssueFactory(procedure=taken, aspect="payment", kind="e_payment")
    foreign = factories.ProcedureFactory(department=other_department, payment="offline")
    client, address = signed_in(member), address_of(procedure, taken, foreign)
    page = client.get(address)
    assert [(one.code, one.count) for one, *_ in page.context["form"].rows] == [("payment", 1)]
    assert page.context["left_count"] == 1

    response = client.post(
        address, sent_by(text(page), "issues-open", about_payment="on", owner="佐藤")
    )

    act = Act.objects.get()
    assert response["Location"].startswith(reverse("act_detail", args=[act.pk]))
    assert Issue.objects.get(procedure=procedure).owner == "佐藤"
    assert {one["procedure"] for one in act.left_out} == {taken.pk, foreign.pk}
    assert text(client.get(response["Location"])).count("証明書の交付申請")


def test_all_that_match_over_several_pages_become_issues(signed_in, department, member):
    for number in range(130):
        name = f"証明書{number}" if number < 120 else f"届出{number}"
        factories.ProcedureFactory(department=department, name=name, payment="offline")
    query = {
        "everything": "on",
        "shown_on": "team",
        "next": reverse("team") + "?q=証明書&page=2",
    }
    client = signed_in(member)
    page = client.get(reverse("issues_open"), query)
    assert page.context["count"] == 120
    sent = sent_by(text(page), "issues-open", about_payment="on")

    client.post(reverse("issues_open", query=query), sent)

    assert Issue.objects.count() == 120
    assert Act.objects.get().count == 120
    assert Issue.history.count() == 120


def test_rows_that_came_in_between_are_not_swept_along(signed_in, department, procedure, member):
    query = {"everything": "on", "shown_on": "team", "next": reverse("team")}
    client, address = signed_in(member), reverse("issues_open", query=query)
    sent = sent_by(text(client.get(address)), "issues-open", about_payment="on")
    factories.ProcedureFactory(department=department, payment="offline")

    response = client.post(address, sent)

    assert response.status_code == 422
    assert ROWS_CHANGED in text(response)
    assert not Issue.objects.exists()


def test_foreign_rows_alone_are_refused_and_nothing_is_written(signed_in, other_department, member):
    foreign = factories.ProcedureFactory(department=other_department, payment="offline")
    sent = {"seen": str(foreign.pk), "about_payment": "on", "kind_payment": "e_payment"}

    response = signed_in(member).post(address_of(foreign), sent)

    assert response.status_code == 403
    assert "DX推進チーム" in text(response)
    assert not Issue.objects.exists()


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, NO_SUBJECT),
        ({"about_payment": "on", "kind_payment": "data_linkage"}, "対応策の種類"),
        ({"about_payment": "on", "due": "x"}, "期限"),
        ({"about_payment": "on", "seen": ""}, ""),
    ],
)
def test_what_cannot_be_opened_is_said(signed_in, procedure, member, sent, sentence):
    client, address = signed_in(member), address_of(procedure)

    response = client.post(address, sent_by(text(client.get(address)), "issues-open", **sent))

    assert response.status_code == 422
    assert sentence in text(response)
    assert not Issue.objects.exists()


def test_where_others_opened_them_meanwhile_that_is_said(signed_in, procedure, member):
    other = factories.ProcedureFactory(department=procedure.department, in_person="offline")
    client, address = signed_in(member), address_of(procedure, other)
    sent = sent_by(text(client.get(address)), "issues-open", about_in_person="on")
    factories.IssueFactory(procedure=other, aspect="in_person")

    response = client.post(address, sent)

    assert response.status_code == 422
    assert NOTHING_TO_OPEN in text(response)
    assert not Act.objects.exists()


def test_rows_without_an_obstacle_are_told_what_to_do_first(signed_in, department, member):
    unknown = factories.ProcedureFactory(department=department)

    page = text(signed_in(member).get(address_of(unknown)))

    assert "登録できる課題はありません" in page


# The list


@time_machine.travel("2026-11-24T10:00:00+09:00")
def test_the_list_shows_what_is_open_by_its_date_and_a_teams_own_first(
    signed_in, department, other_department, member, division_person
):
    def make(owner, due, **changes):
        procedure = factories.ProcedureFactory(department=owner, payment="offline", **changes)
        return factories.IssueFactory(
            procedure=procedure, aspect="payment", kind="e_payment", due=due
        )

    later = make(department, date(2027, 3, 1))
    undated = make(department, None)
    late = make(department, date(2026, 11, 1))
    foreign = make(other_department, date(2026, 12, 1))
    gone = make(department, date(2026, 1, 1), abolished_on=date(2026, 4, 1))
    ended = make(department, date(2026, 1, 1))
    update_issue(issue_id=ended.pk, sent={"state": "dropped"}, version=1, by=member)
    measure = factories.MeasureFactory(goes_live_on=date(2026, 10, 1))
    update_issue(issue_id=later.pk, sent={"shared_measure_id": measure.pk}, version=1, by=member)

    def listed(user, **query):
        page = signed_in(user).get(reverse("issue_list"), query)
        return [row.issue for row in page.context["rows"]]

    assert listed(member) == [later, late, undated]
    assert listed(member, whose="all") == [later, late, foreign, undated]
    assert listed(member, department=other_department.pk) == [foreign]
    assert listed(division_person) == [later, late, foreign, undated]
    assert listed(member, due="overdue") == [later, late]
    assert listed(division_person, due="soon") == [foreign]
    assert listed(member, due="none") == [undated]
    assert listed(member, measure=measure.pk) == [later]
    assert listed(member, state="dropped") == [ended]
    assert gone in listed(member, state="all")
    assert listed(member, aspect="in_person") == []
    assert listed(member, aspect="designated_manager") == []


def test_a_person_in_two_teams_sees_the_issues_of_both(
    signed_in, department, other_department, member
):
    TeamMembership.objects.create(user=member, role=Role.MEMBER, department=other_department)
    for owner in (department, other_department, factories.DepartmentFactory()):
        factories.IssueFactory(procedure__department=owner)

    page = signed_in(member).get(reverse("issue_list"))

    owners = {row.procedure.department for row in page.context["rows"]}
    assert owners == {department, other_department}
    assert all(row.may_edit for row in page.context["rows"])


@pytest.mark.parametrize("query", ["state=x", "due=x", "aspect=x", "measure=999", "whose=x"])
def test_a_wrong_filter_says_so_and_shows_no_rows(signed_in, issue, member, query):
    page = signed_in(member).get(f"{reverse('issue_list')}?{query}")

    assert page.status_code == 200
    assert "error-summary" in text(page)
    assert page.context["rows"] == []


def test_the_list_asks_the_database_as_often_for_many_as_for_one(
    signed_in, department, division_person
):
    client, counts = signed_in(division_person), []
    for number in (1, 30):
        for _ in range(number):
            measure = factories.MeasureFactory(department=department)
            factories.IssueFactory(procedure__department=department, shared_measure=measure)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("issue_list"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_page_of_a_procedure_asks_as_often_with_seven_issues_as_with_one(
    signed_in, department, member
):
    counts = []
    client = signed_in(member)
    for aspects in (["payment"], ["payment", "in_person", "deliverable", "attachments", ""]):
        procedure = factories.ProcedureFactory(department=department, payment="offline")
        for aspect in aspects:
            factories.IssueFactory(procedure=procedure, aspect=aspect)
        with CaptureQueriesContext(connection) as queries:
            detail(client, procedure)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_navigation_leads_to_the_issues_and_from_there_to_the_measures(signed_in, reader):
    page = text(signed_in(reader).get(reverse("issue_list")))

    assert f'href="{reverse("issue_list")}" aria-current="page"' in page
    assert reverse("measure_list") in page
