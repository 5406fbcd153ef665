"""The division's journey: the dashboard, a number and its rows, procedures for departments."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def inventory(department, other_department):
    """Three procedures of two departments, one of them online, and one of nobody."""
    factories.GoalFactory()
    factories.PlanFactory(procedure__department=department, online=True)
    factories.ProcedureFactory(department=department)
    factories.ProcedureFactory(department=other_department)
    return factories.ProcedureFactory(unassigned=True, name="所管の決まらない申請")


def test_from_a_figure_to_exactly_its_rows(visitor, division_person, inventory):
    visitor.sign_in(division_person)
    page = visitor.page
    expect(page.get_by_role("heading", name="全庁の状況")).to_be_visible()
    visitor.check_page()
    number = page.locator('.figure a[href*="set=online"]').first
    assert number.inner_text() == "1"
    number.click()
    expect(page.locator("tbody[id^=procedure-]")).to_have_count(1)
    visitor.check_page()


def test_the_rate_of_another_city_and_one_departments_divisions(
    visitor, division_person, inventory, department
):
    visitor.sign_in(division_person)
    page = visitor.page
    page.locator("summary", has_text="ほかの市の率と比べる").press("Enter")
    other = re.compile("この率で見る.*適用除外を含む手続、手続の数")
    page.get_by_role("link", name=other).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("オンライン化率（手続の数）：適用除外を含む手続").first).to_be_visible()
    visitor.check_page()
    page.get_by_role("link", name=department.name, exact=True).click()
    expect(page.get_by_role("heading", name=f"{department.name}の課別の状況")).to_be_visible()
    assert "base=in_scope" in page.url
    visitor.check_page()
    page.get_by_role("link", name="条件をすべて外す").click()
    expect(page.get_by_role("heading", name="部局室別の状況")).to_be_visible()


def test_narrowing_the_page_and_a_day_that_is_not_known(visitor, division_person, inventory):
    visitor.sign_in(division_person)
    page = visitor.page
    visitor.follow(page.get_by_role("link", name="部局室や区分などの条件を追加する"))
    visitor.check_page()
    page.get_by_label("状況", exact=True).select_option(label="オンライン化済")
    page.get_by_role("button", name="表示する").click()
    expect(page.get_by_text("状況 オンライン化済")).to_be_visible()
    assert page.locator('.figure a[href*="set=online&"]').first.inner_text() == "1"
    page.get_by_role("textbox", name="基準日").fill("2001-04-01")
    page.get_by_role("button", name="表示する").click()
    expect(page.get_by_role("alert").first).to_contain_text("基準日")
    visitor.check_page()


def test_every_figure_is_explained(visitor, division_person, inventory):
    visitor.sign_in(division_person)
    page = visitor.page
    page.get_by_role("link", name="指標", exact=True).first.click()
    expect(page.get_by_role("heading", name="来庁不要率")).to_be_visible()
    visitor.check_page()


def test_giving_a_procedure_to_a_department(visitor, division_person, inventory, department):
    visitor.sign_in(division_person)
    page = visitor.page
    visitor.follow(page.get_by_role("link", name="所管未定").first)
    visitor.check_page()
    page.get_by_role("checkbox", name="所管の決まらない申請").check()
    page.get_by_label("部局室").select_option(label=department.name)
    page.get_by_role("button", name="選んだ手続の所管を決める").click()
    expect(page.get_by_role("status").first).to_contain_text("1件")
    inventory.refresh_from_db()
    assert inventory.department == department


def test_a_full_list_and_dashboard(visitor, administrator, department):
    """With rows of every status and category, as the demo has them."""
    factories.GoalFactory()
    factories.PlanFactory(procedure__department=department, online=True)
    factories.PlanFactory(
        procedure__department=department, status="on_hold", hold_reason="条例の改正を待つため"
    )
    factories.ProcedureFactory(department=department, clear=True)
    visitor.sign_in(administrator)
    for name in ("dashboard", "procedure_list"):
        visitor.page.goto(visitor.address + reverse(name))
        visitor.check_page()
