"""The hidden columns of our own workbooks: read where they are whole, never in anybody's way."""

import pytest

from procedures.spreadsheet.cell import CellError
from procedures.spreadsheet.columns import CHOICES_SHEET, COLUMNS, GUIDE_SHEET, REASON_HEADING
from procedures.spreadsheet.lists import is_understood
from procedures.spreadsheet.parsing import Refused
from procedures.spreadsheet.raw import ErrorValue, Merge, RawBook
from procedures.spreadsheet.trace import (
    MAX_KEY,
    TRACE_COLUMNS,
    Versions,
    is_own_heading,
    mangled_note,
    read_trace,
    trace_column_for,
)
from tests.procedures.spreadsheet.packages import HEAD, one, parsed, raw, rows_of

TRACES = tuple(column.heading for column in TRACE_COLUMNS)
TRACED_HEAD = (*HEAD, *TRACES)
VISIBLE = ("A-1", "住民票", "市民部", "市民課", "要")


def traced(*cells, **changes):
    """The only row of a workbook of ours, its hidden cells as given."""
    return one(TRACED_HEAD, *VISIBLE, *cells, **changes)


def test_hidden_columns_are_read_with_the_row():
    row = traced(12, "3版1", 4)
    assert row.values["row_id"] == 12
    assert row.values["row_versions"] == Versions(procedure=3, plan=1)
    assert row.values["distribution"] == 4
    assert not row.notes


@pytest.mark.parametrize("text", ["12", "１２", " 12 ", 12.0])
def test_key_that_became_text_on_its_way_is_still_read(text):
    assert traced(text).values["row_id"] == 12


def test_what_a_version_writes_is_what_is_read():
    assert read_trace("row_versions", str(Versions(3, 0))) == Versions(3, 0)


@pytest.mark.parametrize("key", [column.key for column in TRACE_COLUMNS])
@pytest.mark.parametrize(
    "value",
    [
        "〃",
        "（空）",
        "x",
        0,
        -1,
        1.5,
        True,
        MAX_KEY + 1,
        "3版",
        "版",
        ErrorValue("#REF!"),
        "4月3日",
    ],
)
def test_mangled_value_is_dropped_with_a_note_and_its_row_comes_in(key, value):
    cells = [value if column.key == key else None for column in TRACE_COLUMNS]
    row = traced(*cells)
    assert key not in row.values
    assert not row.problems
    assert row.notes == (mangled_note(key, value),)
    with pytest.raises(CellError):
        read_trace(key, value)


def test_note_says_how_the_row_is_found_instead():
    assert traced("〃").notes == ("「台帳ID」の「〃」は読み取れないため、手続番号で探します。",)


def test_blank_hidden_cells_say_nothing():
    row = traced(None, "", "　")
    assert not {"row_id", "row_versions", "distribution"} & row.values.keys()
    assert not row.notes


def test_hidden_columns_and_the_reason_are_neither_mapped_nor_ignored():
    (sheet,) = parsed(
        raw((*TRACED_HEAD, REASON_HEADING, "様式"), (*VISIBLE, 12, "3版1", 4, "長すぎます", "甲"))
    ).sheets
    assert [heading for heading, _ in sheet.mapped] == list(HEAD)
    assert sheet.ignored == ("様式",)
    assert {key for key, _ in sheet.letters} & {"row_id", "row_versions", "distribution"} == set()


def test_hidden_columns_are_not_told_among_the_hidden_ones_of_the_office():
    hidden = frozenset(range(len(HEAD) + 1, len(TRACED_HEAD) + 1))
    file = parsed(raw(TRACED_HEAD, (*VISIBLE, 12, "3版1", 4), hidden_columns=hidden))
    assert file.sheets[0].notes == ()


def test_workbook_of_rejected_rows_comes_back_without_a_question():
    book = RawBook((raw((*TRACED_HEAD, REASON_HEADING), (*VISIBLE, 12, "3版1", 4, "理由")),))
    assert is_understood(book)


def test_hidden_columns_do_not_make_a_list():
    with pytest.raises(Refused):
        parsed(raw(("手続名", *TRACES, REASON_HEADING), ("住民票", 12, "3版1", 4, "")))


def test_hidden_columns_are_no_columns_of_the_inventory():
    assert not {column.heading for column in COLUMNS} & {*TRACES, REASON_HEADING}
    assert all(is_own_heading(text) for text in (*TRACES, REASON_HEADING, "台帳 ＩＤ"))
    assert trace_column_for("手続番号") is None
    assert {GUIDE_SHEET, CHOICES_SHEET} == {"記入要領", "選択肢"}


def test_first_of_two_equal_hidden_columns_counts():
    row = one((*HEAD, "台帳ID", "台帳ID"), *VISIBLE, 12, 13)
    assert row.values["row_id"] == 12


# --- Rows that were copied -------------------------------------------------------------------


def test_copied_row_with_its_number_cleared_stays_a_row_of_its_own():
    rows = rows_of(
        (*VISIBLE, 12, "3版1", 4),
        (None, "住民票（広域）", *VISIBLE[2:], 12, "3版1", 4),
        head=TRACED_HEAD,
    )
    assert [row.values.get("number") for row in rows] == ["A-1", None]
    assert [row.values["row_id"] for row in rows] == [12, 12]
    assert not any(row.problems or row.passed_over for row in rows)


def test_copied_row_with_another_number_stays_a_row_of_its_own():
    rows = rows_of(
        (*VISIBLE, 12, "3版1", 4), ("A-2", *VISIBLE[1:], 12, "3版1", 4), head=TRACED_HEAD
    )
    assert not any(row.problems or row.passed_over for row in rows)


def test_rows_that_look_the_same_count_once_and_the_traced_one_is_kept():
    rows = rows_of(VISIBLE, (*VISIBLE, 12, "3版1", 4), (*VISIBLE, "x"), head=TRACED_HEAD)
    assert [row.passed_over for row in rows] == ["3行目と同じ内容です", "", "3行目と同じ内容です"]
    assert not any(row.problems for row in rows)


def test_row_of_which_only_the_hidden_cells_are_left_is_passed_over():
    (row,) = rows_of((None, "", None, None, None, 12, "3版1", 4), head=TRACED_HEAD)
    assert row.passed_over == "見える欄がすべて空の行です（台帳の手続は変わりません）"
    assert not row.problems


def test_note_below_the_table_is_one_whatever_stands_in_the_hidden_cells():
    (row,) = rows_of(("※ 件数は概数", None, None, None, None, 12, "3版1", 4), head=TRACED_HEAD)
    assert row.passed_over == "注記の行です"


def test_hidden_cell_is_not_filled_from_a_merged_one():
    rows = rows_of(
        (*VISIBLE, 12), ("A-2", *VISIBLE[1:], None), head=TRACED_HEAD, merges=(Merge(2, 6, 3, 6),)
    )
    assert "row_id" not in rows[1].values
