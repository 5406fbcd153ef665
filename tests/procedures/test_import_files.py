"""What an import hands back: the whole difference, and rejected rows, which come in corrected."""

import csv
import io
from datetime import date

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from procedures import bulk_import
from procedures.import_files import DIFF_HEADINGS
from procedures.models import Procedure
from procedures.spreadsheet.columns import REASON_HEADING
from tests import factories
from tests.pages import text
from tests.procedures.test_import_return import exported
from tests.workbooks import workbook

pytestmark = pytest.mark.django_db

GOOD = {"手続番号": "1", "手続名": "転入の届出", "部局室": "市民部", "対面": "要", "目標日": None}
MIXED = [
    GOOD,
    GOOD | {"手続番号": "2", "手続名": "転居の届出"},
    GOOD | {"手続番号": "3", "手続名": "犬の登録", "部局室": "ない部", "目標日": date(2027, 3, 31)},
    GOOD | {"手続番号": "4", "手続名": "住民票の写し"},
    GOOD | {"手続番号": "5", "手続名": "印鑑の登録", "対面": "要?"},
]


@pytest.fixture
def client(client, administrator, department):
    """The administrator's client."""
    client.force_login(administrator)
    return client


def received(client, name, run):
    response = client.get(reverse(name, args=[run.pk]))
    assert response.status_code == 200
    return b"".join(response)


def cells(content):
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def corrected(content, **changes):
    """The returned workbook with ``changes`` by the number of the row (手続番号)."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.active
    heads = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        for heading, value in changes.get(
            f"n{sheet.cell(row, heads['手続番号']).value}", {}
        ).items():
            sheet.cell(row, heads[heading], value)
    file = io.BytesIO()
    book.save(file)
    return SimpleUploadedFile("returned.xlsx", file.getvalue())


def preview(file, by, name="list.xlsx"):
    return bulk_import.preview(file, file_name=name, by=by)


def test_good_rows_go_in_and_bad_ones_come_back_and_go_in_corrected(client, administrator):
    run = preview(workbook(MIXED), administrator)
    client.post(reverse("import_apply", args=[run.pk]))
    assert sorted(Procedure.objects.values_list("number", flat=True)) == ["1", "2", "4"]
    page = text(client.get(reverse("import_detail", args=[run.pk])))
    assert reverse("import_rejected", args=[run.pk]) in page

    content = received(client, "import_rejected", run)
    heads, *rows = cells(content)
    assert heads == [*MIXED[0], REASON_HEADING]
    assert [row[0] for row in rows] == ["3", "5"]
    assert "部局室「ない部」は登録されていません" in rows[0][-1]
    assert "「要?」は読み取れません" in rows[1][-1]
    assert rows[0][4].date() == date(2027, 3, 31)

    before = Procedure.history.count()
    returned = corrected(content, n3={"部局室": "市民部"}, n5={"対面": "要"})
    again = preview(returned, administrator)
    assert (again.counts["new"], sum(again.counts.values())) == (2, 2)
    bulk_import.apply(again.pk, by=administrator)
    assert Procedure.objects.count() == 5
    assert Procedure.history.count() == before + 2
    assert str(Procedure.objects.get(number="3").plan.target_date) == "2027-03-31"


def test_rejected_rows_can_be_received_before_applying_too(client, administrator):
    run = preview(workbook(MIXED), administrator)
    assert len(cells(received(client, "import_rejected", run))) == 3


def test_without_rejected_rows_there_is_no_file(client, administrator):
    run = preview(workbook([GOOD]), administrator)
    response = client.get(reverse("import_rejected", args=[run.pk]), follow=True)
    assert "取り込めない行はありません" in text(response)


def test_an_input_of_text_comes_back_as_csv(client, administrator):
    lines = "手続番号,手続名,部局室\n1,転入の届出,市民部\n2,=犬の登録,ない部\n"
    file = SimpleUploadedFile("list.csv", lines.encode("cp932"))
    run = preview(file, administrator, "list.csv")
    content = received(client, "import_rejected", run)
    assert content.startswith(b"\xef\xbb\xbf")
    heads, _ = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert heads == ["手続番号", "手続名", "部局室", REASON_HEADING]
    fixed = SimpleUploadedFile("list.csv", content.replace("ない部".encode(), "市民部".encode(), 1))
    again = preview(fixed, administrator, "list.csv")
    assert (again.counts["new"], again.rows.get().name) == (1, "=犬の登録")


def test_hidden_columns_error_cells_and_dittos_come_along(client, administrator, department):
    procedure = factories.ProcedureFactory(department=department)
    book = openpyxl.load_workbook(workbook([exported(procedure, 備考="x"), exported(procedure)]))
    sheet = book.active
    heads = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(2, heads["対面"], "#REF!").data_type = "e"
    sheet.cell(3, heads["手続番号"], "X-9")
    sheet.cell(3, heads["手続名"], "別の手続の申請")
    sheet.cell(3, heads["備考"], "〃")
    sheet.cell(3, heads["対面"], "要?")
    sheet.cell(3, heads["台帳ID"], None)
    file = io.BytesIO()
    book.save(file)
    run = preview(SimpleUploadedFile("list.xlsx", file.getvalue()), administrator)
    heads, first, second = cells(received(client, "import_rejected", run))
    assert first[heads.index("台帳ID")] == procedure.pk
    assert first[heads.index("対面")] == "#REF!"
    assert second[heads.index("備考")] == "x"


def test_several_sheets_come_back_as_one_that_names_the_department(
    client, administrator, other_department
):
    book = openpyxl.Workbook()
    book.active.title = "市民部"
    for sheet, number in ((book.active, "1"), (book.create_sheet("環境部"), "2")):
        for row in (["手続番号", "手続名", "対面"], [number, f"手続{number}の申請", "要?"]):
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    run = preview(SimpleUploadedFile("list.xlsx", file.getvalue()), administrator)
    content = received(client, "import_rejected", run)
    assert [row[:2] for row in cells(content)] == [
        ["部局室", "手続番号"], ["市民部", "1"], ["環境部", "2"],
    ]  # fmt: skip
    again = preview(corrected(content, n1={"対面": "要"}, n2={"対面": "要"}), administrator)
    bulk_import.apply(again.pk, by=administrator)
    assert Procedure.objects.get(number="2").department == other_department


def test_a_stored_file_that_is_gone_is_said(client, administrator):
    run = preview(workbook(MIXED), administrator)
    run.file.delete(save=False)
    response = client.get(reverse("import_rejected", args=[run.pk]), follow=True)
    assert "元のファイルが保管されていない" in text(response)


def test_the_whole_difference_has_a_line_for_each_field_and_each_reason(
    client, administrator, department
):
    procedure = factories.ProcedureFactory(department=department, number="9", note="元")
    changed = {"手続番号": "9", "手続名": procedure.name, "部局室": "市民部", "備考": "新"}
    run = preview(workbook([changed, MIXED[2]]), administrator)
    heads, *lines = cells(received(client, "import_diff", run))
    assert tuple(heads) == DIFF_HEADINGS
    assert ["備考", "元", "新"] in [line[5:8] for line in lines]
    assert [line[2] for line in lines] == ["変更", "取り込めない"]
    assert "登録されていません" in lines[-1][8]
