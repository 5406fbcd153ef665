"""What the policy says of one procedure, in words for its page. Pure: facts in, dataclasses out."""

from dataclasses import dataclass, replace

from procedures.rules import (
    POLICY_2024,
    Aspect,
    BasisLevel,
    Category,
    Classification,
    ExemptionGround,
    Facts,
    Measure,
    PolicyRevision,
    Service,
    Warning,
    advise_service,
    classify,
    describe,
    explain,
    label,
    measures_of,
    needs_consultation,
)
from procedures.rules.wording import CLAUSE_NUMBERS


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """One clause that was looked at: ``kind`` is the code of its finding, ``mark`` the word."""

    kind: str
    mark: str
    clause: str
    text: str


@dataclass(frozen=True, slots=True)
class Hindrance:
    """What must change for clause 3(1)② to hold: an aspect, its answer now, the reviews for it."""

    code: str
    aspect: str
    answer: str
    is_unanswered: bool
    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True)
class ServiceView:
    """The service of clause 4, and what there is to say of the one that the plan names."""

    advised: Service
    label: str
    clause: str
    differs: bool
    needs_consultation: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """The whole of it; ``extra_measures`` are those that belong to no aspect."""

    category: Category
    findings: tuple[ShownFinding, ...]
    warnings: tuple[str, ...]
    path: tuple[Hindrance, ...]
    extra_measures: tuple[Measure, ...]
    service: ServiceView


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a proposed exemption would do once it is confirmed."""

    holds: bool
    warnings: tuple[str, ...]


def judge(facts: Facts, chosen: Service | None, policy: PolicyRevision = POLICY_2024) -> Judgement:
    """The judgement on ``facts``; ``chosen`` is the kind of the plan's service, if it names one."""
    classification = classify(facts, policy)
    measures = measures_of(facts, classification)
    return Judgement(
        category=classification.category,
        findings=tuple(
            ShownFinding(
                kind=finding.finding.value,
                mark=label(finding.finding),
                clause=CLAUSE_NUMBERS[finding.clause],
                text=describe(finding),
            )
            for finding in explain(facts, policy)
        ),
        warnings=_sentences(classification.warnings),
        path=_path(facts, classification, measures),
        extra_measures=tuple(measure for measure in measures if measure.aspect is None),
        service=_service(facts, chosen),
    )


def prospect_of(
    facts: Facts, ground: ExemptionGround, policy: PolicyRevision = POLICY_2024
) -> Prospect:
    """What ``facts`` become when an exemption on ``ground`` is confirmed."""
    result = classify(replace(facts, exemption=ground), policy)
    return Prospect(result.category is Category.EXEMPT, _sentences(result.warnings))


def fitting_grounds(basis: BasisLevel, policy: PolicyRevision = POLICY_2024) -> tuple[str, ...]:
    """The grounds of clause 6 that hold for ``basis``, in words."""
    holding = policy.exemption_grounds[basis]
    return tuple(label(ground) for ground in ExemptionGround if ground in holding)


def _path(
    facts: Facts, classification: Classification, measures: tuple[Measure, ...]
) -> tuple[Hindrance, ...]:
    return tuple(
        Hindrance(
            code=aspect.value,
            aspect=label(aspect),
            answer=label(facts.answers[aspect]),
            is_unanswered=aspect in classification.unanswered,
            measures=_of(aspect, measures),
        )
        for aspect in classification.path_to_priority
    )


def _of(aspect: Aspect, measures: tuple[Measure, ...]) -> tuple[Measure, ...]:
    return tuple(measure for measure in measures if measure.aspect is aspect)


def _service(facts: Facts, chosen: Service | None) -> ServiceView:
    advice = advise_service(facts)
    return ServiceView(
        advised=advice.service,
        label=label(advice.service),
        clause=f"{CLAUSE_NUMBERS[advice.ground]} {label(advice.ground)}",
        differs=chosen is not None and chosen is not advice.service,
        needs_consultation=chosen is not None and needs_consultation(facts, chosen),
    )


def _sentences(warnings: tuple[Warning, ...]) -> tuple[str, ...]:
    return tuple(label(warning) for warning in warnings)
