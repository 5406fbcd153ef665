"""組織改正 in a browser: a merge prepared, looked at, carried out, seen by a member, taken back."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from procedures.models import Department
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_departments_are_merged_and_taken_apart_again(visitor, division_person, department):
    other = factories.DepartmentFactory(name="福祉部")
    factories.DivisionFactory(department=other, name="市民サービス課")
    factories.ProcedureFactory(department=department, name="住民票の交付申請")
    factories.ProcedureFactory(department=other, name="福祉手当の申請")
    member = factories.member_of(department, username="tanto")
    visitor.sign_in(division_person)
    page = visitor.page
    page.goto(f"{visitor.address}/registers/reorganisations/")
    visitor.check_page()

    page.get_by_role("link", name="組織改正を準備する").first.press("Enter")
    page.get_by_label("名称").fill("令和9年度の組織改正")
    page.get_by_label("実施日").fill(timezone.localdate().isoformat())
    visitor.check_page()
    page.get_by_role("button", name="保存").press("Enter")
    expect(page.get_by_text("準備を始めました")).to_be_visible()

    page.get_by_role("link", name="部局室を統合する").press("Enter")
    page.get_by_label("市民部", exact=True).check()
    page.get_by_label("福祉部", exact=True).check()
    page.get_by_role("button", name="手順に加える").press("Enter")
    expect(page.locator(".error-summary")).to_contain_text("新しい部局室の名称")
    visitor.check_page()
    page.get_by_label("新しい部局室の名称").fill("市民福祉部")
    page.get_by_role("button", name="手順に加える").press("Enter")
    expect(page.get_by_role("heading", name="決まっていないこと（1件）")).to_be_visible()
    expect(page.get_by_text("「市民サービス課」が2つできます")).to_be_visible()
    visitor.check_page()

    visitor.follow(page.get_by_role("link", name="一つに統合する"))
    visitor.check_page()
    page.get_by_role("button", name="手順に加える").press("Enter")
    expect(
        page.get_by_text("合計は、どちらの組織でも、すべての指標で一致しています")
    ).to_be_visible()
    expect(page.get_by_role("region", name="チーム員の変化")).to_contain_text(str(member))
    visitor.check_page()
    page.get_by_role("button", name="2件の手続を移して実施する").press("Enter")
    expect(page.get_by_text("2件の手続が新しい組織に移りました")).to_be_visible()
    visitor.check_page()

    page.goto(f"{visitor.address}/procedures/?department={other.pk}&conditions=open")
    notice = page.get_by_text("条件の「福祉部」は")
    expect(notice).to_be_visible()
    notice.get_by_role("link", name="市民福祉部").press("Enter")
    expect(page.get_by_role("link", name="福祉手当の申請", exact=True)).to_be_visible()
    visitor.check_page()

    visitor.sign_out()
    visitor.sign_in(member)
    page.goto(f"{visitor.address}/team/")
    expect(page.get_by_role("link", name="福祉手当の申請", exact=True)).to_be_visible()
    visitor.sign_out()

    visitor.sign_in(division_person)
    page.goto(f"{visitor.address}/registers/reorganisations/")
    page.get_by_role("link", name="令和9年度の組織改正").press("Enter")
    page.get_by_role("button", name="元に戻す").press("Enter")
    expect(page.get_by_text("を元に戻しました。").first).to_be_visible()
    page.goto(f"{visitor.address}/registers/reorganisations/")
    expect(page.get_by_role("cell", name="取消し")).to_be_visible()
    assert not Department.objects.filter(name="市民福祉部").exists()
    assert department.procedures.count() == other.procedures.count() == 1
