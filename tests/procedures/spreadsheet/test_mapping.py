"""A person's decision on how a file is read: kept as JSON, followed to the letter."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedures.rules import Answer, ExemptionGround
from procedures.spreadsheet.columns import CODES, COLUMNS
from procedures.spreadsheet.mapping import (
    FileMapping,
    SheetMapping,
    column_words,
    mapping_from,
    shape_of,
    shown_value,
    value_key,
)
from procedures.spreadsheet.parsing import FileKind, Refused, parse
from procedures.spreadsheet.raw import ErrorValue, Merge, RawBook
from procedures.spreadsheet.readings import MOST_UNKNOWN_VALUES
from procedures.spreadsheet.survey_edition import EDITION_2025_07
from tests.procedures.spreadsheet.packages import HEAD, raw

FORM_HEAD = ("施設の名称", "受付", "担当", "費用")
FORM = SheetMapping("一覧", 1, 1, ("name", "in_person", "division", "payment"))
MAPPING = FileMapping((FORM,), {"payment": {"有料": "要", "?": ""}})


def mapped(mapping, *sheets):
    return parse(RawBook(sheets), default_fiscal_year=2025, mapping=mapping)


def read(mapping, *rows, head=FORM_HEAD, **options):
    return mapped(mapping, raw(head, *rows, **options)).rows


def with_words(key, words, heading, *values):
    """The rows of a list whose headings are known, its words of ``key`` explained."""
    rows = [("住民票", "市民課", value) for value in values]
    return mapped(FileMapping((), {key: words}), raw(("手続名", "課", heading), *rows))


# --- As JSON ---------------------------------------------------------------------------------


def test_mapping_comes_back_from_json():
    assert FileMapping.from_json(json.loads(json.dumps(MAPPING.to_json()))) == MAPPING
    assert FileMapping.from_json(FileMapping().to_json()) == FileMapping()


SHEET = MAPPING.to_json()["sheets"][0]


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        {},
        {"sheets": []},
        {"sheets": [], "values": {}, "more": 1},
        {"sheets": {}, "values": {}},
        {"sheets": [1], "values": {}},
        {"sheets": [SHEET, SHEET], "values": {}},
        *({"sheets": [SHEET | change], "values": {}} for change in (
            {"sheet": 1},
            {"last_row": 0},
            {"last_row": True},
            {"last_row": "1"},
            {"levels": 2},
            {"levels": 3, "last_row": 5},
            {"columns": "name"},
            {"columns": [1]},
            {"columns": ["row_id"]},
            {"columns": ["nothing"]},
            {"columns": ["name", "name"]},
            {"extra": 1},
        )),
        {"sheets": [], "values": []},
        {"sheets": [], "values": {"payment": []}},
        {"sheets": [], "values": {"payment": {"有料": 1}}},
        {"sheets": [], "values": {"payment": {"有料": "有料"}}},
        {"sheets": [], "values": {"name": {"a": ""}}},
        {"sheets": [], "values": {"nothing": {}}},
        {"sheets": [], "values": {1: {}}},
    ],
)  # fmt: skip
def test_malformed_mapping_is_a_value_error(content):
    with pytest.raises(ValueError, match=r"."):
        FileMapping.from_json(content)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["sheets", "values", "sheet", "last_row", "levels", "columns", "kind"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_a_mapping_or_a_value_error(content):
    try:
        found = FileMapping.from_json(content)
    except ValueError:
        return
    assert FileMapping.from_json(found.to_json()) == found


def test_remembered_column_that_is_gone_is_not_read():
    assert mapping_from("一覧", 1, 1, ["name", "retired", ""]).columns == ("name", "", "")


# --- Columns ---------------------------------------------------------------------------------


def test_columns_are_read_as_decided_whatever_their_headings_say():
    (row,) = read(MAPPING, ("市民会館", "要", "文化課", "不要"))
    assert row.values == {
        "name": "市民会館",
        "in_person": Answer.OFFLINE,
        "division": "文化課",
        "payment": Answer.NOT_NEEDED,
    }


def test_one_column_of_names_is_enough():
    mapping = FileMapping((SheetMapping("一覧", 1, 1, ("", "name")),))
    file = mapped(mapping, raw(("No.", "手続"), (7, "住民票")))
    assert file.rows[0].values == {"name": "住民票"}
    assert file.sheets[0].mapped == (("手続", "手続名"),)
    assert file.sheets[0].ignored == ("No.",)


def test_heading_that_names_a_column_is_not_read_when_nobody_chose_it():
    (row,) = read(
        FileMapping((SheetMapping("一覧", 1, 1, ("name",)),)),
        ("住民票", "要"),
        head=("手続名", "対面"),
    )
    assert row.values == {"name": "住民票"}


def test_two_levels_are_read_below_both():
    sheet = raw(
        ("題名",),
        ("手続の", "所管", None),
        ("名", "部", "課"),
        ("住民票", "市民部", "市民課"),
        merges=(Merge(2, 2, 2, 3),),
    )
    mapping = FileMapping((SheetMapping("一覧", 3, 2, ("name", "department", "division")),))
    file = mapped(mapping, sheet)
    assert [row.row_number for row in file.rows] == [4]
    assert file.sheets[0].header_row == 3
    assert file.sheets[0].mapped[0] == ("手続の／名", "手続名")


def test_place_without_a_heading_is_called_by_its_letter():
    mapping = FileMapping((SheetMapping("一覧", 1, 1, ("name", "", "payment")),))
    (row,) = read(mapping, ("市民会館", None, "要?"), head=("施設",))
    assert row.problems[0].column == "C列"
    assert row.problems[0].message.startswith("2行目「C列」の「要?」は読み取れません。")


def test_headings_repeated_on_a_later_page_are_passed_over_under_any_name():
    rows = read(MAPPING, ("市民会館", "要"), FORM_HEAD, ("図書館", "要"))
    assert [row.passed_over for row in rows] == ["", "見出しの繰返しです", ""]


def test_only_the_chosen_sheets_are_read_and_the_others_said():
    file = mapped(
        FileMapping((FORM,)),
        raw(FORM_HEAD, ("市民会館",)),
        raw(HEAD, ("1", "住民票"), name="台帳"),
        raw(("選",), name="選択肢"),
    )
    assert {row.sheet for row in file.rows} == {"一覧"}
    assert file.notes == ("シート「台帳」は選ばれていないため、読んでいません。",)


def test_hidden_sheet_that_was_chosen_is_read_and_said():
    file = mapped(FileMapping((FORM,)), raw(FORM_HEAD, ("市民会館",), visible=False))
    assert len(file.rows) == 1
    assert file.notes == ("シート「一覧」は非表示ですが、選ばれたため読みました。",)


def test_survey_read_by_hand_is_a_list():
    head = tuple(EDITION_2025_07.headings.values())
    columns = tuple("name" if text == "手続名" else "" for text in head)
    file = mapped(FileMapping((SheetMapping("一覧", 1, 1, columns),)), raw(head, ("1", "申請")))
    assert (file.kind, file.rows[0].values) == (FileKind.LIST, {"name": "申請"})


@pytest.mark.parametrize(
    ("sheet", "code"),
    [
        (SheetMapping("消えた", 1, 1, ("name",)), "mapping_gone"),
        (SheetMapping("一覧", 9, 1, ("name",)), "mapping_gone"),
        (SheetMapping("一覧", 1, 1, ("", "division")), "no_name_column"),
    ],
)
def test_mapping_that_does_not_fit_the_file_is_refused_saying_what_to_do(sheet, code):
    with pytest.raises(Refused) as caught:
        mapped(FileMapping((sheet,)), raw(FORM_HEAD, ("市民会館",)))
    assert caught.value.code == code
    assert sheet.sheet in caught.value.message
    assert "列の対応付け" in caught.value.message


# --- Words -----------------------------------------------------------------------------------


def test_unknown_words_of_coded_columns_are_counted_and_their_rows_rejected():
    file = with_words("payment", {}, "金銭納付", "有料", " 有 料 ", "要", "無料", "〃", None)
    assert file.unknown_values == {"payment": {"有料": 2, "無料": 2}}
    assert [bool(row.problems) for row in file.rows] == [True, True, False, True, True, False]


@pytest.mark.parametrize(("word", "answer"), [("要", Answer.OFFLINE), ("不要", Answer.NOT_NEEDED)])
def test_explained_word_is_read_as_the_word_it_stands_for(word, answer):
    file = with_words("payment", {"有料": word}, "金銭納付", "有料", "有\n料", "無料")
    assert [row.values.get("payment") for row in file.rows] == [answer, answer, None]
    assert file.unknown_values == {"payment": {"無料": 1}}
    assert f"「金銭納付」は、決めたとおりに読み替えました（「有料」→「{word}」" in file.notes[0]


def test_word_treated_as_blank_keeps_what_is_there():
    file = with_words("payment", {"別途": ""}, "金銭納付", "別途")
    assert file.rows[0].values == {"name": "住民票", "division": "市民課"}
    assert "「別途」→空欄" in file.notes[0]


def test_word_explained_for_one_column_is_unknown_in_another():
    head = ("手続名", "金銭納付", "対面")
    mapping = FileMapping((), {"payment": {"有料": "要"}})
    (row,) = mapped(mapping, raw(head, ("a", "有料", "有料"))).rows
    assert row.values["payment"] is Answer.OFFLINE
    assert [problem.column for problem in row.problems] == ["対面"]


def test_known_word_can_be_explained_anew():
    file = with_words("attachments", {"○": "オンライン可"}, "添付書類", "○")
    assert file.rows[0].values["attachments"] is Answer.ONLINE


def test_applicants_are_explained_word_by_word():
    words = {"NPO": "団体", "その他": ""}
    file = with_words("applicants", words, "申請者", "個人・NPO", "ＮＰＯ", "その他", "町会、個人")
    assert [row.values.get("applicants") for row in file.rows] == [
        ("individual", "organisation"),
        ("organisation",),
        None,
        None,
    ]
    assert file.unknown_values == {"applicants": {"町会": 1}}


@pytest.mark.parametrize("column", [each for each in COLUMNS if each.kind in CODES])
@pytest.mark.parametrize("value", ["要?", "ア" * 90, "は い?", "x\x00y", 3, 2.5])
def test_every_value_that_was_asked_about_can_be_explained(column, value):
    heads = ("手続名", "課", "部局室", column.heading)
    sheet = raw(heads, ("a", "b", "c", value))
    asked = mapped(None, sheet).unknown_values.get(column.key, {})
    answers = {column.key: dict.fromkeys(asked, column.words[0])}
    file = mapped(FileMapping.from_json(FileMapping((), answers).to_json()), sheet)
    assert not any(row.problems for row in file.rows if asked)
    assert not file.unknown_values.get(column.key)


def test_errors_and_other_columns_are_no_unknown_words():
    head = ("手続名", "金銭納付", "目標日", "年間件数")
    file = mapped(None, raw(head, ("a", ErrorValue("#N/A"), "いつか", "多数"), ("b", "（空）")))
    assert file.unknown_values == {}
    assert file.rows[0].problems


def test_prose_in_a_coded_column_asks_no_thousand_questions():
    values = [f"事情{number}" for number in range(MOST_UNKNOWN_VALUES + 50)]
    file = with_words("payment", {}, "金銭納付", *values, *values)
    assert len(file.unknown_values["payment"]) == MOST_UNKNOWN_VALUES
    assert set(file.unknown_values["payment"].values()) == {2}


def test_ground_can_be_given_to_a_bare_mark():
    file = with_words("exemption_ground", {"○": "条例第7条"}, "適用除外", "○")
    assert file.rows[0].values["exemption_ground"] is ExemptionGround.ORDINANCE_ART7


def test_choices_are_the_words_of_the_column():
    assert column_words("payment") == ("要", "不要", "オンライン可", "未調査")
    assert column_words("note") == ()


@given(st.text(max_size=80))
def test_value_and_its_shown_form_have_one_key(text):
    assert value_key(text) == value_key(shown_value(text))
    assert len(shown_value(text)) <= 60


# --- Shapes ----------------------------------------------------------------------------------


def test_shape_is_one_for_headings_that_read_the_same():
    assert shape_of(["手続名", "課"]) == shape_of(["手 続\n名", "課", "", " "])
    assert shape_of(["No"]) == shape_of(["ＮＯ"])
    assert shape_of(["長" * 40 + "い"]) == shape_of([("長" * 39) + "…"])


def test_shape_differs_with_order_and_blanks_between():
    assert len({shape_of(texts) for texts in (["a", "b"], ["b", "a"], ["a", "", "b"], ["ab"])}) == 4
