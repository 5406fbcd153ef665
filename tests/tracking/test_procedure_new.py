"""Registering a procedure by hand."""

from datetime import date

import pytest
from django.urls import reverse

from procedures.actions import NUMBER_TAKEN
from procedures.models import Procedure
from procedures.permissions import TEAM_OR_DIVISION_ONLY
from tests import factories

ADDRESS = "/procedures/new/"


@pytest.fixture
def post(signed_in):
    """``post(user, **values)`` sends the form."""

    def send(user, **values):
        return signed_in(user).post(ADDRESS, {"name": "新しい届", "scope": "inbound"} | values)

    return send


def said(response) -> list[str]:
    """The messages that the next page will show."""
    return [str(message) for message in response.wsgi_request._messages]


@pytest.mark.parametrize("person", ["member", "division_person", "administrator"])
def test_team_division_and_administrator_register(post, person, department, request):
    division = department.divisions.get()

    response = post(
        request.getfixturevalue(person),
        department=department.pk,
        division=division.pk,
        name_kana="あたらしいとどけ",
        applicants=["individual", "corporation"],
        kind="notification",
        summary="概要",
    )

    stored = Procedure.objects.get()
    assert response["Location"] == reverse("procedure_detail", args=[stored.pk])
    assert (stored.number, stored.name, stored.department, stored.division) == (
        "A-000001",
        "新しい届",
        department,
        division,
    )
    assert (stored.name_kana, stored.kind, stored.summary) == (
        "あたらしいとどけ",
        "notification",
        "概要",
    )
    assert stored.applicants == ("individual", "corporation")
    assert stored.history.count() == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_reader_may_not(signed_in, reader, method):
    response = getattr(signed_in(reader), method)(ADDRESS)

    assert response.status_code == 403
    assert TEAM_OR_DIVISION_ONLY in response.content.decode()


def test_a_team_is_offered_its_own_department_alone_and_chosen(
    signed_in, member, department, other_department
):
    text = signed_in(member).get(ADDRESS).content.decode()

    assert f'<option value="{department.pk}" selected>市民部</option>' in text
    assert "環境部" not in text
    assert "所管未定</option>" not in text


def test_a_team_cannot_register_for_another_department(post, member, other_department):
    response = post(member, department=other_department.pk)

    assert response.status_code == 422
    assert not Procedure.objects.exists()


def test_a_team_cannot_leave_the_department_open(post, member):
    response = post(member, department="")

    assert response.status_code == 422
    assert "部局室を選んでください。" in response.content.decode()


def test_the_division_may_leave_the_department_open(signed_in, post, division_person):
    text = signed_in(division_person).get(ADDRESS).content.decode()
    assert '<option value="" selected>所管未定</option>' in text

    post(division_person, department="")

    assert Procedure.objects.get().department is None


def test_a_division_of_another_department_is_refused_at_its_field(
    post, division_person, department, other_department
):
    foreign = factories.DivisionFactory(department=other_department, name="環境政策課")

    response = post(division_person, department=department.pk, division=foreign.pk)

    assert response.status_code == 422
    assert "課「環境政策課」は市民部にはありません。" in response.content.decode()
    assert set(response.context["form"].errors) == {"division"}


def test_a_department_that_has_ended_is_not_offered(signed_in, division_person):
    factories.DepartmentFactory(name="昔の部", valid_to=date(2020, 3, 31))

    assert "昔の部" not in signed_in(division_person).get(ADDRESS).content.decode()


def test_a_number_is_normalised_and_a_taken_one_refused(post, member, department):
    post(member, department=department.pk, number="　市民－００１　")
    assert Procedure.objects.get().number == "市民-001"

    response = post(member, department=department.pk, number="市民-001", name="別の届")

    assert response.status_code == 422
    assert NUMBER_TAKEN.format(number="市民-001") in response.content.decode()
    assert Procedure.objects.count() == 1


def test_a_name_is_needed(post, member, department):
    response = post(member, department=department.pk, name="")

    assert response.status_code == 422
    assert "手続名を入力してください。" in response.content.decode()


def test_the_same_name_in_the_department_is_pointed_out(post, member, department):
    factories.ProcedureFactory(department=department, number="X-1", name="新しい 届")

    response = post(member, department=department.pk)

    assert Procedure.objects.count() == 2
    assert any("X-1" in message and "重複" in message for message in said(response))


def test_another_name_is_not_pointed_out(post, member, department):
    factories.ProcedureFactory(department=department, number="X-1", name="別の届")

    assert len(said(post(member, department=department.pk))) == 1
