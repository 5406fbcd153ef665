"""OpenDocument sheets: read like a workbook, and repeated emptiness costs nothing."""

import datetime as dt
import time

import pytest

from procedures.spreadsheet.gate import Refused
from procedures.spreadsheet.raw import ErrorValue, Merge
from procedures.spreadsheet.reading import read_workbook
from procedures.spreadsheet.sheetxml import MAX_MERGES
from tests.procedures.spreadsheet.open_document import cell, ods, row, table, texts
from tests.procedures.spreadsheet.packages import HEAD, parsed_file

NO_VALUE = cell(kind="")


def sheets_of(tmp_path, tables, **options):
    path = ods(tmp_path / "a.ods", tables, **options)
    return read_workbook(path, path.name).sheets


def sheet_of(tmp_path, content, **options):
    (sheet,) = sheets_of(tmp_path, table(content), **options)
    return sheet


def refusal(tmp_path, tables):
    began = time.monotonic()
    with pytest.raises(Refused) as caught:
        sheets_of(tmp_path, tables)
    assert time.monotonic() - began < 5
    assert caught.value.message.endswith("ください。")
    return caught.value


def test_a_list_is_read_like_one_of_excel(tmp_path):
    first = cell("市民部", 'table:number-rows-spanned="2"')
    below = '<table:covered-table-cell table:number-columns-repeated="1"/>'
    path = ods(
        tmp_path / "a.ods",
        table(
            texts("令和7年度 手続一覧")
            + texts(*HEAD)
            + row(cell("1"), cell("住民票"), first, cell("市民課"), cell("要"))
            + row(cell("2"), cell("印鑑登録"), below, cell("市民課"), cell("不要"))
        ),
    )
    file = parsed_file(path)
    assert file.sheets[0].header_row == 2
    assert [row.values["name"] for row in file.rows] == ["住民票", "印鑑登録"]
    assert [row.values["department"] for row in file.rows] == ["市民部", "市民部"]


def test_values_keep_their_types(tmp_path):
    cells = (
        cell("髙﨑①"),
        cell("1,200", 'office:value="1200"', kind="float"),
        cell("50%", 'office:value="0.5"', kind="percentage"),
        cell("TRUE", 'office:boolean-value="true"', kind="boolean"),
        cell("令和8年4月1日", 'office:date-value="2026-04-01"', kind="date"),
        cell("x", 'office:date-value="2026-04-01T10:30:00"', kind="date"),
        cell("3:04", 'office:time-value="PT03H04M05S"', kind="time"),
        NO_VALUE,
        cell("末"),
    )
    (read,) = sheet_of(tmp_path, row(*cells)).rows
    day, moment = dt.date(2026, 4, 1), dt.datetime(2026, 4, 1, 10, 30)
    assert read == ("髙﨑①", 1200, 0.5, True, day, moment, "03:04:05", None, "末")
    assert isinstance(read[1], int)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (cell("#REF!", 'table:formula="of:=#REF!" calcext:value-type="error"'), "#REF!"),
        (cell("#N/A", 'table:formula="of:=NA()" office:value="0"', kind="float"), "#N/A"),
        (cell("Err:502", 'office:string-value=""'), "Err:502"),
        (cell("エラー:508", 'office:value="0"', kind="float"), "エラー:508"),
        (cell("#DIV/0!", kind=""), "#DIV/0!"),
        (cell("", 'calcext:value-type="error"'), "#ERROR!"),
        (cell("", 'office:value="nan"', kind="float"), "#VALUE!"),
        (cell("4月", 'office:date-value="2026-13-01"', kind="date"), "4月"),
        (cell("x", kind="float"), "x"),
    ],
)
def test_error_cells_are_errors_however_a_program_writes_them(tmp_path, error, code):
    assert sheet_of(tmp_path, row(error, cell("x"))).rows == [(ErrorValue(code), "x")]


def test_error_cell_rejects_its_row(tmp_path):
    bad = row(cell("2"), cell("戸籍"), cell("市民部"), cell("#REF!"), cell("要"))
    path = ods(tmp_path / "a.ods", table(texts(*HEAD) + texts("1", "住民票", "市民部") + bad))
    assert [bool(row.problems) for row in parsed_file(path).rows] == [False, True]


def test_text_is_what_the_cell_shows(tmp_path):
    spans = "<text:span>住民票<text:s text:c='2'/></text:span>の  \n 写し<text:tab/>等"
    noted = cell("交付").replace(
        "<text:p>",
        "<office:annotation><text:p>覚え</text:p></office:annotation><drawing:frame>"
        "<drawing:text-box><text:p>図</text:p></drawing:text-box></drawing:frame><text:p>",
    )
    ruby = (
        "<text:ruby><text:ruby-base>東京</text:ruby-base>"
        "<text:ruby-text>トウキョウ</text:ruby-text></text:ruby>"
    )
    one = f"<table:table-cell><text:p>{spans}</text:p></table:table-cell>"
    other = f"<table:table-cell><text:p>{ruby}</text:p></table:table-cell>"
    cells = row(one, cell("一\n二"), noted, other, cell("", 'office:string-value="値"'))
    assert sheet_of(tmp_path, cells).rows == [
        ("住民票  の 写し\t等", "一\n二", "交付", "東京", "値")
    ]


def test_formula_without_a_value_is_named(tmp_path):
    lost = cell("", 'table:formula="of:=1+1"', kind="")
    kept = cell("2", 'table:formula="of:=1+1" office:value="2"', kind="float")
    sheet = sheet_of(tmp_path, texts("a") + row(cell("b"), lost, kept))
    assert sheet.rows == [("a",), ("b", None, 2)]
    assert sheet.formulas_without_value == {(2, 2)}


