"""The quirks of lists that offices really have, each in a small file of our own, read as a person
would accept its proposals; then the real files, where they are at hand."""

from pathlib import Path

import openpyxl
import pytest

from procedures.rules import Answer
from procedures.spreadsheet.lists import is_understood, remembered
from procedures.spreadsheet.mapping import FileMapping, SheetMapping, shape_of
from procedures.spreadsheet.outline import outline
from procedures.spreadsheet.parsing import parse
from procedures.spreadsheet.proposals import heading_texts, propose
from procedures.spreadsheet.raw import RawBook
from procedures.spreadsheet.reading import read_workbook
from tests.procedures.spreadsheet.packages import (
    DATA,
    book_of,
    package,
    parts,
    sheet_xml,
    text_cell,
)


def accepted(book: RawBook, **chosen: str) -> FileMapping:
    """The proposals for a book, as accepted by a person who adds a heading for some columns."""
    return FileMapping(
        tuple(
            _accepted_sheet(sheet, chosen) for sheet in outline(book)["sheets"] if sheet["is_read"]
        )
    )


def _accepted_sheet(sheet, chosen):
    proposals = propose(sheet, sheet["last_row"], sheet["levels"])
    columns = [""] * (proposals[-1].place + 1)
    for each in proposals:
        columns[each.place] = each.key if each.key not in chosen else ""
    for key, heading in chosen.items():
        columns[next(each.place for each in proposals if each.text == heading)] = key
    return SheetMapping(sheet["name"], sheet["last_row"], sheet["levels"], tuple(columns))


def read_as_accepted(book: RawBook, **chosen: str):
    return parse(book, default_fiscal_year=2025, mapping=accepted(book, **chosen))


def csv_book(folder: Path, text: str, encoding: str = "cp932") -> RawBook:
    """A csv as an old program of an office writes it."""
    path = folder / "list.csv"
    path.write_bytes(text.replace("\n", "\r\n").encode(encoding))
    return read_workbook(path, path.name)


# --- A procedure list in cp932 ---------------------------------------------------------------

PROCEDURES = """手続名称,書類正式名称,担当課,電話番号,URL,電子申請
"菜園の
利用申込",申込書,農林課,(000)111-2222,https://city.example/saien,https://apply.example/1
転入の届出,転入届,,(000)111-3333,https://city.example/tennyu,
転出の届出,転出届,,(000)111-3333,https://city.example/tenshutu,
犬の登録,様式なし,環境課,(000)111-4444,https://city.example/inu,https://apply.example/2
犬の登録,登録申請書,環境課,(000)111-4444,https://city.example/inu,
"""


@pytest.fixture
def procedures(tmp_path):
    return csv_book(tmp_path, PROCEDURES)


def test_list_in_cp932_is_read_with_its_line_breaks(procedures):
    file = read_as_accepted(procedures)
    assert [row.row_number for row in file.rows] == [2, 3, 4, 5, 6]
    assert file.rows[0].values["name"] == "菜園の\n利用申込"
    assert not any(row.problems for row in file.rows)


def test_division_lost_from_a_merged_cell_is_not_guessed(procedures):
    divisions = [row.values.get("division") for row in read_as_accepted(procedures).rows]
    assert divisions == ["農林課", None, None, "環境課", "環境課"]


def test_same_name_twice_in_a_division_comes_in_twice(procedures):
    rows = read_as_accepted(procedures).rows
    assert rows[3].values["name"] == rows[4].values["name"]
    assert not any(row.passed_over for row in rows)


def test_address_of_the_application_is_read_and_not_that_of_the_page(procedures):
    urls = [row.values.get("url") for row in read_as_accepted(procedures).rows]
    assert urls == ["https://apply.example/1", None, None, "https://apply.example/2", None]


def test_form_and_telephone_are_left_out(procedures):
    (sheet,) = read_as_accepted(procedures).sheets
    assert sheet.ignored == ("書類正式名称", "電話番号", "URL")


# --- An organisation list whose headings change from year to year ----------------------------

ENGLISH = ("#property", "applicableDate", "code", "bureau", "department", "division", "unitname")
JAPANESE = ("局", "部", "課", "所属名称")


def organisation(folder: Path, head, *rows) -> RawBook:
    return read_workbook(book_of(folder / "a.xlsx", ("オープンデータ", [head, *rows])), "a.xlsx")


def test_list_with_english_headings_is_read(tmp_path):
    row = ("1", "2026-04-01", "0000000005", "本庁", "市民部", "市民課", "市民部市民課")
    file = read_as_accepted(organisation(tmp_path, ENGLISH, row), number="code")
    assert file.rows[0].values == {
        "number": "0000000005",
        "name": "市民部市民課",
        "department": "市民部",
        "division": "市民課",
    }


