"""The one table of columns: complete, without double meanings, and every word readable."""

import pytest

from procedures.rules import ASPECTS, Answer, BasisLevel, ExemptionGround
from procedures.spreadsheet import codes, normalise
from procedures.spreadsheet.columns import (
    APPLICANT_LABELS,
    CODES,
    COLUMNS,
    KIND_LABELS,
    LONGEST_HEADING,
    SCOPE_LABELS,
    STATUS_LABELS,
    ColumnKind,
    alias_rank,
    column,
    column_for,
)
from procedures.spreadsheet.keys import heading_key, name_key

COLUMNS_AS_AGREED = {
    "number": "手続番号",
    "name": "手続名",
    "name_kana": "手続名よみ",
    "summary": "概要",
    "department": "部局室",
    "division": "課",
    "applicants": "申請者",
    "kind": "手続類型",
    "scope": "対象区分",
    "basis_level": "根拠区分",
    "basis_name": "根拠法令",
    "basis_article": "条項",
    "national_id": "国の手続ID",
    "national_priority": "優先手続番号",
    "identity_check": "本人確認",
    "attachments": "添付書類",
    "in_person": "対面",
    "physical_item": "現物確認",
    "deliverable": "通知・交付物",
    "payment": "金銭納付",
    "other": "その他の支障",
    "designated_manager": "指定管理者",
    "core_system": "基幹系システム",
    "facility_booking": "公共施設予約",
    "designated_service": "国・県指定サービス",
    "legacy_service": "既存専用システム",
    "exemption_ground": "適用除外の根拠",
    "exemption_article": "適用除外の条項",
    "exemption_reason": "適用除外の理由",
    "fiscal_year": "年度",
    "total_volume": "年間件数",
    "online_volume": "オンライン件数",
    "status": "状況",
    "target_date": "目標日",
    "launched_on": "開始日",
    "service": "利用サービス",
    "service_reason": "方針4と違うサービスを使う理由",
    "url": "URL",
    "national_due": "国の期限",
    "assignee": "担当者",
    "note": "備考",
}
ALIASES = {
    "number": "No No. 番号 通番 項番 整理番号 管理番号 手続ID",
    "name": "手続名称 手続の名称 行政手続名 申請・届出名 事務手続名 件名 書類正式名称",
    "name_kana": "よみ ふりがな フリガナ",
    "summary": "手続の概要 内容",
    "department": "部局 部局名 部 所管部局 担当部局 部局室名",
    "division": "課名 担当課 所管課 課所 課所名 担当課所 所属 所属名",
    "applicants": "申請者区分 手続主体 対象者",
    "kind": "類型 種別",
    "scope": "手続の方向 対象範囲",
    "basis_level": "法令区分 根拠種別",
    "basis_name": "法令名 根拠法令名 根拠規定 根拠条例等 根拠例規",
    "basis_article": "根拠条項 根拠条項号",
    "national_id": "国手続ID 棚卸ID",
    "national_priority": "優先手続 59手続 優先59手続",
    "identity_check": "本人確認の要否 本人確認の有無 申請等における本人確認手法",
    "attachments": "添付書類の有無 添付 申請時に添付させる書類",
    "in_person": "対面対応 対面の要否 来庁 窓口対応",
    "physical_item": "現物 現物の確認 原本確認",
    "deliverable": "交付物 通知物 通知・交付 交付物の有無",
    "payment": "手数料 手数料の有無 手数料等の納付有無 納付",
    "other": "支障 その他の課題",
    "exemption_ground": "適用除外",
    "total_volume": "申請件数 件数 処理件数 受付件数 年間処理件数 総手続件数",
    "online_volume": "電子申請件数 オンライン手続件数",
    "status": "進捗 ステータス オンライン化の実施状況",
    "target_date": "予定日 実施予定 完了予定",
    "launched_on": "実施日 公開日",
    "service": "電子申請 システム",
    "url": "申請URL",
    "national_due": "国のスケジュール",
    "assignee": "担当",
    "note": "摘要 特記事項",
}
TABLES = {
    name: table
    for name, table in vars(codes).items()
    if isinstance(table, tuple) and table and isinstance(table[0], codes.Code)
}


def test_columns_stand_in_the_agreed_order():
    assert [(each.key, each.heading) for each in COLUMNS] == list(COLUMNS_AS_AGREED.items())


