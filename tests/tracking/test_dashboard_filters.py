"""全庁の状況 as its address asks for it: every number is that of its rows, and of plain Python."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procedures.models import ApplicationService, Procedure
from procedures.records import save, save_many
from procedures.rules import Category, label
from procedures.templatetags.inventory import percent
from tests import factories
from tests.tracking.expected import EXPECTED, expected_online_rate, expected_ratios
from tests.tracking.inventories import (
    CLEAR,
    NOW,
    STATUSES,
    Case,
    build,
    cases,
    keys_behind,
)
from tests.tracking.shown_numbers import Link, ShownNumbers
from tests.tracking.test_selections import a_bit_of_everything
from tracking.figures import CONCERNS, QUALITY, RATES, Weight
from tracking.models import MigrationPlan
from tracking.online_rates import ONLINE_RATES
from tracking.past import IN_THE_FUTURE
from tracking.selections import BASES, SELECTIONS
from tracking.views.figures import NO_DEPARTMENT, NO_DIVISION
from tracking.workflow import STATUS_LABELS, Status

pytestmark = pytest.mark.django_db
URL = "/dashboard/"
FIELDS = ("identity_check", "attachments", "in_person", "physical_item", "deliverable", "payment")
ASPECTS = (*FIELDS, "other")


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def units(db):
    """Three departments; the first two have two divisions each."""
    units = [factories.DepartmentFactory() for _ in range(3)]
    for unit in units[:2]:
        for _ in range(2):
            factories.DivisionFactory(department=unit)
    return units


class Office:
    """The cases of a test and the rows that they became."""

    def __init__(self, inventory: Sequence[Case], units) -> None:
        self.rows = build(inventory, units)
        self.cases = dict(zip([row.pk for row in self.rows], inventory, strict=True))
        self.departments = [str(unit.pk) for unit in units]
        self.divisions = [[str(division.pk) for division in unit.divisions.all()] for unit in units]
        self.services = [str(pk) for pk in ApplicationService.objects.values_list("pk", flat=True)]

    def chosen(self, query: Mapping[str, str]) -> dict[int, Case]:
        """The cases, by the keys of their rows, that an address names: in plain Python."""
        conditions = {name: value for name, value in query.items() if name in self.meaning}
        return {
            key: case
            for key, case in self.cases.items()
            if all(self.meaning[name](self, case, value) for name, value in conditions.items())
        }

    def division(self, case: Case) -> str:
        """The key of its division, "none" without one."""
        if case.unit is None or case.division is None:
            return "none"
        return next(iter(self.divisions[case.unit][case.division :]), "none")

    def department(self, case: Case) -> str:
        """The key of its department, "none" without one."""
        return "none" if case.unit is None else self.departments[case.unit]

    meaning: Mapping[str, Callable[["Office", Case, str], bool]] = {
        "set": lambda office, case, key: EXPECTED[key](case),
        "department": lambda office, case, key: office.department(case) == key,
        "division": lambda office, case, key: office.division(case) == key,
        "category": lambda office, case, category: case.category == category,
        "status": lambda office, case, status: (case.status or "not_started") == status,
        "service": lambda office, case, key: (
            case.status == "online" and office.services[case.service] == key
        ),
        "obstacle": lambda office, case, aspect: case.answers[ASPECTS.index(aspect)] == "offline",
        "unanswered": lambda office, case, aspect: case.answers[ASPECTS.index(aspect)] == "unknown",
        "kind": lambda office, case, kind: case.kind == kind,
        "applicant": lambda office, case, applicant: applicant in case.applicants,
    }


def asked_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, strict_parsing=True))


def count(key: str) -> Callable[[Sequence[Case]], str]:
    return lambda found: f"{sum(map(EXPECTED[key], found)):,}"


def rate(key: str) -> Callable[[Sequence[Case]], str]:
    return lambda found: shown_rate(*expected_ratios(found)[key])


def shown_rate(numerator: int, denominator: int) -> str:
    return percent(numerator / denominator if denominator else None)


COLUMNS = {
    "優先の率": rate("priority"),
    "期限超過": count("overdue"),
    "国より遅い計画": count("behind_national"),
    "更新停滞": count("stale"),
    "最近の確認率": rate("fresh"),
    "調査の完了率": rate("completeness"),
    "台帳": count("all"),
    "適用除外": count("exempt"),
    "対象外": count("outside"),
    "廃止": count("abolished"),
    "対象": count("target"),
    "優先": count("priority"),
    "優先の済": count("priority_online"),
    "件数での率": rate("applications"),
    "来庁不要率": rate("end_to_end"),
    "利用率": rate("usage"),
    "区分の確定率": rate("decided"),
    "件数不明の割合": rate("volume_unknown"),
    "目標日未定": count("no_target_date"),
    "除外の確認待ち": count("exemption_proposed"),
}


def check_page(client, query: Mapping[str, str], office: Office) -> ShownNumbers:
    """Every number of the page is what plain Python computes, and so are the rows it opens."""
    response = client.get(URL, query)
    assert response.status_code == 200
    page = ShownNumbers(response.content.decode())
    found = list(office.chosen(query).values())
    if not found:
        assert not page.links
        assert "条件に合う手続はありません" in response.content.decode()
        return page
    base, weight = query.get("base", "target"), query.get("weight", "kinds")
    check_rows(page.links, query, office)
    check_cards(page, found, base)
    check_bases(page, found)
    check_units(page, query, office, base, weight)
    check_parts(page, found)
    for label_of, link in page.listed.items():
        (key,) = [key for key, one in SELECTIONS.items() if one.label == label_of]
        assert link.text == count(key)(found)
    assert len(page.links) > 150
    return page


def check_rows(links: Sequence[Link], query: Mapping[str, str], office: Office) -> None:
    """Each link opens exactly the rows of its set, of the page's conditions and of its row."""
    conditions = {name: value for name, value in query.items() if name in office.meaning}
    for url in dict.fromkeys(link.url for link in links):
        assert url.startswith(reverse("procedure_list"))
        assert conditions.items() <= asked_of(url).items(), url
        opened = set(keys_behind(url))
        assert opened == office.chosen(asked_of(url)).keys(), url


