"""The division's journey: the dashboard, a number and its rows, procedures for departments."""

import pytest
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


def test_giving_a_procedure_to_a_department(visitor, division_person, inventory, department):
    visitor.sign_in(division_person)
    page = visitor.page
    page.get_by_role("link", name="所管未定").first.click()
    visitor.check_page()
    page.get_by_role("checkbox", name="所管の決まらない申請").check()
    page.get_by_label("部局室").select_option(label=department.name)
    page.get_by_role("button", name="選んだ手続の所管を決める").click()
    expect(page.get_by_role("status").first).to_contain_text("1件")
    inventory.refresh_from_db()
    assert inventory.department == department
