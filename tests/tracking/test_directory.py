"""What the office's own login says of people becomes their account and their teams, and no more."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils.timezone import localdate

from procedures.actions import directory_account
from procedures.models import Department, DirectoryKind, Role, TeamMembership, User
from procedures.permissions import rights_of
from procedures.records import save
from tests import factories
from tests.sign_in_servers import group
from tracking.actions import directory as writer
from tracking.actions.directory import (
    NAME_TAKEN,
    NO_ROLE,
    SWITCHED_OFF,
    UNUSABLE_NAME,
    DirectoryPerson,
    NotAdmitted,
    receive,
    withdraw,
)

pytestmark = pytest.mark.django_db


def hanako(*groups: str, **changes) -> DirectoryPerson:
    """A person as an LDAP server tells of her."""
    told = {
        "directory": DirectoryKind.LDAP,
        "key": "5d1c0000-0000-0000-0000-000000000001",
        "username": "hanako",
        "display_name": "庁内 花子",
        "email": "hanako@example.lg.jp",
        "groups": frozenset(groups),
    }
    return DirectoryPerson(**told | changes)


def come(person: DirectoryPerson, *, admits_without_role: bool = False) -> User:
    return receive(person=person, admits_without_role=admits_without_role, by=directory_account())


def roles_of(user: User) -> set[tuple[str, str]]:
    rows = TeamMembership.objects.filter(user=user).select_related("department")
    return {(row.role, row.department.name if row.department else "") for row in rows}


@pytest.fixture
def teams(department, other_department):
    """Two groups, each of one department's team."""
    group("DX-市民部", Role.MEMBER, department)
    group("DX-環境部", Role.MEMBER, other_department)


def test_a_new_person_gets_an_account_and_the_team_of_the_group(teams):
    user = come(hanako("DX-市民部", "全職員"))
    user.refresh_from_db()
    assert (user.username, user.display_name, user.email) == (
        "hanako", "庁内 花子", "hanako@example.lg.jp",
    )  # fmt: skip
    assert (user.directory, user.directory_id) == ("ldap", hanako().key)
    assert not user.has_usable_password()
    assert (user.is_staff, user.is_superuser) == (False, False)
    assert roles_of(user) == {("member", "市民部")}


def test_it_stands_in_the_history_under_the_account_of_the_directory(teams):
    user = come(hanako("DX-市民部"))
    entry = user.memberships.get().history.get()
    assert (entry.history_user, entry.by_name) == (directory_account(), "庁内アカウントの連携")
    assert User.history.filter(id=user.pk).count() == 1


def test_a_person_moved_between_groups_loses_the_old_team(teams, department, other_department):
    user = come(hanako("DX-市民部"))
    assert rights_of(user).covers(department.pk)
    user = come(hanako("DX-環境部"))
    assert not rights_of(user).covers(department.pk)
    assert rights_of(user).covers(other_department.pk)
    assert roles_of(user) == {("member", "環境部")}


def test_the_same_again_writes_nothing(teams, django_assert_max_num_queries):
    user = come(hanako("DX-市民部"))
    come(hanako("DX-市民部"))
    assert User.history.filter(id=user.pk).count() == 1
    assert TeamMembership.history.count() == 1


def test_roles_that_somebody_gave_by_hand_go_with_the_next_sign_in(teams, other_department):
    user = come(hanako("DX-市民部"))
    TeamMembership.objects.create(user=user, role=Role.LEADER, department=other_department)
    assert roles_of(come(hanako("DX-市民部"))) == {("member", "市民部")}


def test_of_two_roles_in_one_department_the_leaders_counts(teams, department):
    group("課長補佐", Role.LEADER, department)
    assert roles_of(come(hanako("DX-市民部", "課長補佐"))) == {("leader", "市民部")}


def test_a_group_may_give_roles_for_the_whole_office(teams):
    group("情報政策課", Role.DIVISION)
    group("情報政策課", Role.ADMINISTRATOR)
    user = come(hanako("情報政策課"))
    assert roles_of(user) == {("division", ""), ("administrator", "")}
    assert not user.is_superuser


@pytest.mark.parametrize(
    "told",
    ["cn=dx-市民部,ou=groups,dc=example", "CN=DX-市民部, OU=Groups, DC=example"],
)
def test_names_are_compared_as_directories_compare_them(department, told):
    group("CN=DX-市民部,OU=Groups,DC=example", Role.MEMBER, department)
    assert roles_of(come(hanako(told))) == {("member", "市民部")}


def test_a_name_that_only_begins_alike_is_another_group(teams):
    with pytest.raises(NotAdmitted):
        come(hanako("DX-市民部2", "DX-市民"))


def test_without_a_group_nobody_gets_in_and_no_account_is_made(teams):
    with pytest.raises(NotAdmitted, match=NO_ROLE):
        come(hanako("全職員"))
    assert not User.objects.filter(username="hanako").exists()


def test_where_the_office_says_so_they_may_read(teams, department):
    user = come(hanako("全職員"), admits_without_role=True)
    assert roles_of(user) == set()
    assert not rights_of(user).covers(department.pk)


def test_whoever_left_all_groups_has_no_role_and_no_open_session(teams):
    user = come(hanako("DX-市民部"))
    before = user.get_session_auth_hash()
    with pytest.raises(NotAdmitted, match=NO_ROLE):
        come(hanako())
    user.refresh_from_db()
    assert roles_of(user) == set()
    assert user.get_session_auth_hash() != before


