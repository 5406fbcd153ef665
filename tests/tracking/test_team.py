"""The team's page: its own procedures, what waits for it, and nothing of anybody else's."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from procedures.models import Exemption, Procedure, Role, TeamMembership
from procedures.rules import ExemptionGround
from tests import factories
from tests.pages import element, same_page, text, words
from tests.tracking.desks import HTMX
from tracking.selections import SELECTIONS
from tracking.stats import counts
from tracking.views.team import ROWS_PER_PAGE
from tracking.work_queue import QUEUE, what_to_do

pytestmark = pytest.mark.django_db
NOTHING_WAITS = "いま対応を待っているものはありません。"
TEAM = reverse("team")
# session, person, rights, departments, queue, columns, keys, rows, 保存した条件, 配付, お知らせ
QUERIES = 11


@pytest.fixture
def opened(signed_in, member):
    """``opened(query)`` gives the response of the team's page."""

    def read(query="", user=member, htmx=False):
        response = signed_in(user).get(TEAM + query, headers=HTMX if htmx else None)
        assert response.status_code == 200
        return response

    return read


def rows_of(response) -> list[str]:
    """The numbers of the procedures on the page, in its order."""
    keys = [row.pk for row in response.context["rows"]]
    numbers = Procedure.objects.in_bulk(keys)
    return [numbers[key].number for key in keys]


@pytest.fixture
def situations(department, other_department):
    """Own procedures in every situation that the queue counts, each beside the same elsewhere."""
    day = timezone.localdate()
    for unit in (department, other_department):
        asked = factories.ProcedureFactory(department=unit)
        factories.CommentFactory(procedure=asked)
        factories.IssueFactory(procedure=asked, due=day)
        factories.PlanFactory(procedure__department=unit, target_date=day - timedelta(days=1))
        factories.PlanFactory(
            procedure__department=unit,
            procedure__clear=True,
            target_date=day + timedelta(days=9),
            national_due=day,
        )
        factories.PlanFactory(procedure__department=unit, procedure__clear=True, online=True)
        factories.ProcedureFactory(department=unit, scope="outside")
        factories.ProcedureFactory(department=unit, abolished_on=day)
        warned = factories.ProcedureFactory(department=unit)
        factories.ExemptionFactory(procedure=warned, confirmed=True)
        exempt = factories.ProcedureFactory(department=unit)
        factories.LegalBasisFactory(procedure=exempt)
        factories.ExemptionFactory(
            procedure=exempt, confirmed=True, ground=ExemptionGround.RULE_ART16.value
        )
        stale = factories.ProcedureFactory(department=unit)
        Procedure.objects.filter(pk=stale.pk).update(changed_at=timezone.now() - timedelta(200))


def test_the_page_shows_the_own_procedures_and_no_others(opened, department, other_department):
    own = factories.ProcedureFactory(department=department)
    factories.ProcedureFactory(department=other_department)
    factories.ProcedureFactory(unassigned=True)
    response = opened()
    assert rows_of(response) == [own.number]
    assert "市民部の手続" in text(response)


def test_a_row_says_category_and_reason_status_date_service_volume_and_change(opened, department):
    day = timezone.localdate()
    procedure = factories.ProcedureFactory(
        department=department,
        division=department.divisions.get(),
        name="転入の届出",
        clear=True,
        payment="offline",
        in_person="unknown",
    )
    service = factories.ServiceFactory(name="ぴったり試験")
    factories.PlanFactory(
        procedure=procedure,
        status="preparing",
        target_date=day - timedelta(days=1),
        national_due=day - timedelta(days=2),
        service=service,
    )
    factories.VolumeFactory(procedure=procedure, fiscal_year=2024, total=99)
    factories.VolumeFactory(procedure=procedure, fiscal_year=2025, total=12345)

    html = text(opened())

    row = words(element(html, f"procedure-{procedure.pk}"))
    for said in (
        procedure.number,
        "転入の届出",
        "市民サービス課",
        "検討",
        "方針3(2) 支障を整理して解決策を考える",
        "支障：金銭納付",
        "未調査：対面",
        "準備中",
        "期限超過",
        "国より遅い",
        "ぴったり試験",
        "12,345",
        "編集",
    ):
        assert said in row
    assert f'href="{reverse("procedure_detail", args=[procedure.pk])}"' in html


