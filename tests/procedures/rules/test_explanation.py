"""The findings say why: the whole result can be rebuilt from them."""

from itertools import product

import pytest

from procedures.rules import (
    POLICY_2024,
    Answer,
    Aspect,
    BasisLevel,
    ClauseFinding,
    ExemptionGround,
    Facts,
    Finding,
    Reason,
    classify,
    explain,
)
from procedures.rules.classification import FINDING_OF

CLAUSES = ("3(1)-1", *["3(1)-2"] * 7, "6")
FOLDED_DECISIONS = (
    (BasisLevel.UNKNOWN, ExemptionGround.NONE),
    (BasisLevel.UNKNOWN, ExemptionGround.RULE_ART16),
    (BasisLevel.NATIONAL, ExemptionGround.ORDINANCE_ART7),
    (BasisLevel.MUNICIPAL, ExemptionGround.ORDINANCE_ART7),
)
"""One of each kind: no ground, one that cannot be judged, one that mismatches, one that holds."""


def rebuild(findings: tuple[ClauseFinding, ...]) -> tuple[object, ...]:
    """Category, obstacles and unanswered aspects, from clause, finding and aspect alone."""
    met: dict[str, bool] = {}
    obstacles, unanswered = [], []
    for one in findings:
        met[one.clause] = met.get(one.clause, True) and one.finding == "holds"
        if one.clause == "3(1)-2" and one.finding == "fails":
            obstacles.append(one.aspect)
        if one.clause == "3(1)-2" and one.finding == "unknown":
            unanswered.append(one.aspect)
    is_priority = met["3(1)-1"] or met["3(1)-2"]
    category = "exempt" if met["6"] else "priority" if is_priority else "pending"
    return category, tuple(obstacles), tuple(unanswered)


@pytest.mark.parametrize("edition", ["2024", "stricter", "listless"])
def test_the_category_follows_from_the_findings_alone(edition, stricter_policy, listless_policy):
    editions = {"2024": POLICY_2024, "stricter": stricter_policy, "listless": listless_policy}
    policy = editions[edition]
    for answers in product(Answer, repeat=len(Aspect)):
        answered = dict(zip(Aspect, answers, strict=True))
        for is_listed, (basis, ground) in product((True, False), FOLDED_DECISIONS):
            facts = Facts(national_priority=is_listed, basis=basis, exemption=ground, **answered)
            result = classify(facts, policy)
            assert rebuild(explain(facts, policy)) == (
                result.category,
                result.obstacles,
                result.unanswered,
            ), facts


@pytest.mark.parametrize("basis", BasisLevel)
@pytest.mark.parametrize("ground", ExemptionGround)
def test_the_category_follows_from_the_findings_for_every_ground_and_basis(basis, ground):
    for is_listed, answer in product((True, False), Answer):
        answered = dict.fromkeys(Aspect, answer)
        facts = Facts(national_priority=is_listed, basis=basis, exemption=ground, **answered)
        assert rebuild(explain(facts))[0] == classify(facts).category


def test_findings_stand_in_the_order_of_the_policy():
    findings = explain(Facts())
    assert tuple(one.clause for one in findings) == CLAUSES
    assert [one.aspect for one in findings[1:8]] == list(Aspect)
    assert findings[0].aspect is findings[8].aspect is None


def test_each_condition_carries_the_answer_it_rests_on():
    facts = Facts(payment=Answer.OFFLINE, in_person=Answer.ONLINE)
    findings = {one.aspect: one for one in explain(facts)}
    assert {aspect: findings[aspect].answer for aspect in Aspect} == facts.answers
    assert findings[Aspect.PAYMENT].finding is Finding.FAILS
    assert findings[Aspect.IN_PERSON].finding is Finding.HOLDS
    assert findings[Aspect.DELIVERABLE].finding is Finding.UNKNOWN


@pytest.mark.parametrize(
    ("is_listed", "honours", "reason", "finding"),
    [
        (True, True, Reason.LISTED, Finding.HOLDS),
        (True, False, Reason.LIST_NOT_HONOURED, Finding.FAILS),
        (False, True, Reason.NOT_LISTED, Finding.FAILS),
        (False, False, Reason.NOT_LISTED, Finding.FAILS),
    ],
)
def test_the_national_list_holds_only_where_listed_and_honoured(
    is_listed, honours, reason, finding, listless_policy
):
    policy = POLICY_2024 if honours else listless_policy
    found = explain(Facts(national_priority=is_listed), policy)[0]
    assert (found.reason, found.finding) == (reason, finding)


EXEMPTION_FINDINGS = {
    ("municipal", "ordinance_art7"): "holds",
    ("municipal", "rule_art16"): "holds",
    ("municipal", "national_list"): "fails",
    ("prefectural", "ordinance_art7"): "fails",
    ("prefectural", "rule_art16"): "fails",
    ("prefectural", "national_list"): "fails",
    ("national", "ordinance_art7"): "fails",
    ("national", "rule_art16"): "fails",
    ("national", "national_list"): "holds",
    ("unknown", "ordinance_art7"): "unknown",
    ("unknown", "rule_art16"): "unknown",
    ("unknown", "national_list"): "unknown",
} | {(basis, "none"): "fails" for basis in BasisLevel}


@pytest.mark.parametrize("basis", BasisLevel)
@pytest.mark.parametrize("ground", ExemptionGround)
def test_the_exemption_is_found_as_the_table_says(basis, ground):
    found = explain(Facts(basis=basis, exemption=ground))[8]
    assert found.finding == EXEMPTION_FINDINGS[basis, ground]
    assert (found.ground, found.basis) == (ground, basis)


def test_every_reason_has_a_finding():
    assert set(FINDING_OF) == set(Reason)


def test_every_reason_is_given_by_some_procedure(listless_policy):
    given = set()
    for is_listed, basis, ground, answer in product(
        (True, False), BasisLevel, ExemptionGround, Answer
    ):
        facts = Facts(national_priority=is_listed, basis=basis, exemption=ground, payment=answer)
        for policy in (POLICY_2024, listless_policy):
            given.update(one.reason for one in explain(facts, policy))
    assert given == set(Reason)
