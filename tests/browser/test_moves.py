"""In few clicks: what changed since the last edition, and how the rate was on 1 April."""

from datetime import date, timedelta

import pytest
import time_machine
from django.utils import timezone
from playwright.sync_api import expect

from procedures.fiscal_year import fiscal_year
from procedures.records import save
from tests import factories
from tracking.models import Edition

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def new_year():
    """1 April of this fiscal year."""
    return date(fiscal_year(timezone.localdate()), 4, 1)


@pytest.fixture
def inventory(new_year):
    """Two procedures since before 1 April, one of which is online since yesterday."""
    today = timezone.localdate()
    with time_machine.travel(new_year - timedelta(days=20)):
        department = factories.DepartmentFactory(name="市民部")
        plan = factories.PlanFactory(
            procedure__name="犬の登録の申請", procedure__department=department
        )
        factories.ProcedureFactory(department=department)
        service = factories.ServiceFactory()
    with time_machine.travel(timezone.now() - timedelta(days=1)):
        plan.status, plan.launched_on, plan.service = "online", today, service
        plan.checklist_exception = "様式を変えないため"
        fields = ["status", "launched_on", "service_id", "checklist_exception"]
        save(plan, fields, factories.origin())
    return plan.procedure


@pytest.fixture
def edition(division_person):
    """The paper of the last meeting, ten days ago."""
    return Edition.objects.create(
        title="第1回本部", reference_date=timezone.localdate() - timedelta(days=10),
        content={}, rows=[], digest="", frozen_by=division_person, frozen_at=timezone.now(),
    )  # fmt: skip


def test_one_click_says_what_changed_since_the_last_meeting(
    visitor, division_person, inventory, edition
):
    visitor.sign_in(division_person)
    page = visitor.page
    page.get_by_role("link", name="動き", exact=True).click()
    expect(page.get_by_role("link", name="前回の版（第1回本部）")).to_have_attribute(
        "aria-current", "true"
    )
    expect(page.get_by_role("row", name="犬の登録の申請")).to_contain_text("オンライン化した")
    visitor.check_page()
    page.get_by_role("link", name="件：オンライン化した").click()
    expect(page.get_by_role("heading", name="オンライン化した（1件）")).to_be_visible()
    visitor.check_page()


def test_two_clicks_say_how_the_rate_was_on_1_april(
    visitor, division_person, inventory, edition, new_year
):
    visitor.sign_in(division_person)
    page = visitor.page
    page.get_by_role("link", name="動き", exact=True).click()
    page.get_by_role("link", name="今年度の始め").click()
    rate = page.get_by_role("row", name="オンライン化率（手続の数）")
    expect(rate).to_contain_text("0.0%（0 ÷ 2）")
    expect(rate).to_contain_text("+50.0ポイント")
    rate.get_by_role("link").first.click()
    expect(page.get_by_role("row", name="犬の登録の申請")).to_contain_text("未着手")
    visitor.check_page()
    page.get_by_role("link", name="この日の全庁の状況に戻る").click()
    expect(page.locator("[name=as_of]")).to_have_value(new_year.isoformat())
