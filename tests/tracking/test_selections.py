"""The named sets: each holds what it says, in the list as in the count."""

import random
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
import time_machine
from django.urls import reverse

from procedures import actions
from procedures.models import Procedure
from procedures.rules import ExemptionGround
from tests import factories
from tests.tracking.expected import EXPECTED
from tests.tracking.inventories import (
    CLEAR,
    CONFIRM_AFTER,
    GROUNDS,
    NOTICE_DAYS,
    NOW,
    STALE_AFTER,
    STATUSES,
    TODAY,
    TOKYO,
    Case,
    Obstacle,
    Talk,
    build,
    keys_behind,
)
from tracking.selections import SELECTIONS, condition, with_concerns, with_progress
from tracking.stats import counts
from tracking.views.figures import OFFICE, rows_url, scope_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def units(db):
    return [factories.DepartmentFactory() for _ in range(2)]


def a_bit_of_everything() -> list[Case]:
    """The same 150 procedures in every run, of all kinds."""
    draw = random.Random(20261123)
    moments = [NOW - timedelta(days=days) for days in (0, 30, STALE_AFTER, STALE_AFTER + 1, 300)]
    return [
        Case(
            unit=draw.choice([0, 1, None]),
            scope=draw.choice(["inbound", "inbound", "inbound", "unknown", "outside"]),
            is_abolished=draw.random() < 0.1,
            answers=draw.choice(
                [
                    CLEAR,
                    ("offline", *CLEAR[1:]),
                    ("unknown", *CLEAR[1:]),
                    ("offline", "unknown", *CLEAR[2:]),
                ]
            ),
            is_national=draw.random() < 0.2,
            basis=draw.choice(["", "municipal", "national"]),
            exemption=draw.choice(["", "proposed", "returned", *["confirmed"] * 3, "withdrawn"]),
            ground=draw.choice(GROUNDS),
            review_in=draw.choice([None, None, 0, 1]),
            provision_ends_in=draw.choice([None, None, None, -1]),
            status=draw.choice(["", *STATUSES, "online", "online"]),
            target_in=draw.choice([None, -1, 0, 1]),
            national_due_in=draw.choice([None, -1, 0, 1]),
            changed=draw.choice(moments),
            plan_changed=draw.choice(moments),
            volumes=draw.choice([{}, {2025: (9, 3)}, {2025: (9, None)}, {2024: (5, 5)}]),
            confirmed=draw.choice([None, *moments]),
            talk=draw.choice([(), (Talk("team"),), (Talk("division"),), (Talk("team", True),)]),
            consultation=draw.choice(["", "", "asked", "discussing", "not_agreed"]),
            issues=draw.choice([(), (Obstacle(due_in=1),), (Obstacle("solved", due_in=1),)]),
        )
        for _ in range(150)
    ]


def test_every_set_holds_what_it_says_in_the_list_and_in_the_count(units, subtests):
    inventory = a_bit_of_everything()
    cases = dict(zip((one.pk for one in build(inventory, units)), inventory, strict=True))
    scopes = [(0, scope_of(units[0])), (None, scope_of(None)), ("all", OFFICE)]
    for key in SELECTIONS:
        with subtests.test(key):
            for index, scope in scopes:
                expected = {
                    pk
                    for pk, case in cases.items()
                    if EXPECTED[key](case) and index in {"all", case.unit}
                }
                assert set(keys_behind(rows_url(key, scope))) == expected
            assert counts(Procedure.objects.all(), [key], on=TODAY) == {key: len(expected)}
            assert expected, "the inventory of this test has no procedure in the set"
            assert key == "all" or len(expected) < len(inventory)


def test_every_set_has_a_name_of_its_own_and_an_expectation():
    assert set(EXPECTED) == set(SELECTIONS)
    labels = [selection.label for selection in SELECTIONS.values()]
    assert len(set(labels)) == len(labels)


def test_an_unknown_set_is_refused_with_no_rows(units):
    with pytest.raises(KeyError):
        condition("nothing_of_the_kind", TODAY)
    build([Case()], units)
    with pytest.raises(AssertionError):
        keys_behind(f"{reverse('procedure_list')}?set=nothing_of_the_kind")


