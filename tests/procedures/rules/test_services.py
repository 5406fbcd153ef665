"""The service of clause 4, as a full decision table, and when a talk is needed first."""

from itertools import product

import pytest

from procedures.rules import Facts, Service, ServiceAdvice, advise_service, needs_consultation

FLAGS = ("designated_service", "legacy_service", "facility_booking", "core_system")
DECISION_TABLE = {
    "0000": ("general", "4-general"),
    "0001": ("mynaportal", "4-mynaportal"),
    "0010": ("facility", "4-facility"),
    "0011": ("facility", "4-facility"),
    "0100": ("other", "4-other-legacy"),
    "0101": ("other", "4-other-legacy"),
    "0110": ("other", "4-other-legacy"),
    "0111": ("other", "4-other-legacy"),
    "1000": ("other", "4-other-designated"),
    "1001": ("other", "4-other-designated"),
    "1010": ("other", "4-other-designated"),
    "1011": ("other", "4-other-designated"),
    "1100": ("other", "4-other-designated"),
    "1101": ("other", "4-other-designated"),
    "1110": ("other", "4-other-designated"),
    "1111": ("other", "4-other-designated"),
}


def facts_from(row: str, *, designated_manager: bool = False) -> Facts:
    flags = {flag: digit == "1" for flag, digit in zip(FLAGS, row, strict=True)}
    return Facts(**flags, designated_manager=designated_manager)


@pytest.mark.parametrize("designated_manager", [False, True])
@pytest.mark.parametrize("row", ["".join(digits) for digits in product("01", repeat=4)])
def test_the_advice_follows_the_decision_table(row, designated_manager):
    service, ground = DECISION_TABLE[row]
    advice = advise_service(facts_from(row, designated_manager=designated_manager))
    assert (advice.service, advice.ground) == (service, ground)
    assert type(advice) is ServiceAdvice
    assert type(advice.service) is Service


@pytest.mark.parametrize("chosen", Service)
@pytest.mark.parametrize("row", DECISION_TABLE)
def test_only_another_service_that_nobody_prescribed_needs_a_talk(row, chosen):
    is_needed = (chosen, row[:2]) == ("other", "00")
    assert needs_consultation(facts_from(row), chosen) is is_needed


@pytest.mark.parametrize("row", DECISION_TABLE)
def test_the_advised_service_never_needs_a_talk(row):
    facts = facts_from(row)
    assert needs_consultation(facts, advise_service(facts).service) is False
