"""What the policy says of a procedure, in words: it follows the engine and adds nothing."""

import pytest

from procedures.rules import (
    POLICY_2024,
    Answer,
    BasisLevel,
    ExemptionGround,
    Facts,
    Service,
    classify,
    explain,
)
from tracking.judgement import judge, prospect_of


def test_the_findings_are_those_of_the_engine_in_its_order():
    facts = Facts(payment=Answer.OFFLINE, in_person=Answer.ONLINE)

    found = judge(facts, None, POLICY_2024).findings

    assert [one.kind for one in found] == [one.finding for one in explain(facts)]
    assert [one.mark for one in found].count("該当") == 2


def test_an_unanswered_question_brings_no_measure_yet():
    judgement = judge(Facts(payment=Answer.OFFLINE), None, POLICY_2024)

    by_aspect = {one.aspect: one for one in judgement.path}
    assert by_aspect["金銭納付"].measures
    assert not by_aspect["金銭納付"].is_unanswered
    assert by_aspect["対面"].is_unanswered
    assert by_aspect["対面"].measures == ()


@pytest.mark.parametrize("chosen", [None, *Service])
def test_the_service_note_follows_the_engine(chosen):
    view = judge(Facts(facility_booking=True), chosen, POLICY_2024).service

    assert view.advised is Service.FACILITY
    assert view.differs is (chosen not in (None, Service.FACILITY))
    assert view.needs_consultation is (chosen is Service.OTHER)


@pytest.mark.parametrize("basis", list(BasisLevel))
def test_a_prospect_either_holds_or_is_warned_of(basis):
    for ground in (ExemptionGround.ORDINANCE_ART7, ExemptionGround.NATIONAL_LIST):
        prospect = prospect_of(Facts(basis=basis), ground, POLICY_2024)
        assert prospect.holds is not bool(prospect.warnings)


def test_the_designated_manager_adds_a_measure_that_belongs_to_no_aspect():
    with_manager = judge(Facts(designated_manager=True), None, POLICY_2024)
    without = judge(Facts(), None, POLICY_2024)

    assert [one.clause for one in with_manager.extra_measures] == ["3(2)-designated-manager"]
    assert without.extra_measures == ()
    assert with_manager.path == without.path


def test_the_path_names_what_the_engine_names():
    facts = Facts(payment=Answer.OFFLINE, identity_check=Answer.NOT_NEEDED)

    assert len(judge(facts, None, POLICY_2024).path) == len(classify(facts).path_to_priority)
