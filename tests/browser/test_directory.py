"""The office's own login in a browser, at a real OpenID provider: in, moved, out."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from procedures.models import Role, TeamMembership, User
from tests import factories
from tests.browser.conftest import PASSWORD as LOCAL_PASSWORD
from tests.identity_provider.running import PASSWORD
from tests.sign_in_servers import group, sign_in_unasked, try_to_edit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def office(visitor, provider, department, other_department):
    """Two teams with a procedure each; the provider knows where this program is."""
    provider.clear(visitor.address + reverse("sign_in_answer"))
    for unit in (department, other_department):
        group(f"DX-{unit.name}", Role.MEMBER, unit)
    return {
        unit.name: factories.PlanFactory(procedure__department=unit).procedure
        for unit in (department, other_department)
    }


def sign_in(visitor, username: str, password: str = PASSWORD) -> None:
    """From the sign-in page to the provider, and back; its session may still be open."""
    page = visitor.page
    page.goto(f"{visitor.address}/")
    page.get_by_role("link", name="庁内アカウントでログイン").click()
    page.wait_for_load_state()
    if page.get_by_label("職員番号").is_visible():
        page.get_by_label("職員番号").fill(username)
        page.get_by_label("パスワード").fill(password)
        page.get_by_role("button", name="続ける").click()
        page.wait_for_load_state()


def sign_out(visitor) -> None:
    visitor.page.get_by_role("button", name="ログアウト").click()
    expect(visitor.page.get_by_role("heading", name="ログイン", exact=True)).to_be_visible()


def expect_team(visitor, name: str, other: str) -> None:
    """The team page is that of ``name`` and shows nothing of ``other``."""
    main = visitor.page.get_by_role("main")
    expect(main).to_contain_text(name)
    expect(main).not_to_contain_text(other)


@pytest.mark.evidence
def test_a_person_moved_between_groups_loses_the_old_teams_rights_at_the_next_sign_in(
    visitor, provider, office, evidence
):
    provider.set_person("hanako", "DX-市民部")
    sign_in(visitor, "hanako")
    assert visitor.page.url == visitor.address + reverse("team")
    expect_team(visitor, "市民部", "環境部")
    visitor.check_page()
    assert try_to_edit(visitor, office["市民部"]) == 200
    assert try_to_edit(visitor, office["環境部"]) == 403
    provider.set_person("hanako", "DX-環境部")
    sign_out(visitor)

    sign_in_unasked(visitor, User.objects.get(username="hanako"))
    kept = try_to_edit(visitor, office["市民部"])
    assert kept == 200, "control: the groups alone change nothing here"
    visitor.page.context.clear_cookies(domain="localhost")

    sign_in(visitor, "hanako")
    expect_team(visitor, "環境部", "市民部")
    assert try_to_edit(visitor, office["市民部"]) == 403
    assert try_to_edit(visitor, office["環境部"]) == 200
    rows = TeamMembership.objects.filter(user__username="hanako")
    assert [row.department.name for row in rows] == ["環境部"]
    evidence.says(
        "ログイン",
        "OpenID Connectの庁内アカウントでグループを移った人は、"
        "次のログインで前のチームの権限を失う。",
        "前の部局室の手続の編集は403、移った先の手続は編集できた（実際のプロバイダーとブラウザー）。",
        "グループを読み直さずにログインさせると、前の部局室の手続をまだ編集できた（200）。",
    )


def test_after_the_sign_out_the_providers_session_is_pointed_out(visitor, provider, office):
    provider.set_person("hanako", "DX-市民部")
    sign_in(visitor, "hanako")
    sign_out(visitor)
    link = visitor.page.get_by_role("link", name="庁内アカウントからもログアウト")
    expect(link).to_have_attribute("href", f"{provider.origin}/o/logout/")
    visitor.check_page()
    visitor.page.goto(visitor.address + reverse("team"))
    expect(visitor.page.get_by_role("heading", name="ログイン", exact=True)).to_be_visible()


def test_without_a_group_the_page_says_whom_to_ask(visitor, provider, office):
    provider.set_person("taro")
    sign_in(visitor, "taro")
    expect(visitor.page.get_by_role("alert").first).to_contain_text("グループに入っていません")
    visitor.console_errors.clear()  # the browser logs the 403 itself
    visitor.check_page()


def test_a_wrong_password_stays_at_the_provider(visitor, provider, office):
    provider.set_person("hanako", "DX-市民部")
    sign_in(visitor, "hanako", "wrong")
    assert visitor.page.url.startswith(provider.origin)
    assert not User.objects.filter(username="hanako").exists()


def test_an_account_of_this_program_signs_in_beside_it(visitor, provider, office, administrator):
    page = visitor.page
    page.goto(f"{visitor.address}/")
    visitor.check_page()
    page.get_by_label("ユーザー名").fill(administrator.username)
    page.get_by_label("パスワード").fill(LOCAL_PASSWORD)
    page.get_by_role("button", name="ログイン", exact=True).click()
    expect(page.get_by_role("button", name="ログアウト")).to_be_visible()
