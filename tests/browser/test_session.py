"""A session that ran out loses nothing that was typed; a form of an earlier sign-in neither."""

from datetime import date

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from procedures.rules import Answer
from tests import factories
from tests.browser.conftest import PASSWORD
from tests.tracking.desks import Desk

pytestmark = pytest.mark.django_db(transaction=True)
RESTORED = "ログインし直す前に入力した内容を戻しました。まだ保存していません。"


@pytest.fixture
def procedure(department):
    """A procedure of ``department`` with a plan."""
    plan = factories.PlanFactory(procedure__department=department, assignee="山田")
    return plan.procedure


def end_sessions() -> None:
    Session.objects.all().delete()


def sign_in_again(page, user) -> None:
    """By the form of the login page to which the browser was sent."""
    expect(page.get_by_role("heading", name="ログイン")).to_be_visible()
    page.get_by_label("ユーザー名").fill(user.username)
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="ログイン").click()


def expect_no_draft(page) -> None:
    """The tab keeps nothing, once the page has looked at what it kept."""
    page.wait_for_function("(sessionStorage.getItem('drafts') ?? '[]') === '[]'")


def type_into_row(page, procedure, *, target: str = "2031-03-31", note: str = "要綱\n改正待ち"):
    page.locator(f"#edit-{procedure.pk}").click()
    row = page.locator(f"#row-form-{procedure.pk}")
    row.get_by_label("目標日").fill(target)
    row.get_by_label("金銭納付").select_option(label="不要")
    row.get_by_label("保留の理由").fill(note)
    return row


def plan_page(visitor, procedure) -> str:
    return visitor.address + reverse("plan_edit", args=[procedure.pk])


def test_a_row_edit_is_there_again_after_the_login_and_is_saved(visitor, member, procedure):
    visitor.sign_in(member)
    page = visitor.page
    page.goto(f"{visitor.address}/team/?sort=name")
    row = type_into_row(page, procedure)
    end_sessions()
    row.get_by_role("button", name="保存").click()
    expect(page.get_by_text("入力した内容は控えてあります")).to_be_visible()
    visitor.check_page()

    sign_in_again(page, member)

    expect(row.get_by_role("status").filter(has_text=RESTORED)).to_be_focused()
    assert page.url.endswith("/team/?sort=name")
    expect(row.get_by_label("目標日")).to_have_value("2031-03-31")
    expect(row.get_by_label("保留の理由")).to_have_value("要綱\n改正待ち")
    visitor.check_page()
    row.get_by_role("button", name="保存").click()
    expect(page.locator(f"#procedure-{procedure.pk}")).to_contain_text("保存しました")
    procedure.refresh_from_db()
    assert procedure.payment == Answer.NOT_NEEDED
    assert procedure.plan.target_date == date(2031, 3, 31)
    expect_no_draft(page)


def test_every_row_being_edited_is_there_again_and_not_only_the_one_that_was_sent(
    visitor, member, procedure, department
):
    second = factories.ProcedureFactory(department=department)
    factories.ProcedureFactory(department=department)
    visitor.sign_in(member)
    page = visitor.page
    rows = [type_into_row(page, one, note=one.name) for one in (procedure, second)]
    end_sessions()
    rows[1].get_by_role("button", name="保存").click()
    sign_in_again(page, member)
    for row, one in zip(rows, (procedure, second), strict=True):
        expect(row.get_by_label("保留の理由")).to_have_value(one.name)
        expect(row).to_contain_text(RESTORED)
    expect(page.locator("[data-row-form]")).to_have_count(2)


def test_opening_another_row_after_the_session_ended_keeps_what_was_typed_in_the_first(
    visitor, member, procedure, department
):
    second = factories.ProcedureFactory(department=department)
    visitor.sign_in(member)
    page = visitor.page
    row = type_into_row(page, procedure)
    end_sessions()
    page.locator(f"#edit-{second.pk}").click()
    sign_in_again(page, member)
    expect(row.get_by_label("目標日")).to_have_value("2031-03-31")


def test_what_somebody_else_changed_meanwhile_is_still_compared(visitor, member, procedure):
    visitor.sign_in(member)
    page = visitor.page
    row = type_into_row(page, procedure)
    end_sessions()
    row.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", name="ログイン")).to_be_visible()
    colleague = factories.member_of(procedure.department, display_name="佐藤 花子")
    Desk(Client(), colleague).edits(procedure, **{"plan-target_date": "2030-01-31"})
    sign_in_again(page, member)
    expect(row.get_by_label("目標日")).to_have_value("2031-03-31")
    row.get_by_role("button", name="保存").click()
    expect(page.locator("table.compare")).to_contain_text("2030年1月31日")
    expect(page.locator("table.compare")).to_contain_text("佐藤 花子")


def test_a_row_that_the_list_shows_no_more_comes_back_on_a_page_of_its_own(
    visitor, member, procedure
):
    visitor.sign_in(member)
    page = visitor.page
    page.goto(f"{visitor.address}/team/?status=not_started")
    row = type_into_row(page, procedure)
    end_sessions()
    row.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", name="ログイン")).to_be_visible()
    type(procedure.plan).objects.update(status="reviewing")
    sign_in_again(page, member)
    expect(page.get_by_role("heading", name="計画と回答の編集")).to_be_visible()
    expect(row.get_by_label("目標日")).to_have_value("2031-03-31")
    row.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status").filter(has_text="保存しました")).to_be_visible()
    assert page.url.endswith("/team/?status=not_started")
    procedure.plan.refresh_from_db()
    assert procedure.plan.target_date == date(2031, 3, 31)


