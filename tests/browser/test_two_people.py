"""Two people in two browsers on one row: what merges, what is asked, and what history says."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from procedures.rules import Answer
from tests import factories
from tests.browser.conftest import Visitor
from tracking.models import MigrationPlan

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def procedure(department):
    """A procedure that one unanswered aspect keeps from being a priority."""
    return factories.ProcedureFactory(
        department=department, name="転入の届出", clear=True, payment=Answer.UNKNOWN
    )


@pytest.fixture
def taro(visitor, department, procedure):
    """下関 太郎 at a browser, before the list of his team with the procedure in it."""
    visitor.sign_in(factories.member_of(department, display_name="下関 太郎"))
    return visitor


@pytest.fixture
def hanako(browser, live_server, department, procedure):
    """佐藤 花子 of the same team at a browser of her own."""
    context = browser.new_context()
    visitor = Visitor(context.new_page(), live_server.url)
    visitor.sign_in(factories.member_of(department, display_name="佐藤 花子"))
    yield visitor
    context.close()


def open_row(person, procedure) -> None:
    """編集 on the procedure's row."""
    person.page.locator(f"#edit-{procedure.pk}").click()
    expect(person.page.get_by_label("目標日")).to_be_visible()


def save(person) -> None:
    """保存 in the row that is open."""
    person.page.get_by_role("button", name="保存", exact=True).click()


def expect_saved(person, procedure) -> None:
    """The row says that it was saved."""
    expect(person.page.locator(f"#procedure-{procedure.pk}")).to_contain_text("保存しました")


def history(person) -> list[str]:
    """What the page of the procedure tells of its past, the newest first."""
    person.page.get_by_role("link", name="転入の届出", exact=True).click()
    entries = person.page.locator("ol.timeline > li")
    expect(entries.first).to_be_visible()
    person.check_page()
    return [" ".join(entry.split()) for entry in entries.all_inner_texts()]


def test_two_people_who_change_different_fields_both_keep_their_work(taro, hanako, procedure):
    open_row(taro, procedure)
    open_row(hanako, procedure)
    taro.page.get_by_label("金銭納付").select_option(label="不要")
    hanako.page.get_by_label("目標日").fill("2027-01-31")
    save(hanako)
    expect_saved(hanako, procedure)
    save(taro)
    expect_saved(taro, procedure)

    row = taro.page.locator(f"#procedure-{procedure.pk}")
    expect(row).to_contain_text("2027/1/31")
    expect(row.locator(".badge--priority")).to_be_visible()
    procedure.refresh_from_db()
    assert procedure.payment == Answer.NOT_NEEDED
    assert str(procedure.plan.target_date) == "2027-01-31"

    newest, older, registered = history(taro)
    assert "下関 太郎" in newest
    assert "金銭納付" in newest
    assert "目標日" not in newest, "what only she changed is not said to be his"
    assert "佐藤 花子" in older
    assert "2027年1月31日" in older
    assert "台帳に登録しました" in registered


@pytest.mark.parametrize(
    ("choice", "kept"), [("あなたの入力", "2027-03-31"), ("ほかの人の変更", "2027-01-31")]
)
def test_the_second_of_two_on_one_field_sees_both_values_and_chooses(
    taro, hanako, procedure, choice, kept
):
    open_row(taro, procedure)
    taro.page.get_by_label("目標日").fill("2027-03-31")
    open_row(hanako, procedure)
    hanako.page.get_by_label("目標日").fill("2027-01-31")
    save(hanako)
    expect_saved(hanako, procedure)

    save(taro)
    compare = taro.page.locator("table.compare")
    written = MigrationPlan.history.get()
    for said in ("目標日", "2027年3月31日", "2027年1月31日", "佐藤 花子"):
        expect(compare).to_contain_text(said)
    expect(compare).to_contain_text(_minute(written.history_date))
    taro.check_page()
    taro.page.get_by_label(choice).check()
    save(taro)
    expect(compare).to_have_count(0)

    expect(taro.page.locator(f"#procedure-{procedure.pk}")).to_contain_text(
        kept.replace("-0", "/").replace("-", "/")
    )
    assert str(MigrationPlan.objects.get(procedure=procedure).target_date) == kept
    entries = history(taro)[:-1]  # the last one is the registration
    if kept == "2027-01-31":
        (hers,) = entries
    else:
        his, hers = entries
        assert "下関 太郎" in his
        assert his.index("2027年1月31日") < his.index("2027年3月31日"), "from hers to his"
    assert "佐藤 花子" in hers
    assert "2027年1月31日" in hers


def _minute(moment) -> str:
    return f"{timezone.localtime(moment):%H:%M}"
