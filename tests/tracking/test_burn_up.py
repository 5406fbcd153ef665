"""The burn-up: what its three lines promise for any dates, and what the page says of them."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from procedures.fiscal_year import fiscal_year
from tests import factories
from tests.pages import element, text, words
from tests.tracking.inventories import NOW, TODAY, Case, build
from tracking.burn_up import (
    MOST_YEARS,
    Dates,
    burn_up,
    median_days,
    online_by_year_end,
    shifted,
)
from tracking.views.burn_up import EARLY, LATE, NO_SLIP

ON = date(2026, 11, 23)
days = st.dates(date(1900, 1, 1), date(9999, 12, 31))
launch_days = st.dates(date(1900, 1, 1), ON)
finished = st.lists(st.tuples(launch_days, st.none() | days), max_size=30)
planned = st.lists(days, max_size=30)
rates = st.floats(0, 1)
goals = st.dictionaries(st.integers(1989, 2100), rates, max_size=5)


def dates_of(done, plans) -> Dates:
    """As ``stats.Figures`` counts them: ``done`` are launches with their target dates."""
    return Dates(
        launches=Counter(launch.isoformat()[:7] for launch, _ in done),
        promises=Counter((target or launch).isoformat()[:7] for launch, target in done),
        slips=Counter(str((launch - target).days) for launch, target in done if target),
        plans=Counter(day.isoformat() for day in plans),
    )


def lines(done=(), plans=(), *, target=0, goals=None):
    return burn_up(dates_of(done, plans), on=ON, target=target, goals=goals or {})


def at(found, year, month):
    """The month of ``found``."""
    return next(one for one in found.months if (one.first.year, one.first.month) == (year, month))


# --- What is promised for any dates -----------------------------------------------------------


@given(finished, planned)
def test_the_actual_line_never_falls_and_ends_at_what_is_online(done, plans):
    actual = [month.actual for month in lines(done, plans).months if month.actual is not None]
    assert all(before <= after for before, after in pairwise(actual))
    assert actual[-1] == len(done)


@given(finished, planned)
def test_the_plan_ends_at_all_that_has_a_date_and_so_does_the_forecast(done, plans):
    months = lines(done, plans).months
    assert months[-1].plan == months[-1].forecast == len(done) + len(plans)
    assert all(before.plan <= after.plan for before, after in pairwise(months))


@given(finished, planned)
def test_the_forecast_begins_in_the_month_of_the_reference_date_and_never_falls(done, plans):
    found = lines(done, plans)
    forecast = [month for month in found.months if month.forecast is not None]
    assert forecast[0].first == ON.replace(day=1)
    assert forecast[0].actual == len(done)
    assert all(before.forecast <= after.forecast for before, after in pairwise(forecast))
    for month in forecast:
        limit = shifted(month.first.replace(day=28), 4).replace(day=1)  # the next month begins
        slip = found.slip_days or 0
        came = sum(max(shifted(day, slip), ON) < limit for day in plans)
        if month is not forecast[-1]:
            assert month.forecast == len(done) + came


@given(finished, planned)
def test_the_months_are_whole_fiscal_years_around_the_reference_date(done, plans):
    months = [month.first for month in lines(done, plans).months]
    assert months[0].month == 4
    assert months[-1].month == 3
    assert len(months) % 12 == 0
    assert len(months) <= 12 * MOST_YEARS
    assert fiscal_year(months[0]) < fiscal_year(ON) < fiscal_year(months[-1])
    for before, after in pairwise(months):
        assert (before + timedelta(days=32)).replace(day=1) == after


@given(finished, planned)
def test_what_lies_outside_is_in_the_first_or_last_month_and_said(done, plans):
    found = lines(done, plans)
    first, last = found.months[0], found.months[-1]
    before = sum(launch < first.first for launch, _ in done)
    assert found.before_count == before
    assert first.actual == sum(launch < first.first + timedelta(days=30) for launch, _ in done)
    end = date(last.first.year, 4, 1)
    dated = [*(target or launch for launch, target in done), *plans]
    assert found.after_count == sum(day >= end for day in dated)
    slip = found.slip_days or 0
    assert found.expected_after_count == sum(shifted(day, slip) >= end for day in plans)
    assert found.late_count == sum(shifted(day, slip) < ON for day in plans)


@given(st.lists(st.integers(-400, 4_000), max_size=60))
def test_the_slip_is_the_median_in_whole_days(slips):
    found = median_days(Counter(map(str, slips)))
    assert found == (int(median(slips) // 1) if slips else None)


@given(finished, planned, goals, st.integers(0, 10_000))
def test_each_goal_within_the_months_is_as_many_procedures_as_it_takes(done, plans, given, target):
    found = lines(done, plans, target=target, goals=given)
    first, last = (fiscal_year(found.months[place].first) for place in (0, -1))
    assert [goal.year for goal in found.goals] == sorted(y for y in given if first <= y <= last)
    for goal in found.goals:
        assert 0 <= goal.count <= target
        assert goal.count >= goal.rate * target - 1e-6
        assert goal.count - 1 < goal.rate * target


# --- Examples ---------------------------------------------------------------------------------


def test_a_plan_is_shifted_by_the_slip_seen_so_far():
    done = [(date(2026, 5, 11), date(2026, 5, 1)), (date(2026, 9, 30), date(2026, 6, 30))]
    found = lines(done, [date(2026, 12, 20), date(2027, 3, 31)])
    assert (found.slip_days, found.slip_count) == (51, 2)  # of 10 and 92 days
    assert at(found, 2026, 12).plan == 3
    assert at(found, 2026, 12).forecast == 2
    assert at(found, 2027, 2).forecast == 3
    assert at(found, 2027, 5).forecast == 4


def test_without_a_slip_the_plan_is_the_forecast_but_for_what_is_late():
    found = lines([(date(2026, 5, 11), None)], [date(2025, 1, 1), date(2027, 1, 31)])
    assert found.slip_days is None
    assert found.late_count == 1
    assert at(found, 2026, 10).plan == 2
    assert at(found, 2026, 10).forecast is None
    assert [at(found, 2026, 11).forecast, at(found, 2027, 1).forecast] == [2, 3]


def test_an_empty_office_has_three_fiscal_years_of_nothing():
    found = lines()
    assert len(found.months) == 36
    assert {(month.actual, month.plan) for month in found.months} == {(0, 0), (None, 0)}


def test_a_rate_that_is_met_exactly_takes_no_procedure_more():
    (goal,) = lines(target=100, goals={2026: 0.55}).goals
    assert goal.count == 55


def test_a_launch_after_the_reference_date_counts_now_as_it_is_online():
    found = lines([(date(2027, 5, 1), None)])
    assert at(found, 2026, 11).actual == 1
    assert at(found, 2026, 12).actual is None


def test_what_was_online_by_the_end_of_a_fiscal_year():
    launches = Counter({"2025-03": 2, "2025-04": 3, "2026-03": 1})
    assert [online_by_year_end(launches, year) for year in (2023, 2024, 2025)] == [0, 2, 6]


@pytest.mark.parametrize("days", [10**7, -(10**7), 10**12])
def test_a_day_beyond_the_calendar_is_its_end(days):
    assert shifted(ON, days) in (date.max, date.min)


# --- On the page ------------------------------------------------------------------------------


@pytest.fixture
def section(signed_in, division_person):
    """What the section of the dashboard says."""

    def read(**query) -> str:
        page = text(signed_in(division_person).get("/dashboard/", query))
        return element(page, "burn-up-section")

    with time_machine.travel(NOW, tick=False):
        yield read


@pytest.mark.django_db
def test_the_page_shows_the_lines_of_the_inventory(section, department):
    factories.GoalFactory(fiscal_year=2026, online_rate=0.5)
    ahead = (date(2027, 1, 31) - TODAY).days
    cases = [
        Case(status="online", target_in=-30, launched_ago=20),
        Case(status="preparing", target_in=ahead),
        Case(status="preparing", target_in=-90),
        Case(status="preparing"),
        Case(),
    ]
    build(cases, [department])
    shown = words(section())
    assert LATE.format(days=10, count=1) in shown
    assert "基準日より前になる1手続" in shown
    assert "2026年11月（実績は23日まで） 1 2 2 －" in shown
    assert "2027年3月 － 3 3 3（50.0%）" in shown
    html = str(section())
    assert "/procedures/?set=online" in html
    assert "/procedures/?set=no_target_date" in html
    assert "目標日未定 2" in shown


@pytest.mark.django_db
def test_a_department_has_lines_of_its_own(section, department, other_department):
    build([Case(status="online", launched_ago=3), Case(unit=1)], [department, other_department])
    own = section(department=str(department.pk))
    assert f"department={department.pk}" in str(own)
    assert "2026年11月（実績は23日まで） 1 1 1 －" in words(own)
    other = section(department=str(other_department.pk))
    assert "2026年11月（実績は23日まで） 0 0 0 －" in words(other)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cases", "sentence"),
    [
        ([Case(status="preparing", target_in=9)], NO_SLIP),
        (
            [Case(status="online", target_in=-10, launched_ago=15)],
            EARLY.format(days=5, count=1),
        ),
    ],
)
def test_the_page_says_how_the_forecast_comes_about(section, department, cases, sentence):
    build(cases, [department])
    assert sentence in words(section())