def test_a_whole_page_is_there_again_after_the_login_and_is_saved(visitor, member, procedure):
    visitor.sign_in(member)
    page = visitor.page
    page.goto(plan_page(visitor, procedure))
    page.get_by_label("担当者").fill("佐藤")
    end_sessions()
    page.get_by_role("button", name="保存").click()
    sign_in_again(page, member)

    expect(page.get_by_text(RESTORED)).to_be_visible()
    expect(page.get_by_label("担当者")).to_have_value("佐藤")
    visitor.check_page()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("計画を保存しました。")).to_be_visible()
    procedure.plan.refresh_from_db()
    assert procedure.plan.assignee == "佐藤"
    expect_no_draft(page)
    page.goto(plan_page(visitor, procedure))
    expect(page.get_by_text(RESTORED)).to_have_count(0)


def test_ticks_choices_and_lines_of_a_long_form_come_back_too(visitor, member, procedure):
    visitor.sign_in(member)
    page = visitor.page
    page.goto(visitor.address + reverse("facts_edit", args=[procedure.pk]))
    note = page.get_by_role("textbox", name="備考")
    answer = page.get_by_role("combobox", name="対面")
    note.fill("一行目\n二行目")
    answer.select_option(label="不要")
    box = page.locator("main input[type=checkbox]").first
    box.check()
    end_sessions()
    page.get_by_role("button", name="保存").click()
    sign_in_again(page, member)
    expect(note).to_have_value("一行目\n二行目")
    expect(answer).to_have_value(Answer.NOT_NEEDED)
    expect(box).to_be_checked()


def test_a_wrong_password_in_between_costs_nothing(visitor, member, procedure):
    visitor.sign_in(member)
    page = visitor.page
    page.goto(plan_page(visitor, procedure))
    page.get_by_label("担当者").fill("佐藤")
    end_sessions()
    page.get_by_role("button", name="保存").click()
    page.get_by_label("ユーザー名").fill(member.username)
    page.get_by_label("パスワード").fill("wrong")
    page.get_by_role("button", name="ログイン").click()
    expect(page.locator(".error-summary")).to_be_visible()
    sign_in_again(page, member)
    expect(page.get_by_label("担当者")).to_have_value("佐藤")


def test_another_person_sees_nothing_of_it(visitor, member, procedure):
    visitor.sign_in(member)
    page = visitor.page
    page.goto(plan_page(visitor, procedure))
    page.get_by_label("担当者").fill("佐藤")
    end_sessions()
    page.get_by_role("button", name="保存").click()
    sign_in_again(page, factories.member_of(procedure.department))
    expect(page.get_by_label("担当者")).to_have_value("山田")
    expect(page.get_by_text(RESTORED)).to_have_count(0)
    expect_no_draft(page)


@pytest.mark.parametrize("assignee", ["佐藤", "佐" * 300], ids=["saved", "refused"])
def test_a_form_that_was_answered_leaves_no_draft(visitor, member, procedure, assignee):
    visitor.sign_in(member)
    page = visitor.page
    page.goto(plan_page(visitor, procedure))
    page.get_by_label("担当者").evaluate("field => field.removeAttribute('maxlength')")
    page.get_by_label("担当者").fill(assignee)
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".notice--success, .error-summary")).to_be_visible()
    expect_no_draft(page)
    expect(page.get_by_text(RESTORED)).to_have_count(0)


def test_a_password_is_not_kept(visitor, member):
    visitor.sign_in(member)
    page = visitor.page
    page.goto(visitor.address + reverse("password_change"))
    for field in page.locator("main input[type=password]").all():
        field.fill("correct horse battery 2")
    end_sessions()
    page.locator("main button[type=submit]").click()
    expect(page.get_by_role("heading", name="ログイン")).to_be_visible()
    expect_no_draft(page)


def sign_in_elsewhere(visitor, user) -> None:
    """Another tab of the same browser: the session goes on, the form's token does not."""
    visitor.page.context.clear_cookies()
    tab = visitor.page.context.new_page()
    tab.goto(visitor.address)
    sign_in_again(tab, user)
    expect(tab.get_by_role("button", name="ログアウト")).to_be_visible()
    tab.close()


def test_a_form_of_an_earlier_sign_in_is_there_again_when_its_page_is_opened(
    visitor, member, procedure
):
    visitor.sign_in(member)
    page = visitor.page
    page.goto(plan_page(visitor, procedure))
    page.get_by_label("担当者").fill("佐藤")
    sign_in_elsewhere(visitor, member)
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("このブラウザーのタブに控えてあります")).to_be_visible()
    visitor.console_errors.clear()  # the browser logs the 403 itself
    visitor.check_page()
    page.get_by_role("link", name="元の画面を開き直す").click()
    expect(page.get_by_label("担当者")).to_have_value("佐藤")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("計画を保存しました。")).to_be_visible()


def test_a_row_edit_of_an_earlier_sign_in_is_there_again_by_itself(visitor, member, procedure):
    visitor.sign_in(member)
    page = visitor.page
    row = type_into_row(page, procedure)
    sign_in_elsewhere(visitor, member)
    row.get_by_role("button", name="保存").click()
    expect(row).to_contain_text(RESTORED)
    expect(row.get_by_label("目標日")).to_have_value("2031-03-31")
    row.get_by_role("button", name="保存").click()
    expect(page.locator(f"#procedure-{procedure.pk}")).to_contain_text("保存しました")
