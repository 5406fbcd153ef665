"""目標 in a browser: from 全庁の状況 to a goal and back to its line, with the keyboard alone."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from procedures.fiscal_year import fiscal_year
from tests import factories
from tracking.models import Goal

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_goal_is_set_seen_in_the_chart_changed_and_deleted(visitor, division_person, department):
    factories.PlanFactory(procedure__department=department, online=True)
    visitor.sign_in(division_person)
    page = visitor.page
    visitor.follow(page.get_by_role("link", name="「目標」のページで設定"))
    visitor.check_page()

    page.get_by_label("年度").fill("令和３０年度")
    page.get_by_label("オンライン化率の目標（%）").fill("八十")
    page.keyboard.press("Enter")
    expect(page.locator(".error-summary")).to_contain_text("「八十」は割合として読み取れません")
    visitor.check_page()

    page.get_by_label("年度").fill(str(fiscal_year(timezone.localdate())))
    page.get_by_label("オンライン化率の目標（%）").fill("８０．５")
    page.keyboard.press("Enter")
    expect(page.get_by_text("80.5% に設定しました")).to_be_visible()
    visitor.check_page()

    page.get_by_role("link", name="状況", exact=True).press("Enter")
    chart = page.get_by_role("img", name="オンライン化済の手続の数の推移")
    expect(chart).to_contain_text("目標 80.5%")
    visitor.check_page()

    page.get_by_role("link", name="年度の目標").press("Enter")
    visitor.follow(page.locator("tbody a", has_text="変更"))
    visitor.check_page()
    page.get_by_label("オンライン化率の目標（%）").fill("75")
    page.keyboard.press("Enter")
    expect(page.get_by_text("75.0% で保存しました")).to_be_visible()
    page.locator("tbody a", has_text="変更").press("Enter")
    page.get_by_role("button", name="の目標を削除").press("Enter")
    expect(page.get_by_text("目標はまだありません")).to_be_visible()
    assert not Goal.objects.exists()
