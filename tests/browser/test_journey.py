"""Ten minutes a month: from the login to a solved issue, by keyboard alone."""

import re
import time

import pytest
from playwright.sync_api import expect

from procedures.models import Procedure
from procedures.rules import Answer
from tests import factories
from tests.browser.conftest import PASSWORD
from tests.browser.keyboards import Keyboard
from tracking.models import Issue

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_login_to_a_solved_issue_by_keyboard_alone(visitor, member, department, capsys):
    """Queue → open questions → another category → plan → issue → done."""
    procedure = factories.ProcedureFactory(
        department=department,
        name="体育館の使用許可の申請",
        clear=True,
        in_person=Answer.UNKNOWN,
        payment=Answer.UNKNOWN,
        designated_manager=True,
    )
    for _ in range(3):
        factories.ProcedureFactory(department=department, payment=Answer.OFFLINE)
    page = visitor.page
    keyboard = Keyboard(page)
    begun = time.monotonic()

    page.goto(visitor.address)
    keyboard.types(member.username)
    keyboard.press("Tab")
    keyboard.types(PASSWORD)
    keyboard.goes_on()
    visitor.check_page()

    keyboard.tab_to(
        page.locator("#queue").get_by_role("link", name=re.compile("回答で区分が決まる"))
    )
    keyboard.goes_on()
    visitor.check_page()
    row = page.locator(f"#procedure-{procedure.pk}")
    keyboard.tab_to(row.get_by_role("link", name=re.compile("質問に答える")))
    keyboard.goes_on()
    keyboard.answers("不要", "ArrowDown")
    keyboard.answers("必要（オンライン可）", "ArrowDown", "ArrowDown")
    expect(page.locator("#result")).to_contain_text("「検討」から「優先」に変わりました")
    visitor.check_page()

    keyboard.tab_to(page.get_by_role("link", name="計画を立てる"))
    keyboard.goes_on()
    keyboard.tab_to(page.get_by_label("状況", exact=True))
    keyboard.press("ArrowDown", "ArrowDown")
    keyboard.tab_to(page.get_by_label("目標日"))
    keyboard.types("03312027")
    visitor.check_page()
    with page.expect_navigation():
        keyboard.press("Control+Enter")
    visitor.check_page()

    keyboard.tab_to(page.get_by_role("button", name=re.compile("課題にする.*指定管理者")))
    keyboard.goes_on()
    issues = page.locator("#issues")
    keyboard.tab_to(issues.get_by_role("link", name=re.compile("解決")), most=60)
    keyboard.goes_on()
    keyboard.tab_to(page.get_by_role("button", name="課題を解決にする"))
    keyboard.goes_on()
    expect(page.get_by_role("status").first).to_contain_text("課題")
    visitor.check_page()

    seconds = time.monotonic() - begun
    with capsys.disabled():
        print(  # noqa: T201 - the figures
            f"\nthe journey took {keyboard.presses} key presses and {seconds:.0f} s, axe included"
        )
    stored = Procedure.objects.select_related("plan").get(pk=procedure.pk)
    assert (stored.in_person, stored.payment, stored.category) == (
        "not_needed",
        "online",
        "priority",
    )
    assert (stored.plan.status, str(stored.plan.target_date)) == ("preparing", "2027-03-31")
    assert Issue.objects.get().state == Issue.State.SOLVED
