"""担当の引継ぎ: all of one person's plans and issues to another, once; and the printed sheet."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from procedures.models import Act, Procedure, Role, TeamMembership
from procedures.permissions import HANDOVER_IS_FOR_LEADERS, rights_of
from procedures.records import StaleVersion, save
from tests import factories
from tests.pages import sent_by, text
from tracking.actions.handover import (
    NOT_YOUR_SHEET,
    SAME_PERSON,
    Charge,
    HoldingsChanged,
    charges,
    hand_over,
    holdings,
    sheet,
)
from tracking.models import Issue, MigrationPlan
from tracking.views.handover import HANDED_OVER

pytestmark = pytest.mark.django_db
ADDRESS = "/handover/"
FROM, TO = "山田 太郎", "佐藤 花子"
SHEET_QUERIES = 11


@pytest.fixture
def leader(department):
    """The leader of the DX team of ``department``, 佐藤 花子."""
    return factories.UserFactory(
        role=Role.LEADER, role__department=department, display_name=TO, username="leader"
    )


@pytest.fixture
def held(department, other_department):
    """What 山田 has: two plans and two issues on three procedures; and what stays his."""
    plans = [
        factories.PlanFactory(procedure__department=department, assignee=FROM),
        factories.PlanFactory(procedure__department=department, assignee=FROM, online=True),
    ]
    issues = [
        factories.IssueFactory(procedure=plans[0].procedure, owner=FROM),
        factories.IssueFactory(procedure__department=department, owner=FROM),
    ]
    return {
        "plans": plans,
        "issues": issues,
        "stay": [
            factories.PlanFactory(procedure__department=other_department, assignee=FROM),
            factories.PlanFactory(
                procedure__department=department,
                procedure__abolished_on=timezone.localdate(),
                assignee=FROM,
            ),
        ],
        "closed": factories.IssueFactory(
            procedure__department=department,
            owner=FROM,
            state=Issue.State.DROPPED,
            closed_on=timezone.localdate(),
        ),
        "another": factories.PlanFactory(procedure__department=department, assignee="鈴木"),
    }


@pytest.fixture
def acts(department):
    """``acts(by, **changes)`` hands everything of 山田's in ``department`` to 佐藤."""

    def run(by, **changes):
        sent = {"department": department, "source": FROM, "target": TO, "counts": (2, 2)}
        return hand_over(**sent | changes, by=by)

    return run


def owners() -> list[tuple[str, str]]:
    """Who is in charge of each plan and each issue."""
    plans = MigrationPlan.objects.order_by("pk").values_list("procedure__number", "assignee")
    issues = Issue.objects.order_by("pk").values_list("procedure__number", "owner")
    return [*plans, *issues]


def entries() -> tuple[int, int, int]:
    """How many changes of plans, issues and procedures the history knows."""
    return (
        MigrationPlan.history.count(),
        Issue.history.count(),
        Procedure.history.count(),
    )


# --- The act -----------------------------------------------------------------------------------


def test_who_is_in_charge_of_how_much(held, department):
    assert charges(department) == [Charge(FROM, 2, 2), Charge("鈴木", 1, 0)]


@pytest.mark.parametrize("person", ["leader", "division_person", "administrator"])
def test_everything_goes_over_in_one_act_with_one_entry_each(held, acts, person, request):
    by = request.getfixturevalue(person)
    plans, issues, procedures = entries()

    act = acts(by)

    assert entries() == (plans + 2, issues + 2, procedures)
    for row in (*held["plans"], *held["issues"]):
        row.refresh_from_db()
        assert TO in (getattr(row, "assignee", ""), getattr(row, "owner", ""))
        entry = row.history.latest()
        assert (entry.act_id, entry.by_name, entry.version) == (act.pk, str(by), 2)
    assert (act.kind, act.count, act.by) == (Act.Kind.HANDOVER, 3, by)
    assert act.label == "市民部：山田 太郎さんから佐藤 花子さんへ"


def test_nothing_else_goes_over(held, acts, leader):
    acts(leader)

    for plan in held["stay"]:
        plan.refresh_from_db()
        assert plan.assignee == FROM
    held["closed"].refresh_from_db()
    held["another"].refresh_from_db()
    assert (held["closed"].owner, held["another"].assignee) == (FROM, "鈴木")


@pytest.mark.parametrize("person", ["member", "other_member", "reader"])
def test_nobody_else_hands_over(held, acts, person, request):
    before = owners()

    with pytest.raises(PermissionDenied, match=HANDOVER_IS_FOR_LEADERS):
        acts(request.getfixturevalue(person))

    assert owners() == before
    assert not Act.objects.exists()


