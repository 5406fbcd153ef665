"""The policy's rules, pure: facts of a procedure in, category, reasons and advice out."""

from .classification import (
    Classification,
    ClauseFinding,
    Finding,
    Reason,
    classify,
    explain,
)
from .end_to_end import EndToEnd, end_to_end
from .facts import (
    ASPECTS,
    Answer,
    Aspect,
    BasisLevel,
    Category,
    Clause,
    ExemptionGround,
    Facts,
    MeasureKind,
    Service,
    Warning,
    strongest,
)
from .leverage import Effect, Leverage, Step, Yardstick, leverage_of
from .measures import DESIGNATED_MANAGER_MEASURE, Measure, measures_for, measures_of
from .reclassification import Reclassification, reclassify
from .revisions import POLICY_2024, PolicyRevision
from .services import ServiceAdvice, advise_service, needs_consultation
from .wording import describe, describe_change, describe_end_to_end, label

__all__ = [
    "ASPECTS",
    "DESIGNATED_MANAGER_MEASURE",
    "POLICY_2024",
    "Answer",
    "Aspect",
    "BasisLevel",
    "Category",
    "Classification",
    "Clause",
    "ClauseFinding",
    "Effect",
    "EndToEnd",
    "ExemptionGround",
    "Facts",
    "Finding",
    "Leverage",
    "Measure",
    "MeasureKind",
    "PolicyRevision",
    "Reason",
    "Reclassification",
    "Service",
    "ServiceAdvice",
    "Step",
    "Warning",
    "Yardstick",
    "advise_service",
    "classify",
    "describe",
    "describe_change",
    "describe_end_to_end",
    "end_to_end",
    "explain",
    "label",
    "leverage_of",
    "measures_for",
    "measures_of",
    "needs_consultation",
    "reclassify",
    "strongest",
]
