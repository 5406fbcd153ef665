"""Our own workbooks: what they offer, and that what is written comes back."""

import datetime as dt
import io
import tempfile
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procedures.spreadsheet import normalise
from procedures.spreadsheet.choices import CHOICES_SHEET, MAX_INLINE_CHARACTERS
from procedures.spreadsheet.columns import CODES, COLUMNS, GUIDE_SHEET, Column, ColumnKind, column
from procedures.spreadsheet.parsing import CLEAR
from procedures.spreadsheet.rows import column_letters
from procedures.spreadsheet.trace import TRACE_COLUMNS, Versions
from procedures.spreadsheet.writing import LIST_SHEET, write_csv, write_rows, write_template
from tests.procedures.spreadsheet.packages import parsed_file

DEPARTMENTS = [
    ("総合政策部", ["情報政策課", "企画課"]),
    ("危機管理室", []),
    *((f"長い名前の第{number}部", [f"第{number}課", "総務課"]) for number in range(40)),
]
SERVICES = ["マイナポータル", "汎用電子申請（LGWAN）", 'コンマ,と"引用符"']
LETTERS = {each.key: column_letters(place) for place, each in enumerate(COLUMNS)}


@pytest.fixture
def template():
    file = io.BytesIO()
    write_template(file, departments=DEPARTMENTS, services=SERVICES)
    return openpyxl.load_workbook(file)


def rule_of(book, key):
    """The drop-down rule of a column."""
    (rule,) = [
        rule
        for rule in book[LIST_SHEET].data_validations.dataValidation
        if f"{LETTERS[key]}2" in rule.sqref
    ]
    return rule


def offered(book, key):
    """The words that a column's drop-down offers."""
    formula = rule_of(book, key).formula1
    if formula.startswith('"'):
        return formula.strip('"').split(",")
    area = book.defined_names[formula].attr_text
    sheet, cells = area.rsplit("!", 1)
    return [row[0].value for row in book[sheet.strip("'")][cells.replace("$", "")]]


def test_a_unit_that_is_called_like_a_formula_is_a_word_of_the_lists():
    file = io.BytesIO()
    name = '=HYPERLINK("https://example.jp")'
    write_template(file, departments=[(name, [name])], services=[name])
    sheet = openpyxl.load_workbook(file)[CHOICES_SHEET]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value == name]
    assert cells
    assert {cell.data_type for cell in cells} == {"s"}


def test_template_read_back_has_a_list_without_rows(tmp_path):
    write_template(tmp_path / "a.xlsx", departments=DEPARTMENTS, services=SERVICES)
    file = parsed_file(tmp_path / "a.xlsx")
    assert (file.rows, file.notes) == ((), ())
    (sheet,) = file.sheets
    assert sheet.mapped == tuple((each.heading, each.heading) for each in COLUMNS)
    assert sheet.ignored == ()


def test_template_has_frozen_headings_widths_and_filter(template):
    sheet = template[LIST_SHEET]
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref == f"A1:{LETTERS['note']}1"
    assert [cell.value for cell in sheet[1]] == [each.heading for each in COLUMNS]
    for each in COLUMNS:
        assert sheet.column_dimensions[LETTERS[each.key]].width == each.width


def test_every_coded_column_has_its_drop_down(template):
    for each in COLUMNS:
        if each.kind in CODES and each.kind not in (ColumnKind.APPLICANTS, ColumnKind.OTHER_ANSWER):
            assert offered(template, each.key) == list(each.words), each.key


def test_applicants_are_offered_in_every_combination(template):
    assert offered(template, "applicants")[:4] == ["個人", "法人", "団体", "個人、法人"]
    assert len(offered(template, "applicants")) == 7


def test_long_lists_and_awkward_words_stand_on_a_hidden_sheet(template):
    assert template[CHOICES_SHEET].sheet_state == "hidden"
    assert offered(template, "department") == [name for name, _ in DEPARTMENTS]
    assert offered(template, "service") == SERVICES
    for rule in template[LIST_SHEET].data_validations.dataValidation:
        assert len(rule.formula1) <= MAX_INLINE_CHARACTERS


