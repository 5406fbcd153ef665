"""The administrator's journey: template, a list with mistakes, preview, applying it, undo."""

import pytest
from playwright.sync_api import expect

from procedures.models import Procedure
from tests.procedures.test_import_pages import BAD
from tests.workbooks import XLSX, workbook

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = [
    {"手続番号": "1", "手続名": "転入の届出", "部局室": "市民部", "本人確認": "要", "対面": "不要"},
    {"手続番号": "2", "手続名": "転居の届出", "部局室": "市民部", "本人確認": "要?"},
    {"手続番号": "3", "手続名": "犬の登録申請", "部局室": "環境局"},
]


def choose(visitor, content: bytes, name: str = "list.xlsx") -> None:
    visitor.page.get_by_label("取り込むファイル").set_input_files(
        {"name": name, "mimeType": XLSX, "buffer": content}
    )
    visitor.page.get_by_role("button", name="内容を確認する").click()


def test_from_upload_over_preview_to_the_inventory(
    visitor, administrator, department, other_department
):
    visitor.sign_in(administrator)
    page = visitor.page
    expect(page.get_by_role("heading", name="一覧表の取込")).to_be_visible()
    visitor.check_page()

    choose(visitor, workbook(ROWS).read())
    expect(page.get_by_role("heading", name="取込の確認")).to_be_visible()
    expect(page.get_by_text("3行目「本人確認」の「要?」は読み取れません")).to_be_visible()
    expect(page.get_by_text("環境部")).to_be_visible()
    assert not Procedure.objects.exists()
    visitor.check_page()

    page.get_by_role("button", name="取り込む", exact=True).click()
    expect(page.get_by_text("取り込みました。新規 1件、変更 0件です。")).to_be_visible()
    visitor.check_page()
    assert Procedure.objects.get().name == "転入の届出"

    with page.expect_download() as download:
        page.get_by_role("link", name="取り込めない行を受け取る").click()
    assert download.value.suggested_filename == "取り込めない行_list.xlsx"

    page.get_by_text("取込を取り消す", exact=True).click()
    visitor.check_page()
    page.get_by_role("button", name="この取込を取り消す").click()
    expect(page.get_by_text("この取込は取り消されました。")).to_be_visible()
    visitor.check_page()
    assert not Procedure.objects.exists()


def test_the_template_can_be_received(visitor, administrator, department):
    visitor.sign_in(administrator)
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("link", name="記入用のブックを受け取る").click()
    assert download.value.suggested_filename.endswith(".xlsx")


@pytest.mark.parametrize(("content", "name", "sentence"), BAD.values(), ids=BAD)
def test_a_file_that_cannot_be_read_is_answered_with_what_to_do(
    visitor, administrator, department, content, name, sentence
):
    visitor.sign_in(administrator)
    choose(visitor, content, name)
    expect(visitor.page.get_by_text(sentence)).to_be_visible()
    visitor.check_page()
    assert not Procedure.objects.exists()


def test_an_empty_file_is_answered_at_the_field(visitor, administrator, department):
    visitor.sign_in(administrator)
    choose(visitor, b"", "list.xlsx")
    expect(visitor.page.get_by_text("ファイルが空です").first).to_be_visible()
    visitor.check_page()
