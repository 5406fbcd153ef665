"""The questions cover what there is to ask, and no sentence on what they change is guessed."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedures.models import ASPECT_FIELDS, FLAG_FIELDS, Scope
from procedures.rules import (
    ASPECTS,
    POLICY_2024,
    Answer,
    Aspect,
    BasisLevel,
    Category,
    ExemptionGround,
    Facts,
    advise_service,
    classify,
    label,
)
from tracking.interview import (
    NO,
    QUESTION_OF,
    QUESTIONS,
    UNKNOWN,
    YES,
    Subject,
    open_fields,
    walk_to,
)
from tracking.outlook import (
    AS_NO,
    CHANGES_CATEGORY,
    KEEPS_CATEGORY,
    SCOPE_EFFECTS,
    STAYS_YES,
    Way,
    effect,
    effects,
    sentences,
    ways,
)

Answers = Mapping[Aspect, Answer]
KNOWN = tuple(answer for answer in Answer if answer is not Answer.UNKNOWN)
CLEAR = dict.fromkeys(ASPECT_FIELDS, Answer.NOT_NEEDED)


# --- The table ---------------------------------------------------------------------------------


def test_there_is_one_question_for_the_scope_each_aspect_and_each_flag():
    fields = [question.field for question in QUESTIONS]

    assert fields[: len(ASPECTS) + 1] == ["scope", *ASPECT_FIELDS]
    assert sorted(fields[len(ASPECTS) + 1 :]) == sorted(FLAG_FIELDS)


def test_every_flag_of_the_facts_is_asked():
    flags = {name for name, kind in Facts.__annotations__.items() if kind is bool}

    assert flags - {"national_priority"} == set(FLAG_FIELDS)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.field)
def test_the_choices_of_a_question_cover_what_can_be_stored(question):
    sent = [choice.value for choice in question.choices]

    expected = {
        Subject.SCOPE: list(Scope.values),
        Subject.ASPECT: [answer.value for answer in Answer],
    }
    assert sent == expected.get(question.subject, [YES, NO, UNKNOWN])
    assert sent[-1] == UNKNOWN, "the last choice is まだ分からない"


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.field)
def test_every_question_says_all_that_a_page_shows_of_it(question):
    assert question.text.endswith("か。")
    assert question.title
    assert question.clause.startswith("方針")
    assert question.asks.endswith("。")
    assert question.matters.endswith("。")
    for choice in question.choices[:-1]:
        assert 2 <= len(choice.examples) <= 3, choice
    assert question.choices[-1].hint.endswith("。")


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.field)
def test_what_is_stored_is_shown_as_the_choice_that_stores_it(question):
    for choice in question.choices:
        stored = question.stored(choice.value)
        if stored is None:
            assert question.is_flag
        else:
            assert question.sent(stored) == choice.value
            assert question.words(stored) == choice.label


def test_a_flag_is_never_open_and_the_others_are_while_they_are_unknown():
    stored = dict.fromkeys(["scope", *ASPECT_FIELDS], "unknown") | dict.fromkeys(FLAG_FIELDS, False)

    assert open_fields(stored) == ("scope", *ASPECT_FIELDS)
    answered = stored | {"payment": "online", "scope": "outside"}
    assert open_fields(answered) == (*ASPECT_FIELDS[:5], "other")


# --- The walk ----------------------------------------------------------------------------------


def test_a_walk_leads_from_the_first_question_to_the_last_and_back():
    walk = walk_to("")
    forward = [walk.question]
    while walk.following:
        walk = walk_to(walk.following.field)
        forward.append(walk.question)

    assert tuple(forward) == QUESTIONS
    assert (walk.number, walk.count) == (len(QUESTIONS), len(QUESTIONS))
    assert walk_to("").previous is None
    assert walk.previous is QUESTIONS[-2]


def test_a_walk_among_some_questions_keeps_their_order_and_count():
    walk = walk_to("payment", ["payment", "scope", "other"])

    assert [question.field for question in walk.questions] == ["scope", "payment", "other"]
    assert (walk.number, walk.count) == (2, 3)
    assert (walk.previous.field, walk.following.field) == ("scope", "other")


def test_there_is_no_walk_to_a_question_that_is_not_among_them():
    assert walk_to("deliverable", ["payment"]) is None


# --- What would change the category --------------------------------------------------------------


def rules_after(facts: Facts, answers: Answers) -> Category:
    """The category of ``facts`` after ``answers``, as the rules give it."""
    return classify(
        replace(facts, **{aspect.value: answers[aspect] for aspect in answers})
    ).category


def checked_ways(facts: Facts, after: Callable[[Answers], Category]) -> tuple[Way, ...]:
    """The ways of ``facts``: each holds with any mixture of its answers, and no part of it does.

    ``after`` gives the category of ``facts`` after some answers. No single answer is missing.
    """
    now = after({})
    found = ways(facts, POLICY_2024)
    for way in found:
        assert way.category is not now
        aspects = [change.aspect for change in way.changes]
        for answers in product(*(change.answers for change in way.changes)):
            chosen = dict(zip(aspects, answers, strict=True))
            assert after(chosen) is way.category
            for left_out in aspects:
                part = {aspect: answer for aspect, answer in chosen.items() if aspect != left_out}
                assert after(part) is now
    single = {
        (change.aspect, answer, way.category)
        for way in found
        if len(way.changes) == 1
        for change in way.changes
        for answer in change.answers
    }
    assert single == {
        (aspect, answer, after({aspect: answer}))
        for aspect in ASPECTS
        for answer in KNOWN
        if after({aspect: answer}) is not now
    }
    return found


def category_in(
    table: Mapping[tuple[Answer, ...], Category], before: Answers, answers: Answers
) -> Category:
    """As ``rules_after``, looked up."""
    return table[(*(before | answers).values(),)]


def test_what_would_change_the_category_is_right_for_every_combination_of_answers():
    """All 4**7 rows of answers; symmetry in the aspects is not assumed."""
    rows = list(product(Answer, repeat=len(ASPECTS)))
    facts = {row: Facts(**dict(zip(ASPECT_FIELDS, row, strict=True))) for row in rows}
    category = {row: classify(facts[row]).category for row in rows}
    for row in rows:
        before = dict(zip(ASPECTS, row, strict=True))
        after = partial(category_in, category, before)
        found = checked_ways(facts[row], after)
        assert found, "without an exemption or the list, answers decide the category"


@given(
    st.builds(
        Facts,
        national_priority=st.booleans(),
        basis=st.sampled_from(BasisLevel),
        exemption=st.sampled_from(ExemptionGround),
        designated_manager=st.booleans(),
        **{field: st.sampled_from(Answer) for field in ASPECT_FIELDS},
    )
)
def test_it_is_right_for_the_national_list_and_for_exemptions_too(facts):
    found = checked_ways(facts, partial(rules_after, facts))
    if facts.national_priority or classify(facts).category is Category.EXEMPT:
        assert found == ()


def test_one_obstacle_says_which_answers_would_make_it_a_priority():
    facts = Facts(**CLEAR | {"payment": Answer.OFFLINE})

    assert sentences(ways(facts, POLICY_2024)) == (
        "「金銭納付」が「不要」か「必要（オンライン可）」になると、区分は「優先」になります。",
    )


def test_aspects_that_do_the_same_are_one_sentence():
    said = sentences(ways(Facts(**CLEAR), POLICY_2024))

    assert said == (
        "「本人確認」「添付書類」「対面」「現物確認」「通知・交付物」「金銭納付」のどれか一つでも"
        "「必要（オンライン不可）」になると、区分は「検討」になります。",
        "「その他の支障」が「ある（オンラインでは対応できない）」になると、"
        "区分は「検討」になります。",
    )


def test_several_obstacles_are_one_way_that_needs_all_of_them():
    facts = Facts(**CLEAR | {"payment": Answer.OFFLINE, "other": Answer.UNKNOWN})

    (way,) = ways(facts, POLICY_2024)

    assert [(change.title, change.words) for change in way.changes] == [
        ("金銭納付", "「不要」か「必要（オンライン可）」"),
        ("その他の支障", "「ない」か「あるが、オンラインで対応できる」"),
    ]
    assert way.category is Category.PRIORITY


# --- What one answer would do --------------------------------------------------------------------


@pytest.mark.parametrize("aspect", ASPECTS)
@pytest.mark.parametrize("present", Answer)
@pytest.mark.parametrize("other_obstacle", [False, True])
def test_what_an_answer_would_do_to_the_category_is_what_the_rules_make_of_it(
    aspect, present, other_obstacle
):
    second = next(one for one in ASPECTS if one is not aspect)
    hindering = {second.value: Answer.OFFLINE} if other_obstacle else {}
    facts = Facts(**CLEAR | hindering | {aspect.value: present})
    old = classify(facts).category

    for answer in Answer:
        new = rules_after(facts, {aspect: answer})
        sentence = CHANGES_CATEGORY if new is not old else KEEPS_CATEGORY
        said = effect(QUESTION_OF[aspect.value], answer.value, facts, POLICY_2024)
        assert said == sentence.format(category=label(old), old=label(old), new=label(new))


def test_what_a_flag_would_do_names_the_service_of_clause_4():
    facts = Facts(facility_booking=True)
    said = effects(QUESTION_OF["core_system"], facts, POLICY_2024)

    # The facility's service comes before that of the core systems.
    assert said[0] == said[1] == "使う電子申請サービスは「公共施設予約」です。"
    for field in ("core_system", "facility_booking", "designated_service", "legacy_service"):
        service = label(advise_service(Facts(**{field: True})).service)
        assert service in effect(QUESTION_OF[field], YES, Facts(), POLICY_2024)


@pytest.mark.parametrize("field", FLAG_FIELDS)
def test_not_knowing_a_flag_says_how_it_is_taken(field):
    assert effect(QUESTION_OF[field], UNKNOWN, Facts(), POLICY_2024) == AS_NO
    assert effect(QUESTION_OF[field], UNKNOWN, Facts(**{field: True}), POLICY_2024) == STAYS_YES


def test_the_designated_manager_adds_a_measure_and_changes_nothing_else():
    yes, no, _ = effects(QUESTION_OF["designated_manager"], Facts(), POLICY_2024)

    assert "指定管理者のシステムの安全性と費用対効果の検討" in yes
    assert no == "対応策は増えません。"


def test_every_scope_has_its_effect():
    assert set(SCOPE_EFFECTS) == set(Scope.values)
    assert effects(QUESTION_OF["scope"], Facts(), POLICY_2024) == tuple(
        SCOPE_EFFECTS[scope] for scope in Scope.values
    )