def test_the_concerns_that_a_row_shows_are_the_sets(units):
    build(a_bit_of_everything(), units)
    rows = with_concerns(with_progress(Procedure.objects.all()), TODAY)
    for key in ("overdue", "behind_national", "stale"):
        shown = set(rows.filter(**{f"is_{key}": True}).values_list("pk", flat=True))
        assert shown == set(rows.filter(condition(key, TODAY)).values_list("pk", flat=True))
        assert shown


def members(key: str, inventory: list[Case], units) -> list[bool]:
    """For each case, whether it is in the set today."""
    procedures = build(inventory, units)
    rows = with_progress(Procedure.objects.all()).filter(condition(key, TODAY))
    keys = set(rows.values_list("pk", flat=True))
    return [procedure.pk in keys for procedure in procedures]


def days_ago(days: int, at: time = time(12)) -> datetime:
    return datetime.combine(TODAY - timedelta(days=days), at, TOKYO)


def test_a_target_date_of_today_is_still_in_time(units):
    inventory = [Case(status="preparing", target_in=days) for days in (-1, 0, 1)]
    inventory += [Case(status="preparing"), Case()]
    assert members("overdue", inventory, units) == [True, False, False, False, False]


def test_a_change_exactly_90_days_ago_is_not_stale_and_one_a_day_earlier_is(units):
    last_moment = time(23, 59, 59, 999_999)
    inventory = [
        Case(changed=days_ago(STALE_AFTER, time(0))),
        Case(changed=days_ago(STALE_AFTER + 1, last_moment)),
        Case(changed=days_ago(400)),
        Case(changed=NOW),
    ]
    assert members("stale", inventory, units) == [False, True, True, False]


def test_a_change_of_the_plan_is_a_change_of_the_procedure(units):
    old = {"status": "testing", "changed": days_ago(400)}
    inventory = [
        Case(**old, plan_changed=days_ago(400)),
        Case(**old, plan_changed=days_ago(3)),
        Case(status="testing", changed=days_ago(3), plan_changed=days_ago(400)),
    ]
    assert members("stale", inventory, units) == [True, False, False]


@pytest.mark.parametrize(
    ("key", "setting"), [("stale", "STALE_DAYS"), ("to_confirm", "CONFIRM_DAYS")]
)
def test_the_number_of_days_is_a_setting(units, settings, key, setting):
    setattr(settings, setting, 30)
    inventory = [Case(changed=days_ago(30)), Case(changed=days_ago(31))]
    assert members(key, inventory, units) == [False, True]


def test_a_row_is_to_be_confirmed_when_change_and_confirmation_lie_more_than_90_days_back(units):
    old, limit = days_ago(400), days_ago(CONFIRM_AFTER, time(0))
    inventory = [
        Case(changed=old),
        Case(changed=old, confirmed=days_ago(CONFIRM_AFTER + 1)),
        Case(changed=old, confirmed=limit),
        Case(changed=limit),
        Case(changed=old, status="testing", plan_changed=days_ago(3)),
    ]
    assert members("to_confirm", inventory, units) == [True, True, False, False, False]


def test_what_is_online_is_to_be_confirmed_too_and_what_is_no_target_is_not(units):
    old = Case(changed=days_ago(400), plan_changed=days_ago(400), status="online")
    inventory = [
        old,
        replace(old, is_abolished=True),
        replace(old, scope="outside"),
        replace(old, basis="municipal", exemption="confirmed"),
    ]
    assert members("to_confirm", inventory, units) == [True, False, False, False]


@pytest.mark.parametrize(("key", "side"), [("asked", "team"), ("asking", "division")])
def test_a_procedure_waits_until_the_last_message_to_that_side_is_done(units, key, side):
    inventory = [
        Case(talk=(Talk(side),)),
        Case(talk=(Talk(side, is_done=True), Talk(side))),
        Case(talk=(Talk(side, is_done=True),)),
        Case(talk=(Talk(),)),
        Case(talk=(Talk({"team": "division", "division": "team"}[side]),)),
        Case(),
    ]
    assert members(key, inventory, units) == [True, True, False, False, False, False]