def check_cards(page: ShownNumbers, found: Sequence[Case], base: str) -> None:
    ratios = expected_ratios(found)
    for weight, key in [("kinds", "online"), ("applications", "applications")]:
        ratios[key] = expected_online_rate(found, base, weight)
    definitions = [*RATES, *QUALITY, *CONCERNS]
    over = {"online": ONLINE_RATES[base, Weight.KINDS]}
    over["applications"] = ONLINE_RATES[base, Weight.APPLICATIONS]
    assert len(page.cards) == len(definitions)
    for definition in definitions:
        shown = over.get(definition.key, definition)
        numerator, denominator = ratios[definition.key]
        parts = [f"{numerator:,}", f"{denominator:,}"]
        if definition.is_count:
            parts[0] += definition.unit
        else:
            parts.insert(0, shown_rate(numerator, denominator))
        parts += [count(key)(found) for key in (*shown.within, *shown.left_out)]
        assert [link.text for link in page.cards[shown.label]] == parts, shown.label


def check_bases(page: ShownNumbers, found: Sequence[Case]) -> None:
    cells = [cell for _, _, cell in page.table("分母と数え方ごと").numbers()]
    wanted = [expected_online_rate(found, base, weight) for base in BASES for weight in Weight]
    for cell, (numerator, denominator) in zip(cells, wanted, strict=True):
        assert [link.text for link in cell if "set=" in link.url] == [
            shown_rate(numerator, denominator),
            f"{numerator:,}",
            f"{denominator:,}",
        ]


def check_units(
    page: ShownNumbers, query: Mapping[str, str], office: Office, base: str, weight: str
) -> None:
    is_by_division = query.get("department", "none") != "none"
    tables = [table for table in page.tables if table.caption.startswith(("部局室別", "課別"))]
    assert len(tables) == 1 + ("details" in query)
    for table in tables:
        assert table.caption.startswith("課別" if is_by_division else "部局室別")
        covered = 0
        for row, column, (cell,) in table.numbers():
            own = asked_of(cell.url)
            unit = {name: own[name] for name in ("department", "division") if name in own}
            found = list(office.chosen({**query, **unit}).values())
            numerator, denominator = expected_online_rate(found, base, weight)
            online = {
                "分母": f"{denominator:,}",
                "うちオンライン化済": f"{numerator:,}",
                "オンライン化率": shown_rate(numerator, denominator),
            }
            expected = online[column] if column in online else COLUMNS[column](found)
            assert cell.text == expected, (row, column)
            covered += len(found) if column == table.head[1] else 0
        # The units are all that is chosen, none twice; and the whole once more.
        assert covered == 2 * len(office.chosen(query))


