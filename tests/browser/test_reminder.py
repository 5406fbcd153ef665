"""お知らせ in the program: read, unfolded and put away by somebody who gets no mail."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import expect

from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_gets_no_mail_reads_what_waits_and_puts_it_away(visitor, settings, department, member):
    settings.BASE_URL = visitor.address
    yesterday = timezone.localdate() - timedelta(days=1)
    late = factories.PlanFactory(procedure__department=department, target_date=yesterday)
    factories.ProcedureFactory(department=department)
    call_command("send_reminders", "--send", verbosity=0)
    visitor.sign_in(member)
    page = visitor.page
    notice = page.get_by_role("region", name="お知らせ")
    expect(notice).to_contain_text("市民部：期限超過1件")
    visitor.check_page()

    notice.get_by_text("すること・かかる時間").click()
    visitor.check_page()
    notice.get_by_role("link", name="set=overdue").click()
    expect(page.locator("tbody[id^=procedure-]")).to_have_count(1)
    expect(page.locator(f"#procedure-{late.procedure_id}")).to_be_visible()

    page.get_by_role("button", name="確認しました").click()
    expect(page.get_by_role("heading", name="市民部の手続")).to_be_visible()
    expect(notice).to_have_count(0)
    visitor.check_page()
