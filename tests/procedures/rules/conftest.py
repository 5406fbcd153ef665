"""Editions of the policy under which the tests of the rules engine also run."""

from dataclasses import replace
from datetime import date

import pytest

from procedures.rules import POLICY_2024, Answer, Aspect, PolicyRevision

MUST_BE_GONE = (Aspect.IN_PERSON, Aspect.PHYSICAL_ITEM, Aspect.DELIVERABLE, Aspect.PAYMENT)


@pytest.fixture
def stricter_policy() -> PolicyRevision:
    """The stricter reading: four aspects must be not needed at all."""
    accepted = {**POLICY_2024.accepted} | dict.fromkeys(
        MUST_BE_GONE, frozenset({Answer.NOT_NEEDED})
    )
    return replace(POLICY_2024, key="stricter", effective_from=date(2027, 4, 1), accepted=accepted)


@pytest.fixture
def listless_policy() -> PolicyRevision:
    """An edition that no longer honours the national list."""
    return replace(POLICY_2024, key="listless", honours_national_list=False)
