"""The division's page: who sees it, what stands on it, and that each number opens its rows."""

import re
from datetime import date
from html.parser import HTMLParser

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from procedures.models import Procedure, YearlyVolume
from procedures.permissions import DIVISION_ONLY
from procedures.rules import Category
from procedures.templatetags.inventory import percent
from tests import factories
from tests.tracking.inventories import CLEAR, LAST_COMPLETE_YEAR, NOW, Case, build, rows_behind
from tracking.views.dashboard import INVENTORY_FILLS, STATUS_FILLS
from tracking.views.figures import CONCERNS, DETAILS, NO_DEPARTMENT, PROGRESS, RATES, TOTAL
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


class Tables(HTMLParser):
    """The tables of a page: for each its rows, a row being its cells as (text, address)."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: list[list[list[tuple[str, str]]]] = []
        self._in_cell = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self._in_cell = True
            self.tables[-1][-1].append(("", ""))
        elif tag == "a" and self._in_cell:
            text, _ = self.tables[-1][-1][-1]
            self.tables[-1][-1][-1] = (text, dict(attrs)["href"])

    def handle_endtag(self, tag):
        if tag in {"td", "th"}:
            self._in_cell = False

    def handle_data(self, data):
        if self._in_cell:
            text, url = self.tables[-1][-1][-1]
            self.tables[-1][-1][-1] = (text + data.strip(), url)


def tables_of(response) -> list[list[list[tuple[str, str]]]]:
    return Tables(response.content.decode()).tables


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
    cards = {card.label: card for card in (*board.context["rates"], *board.context["concerns"])}
    shown = {label: (card.ratio.numerator, card.ratio.denominator) for label, card in cards.items()}
    assert shown == {
        "オンライン化率（手続の数）": (5, 16),
        "オンライン化率（年間件数）": (277, 299),
        "優先手続のオンライン化率": (4, 9),
        "オンライン利用率": (97, 277),
        "調査の完了率": (104, 112),
        "年間件数が分かっている手続": (6, 16),
        "期限超過": (4, 11),
        "国の期限より遅い計画": (1, 1),
        "更新停滞": (0, 11),
        "所管未定": (3, 22),
        "適用除外の確認待ち": (5, 22),
        "情報政策課への相談": (0, 22),
    }
    html = board.content.decode()
    assert "31.2%" in html  # 5 ÷ 16
    assert "令和7年度（2025年度）にオンラインで受け付けた件数" in html


def denominator(ratio: str, rows: list[Procedure]) -> int:
    """What a rate over ``rows`` is divided by."""
    if ratio == "usage":
        volumes = YearlyVolume.objects.filter(procedure__in=[row.pk for row in rows])
        return sum(volume.total for volume in volumes.filter(fiscal_year=LAST_COMPLETE_YEAR))
    if ratio == "applications":
        return sum(row.annual_volume for row in rows)
    return 7 * len(rows) if ratio == "completeness" else len(rows)


def numerator(ratio: str, rows: list[Procedure]) -> int:
    """The numerator of a rate, from the rows that its number links."""
    if ratio == "usage":
        volumes = YearlyVolume.objects.filter(procedure__in=[row.pk for row in rows])
        return sum(volume.online for volume in volumes.filter(fiscal_year=LAST_COMPLETE_YEAR))
    if ratio == "completeness":
        return sum(7 - len(row.unanswered) for row in rows)
    return denominator(ratio, rows)


def test_the_numbers_of_a_card_are_taken_from_exactly_the_rows_they_link(board):
    cards = [*board.context["rates"], *board.context["concerns"]]
    for spec, card in zip((*RATES, *CONCERNS), cards, strict=True):
        assert card.ratio.numerator == numerator(spec.ratio, rows_behind(card.numerator_url))
        assert card.ratio.denominator == denominator(spec.ratio, rows_behind(card.denominator_url))


@pytest.mark.parametrize("spec", [PROGRESS, DETAILS], ids=["progress", "details"])
def test_a_rate_of_a_department_links_the_rows_it_is_taken_over(board, spec):
    overview = board.context["overview"]
    whole = [*(unit.figures for unit in overview.departments), overview.office]
    table = board.context["progress" if spec is PROGRESS else "details"]
    figures_of = [found for found in whole if found.counts["all"]]
    for found, row in zip(figures_of, (*table.rows, table.total), strict=True):
        for column, cell in zip(spec.columns, row.cells, strict=True):
            if column.ratio:
                ratio = getattr(found, column.ratio)
                assert cell.text == percent(ratio.rate)
                assert ratio.denominator == denominator(column.ratio, rows_behind(cell.url))


def test_what_a_card_leaves_out_and_what_it_counts_are_all_procedures_none_twice(board):
    for card in (*board.context["rates"], *board.context["concerns"]):
        for part in (*card.left_out, *card.within):
            assert len(rows_behind(part.url)) == part.count
        parts = [
            rows_behind(card.denominator_url),
            *(rows_behind(one.url) for one in card.left_out),
        ]
        keys = [row.pk for rows in parts for row in rows]
        assert len(keys) == len(set(keys)) == 22


def test_every_number_of_every_table_opens_as_many_rows_as_it_says(board):
    counts = 0
    for table in tables_of(board):
        for row in table[1:]:
            for text, url in row[1:]:
                assert url.startswith(f"{reverse('procedure_list')}?set="), row
                if not (text.endswith("%") or text == "－"):
                    counts += 1
                    assert len(rows_behind(url)) == number(text), (row, url)
    assert counts > 50


@pytest.mark.parametrize("label", ["オンライン化済", "適用除外", "確認待ち", "期限超過"])
def test_the_list_that_a_number_opens_shows_as_many_procedures(board, client, label):
    cells = [
        row[column]
        for table in tables_of(board)
        for column, (head, _) in enumerate(table[0])
        for row in table[1:]
        if head == label
    ]
    assert len(cells) >= 4
    for text, url in cells:
        assert client.get(url).context["page_obj"].paginator.count == number(text)


def test_the_foot_of_a_table_is_the_sum_of_its_rows(board):
    progress, details, inventory, statuses, concerns = tables_of(board)
    for table in (progress, details, inventory, statuses, concerns):
        head, *rows, foot = table
        for column in range(1, len(head)):
            texts = [row[column][0] for row in rows]
            if all(text.replace(",", "").isdigit() for text in texts):
                assert sum(map(number, texts)) == number(foot[column][0]), head[column]
    office = board.context["overview"].office
    assert [text for text, _ in progress[-1]] == [TOTAL, "16", "5", "31.2%"]
    assert number(details[-1][1][0]) == office.counts["all"] == 22


def test_departments_stand_in_office_order_with_the_unassigned_last(board, units):
    names = [*(unit.name for unit in units), NO_DEPARTMENT, TOTAL]
    for table in (tables_of(board)[0], tables_of(board)[1], tables_of(board)[4]):
        assert [row[0][0] for row in table[1:]] == names
    assert [bar.label.text for bar in board.context["progress_chart"].bars] == names


def test_departments_without_procedures_are_named_below(board):
    assert [unit.name for unit in board.context["without_procedures"]] == ["消防局"]
    assert "手続の登録がない部局室（1）" in board.content.decode()


def test_a_goal_is_drawn_and_said(inventory, signed_in, division_person):
    factories.GoalFactory(fiscal_year=2026, online_rate=0.8)
    factories.GoalFactory(fiscal_year=2025, online_rate=0.1)
    response = signed_in(division_person).get(URL)
    html = response.content.decode()
    assert response.context["progress_chart"].goal.text.text == "目標 80%"
    assert "令和8年度（2026年度）末の目標 80.0%" in html
    assert "まだ登録されていません" not in html


def test_without_a_goal_there_is_no_line_and_a_hint(board, signed_in, administrator):
    assert board.context["progress_chart"].goal is None
    assert "令和8年度（2026年度）の目標はまだ登録されていません" in board.content.decode()
    assert reverse("admin:tracking_goal_add") not in board.content.decode()
    html = signed_in(administrator).get(URL).content.decode()
    assert f'href="{reverse("admin:tracking_goal_add")}"' in html


def test_only_departments_with_something_overdue_are_drawn(board, units):
    drawn = [bar.label.text for bar in board.context["overdue_chart"].bars]
    assert drawn == [units[0].name, NO_DEPARTMENT]


def test_when_nothing_is_overdue_the_page_says_so(units, signed_in, division_person):
    build([Case(unit=0)], units)
    html = signed_in(division_person).get(URL).content.decode()
    assert "目標日を過ぎた手続はありません。" in html


def test_the_charts_show_the_numbers_of_their_tables(board):
    _, _, inventory, statuses, _ = tables_of(board)
    (bar,) = board.context["inventory_chart"].bars
    assert number(bar.total.text) == number(inventory[-1][1][0])
    totals = [number(bar.total.text) for bar in board.context["status_chart"].bars]
    assert totals == [number(row[-1][0]) for row in statuses[1:-1]]


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
    assert [row[0][0] for row in tables_of(response)[0][1:]] == ["旧市民部", NO_DEPARTMENT, TOTAL]


def test_the_page_has_nothing_that_a_strict_policy_forbids(board):
    assert not NOT_INLINE.search(board.content.decode())


def test_labels_of_cards_differ():
    labels = [spec.label for spec in (*RATES, *CONCERNS)]
    assert len(set(labels)) == len(labels)


def test_the_page_takes_as_many_queries_at_1_and_at_1000_procedures(
    units, signed_in, division_person
):
    client = signed_in(division_person)
    build([Case(unit=0)], units)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(URL)
    bulk = [
        Case(unit=index % 2, status="online", volumes={LAST_COMPLETE_YEAR: (9, index % 9)})
        for index in range(1_000)
    ]
    build(bulk, units)
    with CaptureQueriesContext(connection) as many:
        response = client.get(URL)
    assert response.context["overview"].office.counts["all"] == 1_001
    assert len(few) == len(many) <= 12
