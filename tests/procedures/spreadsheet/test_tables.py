"""Plain tables as files: what they look like, and that text stays text."""

import csv
import datetime as dt
import io

import openpyxl
import pytest

from procedures.spreadsheet.tables import DEFAULT_TITLE, write_table, write_table_csv

HEADINGS = ("行", "手続名", "理由", "件数", "日", "日時")
DAY, MOMENT = dt.date(2026, 4, 1), dt.datetime(2026, 4, 1, 9, 30, tzinfo=dt.UTC)
ROW = (12, "転入の届出", "「要?」は読み取れません。", 0, DAY, MOMENT)


@pytest.fixture
def written():
    """Writes a table and opens it again."""

    def write(rows, headings=HEADINGS, **options):
        file = io.BytesIO()
        write_table(file, headings, rows, **options)
        book = openpyxl.load_workbook(file)
        assert len(book.sheetnames) == 1
        return book.active

    return write


def test_headings_are_bold_and_stay_in_view_with_a_filter(written):
    sheet = written([ROW, ROW], widths=(8, 40), title="変更の一覧")
    assert sheet.title == "変更の一覧"
    assert [cell.value for cell in sheet[1]] == list(HEADINGS)
    assert all(cell.font.bold for cell in sheet[1])
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:F3"
    assert [sheet.column_dimensions[letter].width for letter in "AB"] == [8, 40]


def test_numbers_days_and_moments_are_real_ones(written):
    number, name, _, count, day, moment = written([ROW])[2]
    assert (number.value, count.value, name.value) == (12, 0, "転入の届出")
    assert (day.value.date(), day.is_date) == (DAY, True)
    assert (moment.value, moment.is_date) == (MOMENT.replace(tzinfo=None), True)


def test_text_is_wrapped_and_a_missing_value_leaves_its_cell_empty(written):
    sheet = written([("", "長い文" * 50, None)])
    assert [cell.value for cell in sheet[2]][:3] == [None, "長い文" * 50, None]
    assert sheet["B2"].alignment.wrap_text


@pytest.mark.parametrize("text", ["=1+1", "+1", "-5", "@x", "#N/A", "001", "a\nb", " a", "\x0b<&"])
def test_text_stays_text(written, text):
    sheet = written([(text,)], headings=(text,))
    for cell in (sheet["A1"], sheet["A2"]):
        assert (cell.value, cell.data_type) == (text.replace("\x0b", "_x000B_"), "s")
        assert cell.quotePrefix is (text[0] in "=+-@")


def test_other_values_are_written_as_their_text(written):
    sheet = written([(True, 1.5, float("nan"), dt.date(1900, 1, 1), dt.datetime(1868, 1, 1, 0, 0))])
    assert [cell.value for cell in sheet[2]][:5] == [
        "TRUE",
        1.5,
        "nan",
        "1900-01-01",
        "1868-01-01T00:00:00",
    ]


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("", DEFAULT_TITLE),
        ("a/b:c", "a b c"),
        ("'長'", "長"),
        ("長" * 40, "長" * 31),
        ("[]", "一覧"),
    ],
)
def test_a_title_becomes_one_that_a_workbook_allows(written, title, shown):
    assert written([], title=title).title == shown


def test_a_table_without_rows_has_its_headings(written):
    sheet = written([])
    assert (sheet.max_row, sheet.auto_filter.ref) == (1, "A1:F1")


def test_csv_has_the_mark_of_utf_8_and_guards_formulas():
    file = io.BytesIO()
    write_table_csv(file, ("行", "=値"), [(-5, "-5"), (None, "@x"), (DAY, "'=1")])
    assert file.getvalue().startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(file.getvalue().decode("utf-8-sig"), newline=""))) == [
        ["行", "'=値"],
        ["-5", "'-5"],
        ["", "'@x"],
        ["2026-04-01", " '=1"],
    ]
