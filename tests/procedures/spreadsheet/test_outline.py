"""What the mapping page shows of a book, what it proposes, and which books need no such page."""

import json

import pytest

from procedures.spreadsheet.columns import CHOICES_SHEET, COLUMNS, GUIDE_SHEET
from procedures.spreadsheet.lists import is_understood, remembered, shapes
from procedures.spreadsheet.mapping import CUT, MOST_COLUMNS, FileMapping, SheetMapping, shape_of
from procedures.spreadsheet.outline import KEPT_SAMPLES, SHOWN_ROWS, outline
from procedures.spreadsheet.parsing import parse
from procedures.spreadsheet.proposals import Certainty, heading_texts, propose
from procedures.spreadsheet.raw import Merge, RawBook
from procedures.spreadsheet.survey_edition import EDITION_2025_07
from procedures.spreadsheet.trace import TRACE_COLUMNS
from tests.procedures.spreadsheet.packages import HEAD, raw

ROW = ("1", "住民票", "市民部", "市民課", "要")
TWO_LEVELS = (
    (None, "所管", None, "費用", None),
    ("事業", "名前A", "名前B", "有無", "金額"),
    ("市民会館の利用", "文化部", "文化課", "要", 500),
)


def outlined(*rows, **options):
    """The outline of the only sheet of a book."""
    (sheet,) = outline(RawBook((raw(*rows, **options),)))["sheets"]
    return sheet


def proposed(*rows, **options):
    """Heading → (column, certainty) of a sheet, its heading row as proposed."""
    sheet = outlined(*rows, **options)
    proposals = propose(sheet, sheet["last_row"], sheet["levels"])
    return {each.text: (each.key, each.certainty) for each in proposals}


def reads(*sheets):
    """Names of the sheets that are proposed to be read."""
    return [each["name"] for each in outline(RawBook(sheets))["sheets"] if each["is_read"]]


# --- The outline -----------------------------------------------------------------------------


def test_outline_is_json_and_tells_of_each_sheet_that_holds_something():
    book = RawBook(
        (
            raw(HEAD, ROW, (), ("2", "印鑑")),
            raw(name="空"),
            raw((1.5, True, "a\nb"), name="覚え", visible=False),
            raw(("列", "書き方"), name=GUIDE_SHEET),
            raw(("課",), name=CHOICES_SHEET, visible=False),
        )
    )
    found = outline(book)
    assert json.loads(json.dumps(found)) == found
    assert [(each["name"], each["visible"], each["row_count"]) for each in found["sheets"]] == [
        ("一覧", True, 3),
        ("覚え", False, 1),
    ]
    assert found["sheets"][1]["rows"] == [["1.5", "TRUE", "a b"]]


def test_outline_of_a_huge_sheet_is_small():
    sheet = outlined(
        *[tuple("長" * 500 + str(row) for _ in range(MOST_COLUMNS + 50)) for row in range(3_000)]
    )
    assert len(sheet["rows"]) == SHOWN_ROWS
    assert {len(row) for row in sheet["rows"]} == {MOST_COLUMNS}
    assert {len(text) for row in sheet["rows"] for text in row} == {CUT}
    assert max(map(len, sheet["samples"])) <= KEPT_SAMPLES
    assert sheet["row_count"] == 3_000


def test_empty_book_has_an_outline():
    assert outline(RawBook((raw(),))) == {"sheets": []}
    assert outline(RawBook()) == {"sheets": []}


# --- The heading row -------------------------------------------------------------------------


def heading_row(*rows, **options):
    sheet = outlined(*rows, **options)
    return sheet["last_row"], sheet["levels"]


def test_known_headings_are_found_as_they_would_be_read():
    assert heading_row(("題名",), (), HEAD, ROW) == (3, 1)


def test_headings_far_down_are_shown_with_rows_below_them():
    sheet = outlined(*[(f"前書き{row}",) for row in range(60)], HEAD, *[ROW] * 30)
    assert (sheet["last_row"], sheet["levels"]) == (61, 1)
    assert sheet["rows"][60] == list(HEAD)
    assert len(sheet["rows"]) > 61


