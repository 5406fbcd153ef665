"""What a cell says: every table of words, and no text that breaks the reading."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedures.rules import Answer, BasisLevel, ExemptionGround
from procedures.spreadsheet import normalise
from procedures.spreadsheet.normalise import CellError, Count

NO, YES, ONLINE, UNASKED = Answer.NOT_NEEDED, Answer.OFFLINE, Answer.ONLINE, Answer.UNKNOWN


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (NO, "不要 無 なし 無し × ✕ ✖ x Ｘ いいえ 否 0 ０ － - ー ― 対象外 非該当 該当なし"),
        (
            ONLINE,
            "オンライン可 電子可 要(オンライン可) 要（オンライン可） 必要(オンライン可) 有(電子)",
        ),
        (
            YES,
            "要 必要 有 あり 有り ○ 〇 ◯ はい 1 １ 要(窓口) 対面のみ 原本 必要（オンライン不可）",
        ),
        (UNASKED, "未調査 不明 ? ？ 未定"),
    ],
)
def test_answer_reads_the_agreed_words(answer, words):
    for word in words.split():
        assert normalise.answer(word) is answer, word


@pytest.mark.parametrize("blank", [None, "", " ", "　", "\n", "\u200b"])
def test_blank_answer_is_unknown(blank):
    assert normalise.answer(blank) is UNASKED


@pytest.mark.parametrize(
    ("value", "answer"), [(1, YES), (0, NO), (1.0, YES), (True, YES), (False, NO), (" 要 ", YES)]
)
def test_answer_reads_numbers_and_checkboxes(value, answer):
    assert normalise.answer(value) is answer


@pytest.mark.parametrize("value", ["要?", "たぶん", "△", "要 不要", 2, "印鑑", dt.date(2026, 4, 1)])
def test_answer_that_is_none_of_the_words_names_those_that_are(value):
    with pytest.raises(CellError) as caught:
        normalise.answer(value)
    assert caught.value.allowed == ("要", "不要", "オンライン可", "未調査")


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("○（河岸の浸食）", "○"),
        ("〇 (土石流)", "〇"),
        ("◯（郵送も\n受ける）", "◯"),
        ("×（口頭による）", "×"),
        ("○", ""),
        ("○（）", ""),
        ("要（窓口）", ""),
        ("○河岸の浸食", ""),
        *(
            (f"○（{reason}）", "")
            for reason in ("オンライン可", "一部不要", "法人のみ", "代理の場合")
        ),
        ("×（本人を除く）", ""),
        (None, ""),
        (1, ""),
    ],
)
def test_mark_with_a_reason_is_its_mark_unless_the_reason_bends_it(text, mark):
    assert normalise.bare_mark(text) == mark


def test_error_sentence_says_where_what_and_what_to_do():
    with pytest.raises(CellError) as caught:
        normalise.answer("要?")
    assert caught.value.sentence("12行目「本人確認」", "要?") == (
        "12行目「本人確認」の「要?」は読み取れません。"
        "要・不要・オンライン可・未調査のいずれかにしてください。"
    )


def test_error_sentence_shows_a_long_value_on_one_short_line():
    sentence = CellError("読み取れません", "直してください。").sentence(
        "1行目", "あ\nい\x00" + "う" * 99
    )
    assert sentence.startswith("1行目の「あ い う")
    assert "…」は読み取れません。" in sentence
    assert len(sentence) < 80


@pytest.mark.parametrize("word", ["", None, "なし", "無", "×", "特になし", "不要", "0", "－"])
def test_other_obstacle_is_none_for_blank_and_words_for_none(word):
    assert normalise.other_answer(word) == (NO, "")


@pytest.mark.parametrize(
    "text", ["窓口で面談が必要", "要綱の改正が必要", "なしの場合もある", "①手帳 ㈱"]
)
def test_other_obstacle_keeps_any_text(text):
    assert normalise.other_answer(f" {text} ") == (YES, text)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("あり", (YES, "")),
        ("オンライン可", (ONLINE, "")),
        ("未調査", (UNASKED, "")),
        ("オンライン可：動画で確認", (ONLINE, "動画で確認")),
        ("なし：様式を改めた", (NO, "様式を改めた")),
        ("あり：なし：x", (YES, "なし：x")),
        ("期限：3月", (YES, "期限：3月")),
    ],
)
def test_other_obstacle_reads_answer_and_text_apart(text, read):
    assert normalise.other_answer(text) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        *((word, True) for word in ("該当", "○", "はい", "有", "要", 1, True)),
        *((word, False) for word in ("非該当", "×", "いいえ", "無", "不要", 0, False, "", None)),
        *((word, False) for word in ("－", "不明")),
    ],
)
def test_yes_no(value, read):
    assert normalise.yes_no(value) is read


def test_yes_no_refuses_other_words():
    with pytest.raises(CellError):
        normalise.yes_no("半分")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("個人", ("individual",)),
        ("法人、個人", ("corporation", "individual")),
        ("個人,法人・団体", ("individual", "corporation", "organisation")),
        ("個人/法人；団体", ("individual", "corporation", "organisation")),
        ("個人 法人\n団体", ("individual", "corporation", "organisation")),
        ("個人，個人", ("individual",)),
        ("個人･法人", ("individual", "corporation")),
        ("", ()),
    ],
)
def test_applicants_keep_their_order(text, read):
    assert normalise.applicants(text) == read


def test_applicants_refuse_an_unknown_one_among_known():
    with pytest.raises(CellError) as caught:
        normalise.applicants("個人、宇宙人")
    assert caught.value.allowed == ("個人", "法人", "団体")


@pytest.mark.parametrize(
    ("word", "level"),
    [
        ("法令", BasisLevel.NATIONAL),
        ("法律", BasisLevel.NATIONAL),
        ("県条例等", BasisLevel.PREFECTURAL),
        ("市の条例・規則・要綱等", BasisLevel.MUNICIPAL),
        ("要綱", BasisLevel.MUNICIPAL),
        ("未調査", BasisLevel.UNKNOWN),
        ("", BasisLevel.UNKNOWN),
    ],
)
def test_basis_level(word, level):
    assert normalise.basis_level(word) is level


@pytest.mark.parametrize(
    ("ground", "words"),
    [
        (ExemptionGround.ORDINANCE_ART7, "条例 条例第7条 条例第７条"),
        (ExemptionGround.RULE_ART16, "規則 施行規則第16条 施行規則第１６条"),
        (ExemptionGround.NATIONAL_LIST, "国 法令 国の整理"),
        (ExemptionGround.NONE, "なし 無 × 非該当"),
        (normalise.GROUND_MISSING, "○ 〇 有 あり 該当 はい 1"),
    ],
)
def test_exemption_ground(ground, words):
    for word in words.split():
        assert normalise.exemption_ground(word) is ground, word


def test_exemption_ground_refuses_what_is_neither():
    with pytest.raises(CellError):
        normalise.exemption_ground("要綱第3条")


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (1200, Count(1200)),
        (0, Count(0)),
        ("0", Count(0)),
        (1200.0, Count(1200)),
        ("１，２００", Count(1200)),
        ("1,200", Count(1200)),
        ("1,200件", Count(1200)),
        ("約1,200件", Count(1200, True)),
        ("1200程度", Count(1200, True)),
        ("およそ 30 件", Count(30, True)),
        *((word, Count(None)) for word in ("不明", "－", "-", "ー", "未集計", "", None, "?")),
    ],
)
def test_count(value, read):
    assert normalise.count(value) == read


@pytest.mark.parametrize(
    "value", [-1, 1.5, "1.5", "-3", "1,20", "数件", "10未満", "1/2", True, 10**12, "9" * 400, "1e3"]
)
def test_count_refuses_what_is_no_whole_number(value):
    with pytest.raises(CellError):
        normalise.count(value)


@pytest.mark.parametrize(
    ("reader", "word", "value"),
    [
        (normalise.status, "オンライン化済み", "online"),
        (normalise.status, "実施済", "online"),
        (normalise.status, "未実施", "not_started"),
        (normalise.status, "保留中", "on_hold"),
        (normalise.kind, "届け出", "notification"),
        (normalise.kind, "申込み", "booking"),
        (normalise.scope, "対象外", "outside"),
        (normalise.scope, "", "unknown"),
    ],
)
def test_other_coded_words(reader, word, value):
    assert reader(word) == value


@pytest.mark.parametrize("text", ["①②㈱髙﨑𠮷", "葛\U000e0100飾区", "～－ー〜", "半角ｶﾅ", "１２３"])
def test_prose_is_kept_as_written(text):
    assert normalise.text_prose(f"　{text}\n") == text


def test_prose_has_plain_line_breaks_and_no_blanks_around():
    assert normalise.text_prose(" 一\r\n二\r三 \n") == "一\n二\n三"


@pytest.mark.parametrize("char", ["\u202e", "\u2066", "\u200f", "\x00", "\x0b", "\ud800", "\ufffe"])
def test_prose_refuses_invisible_controls(char):
    with pytest.raises(CellError) as caught:
        normalise.text_prose(f"手続{char}名")
    assert f"U+{ord(char):04X}" in caught.value.reason


def test_private_use_characters_are_kept_and_known():
    assert normalise.text_prose("\ue000田") == "\ue000田"
    assert normalise.has_private_use("\ue000田")
    assert not normalise.has_private_use("田\U000e0100")


@pytest.mark.parametrize(
    ("value", "read"),
    [(" Ａ－００１ ", "A-001"), (12, "12"), (12.0, "12"), ("A  1", "A 1"), ("①", "1")],
)
def test_code_is_compared_after_width(value, read):
    assert normalise.code(value) == read


@pytest.mark.parametrize("text", ["https://www.city.example.jp/a?b=c", "http://例え.jp/申請"])
def test_url_is_kept(text):
    assert normalise.url(f" {text} ") == text


@pytest.mark.parametrize(
    "text",
    [
        *("www.example.jp", "javascript:alert(1)", "ftp://a.example/", "https://", "https://["),
        *("https://a.example/ https://b.example/", "https://a.example/,https://b.example/", "なし"),
    ],
)
def test_url_refuses_what_is_not_one_web_address(text):
    with pytest.raises(CellError):
        normalise.url(text)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("住民票 の写し", "住民票の写し"),
        ("ＤＸ推進", "dx推進"),
        ("Ａ－１", "a‐1"),
        ("センター", "センタ－"),
        ("ｾﾝﾀｰ", "センター"),
    ],
)
def test_name_key_joins_what_a_reader_takes_for_the_same(left, right):
    assert normalise.name_key(left) == normalise.name_key(right)


def test_name_key_tells_other_names_apart():
    assert normalise.name_key("許可申請") != normalise.name_key("認可申請")
    assert normalise.name_key("髙田") != normalise.name_key("高田")


@pytest.mark.parametrize("word", ["（空）", "(空)", " （空） "])
def test_the_word_for_empty_is_a_wish_to_clear(word):
    assert normalise.is_clear(word)
    assert not normalise.is_clear("空")


@pytest.mark.parametrize("word", ["〃", "同上", "同　上", " 〃 "])
def test_ditto_marks(word):
    assert normalise.is_ditto(word)
    assert not normalise.is_ditto("同上の課")


ALL_READERS = [
    normalise.answer,
    normalise.other_answer,
    normalise.yes_no,
    normalise.applicants,
    normalise.kind,
    normalise.scope,
    normalise.status,
    normalise.basis_level,
    normalise.exemption_ground,
    normalise.fiscal_year,
    normalise.count,
    normalise.date,
    normalise.text_prose,
    normalise.code,
    normalise.url,
]
WORDS = st.sampled_from(
    [
        *("要", "不要", "〃", "約", "件", "令和", "元", "年", "月", "日", "㋿", "R", "○"),
        *("/", "-", ".", ",", ":", "、", "https://", "条例", "第7条", "個人"),
    ]
)
ANY_TEXT = st.one_of(
    st.text(st.characters(), max_size=40),
    st.lists(st.one_of(WORDS, st.integers(0, 99).map(str)), max_size=8).map("".join),
)
ANY_VALUE = st.one_of(
    ANY_TEXT,
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.datetimes(),
)


@pytest.mark.parametrize("reader", ALL_READERS, ids=lambda reader: reader.__name__)
@given(value=ANY_VALUE)
def test_no_value_breaks_a_reader(reader, value):
    try:
        reader(value)
    except CellError as error:
        sentence = error.sentence("1行目「列」", value)
        assert sentence.startswith("1行目「列」の「")
        assert sentence.endswith("。")
        assert "\n" not in sentence


@given(ANY_TEXT)
def test_keys_are_stable(text):
    key = normalise.name_key(text)
    assert normalise.name_key(key) == key
    assert normalise.name_key(f" {text}　") == key


@given(st.integers(0, 9_999_999_999))
def test_every_way_to_write_a_number_of_applications_reads_alike(number):
    wide = str(number).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    for text in (str(number), f"{number:,}", f"{number:,}件", wide, float(number)):
        assert normalise.count(text) == Count(number)
    assert normalise.count(f"約{number}件") == Count(number, True)