def test_a_leader_hands_over_in_the_own_department_alone(held, acts, leader, other_department):
    TeamMembership.objects.create(user=leader, role=Role.MEMBER, department=other_department)

    with pytest.raises(PermissionDenied, match=HANDOVER_IS_FOR_LEADERS):
        acts(leader, department=other_department, counts=(1, 0))

    assert not Act.objects.exists()


@pytest.mark.parametrize("counts", [(1, 2), (2, 1), (0, 0)])
def test_another_number_than_was_shown_writes_nothing(held, acts, leader, counts):
    before = entries()

    with pytest.raises(HoldingsChanged):
        acts(leader, counts=counts)

    assert entries() == before
    assert not Act.objects.exists()


def test_somebody_who_has_nothing_hands_nothing_over(acts, leader):
    with pytest.raises(HoldingsChanged):
        acts(leader, counts=(0, 0))

    assert not Act.objects.exists()


def test_a_row_that_somebody_writes_at_the_same_moment_stops_all(
    held, acts, leader, department, monkeypatch
):
    def outdated(*args):
        found = holdings(*args)
        MigrationPlan.objects.filter(pk=held["plans"][1].pk).update(version=7)
        return found

    monkeypatch.setattr("tracking.actions.handover.holdings", outdated)
    before = owners()

    with pytest.raises(StaleVersion):
        acts(leader)

    assert owners() == before
    assert not Act.objects.exists()


@pytest.mark.parametrize("target", ["", FROM, "あ" * 101])
def test_it_goes_to_another_person_with_a_name(held, acts, leader, target):
    with pytest.raises(ValidationError):
        acts(leader, target=target)

    assert not Act.objects.exists()


def test_the_act_takes_the_same_number_of_queries_for_1_and_for_12(held, acts, leader, department):
    rights_of(leader)  # read once per person
    with CaptureQueriesContext(connection) as few:
        acts(leader)
    for _ in range(12):
        factories.PlanFactory(procedure__department=department, assignee=FROM)
        factories.IssueFactory(procedure__department=department, owner=FROM)
    with CaptureQueriesContext(connection) as many:
        acts(leader, counts=(12, 12))

    assert len(many) == len(few)


# --- On screen ---------------------------------------------------------------------------------


@pytest.fixture
def opens(signed_in, department):
    """``opens(user, **query)`` gives the answer of the page."""

    def read(user, **query):
        return signed_in(user).get(ADDRESS, query)

    return read


def test_from_whom_to_whom_what_it_would_be_and_done(held, opens, signed_in, leader):
    html = text(opens(leader))
    assert "山田 太郎（計画2件・課題2件）" in html
    assert f'<option value="{TO}">' in html

    preview = opens(leader, source=FROM, target=TO)
    html = text(preview)
    assert "<strong>計画2件</strong>と<strong>課題2件</strong>（手続3件）" in html
    for row in (*held["plans"], *held["issues"]):
        assert escape(row.procedure.name) in html
    assert held["another"].procedure.name not in html

    sent = _hidden(html)
    response = signed_in(leader).post(ADDRESS, sent)
    said = [str(message) for message in response.wsgi_request._messages]
    assert said == [HANDED_OVER.format(source=FROM, target=TO, plans=2, issues=2)]
    assert response["Location"] == reverse("act_detail", args=[Act.objects.get().pk])
    assert [row.name for row in charges(held["plans"][0].procedure.department)] == [TO, "鈴木"]


def test_a_hand_over_can_be_taken_back_as_one(held, acts, signed_in, leader):
    before = owners()
    act = acts(leader)
    later = held["plans"][1]
    later.refresh_from_db()
    later.assignee = "鈴木"
    save(later, ["assignee"], factories.origin())

    assert signed_in(leader).post(reverse("act_undo", args=[act.pk])).status_code == 302

    assert [pair for pair in owners() if pair not in before] == [(later.procedure.number, "鈴木")]


def test_looking_writes_nothing(held, opens, leader):
    before = owners()

    opens(leader, source=FROM, target=TO)

    assert owners() == before


def test_what_changed_meanwhile_is_shown_anew(held, opens, signed_in, leader, department):
    sent = _hidden(text(opens(leader, source=FROM, target=TO)))
    factories.PlanFactory(procedure__department=department, assignee=FROM)
    before = owners()

    response = signed_in(leader).post(ADDRESS, sent)

    html = text(response)
    assert response.status_code == 409
    assert HoldingsChanged.MESSAGE in html
    assert "<strong>計画3件</strong>" in html
    assert owners() == before
    assert signed_in(leader).post(ADDRESS, _hidden(html)).status_code == 302