def test_divisions_offered_are_those_of_the_rows_department(template):
    formula = rule_of(template, "division").formula1
    assert formula.startswith(f'IF(${LETTERS["department"]}2=""')
    sheet = template[CHOICES_SHEET]
    keys = [cell.value for cell in sheet[1]]
    owners, divisions = (
        [cell.value for cell in sheet[column_letters(keys.index(key))][1:] if cell.value]
        for key in ("division_department", "division")
    )
    assert list(zip(owners, divisions, strict=True)) == [
        (name, division) for name, several in DEPARTMENTS for division in several
    ]
    place = column_letters(keys.index("division"))
    assert f"OFFSET('{CHOICES_SHEET}'!${place}$1,MATCH(" in formula


def test_template_without_departments_has_no_empty_lists():
    file = io.BytesIO()
    write_template(file)
    book = openpyxl.load_workbook(file)
    assert CHOICES_SHEET not in book.sheetnames
    assert not [
        rule
        for rule in book[LIST_SHEET].data_validations.dataValidation
        if rule.formula1 in ('""', "list_department")
    ]


def test_guide_explains_every_column_with_its_words(template):
    guide = {row[0]: row for row in template[GUIDE_SHEET].iter_rows(values_only=True)}
    for each in COLUMNS:
        assert guide[each.heading][1] == each.help
        assert all(word in (guide[each.heading][2] or "") for word in each.words)
        assert each.help in template[LIST_SHEET][f"{LETTERS[each.key]}1"].comment.text


@pytest.mark.parametrize("text", ["a_x0041_b", "_x000D_", "_x005F_x0041_", "_x004", "a\nb"])
def test_text_that_looks_like_a_spelt_out_character_comes_back(text, tmp_path):
    write_rows(tmp_path / "a.xlsx", [{"name": text}])
    assert parsed_file(tmp_path / "a.xlsx").rows[0].values["name"] == text


@pytest.mark.parametrize("text", ["=1+1", "+81", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "#N/A"])
def test_text_never_becomes_a_formula_or_an_error(text, tmp_path):
    write_rows(tmp_path / "a.xlsx", [{"name": text}])
    cell = openpyxl.load_workbook(tmp_path / "a.xlsx")[LIST_SHEET]["B2"]
    assert (cell.value, cell.data_type) == (text, "s")
    assert cell.quotePrefix is (text[0] in "=+-@")
    assert parsed_file(tmp_path / "a.xlsx").rows[0].values["name"] == text
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("text", ["=1+1", "+81", "-5", "@x", "'=1+1", "'-5", "'"])
def test_text_like_a_formula_survives_csv(text, tmp_path):
    with (tmp_path / "a.csv").open("wb") as file:
        write_csv(file, [{"name": text, "note": f"{text}\n{text}"}])
    found = parsed_file(tmp_path / "a.csv").rows[0].values
    assert (found["name"], found["note"]) == (text, f"{text}\n{text}")


def test_csv_opens_in_excel_with_its_japanese_as_text():
    file = io.BytesIO()
    write_csv(file, [{"name": "=手続"}])
    assert file.getvalue().startswith(b"\xef\xbb\xbf" + "手続番号,手続名".encode())
    assert ",'=手続," in file.getvalue().decode("utf-8-sig")


def test_dates_and_numbers_are_real_ones(tmp_path):
    row = {"name": "a", "target_date": dt.date(2026, 4, 1), "total_volume": 0, "fiscal_year": 2025}
    write_rows(tmp_path / "a.xlsx", [row])
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")[LIST_SHEET]
    assert sheet[f"{LETTERS['target_date']}2"].is_date
    assert sheet[f"{LETTERS['total_volume']}2"].value == 0
    assert sheet[f"{LETTERS['fiscal_year']}2"].value == 2025


def test_filter_and_drop_downs_reach_over_the_rows(tmp_path):
    write_rows(tmp_path / "a.xlsx", ({"name": f"手続{number}"} for number in range(20)))
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book[LIST_SHEET].auto_filter.ref == f"A1:{LETTERS['note']}21"
    assert f"{LETTERS['status']}500" in rule_of(book, "status").sqref


TRACED = {
    "number": "A-1",
    "name": "転入の届出",
    "row_id": 7,
    "row_versions": str(Versions(3, 0)),
    "distribution": 12,
}


