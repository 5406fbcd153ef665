"""The four steps of the classification, against a second reading written in plain strings."""

from collections.abc import Iterator
from dataclasses import FrozenInstanceError, fields
from datetime import date
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procedures.rules import (
    POLICY_2024,
    Answer,
    Aspect,
    BasisLevel,
    Category,
    Clause,
    ExemptionGround,
    Facts,
    PolicyRevision,
    Warning,
    classify,
)

NAMES = (
    "identity_check",
    "attachments",
    "in_person",
    "physical_item",
    "deliverable",
    "payment",
    "other",
)
NO_HINDRANCE = dict.fromkeys(NAMES, "not_needed online")
STRICTER = NO_HINDRANCE | dict.fromkeys(NAMES[2:6], "not_needed")
EXEMPTING = {
    "municipal": "ordinance_art7 rule_art16",
    "national": "national_list",
    "prefectural": "",
    "unknown": "",
}
EXEMPTION_CLAUSE = {
    "ordinance_art7": "6-ordinance",
    "rule_art16": "6-rule",
    "national_list": "6-national",
}
DECISIONS = tuple(product(BasisLevel, ExemptionGround))
FOLDED_DECISIONS = (
    (BasisLevel.UNKNOWN, ExemptionGround.NONE),
    (BasisLevel.UNKNOWN, ExemptionGround.RULE_ART16),
    (BasisLevel.NATIONAL, ExemptionGround.ORDINANCE_ART7),
    (BasisLevel.MUNICIPAL, ExemptionGround.ORDINANCE_ART7),
)
"""One of each kind: no ground, one that cannot be judged, one that mismatches, one that holds."""

Result = tuple[object, ...]


def read_answers(answers: tuple[str, ...], fine: dict[str, str]) -> tuple[tuple[str, ...], ...]:
    """Clause 3(1)②, read again: what hinders, what nobody answered, what was replaced."""
    by_standing: dict[str, list[str]] = {"hinders": [], "open": [], "replaced": [], "fine": []}
    for name, answer in zip(NAMES, answers, strict=True):
        if answer == "unknown":
            standing = "open"
        elif answer not in fine.get(name, "").split():
            standing = "hinders"
        elif answer == "online" and name not in ("identity_check", "attachments", "other"):
            standing = "replaced"
        else:
            standing = "fine"
        by_standing[standing].append(name)
    return tuple(tuple(by_standing[key]) for key in ("hinders", "open", "replaced"))


def read_decision(
    is_listed: bool,
    is_free: bool,
    basis: str,
    ground: str,
    *,
    honours: bool = True,
    exempting: dict[str, str] = EXEMPTING,
) -> Result:
    """The four steps, read again: category, grounds and warnings."""
    warnings: tuple[str, ...] = ()
    if ground != "none":
        if ground in exempting.get(basis, "").split():
            doubt = ("exempt_but_national_priority",) if is_listed else ()
            return "exempt", (EXEMPTION_CLAUSE[ground],), doubt
        is_basis_known = basis != "unknown"
        warnings = ("exemption_ground_mismatch" if is_basis_known else "exemption_basis_unknown",)
    held = {"3(1)-1": is_listed and honours, "3(1)-2": is_free}
    grounds = tuple(clause for clause in sorted(held) if held[clause])
    return ("priority", grounds, warnings) if grounds else ("pending", ("3(2)",), warnings)


def facts_with(answers: tuple[Answer, ...], **others: object) -> Facts:
    return Facts(**dict(zip(NAMES, answers, strict=True)), **others)  # type: ignore[arg-type]


def every_row_of_answers() -> Iterator[tuple[Answer, ...]]:
    return product(Answer, repeat=len(NAMES))


def assert_agreement(
    policy: PolicyRevision,
    fine: dict[str, str],
    decisions: tuple[tuple[BasisLevel, ExemptionGround], ...],
    *,
    honours: bool = True,
) -> int:
    """Compare the engine with the second reading; the number of combinations compared."""
    expected_decisions = {
        (is_listed, is_free, basis, ground): read_decision(
            is_listed, is_free, str(basis), str(ground), honours=honours
        )
        for is_listed, is_free, (basis, ground) in product((True, False), (True, False), decisions)
    }
    compared = 0
    for answers in every_row_of_answers():
        hinders, unanswered, replaced = read_answers(answers, fine)
        is_free = not hinders and not unanswered
        for is_listed, (basis, ground) in product((True, False), decisions):
            facts = facts_with(answers, national_priority=is_listed, basis=basis, exemption=ground)
            result = classify(facts, policy)
            assert (result.obstacles, result.unanswered, result.resolved) == (
                hinders,
                unanswered,
                replaced,
            ), facts
            assert (result.category, result.grounds, result.warnings) == expected_decisions[
                is_listed, is_free, basis, ground
            ], facts
            compared += 1
    return compared


