"""方針 in a browser: a draft is copied, edited, tried, adopted and taken back by the leader."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from procedures.models import PolicyEdition, Procedure
from procedures.policies import edition_in_force
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_draft_is_made_adopted_seen_on_a_procedure_and_taken_back(visitor, department):
    moved = factories.ProcedureFactory(department=department, clear=True, payment="online")
    visitor.sign_in(factories.division_leader(username="kacho"))
    page = visitor.page
    visitor.follow(page.get_by_role("link", name="方針と登録簿"))
    visitor.check_page()

    page.get_by_role("link", name="写して案を作る").click()
    page.get_by_label("版の記号").fill("strict")
    page.get_by_label("名称").fill("厳しい読み方")
    page.get_by_label("施行日").fill(f"{timezone.localdate():%Y-%m-%d}")
    visitor.check_page()
    visitor.follow(page.get_by_role("button", name="案を作る"))
    visitor.check_page()

    page.get_by_role("link", name="編集").click()
    page.get_by_label("決定文書").fill("令和8年決定")
    page.get_by_role("checkbox", name="金銭納付：必要（オンライン可）").uncheck()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("「金銭納付」が「必要（オンライン可）」でも、")).to_be_visible()

    page.get_by_role("link", name="影響を試算").click()
    expect(page.get_by_role("heading", name="改定の試算", exact=True)).to_be_visible()
    page.go_back()

    visitor.follow(page.get_by_role("link", name="採用する"))
    visitor.check_page()
    page.get_by_label("区分が変わる手続の件数").fill("3")
    page.get_by_label("理由").fill("議会の指摘")
    page.get_by_role("button", name="採用する").click()
    expect(page.locator(".error-summary")).to_contain_text("今は1件です")
    visitor.check_page()
    page.get_by_label("区分が変わる手続の件数").fill("1")
    page.get_by_role("button", name="採用する").click()
    expect(page.get_by_text("区分が変わった手続は1件です")).to_be_visible()
    assert edition_in_force().key == "strict"
    visitor.check_page()

    page.get_by_role("link", name=moved.name).click()
    expect(page.get_by_text("区分が「優先」から「検討」に変わりました")).to_be_visible()
    page.get_by_text("で判断した場合").click()
    visitor.check_page()
    page.get_by_role("region", name="区分とその理由").get_by_role("link").first.click()

    page.get_by_role("link", name="前の版に戻す").click()
    page.get_by_label("理由").fill("読み違い")
    visitor.check_page()
    page.get_by_role("button", name="前の版に戻す").click()
    expect(page.get_by_text("この版で計算し直しました")).to_be_visible()
    assert Procedure.objects.get().category == "priority"
    assert PolicyEdition.objects.get(key="strict").state == "draft"