def test_hidden_columns_stand_behind_the_list_as_text_within_the_filter(tmp_path):
    write_rows(tmp_path / "a.xlsx", [TRACED, {"name": "新しい手続"}], hidden=TRACE_COLUMNS)
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")[LIST_SHEET]
    places = range(len(COLUMNS), len(COLUMNS) + len(TRACE_COLUMNS))
    assert [sheet.cell(1, place + 1).value for place in places] == [
        "台帳ID",
        "台帳の版",
        "配付番号",
    ]
    cells = [sheet.cell(2, place + 1) for place in places]
    assert [(cell.value, cell.data_type) for cell in cells] == [
        ("7", "s"),
        ("3版0", "s"),
        ("12", "s"),
    ]
    assert {cell.number_format for cell in cells} == {"@"}
    assert sheet.auto_filter.ref == f"A1:{column_letters(places[-1])}3"
    for place in range(len(COLUMNS) + len(TRACE_COLUMNS)):
        dimension = sheet.column_dimensions[column_letters(place)]
        assert dimension.hidden == (place in places)


def test_hidden_columns_leave_the_rest_of_the_sheet_as_it_is(tmp_path):
    write_rows(
        tmp_path / "a.xlsx",
        [TRACED],
        departments=DEPARTMENTS,
        services=SERVICES,
        hidden=TRACE_COLUMNS,
    )
    write_rows(tmp_path / "b.xlsx", [TRACED], departments=DEPARTMENTS, services=SERVICES)
    with_trace, without = (openpyxl.load_workbook(tmp_path / name) for name in ("a.xlsx", "b.xlsx"))
    for each in COLUMNS:
        letter = LETTERS[each.key]
        first, second = (book[LIST_SHEET] for book in (with_trace, without))
        assert first.column_dimensions[letter].width == second.column_dimensions[letter].width
        assert first[f"{letter}1"].comment.text == second[f"{letter}1"].comment.text
        assert first[f"{letter}2"].value == second[f"{letter}2"].value
    assert with_trace[LIST_SHEET].freeze_panes == without[LIST_SHEET].freeze_panes
    rules = [
        [
            (rule.formula1, str(rule.sqref))
            for rule in book[LIST_SHEET].data_validations.dataValidation
        ]
        for book in (with_trace, without)
    ]
    assert rules[0] == rules[1]
    guides = [list(book[GUIDE_SHEET].values) for book in (with_trace, without)]
    assert guides[0] == guides[1]


def test_the_template_has_no_hidden_columns(template):
    sheet = template[LIST_SHEET]
    assert not [letter for letter, each in sheet.column_dimensions.items() if each.hidden]
    assert sheet.max_column == len(COLUMNS)


def test_hidden_columns_are_the_last_ones_of_csv():
    file = io.BytesIO()
    write_csv(file, [TRACED], hidden=TRACE_COLUMNS)
    headings, row = (line.split(",") for line in file.getvalue().decode("utf-8-sig").splitlines())
    assert headings[-3:] == ["台帳ID", "台帳の版", "配付番号"]
    assert row[-3:] == ["7", "3版0", "12"]


def test_text_too_long_for_a_cell_is_cut_and_the_file_stays_readable(tmp_path):
    write_rows(tmp_path / "a.xlsx", [{"name": "a", "summary": "長" * 40_000}])
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")[LIST_SHEET]
    assert sheet[f"{LETTERS['summary']}2"].value == "長" * 32_767


@pytest.mark.parametrize("text", ["<a & b>", "]]>", "\ufffe", "\ud800", "&#1;"])
def test_what_xml_does_not_take_breaks_no_workbook(text, tmp_path):
    write_rows(tmp_path / "a.xlsx", [{"name": "a", "note": text}])
    value = openpyxl.load_workbook(tmp_path / "a.xlsx")[LIST_SHEET][f"{LETTERS['note']}2"].value
    assert value == (text if text.isprintable() else f"_x{ord(text):04X}_")


def test_codes_are_text_cells_also_for_whoever_edits_them(tmp_path):
    write_rows(tmp_path / "a.xlsx", [{"number": "001", "name": "a", "national_id": "-1"}])
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")[LIST_SHEET]
    for key in ("number", "national_id"):
        assert sheet[f"{LETTERS[key]}2"].number_format == "@"
    assert sheet[f"{LETTERS['national_id']}2"].quotePrefix


def test_nothing_is_left_open_when_the_rows_break_off(tmp_path):
    def broken():
        yield {"name": "a"}
        raise ConnectionError

    with pytest.raises(ConnectionError):
        write_rows(tmp_path / "a.xlsx", broken())
    assert not (tmp_path / "a.xlsx").exists()


