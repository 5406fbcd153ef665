"""The settled questions on how a list is read, one after the other."""

import pytest

from procedures.rules import Answer
from procedures.spreadsheet.gate import Refused
from procedures.spreadsheet.parsing import FileKind
from procedures.spreadsheet.raw import Merge
from tests.procedures.spreadsheet.packages import (
    DATA,
    HEAD,
    one,
    parsed,
    parsed_file,
    raw,
    rows_of,
)

# --- Finding the list ------------------------------------------------------------------------


def test_titles_above_the_headings_are_no_rows():
    file = parsed(
        raw(("令和7年度 行政手続一覧",), (), (None, None, "情報政策課"), HEAD, ("1", "住民票"))
    )
    (sheet,) = file.sheets
    assert (sheet.header_row, sheet.row_count) == (4, 1)
    assert [(row.row_number, row.values["name"]) for row in file.rows] == [(5, "住民票")]


def test_headings_are_mapped_and_the_others_named():
    (sheet,) = parsed(raw(("No.", "手続の\n名称", "担当課", "様式", "場所"), (1, "a", "b"))).sheets
    assert sheet.mapped == (("No.", "手続番号"), ("手続の 名称", "手続名"), ("担当課", "課"))
    assert sheet.ignored == ("様式", "場所")
    assert sheet.letters == (("number", "A"), ("name", "B"), ("division", "C"))


def test_of_two_headings_for_one_column_the_surer_wins():
    head = ("書類正式名称", "手続名称", "担当課", "URL")
    row = one(head, "申込書", "申込み", "広聴課", "https://a.example/")
    assert row.values["name"] == "申込み"


def test_two_levels_of_headings_are_read_together():
    sheet = raw(
        ("手続名", "所管", None, "件数", None, "本人確認"),
        (None, "部局", "課", "年間件数", "オンライン件数", "要否"),
        ("住民票", "市民部", "市民課", 10, 2, "要"),
        merges=(Merge(1, 2, 1, 3), Merge(1, 4, 1, 5), Merge(1, 1, 2, 1)),
    )
    file = parsed(sheet)
    assert file.sheets[0].header_row == 2
    (row,) = file.rows
    assert row.values["department"] == "市民部"
    assert row.values["division"] == "市民課"
    assert (row.values["total_volume"], row.values["online_volume"]) == (10, 2)
    assert row.values["identity_check"] is Answer.OFFLINE


def test_second_level_that_adds_nothing_is_still_no_row():
    sheet = raw(
        ("手続名", "課", "本人確認", None),
        (None, None, "要否", "備考欄"),
        ("住民票", "市民課", "要", ""),
        merges=(Merge(1, 1, 2, 1), Merge(1, 2, 2, 2), Merge(1, 3, 1, 4)),
    )
    assert [row.row_number for row in parsed(sheet).rows] == [3]


def test_first_row_of_data_is_never_taken_for_a_second_level():
    rows = rows_of(
        (None, None, "市民部", "市民課", "要"), ("2", "住民票", "市民部", "市民課", "要")
    )
    assert [row.row_number for row in rows] == [2, 3]
    assert rows[0].problems


def test_data_that_looks_like_a_heading_is_data():
    head = ("手続名", "課", "部局室", "区分")
    rows = rows_of(("住民票", "市民課", "市民部", "現物"), ("a", "b", "c", "d"), head=head)
    assert [row.row_number for row in rows] == [2, 3]


@pytest.mark.parametrize(
    "head", [(), ("手続名",), ("手続名", "課"), ("名前", "課", "部局室", "備考"), ("a", "b", "c")]
)
def test_book_without_a_list_is_refused_and_told_the_headings(head):
    with pytest.raises(Refused) as caught:
        parsed(raw(head, ("1", "2", "3")))
    assert caught.value.code == "no_heading"
    assert "「手続名」" in caught.value.message
    assert "本人確認" in caught.value.message


def test_list_without_rows_is_a_list():
    file = parsed(raw(HEAD))
    assert (file.kind, file.rows, file.sheets[0].row_count) == (FileKind.LIST, (), 0)


# --- Sheets ----------------------------------------------------------------------------------


def test_all_visible_sheets_with_a_list_are_read_and_their_names_are_departments():
    head = ("手続名", "課", "本人確認")
    file = parsed(
        raw(("はじめに",), name="はじめに"),
        raw(head, ("住民票", "市民課", "要"), name="市民部"),
        raw(head, ("ごみ", "環境課", "不要"), name="環境部"),
    )
    assert [(row.sheet, row.values["department"]) for row in file.rows] == [
        ("市民部", "市民部"),
        ("環境部", "環境部"),
    ]
    assert all(row.values["department_from_sheet"] for row in file.rows)
    assert file.notes == ("シート「はじめに」には手続の一覧がないため、読んでいません。",)


@pytest.mark.parametrize("names", [("市民部",), ("Sheet1", "Sheet2"), ("シート１", "Sheet (2)")])
def test_sheet_name_says_nothing_alone_or_when_nobody_gave_it(names):
    head = ("手続名", "課", "本人確認")
    sheets = [raw(head, (name, "市民課", "要"), name=name) for name in names]
    assert all("department" not in row.values for row in parsed(*sheets).rows)