def test_two_known_headings_beat_a_fuller_row():
    assert heading_row(("a", "b", "c", "d"), ("施設", "担当課", "備考"), ("x", "y", "z")) == (2, 1)


def test_without_a_known_heading_the_first_full_row_is_guessed():
    rows = [("様式第1号", "令和8年4月", "市民部")]
    rows += [("区画", "形", "色", "重さ", "長さ", "高さ", "幅"), (1, 2, 3, 4, 5, 6, 7)]
    assert heading_row(*rows) == (2, 1)
    assert heading_row(("だけ",), ("文",)) == (1, 1)


def test_headings_merged_across_have_a_second_level():
    merges = (Merge(1, 2, 1, 3), Merge(1, 4, 1, 5))
    sheet = outlined(*TWO_LEVELS, merges=merges)
    sheet_texts = heading_texts(sheet, 2, 2)
    assert sheet_texts == ("事業", "所管／名前A", "所管／名前B", "費用／有無", "費用／金額")


def test_row_that_says_one_text_again_and_again_is_a_second_level():
    upper, lower = ("項目", "甲社", "乙社", "丙社"), ("名前A", "データ名", "データ名", "データ名")
    assert heading_row(upper, lower, ("a", "b", "c", "d")) == (2, 2)


def test_row_of_marks_is_no_second_level():
    assert heading_row(("施設", "甲", "乙", "丙"), ("a", "○", "○", "○"), ("b", "○", "", "○")) == (
        1,
        1,
    )


# --- Which sheets ----------------------------------------------------------------------------


def test_lists_are_read_and_nothing_else_beside_them():
    assert reads(
        raw(("はじめに",), ("この表は…",), name="はじめに"),
        raw(HEAD, ROW, name="市民部"),
        raw(("a", "b", "c"), (1, 2, 3), name="集計"),
        raw(HEAD, ROW, name="去年", visible=False),
    ) == ["市民部"]


def test_without_a_list_the_likeliest_sheet_is_read_and_those_like_it():
    head = ("施設", "担当課", "説明", "区分")
    assert reads(
        raw(("はじめに",), name="はじめに"),
        raw(head, ("a", "b", "c", "d"), name="北"),
        raw((*head, "備考"), ("a", "b", "c", "d"), name="南"),
        raw(("月", "晴", "雨"), (1, 20, 10), name="天気"),
        raw(head, ("a", "b", "c", "d"), name="隠", visible=False),
    ) == ["北", "南"]


# --- Proposals -------------------------------------------------------------------------------


def test_exact_headings_aliases_and_likenesses_are_told_apart():
    found = proposed(
        ("手続名", "担当課", "所属名称", "様式"), ("住民票", "市民課", "市民部市民課", "あり")
    )
    assert found == {
        "手続名": ("name", Certainty.EXACT),
        "担当課": ("division", Certainty.ALIAS),
        "所属名称": ("", Certainty.NONE),
        "様式": ("", Certainty.NONE),
    }
    assert proposed(("手続き名", "所属名称", "x"), ("a", "b", "c"))["所属名称"] == (
        "division",
        Certainty.SIMILAR,
    )


@pytest.mark.parametrize(
    ("heading", "key"),
    [
        ("手続き名", "name"),
        ("担当部署", "department"),
        ("備考欄", "note"),
        ("データの\nURL", "url"),
        ("説明", "summary"),
        ("division", "division"),
        ("手続の根拠法令", "basis_name"),
    ],
)
def test_heading_that_resembles_one_is_proposed(heading, key):
    text = " ".join(heading.split())
    sample = "https://a.example/" if key == "url" else "市民課"
    assert proposed((heading, "甲", "乙"), (sample, 1, 2))[text] == (key, Certainty.SIMILAR)


