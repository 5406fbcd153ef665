"""Every word that the engine can say stands in one table, in plain です・ます."""

from itertools import product

import pytest

from procedures.rules import (
    DESIGNATED_MANAGER_MEASURE,
    POLICY_2024,
    Answer,
    Aspect,
    BasisLevel,
    Category,
    Clause,
    ClauseFinding,
    ExemptionGround,
    Facts,
    Finding,
    Reason,
    Service,
    Warning,
    advise_service,
    classify,
    describe,
    explain,
    label,
    measures_for,
)
from procedures.rules.classification import EXEMPTION_CLAUSES
from procedures.rules.wording import (
    CLAUSE_NUMBERS,
    LABELS,
    SENTENCES,
    SENTENCES_ON_OTHER,
    STATUTE_LIMIT,
    WARNING_SENTENCES,
    Labelled,
)


def test_every_enum_that_can_be_labelled_has_its_table():
    assert set(LABELS) == set(Labelled.__args__)


@pytest.mark.parametrize("enum", LABELS)
def test_each_table_covers_its_enum_with_different_words(enum):
    table = LABELS[enum]
    assert set(table) == set(enum)
    assert {type(member) for member in table} == {enum}
    assert all(words.strip() == words and words for words in table.values())
    assert len(set(table.values())) == len(table)


def test_clause_numbers_cover_every_clause():
    assert set(CLAUSE_NUMBERS) == set(Clause)


@pytest.mark.parametrize("clause", Clause)
def test_a_clause_number_agrees_with_its_key(clause):
    plain = CLAUSE_NUMBERS[clause].removeprefix("方針")
    plain = plain.replace("①", "-1").replace("②", "-2")
    assert clause == plain or clause.startswith(f"{plain}-")


def test_sentences_cover_every_reason():
    assert set(SENTENCES) == set(SENTENCES_ON_OTHER) == set(Reason)


def test_exemption_clauses_cover_every_ground_that_can_hold():
    assert set(EXEMPTION_CLAUSES) == set(ExemptionGround) - {ExemptionGround.NONE}


@pytest.mark.parametrize(
    ("member", "words"),
    [
        (Aspect.IDENTITY_CHECK, "本人確認"),
        (Aspect.ATTACHMENTS, "添付書類"),
        (Aspect.IN_PERSON, "対面"),
        (Aspect.PHYSICAL_ITEM, "現物確認"),
        (Aspect.DELIVERABLE, "通知・交付物"),
        (Aspect.PAYMENT, "金銭納付"),
        (Aspect.OTHER, "その他の支障"),
        (Answer.NOT_NEEDED, "不要"),
        (Answer.ONLINE, "必要（オンライン可）"),
        (Answer.OFFLINE, "必要（オンライン不可）"),
        (Answer.UNKNOWN, "未調査"),
        (BasisLevel.NATIONAL, "法令"),
        (BasisLevel.PREFECTURAL, "県条例等"),
        (BasisLevel.MUNICIPAL, "市の条例・規則・要綱等"),
        (BasisLevel.UNKNOWN, "未調査"),
        (ExemptionGround.ORDINANCE_ART7, "条例第7条"),
        (ExemptionGround.RULE_ART16, "施行規則第16条"),
        (ExemptionGround.NATIONAL_LIST, "国の適用除外"),
        (Category.PRIORITY, "優先"),
        (Category.PENDING, "検討"),
        (Category.EXEMPT, "適用除外"),
        (Service.GENERAL, "汎用電子申請(LGWAN)"),
        (Service.FACILITY, "公共施設予約"),
        (Service.OTHER, "その他"),
        (Finding.HOLDS, "該当"),
        (Finding.FAILS, "非該当"),
        (Finding.UNKNOWN, "不明"),
    ],
)
def test_labels_are_the_words_of_the_office(member, words):
    assert label(member) == words


def every_finding() -> set[ClauseFinding]:
    findings: set[ClauseFinding] = set()
    for is_listed, basis, ground, answer in product(
        (True, False), BasisLevel, ExemptionGround, Answer
    ):
        answered = dict.fromkeys(Aspect, answer)
        facts = Facts(national_priority=is_listed, basis=basis, exemption=ground, **answered)
        findings.update(explain(facts, POLICY_2024))
    return findings


def test_every_finding_is_one_polite_sentence_without_gaps():
    for finding in every_finding():
        sentence = describe(finding)
        assert sentence.count("。") == 1, sentence
        assert sentence.endswith(("ます。", "ません。", "ください。")), sentence
        assert not set("{}") & set(sentence), sentence
        assert "「」" not in sentence, sentence
        assert "（）" not in sentence, sentence


def test_a_condition_names_its_aspect_and_its_answer():
    sentence = describe(next(one for one in every_finding() if one.aspect == Aspect.PAYMENT))
    assert "金銭納付" in sentence
    hindered = explain(Facts(payment=Answer.OFFLINE))[6]
    assert describe(hindered) == (
        "「金銭納付」は「必要（オンライン不可）」で、オンライン化の支障になっています。"
    )


def test_an_exemption_names_its_ground_and_basis():
    facts = Facts(basis=BasisLevel.NATIONAL, exemption=ExemptionGround.ORDINANCE_ART7)
    sentence = describe(explain(facts)[8])
    assert "条例第7条" in sentence
    assert "「法令」" in sentence


def test_findings_that_rest_on_different_answers_read_differently():
    of_aspects = [one for one in every_finding() if one.aspect not in (None, Aspect.OTHER)]
    assert len(of_aspects) == 6 * 4
    assert len({describe(one) for one in of_aspects}) == 6 * 4


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("aspect", [None, *Aspect])
def test_no_finding_that_can_be_built_fails_to_be_described(reason, aspect):
    assert describe(ClauseFinding(Clause.NO_HINDRANCE, reason, aspect)).endswith("。")


@pytest.mark.parametrize("warning", Warning)
def test_a_warning_ends_with_what_to_do(warning):
    assert WARNING_SENTENCES[warning].endswith("ください。")


def test_the_statutory_limit_is_a_sentence():
    assert STATUTE_LIMIT.endswith("ません。")


def test_no_clause_has_words_that_the_engine_never_uses():
    used = {finding.clause for finding in every_finding()} | {DESIGNATED_MANAGER_MEASURE.clause}
    for basis, ground, answer in product(BasisLevel, ExemptionGround, Answer):
        answered = dict.fromkeys(Aspect, answer)
        used.update(classify(Facts(basis=basis, exemption=ground, **answered)).grounds)
    for aspect in Aspect:
        used.update(measure.clause for measure in measures_for(aspect, BasisLevel.NATIONAL))
    for flags in product((True, False), repeat=4):
        names = ("designated_service", "legacy_service", "facility_booking", "core_system")
        used.add(advise_service(Facts(**dict(zip(names, flags, strict=True)))).ground)
    assert used == set(Clause)
