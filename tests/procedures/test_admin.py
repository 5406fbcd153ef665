"""The admin's pages: they write through the writers, and for administrators only."""

import pytest
from django.template import engines
from django.urls import reverse

from procedures.models import Department, Role, TeamMembership, User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def administration(signed_in, administrator, monkeypatch):
    """The administrator's client; templates of other packages may leave a variable out."""
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", "")
    return signed_in(administrator)


def department_form(**changes):
    return {
        "code": "900", "name": "試験部", "order": "1", "valid_from": "", "valid_to": "",
        "successor": "", "confidence": "A", "source": "",
    } | changes  # fmt: skip


def test_a_department_is_added_with_its_history(administration, administrator):
    administration.post(reverse("admin:procedures_department_add"), department_form())
    entry = Department.objects.get(code="900").history.get()
    assert (entry.change_source, entry.by_name, entry.history_user) == (
        "admin", str(administrator), administrator,
    )  # fmt: skip


def test_a_change_is_recorded_and_an_unchanged_save_is_not(administration):
    department = factories.DepartmentFactory(code="900", name="試験部", order=1)
    address = reverse("admin:procedures_department_change", args=[department.pk])
    administration.post(address, department_form(name="新しい部"))
    administration.post(address, department_form(name="新しい部"))
    assert [row.name for row in department.history.all()] == ["新しい部", "試験部"]


def test_a_lifetime_that_ends_before_it_begins_is_refused_in_japanese(administration):
    response = administration.post(
        reverse("admin:procedures_department_add"),
        department_form(valid_from="2026-04-01", valid_to="2026-03-31"),
    )
    assert "始め以後の日にしてください" in response.content.decode()
    assert not Department.objects.exists()


def test_a_department_that_owns_procedures_cannot_be_deleted(administration):
    procedure = factories.ProcedureFactory()
    address = reverse("admin:procedures_department_delete", args=[procedure.department_id])
    administration.post(address, {"post": "yes"})
    assert Department.objects.filter(pk=procedure.department_id).exists()


def test_a_department_without_anything_is_deleted_and_its_history_stays(administration):
    department = factories.DepartmentFactory()
    address = reverse("admin:procedures_department_delete", args=[department.pk])
    administration.post(address, {"post": "yes"})
    assert not Department.objects.exists()
    assert Department.history.filter(id=department.pk, history_type="-").count() == 1


def test_a_person_joins_a_team(administration, department):
    administration.post(
        reverse("admin:procedures_user_add"),
        {
            "username": "hanako", "display_name": "試験 花子", "email": "", "directory": "",
            "memberships-TOTAL_FORMS": "1", "memberships-INITIAL_FORMS": "0",
            "memberships-MIN_NUM_FORMS": "0", "memberships-MAX_NUM_FORMS": "1000",
            "memberships-0-role": Role.MEMBER, "memberships-0-department": str(department.pk),
        },
    )  # fmt: skip
    person = User.objects.get(username="hanako")
    assert not person.has_usable_password()
    assert person.memberships.get().department == department
    assert person.history.get().change_source == "admin"
    assert not hasattr(person.history.get(), "password")
    assert TeamMembership.history.get().row_name == str(person.memberships.get())


def test_the_departments_can_be_exported(administration, department):
    response = administration.post(
        reverse("admin:procedures_department_export"),
        {"format": "1"},
    )
    assert department.name in response.content.decode("utf-8-sig")


def test_the_goals_are_written_out_under_the_names_of_their_fields(administration):
    factories.GoalFactory(fiscal_year=2027, online_rate=0.65)
    response = administration.post(reverse("admin:tracking_goal_export"), {"format": "1"})
    lines = response.content.decode("utf-8-sig").splitlines()
    assert lines == ["年度,オンライン化率の目標", "2027,0.65"]


@pytest.mark.parametrize("person", ["member", "division_person", "reader"])
def test_nobody_else_enters(client, request, person):
    client.force_login(request.getfixturevalue(person))
    assert client.get(reverse("admin:index")).status_code == 302
    client.post(reverse("admin:procedures_department_add"), department_form())
    assert not Department.objects.filter(code="900").exists()
