"""Delimited text: its encoding and its delimiter are found, and what is wrong names its line."""

import time

import pytest

from procedures.spreadsheet.gate import Refused
from procedures.spreadsheet.raw import CELL_CHARACTERS
from procedures.spreadsheet.reading import read_workbook
from procedures.spreadsheet.sheetxml import MAX_AREA, MAX_FILLED_COLUMNS
from tests.procedures.spreadsheet.packages import HEAD, parsed_file

UTF16 = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


def only_sheet(path):
    (sheet,) = read_workbook(path, path.name).sheets
    return sheet


def written(tmp_path, content, name="a.csv"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def refusal(path):
    began = time.monotonic()
    with pytest.raises(Refused) as caught:
        read_workbook(path, path.name)
    assert time.monotonic() - began < 10
    assert caught.value.message.endswith("ください。")
    return caught.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_csv_in_each_encoding(tmp_path, encoding):
    text = '手続名,課\r\n"住民票,写し","市民\n課"\r\n\r\n髙﨑①㈱,\r\n'
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(encoding))
    assert only_sheet(path).rows == [
        ("手続名", "課"),
        ("住民票,写し", "市民\n課"),
        (),
        ("髙﨑①㈱",),
    ]


def test_csv_in_no_known_encoding_names_its_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("手続名,課\n住民票,市民課\n".encode() + b"\xff\xff,\xfd\n")
    refused = refusal(path)
    assert refused.code == "csv_encoding"
    assert "3行目" in refused.message


def test_csv_with_a_byte_that_shift_jis_does_not_have_names_its_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("手続名,課\r\n".encode("cp932") + b"\xa0,\xff\r\n")
    refused = refusal(path)
    assert refused.code == "csv_encoding"
    assert "2行目" in refused.message


def test_csv_with_an_open_quote_names_its_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('手続名,課\n"住民票"x,市民課\n', encoding="utf-8")
    refused = refusal(path)
    assert refused.code == "csv_quotes"
    assert "2行目" in refused.message


def test_csv_cell_guarded_against_formulas_loses_its_guard(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("手続名,課\n'=1+1,'そのまま\n", encoding="utf-8")
    assert only_sheet(path).rows[1] == ("=1+1", "'そのまま")


def test_csv_of_empty_lines_only_is_refused_in_time(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"\n" * (MAX_AREA + 1))
    assert refusal(path).code == "too_wide"


@pytest.mark.parametrize("encoding", UTF16)
@pytest.mark.parametrize(("delimiter", "name"), [("\t", "a.txt"), (",", "a.csv")])
def test_utf16_is_known_by_its_mark(tmp_path, encoding, delimiter, name):
    lines = (delimiter.join(HEAD), delimiter.join(("1", "𠮷田髙﨑①", '"市民\n部"', "", "要")))
    content = UTF16[encoding] + "\r\n".join(lines).encode(encoding)
    assert only_sheet(written(tmp_path, content, name)).rows == [
        HEAD,
        ("1", "𠮷田髙﨑①", "市民\n部", None, "要"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.tsv"])
def test_tabs_are_found_whatever_the_name(tmp_path, encoding, name):
    text = "手続一覧、部,課,係\n" + "\t".join(HEAD) + "\n1\t申請,届出,請求,報告\t市民部\t\t要\n"
    (row,) = parsed_file(written(tmp_path, text.encode(encoding), name)).rows
    assert (row.row_number, row.values["name"]) == (3, "申請,届出,請求,報告")


def test_commas_are_found_beside_tabs_in_the_cells(tmp_path):
    text = ",".join(HEAD) + "\n1,a\tb\tc\td\te\tf\tg,市民部,,要\n"
    (row,) = parsed_file(written(tmp_path, text.encode(), "a.txt")).rows
    assert row.values["department"] == "市民部"


def test_delimiter_of_a_text_without_known_headings_is_the_one_that_makes_cells(tmp_path):
    assert only_sheet(written(tmp_path, b"a\tb\tc\n1\t2\t3,4\n")).rows[0] == ("a", "b", "c")
    assert only_sheet(written(tmp_path, b"a,b,c\n1,2,3\t4\n")).rows[0] == ("a", "b", "c")


def test_one_column_is_one_column(tmp_path):
    assert only_sheet(written(tmp_path, "手続名\n住民票\n".encode())).rows == [
        ("手続名",),
        ("住民票",),
    ]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (UTF16["utf-16-le"] + "手続名\n課\n".encode("utf-16-le") + b"\x00\xd8a\x00", 3),
        (UTF16["utf-16-be"] + "手続名\n課".encode("utf-16-be") + b"\x4e", 2),
        (UTF16["utf-16-le"] + ("手" * 2000 + "\n\0").encode("utf-16-le"), 2),
        (b"\xef\xbb\xbf" + "手続名\n課\n".encode() + b"\x83\x41\n", 3),
        (("手" * 2000 + "\n\n\0").encode(), 3),
        ("手続名".encode("utf-32"), 1),
    ],
)
def test_what_is_no_text_names_its_line(tmp_path, content, line):
    refused = refusal(written(tmp_path, content))
    assert refused.code == "csv_encoding"
    if line > 1:
        assert f"{line}行目" in refused.message


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_line_of_millions_of_cells_is_refused_in_time(tmp_path, delimiter):
    head = delimiter.join(HEAD) + "\n"
    content = (head + delimiter * 20_000_000).encode()
    assert refusal(written(tmp_path, content)).code == "too_wide"


def test_row_of_more_columns_than_any_list_has_is_refused(tmp_path):
    assert refusal(written(tmp_path, b"," * MAX_FILLED_COLUMNS)).code == "too_wide"


def test_cell_longer_than_excels_is_refused_and_named(tmp_path):
    text = ",".join(HEAD) + "\n1," + "長" * (CELL_CHARACTERS + 1) + "\n"
    refused = refusal(written(tmp_path, text.encode()))
    assert refused.code == "csv_quotes"
    assert "2行目" in refused.message


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_lone_quote_names_its_line(tmp_path, delimiter):
    text = delimiter.join(HEAD) + f'\n1{delimiter}"住民票"の写し{delimiter}市民部\n'
    refused = refusal(written(tmp_path, text.encode()))
    assert refused.code == "csv_quotes"
    assert "2行目" in refused.message
