"""Reading: values at their Excel addresses, and a child process whose death is an answer."""

import contextlib
import datetime as dt
import json
import random
import subprocess
import sys
import time

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from procedures.spreadsheet import child, reading
from procedures.spreadsheet.gate import Refused
from procedures.spreadsheet.raw import ErrorValue, Merge
from procedures.spreadsheet.reading import read_workbook
from procedures.spreadsheet.sheetxml import MAX_AREA
from procedures.spreadsheet.transfer import read_book
from tests.procedures.spreadsheet.packages import (
    OFFICE,
    ROOT,
    SHEET_PART,
    book_of,
    package,
    parts,
    sheet_xml,
    text_cell,
)

# What a child says of a sheet before its rows.
HEAD_LINE = json.dumps(
    {"name": "一覧", "visible": True, "date1904": False}
    | {name: [] for name in ("merges", "hidden_rows", "hidden_columns", "formulas_without_value")}
)
ONE_SHEET = f"import os, sys; print({HEAD_LINE!r})"


def read(path, name=None):
    return read_workbook(path, name or path.name)


def only_sheet(path):
    (sheet,) = read(path).sheets
    return sheet


def by_hand(tmp_path, data, **options):
    sheet = sheet_xml(
        data, **{key: options.pop(key) for key in ("before", "after") if key in options}
    )
    return package(tmp_path / "a.xlsx", parts(sheet, **options))


def refusal(path, name=None):
    began = time.monotonic()
    with pytest.raises(Refused) as caught:
        read(path, name)
    assert time.monotonic() - began < 10
    assert caught.value.message.endswith("ください。")
    return caught.value


def test_values_keep_their_types(tmp_path):
    day, moment = dt.date(2026, 4, 1), dt.datetime(2026, 4, 1, 10, 30)
    path = book_of(
        tmp_path / "a.xlsx",
        ("一覧", [["髙﨑①", 1, 1.5, True, day, moment, dt.time(3, 4), None, "末"]]),
    )
    (row,) = only_sheet(path).rows
    assert row == ("髙﨑①", 1, 1.5, True, day, moment, "03:04:00", None, "末")
    assert isinstance(row[1], int)


def test_era_formatted_date_is_a_date(tmp_path):
    book = openpyxl.Workbook()
    book.active["A1"] = 46113
    book.active["A1"].number_format = '[$-411]ggge"年"m"月"d"日"'
    book.save(tmp_path / "a.xlsx")
    assert only_sheet(tmp_path / "a.xlsx").rows == [(dt.date(2026, 4, 1),)]


def test_row_and_column_numbers_are_excels_where_the_list_begins_below(tmp_path):
    book = openpyxl.Workbook()
    book.active["C4"] = "手続名"
    book.active["D6"] = "住民票"
    book.save(tmp_path / "a.xlsx")
    assert only_sheet(tmp_path / "a.xlsx").rows == [
        (),
        (),
        (),
        (None, None, "手続名"),
        (),
        (None, None, None, "住民票"),
    ]


def test_error_cells_are_errors_and_not_blanks(tmp_path):
    data = (
        f'<row r="1"><c r="A1" t="e"><v>#REF!</v></c>{text_cell("B1", "x")}</row>'
        '<row r="3"><c r="C3" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
    )
    assert only_sheet(by_hand(tmp_path, data)).rows == [
        (ErrorValue("#REF!"), "x"),
        (),
        (None, None, ErrorValue("#DIV/0!")),
    ]


def test_formulas_give_their_value_and_those_without_one_are_named(tmp_path):
    data = (
        '<row r="2"><c r="A2"><f>1+1</f><v>2</v></c><c r="B2"><f>1+1</f></c>'
        '<c r="C2" t="str"><f>""</f><v></v></c><c r="D2"><v>4</v></c></row>'
    )
    sheet = only_sheet(by_hand(tmp_path, data))
    assert sheet.rows == [(), (2, None, None, 4)]
    assert sheet.formulas_without_value == {(2, 2)}


