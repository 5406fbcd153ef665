"""The reviews that clause 3(2) offers for what stands in the way of a procedure."""

from collections.abc import Mapping
from dataclasses import dataclass

from .classification import Classification
from .facts import Aspect, BasisLevel, Clause, Facts, MeasureKind
from .wording import MEASURE_LABELS, STATUTE_LIMIT


@dataclass(frozen=True, slots=True)
class Measure:
    """One review (対応策) for one aspect; `aspect` is None for that of the designated manager.

    `limited_by_statute` marks a review that leaves out whatever a statute prescribes.
    """

    kind: MeasureKind
    clause: Clause
    aspect: Aspect | None = None
    limited_by_statute: bool = False

    @property
    def label(self) -> str:
        """The review in Japanese."""
        return MEASURE_LABELS[self.kind]

    @property
    def note(self) -> str:
        """A Japanese sentence on the limit of the review; empty where it has none."""
        return STATUTE_LIMIT if self.limited_by_statute else ""


DESIGNATED_MANAGER_MEASURE = Measure(
    MeasureKind.DESIGNATED_MANAGER_REVIEW, Clause.REVIEW_DESIGNATED_MANAGER
)
"""What clause 3(2) adds where a designated manager (指定管理者) handles the procedure."""


def measures_for(aspect: Aspect, basis: BasisLevel) -> tuple[Measure, ...]:
    """The reviews for one aspect, at least one, in the order of the policy's text."""
    return tuple(
        Measure(
            kind,
            CLAUSE_OF_MEASURE[kind],
            aspect,
            kind is MeasureKind.CONTENT_REVIEW and basis == BasisLevel.NATIONAL,
        )
        for kind in MEASURES_OF_ASPECT[aspect]
    )


def measures_of(facts: Facts, classification: Classification) -> tuple[Measure, ...]:
    """The reviews for every obstacle in turn, then that of the designated manager if there is one.

    An unanswered aspect brings none: it has to be surveyed before anything can be reviewed.
    """
    reviews = tuple(
        measure
        for aspect in classification.obstacles
        for measure in measures_for(aspect, facts.basis)
    )
    return (*reviews, DESIGNATED_MANAGER_MEASURE) if facts.designated_manager else reviews


_INSTEAD_OF_A_VISIT = (
    MeasureKind.REMOTE_INTERVIEW,
    MeasureKind.DATED_IMAGE,
    MeasureKind.WORK_FLOW_REVIEW,
)

MEASURES_OF_ASPECT: Mapping[Aspect, tuple[MeasureKind, ...]] = {
    Aspect.IDENTITY_CHECK: (MeasureKind.PUBLIC_IDENTIFICATION,),
    Aspect.ATTACHMENTS: (
        MeasureKind.DATA_LINKAGE,
        MeasureKind.END_OF_PHYSICAL_SUBMISSION,
        MeasureKind.DIGITAL_EQUIPMENT,
    ),
    Aspect.IN_PERSON: _INSTEAD_OF_A_VISIT,
    Aspect.PHYSICAL_ITEM: _INSTEAD_OF_A_VISIT,
    Aspect.DELIVERABLE: (MeasureKind.CONTENT_REVIEW,),
    Aspect.PAYMENT: (MeasureKind.E_PAYMENT,),
    Aspect.OTHER: (MeasureKind.CONTENT_REVIEW,),
}

CLAUSE_OF_MEASURE: Mapping[MeasureKind, Clause] = {
    MeasureKind.CONTENT_REVIEW: Clause.REVIEW_CONTENT,
    MeasureKind.PUBLIC_IDENTIFICATION: Clause.REVIEW_IDENTITY,
    MeasureKind.REMOTE_INTERVIEW: Clause.REVIEW_IN_PERSON,
    MeasureKind.DATED_IMAGE: Clause.REVIEW_IN_PERSON,
    MeasureKind.WORK_FLOW_REVIEW: Clause.REVIEW_IN_PERSON,
    MeasureKind.DATA_LINKAGE: Clause.REVIEW_ATTACHMENTS,
    MeasureKind.END_OF_PHYSICAL_SUBMISSION: Clause.REVIEW_ATTACHMENTS,
    MeasureKind.DIGITAL_EQUIPMENT: Clause.REVIEW_ATTACHMENTS,
    MeasureKind.E_PAYMENT: Clause.REVIEW_PAYMENT,
    MeasureKind.DESIGNATED_MANAGER_REVIEW: Clause.REVIEW_DESIGNATED_MANAGER,
}
