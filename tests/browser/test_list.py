"""The team's list: its heading stays, what unfolds gets the focus, a row is confirmed in place."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from procedures.models import Procedure
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def procedures(department):
    """More than a screen of procedures that nobody has touched for long."""
    found = [
        factories.ProcedureFactory(department=department, clear=bool(number % 2))
        for number in range(20)
    ]
    Procedure.objects.update(changed_at=timezone.now() - timedelta(days=200))
    return found


@pytest.fixture
def team_page(visitor, member, procedures):
    """The team's page before its member."""
    visitor.sign_in(member)
    expect(visitor.page.get_by_role("heading", name="市民部の手続")).to_be_visible()
    return visitor.page


def test_the_heading_stays_in_view_and_sorts(visitor, team_page):
    visitor.check_page()
    region = team_page.get_by_role("region", name="手続の一覧")
    region.evaluate("element => { element.scrollTop = 400; }")
    heading = team_page.get_by_role("columnheader", name="手続名")
    expect(heading).to_be_in_viewport()
    top = heading.evaluate("element => element.getBoundingClientRect().top")
    assert abs(top - region.evaluate("element => element.getBoundingClientRect().top")) < 3
    heading.get_by_role("link").click()
    expect(team_page.locator("th[aria-sort=ascending]")).to_have_text("手続名")
    visitor.check_page()


def test_what_unfolds_gets_the_focus_and_loses_no_typed_word(visitor, team_page):
    team_page.get_by_label("検索").fill("申請")
    team_page.get_by_role("link", name="条件を追加する").click()
    expect(team_page.get_by_label("集計の対象")).to_be_focused()
    expect(team_page.get_by_label("検索")).to_have_value("申請")
    team_page.get_by_role("link", name="オンライン化率とほかの件数を見る").click()
    expect(team_page.locator("#figures")).to_be_focused()
    expect(team_page.locator("#figures")).to_contain_text("オンライン化率")
    visitor.check_page()


def test_a_row_is_confirmed_where_it_stands(visitor, team_page, procedures):
    team_page.get_by_role("link", name="確認の時期").click()
    first = team_page.locator(f"#procedure-{procedures[0].pk}")
    first.get_by_role("button", name="変更なし確認").click()
    expect(first).to_contain_text("変更がないことを確認しました")
    expect(team_page.locator(f"#edit-{procedures[0].pk}")).to_be_focused()
    expect(team_page.get_by_role("link", name="確認の時期")).to_contain_text("19")
    visitor.check_page()


def test_a_narrow_screen_shows_a_card_for_each_row(visitor, team_page, procedures):
    team_page.set_viewport_size({"width": 375, "height": 800})
    team_page.goto(visitor.address + reverse("team"))
    row = team_page.locator(f"#procedure-{procedures[0].pk}")
    row.scroll_into_view_if_needed()
    expect(row.get_by_role("link", name="質問に答える")).to_be_visible()
    row.get_by_role("checkbox").check()
    expect(team_page.get_by_text("選んだ1件を")).to_be_attached()