def test_furigana_is_not_part_of_the_text(tmp_path):
    cell = (
        '<c r="A1" t="inlineStr"><is><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></is></c>'
    )
    assert only_sheet(by_hand(tmp_path, f'<row r="1">{cell}</row>')).rows == [("東京",)]


def test_hidden_rows_columns_and_sheets_and_merges_are_told(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["部", "手続名", "備考"])
    for number in range(4):
        sheet.append(["市民部", f"手続{number}", ""])
    sheet.merge_cells("A2:A5")
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["C"].hidden = True
    book.create_sheet("隠し").sheet_state = "hidden"
    book.create_sheet("奥").sheet_state = "veryHidden"
    book.create_chartsheet("図")
    book.save(tmp_path / "a.xlsx")
    first, *others = read(tmp_path / "a.xlsx").sheets
    assert first.merges == (Merge(2, 1, 5, 1),)
    assert first.hidden_rows == {3}
    assert first.hidden_columns == {3}
    assert [(each.name, each.visible) for each in others] == [("隠し", False), ("奥", False)]


def test_date_system_is_told(tmp_path):
    book = openpyxl.Workbook()
    book.active["A1"] = dt.date(2026, 4, 1)
    book.epoch = CALENDAR_MAC_1904
    book.save(tmp_path / "a.xlsx")
    sheet = only_sheet(tmp_path / "a.xlsx")
    assert sheet.date1904
    assert sheet.rows == [(dt.date(2026, 4, 1),)]
    assert not only_sheet(book_of(tmp_path / "b.xlsx", ("一覧", [["手続名"]]))).date1904


def test_cells_without_addresses_follow_each_other(tmp_path):
    data = "<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>"
    assert only_sheet(by_hand(tmp_path, data)).rows == [(1, 2), (3,)]


def test_formatted_empty_cells_cost_nothing(tmp_path):
    empties = "".join(f'<row r="{row}"><c r="XFD{row}"/></row>' for row in range(2, 40_000))
    path = by_hand(tmp_path, f'<row r="1">{text_cell("A1", "手続名")}</row>{empties}')
    assert only_sheet(path).rows == [("手続名",)]


def test_two_far_cells_are_refused_and_named(tmp_path):
    data = (
        f'<row r="1">{text_cell("A1", "手続名")}</row>'
        f'<row r="1048576">{text_cell("XFD1048576", "x")}</row>'
    )
    refused = refusal(by_hand(tmp_path, data))
    assert refused.code == "too_wide"
    assert "シート「一覧」" in refused.message
    assert "1,048,576行×16,384列" in refused.message


def test_many_wide_sheets_are_refused_together(tmp_path):
    last = MAX_AREA // 300
    wide = sheet_xml(f'<row r="{last}"><c r="IV{last}"><v>1</v></c></row>')
    contents = parts(wide) | {"xl/worksheets/sheet2.xml": wide}
    contents["xl/workbook.xml"] = contents["xl/workbook.xml"].replace(
        "</sheets>", '<sheet name="二" sheetId="2" r:id="rId2"/></sheets>'
    )
    relations = "xl/_rels/workbook.xml.rels"
    contents[relations] = contents[relations].replace(
        "</Relationships>",
        f'<Relationship Id="rId2" Type="{OFFICE}/worksheet" Target="worksheets/sheet2.xml"/>'
        "</Relationships>",
    )
    refused = refusal(package(tmp_path / "a.xlsx", contents))
    assert refused.code == "too_wide"
    assert "シート「二」" in refused.message


def test_thousands_of_merged_cells_are_refused(tmp_path):
    merges = '<mergeCell ref="B2:B9"/>' * (child.MAX_MERGES + 1)
    path = by_hand(
        tmp_path,
        f'<row r="1">{text_cell("A1", "手続名")}</row>',
        after=f"<mergeCells>{merges}</mergeCells>",
    )
    assert refusal(path).code == "too_many_merges"


