"""The interview by keyboard alone: from the procedure's page through its open questions."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from procedures.models import Procedure
from procedures.rules import Answer
from tests import factories
from tests.browser.keyboards import Keyboard

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def procedure(department):
    """A procedure with three open questions: the scope, 通知・交付物 and 金銭納付."""
    return factories.ProcedureFactory(
        department=department,
        name="転入の届出",
        scope="unknown",
        clear=True,
        deliverable=Answer.UNKNOWN,
        payment=Answer.UNKNOWN,
    )


def test_the_open_questions_are_answered_by_keyboard_alone(visitor, member, department, procedure):
    following = factories.ProcedureFactory(department=department, name="転出の届出")
    visitor.sign_in(member)
    page = visitor.page
    page.goto(visitor.address + reverse("procedure_detail", args=[procedure.pk]))
    keyboard = Keyboard(page)

    # An open question begins at まだ分からない, the last choice; Down goes round to the first.
    keyboard.tab_to(page.get_by_role("link", name="質問に答える", exact=True).first)
    keyboard.goes_on()
    to_the_interview = keyboard.presses
    expect(page.get_by_role("radio", name="まだ分からない")).to_be_focused()
    visitor.check_page()
    keyboard.answers("はい（市民等から市への手続）", "ArrowDown")
    expect(page.get_by_text("「対象かどうか」の回答を")).to_be_visible()
    visitor.check_page()
    keyboard.press("ArrowUp")
    procedure.refresh_from_db()
    assert procedure.deliverable == Answer.UNKNOWN, "a mark alone saved something"
    keyboard.answers("必要（オンライン可）", "ArrowUp")
    visitor.check_page()
    keyboard.answers("不要", "ArrowDown")

    for_the_answers = keyboard.presses - to_the_interview
    expect(page.get_by_role("heading", name="質問の結果")).to_be_visible()
    expect(page.locator("#result")).to_be_focused()
    expect(page.locator("#result")).to_contain_text("「検討」から「優先」に変わりました")
    visitor.check_page()
    after = Procedure.objects.get(pk=procedure.pk)
    assert (after.scope, after.deliverable, after.payment) == ("inbound", "online", "not_needed")
    assert after.category == "priority"
    # Two keys an answer, three where the arrow is pressed twice; the way to the link is Tab only.
    assert for_the_answers == 7
    assert to_the_interview <= 20

    keyboard.tab_to(page.get_by_role("link", name="次の未回答の手続へ"), most=3)
    keyboard.goes_on()
    expect(page.get_by_text(str(following))).to_be_visible()
    expect(page.get_by_role("radio", name="まだ分からない")).to_be_focused()


@pytest.mark.parametrize("question", ["other", "core_system", "designated_manager"])
def test_a_question_of_each_kind_is_a_page_that_everybody_can_use(
    visitor, member, procedure, question
):
    visitor.sign_in(member)
    address = reverse("procedure_interview", args=[procedure.pk])
    visitor.page.goto(f"{visitor.address}{address}?question={question}")
    expect(visitor.page.locator("input[type=radio]:checked")).to_be_focused()
    visitor.check_page()


def test_an_answer_that_somebody_else_gave_first_is_shown_beside_the_own(
    visitor, browser, live_server, member, department, procedure
):
    address = reverse("procedure_interview", args=[procedure.pk]) + "?question=payment"
    visitor.sign_in(member)
    mine = visitor.page
    mine.goto(visitor.address + address)
    other = type(visitor)(browser.new_page(), live_server.url)
    other.sign_in(factories.member_of(department, display_name="佐藤 花子"))
    other.page.goto(other.address + address)
    other.page.get_by_text("必要（オンライン可）").first.click()
    other.page.get_by_role("button", name="保存して次へ").click()
    expect(other.page.get_by_text("「金銭納付」の回答を")).to_be_visible()
    other.page.close()

    mine.get_by_label("必要（オンライン不可）", exact=True).check()
    mine.get_by_role("button", name="保存して次へ").click()
    expect(mine.locator("table.compare")).to_contain_text("佐藤 花子")
    visitor.check_page()
    mine.locator("input[name=choice_payment][value=mine]").check()
    mine.get_by_role("button", name="保存して次へ").click()
    expect(mine.get_by_text("「金銭納付」の回答を")).to_be_visible()
    procedure.refresh_from_db()
    assert procedure.payment == Answer.OFFLINE


def test_a_wide_click_on_an_answer_marks_it_and_saves_nothing(visitor, member, procedure):
    visitor.sign_in(member)
    page = visitor.page
    address = reverse("procedure_interview", args=[procedure.pk])
    page.goto(f"{visitor.address}{address}?question=payment")
    page.locator(".choice").first.click(position={"x": 600, "y": 40})
    expect(page.get_by_label("不要", exact=True)).to_be_checked()
    page.wait_for_timeout(300)
    procedure.refresh_from_db()
    assert (procedure.payment, procedure.version) == (Answer.UNKNOWN, 1)