def test_an_account_of_the_same_name_is_never_taken_for_the_same_person(teams):
    local = factories.UserFactory(username="Hanako")
    with pytest.raises(NotAdmitted) as refusal:
        come(hanako("DX-市民部"))
    assert str(refusal.value) == NAME_TAKEN.format(username="hanako")
    local.refresh_from_db()
    assert local.has_usable_password()
    assert (local.directory, roles_of(local)) == ("", set())


def test_another_persons_directory_account_of_the_same_name_is_not_taken_either(teams):
    come(hanako("DX-市民部"))
    with pytest.raises(NotAdmitted, match="同じユーザー名"):
        come(hanako("DX-環境部", key="another"))


def test_the_same_key_in_another_directory_is_another_person(teams):
    come(hanako("DX-市民部"))
    with pytest.raises(NotAdmitted, match="同じユーザー名"):
        come(hanako("DX-市民部", directory=DirectoryKind.OIDC))


def test_an_administrator_lets_an_account_be_taken_over(teams, department):
    local = factories.member_of(department, username="hanako", must_change_password=True)
    local.directory = DirectoryKind.LDAP
    save(local, ["directory"], factories.origin())
    user = come(hanako("DX-環境部"))
    assert user.pk == local.pk
    user.refresh_from_db()
    assert user.directory_id == hanako().key
    assert not user.has_usable_password()
    assert not user.must_change_password
    assert roles_of(user) == {("member", "環境部")}


def test_a_person_with_another_name_keeps_the_account(teams):
    user = come(hanako("DX-市民部"))
    again = come(hanako("DX-市民部", username="hanako.y", display_name="庁内 花代"))
    assert again.pk == user.pk
    again.refresh_from_db()
    assert (again.username, again.display_name) == ("hanako.y", "庁内 花代")


def test_a_new_name_that_another_account_has_is_left_alone(teams):
    factories.UserFactory(username="taken")
    come(hanako("DX-市民部"))
    assert come(hanako("DX-市民部", username="taken")).username == "hanako"


def test_an_account_that_was_switched_off_here_stays_off(teams):
    user = come(hanako("DX-市民部"))
    user.is_active = False
    save(user, ["is_active"], factories.origin())
    with pytest.raises(NotAdmitted, match=SWITCHED_OFF):
        come(hanako("DX-市民部"))


@pytest.mark.parametrize(
    "change",
    [
        *({"username": ""}, {"username": "\0\n"}, {"username": "a" * 151}),
        *({"username": "hana\u200bko"}, {"key": ""}, {"key": "key-1\u200b"}, {"key": "issuer "}),
    ],
    ids=ascii,
)
def test_a_name_that_cannot_be_stored_is_refused_with_a_sentence(teams, change):
    with pytest.raises(NotAdmitted, match=UNUSABLE_NAME):
        come(hanako("DX-市民部", **change))


def test_what_no_field_can_hold_is_left_out(teams):
    user = come(hanako("DX-市民部", display_name="花\0子" + "長" * 200, email="no address\n"))
    assert (user.display_name[:3], len(user.display_name), user.email) == ("花子長", 100, "")
    domain = ".".join(["a" * 60] * 4)
    assert come(hanako("DX-市民部", email=f"{'a' * 60}@{domain}.jp")).email == ""


def test_where_groups_play_no_part_administrators_keep_the_roles(department):
    person = hanako(groups=None)
    with pytest.raises(NotAdmitted, match=NO_ROLE):
        come(person)
    waiting = factories.member_of(department, username="hanako", directory=DirectoryKind.LDAP)
    assert come(person).pk == waiting.pk
    assert roles_of(waiting) == {("member", "市民部")}


@pytest.fixture
def ended_department(department):
    """The department ended yesterday."""
    department.valid_from = date(2000, 4, 1)
    department.valid_to = localdate() - timedelta(days=1)
    return department


def test_the_group_of_a_department_that_ended_stands_for_its_successor(teams, ended_department):
    ended_department.successor = factories.DepartmentFactory(name="新しい部")
    save(ended_department, ["valid_from", "valid_to", "successor_id"], factories.origin())
    assert roles_of(come(hanako("DX-市民部"))) == {("member", "新しい部")}


def test_of_a_department_that_ended_without_a_successor_nothing_is_left(teams, ended_department):
    save(ended_department, ["valid_from", "valid_to"], factories.origin())
    with pytest.raises(NotAdmitted, match=NO_ROLE):
        come(hanako("DX-市民部"))


def test_only_administrators_may_write_what_the_directory_says(teams, division_person):
    with pytest.raises(PermissionDenied):
        receive(person=hanako("DX-市民部"), admits_without_role=True, by=division_person)
    with pytest.raises(PermissionDenied):
        withdraw(user=factories.UserFactory(), by=division_person)


def test_who_is_gone_is_switched_off_without_a_role(teams):
    user = come(hanako("DX-市民部"))
    withdraw(user=user, by=directory_account())
    user.refresh_from_db()
    assert not user.is_active
    assert roles_of(user) == set()
    entries = User.history.filter(id=user.pk).count()
    withdraw(user=user, by=directory_account())
    assert User.history.filter(id=user.pk).count() == entries


def test_a_person_who_comes_for_the_first_time_twice_at_once_has_one_account(teams, monkeypatch):
    first = come(hanako("DX-市民部"))
    known, looked = writer._find, []

    def find(person):
        # The second one looked before the first one had written.
        looked.append(person)
        return known(person) if len(looked) > 1 else None

    monkeypatch.setattr(writer, "_find", find)
    assert come(hanako("DX-市民部")).pk == first.pk
    assert User.objects.filter(directory="ldap").count() == 1


def test_the_figures_of_departments_do_not_change_with_a_sign_in(teams):
    before = Department.history.count()
    come(hanako("DX-市民部"))
    assert Department.history.count() == before
