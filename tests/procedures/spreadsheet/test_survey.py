"""The national survey: recognised by its headings, mapped by its labels."""

import pytest

from procedures.rules import Answer, BasisLevel, ExemptionGround
from procedures.spreadsheet.parsing import FileKind
from procedures.spreadsheet.raw import ErrorValue
from procedures.spreadsheet.survey_edition import EDITION_2025_07, EDITIONS, MEANINGS
from tests.procedures.spreadsheet.packages import DATA, parsed, parsed_file, raw

LOCAL = DATA / "national_inventory_local.xlsx"
HEAD = tuple(EDITION_2025_07.headings.values())
ROW = {
    "手続ID": "DP24009650",
    "手続名": "援助の申請\n（市長が行う場合）",
    "法令名": "警察法",
    "法令番号": "昭和二十九年法律第百六十二号",
    "根拠条項号": "第60条第1項",
    "手続類型": "1 申請等",
    "手続主体": "5 国民等",
    "手続の受け手": "3 地方等",
    "オンライン化の実施状況": "2 未実施",
}


def survey(*changes):
    rows = [ROW | change for change in changes]
    return parsed(raw(HEAD, *([row.get(heading) for heading in HEAD] for row in rows)))


def values(**change):
    """The values of one row, its cells changed by the keys of the edition."""
    (row,) = survey({EDITION_2025_07.headings[key]: text for key, text in change.items()}).rows
    assert not row.problems
    return row.values


def problem(**change):
    (row,) = survey({EDITION_2025_07.headings[key]: text for key, text in change.items()}).rows
    (found,) = row.problems
    return found


def test_survey_is_recognised_by_its_headings():
    file = survey({})
    assert file.kind is FileKind.SURVEY
    assert ("法令番号", "法令番号") in file.sheets[0].mapped
    assert set(EDITION_2025_07.headings) == set(MEANINGS)


def test_hidden_survey_is_read_when_it_is_the_only_list():
    sheet = raw(HEAD, [ROW.get(heading) for heading in HEAD], visible=False)
    assert parsed(raw(("表紙",), name="表紙"), sheet).kind is FileKind.SURVEY


def test_list_that_shares_some_headings_is_no_survey():
    file = parsed(
        raw(("手続ID", "手続名", "法令名", "オンライン化の実施状況"), ("1", "a", "b", ""))
    )
    assert file.kind is FileKind.LIST


def test_id_name_and_basis():
    found = values()
    assert found["national_id"] == "DP24009650"
    assert found["name"] == "援助の申請\n（市長が行う場合）"
    assert found["basis_level"] is BasisLevel.NATIONAL
    assert found["basis_name"] == "警察法"
    assert found["basis_article"] == "第60条第1項"
    assert found["law_number"] == "昭和二十九年法律第百六十二号"


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("昭和二十九年法律第百六十二号", "act"),
        ("昭和二十九年政令第百五十一号", "cabinet_order"),
        ("令和三年政令第二百九十一号", "cabinet_order"),
        ("平成十一年厚生省令第三十六号", "ministerial_order"),
        ("平成二十年内閣府・財務省・厚生労働省令第一号", "ministerial_order"),
        ("令和四年デジタル庁令第一号", "ministerial_order"),
        ("令和四年内閣官房令第三号", "ministerial_order"),
        ("平成十五年内閣府令第七十号", "ministerial_order"),
        ("大正十二年内務省・鉄道省令", "ministerial_order"),
        ("昭和三十三年国家公安委員会規則第四号", "rule"),
        ("人事院規則一四―八", "rule"),
        ("昭和二十二年勅令第百六十五号", ""),
        ("令和四年経済産業省告示第八十八号", ""),
        ("-", ""),
        (None, ""),
    ],
)
def test_law_kind_from_its_number(number, kind):
    assert values(law_number=number)["law_kind"] == kind


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("6 本人確認不要", Answer.NOT_NEEDED),
        *((f"{word.code} {word.label}", Answer.OFFLINE) for word in EDITION_2025_07.identity[:5]),
        ("5 その他; 6 本人確認不要", Answer.OFFLINE),
        ("", None),
        (None, None),
    ],
)
def test_identity_check(text, answer):
    assert values(identity=text).get("identity_check") == answer


