"""Sign-in against a real LDAP server: who gets in, over what, and what happens when it is down."""

import logging
import socket
import time
from dataclasses import replace
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.test import RequestFactory
from django.urls import reverse

from operation.directory import ldap_directory
from operation.directory.admission import UNAVAILABLE, Unavailable
from procedures.models import AuditEvent, Role, TeamMembership, User
from tests import directory_server as servers
from tests import factories
from tests.operation.directory.pages import sign_in
from tests.pages import text
from tests.sign_in_servers import changed, group

pytestmark = pytest.mark.django_db
PASSWORD = servers.PASSWORD


@pytest.fixture
def hanako(directory, department):
    """A person in the group of 市民部's team; her whole name."""
    dn = directory.add_person("hanako")
    directory.set_group("DX-市民部", dn)
    group("DX-市民部", Role.MEMBER, department)
    return dn


def try_password(username: str, password: str) -> User | None:
    return authenticate(RequestFactory().post("/login/"), username=username, password=password)


def test_a_person_signs_in_and_is_in_the_team(client, hanako):
    response = sign_in(client, "hanako", PASSWORD)
    assert (response.status_code, response.url) == (302, reverse("home"))
    user = User.objects.get(username="hanako")
    assert (user.display_name, user.directory) == ("庁内 花子", "ldap")
    assert len(user.directory_id) == 36
    assert user.memberships.get().department.name == "市民部"
    assert client.get("/team/").status_code == 200


def test_the_name_is_the_directorys_however_it_was_typed(client, hanako):
    sign_in(client, "HANAKO", PASSWORD)
    sign_in(client, "hanako", PASSWORD)
    assert User.objects.filter(directory="ldap").values_list("username").get() == ("hanako",)


def test_a_wrong_password_is_one(client, hanako):
    response = sign_in(client, "hanako", "wrong")
    assert response.status_code == 200
    assert UNAVAILABLE not in text(response)
    assert not User.objects.filter(username="hanako").exists()


def test_an_empty_password_never_asks_the_server(hanako, directory):
    # The server would let anybody in so, as nobody: this is the control.
    open_door = servers.ldap.initialize(directory.uri)
    open_door.simple_bind_s(hanako, "")
    assert try_password("hanako", "") is None


@pytest.mark.parametrize(
    "name",
    ["*", "han*", "hanako)(uid=*", "*)(objectClass=*", "(|(uid=*))", "hanako\\2a", "{user}", "%s"],
)
def test_a_name_is_a_name_whatever_stands_in_it(hanako, name):
    assert try_password(name, PASSWORD) is None
    assert not User.objects.filter(directory="ldap").exists()


def test_moved_to_another_group_the_old_teams_rights_are_gone(
    client, hanako, directory, other_department
):
    group("DX-環境部", Role.MEMBER, other_department)
    sign_in(client, "hanako", PASSWORD)
    directory.set_group("DX-市民部")
    directory.set_group("DX-環境部", hanako)
    sign_in(client, "hanako", PASSWORD)
    rows = TeamMembership.objects.filter(user__username="hanako")
    assert [row.department for row in rows] == [other_department]


def test_without_a_group_the_page_says_so_and_the_log_knows(client, directory):
    directory.add_person("taro")
    response = sign_in(client, "taro", PASSWORD)
    assert "グループに入っていません" in text(response)
    assert not User.objects.filter(username="taro").exists()
    event = AuditEvent.objects.filter(kind=AuditEvent.Kind.SIGN_IN_FAILED).latest("at")
    assert event.by_name == "taro"


def test_a_renamed_person_keeps_the_account(client, hanako, directory):
    sign_in(client, "hanako", PASSWORD)
    directory.rename(hanako, "hanayo")
    directory.set_group("DX-市民部", f"uid=hanayo,{servers.PEOPLE}")
    sign_in(client, "hanayo", PASSWORD)
    assert User.objects.get(directory="ldap").username == "hanayo"


def test_a_short_name_that_reads_like_a_whole_one_gives_nothing(client, directory):
    dn = directory.add_person("hanako")
    theirs = f"cn=admins,{servers.GROUPS}"
    group(theirs, Role.ADMINISTRATOR)
    directory.set_group(theirs, dn)
    assert sign_in(client, "hanako", PASSWORD).status_code == 200
    assert not User.objects.filter(directory="ldap").exists()


def test_groups_that_cannot_be_read_are_no_wrong_password(hanako, directory, settings):
    changed(settings, ldap=replace(directory.settings, group_base="ou=none,dc=none"))
    with pytest.raises(Unavailable):
        try_password("hanako", PASSWORD)


def test_starttls_works_and_a_server_of_another_authority_is_not_believed(
    hanako, directory, settings, tmp_path
):
    over_starttls = replace(directory.settings, uri=directory.uri, starttls=True)
    changed(settings, ldap=over_starttls)
    assert try_password("hanako", PASSWORD) is not None
    servers.write_certificates(tmp_path)
    for strange in (over_starttls, directory.settings):
        changed(settings, ldap=replace(strange, ca_file=str(tmp_path / "ca.pem")))
        with pytest.raises(Unavailable):
            try_password("hanako", PASSWORD)


