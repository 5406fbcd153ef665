"""Who may do what, asked of the checks themselves: every check × every kind of person."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from procedures import permissions
from procedures.models import Procedure
from tests import factories

PEOPLE = ("member", "other_member", "division_person", "administrator", "reader", "anonymous")
OWN, OTHER, NOBODY = "own", "other", "unassigned"


@pytest.fixture
def people(member, other_member, division_person, administrator, reader):
    """Each kind of person by name."""
    return {
        "member": member,
        "other_member": other_member,
        "division_person": division_person,
        "administrator": administrator,
        "reader": reader,
        "anonymous": AnonymousUser(),
    }


@pytest.fixture
def owned(department, other_department):
    """A procedure (in memory) of the member's department, of another one, and of none."""
    return {
        OWN: Procedure(department=department),
        OTHER: Procedure(department=other_department),
        NOBODY: Procedure(),
    }


@pytest.mark.parametrize(
    ("person", "may"),
    [
        ("member", {OWN}),
        ("other_member", {OTHER}),
        ("division_person", {OWN, OTHER, NOBODY}),
        ("administrator", {OWN, OTHER, NOBODY}),
        ("reader", set()),
        ("anonymous", set()),
    ],
)
def test_a_team_edits_its_own_department_and_the_division_every_one(people, owned, person, may):
    allowed = {
        owner
        for owner, procedure in owned.items()
        if permissions.can_edit(people[person], procedure)
    }

    assert allowed == may


@pytest.mark.parametrize(
    ("check", "may"),
    [
        ("can_assign", {"division_person", "administrator"}),
        ("can_confirm_exemption", {"division_person"}),
        ("can_import", {"member", "other_member", "division_person", "administrator"}),
        ("can_confirm_exemptions_by_import", {"division_person"}),
        ("can_see_dashboard", {"division_person", "administrator"}),
        ("can_create", {"member", "other_member", "division_person", "administrator"}),
    ],
)
def test_each_office_wide_act_is_for_exactly_these_people(people, check, may):
    can = getattr(permissions, check)

    assert {person for person in PEOPLE if can(people[person])} == may


def test_every_check_has_its_question_so_that_button_and_server_agree():
    checks = {
        name.removeprefix("check_") for name in vars(permissions) if name.startswith("check_")
    }

    assert checks
    assert checks == {name for name in vars(permissions) if name.startswith("can_")}


@pytest.mark.parametrize(
    ("person", "owner", "sentence"),
    [
        ("other_member", OWN, permissions.NOT_YOUR_DEPARTMENT.format(department="市民部")),
        ("reader", OWN, permissions.NOT_YOUR_DEPARTMENT.format(department="市民部")),
        ("member", NOBODY, permissions.UNASSIGNED_IS_FOR_DIVISION),
        ("anonymous", OWN, permissions.SIGN_IN),
    ],
)
def test_a_refusal_says_to_whom_the_procedure_belongs(people, owned, person, owner, sentence):
    with pytest.raises(PermissionDenied) as refused:
        permissions.check_can_edit(people[person], owned[owner])

    assert str(refused.value) == sentence


def test_rights_are_read_once_per_request(member, owned, django_assert_num_queries):
    with django_assert_num_queries(1):
        permissions.can_edit(member, owned[OWN])
        permissions.can_edit(member, owned[OTHER])
        permissions.can_create(member)


def test_a_person_of_two_teams_edits_both_departments(member, other_department, owned):
    factories.TeamMembership.objects.create(
        user=member, role=factories.Role.LEADER, department=other_department
    )

    assert permissions.can_edit(member, owned[OWN])
    assert permissions.can_edit(member, owned[OTHER])


def test_a_superuser_counts_as_administrator(reader):
    reader.is_superuser = True

    assert permissions.rights_of(reader).is_administrator
    assert not permissions.rights_of(reader).is_division
