"""Issues at the browser: from an obstacle to its solution, many at once, and a shared measure."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from procedures.models import Procedure
from tests import factories
from tests.browser.test_team import press, tab_to
from tracking.models import Issue, SharedMeasure

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def procedure(department):
    """A procedure that only the payment keeps from being a priority."""
    return factories.ProcedureFactory(
        department=department, name="証明書の交付申請", clear=True, payment="offline"
    )


def test_an_obstacle_becomes_an_issue_and_is_solved_and_undone_by_keyboard_alone(
    visitor, member, procedure
):
    factories.MeasureFactory(name="電子決済の導入")
    visitor.sign_in(member)
    page = visitor.page
    page.goto(visitor.address + reverse("procedure_detail", args=[procedure.pk]))
    tab_to(page, page.get_by_role("button", name=re.compile("課題にする.*金銭納付")), most=120)
    press(page, "Enter")
    issues = page.locator("#issues")
    expect(issues.get_by_role("heading", name="金銭納付")).to_be_visible()
    visitor.check_page()

    tab_to(page, issues.get_by_role("link", name=re.compile("編集.*金銭納付の課題")), most=120)
    press(page, "Enter")
    page.get_by_label("共通の対応策").select_option(index=1)
    page.get_by_label("担当者").fill("佐藤")
    visitor.check_page()
    tab_to(page, page.get_by_role("button", name="保存"))
    press(page, "Enter")
    expect(issues).to_contain_text("電子決済の導入")

    tab_to(page, issues.get_by_role("link", name=re.compile("解決.*金銭納付")), most=120)
    press(page, "Enter")
    expect(
        page.get_by_text("解決にすると、区分は「検討」から「優先」になります。").first
    ).to_be_visible()
    visitor.check_page()
    page.get_by_label("必要（オンライン可）").check()
    tab_to(page, page.get_by_role("button", name="課題を解決にする"))
    press(page, "Enter")
    expect(page.get_by_role("status").first).to_contain_text("「検討」から「優先」になりました")
    visitor.check_page()

    page.get_by_role("link", name="元に戻す", exact=True).click()
    page.get_by_role("button", name="元に戻す").click()
    expect(page.get_by_role("main")).to_contain_text("元に戻しました")
    procedure.refresh_from_db()
    assert (procedure.payment, procedure.category) == ("offline", "pending")
    assert Issue.objects.get().state == "open"


def test_many_rows_of_a_list_become_issues(visitor, member, department, procedure):
    factories.ProcedureFactory(department=department, payment="offline", designated_manager=True)
    visitor.sign_in(member)
    page = visitor.page
    page.get_by_role("button", name=re.compile("課題を登録.*条件に当てはまるすべて")).click()
    expect(page.get_by_label("「金銭納付」の課題を2件登録する")).to_be_visible()
    visitor.check_page()
    page.get_by_label("「金銭納付」の課題を2件登録する").check()
    page.get_by_label("「指定管理者」の課題を1件登録する").check()
    page.get_by_role("button", name="課題を登録").click()
    expect(page.get_by_role("heading", name="課題の登録")).to_be_visible()
    visitor.check_page()
    assert Issue.objects.count() == 3
    page.goto(visitor.address + reverse("issue_list"))
    expect(page.locator("tbody tr")).to_have_count(3)
    visitor.check_page()


def test_a_shared_measure_is_closed_with_what_waits_on_it(
    visitor, member, department, other_department, procedure
):
    measure = factories.MeasureFactory(name="電子決済の導入", department=department)
    foreign = factories.ProcedureFactory(department=other_department, payment="offline")
    for one in (procedure, foreign):
        factories.IssueFactory(
            procedure=one, aspect="payment", kind="e_payment", shared_measure=measure
        )
    factories.PlanFactory(procedure=procedure, target_date="2027-03-31")
    visitor.sign_in(member)
    page = visitor.page
    page.goto(visitor.address + reverse("measure_edit", args=[measure.pk]))
    page.get_by_label("利用開始の予定日").fill("2027-10-01")
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".messages")).to_contain_text("1手続は、見込みが目標日より後")
    visitor.check_page()

    page.get_by_role("link", name="導入済にする").click()
    expect(page.get_by_text("検討→優先")).to_be_visible()
    visitor.check_page()
    page.get_by_role("button", name="導入済にして、選んだ課題を解決にする").click()
    expect(page.get_by_role("heading", name="共通の対応策の完了")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("環境部")
    visitor.check_page()
    assert SharedMeasure.objects.get().state == "done"
    assert set(Procedure.objects.values_list("payment", flat=True)) == {"online", "offline"}
