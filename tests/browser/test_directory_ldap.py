"""The office's own login in a browser, with a real LDAP server: in, moved, refused."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from procedures.models import Role, TeamMembership, User
from tests import factories
from tests.directory_server import PASSWORD
from tests.sign_in_servers import group, sign_in_unasked, try_to_edit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def office(directory, department, other_department):
    """Two teams with a procedure each, and a person in the group of the first; her whole name."""
    for unit in (department, other_department):
        group(f"DX-{unit.name}", Role.MEMBER, unit)
        factories.PlanFactory(procedure__department=unit)
    hanako = directory.add_person("hanako")
    directory.set_group("DX-市民部", hanako)
    directory.set_group("DX-環境部")
    return hanako


def sign_in(visitor, username: str, password: str = PASSWORD) -> None:
    page = visitor.page
    page.context.clear_cookies()
    page.goto(f"{visitor.address}/")
    page.get_by_label("ユーザー名").fill(username)
    page.get_by_label("パスワード").fill(password)
    page.get_by_role("button", name="ログイン").click()
    page.wait_for_load_state()


@pytest.mark.evidence
def test_a_person_moved_between_groups_loses_the_old_teams_rights_at_the_next_sign_in(
    visitor, directory, office, department, other_department, evidence
):
    old, new = (unit.procedures.get() for unit in (department, other_department))
    sign_in(visitor, "hanako")
    assert visitor.page.url == visitor.address + reverse("team")
    expect(visitor.page.get_by_role("main")).to_contain_text("市民部")
    visitor.check_page()
    assert try_to_edit(visitor, old) == 200
    directory.set_group("DX-市民部")
    directory.set_group("DX-環境部", office)

    sign_in_unasked(visitor, User.objects.get(username="hanako"))
    kept = try_to_edit(visitor, old)
    assert kept == 200, "control: the groups alone change nothing here"

    sign_in(visitor, "hanako")
    expect(visitor.page.get_by_role("main")).to_contain_text("環境部")
    expect(visitor.page.get_by_role("main")).not_to_contain_text("市民部")
    assert try_to_edit(visitor, old) == 403
    assert try_to_edit(visitor, new) == 200
    rows = TeamMembership.objects.filter(user__username="hanako")
    assert [row.department.name for row in rows] == ["環境部"]
    evidence.says(
        "ログイン",
        "LDAPの庁内アカウントでグループを移った人は、次のログインで前のチームの権限を失う。",
        "前の部局室の手続の編集は403、移った先の手続は編集できた（実際のLDAPサーバーとブラウザー）。",
        "グループを読み直さずにログインさせると、前の部局室の手続をまだ編集できた（200）。",
    )


def test_a_wrong_password_and_no_group_are_told_apart(visitor, directory, office):
    sign_in(visitor, "hanako", "wrong")
    expect(visitor.page.locator(".error-summary")).to_contain_text("ユーザー名")
    visitor.check_page()
    directory.add_person("taro")
    sign_in(visitor, "taro")
    expect(visitor.page.locator(".error-summary")).to_contain_text("グループに入っていません")
    visitor.check_page()