def test_hidden_rows_columns_and_sheets_and_merges_are_told(tmp_path):
    columns = (
        '<table:table-column table:number-columns-repeated="2"/>'
        '<table:table-column table:visibility="collapse"/>'
        '<table:table-column table:visibility="collapse" table:number-columns-repeated="16381"/>'
    )
    area = 'table:number-rows-spanned="3" table:number-columns-spanned="2"'
    content = (
        columns
        + row(cell("部", area), cell("名"))
        + row(cell("a"), attributes='table:visibility="filter"')
        + row(cell("b"), attributes='table:visibility="collapse" table:number-rows-repeated="2"')
    )
    first, second = sheets_of(
        tmp_path,
        table(content) + table(texts("x"), name="隠し", attributes='table:style-name="ta2"'),
    )
    assert first.hidden_rows == {2, 3, 4}
    assert first.hidden_columns == set(range(3, 16385))
    assert first.merges == (Merge(1, 1, 3, 2),)
    assert first.rows == [("部", "名"), ("a",), ("b",), ("b",)]
    assert (first.visible, second.name, second.visible) == (True, "隠し", False)


def test_date_system_is_told(tmp_path):
    before = (
        "<table:calculation-settings>"
        '<table:null-date table:date-value="1904-01-01"/></table:calculation-settings>'
    )
    assert sheet_of(tmp_path, texts("a"), before=before).date1904
    assert not sheet_of(tmp_path, texts("a")).date1904


def test_only_the_sheets_themselves_are_read(tmp_path):
    inner = cell("外").replace("<text:p>", f"{table(texts('中'), name='中')}<text:p>")
    before = f"<table:dde-links><table:dde-link>{table(texts('古'))}</table:dde-link>"
    before += "</table:dde-links><table:tracked-changes>" + cell("消") + "</table:tracked-changes>"
    assert sheet_of(tmp_path, row(inner), before=before).rows == [("外",)]


def test_grouped_and_heading_rows_are_rows(tmp_path):
    content = (
        f"<table:table-header-rows>{texts('頭')}</table:table-header-rows>"
        f"<table:table-row-group>{texts('一')}{texts('二')}</table:table-row-group>"
    )
    assert sheet_of(tmp_path, content).rows == [("頭",), ("一",), ("二",)]


def test_repeated_cells_and_rows_hold_their_value(tmp_path):
    gap = cell("", 'table:number-columns-repeated="2"', kind="")
    content = row(gap, cell("x", 'table:number-columns-repeated="2"')) + row(
        NO_VALUE, attributes='table:number-rows-repeated="2"'
    )
    rows = sheet_of(tmp_path, content + texts("末")).rows
    assert rows == [(None, None, "x", "x"), (), (), ("末",)]


def test_formatted_empty_rows_and_columns_cost_nothing(tmp_path):
    rest = cell("", 'table:number-columns-repeated="16383"', kind="")
    content = row(cell("手続名"), rest) + row(
        cell("", 'table:number-columns-repeated="16384"', kind=""),
        attributes='table:visibility="collapse" table:number-rows-repeated="1048575"',
    )
    began = time.monotonic()
    sheet = sheet_of(tmp_path, content)
    assert time.monotonic() - began < 3
    assert sheet.rows == [("手続名",)]
    assert sheet.hidden_rows == frozenset()


REPEATED_ROWS = 'table:number-rows-repeated="1048576"'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (
            row(cell("x", 'table:number-columns-repeated="16384"'), attributes=REPEATED_ROWS),
            "too_many_rows",
        ),
        (row(NO_VALUE, attributes=REPEATED_ROWS) + texts("x"), "too_wide"),
        (row(cell("", 'table:number-columns-repeated="16384"', kind=""), cell("x")), "too_wide"),
        (row(cell("x", 'table:number-columns-repeated="9999999"')), "too_wide"),
        (row(cell("長" * 30_000, 'table:number-columns-repeated="16384"')), "too_wide"),
        (texts("x") * 3 + row(cell("x"), attributes=REPEATED_ROWS), "too_wide"),
        (row(cell("x", 'table:number-columns-repeated="99999999"')), "broken"),
        (row(cell("x"), attributes='table:number-rows-repeated="-1"'), "broken"),
        (texts("長" * 32_768), "cell_too_long"),
        (row(cell("<text:s text:c='9999999'/>" * 2)), "cell_too_long"),
        (row(cell("x", 'table:number-rows-spanned="2"')) * (MAX_MERGES + 1), "too_many_merges"),
        (cell("x"), "broken"),
        ("<table:table-row>", "broken"),
    ],
)
def test_what_spans_too_far_or_is_broken_is_refused_in_time(tmp_path, content, code):
    assert refusal(tmp_path, table(content)).code == code


def test_two_sheets_of_one_name_are_refused(tmp_path):
    assert refusal(tmp_path, table(texts("a")) * 2).code == "broken"


def test_many_wide_sheets_are_refused_together(tmp_path):
    wide = row(NO_VALUE, attributes='table:number-rows-repeated="300"') + row(
        cell("", 'table:number-columns-repeated="16000"', kind=""), cell("x")
    )
    assert refusal(tmp_path, table(wide) + table(wide, name="二")).code == "too_wide"


def test_book_without_its_content_is_refused_by_name(tmp_path):
    assert refusal(tmp_path, "</table:table>").code == "broken"
