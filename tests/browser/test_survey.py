"""The national survey at the browser: loaded, linked, due dates set, differences put away."""

import pytest
from playwright.sync_api import expect

from procedures.models import Procedure, SurveyDifference
from tests import factories
from tests.surveys import survey_file, survey_row
from tests.workbooks import XLSX
from tracking.models import MigrationPlan

pytestmark = pytest.mark.django_db(transaction=True)

REASON = "担当課に、市の手続も見直すよう依頼した。"


def load(visitor, name, *rows):
    """Through the page, from the register."""
    page = visitor.page
    page.goto(f"{visitor.address}/registers/survey/")
    page.get_by_role("link", name="読み込む").first.click()
    content = survey_file(*rows).read()
    page.get_by_label("国の調査のファイル").set_input_files(
        {"name": "調査.xlsx", "mimeType": XLSX, "buffer": content}
    )
    page.get_by_label("版の名称").fill(name)
    page.get_by_role("button", name="読み込む").click()
    expect(page.get_by_role("heading", level=1, name=f"{name}（読込済）")).to_be_visible()
    visitor.check_page()


def test_from_the_file_to_a_difference_that_is_put_away(visitor, division_person, department):
    page = visitor.page
    dog = factories.ProcedureFactory(department=department, name="犬の登録")
    visitor.sign_in(division_person)
    load(
        visitor,
        "2025年版",
        survey_row(1, name="犬の登録", planned="3 2026年度"),
        survey_row(2, name="転入届"),
    )

    # A procedure finds its row and is linked to it with one press.
    page.goto(f"{visitor.address}/procedures/{dog.pk}/")
    page.get_by_role("link", name="国の調査から探す").click()
    expect(page.get_by_role("rowheader")).to_have_count(1)
    visitor.check_page()
    page.get_by_role("button", name="この手続に紐付ける").click()
    expect(page.locator("#survey-card")).to_contain_text("市の目標日がありません")
    visitor.check_page()
    dog.refresh_from_db()
    assert (dog.national_id, dog.national_planned_year) == ("1", 2026)

    # Its due date: ticked already, set in one act.
    page.goto(f"{visitor.address}/registers/survey/")
    visitor.follow(page.get_by_role("link", name="件の国の期限を設定"))
    visitor.check_page()
    page.get_by_role("button", name="国の期限を設定").click()
    expect(page.get_by_text("1件の手続に国の期限を設定しました。")).to_be_visible()
    assert MigrationPlan.objects.get().national_due.isoformat() == "2027-03-31"

    # The next edition says something else, and that is looked at and put away.
    load(
        visitor,
        "2026年版",
        survey_row(1, name="犬の登録", planned="4 2027年度"),
        survey_row(2, name="転入届", state="1 実施済"),
    )
    page.get_by_role("link", name="件の変更点").click()
    expect(page.get_by_role("rowheader").first).to_contain_text("犬の登録")
    visitor.check_page()
    visitor.follow(page.get_by_role("button", name="条件に合う2件すべてを確認済にする"))
    visitor.check_page()
    page.get_by_label("確認した内容").fill(REASON)
    page.get_by_role("button", name="2件を確認済にする").click()
    expect(page.get_by_text("確認を待つ変更点はありません。")).to_be_visible()
    visitor.follow(page.get_by_role("link", name="確認済の一覧"))
    visitor.check_page()
    page.get_by_role("row", name="犬の登録").get_by_role("checkbox").check()
    page.get_by_role("button", name="確認済を取り消す").click()
    expect(page.get_by_text("1件の確認済を取り消しました。")).to_be_visible()
    assert SurveyDifference.objects.filter(dismissed_at=None).count() == 1
    assert Procedure.objects.get().national_planned_year == 2027
