"""The settled questions on rows and cells: what is read, repeated, filled, passed over."""

import datetime as dt

import pytest

from procedures.rules import Answer, BasisLevel, ExemptionGround
from procedures.spreadsheet.columns import COLUMNS, column
from procedures.spreadsheet.parsing import CLEAR
from procedures.spreadsheet.raw import ErrorValue, Merge
from tests.procedures.spreadsheet.packages import HEAD, one, parsed, raw, rows_of


def cell(heading, value, **options):
    """The row of one procedure with one more column."""
    return one(("手続名", "課", heading), "住民票", "市民課", value, **options)


# --- Rows ------------------------------------------------------------------------------------


def test_every_row_that_is_not_blank_is_accounted_for():
    rows = rows_of(
        ("1", "住民票", "市民部"),
        (),
        ("　", "", None),
        (None, "合計", None),
        ("※ 件数は令和7年度",),
        (None, None, "市民部"),
    )
    assert [row.row_number for row in rows] == [2, 5, 6, 7]
    assert [bool(row.passed_over) for row in rows] == [False, True, True, False]
    assert rows[3].problems[0].cell == "B7"


@pytest.mark.parametrize("word", ["計", "小計", "合計", "総計", " 合　計 "])
@pytest.mark.parametrize("place", range(4))
def test_totals_are_passed_over(word, place):
    cells = [None] * 5
    cells[place] = word
    (row,) = rows_of(cells)
    assert row.passed_over == "合計の行です"
    assert not row.values


def test_total_before_the_first_known_column_is_passed_over():
    (row,) = rows_of(("合計", None, None, None, 12), head=("区分", "手続名", "課", "備考", "件数"))
    assert row.passed_over


@pytest.mark.parametrize("name", ["会計証明の申請", "計画の認定", "計量器の届出", "合計表の提出"])
def test_procedure_whose_name_contains_the_word_for_total_is_read(name):
    assert rows_of(("1", name))[0].values["name"] == name


@pytest.mark.parametrize(
    "note",
    ["※ 印は法定受託", "※1 のとおり", "注 件数は概数", "注1）令和7年度", "（注）概数", "(※)"],
)
def test_notes_are_passed_over(note):
    for place in range(3):
        (row,) = rows_of([None] * place + [note])
        assert row.passed_over == "注記の行です"


def test_note_with_its_mark_in_a_cell_of_its_own_is_passed_over():
    assert rows_of(("※1", "市の独自の手続"))[0].passed_over == "注記の行です"


@pytest.mark.parametrize("name", ["注射済票の交付申請", "注意喚起の届出", "※特例の申請"])
def test_procedure_whose_name_begins_like_a_note_is_read(name):
    (row,) = rows_of((None, name, "環境部", "衛生課", "要"))
    assert row.values["name"] == name
    assert not row.passed_over


def test_headings_repeated_on_a_later_page_are_passed_over():
    rows = rows_of(("1", "a"), HEAD, ("2", "b"))
    assert [row.passed_over for row in rows] == ["", "見出しの繰返しです", ""]


def test_row_without_a_name_is_rejected():
    (row,) = rows_of(("1", None, "市民部", "市民課", "要"))
    (problem,) = row.problems
    assert problem.message == "2行目「手続名」が空です。手続名を書いてください。"


def test_blank_cell_and_missing_column_say_nothing():
    (row,) = rows_of(("1", "住民票", None, "", "　"))
    assert row.values == {"number": "1", "name": "住民票"}


def test_text_longer_than_the_field_is_rejected():
    (row,) = rows_of(("1", "長" * (column("name").max_length + 1)))
    assert "長すぎます" in row.problems[0].message
    assert len(row.problems) == 1


# --- Departments -----------------------------------------------------------------------------


def test_department_and_division_merged_downward_fill_their_rows():
    rows = rows_of(
        ("1", "a", "市民部", "市民課"),
        ("2", "b", None, None),
        ("3", "c", None, "国保課"),
        ("4", "d", None, None),
        merges=(Merge(2, 3, 4, 3), Merge(2, 4, 3, 4)),
    )
    assert [(row.values.get("department"), row.values.get("division")) for row in rows] == [
        ("市民部", "市民課"),
        ("市民部", "市民課"),
        ("市民部", "国保課"),
        (None, None),
    ]


def test_merged_cells_that_overlap_in_a_damaged_file_fill_once():
    rows = rows_of(
        ("1", "a", "市民部"),
        ("2", "b", None),
        ("3", "c", None),
        merges=(Merge(2, 3, 4, 3), Merge(3, 3, 4, 3), Merge(2, 3, 1_048_576, 3)),
    )
    assert [row.values["department"] for row in rows] == ["市民部"] * 3


