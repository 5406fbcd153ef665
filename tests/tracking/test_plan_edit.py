"""What a plan has beside the row of the list: who, the national date, the agreed consultation."""

from datetime import date

import pytest
from django.urls import reverse

from procedures.models import Source
from procedures.permissions import DIVISION_ONLY
from tests import factories
from tracking.actions import update_plan
from tracking.models import MigrationPlan


@pytest.fixture
def procedure(department):
    """A procedure of ``department`` without a plan."""
    return factories.ProcedureFactory(department=department)


@pytest.fixture
def post(signed_in):
    """``post(user, procedure, **values)`` sends the form of somebody who saw no plan."""

    def send(user, procedure, **values):
        address = reverse("plan_edit", args=[procedure.pk])
        return signed_in(user).post(address, {"version": 0} | values)

    return send


@pytest.mark.parametrize("person", ["member", "division_person", "administrator"])
def test_a_plan_begins_with_who_and_until_when(post, procedure, person, request):
    user = request.getfixturevalue(person)

    response = post(user, procedure, assignee="窓口係", national_due="2027-03-31")

    assert response.status_code == 302
    plan = MigrationPlan.objects.get()
    assert (plan.assignee, plan.national_due) == ("窓口係", date(2027, 3, 31))
    assert (plan.status, plan.history.get().by_name) == ("not_started", str(user))


def test_saving_without_an_edit_makes_no_plan(post, procedure, member):
    post(member, procedure, assignee="", national_due="")

    assert not MigrationPlan.objects.exists()


def test_what_the_list_edits_stays_as_it_is(post, procedure, member):
    plan = factories.PlanFactory(procedure=procedure, online=True, assignee="前の人")

    post(member, procedure, version=plan.version, assignee="次の人")

    stored = MigrationPlan.objects.get()
    assert (stored.assignee, stored.status, stored.service) == ("次の人", "online", plan.service)


def test_only_the_division_records_an_agreed_consultation(
    signed_in, post, procedure, member, administrator, division_person
):
    address = reverse("plan_edit", args=[procedure.pk])
    for user in (member, administrator):
        assert "consultation_agreed_on" not in signed_in(user).get(address).content.decode()
        post(user, procedure, consultation_agreed_on="2026-05-01")
        assert not MigrationPlan.objects.exists()

    assert "consultation_agreed_on" in signed_in(division_person).get(address).content.decode()
    post(division_person, procedure, consultation_agreed_on="2026-05-01")
    assert MigrationPlan.objects.get().consultation_agreed_on == date(2026, 5, 1)


def test_a_day_that_the_calendar_does_not_have_is_refused(post, procedure, member):
    response = post(member, procedure, assignee="窓口係", national_due="2027-02-30")

    assert response.status_code == 422
    assert "窓口係" in response.content.decode()
    assert not MigrationPlan.objects.exists()


@pytest.mark.parametrize("person", ["other_member", "reader"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_others_may_not(signed_in, procedure, person, method, request):
    client = signed_in(request.getfixturevalue(person))

    response = getattr(client, method)(reverse("plan_edit", args=[procedure.pk]))

    assert response.status_code == 403
    assert DIVISION_ONLY not in response.content.decode()


def test_two_people_see_both_values_and_the_second_decides(
    post, client, procedure, member, division_person
):
    update_plan(
        procedure_id=procedure.pk,
        sent={"assignee": "先の人"},
        version=0,
        by=division_person,
        source=Source.FORM,
    )

    response = post(member, procedure, assignee="後の人", national_due="2027-03-31")

    text = response.content.decode()
    assert response.status_code == 409
    for shown in ("先の人", "後の人", str(division_person), "2027-03-31"):
        assert shown in text
    assert MigrationPlan.objects.get().assignee == "先の人"

    again = {
        "version": 1,
        "assignee": "後の人",
        "national_due": "2027-03-31",
        "contested": "assignee",
        "choice_assignee": "theirs",
    }
    assert client.post(reverse("plan_edit", args=[procedure.pk]), again).status_code == 302
    stored = MigrationPlan.objects.get()
    assert (stored.assignee, stored.national_due) == ("先の人", date(2027, 3, 31))