def check_parts(page: ShownNumbers, found: Sequence[Case]) -> None:
    statuses = {word: status for status, word in STATUS_LABELS.items()}
    categories = {label(one): one.value for one in Category}
    for row, column, (cell,) in page.table("対象手続の区分別の状況").numbers():
        own = [case for case in found if case.is_target]
        if row in categories:
            own = [case for case in own if case.category == categories[row]]
        if column in statuses:
            own = [case for case in own if (case.status or "not_started") == statuses[column]]
        assert cell.text == f"{len(own):,}", (row, column)
    keys = {SELECTIONS[key].label: key for key in SELECTIONS}
    for row, column, (cell,) in page.table("台帳の全手続の区分").numbers():
        number = sum(map(EXPECTED[keys[row]], found))
        share = shown_rate(number, len(found))
        assert cell.text == (share if column == "台帳に占める割合" else f"{number:,}"), row


def drawn_queries() -> st.SearchStrategy[dict[str, object]]:
    """Some conditions at once, by the places of what they name, and ways to show the figures."""
    conditions = {
        "department": st.sampled_from([0, 1, 2, "none"]),
        "division": st.sampled_from([(0, 0), (0, 1), (1, 1), "none"]),
        "category": st.sampled_from([one.value for one in Category]),
        "status": st.sampled_from(STATUSES),
        "service": st.integers(0, 1),
        "obstacle": st.sampled_from(ASPECTS),
        "unanswered": st.sampled_from(ASPECTS),
        "kind": st.sampled_from(["application", "notification", "booking"]),
        "applicant": st.sampled_from(["individual", "corporation"]),
    }
    some = st.sets(st.sampled_from(sorted(conditions)), max_size=3)
    ways = {
        "base": st.sampled_from(list(BASES)),
        "weight": st.sampled_from([weight.value for weight in Weight]),
        "order": st.sampled_from(["office", "value"]),
        "details": st.just("open"),
    }
    return st.tuples(
        some.flatmap(lambda names: st.fixed_dictionaries({one: conditions[one] for one in names})),
        st.fixed_dictionaries({}, optional=ways),
    ).map(lambda drawn: {**drawn[0], **drawn[1]})


def in_words(drawn: Mapping[str, object], office: Office) -> dict[str, str]:
    """What was drawn as an address has it."""
    named = dict(drawn)
    if isinstance(drawn.get("department"), int):
        named["department"] = office.departments[drawn["department"]]
    if isinstance(drawn.get("division"), tuple):
        department, division = drawn["division"]
        named["division"] = office.divisions[department][division]
    if "service" in drawn:
        named["service"] = office.services[drawn["service"]]
    return named


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(inventory=st.lists(cases(), min_size=6, max_size=16), drawn=drawn_queries())
def test_every_number_is_that_of_its_rows_and_of_plain_python(
    units, signed_in, division_person, inventory, drawn
):
    client = signed_in(division_person)
    with transaction.atomic():
        office = Office(inventory, units)
        check_page(client, in_words(drawn, office), office)
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    "drawn",
    [
        {"details": "open"},
        {"department": 0, "details": "open"},
        {"department": "none"},
        {"department": 1, "division": "none", "base": "in_force", "order": "value"},
        {"category": "pending", "status": "not_started", "weight": "applications"},
        {"category": "exempt"},
        {"obstacle": "identity_check", "base": "national"},
        {"status": "online", "service": 0, "base": "in_scope", "weight": "applications"},
    ],
    ids=str,
)
def test_the_numbers_of_a_whole_office_are_right_however_it_is_narrowed(
    units, signed_in, division_person, drawn
):
    office = Office(a_bit_of_everything(), units)
    query = in_words(drawn, office)
    assert len(office.chosen(query)) > 1
    check_page(signed_in(division_person), query, office)


def board(client, **query: str):
    response = client.get(URL, query)
    return response, response.content.decode(), ShownNumbers(response.content.decode())


@pytest.mark.parametrize(
    "query",
    [
        "category=nothing",
        "department=99999999999999999999",
        "department=%00",
        "division=x",
        "service=-1",
        "base=nothing",
        "weight=kg",
        "order=name",
        "as_of=yesterday",
        "as_of=2026-13-01",
        "as_of=2026-11-24",
        "as_of=9999-12-31",
        "as_of=0001-01-01",
    ],
)
def test_what_cannot_be_answered_gets_a_sentence_and_no_figures(
    units, signed_in, division_person, query
):
    build([Case()], units)
    response = signed_in(division_person).get(f"{URL}?{query}")
    assert response.status_code == 200
    html = response.content.decode()
    assert 'class="error-summary"' in html
    assert not ShownNumbers(html).links
    assert '<svg class="chart"' not in html


