"""The talk between team and division, the return of an exemption, and a hand-over, in a browser."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from procedures.models import Role
from tests import factories
from tracking.models import Comment, MigrationPlan

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def procedure(department):
    """A procedure of ``department`` that is in work, 山田 in charge."""
    plan = factories.PlanFactory(
        procedure__department=department,
        procedure__name="犬の登録",
        assignee="山田 太郎",
        status="reviewing",
    )
    factories.IssueFactory(procedure=plan.procedure, owner="山田 太郎")
    return plan.procedure


def test_a_question_is_asked_listed_and_done(visitor, member, division_person, procedure):
    visitor.sign_in(member)
    page = visitor.page
    page.goto(visitor.address + reverse("procedure_detail", args=[procedure.pk]))
    form = page.locator("#comment-form")
    form.get_by_role("button", name="書き込む").click()  # nothing written: the browser asks
    assert not Comment.objects.exists()
    form.get_by_label("書き込む内容").fill("鑑札の写しは要りますか。")
    form.get_by_role("button", name="書き込む").click()
    expect(page.locator("#comment-form")).to_be_visible()
    comment = Comment.objects.get()
    expect(page.locator(f"#comment-{comment.pk}")).to_contain_text("回答待ち")
    visitor.check_page()
    page.reload()
    assert Comment.objects.count() == 1

    visitor.sign_out()
    visitor.sign_in(division_person)
    visitor.follow(page.get_by_role("link", name="やりとり", exact=True))
    visitor.check_page()
    expect(page.get_by_role("row", name="犬の登録")).to_contain_text("鑑札の写しは要りますか。")
    page.get_by_role("button", name="済にする").click()
    expect(page.get_by_text("待っているやりとりはありません。")).to_be_visible()
    visitor.check_page()
    page.get_by_role("link", name="すべて", exact=True).click()
    expect(page.get_by_role("row", name="犬の登録")).to_contain_text("済")
    visitor.check_page()


def test_an_exemption_is_sent_back_with_a_question(visitor, member, division_person, procedure):
    factories.ExemptionFactory(procedure=procedure, proposed_by=member)
    visitor.sign_in(division_person)
    page = visitor.page
    page.goto(visitor.address + reverse("procedure_detail", args=[procedure.pk]))
    page.get_by_text("質問して差し戻す").click()
    page.locator("#return-form").get_by_label("質問").fill("条項が違います。")
    visitor.check_page()
    page.get_by_role("button", name="質問を伝えて差し戻す").click()
    comment = page.locator(f"#comment-{Comment.objects.get().pk}")
    expect(comment).to_contain_text("差戻し")
    expect(comment).to_contain_text("条項が違います。")
    visitor.check_page()


def test_a_leader_hands_over_and_prints_the_sheet(visitor, department, procedure):
    leader = factories.UserFactory(
        role=Role.LEADER, role__department=department, display_name="佐藤 花子"
    )
    factories.CommentFactory(procedure=procedure)
    visitor.sign_in(leader)
    page = visitor.page
    page.get_by_role("link", name="引継書").click()
    expect(page.get_by_role("heading", name="山田 太郎（1件）")).to_be_visible()
    visitor.check_page()
    visitor.follow(page.get_by_role("link", name="担当を引き継ぐ"))
    visitor.check_page()
    page.get_by_label("今の担当者").select_option(value="山田 太郎")
    page.get_by_label("引き継ぐ先").fill("佐藤 花子")
    visitor.follow(page.get_by_role("button", name="内容を確かめる"))
    visitor.check_page()
    page.get_by_role("button", name="計画1件と課題1件を引き継ぐ").click()
    expect(page.get_by_role("button", name="元に戻す")).to_be_visible()
    assert MigrationPlan.objects.get().assignee == "佐藤 花子"