@pytest.mark.parametrize(
    ("fee", "methods", "answer"),
    [
        ("1 手数料等無し", "", Answer.NOT_NEEDED),
        ("2 手数料等有り", "1-1 行政機関の窓口", Answer.OFFLINE),
        ("2 手数料等有り", "1-3 ペイジー(ATM); 1-4 コンビニ等代理施設", Answer.OFFLINE),
        ("2 手数料等有り", "1-1 行政機関の窓口; 2-3 クレジットカード払い", Answer.ONLINE),
        ("2 手数料等有り", "2-1 ペイジー(ネットバンキング)", Answer.ONLINE),
        ("2 手数料等有り", "", None),
        ("", "", None),
        ("", "1-1 行政機関の窓口", None),
    ],
)
def test_payment(fee, methods, answer):
    assert values(fee=fee, fee_methods=methods).get("payment") == answer


@pytest.mark.parametrize(
    ("documents", "omission", "submission", "answer"),
    [
        ("添付書類なし", "", "", Answer.NOT_NEEDED),
        ("添付書類なし", "3 撤廃・省略不可", "2 原紙での提出のみ", Answer.NOT_NEEDED),
        ("住民票", "1 撤廃・省略済", "2 原紙での提出のみ", Answer.NOT_NEEDED),
        ("住民票", "1 撤廃・省略済; 3 撤廃・省略不可", "2 原紙での提出のみ", Answer.OFFLINE),
        ("住民票", "2 撤廃・省略予定", "0 電子・原紙を選択可能", Answer.ONLINE),
        ("住民票", "3 撤廃・省略不可", "1 電子での提出のみ", Answer.ONLINE),
        ("住民票", "4 その他", "2 原紙での提出のみ", Answer.OFFLINE),
        ("住民票", "", "3 一部電子、一部原紙での提出", None),
        ("住民票", "", "4 その他", None),
        ("住民票", "", "", None),
        ("住民票", "", "0 電子・原紙を選択可能; 4 その他", None),
        ("住民票", "", "0 電子・原紙を選択可能; 2 原紙での提出のみ", Answer.OFFLINE),
        ("", "", "", None),
    ],
)
def test_attachments(documents, omission, submission, answer):
    found = values(documents=documents, omission=omission, submission=submission)
    assert found.get("attachments") == answer


def test_what_the_survey_did_not_ask_stays_unknown():
    found = values(identity="6 本人確認不要", fee="1 手数料等無し", documents="添付書類なし")
    assert not {"in_person", "physical_item", "deliverable", "other"} & found.keys()


@pytest.mark.parametrize(
    ("actor", "applicants", "scope"),
    [
        ("5 国民等", ("individual",), "inbound"),
        ("6 民間事業者等", ("corporation", "organisation"), "inbound"),
        ("7 国民等、民間事業者等", ("individual", "corporation", "organisation"), "inbound"),
        ("2 独立行政法人等", ("corporation",), "inbound"),
        ("4-2 独立行政法人等又は地方等", ("corporation",), "inbound"),
        ("4-4 国、独立行政法人等又は地方等", ("corporation",), "inbound"),
        ("1 国", None, "outside"),
        ("3 地方等", None, "outside"),
        ("4-3 国又は地方等", None, "outside"),
        ("", None, None),
    ],
)
def test_applicants_and_scope(actor, applicants, scope):
    found = values(actor=actor)
    assert (found.get("applicants"), found.get("scope")) == (applicants, scope)


@pytest.mark.parametrize(
    ("change", "scope"),
    [
        ({"receiver": "1 国"}, "outside"),
        ({"receiver": "4-3 国又は地方等"}, "inbound"),
        ({"receiver": ""}, "inbound"),
        ({"sort": "2-1 申請等に基づく処分通知等"}, "outside"),
        ({"sort": "2-2 申請等に基づかない処分通知等"}, "outside"),
        ({"sort": "4 作成・保存等"}, "outside"),
    ],
)
def test_what_does_not_reach_the_city_is_outside(change, scope):
    assert values(**change)["scope"] == scope


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("1 実施済", "online"),
        ("5 一部実施済", "partly"),
        ("3 適用除外", "exempt"),
        ("2 未実施", "not_started"),
        ("4 その他", "unknown"),
        ("", None),
    ],
)
def test_national_state_is_a_reference_and_no_plan(text, state):
    found = values(state=text)
    assert found.get("national_state") == state
    assert not {"status", "target_date", "launched_on", "kind"} & found.keys()


