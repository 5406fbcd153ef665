"""The end of a sign-in is told in time and costs nothing; people come, move and go by a list."""

import io
from contextlib import contextmanager

import openpyxl
import pytest
from django.urls import reverse
from playwright.sync_api import expect

from procedures.models import Role, TeamMembership, User
from tests import factories
from tests.browser.conftest import PASSWORD
from tests.workbooks import workbook

pytestmark = pytest.mark.django_db(transaction=True)
NEAR = "でログインが切れます"
OWN = "mizuumi-tsukue-kaminari"


@pytest.fixture
def short(settings):
    """A sign-in that lasts six seconds, warned of from the beginning but for the first of them."""
    settings.SESSION_IDLE_SECONDS, settings.SESSION_WARNING_SECONDS = 6, 5


@pytest.fixture
def plan(department):
    return factories.PlanFactory(procedure__department=department, assignee="山田")


def plan_page(visitor, plan) -> str:
    return visitor.address + reverse("plan_edit", args=[plan.procedure_id])


def test_the_end_is_told_and_put_off_in_all_tabs(visitor, member, plan, settings):
    settings.SESSION_IDLE_SECONDS, settings.SESSION_WARNING_SECONDS = 60, 54
    visitor.sign_in(member)
    page = visitor.page
    page.goto(plan_page(visitor, plan))
    other = page.context.new_page()
    other.goto(visitor.address + reverse("account_own"))
    page.get_by_label("担当者").fill("佐藤")
    for tab in (page, other):
        expect(tab.locator("[data-session-bar]")).to_contain_text(NEAR, timeout=15_000)
    other.get_by_role("button", name="延長する").click()
    for tab in (page, other):
        expect(tab.locator("[data-session-bar]")).to_be_hidden()
    expect(page.get_by_label("担当者")).to_have_value("佐藤")


def test_the_bar_is_accessible(visitor, member, settings):
    settings.SESSION_IDLE_SECONDS, settings.SESSION_WARNING_SECONDS = 240, 240
    visitor.sign_in(member)
    expect(visitor.page.locator("[data-session-bar]")).to_contain_text("あと4分で")
    visitor.check_page()
    button = visitor.page.get_by_role("button", name="延長する")
    button.focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator("[data-session-bar]")).to_contain_text("あと4分で")


def test_the_end_of_the_hours_cannot_be_put_off(visitor, member, settings):
    settings.SESSION_SECONDS, settings.SESSION_IDLE_SECONDS = 240, 3600
    settings.SESSION_WARNING_SECONDS = 240
    visitor.sign_in(member)
    expect(visitor.page.locator("[data-session-bar]")).to_contain_text("保存してください")
    expect(visitor.page.get_by_role("button", name="延長する")).to_be_hidden()


def test_after_the_end_the_page_leads_to_the_login_and_back_with_what_was_typed(
    visitor, member, plan, short, settings
):
    visitor.sign_in(member)
    page = visitor.page
    page.goto(plan_page(visitor, plan))
    page.get_by_label("担当者").fill("佐藤")
    expect(page.get_by_role("heading", name="ログイン")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("ログインが切れました")).to_be_visible()
    expect(page.get_by_text("入力した内容は控えてあります")).to_be_visible()
    visitor.console_errors.clear()  # the browser logs the 401 itself
    visitor.check_page()
    settings.SESSION_IDLE_SECONDS = 3600
    page.get_by_label("ユーザー名").fill(member.username)
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="ログイン").click()
    expect(page.get_by_label("担当者")).to_have_value("佐藤")
    assert page.url == plan_page(visitor, plan)


@contextmanager
def downloaded(page):
    """The workbook that a press brings, as rows."""
    rows: list[tuple] = []
    with page.expect_download() as download:
        yield rows
    content = io.BytesIO(download.value.path().read_bytes())
    rows += openpyxl.load_workbook(content).active.values