def test_a_day_to_come_and_a_day_before_the_history_say_so(units, signed_in, division_person):
    build([Case()], units)
    client = signed_in(division_person)
    assert IN_THE_FUTURE in board(client, as_of="2026-11-24")[1]
    assert "2026年11月23日" in board(client, as_of="2026-11-22")[1].partition("error-summary")[2]


def test_a_filtered_page_says_what_it_is_of_and_how_to_leave(units, signed_in, division_person):
    build([Case(kind="application", status="online"), Case(kind="notification")], units)
    query = {"kind": "application", "department": str(units[0].pk), "order": "value"}
    _, html, page = board(signed_in(division_person), **query)
    assert f"部局室 {units[0].name}、手続類型 申請" in html
    assert 'href="?order=value">条件をすべて外す' in html
    assert page.cards["オンライン化率（手続の数）"][0].text == "100.0%"


def test_conditions_are_offered_when_they_are_asked_for(units, signed_in, division_person):
    build([Case()], units)
    client = signed_in(division_person)
    assert 'name="category"' not in board(client)[1]
    html = board(client, conditions="open", base="in_scope")[1]
    for name in ("department", "division", "category", "status", "service", "obstacle", "kind"):
        assert f'name="{name}"' in html
    assert '<input type="hidden" name="base" value="in_scope"' in html


def test_departments_stand_by_value_when_asked_and_nobody_last(units, signed_in, division_person):
    inventory = [Case(unit=0), Case(unit=1, status="online"), Case(unit=None, status="online")]
    build([*inventory, Case(unit=2, is_abolished=True)], units)
    client = signed_in(division_person)
    names = [unit.name for unit in units]
    by_office = board(client)[2].table("部局室別のオンライン化率").labels
    assert by_office[:-1] == [*names, NO_DEPARTMENT]
    by_value = board(client, order="value")[2].table("部局室別のオンライン化率").labels
    # 2 has no target procedure, so no rate.
    assert by_value[:-1] == [names[1], names[0], names[2], NO_DEPARTMENT]


def test_one_department_compares_its_divisions_in_office_order(units, signed_in, division_person):
    build([Case(unit=0, division=1), Case(unit=0), Case(unit=0, division=0), Case(unit=1)], units)
    divisions = [division.name for division in units[0].divisions.all()]
    page = board(signed_in(division_person), department=str(units[0].pk))[2]
    assert page.table("課別のオンライン化率").labels[:-1] == [*divisions, NO_DIVISION]


def test_a_row_of_a_department_leads_to_its_divisions(units, signed_in, division_person):
    build([Case(unit=0)], units)
    page = board(signed_in(division_person), base="in_scope")[2]
    link = page.table("部局室別のオンライン化率").rows[1][0][0]
    assert asked_of(link.url) == {"base": "in_scope", "department": str(units[0].pk)}


def test_the_goal_stands_only_where_it_is_one(units, signed_in, division_person):
    factories.GoalFactory(fiscal_year=2026, online_rate=0.8)
    build([Case(unit=0)], units)
    client = signed_in(division_person)
    for query, has_goal in [
        ({}, True),
        ({"department": str(units[0].pk)}, True),
        ({"base": "in_scope"}, False),
        ({"weight": "applications"}, False),
        ({"category": "priority"}, False),
    ]:
        _, html, page = board(client, **query)
        ((title, texts), *_) = [one for one in page.charts.items() if "オンライン化率" in one[0]]
        assert ("目標 80%" in texts) is has_goal, title
        assert ("末の目標 80.0%" in html) is has_goal


DAY_LATER = timedelta(days=1)


def change_much(rows: Sequence[Procedure]) -> None:
    """Answers, a plan, an owner: what later days see otherwise."""
    changed = list(Procedure.objects.filter(pk__in=[row.pk for row in rows[::2]]))
    for row in changed:
        row.payment = "offline"
        row.department, row.division = None, None
    save_many(changed, ["payment", "department_id", "division_id"], factories.origin())
    plans = list(MigrationPlan.objects.filter(procedure__in=rows).exclude(status="online"))
    for plan in plans:
        plan.target_date = date(2020, 1, 1)
    save_many(plans, ["target_date"], factories.origin())