@pytest.mark.parametrize(
    "heading",
    [
        *("電話番号", "郵便番号", "担当係", "場所", "所在地", "用途", "区分"),
        *("対象地域", "更新頻度", "通し No"),
    ],
)
def test_heading_that_only_sounds_like_one_is_not(heading):
    assert proposed((heading, "甲", "乙"), ("あ", 1, 2))[heading] == ("", Certainty.NONE)


def test_addresses_below_the_name_of_a_service_are_addresses():
    head = ("手続名", "URL", "電子申請")
    row = ("a", "https://city.example/page", "https://apply.example/1")
    assert proposed(head, row) == {
        "手続名": ("name", Certainty.EXACT),
        "URL": ("", Certainty.NONE),
        "電子申請": ("url", Certainty.SIMILAR),
    }
    assert proposed(head, (*row[:2], "ぴったりサービス"))["電子申請"] == (
        "service",
        Certainty.ALIAS,
    )


@pytest.mark.parametrize(
    ("heading", "sample"),
    [
        ("公開日", "毎月"),
        ("処理件数", "多い"),
        ("申請URL", "窓口で配布"),
        ("本人確認方法", "免許証"),
    ],
)
def test_heading_that_its_values_belie_is_not_proposed(heading, sample):
    assert proposed(("手続名", "課", heading), ("a", "b", sample))[heading][0] == ""


def test_exact_heading_stands_whatever_its_words_because_they_can_be_explained():
    found = proposed(("手続名", "課", "本人確認"), ("a", "b", "免許証で"))
    assert found["本人確認"] == ("identity_check", Certainty.EXACT)


def test_no_column_is_proposed_twice_and_the_surer_wins():
    found = proposed(
        ("書類正式名称", "手続名称", "手続き名", "課名", "課"), ("a", "b", "c", "d", "e")
    )
    assert [key for key, _ in found.values()] == ["", "name", "", "", "division"]


def test_national_id_stands_beside_another_number():
    found = proposed(("No", "手続ID", "手続名"), ("7", "123", "a"))
    assert (found["No"][0], found["手続ID"][0]) == ("number", "national_id")


def test_samples_are_the_first_different_values_below_the_heading():
    sheet = outlined(("手続名", "課", None), *[("a", value, "x") for value in "甲甲乙丙丁"])
    by_letter = {each.letters: each for each in propose(sheet, 1, 1)}
    assert by_letter["B"].samples == ("甲", "乙", "丙")
    assert (by_letter["C"].text, by_letter["C"].key) == ("", "")


def test_samples_come_from_further_down_where_the_top_is_blank():
    rows = [("a", None)] * 100 + [("a", "下")]
    assert propose(outlined(("手続名", "備考"), *rows), 1, 1)[1].samples == ("下",)


def test_another_heading_row_is_proposed_from_the_same_outline():
    sheet = json.loads(
        json.dumps(outlined(("題", "その1", "x"), ("件名", "担当課", "y"), ("a", "b", "c")))
    )
    assert [each.key for each in propose(sheet, 2, 1)] == ["name", "division", ""]
    assert [each.key for each in propose(sheet, 1, 1)] == ["", "", ""]
    for last_row, levels in ((0, 1), (1, 2), (4, 1), (2, 3)):
        with pytest.raises(ValueError, match="heading row"):
            propose(sheet, last_row, levels)


def test_hidden_columns_of_ours_are_not_proposed():
    traces = tuple(column.heading for column in TRACE_COLUMNS)
    found = proposed((*HEAD, *traces, "取り込めない理由"), (*ROW, 1, "1版1", 2, "x"))
    assert list(found) == list(HEAD)


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.key)
def test_every_heading_of_the_template_is_proposed_as_itself(column):
    found = proposed(tuple(each.heading for each in COLUMNS), ("x",))
    assert found[column.heading] == (column.key, Certainty.EXACT)


# --- Books that need no question -------------------------------------------------------------


def understood(*sheets):
    return is_understood(RawBook(sheets))


def test_template_and_survey_need_no_question():
    assert understood(raw(tuple(each.heading for each in COLUMNS)), raw(("列",), name=GUIDE_SHEET))
    assert understood(raw(tuple(EDITION_2025_07.headings.values())))
    assert understood(raw(("表紙",), name="表紙"), raw(("No.", "件名", "担当課"), (1, "a", "b")))