def test_department_column_wins_over_the_sheets_name():
    file = parsed(
        raw(HEAD, ("1", "a", "税務部", None, "要"), ("2", "b", None, None, "要"), name="市民部"),
        raw(HEAD, ("3", "c", "税務部", None, "要"), name="環境部"),
    )
    assert [row.values.get("department") for row in file.rows] == ["税務部", None, "税務部"]


def test_messages_name_the_sheet_where_there_are_several():
    head = ("手続名", "課", "本人確認")
    file = parsed(raw(head, ("a", "b", "要?"), name="甲"), raw(head, ("c", "d", "要"), name="乙"))
    assert file.rows[0].problems[0].message.startswith("シート「甲」の2行目「本人確認」の「要?」")


def test_hidden_sheet_is_left_out_beside_a_visible_list():
    file = parsed(
        raw(HEAD, ("1", "住民票"), name="今年"),
        raw(HEAD, ("2", "古い"), name="去年", visible=False),
        raw(("覚え",), name="メモ", visible=False),
    )
    assert [row.sheet for row in file.rows] == ["今年"]
    assert file.notes == ("非表示のシート「去年」は読んでいません。",)


def test_hidden_sheet_is_read_when_it_is_the_only_list():
    file = parsed(
        raw(("表紙",), name="表紙"), raw(HEAD, ("1", "住民票"), name="台帳", visible=False)
    )
    assert len(file.rows) == 1
    assert "シート「台帳」は非表示ですが、ほかに一覧がないため読みました。" in file.notes


def test_hidden_rows_and_columns_are_read_and_said():
    file = parsed(
        raw(
            HEAD,
            ("1", "a", None, None, "要"),
            ("2", "b", None, None, "不要"),
            hidden_rows=frozenset({3, 9}),
            hidden_columns=frozenset({5, 7}),
        )
    )
    assert [row.values["identity_check"] for row in file.rows] == ["offline", "not_needed"]
    assert file.sheets[0].notes == (
        "非表示の行が1行あります。これも読みました。",
        "非表示の列があります（本人確認）。これも読みました。",
    )


# --- Numbers that meet -----------------------------------------------------------------------


def test_equal_rows_of_one_number_count_once():
    rows = rows_of(
        ("A-1", "a", "市民部", None, "有"), ("Ａ－１", "a", "市民部", None, "あり"), ("A-2", "b")
    )
    assert [row.passed_over for row in rows] == ["", "2行目と同じ内容です", ""]
    assert not any(row.problems for row in rows)


def test_different_rows_of_one_number_are_all_rejected_naming_each_other():
    rows = rows_of(("1", "a"), ("2", "b"), ("１", "c"), (1, "a"))
    assert [len(row.problems) for row in rows] == [1, 0, 1, 1]
    assert rows[0].problems[0].message == (
        "2行目「手続番号」の「1」は4行目・5行目にもあり、内容が違います。"
        "番号を直すか、要らない行を消してください。"
    )
    assert rows[0].problems[0].cell == "A2"
    assert "2行目・4行目にもあり" in rows[3].problems[0].message


def test_one_number_on_two_sheets_names_the_other_sheet():
    file = parsed(raw(HEAD, ("1", "a", "x"), name="甲"), raw(HEAD, ("1", "b", "x"), name="乙"))
    assert "シート「乙」の2行目にもあり" in file.rows[0].problems[0].message


def test_same_name_twice_without_numbers_comes_in_twice():
    rows = rows_of((None, "申請", "市民部"), (None, "申請", "市民部"))
    assert not any(row.passed_over or row.problems for row in rows)


def test_national_id_beside_another_number():
    head = ("No", "手続ID", "手続名", "課")
    assert one(head, "7", "12345", "a", "b").values["national_id"] == "12345"
    assert one(head, "7", "12345", "a", "b").values["number"] == "7"
    assert one(("手続ID", "手続名", "課"), "7", "a", "b").values["number"] == "7"


# --- Real lists ------------------------------------------------------------------------------


@pytest.mark.skipif(not DATA.exists(), reason="the folder with real lists is not there")
def test_a_real_ward_list_in_cp932_is_read():
    file = parsed_file(DATA / "real" / "01_nerima_tetuzuki_cp932.csv")
    assert len(file.rows) > 300
    assert all(row.values.get("name") for row in file.rows)
    assert any("division" not in row.values for row in file.rows)
    assert file.sheets[0].ignored[0] == "書類正式名称"


@pytest.mark.skipif(not DATA.exists(), reason="the folder with real lists is not there")
@pytest.mark.parametrize("name", ["06_takamatsu_org_202404", "15_digital_agency_tender_comparison"])
def test_a_real_workbook_that_is_no_list_is_refused(name):
    with pytest.raises(Refused) as caught:
        parsed_file(DATA / "real" / f"{name}.xlsx")
    assert caught.value.code == "no_heading"