@pytest.mark.parametrize("more", [{}, {"status": "online"}, {"base": "in_force", "order": "value"}])
def test_an_earlier_day_is_shown_as_it_stood_with_its_rows(units, signed_in, division_person, more):
    client = signed_in(division_person)
    office = Office(a_bit_of_everything(), units)
    then = board(client, **more)[2]
    with time_machine.travel(NOW + DAY_LATER, tick=False):
        client.force_login(division_person)
        change_much(office.rows)
        response, html, past = board(client, as_of=NOW.date().isoformat(), **more)
        assert "2026年11月23日（令和8年）の終わりの状況です" in html
        assert past.cards.keys() == then.cards.keys()
        for name, links in past.cards.items():
            assert [link.text for link in links] == [link.text for link in then.cards[name]], name
        assert [table.rows[0] for table in past.tables] == [table.rows[0] for table in then.tables]
        assert [
            [[link.text for link in cell] for _, _, cell in table.numbers()]
            for table in past.tables
        ] == [
            [[link.text for link in cell] for _, _, cell in table.numbers()]
            for table in then.tables
        ]
        assert board(client, **more)[2].cards != then.cards
        for name in ("期限超過", "区分の確定率", "適用除外の確認待ち"):
            link = past.cards[name][-1]
            assert link.url.startswith(reverse("past_rows"))
            shown = client.get(link.url).context["page_obj"].paginator.count
            assert shown == int(link.text.removesuffix("手続").replace(",", ""))
        assert f'href="?{urlencode(more)}">今日の状況に戻る' in html.replace("&amp;", "&")
        assert response.context["view"].on == NOW.date()


def test_today_as_a_day_is_today(units, signed_in, division_person):
    build([Case()], units)
    _, html, page = board(signed_in(division_person), as_of=NOW.date().isoformat())
    assert "の終わりの状況です" not in html
    assert page.links[0].url.startswith(reverse("procedure_list"))


def queries(client, **query: str) -> int:
    """How many statements the page takes, those that begin and end transactions left out."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(URL, query).status_code == 200
    return sum("SAVEPOINT" not in one["sql"] for one in captured.captured_queries)


@pytest.mark.parametrize("number", [1, 60])
def test_the_page_takes_9_queries_and_15_at_most_where_figures_are_counted_anew(
    units, signed_in, division_person, number
):
    client = signed_in(division_person)
    rows = build(
        [Case(unit=index % 3, status=STATUSES[index % 6]) for index in range(number)], units
    )
    department = str(units[0].pk)
    assert queries(client) <= 15
    assert queries(client) == 9
    assert queries(client, base="in_scope", weight="applications", order="value") <= 11
    assert queries(client, department=department) <= 9
    rows[0].payment = "offline"
    save(rows[0], ["payment"], factories.origin())
    assert queries(client) <= 15
    assert queries(client, category="priority", kind="application") <= 15
    assert queries(client, department=department, status="online", obstacle="payment") <= 15


def test_the_list_of_figures_explains_each_and_opens_its_rows(units, signed_in, division_person):
    inventory = a_bit_of_everything()
    office = Office(inventory, units)
    client = signed_in(division_person)
    response = client.get(reverse("figure_list"))
    html = response.content.decode()
    page = ShownNumbers(html)
    check_rows(page.links, {}, office)
    check_bases(page, inventory)
    shown = [card for group in response.context["groups"] for card in group.cards]
    assert [card.definition for card in shown] == [*RATES, *QUALITY, *CONCERNS]
    ratios = expected_ratios(inventory)
    for card in shown:
        assert (card.numerator, card.denominator) == ratios[card.definition.key]
        assert f'<h3 class="card__title">{card.definition.label}</h3>' in html
        assert card.formula in html
        assert "{" not in card.formula + card.note


def test_left_out_and_denominator_are_all_procedures_on_every_base(units):
    office = Office(a_bit_of_everything(), units)
    for definition in ONLINE_RATES.values():
        keys = (definition.denominator, *definition.left_out)
        opened = [key for name in keys for key in office.chosen({"set": name})]
        assert sorted(opened) == sorted(office.cases), definition.label
    assert set(Status) == set(STATUSES)
    assert CLEAR == ("not_needed",) * 7