def test_unknown_is_not_zero_and_no_plan_is_not_started(opened, department):
    unknown = factories.ProcedureFactory(department=department)
    none = factories.ProcedureFactory(department=department)
    factories.VolumeFactory(procedure=none, total=0)
    html = text(opened())
    first, second = (words(element(html, f"procedure-{one.pk}")) for one in (unknown, none))
    assert "不明" in first
    assert "未着手" in first
    assert "不明" not in second
    assert " 0 " in second


def test_a_warning_of_the_rules_is_said_in_the_row(opened, department):
    procedure = factories.ProcedureFactory(department=department)
    factories.ExemptionFactory(procedure=procedure, confirmed=True)
    row = words(element(text(opened()), f"procedure-{procedure.pk}"))
    assert "注意：適用除外の登録がありますが、根拠区分が未調査のため" in row


@pytest.mark.parametrize("situation", ["exempt", "outside", "abolished", "online"])
def test_what_is_no_target_any_more_is_not_called_overdue(opened, department, situation):
    late = {"target_date": timezone.localdate() - timedelta(days=9)}
    if situation == "online":
        factories.PlanFactory(procedure__department=department, online=True, **late)
    elif situation == "exempt":
        procedure = factories.PlanFactory(procedure__department=department, **late).procedure
        factories.LegalBasisFactory(procedure=procedure)
        factories.ExemptionFactory(procedure=procedure, confirmed=True)
        assert Exemption.objects.get().procedure.category == "exempt"
    else:
        traits = {
            "outside": {"scope": "outside"},
            "abolished": {"abolished_on": late["target_date"]},
        }
        procedure = factories.ProcedureFactory(department=department, **traits[situation])
        factories.PlanFactory(procedure=procedure, **late)
    response = opened()
    assert len(response.context["rows"]) == 1
    assert "badge--overdue" not in text(response)


# --- The work queue ---------------------------------------------------------------------------


def test_every_number_of_the_queue_opens_exactly_its_rows(opened, situations, department):
    context = opened("?figures=open").context
    items = (*context["queue"].items, *context["figures"].items)
    own = Procedure.objects.filter(department=department)
    assert [item.key for item in items] == list(QUEUE)
    for item in items:
        assert item.label == SELECTIONS[item.key].label
        assert 0 < item.count < own.count(), f"this inventory says nothing about {item.key}"
        rows = opened(f"?set={item.key}")
        assert len(rows_of(rows)) == rows.context["page_obj"].paginator.count == item.count
        assert f'href="{TEAM}?set={item.key}#rows"' in text(opened("?figures=open"))


@pytest.mark.parametrize("key", QUEUE)
def test_a_set_of_the_queue_says_what_to_do_above_its_rows(opened, situations, key):
    said = words(element(text(opened(f"?set={key}")), "what-to-do"))
    assert said == what_to_do(key) != ""
    assert 'id="what-to-do"' not in text(opened())


def test_what_somebody_waits_for_is_marked_and_what_is_zero_is_calm(opened, department):
    factories.PlanFactory(
        procedure__department=department, target_date=timezone.localdate() - timedelta(days=1)
    )
    queue = str(element(text(opened()), "queue"))
    assert queue.count('class="counts--error"') == 1
    assert 'class="counts--none"' in queue


def test_the_queue_follows_the_day_and_the_settings(opened, department, settings):
    """What is kept of its query is kept for the day and the settings that it was made for."""
    procedure = factories.ProcedureFactory(department=department, clear=True)
    ago = timedelta(settings.CONFIRM_DAYS)
    Procedure.objects.filter(pk=procedure.pk).update(changed_at=timezone.now() - ago)

    def waiting() -> int:
        response = opened()
        offered = "変更なし確認：" in text(response).replace('<span class="visually-hidden">', "")
        (item,) = [one for one in response.context["queue"].items if one.key == "to_confirm"]
        assert offered == (item.count > 0)
        return item.count

    assert waiting() == 0
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        assert waiting() == 1
    assert waiting() == 0
    settings.CONFIRM_DAYS -= 1
    assert waiting() == 1


def test_an_empty_queue_says_so_kindly(opened, department):
    assert NOTHING_WAITS in words(element(text(opened()), "queue"))
    factories.ProcedureFactory(department=department)  # nothing answered yet
    assert NOTHING_WAITS not in words(element(text(opened()), "queue"))


@pytest.mark.parametrize("key", SELECTIONS)
def test_each_named_set_of_the_list_is_as_large_as_its_figure(opened, situations, department, key):
    own = Procedure.objects.filter(department=department)
    expected = counts(own, [key], on=timezone.localdate())[key]
    assert opened(f"?set={key}").context["page_obj"].paginator.count == expected