def test_sent_twice_it_is_done_once(held, opens, signed_in, leader):
    sent = _hidden(text(opens(leader, source=FROM, target=TO)))
    signed_in(leader).post(ADDRESS, sent)

    response = signed_in(leader).post(ADDRESS, sent)

    assert response.status_code == 422
    assert "「山田 太郎」さんが担当する計画や課題は、今はありません。" in text(response)
    assert Act.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [{"target": ""}, {"target": FROM}, {"target": "あ" * 101}, {"target": "\x00"}, {"source": ""},
     {"source": "いない人"}, {"plans": "x"}],
)  # fmt: skip
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_cannot_be_handed_over_is_said(held, signed_in, leader, method, wrong):
    before = owners()
    sent = {"source": FROM, "target": TO, "plans": 2, "issues": 2}

    response = getattr(signed_in(leader), method)(ADDRESS, sent | wrong)

    assert response.status_code == 422
    assert "error-summary" in text(response)
    assert owners() == before


def test_the_same_person_is_said_to_be_the_same(held, opens, leader):
    assert SAME_PERSON in text(opens(leader, source=FROM, target=FROM))


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("person", ["member", "other_member", "reader"])
def test_the_page_is_for_leaders_and_the_office(
    held, signed_in, department, method, person, request
):
    before = owners()
    sent = {"department": department.pk, "source": FROM, "target": TO, "plans": 2, "issues": 2}

    response = getattr(signed_in(request.getfixturevalue(person)), method)(ADDRESS, sent)

    assert response.status_code == 403
    assert HANDOVER_IS_FOR_LEADERS in text(response)
    assert owners() == before


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_leader_is_refused_another_department(held, signed_in, leader, other_department, method):
    before = owners()
    sent = {"department": other_department.pk, "source": FROM, "target": TO, "plans": 1}

    response = getattr(signed_in(leader), method)(ADDRESS, sent)

    assert response.status_code == 403
    assert HANDOVER_IS_FOR_LEADERS in text(response)
    assert owners() == before


def test_whoever_has_several_departments_chooses_one(held, opens, leader, other_department):
    TeamMembership.objects.create(user=leader, role=Role.LEADER, department=other_department)

    html = text(opens(leader))

    assert '<select name="department"' in html
    assert "市民部" in html
    assert "環境部" in html
    assert "計画1件・課題0件" in text(opens(leader, department=other_department.pk))


def test_the_division_chooses_any_department(held, opens, division_person, other_department):
    assert '<select name="department"' in text(opens(division_person))
    html = text(opens(division_person, department=other_department.pk))
    assert "山田 太郎（計画1件・課題0件）" in html


@pytest.mark.parametrize("wrong", ["999999", "9" * 30, "9" * 5_000])
def test_a_department_that_does_not_exist_is_not_found(opens, leader, wrong):
    assert opens(leader, department=wrong).status_code == 404


def test_where_nobody_is_in_charge_the_page_says_so(opens, leader, department):
    factories.ProcedureFactory(department=department)

    assert "担当者の決まっている計画や課題がありません。" in text(opens(leader))


def test_the_preview_takes_the_same_number_of_queries_at_1_and_at_12_rows(
    held, opens, leader, department
):
    def queries():
        opens(leader, source=FROM, target=TO)
        with CaptureQueriesContext(connection) as seen:
            opens(leader, source=FROM, target=TO)
        return len(seen)

    few = queries()
    for _ in range(11):
        factories.PlanFactory(procedure__department=department, assignee=FROM)
        factories.IssueFactory(procedure__department=department, owner=FROM)
        factories.member_of(department)

    assert queries() == few


def _hidden(html: str) -> dict[str, str]:
    """What the button of the preview sends."""
    return sent_by(html, "handover-form")


# --- The sheet ---------------------------------------------------------------------------------


def sheet_of(department) -> str:
    return reverse("handover_sheet", args=[department.pk])


@pytest.mark.parametrize("person", ["member", "leader", "division_person", "administrator"])
def test_team_and_office_see_the_sheet(signed_in, department, person, request):
    assert signed_in(request.getfixturevalue(person)).get(sheet_of(department)).status_code == 200


@pytest.mark.parametrize("person", ["other_member", "reader"])
def test_others_do_not_see_the_sheet(signed_in, department, person, request):
    response = signed_in(request.getfixturevalue(person)).get(sheet_of(department))

    assert response.status_code == 403
    assert NOT_YOUR_SHEET.format(department=department) in text(response)


