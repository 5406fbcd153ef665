"""Old Excel files (.xls): read like a workbook of today, errors and hidden rows included."""

import contextlib
import datetime as dt
import random
import struct
import time

import pytest

from procedures.spreadsheet.gate import Refused
from procedures.spreadsheet.oldsheets import ERRORS
from procedures.spreadsheet.raw import ErrorValue, Merge
from procedures.spreadsheet.reading import read_workbook
from tests.procedures.spreadsheet.old_excel import (
    DAY,
    ERA,
    OldSheet,
    book,
    column_head,
    container,
    error,
    formula,
    merge,
    number,
    old_workbook,
    record,
    row_head,
    several_numbers,
    text,
    truth,
)
from tests.procedures.spreadsheet.packages import HEAD, parsed_file

APRIL_2026 = 46113  # 2026-04-01 counted from 1900
DAYS_FROM_1900_TO_1904 = 1462
CHART = record(0x0809, struct.pack("<HHHHLL", 0x0600, 0x0020, 0, 0, 0, 6)) + record(0x0A)


def written(tmp_path, content):
    path = tmp_path / "a.xls"
    path.write_bytes(content)
    return path


def sheets_of(tmp_path, *sheets, **options):
    path = written(tmp_path, old_workbook(*sheets, **options))
    return read_workbook(path, path.name).sheets


def sheet_of(tmp_path, *records, **options):
    (sheet,) = sheets_of(tmp_path, OldSheet("一覧", b"".join(records)), **options)
    return sheet


def refusal(path):
    began = time.monotonic()
    with pytest.raises(Refused) as caught:
        read_workbook(path, path.name)
    assert time.monotonic() - began < 5
    assert caught.value.message.endswith("ください。")
    return caught.value


def row(number, *values):
    cells = (text(number, place, value) for place, value in enumerate(values) if value)
    return b"".join(cells)


def list_of(*rows):
    return b"".join(row(number, *values) for number, values in enumerate(rows))


def test_a_list_is_read_like_one_of_today(tmp_path):
    rows = (("一覧",), HEAD, ("1", "住民票", "市民部", "", "要"), ("2", "印鑑登録", "", "", "無"))
    path = written(tmp_path, old_workbook(OldSheet("一覧", list_of(*rows) + merge(2, 3, 2, 2))))
    file = parsed_file(path)
    assert file.sheets[0].header_row == 2
    assert [row.values["name"] for row in file.rows] == ["住民票", "印鑑登録"]
    assert [row.values["department"] for row in file.rows] == ["市民部", "市民部"]


def test_short_and_long_books_are_read_alike(tmp_path):
    few = list_of(*([f"手続{place}"] for place in range(5)))
    many = list_of(*([f"手続{place}"] for place in range(30_000)))
    assert len(old_workbook(OldSheet("一覧", few))) < 8000
    for count, content in ((5, few), (30_000, many)):
        rows = sheet_of(tmp_path, content).rows
        assert (len(rows), rows[-1]) == (count, (f"手続{count - 1}",))


def test_values_keep_their_types(tmp_path):
    sheet = sheet_of(
        tmp_path,
        text(0, 0, "髙﨑①"),
        number(0, 1, 1.5),
        several_numbers(0, 2, 1, 2),
        truth(0, 4, True),
        number(0, 5, APRIL_2026, DAY),
        number(0, 6, APRIL_2026, ERA),
        number(0, 7, APRIL_2026 + 0.4375, DAY),
        formula(0, 8, struct.pack("<d", 3)),
        text(2, 1, "末"),
    )
    day, moment = dt.date(2026, 4, 1), dt.datetime(2026, 4, 1, 10, 30)
    first = ("髙﨑①", 1.5, 1, 2, True, day, day, moment, 3)
    assert sheet.rows == [first, (), (None, "末")]
    assert not sheet.date1904


def test_days_are_counted_from_where_the_book_says(tmp_path):
    april = APRIL_2026 - DAYS_FROM_1900_TO_1904
    sheet = sheet_of(tmp_path, number(0, 0, april, DAY), date1904=True)
    assert sheet.rows == [(dt.date(2026, 4, 1),)]
    assert sheet.date1904


