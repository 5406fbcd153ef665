"""The survey as a table by national id: what it holds, and what two editions tell apart."""

import pytest

from benchmarks.survey_variants import changed, respelled
from procedures.rules import Answer
from procedures.spreadsheet.gate import Refused
from procedures.spreadsheet.raw import RawBook, RawSheet
from procedures.spreadsheet.reading import read_workbook
from procedures.spreadsheet.survey_table import changes, read_table
from tests.procedures.spreadsheet.packages import DATA
from tests.surveys import survey_book, survey_row

LOCAL = DATA / "national_inventory_local.xlsx"


def read(**given):
    """The one row of a survey, its cells changed by the keys of the edition."""
    (row,) = read_table(survey_book(survey_row(7, **given))).rows.values()
    return row


def told(**given):
    """What an edition with these cells says otherwise than the usual row."""
    return [tuple(change) for change in changes(read(), read(**given))]


def book_of(rows):
    return RawBook((RawSheet("調査", [tuple(row) for row in rows]),))


def test_a_row_holds_what_the_survey_says_in_the_inventorys_words():
    row = read(concern="4 一部の必要書類の原本が紙であり、電子化してもオンライン処理が完結しない")
    assert row.national_id == "7"
    assert (row.name, row.law_name, row.article) == ("届出7", "住民基本台帳法", "第22条")
    assert (row.state, row.planned_year) == ("not_started", 2026)
    assert row.concern.startswith("一部の必要書類の原本が紙であり")
    assert (row.total_volume, row.online_volume) == (1000, 250)
    assert row.identity_check == row.attachments == row.payment == Answer.NOT_NEEDED


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"state": "1 実施済"}, ("state", "not_started", "online")),
        ({"state": None}, ("state", "not_started", "")),
        ({"state": "3 適用除外"}, ("exempt", "not_started", "exempt")),
        ({"planned": "4 2027年度"}, ("planned_year", "2026", "2027")),
        ({"planned": None}, ("planned_year", "2026", "")),
        ({"identity": "2 押印"}, ("identity_check", "not_needed", "offline")),
        ({"identity": None}, ("identity_check", "not_needed", "unknown")),
        (
            {"documents": "住民票", "submission": "2 原紙での提出のみ"},
            ("attachments", "not_needed", "offline"),
        ),
        (
            {"fee": "2 手数料等有り", "fee_methods": "2-1 ペイジー(ネットバンキング)"},
            ("payment", "not_needed", "online"),
        ),
    ],
)
def test_a_change_of_meaning_is_one_difference(given, expected):
    assert told(**given) == [expected]
    before, after = read(**given), read()
    fact, old, new = expected
    assert [tuple(change) for change in changes(before, after)] == [(fact, new, old)]


@pytest.mark.parametrize(
    "given",
    [
        {"state": "９９：未実施"},
        {"state": "未 実\n施"},
        {"state": "２"},  # the label is missing: the code serves
        {"identity": "16　本人確認\n不要"},
        {"fee": "3.手数料等無し"},
        {"planned": "1 令和８年度"},
        {"planned": "２０２６年度"},
        {"national_id": "７"},
        {"documents": "添付書類　なし"},
        {"name": "届出の別の名前", "basis_name": "別の法律", "total": 5, "online": None},
        {"concern": "6 オンライン化の費用対効果が小さい又は不明"},
    ],
)
def test_spelling_names_and_volumes_are_no_difference(given):
    assert told(**given) == []


def test_the_order_of_several_words_makes_no_difference():
    one = read(fee="2 手数料等有り", fee_methods="1-1 行政機関の窓口; 2-3 クレジットカード払い")
    other = read(fee="2 手数料等有り", fee_methods="2-3 クレジットカード払い；1-1 行政機関の窓口")
    assert one == other


def test_an_unreadable_row_is_left_out_with_its_sentence_and_its_id():
    table = read_table(survey_book(survey_row(1), survey_row(2, state="9 まだ")))
    assert list(table.rows) == ["1"]
    (row,) = table.left_out
    assert (row.national_id, row.cell, row.row) == ("2", "I3", 3)
    assert row.message.startswith("3行目「オンライン化の実施状況」の「9 まだ」は")


def test_of_two_rows_with_one_id_the_first_counts_and_another_one_is_named():
    same = survey_row(1)
    table = read_table(survey_book(same, same, survey_row(1, state="1 実施済")))
    assert table.rows["1"].state == "not_started"
    (row,) = table.left_out
    assert row.row == 4
    assert "シート「調査」の2行目にもあり、内容が違います。先にある行を使いました。" in row.message


def test_what_no_table_could_keep_is_cut_or_left_out():
    table = read_table(
        survey_book(survey_row(1, name="あ" * 500), survey_row("9" * 30), survey_row(3))
    )
    assert len(table.rows["1"].name) == 400
    assert [row.national_id for row in table.left_out] == ["9" * 30]
    assert list(table.rows) == ["1", "3"]


def test_who_applies_rejects_nothing():
    assert read(actor="12 誰か", receiver="誰か").state == "not_started"


@pytest.mark.parametrize(
    ("book", "code"),
    [
        (book_of([("手続番号", "手続名", "部局室"), ("1", "届出", "市民部")]), "no_survey"),
        (RawBook(), "no_survey"),
        (survey_book(), "no_rows"),
        (survey_book(survey_row(1, state="?")), "unreadable"),
    ],
)
def test_what_is_no_survey_is_refused_with_a_sentence(book, code):
    with pytest.raises(Refused) as refusal:
        read_table(book)
    assert refusal.value.code == code
    assert refusal.value.message.endswith("。")


@pytest.mark.skipif(not LOCAL.exists(), reason="the national survey's file is not there")
def test_an_edition_of_our_own_making_from_9_012_real_rows():
    """Spelled otherwise it raises nothing; with 50 facts changed exactly 50."""
    book = read_workbook(LOCAL, LOCAL.name)
    (sheet,) = book.sheets
    before = read_table(book)
    assert len(before.rows) == 9_012
    for variant, expected in ((respelled(sheet.rows), 0), (changed(sheet.rows, 50), 50)):
        after = read_table(book_of(variant))
        assert after.rows.keys() == before.rows.keys()
        assert not after.left_out
        found = [one for key, row in after.rows.items() for one in changes(before.rows[key], row)]
        assert len(found) == expected
