"""The figures: each equals an independent computation and the rows behind its link."""

import json
from collections import Counter
from datetime import date
from itertools import product

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procedures.models import Procedure
from procedures.rules import Category
from tests import factories
from tests.tracking.expected import EXPECTED, expected_online_rate, expected_ratios
from tests.tracking.inventories import (
    CLEAR,
    NOW,
    TODAY,
    Case,
    build,
    cases,
    counted_anew,
    keys_behind,
    whole_office,
)
from tracking.figures import DEFINITIONS, EXCLUDED, Weight
from tracking.online_rates import ONLINE_RATES
from tracking.selections import BASES, SELECTIONS
from tracking.stats import Figures, Ratio, counts, total
from tracking.views.figures import OFFICE, Scope, rows_url, scope_of

pytestmark = pytest.mark.django_db


def examples(number: int):
    """Hypothesis over a database: each example is rolled back, so the fixtures stay as they are."""
    return settings(
        max_examples=number,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def units(db):
    return [factories.DepartmentFactory() for _ in range(3)]


def check_figures(found: Figures, own: list[Case]) -> None:
    """``found`` is what ``own`` gives in plain Python."""
    assert found.counts == Counter({key: sum(map(holds, own)) for key, holds in EXPECTED.items()})
    ratios = expected_ratios(own)
    assert ratios.keys() == DEFINITIONS.keys()
    for key, ratio in ratios.items():
        assert found.ratio(key) == Ratio(*ratio), key
    for base, weight in product(BASES, Weight):
        ratio = expected_online_rate(own, base, weight)
        assert found.ratio_of(ONLINE_RATES[base, weight]) == Ratio(*ratio), (base, weight)
    assert Figures.from_json(json.loads(json.dumps(found.as_json()))) == found


def check_links(found: Figures, scope: Scope) -> None:
    """The link of each number lists as many rows as the number says."""
    for key in SELECTIONS:
        assert len(keys_behind(rows_url(key, scope))) == found.counts[key], key


@examples(60)
@given(inventory=st.lists(cases(), max_size=16))
def test_every_figure_is_what_plain_python_computes(units, inventory):
    with transaction.atomic():
        build(inventory, units)
        office = whole_office(TODAY)
        check_figures(office.office, inventory)
        assert [unit.department for unit in office.departments] == [*units, None]
        for index, unit in zip([0, 1, 2, None], office.departments, strict=True):
            check_figures(unit.figures, [case for case in inventory if case.unit == index])
        transaction.set_rollback(True)


@examples(8)
@given(inventory=st.lists(cases(), min_size=8, max_size=16), index=st.integers(0, 3))
def test_every_number_is_the_number_of_rows_behind_its_link(units, inventory, index):
    with transaction.atomic():
        build(inventory, units)
        office = whole_office(TODAY)
        check_links(office.office, OFFICE)
        unit = office.departments[index]
        check_links(unit.figures, scope_of(unit.department))
        for category in Category:
            for status, count in office.office.by_status(category).items():
                url = rows_url(f"status_{status}", category=category.value)
                assert len(keys_behind(url)) == count
        transaction.set_rollback(True)


@examples(30)
@given(inventory=st.lists(cases(), max_size=16))
def test_the_parts_add_up_to_the_whole(units, inventory):
    with transaction.atomic():
        build(inventory, units)
        office = whole_office(TODAY)
        whole = office.office.counts
        assert (
            sum(whole[key] for key in EXCLUDED) + whole["target"] == whole["all"] == len(inventory)
        )
        assert whole["online"] + whole["unfinished"] == whole["target"]
        assert whole["priority"] + whole["pending"] == whole["target"]
        assert whole["volume_known"] + whole["volume_unknown"] == whole["target"]
        assert whole["usage_known"] + whole["usage_unknown"] == whole["online"]
        assert whole["national_due"] + whole["no_national_due"] == whole["unfinished"]
        assert office.office.statuses.total() == whole["target"]
        assert office.office.launches.total() == office.office.promises.total() == whole["online"]
        assert office.office.plans.total() == whole["unfinished"] - whole["no_target_date"]
        assert office.office.hindered.total() == whole["unfinished"]
        assert total(unit.figures for unit in office.departments) == office.office
        assert counted_anew(Procedure.objects.all(), TODAY) == office.office
        transaction.set_rollback(True)


def test_counts_of_named_sets_are_those_of_the_figures(units):
    build([Case(), Case(status="online"), Case(unit=None, target_in=-1, status="testing")], units)
    everything = counted_anew(Procedure.objects.all(), TODAY).counts
    assert Counter(counts(Procedure.objects.all(), SELECTIONS, on=TODAY)) == everything
    assert counts(Procedure.objects.all(), [], on=TODAY) == {}


def test_figures_of_one_department_are_its_part_of_the_overview(units):
    build(
        [Case(unit=0, status="online"), Case(unit=1), Case(unit=1, volumes={2025: (9, 3)})], units
    )
    own = counted_anew(Procedure.objects.filter(department=units[1]), TODAY)
    assert own == whole_office(TODAY).departments[1].figures
    assert own.counts["all"] == 2


def test_a_rate_of_the_office_is_no_average_of_its_departments(units):
    build([Case(unit=0, status="online"), *[Case(unit=1)] * 3], units)
    office = whole_office(TODAY)
    assert [unit.figures.ratio("online").rate for unit in office.departments[:2]] == [1.0, 0.0]
    assert office.office.ratio("online").rate == 0.25


def test_a_rate_over_nothing_is_none_and_not_zero(db):
    nothing = counted_anew(Procedure.objects.none(), TODAY)
    assert nothing == Figures()
    assert {nothing.ratio(key).rate for key in DEFINITIONS} == {None}


def test_the_weighted_rate_ignores_unknown_volumes_and_counts_a_volume_of_zero_as_known(units):
    build(
        [
            Case(status="online", volumes={2024: (30, None)}),
            Case(status="online", volumes={2024: (None, None)}),
            Case(volumes={2024: (10, None)}),
            Case(volumes={2024: (0, None)}),
            Case(),
        ],
        units,
    )
    found = counted_anew(Procedure.objects.all(), TODAY)
    assert found.ratio("applications") == Ratio(30, 40)
    assert found.ratio("volume_unknown") == Ratio(2, 5)
    assert found.ratio("online") == Ratio(2, 5)


def test_the_newest_known_volume_weighs_even_where_a_later_year_is_unknown(units):
    build([Case(volumes={2023: (5, 0), 2024: (8, 0), 2025: (None, None)})], units)
    assert counted_anew(Procedure.objects.all(), TODAY).ratio("applications") == Ratio(0, 8)


def test_usage_counts_online_procedures_with_both_volumes_known_in_the_last_complete_year(units):
    both = {2024: (100, 100), 2025: (40, 10), 2026: (7, 7)}
    build(
        [
            Case(status="online", volumes=both),
            Case(status="online", volumes={2025: (0, 0)}),
            Case(status="online", volumes={2025: (50, None)}),
            Case(status="online", volumes={2025: (None, 5)}),
            Case(status="testing", volumes=both),
            Case(status="online", is_abolished=True, volumes=both),
        ],
        units,
    )
    found = counted_anew(Procedure.objects.all(), TODAY)
    assert found.ratio("usage") == Ratio(10, 40)
    assert (found.counts["usage_known"], found.counts["usage_unknown"]) == (2, 2)


@pytest.mark.parametrize(
    ("on", "usage_year", "usage", "goal_year"),
    [
        (date(2026, 3, 31), 2024, Ratio(1, 2), 2025),
        (date(2026, 4, 1), 2025, Ratio(3, 4), 2026),
    ],
)
def test_the_year_of_usage_and_goal_changes_on_the_first_of_april(
    units, on, usage_year, usage, goal_year
):
    build([Case(status="online", volumes={2024: (2, 1), 2025: (4, 3)})], units)
    factories.GoalFactory(fiscal_year=2026, online_rate=0.6)
    office = whole_office(on)
    assert (office.usage_year, office.goal_year) == (usage_year, goal_year)
    assert office.office.ratio("usage") == usage
    assert office.goal_rate == (0.6 if goal_year == 2026 else None)


def test_completeness_counts_answers_of_target_procedures_only(units):
    half = ("unknown",) * 3 + ("offline",) * 4
    build([Case(answers=CLEAR), Case(answers=half), Case(answers=half, scope="outside")], units)
    assert counted_anew(Procedure.objects.all(), TODAY).ratio("completeness") == Ratio(11, 14)


def test_a_former_department_stands_in_its_place_only_while_it_has_procedures(units):
    former = factories.DepartmentFactory(order=0, valid_to=date(2026, 3, 31), name="旧試験部")
    assert former not in [unit.department for unit in whole_office(TODAY).departments]
    build([Case(unit=0)], [former])
    office = whole_office(TODAY)
    shown = [unit.department for unit in office.departments]
    assert set(shown) == {former, *units, None}
    assert total(unit.figures for unit in office.departments) == office.office


def test_departments_stand_in_office_order_with_the_unassigned_last(db):
    third, first, second = (factories.DepartmentFactory(order=order) for order in (30, 10, 20))
    build([Case(unit=None)], [])
    office = whole_office(TODAY)
    assert [unit.department for unit in office.departments] == [first, second, third, None]


@pytest.mark.parametrize("number", [0, 1, 1_000])
def test_the_overview_takes_four_queries_at_any_size(units, number, django_assert_num_queries):
    build([Case(unit=index % 3, volumes={2025: (index, 0)}) for index in range(number)], units)
    with django_assert_num_queries(4):
        office = whole_office(TODAY)
    assert office.office.counts["all"] == number
    with django_assert_num_queries(2):
        counted_anew(Procedure.objects.all(), TODAY)
    with django_assert_num_queries(1):
        counts(Procedure.objects.all(), ["overdue", "stale"], on=TODAY)
