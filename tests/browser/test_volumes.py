"""The sheet of yearly volumes by keyboard: down a column, save, confirm what is asked about."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from procedures.fiscal_year import last_complete_fiscal_year
from procedures.models import YearlyVolume
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def year():
    """The year that the sheet opens with."""
    return last_complete_fiscal_year(timezone.localdate())


@pytest.fixture
def procedures(department, year):
    """Three procedures; the second had ten times more last year than is going to be typed."""
    rows = factories.ProcedureFactory.create_batch(3, department=department)
    factories.VolumeFactory(procedure=rows[1], fiscal_year=year - 1, total=4000, online=2000)
    return rows


def cell(page, procedure, name):
    """The input of the column ``name`` in the procedure's row."""
    return page.locator(f"#id_row{procedure.pk}-{name}")


def totals(year) -> list[int | None]:
    rows = YearlyVolume.objects.filter(fiscal_year=year).order_by("procedure__number")
    return list(rows.values_list("total", flat=True))


def test_a_team_enters_a_column_of_numbers_and_confirms_one(visitor, member, procedures, year):
    first, second, third = procedures
    visitor.sign_in(member)
    page = visitor.page
    page.goto(visitor.address + reverse("volume_sheet"))
    visitor.check_page()

    cell(page, first, "total").focus()
    page.keyboard.type("１２０")
    page.keyboard.press("Enter")
    expect(cell(page, second, "total")).to_be_focused()
    page.keyboard.type("40")
    page.keyboard.press("ArrowDown")
    expect(cell(page, third, "total")).to_be_focused()
    page.keyboard.type("7")
    page.keyboard.press("Tab")
    expect(cell(page, third, "online")).to_be_focused()
    assert totals(year) == []
    page.keyboard.press("Control+Enter")

    expect(page.locator(".error-summary")).to_contain_text("2件は保存しました")
    assert totals(year) == [120, 7]
    visitor.check_page()
    page.get_by_label("この値で正しい").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    expect(
        page.get_by_role("status").filter(has_text="1件の手続の件数を保存しました。")
    ).to_be_visible()
    assert totals(year) == [120, 40, 7]


def test_a_question_about_one_number_is_answered_on_its_page(visitor, member, procedures, year):
    visitor.sign_in(member)
    page = visitor.page
    page.goto(visitor.address + reverse("volume_set", args=[procedures[1].pk]))
    visitor.check_page()
    page.get_by_label("年間件数").fill("40")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("桁に間違いはありませんか")).to_be_visible()
    visitor.check_page()
    page.get_by_label("この値で正しい").check()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", name=procedures[1].name)).to_be_visible()
    assert totals(year) == [40]