@pytest.mark.parametrize(
    "data",
    [
        '<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>',
        '<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>',
        '<row r="1"><c r="A5"><v>1</v></c></row>',
        '<row r="2000000"><c r="A2000000"><v>1</v></c></row>',
        '<row r="1"><c r="ZZZ1"><v>1</v></c></row>',
        '<row r="x"><c><v>1</v></c></row>',
        '<row r="1"><c r="11"><v>1</v></c></row>',
    ],
)
def test_addresses_that_do_not_rise_are_refused(tmp_path, data):
    assert refusal(by_hand(tmp_path, data)).code == "addresses"


def test_half_written_sheet_is_refused(tmp_path):
    contents = parts(sheet_xml("")) | {SHEET_PART: '<worksheet><sheetData><row r="1"><c'}
    assert refusal(package(tmp_path / "a.xlsx", contents)).code == "broken"


def test_missing_sheet_part_is_refused(tmp_path):
    contents = parts(sheet_xml(""))
    contents["xl/worksheets/sheet2.xml"] = contents.pop(SHEET_PART)
    assert refusal(package(tmp_path / "a.xlsx", contents)).code in ("broken", "unreadable")


def test_string_that_the_workbook_does_not_have_is_refused(tmp_path):
    data = '<row r="1"><c r="A1" t="s"><v>99</v></c></row>'
    assert refusal(by_hand(tmp_path, data)).code == "unreadable"


def test_death_of_the_child_is_a_refusal(tmp_path, monkeypatch):
    path = book_of(tmp_path / "a.xlsx", ("一覧", [["手続名"]]))
    monkeypatch.setattr(reading, "_RUN_CHILD", "import os; os.abort()")
    assert refusal(path).code == "unreadable"


def test_child_that_takes_too_long_is_stopped(tmp_path, monkeypatch):
    path = book_of(tmp_path / "a.xlsx", ("一覧", [["手続名"]]))
    monkeypatch.setattr(reading, "_RUN_CHILD", "import time; time.sleep(60)")
    monkeypatch.setattr(reading, "WALL_CLOCK_SECONDS", 0.5)
    assert refusal(path).code == "timeout"


def test_child_that_takes_too_much_memory_dies_alone(tmp_path, monkeypatch):
    pytest.importorskip("resource", reason="this system has no memory limits")
    path = book_of(tmp_path / "a.xlsx", ("一覧", [["手続名"]]))
    hungry = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); from procedures.spreadsheet import child;"
        "child._limit_resources(); print(len(bytes(child.MEMORY_BYTES)))"
    )
    monkeypatch.setattr(reading, "_RUN_CHILD", hungry)
    assert refusal(path).code == "unreadable"


def test_child_that_writes_nonsense_is_a_refusal(tmp_path, monkeypatch):
    path = book_of(tmp_path / "a.xlsx", ("一覧", [["手続名"]]))
    for nonsense in ("[1]", "[" * 100_000, "{}", "x"):
        monkeypatch.setattr(reading, "_RUN_CHILD", f"print('{nonsense}')")
        assert refusal(path).code == "unreadable"


def test_child_that_dies_half_way_leaves_no_half_of_a_book(tmp_path, monkeypatch):
    path = book_of(tmp_path / "a.xlsx", ("一覧", [["手続名"]]))
    monkeypatch.setattr(reading, "_RUN_CHILD", f"{ONE_SHEET}; sys.stdout.flush(); os.abort()")
    assert refusal(path).code == "unreadable"


def test_child_that_never_ends_writing_is_stopped(tmp_path, monkeypatch):
    path = book_of(tmp_path / "a.xlsx", ("一覧", [["手続名"]]))
    endless = f"{ONE_SHEET}\nwhile True: print([1])"
    monkeypatch.setattr(reading, "_RUN_CHILD", endless)
    monkeypatch.setattr(reading, "RESULT_BYTES", 10_000)
    assert refusal(path).code == "unreadable"


