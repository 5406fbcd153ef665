"""The division's journey to an edition: freeze one, look at it later, and see what has moved."""

import pytest
from playwright.sync_api import expect

from procedures.records import save
from tests import factories
from tracking.models import Edition

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def plan(department, other_department):
    """The plan of the one of three procedures that is about to go online."""
    factories.PlanFactory(procedure__department=department, online=True)
    factories.ProcedureFactory(department=other_department)
    return factories.PlanFactory(procedure__department=department, status="testing")


def test_freezing_an_edition_and_comparing_it_with_today(visitor, division_person, plan):
    visitor.sign_in(division_person)
    page = visitor.page
    visitor.follow(page.get_by_role("link", name="版と資料"))
    visitor.check_page()
    visitor.follow(page.get_by_role("link", name="新しい版を確定"))
    visitor.check_page()
    page.get_by_label("決定を求める事項").fill("電子決済の導入に係る予算")
    page.get_by_role("button", name="基準日の数字を見る").click()
    expect(page.get_by_label("決定を求める事項")).to_have_value("電子決済の導入に係る予算")
    page.get_by_role("button", name="この内容で確定").click()
    expect(page.get_by_role("status").first).to_contain_text("確定しました")
    visitor.check_page()
    assert Edition.objects.get().content["decisions"] == "電子決済の導入に係る予算"

    plan.status, plan.checklist_exception = "online", "試験"
    plan.launched_on, plan.service = plan.changed_at.date(), factories.ServiceFactory()
    changed = ["status", "checklist_exception", "launched_on", "service_id"]
    save(plan, changed, factories.origin())
    page.get_by_role("link", name="今日と比べる").click()
    reasons = page.get_by_role("region", name="理由ごとの手続の数")
    expect(reasons.get_by_role("row", name="計")).to_contain_text("+33.4")
    reasons.get_by_role("link", name="1").click()
    expect(page.get_by_role("heading", name="オンライン化した（1）")).to_be_visible()
    expect(page.get_by_role("link", name=plan.procedure.name)).to_be_visible()
    visitor.check_page()
