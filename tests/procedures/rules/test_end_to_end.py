"""来庁不要で完結: what the seven answers say, over all of their combinations."""

from dataclasses import FrozenInstanceError
from itertools import product

import pytest

from procedures.rules import (
    Answer,
    Aspect,
    EndToEnd,
    Facts,
    Finding,
    describe_end_to_end,
    end_to_end,
)
from procedures.rules.wording import END_TO_END_PROSPECTS, END_TO_END_SENTENCES


def test_every_combination_of_answers_agrees_with_a_reading_of_its_own():
    for answers in product(Answer, repeat=len(Aspect)):
        result = end_to_end(Facts(**dict(zip(Aspect, answers, strict=True))))
        if "offline" in answers:
            expected = "fails"
        elif "unknown" in answers:
            expected = "unknown"
        else:
            expected = "holds"
        assert result.verdict == expected
        given = list(zip(Aspect, answers, strict=True))
        assert list(result.remaining) == [aspect for aspect, one in given if one == "offline"]
        assert list(result.unanswered) == [aspect for aspect, one in given if one == "unknown"]


def test_nothing_but_the_answers_counts():
    answers = dict.fromkeys(Aspect, Answer.ONLINE)
    flags = {"national_priority": True, "core_system": True, "designated_manager": True}
    assert end_to_end(Facts(**answers, **flags)) == end_to_end(Facts(**answers))


def test_the_result_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        end_to_end(Facts()).verdict = Finding.HOLDS


def test_the_sentences_cover_every_verdict():
    assert set(END_TO_END_SENTENCES) == set(END_TO_END_PROSPECTS) == set(Finding)


@pytest.mark.parametrize("is_online", [True, False])
@pytest.mark.parametrize("verdict", Finding)
def test_each_sentence_is_one_polite_one_without_gaps(verdict, is_online):
    sentence = describe_end_to_end(EndToEnd(verdict, (Aspect.PAYMENT,)), is_online=is_online)
    assert sentence.count("。") == 1
    assert sentence.endswith(("ます。", "ません。"))
    assert not set("{}") & set(sentence)


def test_what_brings_people_to_the_counter_is_named_before_what_is_unknown():
    facts = Facts(in_person=Answer.OFFLINE, payment=Answer.OFFLINE)
    assert describe_end_to_end(end_to_end(facts), is_online=True) == (
        "「対面」「金銭納付」のために、来庁や郵送が残っています。"
    )


def test_an_online_procedure_without_a_visit_says_so():
    facts = Facts(**dict.fromkeys(Aspect, Answer.NOT_NEEDED))
    assert describe_end_to_end(end_to_end(facts), is_online=True) == "来庁不要で完結します。"
    assert describe_end_to_end(end_to_end(facts), is_online=False) == (
        "オンライン化すると、来庁不要で完結します。"
    )
