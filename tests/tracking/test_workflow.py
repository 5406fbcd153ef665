"""The workflow table: complete over its enums, and each requirement asked where it belongs."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.core.management import CommandError, call_command

from procedures.spreadsheet.codes import STATUSES, labels
from tracking.management.commands import workflow_diagram
from tracking.models import MigrationPlan
from tracking.workflow import (
    REQUIREMENT_LABELS,
    REQUIREMENTS,
    SENTENCES,
    STATUS_LABELS,
    USUAL_WAY,
    PlanFacts,
    Requirement,
    Status,
    standings,
    unmet,
)
from tracking.workflow_diagram import workflow_page

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
    Requirement.SERVICE_REASON: {"departs_from_advice": True},
    Requirement.CONSULTATION: {"needs_consultation": True},
    Requirement.HOLD_REASON: {"hold_reason": " 　"},
}


def test_every_status_has_its_requirements_and_its_word():
    assert set(REQUIREMENTS) == set(Status)
    assert set(STATUS_LABELS) == set(Status)
    assert labels(STATUSES) == {status.value: STATUS_LABELS[status] for status in Status}


def test_every_requirement_has_a_sentence_at_a_field_of_the_plan_and_a_test():
    assert set(SENTENCES) == set(REQUIREMENT_LABELS) == set(Requirement) == set(LACKING)
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


def test_the_usual_way_leads_through_every_status_but_the_hold():
    assert set(USUAL_WAY) | {Status.ON_HOLD} == set(Status)
    assert len(USUAL_WAY) == len(Status) - 1


@pytest.mark.parametrize("present", Status)
@pytest.mark.parametrize("lacking", LACKING)
def test_what_every_status_asks_for_can_be_seen_from_any_status(present, lacking):
    plan = replace(READY, status=present, **LACKING[lacking])

    for standing in standings(plan):
        open_needs = {need for need, is_met in standing.needs if not is_met}
        assert open_needs == set(unmet(replace(plan, status=standing.status)))
        assert standing.is_open is (not open_needs)


def test_the_page_about_the_workflow_is_what_the_table_gives():
    call_command("workflow_diagram", "--check")


def test_a_page_that_the_table_does_not_give_is_found_and_written_anew(tmp_path, monkeypatch):
    page = tmp_path / "workflow.md"
    monkeypatch.setattr(workflow_diagram, "PAGE", page)
    for content in (None, workflow_page() + "x"):
        if content:
            page.write_text(content, encoding="utf-8")
        with pytest.raises(CommandError, match="workflow"):
            call_command("workflow_diagram", "--check")
    call_command("workflow_diagram")
    call_command("workflow_diagram", "--check")


def test_the_page_names_every_status_and_everything_that_it_asks_for():
    page = workflow_page()
    for word in (*STATUS_LABELS.values(), *REQUIREMENT_LABELS.values()):
        assert word in page
    for old, new in pairwise(USUAL_WAY):
        assert f"{old} --> {new}" in page