def test_merged_cell_that_is_no_department_fills_nothing():
    rows = rows_of(("1", "a"), ("2", None), merges=(Merge(2, 2, 3, 2),))
    assert rows[1].problems


@pytest.mark.parametrize("mark", ["〃", "同上", "同　上"])
def test_ditto_repeats_the_cell_above_and_says_so(mark):
    rows = rows_of(("1", "a", "市民部"), ("2", "b", mark), (), ("3", "c", mark))
    assert [row.values["department"] for row in rows] == ["市民部"] * 3
    assert rows[2].notes == ("「部局室」は、上の行と同じ「市民部」として読みました。",)


def test_ditto_below_a_merged_cell_repeats_what_filled_it():
    rows = rows_of(
        ("1", "a", "市民部"), ("2", "b", None), ("3", "c", "〃"), merges=(Merge(2, 3, 3, 3),)
    )
    assert rows[2].values["department"] == "市民部"


def test_ditto_with_nothing_above_is_blank():
    (row,) = rows_of(("1", "a", "〃"))
    assert "department" not in row.values
    assert row.notes == ("「部局室」は、上の行と同じ空欄として読みました。",)


# --- Cells -----------------------------------------------------------------------------------


def test_error_cell_rejects_its_row_and_is_named():
    (row,) = rows_of(("1", "a", "市民部", None, ErrorValue("#REF!")))
    (problem,) = row.problems
    assert (problem.cell, problem.column, problem.value) == ("E2", "本人確認", "#REF!")
    assert problem.message.startswith("2行目「本人確認」の「#REF!」はエラーの値です。")


def test_error_cell_in_a_column_that_is_not_read_rejects_nothing():
    assert not one(("手続名", "課", "部", "様式"), "a", "b", "c", ErrorValue("#N/A")).problems


def test_unreadable_answer_is_worded_as_the_design_has_it():
    rows = rows_of(*[("", f"手続{number}") for number in range(10)], ("11", "a", "", "", "要?"))
    (problem,) = rows[-1].problems
    assert problem.message == (
        "12行目「本人確認」の「要?」は読み取れません。"
        "要・不要・オンライン可・未調査のいずれかにしてください。"
    )
    assert (problem.cell, problem.value) == ("E12", "要?")


def test_each_unreadable_cell_of_a_row_is_named():
    row = one(("手続名", "課", "対面", "状況"), "a", "b", "要?", "あした")
    assert [problem.column for problem in row.problems] == ["対面", "状況"]


def test_word_for_empty_clears_but_not_name_number_and_year():
    for each in COLUMNS:
        row = one(("手続番号", "手続名", "課", each.heading), "1", "a", "b", "（空）")
        if each.key in ("number", "name", "division"):
            continue
        if each.is_clearable:
            assert row.values[each.key] is CLEAR
        else:
            assert row.problems
    assert rows_of(("（空）", "a"))[0].problems
    assert [each.cell for each in rows_of(("1", "（空）"))[0].problems] == ["B2"]


def test_formula_without_a_value_is_blank_and_said():
    file = parsed(
        raw(HEAD, ("1", "a", None), formulas_without_value=frozenset({(2, 3), (2, 9), (99, 1)}))
    )
    (row,) = file.rows
    assert row.notes == (
        "「部局室」（C2）は、数式の結果が保存されていないため空欄として読みました。",
    )
    assert file.sheets[0].notes == (
        "結果が保存されていない数式が2個あります。空欄として読みました。",
    )


@pytest.mark.parametrize("text", ["①②㈱髙﨑𠮷", "葛\U000e0100城", "Ｗｅｂ～申請"])
def test_prose_comes_through_unchanged(text):
    assert cell("備考", text).values["note"] == text


def test_private_use_characters_come_through_with_a_warning():
    row = cell("備考", "\ue000田")
    assert row.values["note"] == "\ue000田"
    assert "外字" in row.notes[0]


def test_control_characters_reject_the_row_and_leave_no_trace_in_the_record():
    (problem,) = cell("備考", "a\x00b\u202ec").problems
    assert "\x00" not in problem.value + problem.message


def test_other_obstacle_gives_answer_and_text():
    assert cell("その他の支障", "窓口で面談").values["other"] is Answer.OFFLINE
    assert cell("その他の支障", "窓口で面談").values["other_note"] == "窓口で面談"
    assert cell("その他の支障", "なし").values["other"] is Answer.NOT_NEEDED
    assert "other" not in cell("その他の支障", "").values