def test_every_combination_agrees_with_the_second_reading():
    assert assert_agreement(POLICY_2024, NO_HINDRANCE, DECISIONS) == 4**7 * 4 * 4 * 2


def test_every_row_of_answers_agrees_with_the_second_reading_under_the_stricter_policy(
    stricter_policy,
):
    assert assert_agreement(stricter_policy, STRICTER, FOLDED_DECISIONS) == 4**7 * 4 * 2


def test_every_row_of_answers_agrees_with_the_second_reading_without_the_national_list(
    listless_policy,
):
    compared = assert_agreement(listless_policy, NO_HINDRANCE, FOLDED_DECISIONS, honours=False)
    assert compared == 4**7 * 4 * 2


@settings(deadline=None)
@given(
    facts=st.builds(Facts, **{field.name: ... for field in fields(Facts)}),
    honours=st.booleans(),
    accepted=st.dictionaries(st.sampled_from(Aspect), st.frozensets(st.sampled_from(Answer))),
    grounds=st.dictionaries(
        st.sampled_from(BasisLevel), st.frozensets(st.sampled_from(ExemptionGround))
    ),
)
def test_any_policy_at_all_agrees_with_the_second_reading(facts, honours, accepted, grounds):
    policy = PolicyRevision("drawn", date(2027, 4, 1), honours, accepted, grounds)
    result = classify(facts, policy)
    answers = tuple(getattr(facts, name) for name in NAMES)
    hinders, unanswered, replaced = read_answers(
        answers, {str(aspect): " ".join(fine) for aspect, fine in accepted.items()}
    )
    assert (result.obstacles, result.unanswered, result.resolved) == (
        hinders,
        unanswered,
        replaced,
    )
    assert (result.category, result.grounds, result.warnings) == read_decision(
        facts.national_priority,
        not hinders and not unanswered,
        str(facts.basis),
        str(facts.exemption),
        honours=honours,
        exempting={str(basis): " ".join(holding) for basis, holding in grounds.items()},
    )


def test_a_result_is_made_of_enum_members():
    exempt = Facts(
        national_priority=True,
        payment=Answer.OFFLINE,
        in_person=Answer.ONLINE,
        basis=BasisLevel.NATIONAL,
        exemption=ExemptionGround.NATIONAL_LIST,
    )
    for facts in (exempt, Facts(), Facts(national_priority=True)):
        result = classify(facts)
        assert type(result.category) is Category
        assert {type(clause) for clause in result.grounds} == {Clause}
        aspects = result.obstacles + result.unanswered + result.resolved
        assert {type(aspect) for aspect in aspects} == {Aspect}
        assert {type(warning) for warning in result.warnings} <= {Warning}


def test_a_result_cannot_be_changed_and_carries_no_dictionary():
    result = classify(Facts())
    with pytest.raises(FrozenInstanceError):
        result.category = Category.PRIORITY  # type: ignore[misc]
    assert not hasattr(result, "__dict__")


def test_a_proposed_exemption_changes_nothing():
    assert classify(Facts(exemption=ExemptionGround.NONE)) == classify(Facts())


def test_the_stricter_policy_sends_an_online_payment_back_to_review(stricter_policy):
    facts = facts_with((Answer.NOT_NEEDED,) * 5 + (Answer.ONLINE, Answer.NOT_NEEDED))
    assert classify(facts).category is Category.PRIORITY
    assert classify(facts, stricter_policy).category is Category.PENDING
    assert classify(facts, stricter_policy).obstacles == (Aspect.PAYMENT,)


def subsets_of(size: int) -> list[tuple[bool, ...]]:
    return list(product((False, True), repeat=size))


@pytest.mark.parametrize("edition", ["2024", "stricter"])
def test_the_whole_path_to_priority_and_no_part_of_it_removes_every_hindrance(
    edition, stricter_policy
):
    policy = POLICY_2024 if edition == "2024" else stricter_policy
    results = {answers: classify(facts_with(answers), policy) for answers in every_row_of_answers()}
    free = {answers for answers, one in results.items() if Clause.NO_HINDRANCE in one.grounds}
    tried = 0
    for answers, result in results.items():
        places = [NAMES.index(aspect) for aspect in result.path_to_priority]
        for solved in subsets_of(len(places)):
            after = list(answers)
            for place, is_solved in zip(places, solved, strict=True):
                if is_solved:
                    after[place] = Answer.NOT_NEEDED
            assert (tuple(after) in free) == all(solved), (answers, solved)
            tried += 1
    assert tried == (6**7 if edition == "2024" else 6**3 * 7**4)


def test_the_path_to_priority_names_obstacles_before_unanswered_aspects():
    facts = Facts(payment=Answer.OFFLINE, in_person=Answer.ONLINE)
    assert classify(facts).path_to_priority == (
        Aspect.PAYMENT,
        Aspect.IDENTITY_CHECK,
        Aspect.ATTACHMENTS,
        Aspect.PHYSICAL_ITEM,
        Aspect.DELIVERABLE,
    )
