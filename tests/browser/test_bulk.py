"""A whole list is changed by keyboard alone: ticked, previewed, applied, taken back."""

import pytest
from playwright.sync_api import expect

from procedures.models import Act
from procedures.rules import Answer
from tests import factories
from tests.browser.test_team import press, tab_to
from tracking.models import MigrationPlan

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dogs(department):
    """Two procedures that an answer would make a priority."""
    return [
        factories.ProcedureFactory(
            department=department, name=name, clear=True, payment=Answer.UNKNOWN
        )
        for name in ("犬の登録", "犬の死亡届")
    ]


def test_ticked_rows_are_changed_and_taken_back_by_keyboard_alone(visitor, member, dogs):
    visitor.sign_in(member)
    page = visitor.page
    change = page.get_by_role("button", name="まとめて変更 （選んだ手続）")
    expect(change).to_be_disabled()
    everything = page.get_by_label("このページをすべて選ぶ")
    tab_to(page, everything, most=120)
    press(page, "Space")
    visitor.check_page()
    tab_to(page, change)
    press(page, "Enter")

    expect(page.get_by_role("heading", name="まとめて変更")).to_be_visible()
    visitor.check_page()
    tab_to(page, page.get_by_label("状況"))
    press(page, "ArrowDown", "ArrowDown")
    tab_to(page, page.get_by_label("金銭納付"))
    press(page, "ArrowDown")
    tab_to(page, page.get_by_role("button", name="結果を確かめる"))
    press(page, "Enter")

    expect(page.get_by_role("heading", name="まとめて変更の確認")).to_be_visible()
    expect(page.get_by_role("region", name="区分が変わる手続の数")).to_contain_text("2件")
    visitor.check_page()
    assert not MigrationPlan.objects.exists()
    tab_to(page, page.get_by_role("button", name="2件を変更する"))
    press(page, "Enter")

    undo = page.get_by_role("button", name="元に戻す")
    expect(undo).to_be_visible()
    visitor.check_page()
    assert MigrationPlan.objects.filter(status="reviewing").count() == 2
    tab_to(page, undo)
    press(page, "Enter")
    expect(page.get_by_role("status").first).to_contain_text("元に戻しました")
    visitor.check_page()
    assert not MigrationPlan.objects.exists()


def test_a_whole_list_is_confirmed_by_keyboard_alone(visitor, member, dogs):
    visitor.sign_in(member)
    page = visitor.page
    confirm = page.get_by_role("button", name="変更なし確認 （条件に当てはまるすべて）")
    tab_to(page, confirm, most=120)
    press(page, "Enter")
    expect(page.get_by_role("heading", name="変更なしの確認")).to_be_visible()
    visitor.check_page()
    tab_to(page, page.get_by_role("button", name="2件の変更なしを確認する"))
    press(page, "Enter")
    expect(page.get_by_role("region", name="変わった内容の表")).to_contain_text(
        "変更がないことを確認しました"
    )
    visitor.check_page()
    assert Act.objects.get().count == 2
    page.get_by_role("link", name="一覧へ戻る").click()
    expect(page.get_by_role("heading", name="市民部の手続")).to_be_visible()


def test_what_is_left_out_is_named_on_a_readable_page(visitor, member, other_department, dogs):
    foreign = factories.ProcedureFactory(department=other_department, name="ごみの届出")
    visitor.sign_in(member)
    page = visitor.page
    page.goto(f"{visitor.address}/procedures/")
    page.get_by_role("button", name="まとめて変更 （条件に当てはまるすべて）").click()
    page.get_by_label("目標日", exact=True).fill("2027-03-31")
    page.get_by_role("button", name="結果を確かめる").click()
    expect(page.get_by_role("region", name="対象にしない手続の表")).to_contain_text(foreign.name)
    visitor.check_page()
    page.get_by_role("button", name="2件を変更する").click()
    expect(page.get_by_role("heading", name="そのままにした手続とその理由")).to_be_visible()
    visitor.check_page()
