"""What the policy says of one procedure, in words for its page. Pure: facts in, dataclasses out."""

from dataclasses import dataclass, replace

from procedures.rules import (
    Answer,
    Aspect,
    Category,
    Classification,
    ExemptionGround,
    Facts,
    Measure,
    PolicyRevision,
    Service,
    ServiceAdvice,
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
    """What must change for clause 3(1)② to hold: an aspect, its answer now, the reviews for it.

    ``accepted`` are the answers with which it would hinder no more.
    """

    code: str
    aspect: str
    answer: str
    accepted: str
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
    """What an exemption does once it is confirmed: whether it holds, and the category then."""

    holds: bool
    warnings: tuple[str, ...]
    category: Category


def judge(facts: Facts, chosen: Service | None, policy: PolicyRevision) -> Judgement:
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
        path=_path(facts, classification, measures, policy),
        extra_measures=tuple(measure for measure in measures if measure.aspect is None),
        service=_service(facts, chosen),
    )


def prospect_of(facts: Facts, ground: ExemptionGround, policy: PolicyRevision) -> Prospect:
    """What ``facts`` become when an exemption on ``ground`` is confirmed."""
    result = classify(replace(facts, exemption=ground), policy)
    holds = result.category is Category.EXEMPT
    return Prospect(holds, _sentences(result.warnings), result.category)


def _path(
    facts: Facts,
    classification: Classification,
    measures: tuple[Measure, ...],
    policy: PolicyRevision,
) -> tuple[Hindrance, ...]:
    return tuple(
        Hindrance(
            code=aspect.value,
            aspect=label(aspect),
            answer=label(facts.answers[aspect]),
            accepted="、".join(label(one) for one in Answer if one in policy.accepted[aspect]),
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
        clause=_ground(advice),
        differs=chosen is not None and chosen is not advice.service,
        needs_consultation=chosen is not None and needs_consultation(facts, chosen),
    )


def advice_words(advice: ServiceAdvice) -> str:
    """The advice with its ground in one piece: 「汎用電子申請（4 …）」."""
    return f"「{label(advice.service)}」（{_ground(advice)}）"


def _ground(advice: ServiceAdvice) -> str:
    return f"{CLAUSE_NUMBERS[advice.ground]} {label(advice.ground)}"


def _sentences(warnings: tuple[Warning, ...]) -> tuple[str, ...]:
    return tuple(label(warning) for warning in warnings)