def test_reading_reports_how_many_rows_have_come(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "SECONDS_BETWEEN_REPORTS", 0)
    rows = [["手続名"], [], ["住民票"], ["戸籍"]]
    path = book_of(tmp_path / "a.xlsx", ("一覧", rows), ("二", [["手続名"]]))
    told = []
    read_workbook(path, path.name, told.append)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, 4)


def test_reading_is_given_up_when_the_one_who_is_told_gives_up(tmp_path, monkeypatch):
    def give_up(_):
        raise KeyboardInterrupt

    path = book_of(tmp_path / "a.xlsx", ("一覧", [["手続名"]]))
    monkeypatch.setattr(reading, "_RUN_CHILD", f"{ONE_SHEET}\nwhile True: print([1])")
    with pytest.raises(KeyboardInterrupt):
        read_workbook(path, path.name, give_up)


def test_child_limits_bind_the_process_that_takes_them():
    resource = pytest.importorskip("resource", reason="this system has no such limits")
    names = ("DATA", "AS", "CPU", "FSIZE", "CORE")
    limits = tuple(getattr(resource, f"RLIMIT_{name}") for name in names)
    tell = (
        "import resource; from procedures.spreadsheet import child; child._limit_resources();"
        f"print(*(resource.getrlimit(limit)[0] for limit in {limits}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", tell], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert [int(word) for word in done.stdout.split()] == [
        child.MEMORY_BYTES,
        child.ADDRESS_BYTES,
        child.CPU_SECONDS,
        child.FILE_BYTES,
        0,
    ]


def test_child_is_isolated_and_knows_no_secret_of_the_server(tmp_path, monkeypatch):
    path = book_of(tmp_path / "a.xlsx", ("一覧", [["手続名"]]))
    tell = (
        "import json, os, sys; told = [str(sys.flags.isolated), ' '.join(os.environ)];"
        "print(json.dumps({'refused': told}))"
    )
    monkeypatch.setattr(reading, "_RUN_CHILD", tell)
    monkeypatch.setenv("DATABASE_URL", "postgres://user:password@host/name")
    with pytest.raises(Refused) as caught:
        read(path)
    assert caught.value.code == "1"
    assert "PATH" in caught.value.message
    assert "DATABASE_URL" not in caught.value.message


def test_reading_works_from_any_working_directory(tmp_path, monkeypatch):
    (tmp_path / "procedures.py").write_text("raise SystemExit(3)")
    (tmp_path / "json.py").write_text("raise SystemExit(3)")
    book_of(tmp_path / "a.xlsx", ("一覧", [["手続名"]]))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert only_sheet(tmp_path / "a.xlsx").rows == [("手続名",)]


def test_damaged_workbooks_are_read_or_refused_and_never_crash(tmp_path):
    source = book_of(
        tmp_path / "a.xlsx", ("一覧", [["手続名", "課"], *([f"手続{n}", n] for n in range(50))])
    ).read_bytes()
    chance = random.Random(20240401)
    for _ in range(40):
        content = bytearray(source)
        for _ in range(chance.choice((1, 3, 30))):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path = tmp_path / "damaged.xlsx"
        path.write_bytes(content)
        with contextlib.suppress(Refused):
            read(path)


def test_lines_that_no_reader_wrote_are_an_error_and_no_crash():
    for line in ('{"name": "x"}', "[1]", '"text"', "3", '{"refused": 1}', "nonsense"):
        with pytest.raises((ValueError, KeyError, TypeError, IndexError)):
            read_book([line])


def test_refusal_of_the_child_comes_back_as_it_was():
    with pytest.raises(Refused) as caught:
        read_book([json.dumps({"refused": ["code", "message"]})])
    assert (caught.value.code, caught.value.message) == ("code", "message")