def test_the_rate_of_the_team_stands_with_what_it_is_made_of_and_leaves_out(opened, situations):
    response = opened("?figures=open")
    said = words(element(text(response), "figures"))
    online = response.context["figures"].online
    assert (online.numerator, online.denominator) == (1, 6)
    assert "オンライン化率 16.7%" in said
    assert "除いた手続： 適用除外 1" in said
    for item in response.context["figures"].left_out:
        assert len(rows_of(opened(f"?set={item.key}"))) == item.count == 1


def test_the_figures_come_when_they_are_asked_for(opened, situations):
    page = opened("?set=target")
    assert "オンライン化率とほかの件数を見る" in words(element(text(page), "figures"))
    link = "?set=target&figures=open"
    assert f'href="{TEAM}{link}"'.replace("&", "&amp;") in text(page)
    answer = opened(link, htmx=True)
    same_page(page, answer, "figures", opened(link), select="figures")


def test_further_conditions_come_when_they_are_asked_for(opened, situations):
    page = opened("?set=target&sort=-name")
    assert 'name="category"' not in text(page)
    asked = "?set=target&sort=-name&conditions=open"
    assert f'href="{asked}"'.replace("&", "&amp;") in text(page)
    answer, fresh = opened(asked, htmx=True), opened(asked)
    same_page(page, answer, "conditions", fresh, select="conditions")
    for name in ("category", "status", "division", "service", "obstacle", "unanswered"):
        assert f'name="{name}"' in text(fresh)


def test_a_search_keeps_the_set_and_the_order(opened, situations):
    html = text(opened("?set=target&sort=-name"))
    assert '<input type="hidden" name="set" value="target">' in html
    assert '<input type="hidden" name="sort" value="-name">' in html


# --- Whose page it is -------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["reader", "division_person", "administrator"])
def test_somebody_without_a_team_is_told_what_to_do(opened, department, person, request):
    factories.ProcedureFactory(department=department)
    html = text(opened(user=request.getfixturevalue(person)))
    assert "DX推進チームに登録されていません" in html
    assert f'href="{reverse("procedure_list")}"' in html
    assert "<tbody" not in html


def test_a_member_of_two_teams_sees_both_and_which_is_which(
    opened, member, department, other_department
):
    TeamMembership.objects.create(user=member, role=Role.LEADER, department=other_department)
    first = factories.ProcedureFactory(department=department)
    second = factories.ProcedureFactory(department=other_department)
    response = opened()
    assert set(rows_of(response)) == {first.number, second.number}
    assert "環境部" in words(element(text(response), f"procedure-{second.pk}"))
    assert rows_of(opened(f"?department={other_department.pk}")) == [second.number]


def test_a_member_of_one_team_is_not_asked_for_the_department(opened, department, other_department):
    procedure = factories.ProcedureFactory(department=department)
    factories.DivisionFactory(department=other_department, name="よその課")
    html = text(opened())
    assert 'name="department"' not in html
    assert "よその課" not in html
    assert "市民部" not in words(element(html, f"procedure-{procedure.pk}"))


def test_a_team_without_procedures_is_told_where_they_come_from(opened):
    assert "手続はまだ登録されていません" in text(opened())


def test_a_filter_that_nothing_matches_offers_to_take_it_off(opened, department):
    factories.ProcedureFactory(department=department)
    html = text(opened("?q=そのような手続はない"))
    assert "条件に当てはまる手続はありません" in html
    assert f'<a class="button" href="{TEAM}">' in html


# --- Many rows --------------------------------------------------------------------------------


def test_the_page_asks_the_database_the_same_at_1_row_and_at_30(signed_in, member, department):
    client = signed_in(member)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(TEAM).status_code == 200
        return len(captured)

    def add(count: int) -> None:
        for _ in range(count):
            procedure = factories.ProcedureFactory(
                department=department, division=department.divisions.get()
            )
            factories.PlanFactory(procedure=procedure, online=True)
            factories.VolumeFactory(procedure=procedure)
            factories.ExemptionFactory(procedure=procedure)

    add(1)
    at_one_row = queries()
    add(29)
    assert queries() == at_one_row == QUERIES
    assert QUERIES <= 12
    assert len(client.get(TEAM).context["rows"]) == ROWS_PER_PAGE
