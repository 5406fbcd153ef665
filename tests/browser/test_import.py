"""A list on its way at the browser: its columns, contested fields, a row left out, pasted text."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from procedures import bulk_import
from procedures.models import ImportRun, Procedure
from tests import factories
from tests.browser.test_administrator import choose
from tests.procedures.test_import_return import edit, exported
from tests.workbooks import workbook

pytestmark = pytest.mark.django_db(transaction=True)

FOREIGN = [
    {"整理": "A-1", "事務の呼び名": "転入の届出", "受け持ち": "市民部", "対面の要不要": "窓口のみ"},
    {"整理": "A-2", "事務の呼び名": "犬の登録", "受け持ち": "市民部", "対面の要不要": "要"},
]
APPLY = "取り込む"


def decide_columns(page) -> None:
    """What each column of ``FOREIGN`` is."""
    for letter, heading in zip("ABCD", ("手続番号", "手続名", "部局室", "対面"), strict=True):
        page.get_by_label(f"{letter}列「").select_option(label=heading)
    page.get_by_role("button", name="この対応で読み取る").click()


def test_a_foreign_list_from_its_columns_to_the_inventory(visitor, administrator, department):
    visitor.sign_in(administrator)
    page = visitor.page
    choose(visitor, workbook(FOREIGN).read())
    expect(page.get_by_role("heading", name="列の確認")).to_be_visible()
    visitor.check_page()

    page.get_by_label("B列「").select_option(label="手続名")
    page.get_by_label("C列「").select_option(label="手続名")
    page.get_by_role("button", name="この対応で読み取る").click()
    expect(page.locator(".error-summary")).to_contain_text("「手続名」はB列でも選ばれています")
    expect(page.locator(".error-summary")).to_be_focused()
    visitor.check_page()

    # Another heading row brings other proposals at once; back again, the headings are there.
    page.locator("#id_s0-last_row").focus()
    page.locator("#id_s0-last_row").select_option("2")
    expect(page.get_by_label("B列「転入の届出」の読み方")).to_be_visible()
    expect(page.locator("#id_s0-last_row")).to_be_focused()
    page.locator("#id_s0-last_row").select_option("1")
    expect(page.get_by_label("B列「事務の呼び名」の読み方")).to_be_visible()
    decide_columns(page)

    expect(page.get_by_role("heading", name="取込の確認")).to_be_visible()
    visitor.check_page()
    page.get_by_label("「対面」の「窓口のみ」の読み方").select_option(label="要")
    page.get_by_role("button", name="この読み方で読み直す").click()
    expect(page.get_by_text("新規2件と変更0件を台帳に書き込みます。")).to_be_visible()
    page.get_by_role("button", name=APPLY, exact=True).click()
    expect(page.get_by_text("取り込みました。新規 2件")).to_be_visible()
    assert Procedure.objects.count() == 2


def test_contested_fields_and_rows_are_decided_in_place(visitor, administrator, department):
    procedure = factories.ProcedureFactory(department=department, note="元の備考")
    factories.PlanFactory(procedure=procedure, assignee="山田")
    line = exported(procedure, 備考="表の備考", 担当者="佐藤")
    copies = [
        line | {"手続番号": f"D-{n}", "手続名": "犬の登録の申請", "台帳ID": None} for n in (1, 2)
    ]
    edit(procedure, administrator, plan={"assignee": "鈴木"}, note="画面の備考")
    visitor.sign_in(administrator)
    page = visitor.page
    choose(visitor, workbook([line, *copies]).read())

    apply = page.get_by_role("button", name=APPLY, exact=True)
    expect(page.get_by_text("食い違いが2件残っています")).to_be_visible()
    expect(apply).to_be_disabled()
    visitor.check_page()
    for name in ("備考", "担当者"):
        button = page.get_by_role("button", name=re.compile(f"ファイルの内容にする.*{name}"))
        button.press("Enter")
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(button).to_be_focused()
    expect(apply).to_be_enabled()
    visitor.check_page()

    page.get_by_role("link", name="似た手続 2行").click()
    expect(page.get_by_text("同じ名前").first).to_be_visible()
    page.get_by_role("button", name="この行を取り込まない").first.click()
    expect(page.get_by_text("新規1件と変更1件を台帳に書き込みます。")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("この行を取り込む[^ま]"))).to_be_focused()
    visitor.check_page()
    apply.click()
    expect(page.get_by_text("取り込みました。新規 1件、変更 1件です。")).to_be_visible()
    procedure.refresh_from_db()
    assert (procedure.note, procedure.plan.assignee) == ("表の備考", "佐藤")


def test_text_pasted_from_excel(visitor, member, department):
    visitor.sign_in(member)
    page = visitor.page
    visitor.follow(page.get_by_role("link", name="取込", exact=True))
    visitor.check_page()
    page.get_by_label("Excelから写した表を貼り付ける").fill(
        "手続番号\t手続名\t部局室\n1\t転入の届出\t市民部\n"
    )
    page.get_by_role("button", name="内容を確認する").click()
    expect(page.get_by_text("新規1件と変更0件を台帳に書き込みます。")).to_be_visible()


def test_progress_follows_the_work_and_its_death_is_said(visitor, administrator, department):
    run = bulk_import.preview(
        workbook([{"手続番号": "1", "手続名": "転入の届出", "部局室": "市民部"}]),
        file_name="list.xlsx",
        by=administrator,
    )
    runs = ImportRun.objects.filter(pk=run.pk)
    runs.update(
        state="reading", worker="elsewhere/1/x", heard_at=timezone.now(),
        progress_step="台帳と比べています", progress_done=500, progress_total=1200,
    )  # fmt: skip
    visitor.sign_in(administrator)
    page = visitor.page
    page.goto(visitor.address + reverse("import_detail", args=[run.pk]))
    expect(page.get_by_text("1,200行のうち500行が済みました。")).to_be_visible()
    visitor.check_page()
    runs.update(progress_done=900)
    expect(page.get_by_text("1,200行のうち900行が済みました。")).to_be_visible()
    runs.update(heard_at=timezone.now() - timedelta(minutes=6))
    expect(page.get_by_text("読取りの途中でプログラムが止まりました。")).to_be_visible()
    visitor.check_page()
    page.get_by_role("button", name="もう一度読む").click()
    expect(page.get_by_role("heading", name="取込の確認")).to_be_visible()


def test_without_javascript_the_way_is_the_same(browser, live_server, administrator, department):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.set_default_timeout(10_000)
    page.goto(f"{live_server.url}/imports/")
    page.get_by_label("ユーザー名").fill(administrator.username)
    page.get_by_label("パスワード").fill("correct horse battery")
    page.get_by_role("button", name="ログイン").click()
    page.get_by_label("取り込むファイル").set_input_files(
        {"name": "list.xlsx", "mimeType": "", "buffer": workbook(FOREIGN).read()}
    )
    page.get_by_role("button", name="内容を確認する").click()
    page.locator("#id_s0-last_row").select_option("1")
    page.get_by_role("button", name="この行を見出しにして列を選び直す").click()
    decide_columns(page)
    page.locator(".tabs").get_by_role("link", name="新規").click()
    page.get_by_role("button", name="この行を取り込まない").click()
    expect(page.get_by_role("button", name=APPLY, exact=True)).to_be_disabled()
    page.context.close()
