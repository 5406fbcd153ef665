"""Before a draft of the policy is adopted: what would change, in one department, as a workbook."""

import openpyxl
import pytest
from playwright.sync_api import expect

from procedures.policies import stored_form
from procedures.rules import POLICY_2024
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def draft(department, other_department):
    """A draft by which fees paid online hinder, and a procedure of each department that has one."""
    for name, owner in (("犬の登録の申請", department), ("犬の死亡の届出", other_department)):
        factories.ProcedureFactory(name=name, department=owner, clear=True, payment="online")
    factories.ProcedureFactory(department=department, clear=True)
    accepted = stored_form(POLICY_2024)["accepted"] | {"payment": ["not_needed"]}
    return factories.PolicyFactory(name="納付を認めない案", accepted=accepted)


def test_a_draft_is_tried_out_narrowed_to_a_department_and_taken_along(
    visitor, division_person, draft, tmp_path
):
    visitor.sign_in(division_person)
    page = visitor.page
    page.get_by_role("link", name="方針と登録簿").click()
    row = page.get_by_role("row", name="納付を認めない案")
    row.get_by_role("link", name="影響を試算").click()
    matrix = page.get_by_role("region", name="区分の変化（台帳の全手続")
    expect(matrix.get_by_role("row", name="優先 1 2 0 3")).to_be_visible()
    expect(page.get_by_role("heading", name="区分が変わる手続（2件）")).to_be_visible()
    visitor.check_page()

    page.get_by_label("部局室", exact=True).select_option(label="環境部")
    page.get_by_role("button", name="しぼり込む").click()
    expect(page.get_by_role("heading", name="区分が変わる手続（1件）")).to_be_visible()
    row = page.get_by_role("row", name="犬の死亡の届出")
    expect(row).to_contain_text("優先 → 検討")
    expect(row).to_contain_text("「金銭納付」が「必要（オンライン可）」のため")
    visitor.check_page()

    with page.expect_download() as download:
        page.get_by_role("link", name="Excelで受け取る").click()
    assert download.value.suggested_filename.startswith("改定の試算_納付を認めない案_")
    path = tmp_path / "what_if.xlsx"
    download.value.save_as(path)
    rows = openpyxl.load_workbook(path)["区分が変わる手続"]
    assert [row[1] for row in rows.iter_rows(min_row=2, values_only=True)] == [
        "犬の登録の申請", "犬の死亡の届出",
    ]  # fmt: skip
