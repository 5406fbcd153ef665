"""The workflow table: complete over its enums, and each requirement asked where it belongs."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from procedures.spreadsheet.codes import STATUSES, labels
from tracking.models import MigrationPlan
from tracking.workflow import (
    REQUIREMENTS,
    SENTENCES,
    STATUS_LABELS,
    PlanFacts,
    Requirement,
    Status,
    unmet,
)

TODAY = date(2026, 11, 23)
READY = PlanFacts(
    status=Status.ONLINE,
    on=TODAY,
    has_service=True,
    launched_on=TODAY,
    checks_done=True,
    hold_reason="工事のため",
)
LACKING = {
    Requirement.SERVICE: {"has_service": False},
    Requirement.LAUNCHED_ON: {"launched_on": None},
    Requirement.LAUNCH_NOT_IN_FUTURE: {"launched_on": TODAY + timedelta(days=1)},
    Requirement.CHECKLIST: {"checks_done": False},
    Requirement.CONSULTATION: {"needs_consultation": True},
    Requirement.HOLD_REASON: {"hold_reason": " 　"},
}


def test_every_status_has_its_requirements_and_its_word():
    assert set(REQUIREMENTS) == set(Status)
    assert set(STATUS_LABELS) == set(Status)
    assert labels(STATUSES) == {status.value: STATUS_LABELS[status] for status in Status}


def test_every_requirement_has_a_sentence_at_a_field_of_the_plan_and_a_test():
    assert set(SENTENCES) == set(Requirement) == set(LACKING)
    fields = {field.name for field in MigrationPlan._meta.fields}
    assert {field for field, _ in SENTENCES.values()} <= fields


def test_every_requirement_is_asked_in_some_status():
    asked = {need for needs in REQUIREMENTS.values() for need in needs}
    assert asked == set(Requirement)


@pytest.mark.parametrize("status", Status)
def test_a_plan_with_everything_may_be_in_any_status(status):
    assert unmet(replace(READY, status=status)) == ()


@pytest.mark.parametrize("requirement", Requirement)
@pytest.mark.parametrize("status", Status)
def test_what_is_lacking_is_said_where_the_status_asks_for_it(status, requirement):
    plan = replace(READY, status=status, **LACKING[requirement])
    assert unmet(plan) == ((requirement,) if requirement in REQUIREMENTS[status] else ())


def test_nothing_but_a_status_meets_no_requirement_of_going_online_and_says_all_of_them():
    assert unmet(PlanFacts(Status.ONLINE, TODAY)) == (
        Requirement.SERVICE,
        Requirement.LAUNCHED_ON,
        Requirement.CHECKLIST,
    )


def test_a_reason_stands_for_the_checklist_but_blanks_do_not():
    without = replace(READY, checks_done=False)
    assert unmet(replace(without, checklist_exception="国の様式のため")) == ()
    assert unmet(replace(without, checklist_exception=" 　\n")) == (Requirement.CHECKLIST,)


def test_an_agreed_consultation_meets_the_need_for_one():
    assert unmet(replace(READY, needs_consultation=True, consultation_agreed=True)) == ()
