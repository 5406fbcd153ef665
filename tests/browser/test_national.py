"""The national list at the browser: a new edition to its end, and suggestions judged."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from procedures.models import NationalListEdition, Procedure
from tests import factories
from tests.workbooks import workbook

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def items():
    """Two procedures of the current edition."""
    return [
        factories.NationalPriorityFactory(
            number=1, name="妊娠の届出", legal_basis="母子保健法第15条"
        ),
        factories.NationalPriorityFactory(
            number=2, name="転出届", legal_basis="住民基本台帳法第24条"
        ),
    ]


def test_a_new_edition_is_compared_a_renaming_confirmed_and_adopted(
    visitor, division_person, department, items
):
    moved = factories.ProcedureFactory(
        department=department, name="転出の届出", national_priority=items[1]
    )
    visitor.sign_in(division_person)
    page = visitor.page
    page.goto(visitor.address + reverse("national_list"))
    page.get_by_role("link", name="新しい版を取り込む").click()
    page.get_by_label("版の記号").fill("2027")
    page.get_by_label("名称").fill("2027年の一覧")
    wrong = workbook([{"番号": "一", "手続名": "妊娠の届出"}])
    _choose(page, wrong)
    page.get_by_role("button", name="取り込んで比べる").click()
    problems = page.get_by_role("region", name="取り込めないところの表")
    expect(problems.get_by_role("row", name="2行目")).to_contain_text("整数として読み取れません")
    visitor.check_page()

    rows = [
        {"番号": 1, "手続名": "妊娠の届出", "根拠": "母子保健法第15条"},
        {"番号": 2, "手続名": "住民異動（転出）の届出", "根拠": "住民基本台帳法第24条"},
        {"番号": 3, "手続名": "粗大ごみ収集の申込", "根拠": ""},
    ]
    _choose(page, workbook(rows))
    page.get_by_role("button", name="取り込んで比べる").click()
    expect(page.get_by_role("heading", name="新旧の比較")).to_be_visible()
    expect(page.get_by_label("2 転出届の対応先")).to_have_value("2")
    expect(page.get_by_role("button", name="改定する")).to_have_count(0)
    visitor.check_page()
    visitor.follow(page.get_by_role("button", name="この対応で確定する"))
    visitor.check_page()
    page.get_by_role("button", name="1件の紐付けを移し、0件を外して改定する").click()
    expect(page.get_by_role("heading", name="国の優先手続一覧の改定")).to_be_visible()
    expect(page.get_by_role("row", name="転出の届出")).to_contain_text("住民異動（転出）の届出")
    visitor.check_page()

    moved.refresh_from_db()
    assert str(moved.national_priority) == "2 住民異動（転出）の届出"
    assert NationalListEdition.objects.get(key="2027").state == "current"
    page.get_by_role("button", name="元に戻す").click()
    expect(page.get_by_role("main")).to_contain_text("元に戻しました")
    moved.refresh_from_db()
    assert moved.national_priority == items[1]


def test_a_suggestion_is_confirmed_and_another_refused(visitor, member, department, items):
    right = factories.ProcedureFactory(department=department, name="妊娠の届出（本人）")
    wrong = factories.ProcedureFactory(department=department, name="妊娠届出書の再交付")
    visitor.sign_in(member)
    page = visitor.page
    page.goto(visitor.address + reverse("national_list"))
    visitor.follow(page.get_by_role("link", name="紐付けの候補"))
    visitor.check_page()
    page.get_by_label(f"{right.name}を選ぶ").check()
    page.get_by_role("button", name=re.compile("選んだ手続を紐付ける")).click()
    expect(page.get_by_role("heading", name="国の優先手続との紐付け")).to_be_visible()
    visitor.check_page()
    page.get_by_role("link", name="一覧へ戻る").click()
    page.get_by_label(f"{wrong.name}を選ぶ").check()
    page.get_by_role("button", name=re.compile("選んだ手続は違う")).click()
    expect(page.get_by_role("heading", name="違うものとして記録した組（1件）")).to_be_visible()
    visitor.check_page()
    right.refresh_from_db()
    assert (right.national_priority, right.category) == (items[0], "priority")
    assert Procedure.objects.get(pk=wrong.pk).national_priority is None


def _choose(page, file) -> None:
    page.get_by_label("取り込むファイル").set_input_files(
        {"name": file.name, "mimeType": file.content_type, "buffer": file.read()}
    )
