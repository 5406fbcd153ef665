"""Hostile files: each is refused with a sentence that says what to do, or read as what it holds."""

import pytest

from procedures.spreadsheet.gate import Refused
from procedures.spreadsheet.raw import ErrorValue
from procedures.spreadsheet.reading import read_workbook
from tests.procedures.spreadsheet import hostile
from tests.procedures.spreadsheet.packages import HEAD, parsed_file

REFUSED = {
    "bomb_by_size": "unpacks_too_large",
    "bomb_by_ratio": "unpacks_too_large",
    "bomb_of_entries_that_share_their_bytes": "unpacks_too_large",
    "bzip2_member": "zip_method",
    "encrypted_archive": "encrypted",
    "path_that_climbs_out": "broken",
    "path_from_the_root": "broken",
    "path_with_backslashes": "broken",
    "two_members_of_one_name": "broken",
    "names_that_differ_in_header_and_directory": "unreadable",
    "zip_that_is_no_workbook": "no_workbook",
    "empty_zip": "no_workbook",
    "laughs_in_the_strings": "doctype",
    "laughs_in_a_sheet_of_another_ending": "doctype",
    "laughs_in_an_open_document": "doctype",
    "outside_entity_in_a_sheet": "doctype",
    "outside_entity_in_the_workbook": "doctype",
    "outside_entity_in_an_open_document": "doctype",
    "two_cells_at_the_corners": "too_wide",
    "all_columns_used": "too_wide",
    "rows_out_of_order": "addresses",
    "cells_out_of_order": "addresses",
    "cell_of_another_row": "addresses",
    "cell_longer_than_excels": "cell_too_long",
    "null_in_a_sheet": "xml_encoding",
    "long_string_used_everywhere": "unreadable",
    "more_sheets_than_are_read": "broken",
    "sheets_that_share_one_part": "broken",
    "merged_areas_by_the_hundred_thousand": "too_many_merges",
    "sheet_that_spans_millions_of_cells": "too_wide",
    "more_rows_than_any_list": "too_many_rows",
    "error_cells_by_the_hundred_thousand": "too_many_rows",
    "elements_that_mean_nothing": "too_many_cells",
    "strict_workbook": "strict",
    "open_document_of_millions_of_cells": "too_many_cells",
    "open_document_of_millions_of_empty_cells": "too_many_cells",
    "open_document_of_spans": "too_many_cells",
    "open_document_of_repeated_long_text": "too_wide",
    "old_book_whose_sectors_go_in_a_ring": "broken",
    "old_book_of_two_far_cells": "too_wide",
    "nothing": "empty",
    "page_in_shift_jis": "html",
    "csv_line_of_50_mb": "too_large",
    "csv_line_of_29_mb": "csv_quotes",
    "csv_line_of_commas": "too_wide",
    "csv_whose_quote_never_ends": "csv_quotes",
    "csv_of_two_million_lines": "too_many_rows",
    "csv_with_nul": "csv_encoding",
    "csv_in_utf16_of_odd_length": "csv_encoding",
    "csv_of_all_columns": "too_wide",
    "csv_of_random_bytes": "csv_encoding",
}

# Odd, and yet lists: the rows that they hold are read, and nothing else of them.
READ = (
    "archive_within_the_archive",
    "nested_elements_in_a_sheet",
    "nested_elements_in_the_workbook",
    "dimension_that_is_too_large",
    "dimension_that_is_too_small",
    "formatted_empty_rows",
    "hidden_empty_rows",
    "millions_of_strings",
    "validations_by_the_hundred_thousand",
    "comments_by_the_hundred_thousand",
    "formulas_that_were_never_calculated",
    "macros",
    "old_book_whose_macros_go_in_a_ring",
    "old_book_of_millions_of_records",
)
READ_OTHERWISE = (
    "nested_elements_in_an_open_document",
    "cells_of_the_longest_text",
    "control_characters",
    "numbers_beyond_all_numbers",
    "duplicated_headings",
    "hundreds_of_sheets",
    "csv_with_control_characters",
)


def rows_of(path):
    (sheet,) = read_workbook(path, path.name).sheets
    return sheet.rows


@pytest.mark.parametrize(("kind", "code"), REFUSED.items(), ids=REFUSED)
def test_hostile_file_is_refused_with_what_to_do(tmp_path, kind, code):
    path = getattr(hostile, kind)(tmp_path)
    with pytest.raises(Refused) as caught:
        read_workbook(path, path.name)
    assert caught.value.code == code
    assert caught.value.message.endswith("ください。")


@pytest.mark.parametrize("kind", READ)
def test_odd_file_is_read_as_the_list_that_it_holds(tmp_path, kind):
    assert rows_of(getattr(hostile, kind)(tmp_path)) == [
        HEAD,
        ("1", "住民票", "市民部", "市民課", "要"),
    ]


def test_every_kind_of_file_is_tried():
    kinds = {
        name
        for name, make in vars(hostile).items()
        if getattr(make, "__annotations__", {}).keys() == {"folder", "return"}
    }
    assert kinds == {*REFUSED, *READ, *READ_OTHERWISE}


def test_elements_in_each_other_are_no_rows(tmp_path):
    assert rows_of(hostile.nested_elements_in_an_open_document(tmp_path)) == [HEAD]


def test_cells_of_the_longest_text_are_read_whole(tmp_path):
    _, row = rows_of(hostile.cells_of_the_longest_text(tmp_path))
    assert [len(value) for value in row[5:]] == [32_767] * 90


def test_control_characters_come_as_they_stand_for_the_reading_of_rows_to_judge(tmp_path):
    assert rows_of(hostile.control_characters(tmp_path))[1][1] == "住民\x01票\0"
    assert rows_of(hostile.csv_with_control_characters(tmp_path))[1][1] == "住民\x01\x1b票"


def test_numbers_beyond_all_numbers_are_errors_of_their_cells(tmp_path):
    _, row = rows_of(hostile.numbers_beyond_all_numbers(tmp_path))
    assert row == (*(ErrorValue("#NUM!"),) * 3, 1e300)


def test_duplicated_headings_are_one_column_each(tmp_path):
    (row,) = parsed_file(hostile.duplicated_headings(tmp_path)).rows
    assert (row.values["number"], row.values["name"]) == ("1", "住民票")


def test_hundreds_of_sheets_are_read(tmp_path):
    path = hostile.hundreds_of_sheets(tmp_path)
    assert len(read_workbook(path, path.name).sheets) == 400


def test_hidden_row_is_told_where_it_holds_a_value(tmp_path):
    hidden = '<row r="3" hidden="1"><c r="A3"><v>2</v></c></row><row r="4" hidden="1"/>'
    path = hostile.xlsx(tmp_path, hostile.ROWS + hidden)
    (sheet,) = read_workbook(path, path.name).sheets
    assert sheet.hidden_rows == {3}


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="A3" s="1"><f>1+1</f><v>2</v></c>',
        '<c r="A3"><f t="shared" si="0"/><v>2</v></c>',
        "<c r='A3'><v>2</v></c>",
        '<c><v>2</v></c><!-- <row r="2"/> -->',
        '<c r="A3"><v>2</v></c>\n<c r="B3" s="1" />',
    ],
)
def test_rows_out_of_order_are_seen_however_they_are_written(tmp_path, cell):
    row = f'<row r="3">{cell}</row>'
    assert rows_of(hostile.xlsx(tmp_path, hostile.ROWS + row))[2:] == [(2,)]
    with pytest.raises(Refused) as caught:
        rows_of(hostile.xlsx(tmp_path, row + hostile.ROWS))
    assert caught.value.code == "addresses"
