"""What the pages offer to whom: the ways in, and no password where the office's login keeps it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import engines
from django.urls import reverse

from operation.directory.configuration import BACKENDS, LDAP, OIDC, REMOTE, SignIn
from operation.directory.views import KEPT_ELSEWHERE
from procedures.models import AuditEvent, DirectoryGroup, DirectoryKind, Role, User
from tests import factories
from tests.pages import text

pytestmark = pytest.mark.django_db
AT_PROVIDER, BY_PROXY = reverse("sign_in_at_provider"), reverse("sign_in_by_proxy")


def page(client, settings, *ways: str) -> str:
    settings.SIGN_IN = SignIn(ways=ways)
    return text(client.get(reverse("login"), {"next": "/team/?q=転入&sort=name"}))


def test_with_local_accounts_alone_the_page_speaks_of_no_other_way(client, settings):
    shown = page(client, settings, "local")
    assert "庁内アカウント" not in shown
    assert AT_PROVIDER not in shown
    assert BY_PROXY not in shown


def test_the_page_names_each_way_and_where_it_leads(client, settings):
    shown = page(client, settings, "local", OIDC, REMOTE)
    assert f'href="{AT_PROVIDER}?next=%2Fteam%2F%3Fq%3D%E8%BB%A2%E5%85%A5%26sort%3Dname"' in shown
    assert f'action="{BY_PROXY}"' in shown
    assert "この台帳のアカウントでログイン" in shown


def test_an_administrators_way_in_is_there_though_aside(client, settings):
    shown = page(client, settings, OIDC)
    assert "<details" in shown
    assert 'name="password"' in shown


def test_one_form_serves_the_directory_and_local_accounts(client, settings):
    shown = page(client, settings, "local", LDAP)
    assert shown.count('name="password"') == 1
    assert "庁内の端末にログインするときのユーザー名とパスワード" in shown


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("address", [AT_PROVIDER, reverse("sign_in_answer"), BY_PROXY])
def test_a_way_that_is_not_switched_on_is_not_there(client, address, method):
    assert getattr(client, method)(address).status_code in (404, 405)


@pytest.fixture
def of_directory(department):
    """A member whom the office's directory knows."""
    return factories.member_of(
        department, username="hanako", directory=DirectoryKind.REMOTE, directory_id="hanako"
    )


@pytest.fixture
def signed_in_there(client, of_directory, proxy):
    """The browser of that member."""
    client.force_login(of_directory, BACKENDS[REMOTE])
    return client


def test_a_password_of_this_program_never_signs_a_person_of_the_directory_in(client, of_directory):
    assert of_directory.check_password("correct horse battery")
    form = {"username": "hanako", "password": "correct horse battery"}
    assert client.post(reverse("login"), form).status_code == 200
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_person_of_the_directory_has_no_password_to_change_here(signed_in_there, method):
    assert reverse("password_change") not in text(signed_in_there.get("/team/"))
    response = getattr(signed_in_there, method)(reverse("password_change"))
    assert response.status_code == 403
    assert KEPT_ELSEWHERE in text(response)


@pytest.fixture
def administration(signed_in, administrator, monkeypatch):
    """The administrator's client; templates of other packages may leave a variable out."""
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", "")
    return signed_in(administrator)


def person_form(user: User, **changes: str) -> dict[str, str]:
    return {
        "username": user.username, "display_name": user.display_name, "is_active": "on",
        "memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0",
    } | changes  # fmt: skip


def test_an_administrator_hands_an_account_over_to_the_directory(administration, member):
    address = reverse("admin:procedures_user_change", args=[member.pk])
    administration.post(address, person_form(member, directory="ldap"))
    member.refresh_from_db()
    assert member.directory == DirectoryKind.LDAP
    assert not member.has_usable_password()


def test_a_key_without_a_directory_is_refused_with_a_sentence(administration, member):
    address = reverse("admin:procedures_user_change", args=[member.pk])
    response = administration.post(address, person_form(member, directory_id="x"))
    assert "ログインの方法が庁内アカウントのときだけ" in text(response)


def test_an_administrator_gives_no_password_to_a_person_of_the_directory(
    administration, of_directory
):
    address = reverse("admin:auth_user_password_change", args=[of_directory.pk])
    assert administration.get(address).status_code == 403
    new = {"usable_password": "true", "password1": "x" * 20, "password2": "x" * 20}
    assert administration.post(address, new).status_code == 403


def test_a_group_is_kept_with_its_history_and_in_the_audit_log(administration, department):
    administration.post(
        reverse("admin:procedures_directorygroup_add"),
        {"name": "DX-市民部", "role": Role.MEMBER, "department": department.pk},
    )
    row = DirectoryGroup.objects.get()
    assert row.history.get().change_source == "admin"
    event = AuditEvent.objects.filter(kind=AuditEvent.Kind.PERMISSION).latest("at")
    assert "DX-市民部" in event.what


def test_a_team_role_without_a_department_is_refused_with_a_sentence(administration):
    response = administration.post(
        reverse("admin:procedures_directorygroup_add"), {"name": "DX", "role": Role.MEMBER}
    )
    assert "役割には部局室を選び" in text(response)
    assert not DirectoryGroup.objects.exists()


def test_groups_come_in_from_a_file(administration, department):
    address = reverse("admin:procedures_directorygroup_import")
    content = "グループ,役割,部局室\r\nDX-市民部,DX推進チーム員,市民部\r\nDX-情報,情報政策課,\r\n"
    file = SimpleUploadedFile("groups.csv", content.encode("utf-8-sig"))
    preview = administration.post(address, {"file": file})
    assert preview.context["outcome"].new_count == 2
    ticket = {"ticket": preview.context["ticket"]}
    administration.post(reverse("admin:procedures_directorygroup_process_import"), ticket)
    assert set(DirectoryGroup.objects.values_list("name", "role", "department__name")) == {
        ("DX-市民部", "member", "市民部"),
        ("DX-情報", "division", None),
    }


def test_the_admin_has_no_sign_in_of_its_own(client, member, administrator):
    address = reverse("admin:login")
    form = {"username": administrator.username, "password": "correct horse battery"}
    for response in (client.get(address), client.post(address, form)):
        assert response.url == f"{reverse('login')}?next={reverse('admin:index')}"
    client.force_login(member)
    assert client.get(reverse("admin:index"), follow=True).status_code == 403
    client.force_login(administrator)
    assert client.get(address).url == reverse("admin:index")
    assert client.get(reverse("admin:password_change")).url == reverse("password_change")


def test_the_way_to_the_admin_leads_to_no_other_site(client, administrator):
    start = client.get(reverse("admin:login"), {"next": "https://example.com/"})
    form = {"username": administrator.username, "password": "correct horse battery"}
    assert client.post(start.url, form).url == reverse("home")
