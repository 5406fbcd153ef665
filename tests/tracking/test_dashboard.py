"""The division's page: who sees it, what stands on it, and that each number opens its rows."""

import re
from datetime import date

import pytest
import time_machine
from django.urls import reverse

from procedures.permissions import DIVISION_ONLY
from procedures.rules import Category
from tests import factories
from tests.tracking.inventories import CLEAR, LAST_COMPLETE_YEAR, NOW, Case, build
from tests.tracking.shown_numbers import ShownNumbers, ShownTable
from tracking.distribution import distribute
from tracking.figures import CONCERNS, QUALITY, RATES
from tracking.status_fills import STATUS_FILLS
from tracking.views.figures import NO_DEPARTMENT, TOTAL
from tracking.views.inventory_parts import INVENTORY_FILLS
from tracking.workflow import STATUS_LABELS, Status

pytestmark = pytest.mark.django_db
URL = "/dashboard/"
NOT_INLINE = re.compile(r"\s(style|on\w+)=|<script(?![^>]*\ssrc=)")


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def units(department, other_department):
    """Two departments that have procedures, and a third one that has none."""
    factories.DepartmentFactory(name="消防局")
    return [department, other_department]


@pytest.fixture
def inventory(units):
    """A small office in which every figure differs from its neighbours."""
    unanswered = ("unknown", "offline", *CLEAR[2:])
    known = {2024: (40, 4), LAST_COMPLETE_YEAR: (90, 30)}
    cases = [
        *[Case(unit=0, status="online", volumes=known)] * 3,
        Case(unit=0, status="online"),
        *[Case(unit=0, status="testing", target_in=-5, volumes={2024: (11, None)})] * 2,
        Case(unit=0, answers=unanswered, status="on_hold", national_due_in=9),
        Case(unit=0, answers=unanswered, is_national=True, status="preparing", target_in=30),
        *[Case(unit=1, answers=unanswered, exemption="proposed")] * 5,
        Case(unit=1, answers=unanswered, status="online", volumes={2025: (7, 7)}),
        *[Case(unit=1, basis="municipal", exemption="confirmed")] * 2,
        *[Case(unit=1, scope="outside")] * 3,
        *[Case(unit=None, status="reviewing", changed=NOW, target_in=-1)] * 2,
        Case(unit=None, is_abolished=True),
    ]
    build(cases, units)
    return cases


@pytest.fixture
def board(inventory, signed_in, division_person):
    response = signed_in(division_person).get(URL)
    assert response.status_code == 200
    return response


def shown_on(response) -> ShownNumbers:
    return ShownNumbers(response.content.decode())


def units_of(response) -> ShownTable:
    """The table that compares the units."""
    return shown_on(response).table("部局室別のオンライン化率")


def drawn(response) -> list[str]:
    """The texts of the chart of the units."""
    return shown_on(response).charts["オンライン化率（手続の数）"]


def number(text: str) -> int:
    return int(text.replace(",", ""))


@pytest.mark.parametrize("person", ["division_person", "administrator"])
def test_the_division_and_administrators_see_the_dashboard(signed_in, request, person):
    response = signed_in(request.getfixturevalue(person)).get(URL)
    assert response.status_code == 200
    assert reverse("dashboard") == URL


@pytest.mark.parametrize("person", ["member", "reader"])
def test_nobody_else_sees_the_dashboard_and_reads_why(signed_in, request, person):
    response = signed_in(request.getfixturevalue(person)).get(URL)
    assert response.status_code == 403
    assert DIVISION_ONLY in response.content.decode()


def test_whoever_has_not_signed_in_is_sent_to_the_sign_in(client, db):
    response = client.get(URL)
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("login"))


def test_the_dashboard_is_read_only(signed_in, division_person):
    assert signed_in(division_person).post(URL).status_code == 405


@pytest.mark.parametrize("person", ["administrator", "division_person"])
def test_an_empty_inventory_says_to_import(signed_in, request, person):
    html = signed_in(request.getfixturevalue(person)).get(URL).content.decode()
    assert "台帳に手続がまだありません" in html
    assert f'href="{reverse("import_list")}">一覧を取り込む' in html
    page = html.partition("</main>")[0]
    assert "<table" not in page
    assert "<svg class=" not in page


def test_the_page_says_its_day_and_its_policy(board):
    html = board.content.decode()
    assert "2026年11月23日（令和8年）" in html
    assert "2024年4月1日（令和6年）" in html


def test_the_cards_say_what_the_inventory_gives(board):
    texts = {name: [link.text for link in links] for name, links in shown_on(board).cards.items()}
    assert {name: found[:3] for name, found in texts.items() if found[0].endswith("%")} == {
        "オンライン化率（手続の数）": ["31.2%", "5", "16"],
        "オンライン化率（年間件数）": ["92.6%", "277", "299"],
        "来庁不要率": ["25.0%", "4", "16"],
        "オンライン利用率": ["35.0%", "97", "277"],
        "優先手続のオンライン化率": ["44.4%", "4", "9"],
        "調査の完了率": ["92.9%", "104", "112"],
        "区分の確定率": ["100.0%", "16", "16"],
        "最近の確認率": ["100.0%", "16", "16"],
        "年間件数が不明の割合": ["62.5%", "10", "16"],
        "適用除外の割合": ["11.1%", "2", "18"],
    }
    assert {name: found[:2] for name, found in texts.items() if found[0].endswith("手続")} == {
        "期限超過": ["4手続", "11"],
        "優先手続の期限超過": ["4手続", "5"],
        "国の期限より遅い計画": ["1手続", "1"],
        "更新停滞": ["0手続", "11"],
        "所管未定": ["3手続", "22"],
        "適用除外の確認待ち": ["5手続", "22"],
        "適用除外の見直し時期": ["0手続", "22"],
        "協議の結論待ち": ["0手続", "22"],
        "情報政策課への相談": ["0手続", "22"],
    }
    assert len(texts) == len(RATES) + len(QUALITY) + len(CONCERNS)
    html = board.content.decode()
    assert "令和7年度（2025年度）にオンラインで受け付けた件数" in html
    assert "この率は、90日以内に変更か確認のあった手続" in html


