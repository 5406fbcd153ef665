"""What callers may rely on in Facts, and which of several legal bases is the strongest."""

from dataclasses import FrozenInstanceError, fields
from itertools import chain, combinations, permutations

import pytest

from procedures.rules import Answer, Aspect, BasisLevel, ExemptionGround, Facts, strongest

STRENGTH = {"national": 3, "prefectural": 2, "municipal": 1, "unknown": 0}


def test_facts_without_arguments_know_nothing_yet():
    facts = Facts()
    assert {name: getattr(facts, name) for name in (field.name for field in fields(Facts))} == {
        "national_priority": False,
        "identity_check": Answer.UNKNOWN,
        "attachments": Answer.UNKNOWN,
        "in_person": Answer.UNKNOWN,
        "physical_item": Answer.UNKNOWN,
        "deliverable": Answer.UNKNOWN,
        "payment": Answer.UNKNOWN,
        "other": Answer.NOT_NEEDED,
        "basis": BasisLevel.UNKNOWN,
        "exemption": ExemptionGround.NONE,
        "designated_manager": False,
        "core_system": False,
        "facility_booking": False,
        "designated_service": False,
        "legacy_service": False,
    }


def test_facts_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        Facts().payment = Answer.ONLINE  # type: ignore[misc]


def test_facts_carry_no_dictionary():
    assert not hasattr(Facts(), "__dict__")


def test_equal_facts_are_interchangeable_as_keys():
    assert {Facts(payment=Answer.ONLINE): 1}[Facts(payment=Answer.ONLINE)] == 1


def test_every_aspect_has_exactly_one_answer_field():
    answer_fields = [field.name for field in fields(Facts) if field.type is Answer]
    assert answer_fields == list(Aspect)


@pytest.mark.parametrize("aspect", Aspect)
def test_answers_give_each_field_under_its_aspect(aspect):
    facts = Facts(**{aspect: Answer.OFFLINE})
    assert facts.answers == Facts().answers | {aspect: Answer.OFFLINE}


def test_answers_stand_in_the_order_of_the_enum():
    assert list(Facts().answers) == list(Aspect)


def test_changing_the_answers_mapping_leaves_the_facts_alone():
    facts = Facts()
    facts.answers[Aspect.PAYMENT] = Answer.ONLINE
    assert facts.payment is Answer.UNKNOWN


def test_strength_covers_every_basis_level():
    assert set(STRENGTH) == set(BasisLevel)


def test_strongest_basis_wins_in_whatever_order_the_bases_come():
    some = chain.from_iterable(combinations(BasisLevel, size) for size in range(1, 5))
    for levels in some:
        expected = max(levels, key=STRENGTH.__getitem__)
        for order in permutations(levels):
            assert strongest(order) is expected
            assert strongest(iter((*order, *order))) is expected


def test_strongest_of_no_basis_is_unknown():
    assert strongest([]) is BasisLevel.UNKNOWN
