"""The pages of editions: the list, a new one, one as it was frozen, and two compared."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from procedures.models import Procedure
from procedures.permissions import DIVISION_ONLY
from procedures.records import delete, save
from tests import factories
from tests.pages import sent_by, text
from tests.tracking.inventories import NOW, TODAY, Case, build
from tests.tracking.test_selections import a_bit_of_everything
from tracking.actions.editions import FROZEN_ALREADY, freeze
from tracking.forms.days import NO_DAY
from tracking.forms.editions import NO_TITLE, NOT_AN_EDITION, SAME
from tracking.models import Edition, MigrationPlan
from tracking.past import BEFORE_HISTORY, IN_THE_FUTURE
from tracking.views.comparison import ROWS_ON_PAGE, UNREADABLE

pytestmark = pytest.mark.django_db
LIST, NEW, COMPARE = map(reverse, ("edition_list", "edition_new", "edition_compare"))


@pytest.fixture(autouse=True)
def _clock(settings):
    settings.SESSION_COOKIE_AGE = 366 * 24 * 3600  # whoever has signed in is there later, too
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def units(department, other_department):
    return [department, other_department]


@pytest.fixture
def office(signed_in, division_person):
    """The browser of a person of the division."""
    return signed_in(division_person)


@pytest.fixture
def inventory(units):
    return build(
        [*[Case(unit=0, status="online")] * 3, Case(unit=0, status="testing"), Case(unit=1)], units
    )


def later(days):
    return time_machine.travel(NOW + timedelta(days=days), tick=False)


def page(client, url, **query):
    response = client.get(url, query)
    assert response.status_code == 200
    return response


def go_online(procedure):
    plan = MigrationPlan.objects.get(procedure=procedure)
    plan.status, plan.launched_on = "online", TODAY
    plan.service, plan.checklist_exception = factories.ServiceFactory(), "試験"
    changed = ["status", "launched_on", "service_id", "checklist_exception"]
    save(plan, changed, factories.origin())


# --- The list ------------------------------------------------------------------------------------


def test_the_list_says_what_to_do_while_there_is_none(office, inventory):
    html = text(page(office, LIST))
    assert "確定した版はまだありません" in html
    assert f'href="{NEW}"' in html


def test_the_list_shows_the_rate_that_each_edition_says(office, inventory, division_person):
    freeze(title="第1回", reference_date=TODAY, by=division_person)
    go_online(inventory[3])
    with later(days=1):
        freeze(title="第2回", reference_date=TODAY + timedelta(1), by=division_person)
        found = page(office, LIST).context["editions"]
    assert [(edition.title, rate.rate) for edition, rate in found] == [
        ("第2回", 0.8),
        ("第1回", 0.6),
    ]


def test_the_list_asks_as_much_for_one_edition_as_for_many(
    office, inventory, division_person, django_assert_num_queries
):
    freeze(title="第1回", reference_date=TODAY, by=division_person)
    page(office, LIST)
    with django_assert_num_queries(4):
        page(office, LIST)
    for number in range(2, 9):
        freeze(title=f"第{number}回", reference_date=TODAY, by=division_person)
    with django_assert_num_queries(4):
        page(office, LIST)


def test_the_list_bears_content_that_somebody_has_destroyed(office, inventory, division_person):
    edition = freeze(title="第1回", reference_date=TODAY, by=division_person)
    for broken in ([], {"office": {"counts": 3}}, {"office": "?"}, "?"):
        edition.content = broken
        edition.save()
        assert page(office, LIST).context["editions"][0][1].rate is None


# --- A new one -----------------------------------------------------------------------------------


def test_a_new_edition_is_offered_with_a_name_and_todays_figures(office, inventory):
    response = page(office, NEW)
    html = text(response)
    assert sent_by(html, "edition-form")["title"] == "令和8年度 第1回 IT推進本部 資料"
    assert sent_by(html, "edition-form")["reference_date"] == TODAY.isoformat()
    shown = {figure.label: figure.after for figure in response.context["figures"]}
    assert shown["オンライン化率（手続の数）"] == "60.0%（3 ÷ 5）"
    assert not Edition.objects.exists()


def test_the_next_one_has_the_next_number_and_stands_beside_the_last(
    office, inventory, division_person
):
    freeze(title="第1回", reference_date=TODAY, by=division_person)
    go_online(inventory[3])
    with later(days=1):
        response = page(office, NEW)
    assert sent_by(text(response), "edition-form")["title"].endswith("第2回 IT推進本部 資料")
    [online] = [one for one in response.context["figures"] if "手続の数" in one.label]
    assert (online.before, online.after, online.difference) == (
        "60.0%（3 ÷ 5）",
        "80.0%（4 ÷ 5）",
        "+20.0",
    )


def test_the_numbers_begin_anew_in_april(office, inventory, division_person):
    freeze(title="第1回", reference_date=TODAY, by=division_person)
    with time_machine.travel("2027-04-01 09:00+09:00", tick=False):
        html = text(page(office, NEW))
    assert sent_by(html, "edition-form")["title"] == "令和9年度 第1回 IT推進本部 資料"


def test_another_days_figures_are_shown_without_freezing(office, inventory):
    with later(days=2):
        go_online(inventory[3])
        sent = sent_by(text(page(office, NEW)), "edition-form") | {
            "reference_date": TODAY.isoformat(),
            "decisions": "予算のこと",
            "preview": "on",
        }
        response = office.post(NEW, sent)
    assert response.status_code == 200
    shown = {figure.label: figure.after for figure in response.context["figures"]}
    assert shown["オンライン化率（手続の数）"] == "60.0%（3 ÷ 5）"
    assert sent_by(text(response), "edition-form")["decisions"] == "予算のこと"
    assert not Edition.objects.exists()


def test_freezing_leads_to_the_edition(office, inventory, division_person):
    sent = sent_by(text(page(office, NEW)), "edition-form") | {"decisions": "予算のこと"}
    response = office.post(NEW, sent, follow=True)
    edition = Edition.objects.get()
    assert response.redirect_chain == [(reverse("edition_detail", args=[edition.pk]), 302)]
    assert "これから変わりません" in text(response)
    assert edition.content["decisions"] == "予算のこと"
    assert edition.frozen_by == division_person


def test_a_second_press_freezes_nothing_and_says_so(office, inventory):
    sent = sent_by(text(page(office, NEW)), "edition-form")
    office.post(NEW, sent)
    response = office.post(NEW, sent)
    assert response.status_code == 422
    sentence = FROZEN_ALREADY.format(title=sent["title"], day="2026年11月23日（令和8年）")
    assert sentence in text(response)
    assert Edition.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title": ""}, NO_TITLE),
        ({"title": "長" * 101}, "100"),
        ({"title": "a\x00b"}, "名称"),
        ({"reference_date": ""}, NO_DAY),
        ({"reference_date": "2026-13-40"}, NO_DAY),
        ({"reference_date": "9999-12-31"}, IN_THE_FUTURE),
        (
            {"reference_date": "0001-01-01"},
            BEFORE_HISTORY.format(first="2026年11月23日（令和8年）"),
        ),
        ({"decisions": "長" * 4001}, "4000"),
    ],
)
@pytest.mark.parametrize("preview", [{}, {"preview": "on"}])
def test_what_cannot_be_frozen_is_told(office, inventory, changes, sentence, preview):
    sent = sent_by(text(page(office, NEW)), "edition-form") | changes | preview
    response = office.post(NEW, sent)
    assert response.status_code == 422
    assert sentence in text(response)
    assert not Edition.objects.exists()


def test_an_edition_before_it_that_cannot_be_read_is_left_aside(office, inventory, division_person):
    edition = freeze(title="第1回", reference_date=TODAY, by=division_person)
    edition.content = []
    edition.save()
    response = page(office, NEW)
    assert response.context["since"] is None
    assert "60.0%" in text(response)


def test_an_empty_inventory_says_what_to_do(office):
    html = text(page(office, NEW))
    assert "台帳に手続がまだありません" in html
    assert "edition-form" not in html


def test_only_the_division_and_administrators_see_them(signed_in, member, inventory):
    client = signed_in(member)
    for url in (LIST, NEW, COMPARE):
        response = client.get(url)
        assert response.status_code == 403
        assert DIVISION_ONLY in text(response)


# --- One as it was frozen ------------------------------------------------------------------------


def test_an_edition_shows_what_was_frozen(office, inventory, division_person):
    edition = freeze(title="第1回", reference_date=TODAY, decisions="予算", by=division_person)
    url = reverse("edition_detail", args=[edition.pk])
    before = paper_in(page(office, url))
    assert "60.0%" in before
    assert "予算" in before
    go_online(inventory[3])
    delete([inventory[4]], factories.origin())
    inventory[0].department.name = "新しい部"
    save(inventory[0].department, ["name"], factories.origin())
    assert paper_in(page(office, url)) == before


def paper_in(response):
    html = text(response)
    return html[html.index(response.context["edition"].digest) :].split("<footer")[0]


def test_a_change_past_the_program_is_shown(office, inventory, division_person):
    edition = freeze(title="第1回", reference_date=TODAY, by=division_person)
    url = reverse("edition_detail", args=[edition.pk])
    assert "内容が確定時と一致しません" not in text(page(office, url))
    edition.content["office"]["counts"]["online"] = 5
    edition.save()
    assert "内容が確定時と一致しません" in text(page(office, url))
    for broken in ([], {}, "?", None):
        Edition.objects.filter(pk=edition.pk).update(content=broken if broken else [])
        html = text(page(office, url))
        assert "内容が確定時と一致しません" in html
        assert "内容を読み取れないため" in html


def test_an_unknown_edition_is_not_found(office, inventory):
    assert office.get(reverse("edition_detail", args=[99])).status_code == 404
    assert office.get(f"{LIST}{10**30}/").status_code == 404


# --- Two compared --------------------------------------------------------------------------------


@pytest.fixture
def two(inventory, units, division_person):
    """An edition, and one ten days later: one more online, one new, one exempt, one moved."""
    before = freeze(title="第1回", reference_date=TODAY, by=division_person)
    with later(days=10):
        go_online(inventory[3])
        inventory[4].department = units[0]
        save(inventory[4], ["department_id"], factories.origin())
        build([Case(unit=1), Case(unit=1, basis="municipal", exemption="confirmed")], units)
        after = freeze(title="第2回", reference_date=TODAY + timedelta(10), by=division_person)
    return before, after


def compared(office, before, after, **more):
    return page(office, COMPARE, **{"from": getattr(before, "pk", before),
                                    "to": getattr(after, "pk", after)} | more)  # fmt: skip


def test_two_editions_stand_beside_each_other(office, two):
    found = compared(office, *two).context
    [online] = [one for one in found["figures"] if "手続の数" in one.label]
    assert (online.before, online.after) == ("60.0%（3 ÷ 5）", "66.7%（4 ÷ 6）")
    assert online.difference == found["rate"].difference == "+6.7"
    assert [(step.label, step.count, step.points) for step in found["steps"]] == [
        ("オンライン化した", 1, "+20.0"),
        ("オンライン化を取りやめた", 0, "±0.0"),
        ("新たに対象になった", 1, "−13.3"),
        ("対象から外れた", 0, "±0.0"),
    ]
    [exempt] = found["grounds"]
    assert (exempt.label, exempt.before, exempt.after) == ("条例第7条", "0", "1")
    departments = {line.change.label: line.counts for line in found["departments"]}
    assert departments == {"市民部": (1, 0, 1, 0), "環境部": (0, 0, 1, 1)}


def test_each_number_opens_its_rows(office, two, inventory):
    found = compared(office, *two).context
    for url, count in [
        *[(step.url, step.count) for step in found["steps"]],
        *[(url, count) for _, count, url in found["kinds"]],
    ]:
        response = page(office, COMPARE + url.removesuffix("#rows"))
        assert response.context["page_obj"].paginator.count == count, url
        assert len(response.context["rows"]) == count
    launched = compared(office, *two, rows="became_online")
    [row] = launched.context["rows"]
    assert (row.pk, row.number) == (inventory[3].pk, inventory[3].number)
    assert reverse("procedure_detail", args=[row.pk]) in text(launched)


def test_an_edition_is_compared_with_today(office, two, inventory):
    with later(days=12):
        delete([inventory[4]], factories.origin())
        found = compared(office, two[1], "today", rows="deleted").context
    [row] = found["rows"]
    assert (row.pk, row.number) == (None, inventory[4].number)
    assert found["rate"].after == "80.0%（4 ÷ 5）"
    assert found["after"].title == "今日の数字"


def test_the_other_way_round_everything_is_reversed(office, two):
    found = compared(office, *reversed(two)).context
    assert found["rate"].difference == "−6.7"
    assert [step.count for step in found["steps"]] == [0, 1, 0, 1]


def test_long_lists_come_in_pages(office, units, division_person):
    build([Case(unit=0)], units)
    before = freeze(title="第1回", reference_date=TODAY, by=division_person)
    build([Case(unit=0)] * (ROWS_ON_PAGE + 1), units)
    for number, count in (("1", ROWS_ON_PAGE), ("2", 1), ("x", ROWS_ON_PAGE), ("99", 1)):
        response = compared(office, before, "today", rows="added", page=number)
        assert len(response.context["rows"]) == count


def test_without_a_choice_there_is_the_form_alone(office, two):
    response = page(office, COMPARE)
    assert response.context["comparison"] is None
    assert "error-summary" not in text(response)


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"from": "99", "to": "today"}, NOT_AN_EDITION),
        ({"from": "today", "to": "today"}, NOT_AN_EDITION),
        ({"from": "1" * 400, "to": "today"}, NOT_AN_EDITION),
        ({"from": "<b>", "to": "x\x00"}, NOT_AN_EDITION),
        ({"from": ""}, NOT_AN_EDITION),
        ({"from": "first", "to": "first"}, SAME),
    ],
)
def test_a_choice_that_is_none_is_told(office, two, chosen, sentence):
    first = str(two[0].pk)
    response = page(office, COMPARE, **{key: first if value == "first" else value
                                        for key, value in chosen.items()})  # fmt: skip
    assert sentence in text(response)
    assert response.context["comparison"] is None


def test_rows_of_an_unknown_name_are_none(office, two):
    html = text(compared(office, *two, rows="<script>"))
    assert "<script>" not in html.split("</head>")[1]
    assert 'id="rows"' not in html


def test_an_edition_that_cannot_be_read_is_not_compared(office, two):
    Edition.objects.filter(pk=two[0].pk).update(rows=[["?"]])
    response = compared(office, *two)
    assert UNREADABLE in text(response)


@pytest.mark.parametrize("counts", [None, [], "版", {"online": "一", "target": "二"}])
def test_an_edition_without_counts_that_can_be_read_stops_no_page(office, two, counts):
    two[1].content["office"]["counts"] = counts
    two[1].save()
    for url in (LIST, NEW, reverse("edition_detail", args=[two[1].pk])):
        page(office, url)
    assert UNREADABLE in text(compared(office, *two))


def test_a_comparison_says_which_edition_was_changed_past_the_program(office, two):
    assert "内容が確定時と一致しません" not in text(compared(office, *two))
    two[1].content["office"]["counts"]["online"] = 5
    two[1].save()
    response = compared(office, *two)
    assert response.context["altered"] == [two[1]]
    assert "内容が確定時と一致しません" in text(response)


def test_without_an_edition_the_way_to_the_first_one_is_shown(office, inventory):
    assert f'href="{NEW}"' in text(page(office, COMPARE))


def test_comparing_asks_the_same_of_every_inventory(
    office, units, division_person, django_assert_max_num_queries
):
    build([Case(unit=0)], units)
    before = freeze(title="第1回", reference_date=TODAY, by=division_person)
    build(a_bit_of_everything(), units)
    assert Procedure.objects.count() > 100
    with django_assert_max_num_queries(30):
        compared(office, before, "today", rows="added")
