"""The doctor asks the office's own login whether it is there."""

from datetime import date

import pytest

from operation.directory import ldap_directory, provider
from operation.directory.admission import Unavailable
from operation.directory.configuration import Ldap, SignIn
from operation.doctor import State, sign_in
from procedures.models import Role
from procedures.records import save
from tests import factories
from tests.sign_in_servers import group

PEOPLE, GROUPS = "ou=people,dc=example", "ou=groups,dc=example"


@pytest.fixture
def directory(settings):
    """A directory at a port where nothing listens."""
    own = Ldap(
        uri="ldap://127.0.0.1:9",
        user_base=PEOPLE,
        user_filter="(uid={user})",
        username_attribute="uid",
        id_attribute="entryUUID",
        group_base=GROUPS,
        starttls=False,
    )
    settings.SIGN_IN = SignIn(ways=("local", "ldap"), ldap=own)
    return own


def test_accounts_of_the_program_need_no_server(settings):
    settings.SIGN_IN = SignIn()
    assert sign_in.office_login().state is State.OK


def test_a_directory_that_is_not_there(directory):
    answer = sign_in.office_login()
    assert answer.state is State.FAIL
    assert "接続できません" in answer.seen


@pytest.mark.parametrize(("there", "state"), [({PEOPLE, GROUPS}, State.OK), ({PEOPLE}, State.FAIL)])
def test_a_directory_without_the_place_of_the_groups(directory, monkeypatch, there, state):
    monkeypatch.setattr(ldap_directory.Directory, "is_there", lambda self, base: base in there)
    answer = sign_in.office_login()
    assert answer.state is state
    assert (GROUPS in answer.seen) is (state is State.FAIL)


def test_a_provider_that_is_not_there(settings, monkeypatch):
    def unavailable():
        raise Unavailable("nobody there")

    settings.SIGN_IN = SignIn(ways=("local", "oidc"))
    monkeypatch.setattr(provider, "endpoints", unavailable)
    assert sign_in.office_login().state is State.FAIL
    monkeypatch.setattr(provider, "endpoints", lambda: None)
    assert sign_in.office_login().state is State.OK


@pytest.mark.django_db
def test_an_administrator_who_needs_no_other_server():
    factories.administrator(directory="ldap")
    assert sign_in.own_administrator().state is State.WARN
    factories.administrator()
    assert sign_in.own_administrator().state is State.OK


@pytest.mark.django_db
def test_groups_that_give_nobody_a_role(settings, directory, department):
    assert sign_in.groups().state is State.WARN
    group("DX-市民部", Role.MEMBER, department)
    assert sign_in.groups().state is State.OK
    department.valid_from, department.valid_to = date(2000, 4, 1), date(2001, 3, 31)
    save(department, ["valid_from", "valid_to"], factories.origin())
    assert "DX-市民部" in sign_in.groups().seen
    settings.SIGN_IN = SignIn()
    assert sign_in.groups().state is State.OK