def test_yes_no_words_and_blank():
    assert cell("指定管理者", "該当").values["designated_manager"] is True
    assert cell("指定管理者", "非該当").values["designated_manager"] is False
    assert "designated_manager" not in cell("指定管理者", None).values
    unasked = cell("指定管理者", "未調査")
    assert "designated_manager" not in unasked.values
    assert unasked.notes


@pytest.mark.parametrize(
    ("heading", "word", "ground"),
    [
        ("適用除外の根拠", "条例第7条", ExemptionGround.ORDINANCE_ART7),
        ("適用除外", "規則", ExemptionGround.RULE_ART16),
        ("適用除外", "国の整理", ExemptionGround.NATIONAL_LIST),
        ("適用除外", "×", ExemptionGround.NONE),
    ],
)
def test_exemption_ground(heading, word, ground):
    assert cell(heading, word).values["exemption_ground"] is ground


@pytest.mark.parametrize(
    ("heading", "key", "read"),
    [
        ("本人確認", "identity_check", Answer.OFFLINE),
        ("基幹系システム", "core_system", True),
        ("適用除外", "exemption_ground_missing", True),
    ],
)
def test_mark_with_a_reason_in_brackets_is_read_with_a_note(heading, key, read):
    row = cell(heading, "〇（対面で説明）")
    assert row.values[key] == read
    assert "「〇（対面で説明）」は、" in row.notes[0]


@pytest.mark.parametrize("heading", ["手続類型", "状況", "申請者"])
def test_mark_with_a_reason_is_no_word_of_other_columns(heading):
    assert cell(heading, "〇（対面で説明）").problems


def test_what_one_cell_says_is_not_taken_for_what_another_says():
    head = ("手続名", "課", "本人確認", "申請者", "指定管理者")
    rows = rows_of(
        ("a", "b", 1, "個人", "対象外"),
        ("a", "b", True, 1, 1),
        ("a", "b", "1", "1", "1"),
        head=head,
    )
    assert [row.values["identity_check"] for row in rows] == [Answer.OFFLINE] * 3
    assert [len(row.problems) for row in rows] == [0, 1, 1]
    assert [row.values["designated_manager"] for row in rows] == [False, True, True]


def test_bare_mark_of_exemption_brings_the_row_in_without_its_ground():
    row = cell("適用除外", "○")
    assert not row.problems
    assert "exemption_ground" not in row.values
    assert row.values["exemption_ground_missing"] is True
    assert "根拠が分からない" in row.notes[0]


def test_volume_without_a_year_belongs_to_the_last_complete_one():
    row = cell("年間件数", "約1,200件")
    assert row.values["total_volume"] == 1200
    assert row.values["total_volume_approximate"] is True
    assert row.values["fiscal_year"] == 2025
    assert "件数は、2025年度のものとして読みました。" in row.notes


def test_volume_with_its_year_keeps_it():
    row = one(("手続名", "年度", "年間件数"), "a", "R6", 0)
    assert (row.values["fiscal_year"], row.values["total_volume"]) == (2024, 0)
    assert row.notes == ()


def test_unknown_volume_is_said_and_is_not_zero():
    assert cell("年間件数", "不明").values["total_volume"] is None
    assert "total_volume" not in cell("年間件数", "").values


def test_more_online_than_in_all_is_rejected():
    row = one(("手続名", "年間件数", "オンライン件数"), "a", 10, 11)
    assert "年間件数（10件）より多くなっています" in row.problems[0].message
    assert not one(("手続名", "年間件数", "オンライン件数"), "a", 10, 10).problems


def test_date_after_the_end_of_its_era_is_read_with_a_note():
    row = cell("目標日", "平成31年5月1日")
    assert row.values["target_date"] == dt.date(2019, 5, 1)
    assert "2019-05-01として読みました" in row.notes[0]


def test_bare_serial_number_follows_the_date_system_of_the_book():
    assert cell("目標日", 46113).values["target_date"] == dt.date(2026, 4, 1)
    assert cell("目標日", 44651, date1904=True).values["target_date"] == dt.date(2026, 4, 1)


def test_a_full_row_gives_typed_values():
    row = one(
        ("手続名", "申請者", "手続類型", "対象区分", "根拠区分", "優先手続番号", "状況", "URL"),
        *("a", "法人・個人", "届出", "市民等から市", "法令", 12, "準備中", "https://a.example/"),
    )
    assert row.values == {
        "name": "a",
        "applicants": ("corporation", "individual"),
        "kind": "notification",
        "scope": "inbound",
        "basis_level": BasisLevel.NATIONAL,
        "national_priority": "12",
        "status": "preparing",
        "url": "https://a.example/",
    }
