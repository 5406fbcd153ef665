"""Which reviews of clause 3(2) stand beside which aspect, and what limits them."""

import pytest

from procedures.rules import (
    DESIGNATED_MANAGER_MEASURE,
    Answer,
    Aspect,
    BasisLevel,
    ExemptionGround,
    Facts,
    MeasureKind,
    classify,
    measures_for,
    measures_of,
)
from procedures.rules.measures import CLAUSE_OF_MEASURE, MEASURES_OF_ASPECT

EXPECTED = {
    "identity_check": ("3(2)-identity", 1),
    "attachments": ("3(2)-attachments", 3),
    "in_person": ("3(2)-in-person", 3),
    "physical_item": ("3(2)-in-person", 3),
    "deliverable": ("3(2)-content", 1),
    "payment": ("3(2)-payment", 1),
    "other": ("3(2)-content", 1),
}


def test_tables_cover_their_enums():
    assert set(MEASURES_OF_ASPECT) == set(Aspect) == set(EXPECTED)
    assert set(CLAUSE_OF_MEASURE) == set(MeasureKind)


@pytest.mark.parametrize("basis", BasisLevel)
@pytest.mark.parametrize("aspect", Aspect)
def test_each_aspect_has_the_reviews_of_its_clause(aspect, basis):
    measures = measures_for(aspect, basis)
    clause, count = EXPECTED[aspect]
    assert [measure.clause for measure in measures] == [clause] * count
    assert len({measure.label for measure in measures}) == count
    assert {measure.aspect for measure in measures} == {aspect}


@pytest.mark.parametrize("basis", BasisLevel)
@pytest.mark.parametrize("aspect", Aspect)
def test_only_the_content_review_of_a_statutory_procedure_is_limited(aspect, basis):
    is_limited = basis == "national" and EXPECTED[aspect][0] == "3(2)-content"
    for measure in measures_for(aspect, basis):
        assert measure.limited_by_statute is is_limited
        assert bool(measure.note) is is_limited


def test_every_kind_of_measure_is_offered_somewhere():
    offered = {
        measure.kind for aspect in Aspect for measure in measures_for(aspect, BasisLevel.UNKNOWN)
    }
    assert offered | {DESIGNATED_MANAGER_MEASURE.kind} == set(MeasureKind)


def test_measures_of_a_procedure_follow_its_obstacles_and_leave_out_unanswered_aspects():
    facts = Facts(
        basis=BasisLevel.NATIONAL,
        identity_check=Answer.OFFLINE,
        in_person=Answer.ONLINE,
        other=Answer.OFFLINE,
    )
    assert measures_of(facts, classify(facts)) == (
        *measures_for(Aspect.IDENTITY_CHECK, BasisLevel.NATIONAL),
        *measures_for(Aspect.OTHER, BasisLevel.NATIONAL),
    )


@pytest.mark.parametrize(
    "facts",
    [
        Facts(designated_manager=True),
        Facts(designated_manager=True, payment=Answer.OFFLINE),
        Facts(designated_manager=True, **dict.fromkeys(Aspect, Answer.NOT_NEEDED)),
        Facts(
            designated_manager=True,
            basis=BasisLevel.MUNICIPAL,
            exemption=ExemptionGround.RULE_ART16,
        ),
    ],
    ids=["nothing known", "pending", "priority", "exempt"],
)
def test_a_designated_manager_adds_one_measure_in_every_category(facts):
    classification = classify(facts)
    measures = measures_of(facts, classification)
    assert measures[-1] == DESIGNATED_MANAGER_MEASURE
    assert measures[-1].clause == "3(2)-designated-manager"
    assert [measure.aspect for measure in measures[:-1]] == list(classification.obstacles)


def test_a_designated_manager_is_no_obstacle():
    answered = dict.fromkeys(Aspect, Answer.NOT_NEEDED)
    assert classify(Facts(designated_manager=True, **answered)) == classify(Facts(**answered))