def test_list_that_begins_below_keeps_excels_addresses(tmp_path):
    sheet = sheet_of(tmp_path, text(3, 2, "手続名"), error(5, 3, 0x17))
    found = (None, None, None, ErrorValue("#REF!"))
    assert sheet.rows == [(), (), (), (None, None, "手続名"), (), found]


@pytest.mark.parametrize("code", ERRORS)
def test_error_cells_are_errors_and_not_blanks(tmp_path, code):
    result = struct.pack("<BBBBBBH", 2, 0, code, 0, 0, 0, 0xFFFF)
    sheet = sheet_of(tmp_path, text(0, 0, "x"), error(0, 1, code), formula(1, 5, result))
    name = ErrorValue(ERRORS[code])
    assert sheet.rows == [("x", name), (None,) * 5 + (name,)]


def test_error_cell_rejects_its_row(tmp_path):
    rows = (HEAD, ("1", "住民票", "市民部"), ("2", "戸籍", "市民部"))
    path = written(tmp_path, old_workbook(OldSheet("一覧", list_of(*rows) + error(2, 4, 0x2A))))
    good, bad = parsed_file(path).rows
    assert not good.problems
    assert [problem.cell for problem in bad.problems] == ["E3"]


def test_formula_that_was_never_calculated_is_named(tmp_path):
    empty = struct.pack("<BBBBBBH", 3, 0, 0, 0, 0, 0, 0xFFFF)
    sheet = sheet_of(tmp_path, text(0, 0, "x"), formula(1, 1, empty, 3), formula(1, 2, empty))
    assert sheet.formulas_without_value == {(2, 2)}


def test_hidden_rows_columns_and_sheets_and_merges_are_told(tmp_path):
    content = (
        column_head(1, 2, hidden=True)
        + column_head(3, 3, hidden=False)
        + row_head(0, hidden=False)
        + row_head(1, hidden=True)
        + list_of(("部", "名"), ("a", "b"))
        + merge(0, 1, 0, 0)
    )
    first, *others = sheets_of(
        tmp_path, OldSheet("一覧", content), OldSheet("隠し", b"", 1), OldSheet("奥", b"", 2)
    )
    assert (first.hidden_rows, first.hidden_columns) == ({2}, {2, 3})
    assert first.merges == (Merge(1, 1, 2, 1),)
    assert [(each.name, each.visible) for each in others] == [("隠し", False), ("奥", False)]


def test_chart_in_a_sheet_does_not_end_it(tmp_path):
    sheet = sheet_of(tmp_path, text(0, 0, "a"), CHART, error(1, 0, 0x17))
    assert sheet.rows == [("a",), (ErrorValue("#REF!"),)]


def test_sheets_that_span_too_far_are_refused_together(tmp_path):
    wide = OldSheet("広", text(65_535, 255, "x"))
    assert refusal(written(tmp_path, old_workbook(wide))).code == "too_wide"
    tall = text(30_000, 150, "x")
    several = old_workbook(OldSheet("一", tall), OldSheet("二", tall))
    assert refusal(written(tmp_path, several)).code == "too_wide"


def test_error_that_excel_does_not_know_is_refused(tmp_path):
    path = written(tmp_path, old_workbook(OldSheet("一覧", error(0, 0, 0x63))))
    assert refusal(path).code == "broken"


def test_book_without_an_end_is_refused(tmp_path):
    content = book(OldSheet("一覧", text(0, 0, "x")))[:-4]
    assert refusal(written(tmp_path, container({"Workbook": content}))).code == "broken"


def test_sheet_that_lies_outside_the_book_is_refused(tmp_path):
    content = book(OldSheet("一覧", text(0, 0, "x")))
    place = content.index(b"\x85\0") + 4
    moved = content[:place] + struct.pack("<L", 10**6) + content[place + 4 :]
    assert refusal(written(tmp_path, container({"Workbook": moved}))).code == "broken"


def test_damaged_books_are_read_or_refused_and_never_crash(tmp_path):
    source = old_workbook(OldSheet("一覧", list_of(HEAD, *([f"{n}", "名"] for n in range(50)))))
    chance = random.Random(20240401)
    for _ in range(40):
        content = bytearray(source)
        for _ in range(chance.choice((1, 3, 30))):
            content[chance.randrange(8, len(content))] = chance.randrange(256)
        path = written(tmp_path, content)
        with contextlib.suppress(Refused):
            read_workbook(path, path.name)
