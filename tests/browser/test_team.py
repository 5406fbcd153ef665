"""The team member's journey: what waits, an edit in place by keyboard alone, and why it changed."""

from datetime import date

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from procedures.actions import assign_department
from procedures.models import Procedure
from procedures.rules import Answer
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def procedure(department):
    """A procedure that one unanswered aspect keeps from being a priority."""
    return factories.ProcedureFactory(
        department=department, name="転入の届出", clear=True, payment=Answer.UNKNOWN
    )


def edit_link(page, procedure):
    """The 編集 of the procedure's row."""
    return page.locator(f"#edit-{procedure.pk}")


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def tab_to(page, locator, most: int = 60) -> None:
    """Tab until ``locator`` has the focus, as somebody without a mouse does."""
    for _ in range(most):
        if locator.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{locator} cannot be reached by keyboard")


def test_an_answer_is_given_by_keyboard_alone_and_the_category_follows(visitor, member, procedure):
    visitor.sign_in(member)
    page = visitor.page
    expect(page.get_by_role("heading", name="市民部の手続")).to_be_visible()
    visitor.check_page()

    edit = edit_link(page, procedure)
    tab_to(page, edit)
    press(page, "Enter")
    payment = page.get_by_label("金銭納付")
    expect(payment).to_be_visible()
    visitor.check_page()
    tab_to(page, payment)
    press(page, "Home")  # the first choice: 不要
    procedure.refresh_from_db()
    assert procedure.payment == Answer.UNKNOWN, "something was saved before 保存"
    press(page, "Control+Enter")

    row = page.locator(f"#procedure-{procedure.pk}")
    expect(row).to_contain_text("区分が「検討」から「優先」になりました")
    expect(row.locator(".badge--priority")).to_be_visible()
    expect(edit_link(page, procedure)).to_be_focused()
    visitor.check_page()
    procedure.refresh_from_db()
    assert (procedure.payment, procedure.category) == (Answer.NOT_NEEDED, "priority")


def test_escape_leaves_the_edit_and_nothing_is_saved(visitor, member, procedure):
    visitor.sign_in(member)
    page = visitor.page
    edit = edit_link(page, procedure)
    tab_to(page, edit)
    press(page, "Enter")
    payment = page.get_by_label("金銭納付")
    tab_to(page, payment)
    press(page, "Home")  # the first choice: 不要
    press(page, "Escape")
    page.get_by_role("button", name="破棄する").click()
    expect(payment).to_be_hidden()
    expect(edit).to_be_focused()
    procedure.refresh_from_db()
    assert (procedure.payment, procedure.version) == (Answer.UNKNOWN, 1)


def test_the_second_of_two_people_sees_both_values_and_loses_nothing(
    visitor, browser, live_server, member, department, procedure
):
    visitor.sign_in(member)
    mine = visitor.page
    edit_link(mine, procedure).click()
    mine.get_by_label("目標日").fill("2027-03-31")
    mine.get_by_label("金銭納付").select_option(label="不要")

    other = type(visitor)(browser.new_page(), live_server.url)
    other.sign_in(factories.member_of(department, display_name="佐藤 花子"))
    edit_link(other.page, procedure).click()
    other.page.get_by_label("目標日").fill("2027-01-31")
    other.page.get_by_role("button", name="保存").click()
    expect(other.page.locator(f"#procedure-{procedure.pk}")).to_contain_text("保存しました")
    other.page.close()

    mine.get_by_role("button", name="保存").click()
    compare = mine.locator("table.compare")
    expect(compare).to_contain_text("2027年3月31日")
    expect(compare).to_contain_text("2027年1月31日")
    expect(compare).to_contain_text("佐藤 花子")
    visitor.check_page()
    mine.get_by_label("あなたの入力").check()
    mine.get_by_role("button", name="保存").click()
    expect(mine.locator(f"#procedure-{procedure.pk}")).to_contain_text("保存しました")
    procedure.refresh_from_db()
    assert str(procedure.plan.target_date) == "2027-03-31"
    assert procedure.payment == Answer.NOT_NEEDED
    assert procedure.plan.history.count() == 2


def test_the_page_of_a_procedure_says_why(visitor, member, procedure):
    visitor.sign_in(member)
    page = visitor.page
    page.get_by_role("link", name="転入の届出", exact=True).click()
    expect(page.get_by_role("heading", name="区分とその理由")).to_be_visible()
    expect(
        page.get_by_text("「金銭納付」は未調査ですので、要否を確認してください。")
    ).to_be_visible()
    visitor.check_page()


def test_a_wrong_filter_says_so_and_shows_no_rows(visitor, member, procedure):
    visitor.sign_in(member)
    visitor.page.goto(f"{visitor.address}/team/?status=finished")
    expect(visitor.page.locator(".error-summary")).to_be_visible()
    expect(visitor.page.locator("tbody[id^=procedure-]")).to_have_count(0)
    visitor.check_page()


def test_a_row_that_moved_to_another_department_says_why_it_cannot_be_saved(
    visitor, member, procedure, other_department, division_person
):
    visitor.sign_in(member)
    page = visitor.page
    edit_link(page, procedure).click()
    page.get_by_label("目標日").fill("2027-03-31")
    assign_department(
        procedure_ids=[procedure.pk], department=other_department, division=None, by=division_person
    )
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("alert").filter(has_text="環境部")).to_be_visible()
    expect(page.get_by_label("目標日")).to_have_value("2027-03-31")
    procedure.refresh_from_db()
    assert not hasattr(procedure, "plan")


@pytest.mark.parametrize(
    ("address", "label"), [("plan_edit", "国の期限"), ("facts_edit", "廃止日")]
)
def test_a_half_deleted_date_is_not_sent_as_an_empty_one(
    visitor, member, procedure, address, label
):
    factories.PlanFactory(procedure=procedure, national_due=date(2027, 3, 31))
    Procedure.objects.filter(pk=procedure.pk).update(abolished_on=date(2027, 3, 31))
    visitor.sign_in(member)
    page = visitor.page
    page.goto(visitor.address + reverse(address, args=[procedure.pk]))
    page.get_by_label(label).focus()
    press(page, "Delete")
    page.get_by_role("button", name="保存").click()
    page.wait_for_timeout(500)
    procedure.refresh_from_db()
    assert procedure.abolished_on == procedure.plan.national_due == date(2027, 3, 31)