def test_the_yearly_transfer_from_the_list_to_the_first_sign_in(
    visitor, administrator, department, other_department
):
    User.objects.filter(pk=administrator.pk).update(display_name="管理 一郎")
    goes = factories.member_of(department, username="taro", display_name="退職 太郎")
    factories.member_of(department, username="hanako", display_name="下関 花子")
    plan = factories.PlanFactory(procedure__department=department, assignee="退職 太郎")
    visitor.sign_in(administrator)
    page = visitor.page
    page.goto(visitor.address + reverse("account_list"))
    visitor.check_page()
    page.get_by_role("link", name="人事異動").click()
    with downloaded(page) as rows:
        page.get_by_role("link", name="今の一覧を受け取る").click()
    headings, *people = rows
    table = [dict(zip(headings, person, strict=True)) for person in people]
    table = [one for one in table if one["ユーザー名"] != "taro"]
    next(one for one in table if one["ユーザー名"] == "hanako")["部局室"] = "環境局"
    newcomer = {
        "ユーザー名": "jiro",
        "氏名": "新人 次郎",
        "部局室": "市民部",
        "役割": "DX推進チーム員",
    }
    table.append(newcomer)

    def send() -> None:
        page.get_by_label("無効にする").check()
        content = workbook(table)
        page.get_by_label("取り込むファイル").set_input_files(
            {"name": "people.xlsx", "mimeType": content.content_type, "buffer": content.read()}
        )
        page.get_by_role("button", name="内容を確かめる").click()

    send()
    expect(page.get_by_text("「環境局」は登録されていません")).to_be_visible()
    visitor.check_page()
    with downloaded(page) as returned:
        page.get_by_role("button", name="直すところを書いた一覧").click()
    assert [bool(line[-1]) for line in returned[1:]] == [True, False, False]
    table[0]["部局室"] = "環境部"
    send()
    section = page.get_by_role("region", name="無効にする", exact=True)
    expect(section.first).to_contain_text("計画1件・課題0件を引き継ぐ")
    visitor.check_page()
    page.get_by_role("button", name="この内容で反映する").click()
    expect(page.get_by_text("人事異動を反映しました")).to_be_visible()
    visitor.check_page()
    with downloaded(page) as passwords:
        page.get_by_role("button", name="初期パスワードを発行して受け取る").click()
    assert not User.objects.get(pk=goes.pk).is_active
    hanako = TeamMembership.objects.get(user__username="hanako")
    assert (hanako.department, hanako.role) == (other_department, Role.MEMBER)
    plan.refresh_from_db()
    assert plan.assignee == "退職 太郎"

    page.context.clear_cookies()
    page.goto(visitor.address)
    page.get_by_label("ユーザー名").fill("jiro")
    page.get_by_label("パスワード").fill(passwords[1][3])
    page.get_by_role("button", name="ログイン").click()
    expect(page.get_by_text("初めてのログインです")).to_be_visible()
    visitor.check_page()
    for label, value in (
        ("元のパスワード", passwords[1][3]),
        ("新しいパスワード", "shimonoseki2026!"),
        ("新しいパスワード(確認用)", "shimonoseki2026!"),
    ):
        page.get_by_label(label, exact=False).first.fill(value)
    page.get_by_role("button", name="変更する").click()
    expect(page.locator(".error-summary")).to_contain_text("推測されやすい")
    visitor.check_page()


def test_a_persons_password_is_given_out_and_seen_once(visitor, administrator, member):
    visitor.sign_in(administrator)
    page = visitor.page
    page.goto(visitor.address + reverse("account_detail", args=[member.pk]))
    page.get_by_role("button", name="初期パスワードを発行する").click()
    expect(page.get_by_role("heading", name="初期パスワードを発行しました")).to_be_focused()
    password = page.locator("code").inner_text()
    assert User.objects.get(pk=member.pk).check_password(password)
    visitor.check_page()
    page.goto(page.url.replace("password/", ""))
    expect(page.get_by_text(password)).to_have_count(0)