def test_groups_play_no_part_where_the_office_leaves_them_out(
    hanako, directory, settings, department
):
    changed(settings, ldap=replace(directory.settings, group_base=""))
    factories.member_of(department, username="hanako", directory="ldap")
    assert try_password("hanako", PASSWORD).memberships.get().department == department


@pytest.fixture
def silent(directory, settings):
    """A server that takes the connection and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        uri = f"ldap://localhost:{listener.getsockname()[1]}"
        changed(settings, ldap=replace(directory.settings, uri=uri, seconds=1))
        yield


def test_a_silent_server_is_not_waited_for_and_local_accounts_get_in(client, silent, caplog):
    factories.UserFactory(username="kanri")
    caplog.set_level(logging.DEBUG)
    begun = time.monotonic()
    response = sign_in(client, "hanako", PASSWORD)
    assert time.monotonic() - begun < 3
    assert UNAVAILABLE in text(response)
    assert sign_in(client, "kanri", "correct horse battery").status_code == 302
    assert PASSWORD not in caplog.text
    assert servers.PROGRAM_PASSWORD not in caplog.text


@pytest.fixture
def away(directory, settings):
    """Nobody listens at the directory's address."""
    changed(settings, ldap=replace(directory.settings, uri="ldaps://localhost:1"))


def test_a_server_that_is_away_locks_nobody_out_but_local_passwords_still_count(
    client, away, settings
):
    settings.AXES_ENABLED = True
    factories.UserFactory(username="kanri")
    for _ in range(settings.AXES_FAILURE_LIMIT + 1):
        assert UNAVAILABLE in text(sign_in(client, "hanako", PASSWORD))
    for _ in range(settings.AXES_FAILURE_LIMIT):
        response = sign_in(client, "kanri", "wrong")
    assert response.status_code == 429
    assert sign_in(client, "kanri", "correct horse battery").status_code == 429


def test_wrong_passwords_of_the_directory_lock_as_others_do(client, hanako, settings):
    settings.AXES_ENABLED = True
    for _ in range(settings.AXES_FAILURE_LIMIT):
        response = sign_in(client, "hanako", "wrong")
    assert response.status_code == 429
    assert sign_in(client, "hanako", PASSWORD).status_code == 429


def test_the_programs_own_account_refused_is_not_the_persons_fault(hanako, directory, settings):
    changed(settings, ldap=replace(directory.settings, bind_password="changed"))
    with pytest.raises(Unavailable):
        try_password("hanako", PASSWORD)


def refresh(*arguments: str) -> str:
    output = StringIO()
    call_command("refresh_directory", *arguments, stdout=output)
    return output.getvalue()


def test_the_refresh_takes_the_rights_of_who_moved_or_left(
    client, hanako, directory, other_department
):
    group("DX-環境部", Role.MEMBER, other_department)
    taro = directory.add_person("taro")
    directory.set_group("DX-環境部", taro)
    for name in ("hanako", "taro"):
        assert try_password(name, PASSWORD) is not None
    client.force_login(
        User.objects.get(username="taro"), "operation.directory.ldap_directory.LdapBackend"
    )
    assert client.get("/team/").status_code == 200
    directory.remove(taro)
    directory.set_group("DX-市民部")
    directory.set_group("DX-環境部", hanako)
    assert "2人" in refresh()
    moved, left = (User.objects.get(username=name) for name in ("hanako", "taro"))
    assert [row.department for row in moved.memberships.all()] == [other_department]
    assert (left.is_active, left.memberships.count()) == (False, 0)
    assert client.get("/team/").status_code == 302


def test_the_refresh_stops_before_it_switches_off_half_the_office(directory, settings, hanako):
    for name in "abcd":
        directory.set_group("DX-市民部", directory.add_person(name))
        assert try_password(name, PASSWORD) is not None
    changed(settings, ldap=replace(directory.settings, user_filter="(&(uid={user})(sn=nobody))"))
    with pytest.raises(CommandError, match="--all"):
        refresh()
    assert User.objects.filter(directory="ldap", is_active=True).count() == 4
    refresh("--all")
    assert not User.objects.filter(directory="ldap", is_active=True).exists()


def test_the_refresh_changes_nothing_while_the_server_is_away(hanako, away, department):
    user = factories.member_of(department, username="x", directory="ldap", directory_id="0" * 36)
    with pytest.raises(CommandError, match="庁内アカウント"):
        refresh()
    user.refresh_from_db()
    assert user.is_active


def test_bytes_of_active_directory_are_read_as_it_shows_them():
    raw = bytes(range(16))
    entry = {"objectGUID": [raw]}
    key = ldap_directory._key(entry, "objectGUID")
    assert key == "03020100-0504-0706-0809-0a0b0c0d0e0f"
    assert ldap_directory._asserted("objectGUID", key) == "".join(f"\\{byte:02x}" for byte in raw)
    assert ldap_directory._key({"objectGUID": ["short"]}, "objectGUID") == ""
