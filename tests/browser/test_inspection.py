"""The inspection in a browser: from a count to its rows, 確認済 with a reason, and back again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests import factories
from tracking.checks import CHECKS

pytestmark = pytest.mark.django_db(transaction=True)

TITLE = CHECKS["overdue"].title
REASON = "条例の改正を待っているため"


@pytest.fixture
def late(department):
    """Two procedures of ``department`` whose target date has passed."""
    yesterday = timezone.localdate() - timedelta(days=1)
    plans = [
        factories.PlanFactory(
            procedure__department=department,
            procedure__division=department.divisions.get(),
            procedure__name=name,
            target_date=yesterday,
        )
        for name in ("犬の登録", "犬の死亡の届出")
    ]
    return [plan.procedure for plan in plans]


def test_a_team_leaves_one_finding_as_it_is_and_takes_that_back(visitor, member, late):
    page = visitor.page
    visitor.sign_in(member)
    visitor.follow(page.get_by_role("link", name="点検"))
    visitor.check_page()
    page.get_by_role("link", name=TITLE).click()
    page.get_by_role("heading", level=1, name=TITLE).wait_for()
    visitor.check_page()

    row = page.get_by_role("row", name="犬の登録")
    visitor.follow(row.get_by_role("link", name="確認済にする"))
    visitor.check_page()
    page.get_by_label("理由").fill(REASON)
    page.get_by_role("button", name="1件を確認済にする").click()
    page.get_by_text(f"「{TITLE}」の1件を確認済にしました。").wait_for()
    assert page.get_by_role("rowheader").all_inner_texts()[0].startswith("犬の死亡の届出")

    page.get_by_role("link", name="確認済の一覧").click()
    row = page.get_by_role("row", name="犬の登録")
    assert REASON in row.inner_text()
    visitor.check_page()
    row.get_by_role("checkbox").check()
    page.get_by_role("button", name="確認済を取り消す").click()
    page.get_by_text("1件の確認済を取り消しました。").wait_for()
    assert "確認済のものはありません。" in page.inner_text("main")


def test_the_division_dismisses_all_that_is_shown(visitor, division_person, late):
    page = visitor.page
    visitor.sign_in(division_person)
    page.get_by_role("link", name="点検").click()
    page.get_by_role("link", name=TITLE).click()
    page.get_by_role("link", name="2件すべてを確認済にする").click()
    # Without a reason the browser does not send the form.
    page.get_by_role("button", name="2件を確認済にする").click()
    page.get_by_label("理由").fill(REASON)
    page.keyboard.press("Tab")
    page.get_by_role("button", name="2件を確認済にする").press("Enter")
    page.get_by_text(f"「{TITLE}」の2件を確認済にしました。").wait_for()
    assert "この点検項目で、見直しの要る手続は見つかりませんでした。" in page.inner_text("main")
    visitor.check_page()