def test_every_agreed_alias_is_recognised_and_no_other_column_has_one():
    found = {each.key: set(each.aliases) for each in COLUMNS if each.aliases}
    assert found == {key: set(words.split()) for key, words in ALIASES.items()}


def test_no_heading_names_two_columns():
    keys = [heading_key(text) for each in COLUMNS for text in (each.heading, *each.aliases)]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("heading", "key"),
    [
        ("手続名", "name"),
        ("手 続\n名", "name"),
        ("　手続名　", "name"),
        ("Ｎｏ．", "number"),
        ("NO", "number"),
        ("№", "number"),
        ("ｕｒｌ", "url"),
        ("優先５９手続", "national_priority"),
        ("ﾌﾘｶﾞﾅ", "name_kana"),
        ("通知･交付物", "deliverable"),
    ],
)
def test_heading_is_recognised_whatever_its_width_and_line_breaks(heading, key):
    assert column_for(heading) is column(key)


@pytest.mark.parametrize("heading", ["", "手続", "手続名2", "本人確認欄", "備考欄"])
def test_a_heading_that_only_resembles_one_is_not_taken(heading):
    assert column_for(heading) is None


def test_prose_is_no_heading_however_it_ends():
    headings = [text for each in COLUMNS for text in (each.heading, *each.aliases)]
    assert max(map(len, headings)) < LONGEST_HEADING / 2
    assert column_for(" ".join("手続名")) is column("name")
    assert column_for("手続名" + " " * LONGEST_HEADING) is None


def test_canonical_heading_ranks_before_its_aliases():
    assert alias_rank("手続名") == 0
    assert alias_rank("手続名称") < alias_rank("書類正式名称")


def test_every_aspect_of_the_policy_has_its_column():
    for aspect in ASPECTS:
        kind = column(aspect.value).kind
        assert kind is (ColumnKind.OTHER_ANSWER if aspect.value == "other" else ColumnKind.ANSWER)


@pytest.mark.parametrize(
    ("table", "enum"),
    [
        (codes.ANSWERS, Answer),
        (codes.OTHER_ANSWERS, Answer),
        (codes.BASIS_LEVELS, BasisLevel),
        (codes.EXEMPTION_GROUNDS, ExemptionGround),
    ],
)
def test_code_table_covers_its_enum(table, enum):
    assert {code.value for code in table} == set(enum)


@pytest.mark.parametrize("name", TABLES)
def test_no_word_of_a_table_means_two_things(name):
    words = [{name_key(word) for word in (code.label, *code.words)} for code in TABLES[name]]
    assert sum(len(each) for each in words) == len(set().union(*words))


def test_ground_missing_words_name_no_ground():
    grounds = {
        name_key(word) for code in codes.EXEMPTION_GROUNDS for word in (code.label, *code.words)
    }
    assert not grounds & {name_key(word) for word in codes.GROUND_MISSING_WORDS}


def test_labels_are_the_words_of_the_design():
    assert APPLICANT_LABELS == {"individual": "個人", "corporation": "法人", "organisation": "団体"}
    assert list(KIND_LABELS.values()) == ["申請", "届出", "請求", "申込", "報告", "その他"]
    assert list(SCOPE_LABELS.values()) == ["市民等から市", "対象外", "未確認"]
    assert STATUS_LABELS == {
        "not_started": "未着手",
        "reviewing": "課題整理中",
        "preparing": "準備中",
        "testing": "試行中",
        "online": "オンライン化済",
        "on_hold": "保留",
    }


READERS = {
    ColumnKind.APPLICANTS: lambda word: normalise.applicants(word)[0],
    ColumnKind.KIND: normalise.kind,
    ColumnKind.SCOPE: normalise.scope,
    ColumnKind.BASIS_LEVEL: normalise.basis_level,
    ColumnKind.ANSWER: normalise.answer,
    ColumnKind.OTHER_ANSWER: lambda word: normalise.other_answer(word)[0],
    ColumnKind.YES_NO: normalise.yes_no,
    ColumnKind.EXEMPTION_GROUND: normalise.exemption_ground,
    ColumnKind.STATUS: normalise.status,
}


@pytest.mark.parametrize("kind", CODES)
def test_every_word_of_a_coded_column_is_read_as_its_value(kind):
    for code in CODES[kind]:
        for word in (code.label, *code.words):
            assert READERS[kind](word) == code.value, word


def test_every_column_explains_itself_in_polite_japanese():
    for each in COLUMNS:
        assert each.help.endswith("。"), each.key
        assert each.width > 0