def test_next_years_list_in_japanese_is_read_anew(tmp_path):
    row = ("本庁", "市民部", "市民課", "市民部市民課")
    book = organisation(tmp_path, JAPANESE, row)
    assert remembered(book, {shape_of(ENGLISH): ("",) * 6 + ("name",)}) == ()
    assert read_as_accepted(book, name="所属名称").rows[0].values == {
        "name": "市民部市民課",
        "department": "市民部",
        "division": "市民課",
    }


def test_rows_of_units_above_any_division_are_read(tmp_path):
    rows = [("本庁", None, None, "本庁"), ("本庁", "市民部", None, "市民部")]
    file = read_as_accepted(organisation(tmp_path, JAPANESE, *rows), name="所属名称")
    assert [row.values.get("department") for row in file.rows] == [None, "市民部"]
    assert not any(row.problems for row in file.rows)


# --- A facility list with marks --------------------------------------------------------------

FACILITIES = """№,施設の名称,所管課,区分,計画の対象,浸水の区域
12,①老人の家　さくら,高齢課,①老人福祉,○,〇（河岸の浸食）
11,②子の家,家庭課,②児童福祉,〇,区域外
10,③学びの家,家庭課,③学校,対象外,◯（土石流）
"""


@pytest.fixture
def facilities(tmp_path):
    return csv_book(tmp_path, FACILITIES)


def read_marks(book: RawBook):
    return read_as_accepted(
        book, name="施設の名称", facility_booking="計画の対象", physical_item="浸水の区域"
    )


def test_marks_of_either_circle_mean_yes_and_outside_means_no(facilities):
    rows = read_marks(facilities).rows
    assert [row.values["facility_booking"] for row in rows] == [True, True, False]


def test_mark_with_a_reason_is_read_as_the_mark_and_said(facilities):
    rows = read_marks(facilities).rows
    assert rows[0].values["physical_item"] is Answer.OFFLINE
    assert rows[0].notes == (
        "「浸水の区域」の「〇（河岸の浸食）」は、"
        "「〇」として読みました（かっこの中は取り込みません）。",
    )
    assert rows[2].values["physical_item"] is Answer.OFFLINE


def test_word_of_the_offices_own_is_asked_about_and_then_read(facilities):
    file = read_marks(facilities)
    assert file.unknown_values == {"physical_item": {"区域外": 1}}
    mapping = accepted(
        facilities, name="施設の名称", facility_booking="計画の対象", physical_item="浸水の区域"
    )
    explained = FileMapping(mapping.sheets, {"physical_item": {"区域外": "不要"}})
    file = parse(facilities, default_fiscal_year=2025, mapping=explained)
    assert file.rows[1].values["physical_item"] is Answer.NOT_NEEDED
    assert not any(row.problems for row in file.rows)


def test_circled_figures_survive_in_names_and_numbers_are_read(facilities):
    rows = read_marks(facilities).rows
    assert [row.values["name"] for row in rows] == ["①老人の家　さくら", "②子の家", "③学びの家"]
    assert [row.values["number"] for row in rows] == ["12", "11", "10"]


# --- A comparison with titles, two levels and merged ranges ----------------------------------


@pytest.fixture
def comparison(tmp_path):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name in ("公告", "公告 (訂正)"):
        sheet = book.create_sheet(name)
        sheet.append(("別表", "2026-04-01"))
        sheet.append(("模型", None, None, None, "参考にした手続"))
        sheet.append((name, None, None, None, "甲市\n（工事）", "乙市", "丙市"))
        sheet.append((None, "項目", "説明", "備考", "項目名", "項目名", "項目名"))
        sheet.append(("公告の内容", "公告の種別", "種別を書く", None, "種別", None, "区分"))
        sheet.append((None, "公告日", "日を書く", "年月日", "公告日", "公示日", None))
        sheet.append(("入札の内容", "入札の方法", "方法を書く", None, None, None, "方法"))
        sheet.append((None, "入札日", "日を書く", None, None, "入札日", None))
        sheet.merge_cells("A5:A6")
        sheet.merge_cells("A7:A8")
    path = tmp_path / "a.xlsx"
    book.save(path)
    return read_workbook(path, path.name)


def test_titles_and_two_levels_are_found_on_every_sheet_alike(comparison):
    sheets = outline(comparison)["sheets"]
    assert [(each["last_row"], each["levels"], each["is_read"]) for each in sheets] == [
        (4, 2, True),
        (4, 2, True),
    ]
    assert heading_texts(sheets[0], 4, 2)[3:6] == (
        "備考",
        "甲市 （工事）／項目名",
        "乙市／項目名",
    )


def test_merged_ranges_fill_the_department_of_their_rows(comparison):
    places = {"department": 0, "name": 1, "summary": 2, "note": 3}
    columns = tuple(places)
    mapping = FileMapping(tuple(SheetMapping(n, 4, 2, columns) for n in ("公告", "公告 (訂正)")))
    file = parse(comparison, default_fiscal_year=2025, mapping=mapping)
    assert [row.values["department"] for row in file.rows][:4] == [
        "公告の内容",
        "公告の内容",
        "入札の内容",
        "入札の内容",
    ]
    assert len(file.rows) == 8
    assert not any(row.problems for row in file.rows)