def test_national_exemption_is_proposed_with_its_reason():
    found = values(state="3 適用除外", concern="5 性質上、電子化すべきでない")
    assert found["exemption_ground"] is ExemptionGround.NATIONAL_LIST
    assert "2025年7月版" in found["exemption_reason"]
    assert "exemption_ground" not in values()


def test_concerns_are_kept_and_two_of_them_noted():
    found = values(
        concern=(
            "4 一部の必要書類の原本が紙であり、電子化してもオンライン処理が完結しない; "
            "5 性質上、電子化すべきでない"
        )
    )
    assert [len(label) for label in found["national_concern"]] == [35, 13]
    attachments, nature = found["survey_note"].split("\n")
    assert "添付書類" in attachments
    assert "適用除外という意味ではありません" in nature
    assert "exemption_ground" not in found
    assert "survey_note" not in values(concern="6 オンライン化の費用対効果が小さい又は不明")


@pytest.mark.parametrize(
    ("text", "year"), [("2 2025年度", 2025), ("7 2030年度以降", 2030), ("", None)]
)
def test_planned_year(text, year):
    assert values(planned=text).get("national_planned_year") == year


@pytest.mark.parametrize(
    ("value", "volume"), [(1496, 1496), (0, None), (None, None), ("不明", None)]
)
def test_national_volumes_are_references(value, volume):
    found = values(total=value, online=value)
    assert found.get("national_total_volume") == volume
    assert found.get("national_online_volume") == volume
    assert not {"total_volume", "online_volume", "fiscal_year"} & found.keys()


@pytest.mark.parametrize("text", ["９　実施済", "実施済", "1 実 施 済", "1"])
def test_label_decides_and_a_lone_code_only_helps(text):
    assert values(state=text)["national_state"] == "online"


def test_label_wins_over_a_shifted_code():
    assert values(state="1 未実施")["national_state"] == "not_started"


def test_unknown_label_rejects_the_row_and_names_the_known_ones():
    found = problem(state="1 ほぼ実施済")
    assert found.column == "オンライン化の実施状況"
    assert found.cell == "I2"
    assert "実施済・未実施・適用除外・その他・一部実施済のいずれか" in found.message


@pytest.mark.parametrize(
    "key", ["state", "identity", "fee_methods", "actor", "basis_name", "total"]
)
def test_error_cell_rejects_its_row(key):
    assert problem(**{key: ErrorValue("#REF!")}).value == "#REF!"


@pytest.mark.parametrize("key", ["national_id", "name"])
def test_row_without_id_or_name_is_rejected(key):
    assert problem(**{key: None}).column == EDITION_2025_07.headings[key]


def test_same_id_twice_is_settled_like_any_number():
    rows = survey({}, {}, {"手続ID": "9"}, {"手続ID": "9", "手続名": "b"}).rows
    assert [bool(row.passed_over) for row in rows] == [False, True, False, False]
    assert [len(row.problems) for row in rows] == [0, 0, 1, 1]


@pytest.mark.parametrize("edition", EDITIONS, ids=lambda edition: edition.name)
def test_no_label_of_an_edition_stands_twice_in_its_column(edition):
    for words in (edition.identity, edition.fee, edition.fee_methods, edition.omission):
        assert len({word.label for word in words}) == len({word.code for word in words})
    assert edition.required <= edition.headings.keys()


@pytest.mark.skipif(not LOCAL.exists(), reason="the national survey's file is not there")
def test_the_survey_as_published_is_read_whole():
    file = parsed_file(LOCAL)
    assert file.kind is FileKind.SURVEY
    assert len(file.rows) == 9012
    assert [row for row in file.rows if row.problems or row.passed_over] == []

    def how_many(key, value):
        return sum(row.values.get(key) == value for row in file.rows)

    assert how_many("exemption_ground", ExemptionGround.NATIONAL_LIST) == 29
    assert how_many("identity_check", None) == 4212
    assert how_many("identity_check", Answer.NOT_NEEDED) == 2474
    assert how_many("payment", Answer.NOT_NEEDED) == 7849
    assert how_many("scope", "outside") == 1039 + 213 + 81
    assert how_many("national_state", "online") == 3990