@pytest.mark.parametrize("label", ["うちオンライン化済", "適用除外", "除外の確認待ち", "期限超過"])
def test_the_list_that_a_number_opens_shows_as_many_procedures(board, client, label):
    page = shown_on(client.get(URL, {"details": "open"}))
    cells = [
        cell for table in page.tables for _, column, cell in table.numbers() if column == label
    ]
    assert len(cells) == 4
    for (link,) in cells:
        assert client.get(link.url).context["page_obj"].paginator.count == number(link.text)


def test_the_foot_of_a_table_is_the_sum_of_its_rows(board, client):
    page = shown_on(client.get(URL, {"details": "open"}))
    heads = ("部局室別のオンライン化率", "部局室別の内訳", "対象手続の区分別", "台帳の全手続の区分")
    for table in map(page.table, heads):
        for column in range(1, len(table.head)):
            *texts, foot = [row[column][0].text for row in table.rows[1:]]
            if all(text.replace(",", "").isdigit() for text in texts):
                assert sum(map(number, texts)) == number(foot), table.head[column]
    *_, office = page.table("部局室別のオンライン化率").rows
    assert [cell[0].text for cell in office][:4] == [TOTAL, "16", "5", "31.2%"]


def test_departments_stand_in_office_order_with_the_unassigned_last(board, units):
    names = [*(unit.name for unit in units), NO_DEPARTMENT, TOTAL]
    assert units_of(board).labels == names
    assert [text for text in drawn(board) if text in names] == names


def test_departments_without_procedures_are_named_below(board):
    html = board.content.decode()
    assert "手続の登録がない部局室（1）" in html
    assert "<p>消防局</p>" in html


def test_a_goal_is_drawn_and_said(inventory, signed_in, division_person):
    factories.GoalFactory(fiscal_year=2026, online_rate=0.8)
    factories.GoalFactory(fiscal_year=2025, online_rate=0.1)
    response = signed_in(division_person).get(URL)
    html = response.content.decode()
    assert "目標 80%" in drawn(response)
    assert "令和8年度（2026年度）末の目標 80.0%" in html
    assert "まだ登録されていません" not in html


def test_without_a_goal_there_is_no_line_and_a_hint(board):
    assert not any("目標" in text for text in drawn(board))
    assert "令和8年度（2026年度）の目標はまだ設定されていません" in board.content.decode()
    assert f'href="{reverse("goals")}"' in board.content.decode()


def test_sheets_that_are_not_back_wait_at_their_distribution(
    inventory, signed_in, division_person, units
):
    client = signed_in(division_person)
    made = distribute(name="秋の調査", due_on=None, departments=units, by=division_person)
    link = shown_on(client.get(URL)).listed["配付「秋の調査」で戻っていない表"]
    assert (link.text, link.url) == ("2", reverse("distribution_detail", args=[made.pk]))
    narrowed = shown_on(client.get(URL, {"status": "online"}))
    assert "配付「秋の調査」で戻っていない表" not in narrowed.listed


def test_the_charts_show_the_numbers_of_their_tables(board):
    page = shown_on(board)
    inventory, statuses = page.table("台帳の全手続の区分"), page.table("対象手続の区分別")
    assert page.charts["台帳の内訳"][-1] == inventory.rows[-1][1][0].text
    for label, *cells in statuses.rows[1:-1]:
        place = page.charts["区分別の状況"].index(label[0].text)
        numbers = [cell[0].text for cell in cells if cell[0].text != "0"]
        assert set(page.charts["区分別の状況"][place + 1 :]) >= {numbers[-1]}
    pairs = [text for row in units_of(board).rows[1:] for text in (row[0][0].text, row[3][0].text)]
    assert drawn(board)[-len(pairs) :] == pairs


def test_every_status_and_every_part_of_the_inventory_has_a_look_of_its_own(board):
    assert set(STATUS_FILLS) == set(Status) == set(STATUS_LABELS)
    assert len(set(STATUS_FILLS.values())) == len(Status)
    assert len(set(INVENTORY_FILLS.values())) == len(INVENTORY_FILLS)
    assert {category.value for category in Category} <= set(INVENTORY_FILLS)
    counts = board.context["overview"].office.counts
    assert sum(counts[key] for key in INVENTORY_FILLS) == counts["all"]


def test_a_former_department_is_listed_while_it_has_procedures(signed_in, division_person):
    former = factories.DepartmentFactory(name="旧市民部", valid_to=date(2026, 3, 31))
    build([Case(unit=0)], [former])
    response = signed_in(division_person).get(URL)
    assert units_of(response).labels == ["旧市民部", NO_DEPARTMENT, TOTAL]


def test_the_page_has_nothing_that_a_strict_policy_forbids(board):
    assert not NOT_INLINE.search(board.content.decode())


def test_labels_of_cards_differ():
    labels = [spec.label for spec in (*RATES, *QUALITY, *CONCERNS)]
    assert len(set(labels)) == len(labels)