def test_what_is_not_known_leaves_its_cell_empty(tmp_path):
    write_rows(tmp_path / "a.xlsx", [{"name": "a", "summary": "", "applicants": (), "url": None}])
    assert parsed_file(tmp_path / "a.xlsx").rows[0].values == {"name": "a"}


TEXTS = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Cn", "Zs", "Zl", "Zp"])
    | st.sampled_from("=+-@'\"#_x0041_,、：\n ①㈱髙﨑𠮷～－ー〃"),
    min_size=1,
    max_size=30,
).map(str.strip)


def _is_plain(text: str) -> bool:
    try:
        return (
            normalise.text_prose(text) == text
            and not normalise.is_blank(text)
            and not normalise.is_clear(text)
            and not normalise.is_ditto(text)
        )
    except normalise.CellError:
        return False


PROSE = TEXTS.filter(_is_plain)
NAMES = PROSE.map(lambda text: f"手続{text}")
DATES = st.dates(dt.date(1868, 1, 1), dt.date(2100, 12, 31))


def values_of(each: Column) -> st.SearchStrategy[object]:
    """Any value that a column can hold."""
    if each.kind in CODES and each.kind is not ColumnKind.APPLICANTS:
        return st.sampled_from([code.value for code in CODES[each.kind]])
    return {
        ColumnKind.TEXT: PROSE,
        ColumnKind.NAME_KEY: PROSE,
        ColumnKind.CODE: st.from_regex(r"[A-Z0-9][A-Z0-9 .-]{0,8}[0-9]", fullmatch=True).map(
            lambda text: " ".join(text.split())
        ),
        ColumnKind.URL: st.sampled_from(["https://a.example/?b=1&c=<d>", "http://例え.jp/"]),
        ColumnKind.APPLICANTS: st.lists(
            st.sampled_from(["individual", "corporation", "organisation"]), min_size=1, unique=True
        ).map(tuple),
        ColumnKind.FISCAL_YEAR: st.integers(1989, 2100),
        ColumnKind.COUNT: st.integers(0, 9_999_999_999),
        ColumnKind.DATE: DATES,
    }[each.kind]


@st.composite
def rows(draw):
    """A row as parsing gives it."""
    keys = draw(st.sets(st.sampled_from([each.key for each in COLUMNS])))
    row = {
        each.key: draw(
            st.just(CLEAR)
            if each.is_clearable and draw(st.integers(0, 9)) == 0
            else values_of(each)
        )
        for each in COLUMNS
        if each.key in keys
    }
    row["name"] = draw(NAMES)
    row.pop("number", None)
    if "other" in row:
        row["other_note"] = CLEAR if row["other"] is CLEAR else draw(st.just("") | PROSE)
    _make_volumes_agree(row, draw)
    return row


def _make_volumes_agree(row, draw):
    total, online = row.get("total_volume"), row.get("online_volume")
    if isinstance(total, int) and isinstance(online, int):
        row["online_volume"] = min(total, online)
    for key in ("total_volume", "online_volume"):
        if isinstance(row.get(key), int) and draw(st.booleans()):
            row[f"{key}_approximate"] = True
    if "total_volume" in row or "online_volume" in row:
        row.setdefault("fiscal_year", 2024)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(rows(), min_size=1, max_size=12))
def test_any_row_written_comes_back_as_it_was(written):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        write_rows(path, written, departments=DEPARTMENTS, services=SERVICES)
        file = parsed_file(path)
    assert [row.values for row in file.rows] == written
    assert [row.problems for row in file.rows] == [()] * len(written)


def test_numbers_come_back_as_text(tmp_path):
    write_rows(tmp_path / "a.xlsx", [{"number": "001", "name": "a", "national_id": "0012"}])
    found = parsed_file(tmp_path / "a.xlsx").rows[0].values
    assert (found["number"], found["national_id"]) == ("001", "0012")


def test_mark_of_a_missing_ground_comes_back(tmp_path):
    write_rows(tmp_path / "a.xlsx", [{"name": "a", "exemption_ground_missing": True}])
    assert parsed_file(tmp_path / "a.xlsx").rows[0].values == {
        "name": "a",
        "exemption_ground_missing": True,
    }


def test_control_character_that_a_workbook_can_only_spell_out_is_written_so(tmp_path):
    write_rows(tmp_path / "a.xlsx", [{"name": "a", "note": "縦\x0bタブ"}])
    (problem,) = parsed_file(tmp_path / "a.xlsx").rows[0].problems
    assert problem.column == column("note").heading
    assert "U+000B" in problem.message