# --- A code list with prose before it and formulas in it -------------------------------------

CODES_HEAD = ("通し\nNo", "分類", "名前", "データのURL", "説明", "備考")


def line(number: int, cells: tuple[str, ...], formula: str = "") -> str:
    """One row of a sheet as XML; the first cell holds the formula with its stored result."""
    first = f'<c r="A{number}"><f>{formula}</f><v>{number - 1}</v></c>' if formula else ""
    letters = "BCDEFG" if formula else "ABCDEF"
    texts = [
        text_cell(f"{letter}{number}", text) for letter, text in zip(letters, cells, strict=False)
    ]
    return f'<row r="{number}">{first}{"".join(texts)}</row>'


def test_formula_in_the_number_column_gives_its_stored_result(tmp_path):
    rows = line(1, CODES_HEAD) + line(
        2, ("年齢", "年齢の区分", "https://a.example/", "年齢を表す"), "ROW()-1"
    )
    path = package(tmp_path / "a.xlsx", parts(sheet_xml(rows)))
    file = read_as_accepted(read_workbook(path, path.name), number="通し No")
    assert file.rows[0].values == {
        "number": "1",
        "name": "年齢の区分",
        "url": "https://a.example/",
        "summary": "年齢を表す",
    }


def test_prose_first_sheet_is_not_read_and_the_others_are(tmp_path):
    prose = [("はじめに",), (), ("この一覧は、市のコードをまとめたものです。",)]
    row = (1, "年齢", "年齢の区分", "https://a.example/", "年齢を表す")
    searched = [("◆調べ方",), (None, "「コード」で調べました。"), (), CODES_HEAD, row]
    path = book_of(
        tmp_path / "a.xlsx",
        ("はじめに", prose),
        ("個人", [CODES_HEAD, row]),
        ("気象", searched),
        ("法人", [CODES_HEAD[:-1], row]),
    )
    file = read_as_accepted(read_workbook(path, path.name))
    assert [(sheet.name, sheet.header_row) for sheet in file.sheets] == [
        ("個人", 1),
        ("気象", 4),
        ("法人", 1),
    ]
    assert file.notes == ("シート「はじめに」は選ばれていないため、読んでいません。",)
    assert not any(row.problems for row in file.rows)


def test_line_number_of_a_sheet_is_not_proposed_as_the_number_of_a_procedure(tmp_path):
    row = (1, "年齢", "年齢の区分", "https://a.example/", "年齢を表す")
    path = book_of(tmp_path / "a.xlsx", ("個人", [CODES_HEAD, row]), ("法人", [CODES_HEAD, row]))
    file = read_as_accepted(read_workbook(path, path.name))
    assert all("number" not in row.values for row in file.rows)


# --- The real files --------------------------------------------------------------------------

NEEDS_DATA = pytest.mark.skipif(not DATA.exists(), reason="the folder with real lists is not there")


def real(name: str) -> RawBook:
    path = next((DATA / "real").glob(f"{name}_*"))
    return read_workbook(path, path.name)


@NEEDS_DATA
@pytest.mark.parametrize(
    ("name", "chosen", "sheets", "rows", "rejected"),
    [
        ("01", {}, 1, 367, 1),
        ("06", {}, 1, 392, 0),
        ("07", {"name": "所属名称"}, 1, 392, 0),
        ("14", {"name": "要配慮者利用施設名称"}, 1, 277, 0),
        ("15", {"name": "データ項目名"}, 5, 159, 1),
        ("16", {}, 15, 702, 30),
    ],
)
def test_real_file_reads_as_a_table(name, chosen, sheets, rows, rejected):
    book = real(name)
    file = read_as_accepted(book, **chosen)
    assert not is_understood(book)
    assert (len(file.sheets), len(file.rows)) == (sheets, rows)
    assert sum(bool(row.problems) for row in file.rows) == rejected
    assert not any(row.passed_over for row in file.rows)


@NEEDS_DATA
def test_flags_of_a_real_file_need_one_word_explained():
    book = real("14")
    mapping = accepted(
        book,
        name="要配慮者利用施設名称",
        facility_booking="避難確保計画対象",
        physical_item="家屋倒壊危険区域",
    )
    file = parse(book, default_fiscal_year=2025, mapping=mapping)
    assert file.unknown_values == {"physical_item": {"区域外": 273}}
    explained = FileMapping(mapping.sheets, {"physical_item": {"区域外": "不要"}})
    file = parse(book, default_fiscal_year=2025, mapping=explained)
    assert not any(row.problems for row in file.rows)
    assert sum(row.values["facility_booking"] is False for row in file.rows) == 63


@NEEDS_DATA
def test_national_survey_needs_no_question():
    path = DATA / "national_inventory_local.xlsx"
    assert is_understood(read_workbook(path, path.name))