def test_an_issue_is_due_when_its_date_or_that_of_its_measure_is_14_days_away(units):
    inventory = [
        Case(issues=(Obstacle(due_in=NOTICE_DAYS),)),
        Case(issues=(Obstacle("working", due_in=-1),)),
        Case(issues=(Obstacle(measure_in=NOTICE_DAYS),)),
        Case(issues=(Obstacle(due_in=60, measure_in=1),)),
        Case(issues=(Obstacle(due_in=1, measure_in=60),)),
        Case(issues=(Obstacle(due_in=NOTICE_DAYS + 1, measure_in=NOTICE_DAYS + 1),)),
        Case(issues=(Obstacle(),)),
        Case(issues=(Obstacle("solved", due_in=-1),)),
        Case(issues=(Obstacle(due_in=-1),), is_abolished=True),
    ]
    expected = [True, True, True, True, False, False, False, False, False]
    assert members("issue_due", inventory, units) == expected


def test_the_notice_of_an_issue_is_a_setting(units, settings):
    settings.ISSUE_NOTICE_DAYS = 3
    inventory = [Case(issues=(Obstacle(due_in=days),)) for days in (3, 4)]
    assert members("issue_due", inventory, units) == [True, False]


def test_answers_decide_the_category_only_where_nothing_else_hinders(units):
    unknown, both = ("unknown", *CLEAR[1:]), ("unknown", "offline", *CLEAR[2:])
    inventory = [
        Case(answers=unknown),
        Case(answers=("unknown",) * 7),
        Case(answers=both),
        Case(answers=unknown, is_national=True),
        Case(answers=CLEAR),
        Case(answers=unknown, scope="outside"),
    ]
    assert members("deciding", inventory, units) == [True, True, False, False, False, False]


@pytest.mark.parametrize(
    "change",
    [
        lambda one, by: actions.propose_exemption(
            procedure_id=one.pk,
            ground=ExemptionGround.ORDINANCE_ART7,
            article="第1項",
            reason="試験",
            by=by,
        ),
        lambda one, by: actions.set_volume(
            procedure_id=one.pk,
            fiscal_year=2025,
            total=3,
            online=None,
            certainty="actual",
            version=one.version,
            by=by,
        ),
    ],
    ids=["exemption", "volume"],
)
def test_a_change_of_what_belongs_to_a_procedure_ends_its_standstill(units, change):
    (procedure,) = build([Case(changed=days_ago(400))], units)
    assert counts(Procedure.objects.all(), ["stale"], on=TODAY) == {"stale": 1}
    change(procedure, factories.administrator())
    assert counts(Procedure.objects.all(), ["stale"], on=TODAY) == {"stale": 0}


@pytest.mark.parametrize("key", ["overdue", "stale", "behind_national"])
def test_online_and_excluded_procedures_are_neither_late_nor_stale(units, key):
    late = Case(
        status="testing",
        target_in=-30,
        national_due_in=-60,
        changed=days_ago(400),
        plan_changed=days_ago(400),
    )
    inventory = [
        late,
        replace(late, scope="unknown"),
        replace(late, status="online"),
        replace(late, is_abolished=True),
        replace(late, scope="outside"),
        replace(late, basis="municipal", exemption="confirmed"),
    ]
    assert members(key, inventory, units) == [True, True, False, False, False, False]


def test_a_plan_is_behind_the_national_one_when_it_is_later_or_has_no_date(units):
    due = {"status": "preparing", "national_due_in": 10}
    inventory = [
        Case(**due, target_in=11),
        Case(**due),
        Case(**due, target_in=10),
        Case(**due, target_in=9),
        Case(status="preparing", target_in=11),
    ]
    assert members("behind_national", inventory, units) == [True, True, False, False, False]


def test_only_a_confirmed_exemption_leaves_a_procedure_out_of_the_rates(units):
    inventory = [
        Case(basis="municipal", exemption=state)
        for state in ("", "proposed", "withdrawn", "confirmed")
    ]
    assert members("target", inventory, units) == [True, True, True, False]


def test_usage_looks_at_the_year_that_was_complete_on_the_day(units):
    build([Case(status="online", volumes={2024: (9, 3)})], units)
    for on, count in [(date(2026, 3, 31), 1), (date(2026, 4, 1), 0)]:
        assert counts(Procedure.objects.all(), ["usage_known"], on=on) == {"usage_known": count}
