"""Two people on one row: both values are shown, the choice is honoured, nothing is lost."""

from datetime import date

import pytest
from django.urls import reverse

from procedures.models import Procedure
from procedures.records import save
from procedures.rules import Answer
from tests import factories
from tests.pages import element, sent_by, text, words
from tests.tracking.desks import written
from tracking.actions.plans import plan_of
from tracking.forms.versioned import CHOOSE
from tracking.workflow import Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def procedure(department):
    """A procedure of ``department`` in which only the payment hinders."""
    return factories.ProcedureFactory(department=department, clear=True, payment=Answer.OFFLINE)


def test_two_people_on_different_fields_of_one_row_both_keep_their_work(
    desk, other_desk, procedure
):
    mine = desk.opens(procedure)
    assert other_desk.edits(procedure, **{"plan-target_date": "2027-01-31"}).status_code == 200
    response = desk.saves(procedure, mine, **{"plan-status": "reviewing"})
    assert response.status_code == 200
    plan = plan_of(procedure)
    assert (plan.status, plan.target_date) == (Status.REVIEWING, date(2027, 1, 31))
    assert "2027/1/31" in words(element(text(response), f"procedure-{procedure.pk}"))


@pytest.fixture
def contested(desk, other_desk, procedure):
    """The answer to the second of two people who changed one date (and other things besides)."""
    mine = desk.opens(procedure)
    theirs = {"plan-target_date": "2027-01-31", "plan-status": "preparing"}
    assert other_desk.edits(procedure, **theirs).status_code == 200
    before = written()
    response = desk.saves(
        procedure, mine, **{"plan-target_date": "2027-03-31", "answers-payment": "online"}
    )
    assert response.status_code == 409
    assert written() == before
    return text(response)


def test_the_second_person_sees_both_values_and_who_was_first(contested, procedure):
    row = words(element(contested, f"procedure-{procedure.pk}"))
    for said in ("2027年3月31日", "2027年1月31日", "佐藤 花子", "まだ何も保存していません"):
        assert said in row
    again = sent_by(contested, f"row-form-{procedure.pk}")
    assert again["contested"] == "target_date"
    assert "choice_target_date" not in again, "nobody has chosen yet"
    # What the second person typed stays, what only the first one changed is there as it is now.
    assert again["plan-target_date"] == "2027-03-31"
    assert again["answers-payment"] == "online"
    assert again["plan-status"] == "preparing"
    assert again["plan-version"] == "1"


@pytest.mark.parametrize(
    ("choice", "kept"), [("mine", date(2027, 3, 31)), ("theirs", date(2027, 1, 31))]
)
def test_the_choice_is_honoured_and_the_rest_is_saved(desk, procedure, contested, choice, kept):
    response = desk.saves(procedure, contested, choice_target_date=choice)
    assert response.status_code == 200
    plan = plan_of(procedure)
    assert plan.target_date == kept
    assert plan.status == Status.PREPARING, "a field that only the first one changed"
    assert Procedure.objects.get().payment == Answer.ONLINE


def test_without_a_choice_nothing_is_written_and_both_values_stay_on_screen(
    desk, procedure, contested
):
    before = written()
    response = desk.saves(procedure, contested)
    assert response.status_code == 422
    assert CHOOSE.format(label="目標日") in text(response)
    row = words(element(text(response), f"procedure-{procedure.pk}"))
    for said in ("2027年3月31日", "2027年1月31日", "佐藤 花子"):
        assert said in row
    assert written() == before
    assert desk.saves(procedure, text(response), choice_target_date="mine").status_code == 200
    assert plan_of(procedure).target_date == date(2027, 3, 31)


def test_a_third_person_in_between_is_asked_about_too(desk, other_desk, procedure, contested):
    other_desk.edits(procedure, **{"plan-target_date": "2027-07-07"})
    response = desk.saves(procedure, contested, choice_target_date="mine")
    assert response.status_code == 409
    assert "2027年7月7日" in text(response)
    assert plan_of(procedure).target_date == date(2027, 7, 7)


def test_taking_the_other_value_takes_the_newest_of_it(desk, other_desk, procedure, contested):
    other_desk.edits(procedure, **{"plan-target_date": "2027-07-07"})
    response = desk.saves(procedure, contested, choice_target_date="theirs")
    assert response.status_code == 200
    assert plan_of(procedure).target_date == date(2027, 7, 7)
    assert Procedure.objects.get().payment == Answer.ONLINE


def test_answers_and_plan_are_asked_about_together(desk, other_desk, procedure):
    mine = desk.opens(procedure)
    other_desk.edits(procedure, **{"plan-status": "testing", "answers-payment": "not_needed"})
    response = desk.saves(
        procedure, mine, **{"plan-status": "preparing", "answers-payment": "online"}
    )
    assert response.status_code == 409
    again = sent_by(text(response), f"row-form-{procedure.pk}")
    assert set(again["contested"]) == {"status", "payment"}
    choices = {"choice_status": "theirs", "choice_payment": "mine"}
    assert desk.saves(procedure, text(response), **choices).status_code == 200
    assert plan_of(procedure).status == Status.TESTING
    assert Procedure.objects.get().payment == Answer.ONLINE


def test_a_reclassification_in_between_is_nobodys_change(desk, procedure):
    mine = desk.opens(procedure)
    fresh = Procedure.objects.get(pk=procedure.pk)
    save(fresh, ["policy_key"], factories.origin(), touch=False)
    assert desk.saves(procedure, mine, **{"answers-payment": "online"}).status_code == 200


def test_without_script_the_conflict_comes_as_a_page_and_the_choice_leads_back(
    desk, other_desk, procedure
):
    page = text(desk.client.get(reverse("row_edit", args=[procedure.pk]), {"next": "/team/"}))
    other_desk.edits(procedure, **{"plan-target_date": "2027-01-31"})

    contested = desk.saves(procedure, page, headers=None, **{"plan-target_date": "2027-03-31"})

    assert contested.status_code == 409
    assert "<h1>" in text(contested)
    chosen = desk.saves(procedure, text(contested), headers=None, choice_target_date="mine")
    assert (chosen.status_code, chosen["Location"]) == (302, "/team/")
    assert plan_of(procedure).target_date == date(2027, 3, 31)