@pytest.mark.parametrize(
    "head",
    [
        (*HEAD, "様式"),
        ("手続名", "課"),
        ("手続名", "手続名称", "課", "備考"),
        ("施設", "場所", "電話"),
    ],
)
def test_heading_that_is_not_known_or_known_twice_needs_a_question(head):
    assert not understood(raw(head, ("a", "b", "c", "d")))


def test_one_doubtful_sheet_is_enough_for_a_question():
    assert not understood(raw(HEAD, ROW, name="甲"), raw((*HEAD, "様式"), ROW, name="乙"))


def test_heading_that_its_values_contradict_needs_a_question():
    head = ("手続名", "課", "電子申請")
    assert understood(raw(head, ("a", "b", "ぴったりサービス")))
    assert not understood(raw(head, ("a", "b", "https://apply.example/1")))


# --- What was decided before -----------------------------------------------------------------


def test_every_heading_row_that_can_be_chosen_has_its_shape():
    book = RawBook((raw(*TWO_LEVELS, merges=(Merge(1, 2, 1, 3), Merge(1, 4, 1, 5))),))
    (sheet,) = outline(book)["sheets"]
    found = shapes(book)
    for last_row, levels in ((1, 1), (2, 1), (2, 2), (3, 1)):
        shape = shape_of(heading_texts(sheet, last_row, levels))
        assert found[shape] == ("一覧", last_row, levels)


def test_long_headings_have_one_shape_in_the_outline_and_in_the_book():
    book = RawBook((raw(("長い見出し" * 20, "a"), ("b", "下" * 90), ("1", "2")),))
    (sheet,) = outline(book)["sheets"]
    for last_row, levels in ((1, 1), (2, 2)):
        assert shape_of(heading_texts(sheet, last_row, levels)) in shapes(book)


def test_file_of_a_known_shape_is_read_as_decided_wherever_its_headings_stand():
    decided = ("name", "division", "")
    known = {shape_of(("施設", "受付", "様式")): decided}
    book = RawBook((raw(("令和8年度",), (), ("施 設", "受付", "様式"), ("会館", "文化課", "x")),))
    sheets = remembered(book, known)
    assert sheets == (SheetMapping("一覧", 3, 1, decided),)
    (row,) = parse(book, default_fiscal_year=2025, mapping=FileMapping(sheets)).rows
    assert row.values == {"name": "会館", "division": "文化課"}


def test_all_visible_sheets_of_a_known_shape_are_remembered():
    head, row = ("施設", "受付"), ("会館", "文化課")
    known = {shape_of(head): ("name", "division")}
    sheets = [raw(head, row, name=name, visible=name != "隠") for name in ("北", "隠", "南")]
    assert [each.sheet for each in remembered(RawBook(tuple(sheets)), known)] == ["北", "南"]
    assert [each.sheet for each in remembered(RawBook((sheets[1],)), known)] == ["隠"]


def test_list_of_a_new_shape_beside_a_known_one_needs_a_decision():
    head, row = ("施設", "受付"), ("会館", "文化課")
    known = {shape_of(head): ("name", "division")}
    old, new = raw(head, row, name="北"), raw(HEAD, ROW, name="新")
    assert remembered(RawBook((old, new)), known) == ()
    assert len(remembered(RawBook((old, raw(("表紙",), name="表紙"))), known)) == 1


def test_hidden_sheet_of_a_known_shape_does_not_push_a_visible_list_aside():
    known = {shape_of(HEAD): ("number", "name")}
    hidden = raw(HEAD, ROW, name="去年", visible=False)
    assert remembered(RawBook((raw((*HEAD, "様式"), ROW), hidden)), known) == ()


def test_unknown_shape_is_not_remembered():
    assert remembered(RawBook((raw(HEAD, ROW),)), {shape_of(HEAD[1:]): ("name",)}) == ()
