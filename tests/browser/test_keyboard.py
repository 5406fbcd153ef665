"""The keys of the lists and forms: search, edit, save, leave; focus and scroll stay."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from procedures.models import Procedure
from procedures.rules import Answer
from tests import factories
from tracking.models import MigrationPlan

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def procedures(department):
    """Rows of one page of a list, in its order."""
    return factories.ProcedureFactory.create_batch(20, department=department)


@pytest.fixture
def team(visitor, member, procedures):
    """The team's page."""
    visitor.sign_in(member)
    expect(visitor.page.locator("[data-row-edit]")).to_have_count(len(procedures))
    visitor.page.wait_for_load_state()  # the keys are the script's
    return visitor.page


def edit_link(page, procedure):
    return page.locator(f"#edit-{procedure.pk}")


def opened(page, procedure):
    """The edit of a row, opened by Enter."""
    edit_link(page, procedure).focus()
    page.keyboard.press("Enter")
    form = page.locator(f"#row-form-{procedure.pk}")
    expect(form.locator(":focus")).to_have_count(1)
    return form


def test_slash_goes_to_the_search_but_is_a_letter_where_one_types(team, procedures):
    team.keyboard.press("/")
    search = team.locator("[data-search]")
    expect(search).to_be_focused()
    expect(search).to_have_value("")
    team.keyboard.press("/")
    expect(search).to_have_value("/")

    url = opened(team, procedures[0]).get_by_label("URL")
    url.focus()
    team.keyboard.type("https://example.jp/a")
    expect(url).to_have_value("https://example.jp/a")
    expect(url).to_be_focused()


def top_of(row) -> float:
    """How far below the top of the window the row stands."""
    return row.evaluate("element => element.getBoundingClientRect().top")


def scrolled_to(row) -> float:
    """Where the row stands once the page is scrolled to it."""
    before = top_of(row)
    row.evaluate("element => element.scrollIntoView({block: 'center'})")
    assert top_of(row) < before
    return top_of(row)


def test_the_page_stays_where_it_is_when_a_row_far_down_is_saved(team, procedures):
    row = team.locator(f"#procedure-{procedures[12].pk}")
    top = scrolled_to(row)
    opened(team, procedures[12]).get_by_label("目標日").fill("2031-03-31")
    team.keyboard.press("Control+Enter")
    expect(row).to_contain_text("保存しました")
    expect(edit_link(team, procedures[12])).to_be_focused()
    assert top_of(row) == pytest.approx(top, abs=1)
    assert MigrationPlan.objects.get().procedure_id == procedures[12].pk


def test_the_page_stays_where_it_is_when_a_row_far_down_is_cancelled(team, procedures):
    row = team.locator(f"#procedure-{procedures[12].pk}")
    top = scrolled_to(row)
    form = opened(team, procedures[12])
    team.keyboard.press("Escape")
    expect(form).to_have_count(0)
    expect(edit_link(team, procedures[12])).to_be_focused()
    assert top_of(row) == pytest.approx(top, abs=1)


def test_arrows_go_from_row_to_row_and_the_rest_of_the_page_keeps_them(team, procedures):
    edit_link(team, procedures[1]).focus()
    team.keyboard.press("ArrowDown")
    expect(edit_link(team, procedures[2])).to_be_focused()
    team.keyboard.press("ArrowUp")
    team.keyboard.press("ArrowUp")
    expect(edit_link(team, procedures[0])).to_be_focused()
    team.keyboard.press("ArrowUp")
    expect(edit_link(team, procedures[0])).to_be_focused()


def test_escape_leaves_an_untouched_edit_at_once(team, procedures):
    form = opened(team, procedures[0])
    team.keyboard.press("Escape")
    expect(form).to_have_count(0)
    expect(team.get_by_role("dialog")).to_have_count(0)
    expect(edit_link(team, procedures[0])).to_be_focused()


def test_escape_asks_before_it_takes_away_what_was_typed(visitor, team, procedures):
    form = opened(team, procedures[0])
    date = form.get_by_label("目標日")
    date.fill("2031-03-31")
    team.keyboard.press("Escape")
    dialog = team.get_by_role("dialog", name="入力した内容を破棄しますか")
    expect(dialog.get_by_role("button", name="編集に戻る")).to_be_focused()
    visitor.check_page()

    team.keyboard.press("Escape")  # twice by mistake
    expect(dialog).to_have_count(0)
    expect(date).to_have_value("2031-03-31")
    expect(date).to_be_focused()

    team.keyboard.press("Escape")
    team.keyboard.press("Enter")  # 編集に戻る
    expect(dialog).to_have_count(0)
    expect(date).to_have_value("2031-03-31")

    team.keyboard.press("Escape")
    dialog.get_by_role("button", name="破棄する").click()
    expect(form).to_have_count(0)
    expect(edit_link(team, procedures[0])).to_be_focused()
    assert not MigrationPlan.objects.exists()


def test_what_a_refused_save_left_in_the_form_is_asked_about_too(team, procedures):
    form = opened(team, procedures[0])
    form.get_by_label("状況").select_option(label="保留")
    team.keyboard.press("Control+Enter")
    expect(form.locator(".error-summary")).to_be_visible()
    form.get_by_label("状況").focus()
    team.keyboard.press("Escape")
    expect(team.get_by_role("dialog")).to_be_visible()


def test_cancel_itself_asks_nothing(team, procedures):
    form = opened(team, procedures[0])
    form.get_by_label("目標日").fill("2031-03-31")
    form.get_by_role("link", name="取消").click()
    expect(form).to_have_count(0)
    expect(team.get_by_role("dialog")).to_have_count(0)


def test_nothing_is_saved_by_changing_or_leaving_a_field(team, procedures):
    form = opened(team, procedures[0])
    form.get_by_label("金銭納付").focus()
    for key in ("ArrowUp", "ArrowUp", "Tab", "Enter"):
        team.keyboard.press(key)
    team.wait_for_timeout(300)
    assert not MigrationPlan.objects.exists()
    assert set(Procedure.objects.values_list("payment", "version")) == {(Answer.UNKNOWN, 1)}


def test_control_and_enter_save_a_whole_page_from_any_field(visitor, member, procedures):
    visitor.sign_in(member)
    page = visitor.page
    page.goto(visitor.address + reverse("facts_edit", args=[procedures[0].pk]))
    note = page.get_by_role("textbox", name="備考")
    note.fill("一行目")
    note.press("Enter")
    page.keyboard.type("二行目")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**" + reverse("procedure_detail", args=[procedures[0].pk]))
    procedures[0].refresh_from_db()
    assert procedures[0].note == "一行目\n二行目"


def test_conditions_are_kept_under_a_name_and_a_taken_name_is_said(visitor, team):
    for query in ("?set=incomplete", "?set=target"):
        team.goto(f"{visitor.address}/team/{query}")
        visitor.check_page()
        team.get_by_text("この条件を保存").focus()
        team.keyboard.press("Enter")
        team.get_by_label("条件の名前").fill("毎月見るもの")
        visitor.check_page()
        team.keyboard.press("Enter")
        team.wait_for_load_state()
    expect(team.locator(".error-summary")).to_contain_text("同じ名前の条件がすでにあります")
    visitor.check_page()
    name = team.get_by_label("条件の名前")
    name.fill("対象の手続")
    name.press("Control+Enter")
    expect(team.get_by_role("list", name="保存した条件").get_by_role("link")).to_have_count(2)
    visitor.check_page()