def test_a_person_in_two_teams_sees_the_sheets_of_both(
    signed_in, member, department, other_department
):
    TeamMembership.objects.create(user=member, role=Role.MEMBER, department=other_department)

    for unit in (department, other_department):
        assert signed_in(member).get(sheet_of(unit)).status_code == 200


def test_only_leaders_and_the_office_are_offered_to_hand_over(
    signed_in, member, leader, department
):
    link = f'href="{ADDRESS}?department={department.pk}"'

    assert link in text(signed_in(leader).get(sheet_of(department)))
    assert link not in text(signed_in(member).get(sheet_of(department)))


def test_the_sheet_says_by_person_what_is_in_work(held, signed_in, department, member, leader):
    today = timezone.localdate()
    late = factories.PlanFactory(
        procedure__department=department,
        assignee="鈴木",
        status="preparing",
        target_date=today - timedelta(days=1),
    )
    factories.IssueFactory(procedure=late.procedure, due=today - timedelta(days=2))
    factories.CommentFactory(procedure=late.procedure, text="様式を確かめてください。")
    untouched = factories.ProcedureFactory(department=department, name="手を付けていない申請")

    html = text(signed_in(member).get(sheet_of(department)))

    headings = ("山田 太郎（1件）", "鈴木（2件）", "担当者が未定（1件）")
    places = [html.index(f"<h3>{heading}</h3>") for heading in headings]
    assert places == sorted(places)
    assert "期限超過" in html
    assert "・過ぎています" in html
    assert "様式を確かめてください。" in html
    assert untouched.name not in html
    assert "（担当者も目標日もない未着手）が2件あります" in html
    assert "DX推進チームリーダー" in html
    assert "data-print" in html


def test_in_work_is_what_is_begun_and_not_online(department, other_department):
    today = timezone.localdate()
    begun = [
        factories.PlanFactory(procedure__department=department, status="reviewing").procedure,
        factories.PlanFactory(procedure__department=department, assignee=FROM).procedure,
        factories.PlanFactory(procedure__department=department, target_date=today).procedure,
        factories.IssueFactory(procedure__department=department).procedure,
        factories.CommentFactory(procedure__department=department).procedure,
    ]
    factories.PlanFactory(procedure__department=department)
    factories.CommentFactory(procedure__department=department, done=True)
    factories.PlanFactory(procedure__department=department, online=True, assignee=FROM)
    factories.PlanFactory(
        procedure__department=department, procedure__abolished_on=today, assignee=FROM
    )
    factories.PlanFactory(procedure__department=other_department, assignee=FROM)

    found = sheet(department, today)

    rows = [row.procedure for person in found.people for row in person.rows]
    assert set(rows) == set(begun)
    assert found.untouched_count == 2
    assert found.figures.counts["unfinished"] == len(begun) + 2
    # Those of nobody stand last.
    assert [person.name for person in found.people] == [FROM, ""]


def test_the_issue_that_is_next_stands_first(department):
    today = timezone.localdate()
    procedure = factories.ProcedureFactory(department=department)
    undated = factories.IssueFactory(procedure=procedure, aspect="payment")
    later = factories.IssueFactory(
        procedure=procedure, aspect="in_person", due=today + timedelta(days=9)
    )
    soon = factories.IssueFactory(procedure=procedure, aspect="attachments", due=today)

    (person,) = sheet(department, today).people

    assert person.rows[0].issues == [soon, later, undated]


def test_a_department_without_work_and_people_says_so(signed_in, administrator, department):
    html = text(signed_in(administrator).get(sheet_of(department)))

    assert "進めている手続はありません。" in html
    assert "利用者はまだ登録されていません。" in html


def test_the_sheet_takes_the_same_number_of_queries_at_1_and_at_12_rows(
    signed_in, leader, department
):
    client = signed_in(leader)
    counts = []
    for rows in (1, 11):
        for number in range(rows):
            plan = factories.PlanFactory(procedure__department=department, assignee=str(number))
            factories.IssueFactory(procedure=plan.procedure, owner=FROM)
            factories.CommentFactory(procedure=plan.procedure, mentioned=leader)
        client.get(sheet_of(department))
        with CaptureQueriesContext(connection) as queries:
            client.get(sheet_of(department))
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert counts[0] <= SHEET_QUERIES


@pytest.mark.parametrize("wanted", ["-1", "²", "\0"])
def test_what_is_no_number_of_a_department_is_asked_again(signed_in, administrator, held, wanted):
    client = signed_in(administrator)

    assert client.get(ADDRESS, {"department": wanted}).status_code == 200
    response = client.post(ADDRESS, {"department": wanted})

    assert response.status_code == 422
    assert 'role="alert"' in text(response)
