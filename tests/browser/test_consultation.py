"""Clause 4 in the browser: a service outside it, blocked, asked about, agreed, online."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from procedures.models import ApplicationService
from procedures.rules import Service
from tests import factories
from tracking.models import Consultation, MigrationPlan
from tracking.workflow import SENTENCES, Requirement

pytestmark = pytest.mark.django_db(transaction=True)

SERVICE = "窓口予約サービス（民間）"
CONDITION = "一年ごとに費用を見直す"


@pytest.fixture
def procedure(department):
    factories.ServiceFactory(name=SERVICE, kind=Service.OTHER.value)
    return factories.ProcedureFactory(department=department, name="窓口相談の予約")


def test_a_new_outside_service_goes_online_once_it_is_agreed(
    visitor, member, division_person, procedure
):
    page = visitor.page
    visitor.sign_in(member)

    _send_plan(visitor, procedure)
    for need in (Requirement.SERVICE_REASON, Requirement.CONSULTATION):
        expect(page.get_by_text(SENTENCES[need][1]).first).to_be_visible()
    expect(page.get_by_role("link", name="協議を申し込む").first).to_be_visible()
    visitor.check_page()
    assert not MigrationPlan.objects.exists()

    # What may be saved is saved first.
    page.get_by_label("方針4と違うサービスを使う理由").fill("空きを見ながら予約するため")
    page.get_by_label("状況", exact=True).select_option("testing")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text("計画を保存しました。")).to_be_visible()
    visitor.check_page()
    page.get_by_role("link", name="協議を申し込む").click()
    expect(page.get_by_label("使いたいサービス")).to_have_value(str(_service().pk))
    visitor.check_page()
    page.get_by_label("使いたい理由").fill("汎用の電子申請では空きを示せないため")
    page.get_by_role("button", name="申し込む").click()
    expect(page.get_by_text(f"「{SERVICE}」の協議を申し込みました。")).to_be_visible()
    visitor.sign_out()

    visitor.sign_in(division_person)
    page.goto(visitor.address + reverse("consultation_list"))
    visitor.check_page()
    page.get_by_role("link", name=procedure.name).click()
    page.get_by_role("textbox", name="内容").fill("費用と保存場所を確かめた。")
    page.get_by_role("button", name="記録を残す").click()
    expect(page.get_by_text("費用と保存場所を確かめた。")).to_be_visible()
    visitor.check_page()
    page.get_by_role("link", name="結論を出す").click()
    page.get_by_role("radio", name="調った", exact=True).check()
    page.get_by_role("textbox", name="条件").fill(CONDITION)
    visitor.check_page()
    page.get_by_role("button", name="結論を出す").click()
    expect(page.get_by_text("協議の結論を「調った」にしました。")).to_be_visible()
    visitor.sign_out()

    visitor.sign_in(member)
    page.get_by_role("link", name="情報政策課からの依頼・差戻し").first.click()
    page.get_by_role("link", name=procedure.name).first.click()
    expect(page.get_by_text(CONDITION).first).to_be_visible()
    _send_plan(visitor, procedure)
    expect(page.get_by_text("計画を保存しました。")).to_be_visible()

    plan, consultation = MigrationPlan.objects.get(), Consultation.objects.get()
    assert (plan.status, plan.service, consultation.state) == (
        "online", consultation.service, "agreed",
    )  # fmt: skip


def _send_plan(visitor, procedure):
    """Everything that オンライン化済 asks for but the talk with the division."""
    page = visitor.page
    page.goto(visitor.address + reverse("plan_edit", args=[procedure.pk]))
    page.get_by_label("状況", exact=True).select_option("online")
    page.get_by_label("利用サービス").select_option(label=SERVICE)
    page.get_by_label("開始日").fill("2026-04-01")
    for name in ("表記が分かりやすい", "記載項目を見直した", "入力の補助がある"):
        page.get_by_label(name).check()
    page.get_by_role("button", name="保存", exact=True).click()


def _service():
    return ApplicationService.objects.get(name=SERVICE)
