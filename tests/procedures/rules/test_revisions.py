"""An edition of the policy is immutable data that is complete however it was given."""

from dataclasses import FrozenInstanceError, replace
from datetime import date

import pytest

from procedures.rules import (
    POLICY_2024,
    Answer,
    Aspect,
    BasisLevel,
    ExemptionGround,
    PolicyRevision,
)

FINE = {Answer.NOT_NEEDED, Answer.ONLINE}


def test_the_2024_edition_says_what_the_policy_says():
    assert POLICY_2024.effective_from == date(2024, 4, 1)
    assert POLICY_2024.honours_national_list is True
    assert POLICY_2024.accepted == dict.fromkeys(Aspect, FINE)
    assert POLICY_2024.exemption_grounds == {
        BasisLevel.NATIONAL: {ExemptionGround.NATIONAL_LIST},
        BasisLevel.PREFECTURAL: set(),
        BasisLevel.MUNICIPAL: {ExemptionGround.ORDINANCE_ART7, ExemptionGround.RULE_ART16},
        BasisLevel.UNKNOWN: set(),
    }


def test_an_edition_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        POLICY_2024.honours_national_list = False  # type: ignore[misc]
    with pytest.raises(TypeError):
        POLICY_2024.accepted[Aspect.OTHER] = frozenset()  # type: ignore[index]
    with pytest.raises(TypeError):
        POLICY_2024.exemption_grounds[BasisLevel.NATIONAL] = frozenset()  # type: ignore[index]


def test_changing_the_mapping_it_was_made_from_does_not_reach_an_edition():
    accepted = {Aspect.OTHER: frozenset(FINE)}
    policy = PolicyRevision("draft", date(2027, 4, 1), True, accepted, {})
    accepted[Aspect.OTHER] = frozenset()
    assert policy.accepted[Aspect.OTHER] == FINE


def test_what_an_edition_leaves_out_accepts_and_exempts_nothing():
    policy = PolicyRevision("empty", date(2027, 4, 1), True, {}, {})
    assert policy.accepted == dict.fromkeys(Aspect, frozenset())
    assert policy.exemption_grounds == dict.fromkeys(BasisLevel, frozenset())


def test_unknown_is_never_accepted_and_no_ground_never_exempts():
    policy = PolicyRevision(
        "lenient",
        date(2027, 4, 1),
        True,
        dict.fromkeys(Aspect, frozenset(Answer)),
        dict.fromkeys(BasisLevel, frozenset(ExemptionGround)),
    )
    for aspect in Aspect:
        assert policy.accepted[aspect] == set(Answer) - {Answer.UNKNOWN}
    for basis in BasisLevel:
        assert policy.exemption_grounds[basis] == set(ExemptionGround) - {ExemptionGround.NONE}


def test_editions_with_the_same_content_are_equal():
    assert replace(POLICY_2024) == POLICY_2024
    assert replace(POLICY_2024, honours_national_list=False) != POLICY_2024
