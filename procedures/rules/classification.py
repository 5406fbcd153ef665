"""What the policy decides about one procedure, and clause by clause why."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from .facts import (
    ASPECTS,
    Answer,
    Aspect,
    BasisLevel,
    Category,
    Clause,
    ExemptionGround,
    Facts,
    Warning,
)
from .revisions import POLICY_2024, PolicyRevision


class Finding(StrEnum):
    """Whether a condition of a clause is met (該当)."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a finding is what it is, as a code; `wording.describe` says it in words."""

    LISTED = "listed"
    NOT_LISTED = "not_listed"
    LIST_NOT_HONOURED = "list_not_honoured"
    ANSWER_ACCEPTED = "answer_accepted"
    ANSWER_HINDERS = "answer_hinders"
    ANSWER_MISSING = "answer_missing"
    EXEMPTION_HOLDS = "exemption_holds"
    EXEMPTION_NOT_DECIDED = "exemption_not_decided"
    EXEMPTION_GROUND_MISMATCH = "exemption_ground_mismatch"
    EXEMPTION_BASIS_UNKNOWN = "exemption_basis_unknown"


@dataclass(frozen=True, slots=True)
class Classification:
    """The category of a procedure with everything that it rests on.

    `obstacles`, `unanswered` and `resolved` follow the order of the
    enum and are reported in every category.
    """

    category: Category
    grounds: tuple[Clause, ...]
    obstacles: tuple[Aspect, ...]
    unanswered: tuple[Aspect, ...]
    resolved: tuple[Aspect, ...]
    warnings: tuple[Warning, ...]

    @property
    def path_to_priority(self) -> tuple[Aspect, ...]:
        """The aspects that must change for clause 3(1)② to hold, obstacles first."""
        return self.obstacles + self.unanswered


@dataclass(frozen=True, slots=True)
class ClauseFinding:
    """One condition of one clause, with what its finding rests on.

    `aspect` and `answer` are set for clause 3(1)②, `ground` and `basis` for clause 6.
    """

    clause: Clause
    reason: Reason
    aspect: Aspect | None = None
    answer: Answer | None = None
    ground: ExemptionGround | None = None
    basis: BasisLevel | None = None

    @property
    def finding(self) -> Finding:
        """Whether the condition is met; it follows from the reason."""
        return FINDING_OF[self.reason]


def classify(facts: Facts, policy: PolicyRevision = POLICY_2024) -> Classification:
    """The category of a procedure under one edition of the policy.

    Total: it never raises on facts and a policy of the declared types.
    """
    survey = _survey(_answers_in_order(facts), tuple(policy.accepted.values()))
    exemption = _exemption_reason(facts, policy)
    warnings = _WARNINGS_OF.get(exemption, ())
    if exemption is Reason.EXEMPTION_HOLDS:
        category = Category.EXEMPT
        grounds: tuple[Clause, ...] = (EXEMPTION_CLAUSES[facts.exemption],)
        if facts.national_priority:
            warnings = (Warning.EXEMPT_BUT_NATIONAL_PRIORITY,)
    else:
        grounds = _priority_grounds(
            is_listed=_list_reason(facts, policy) is Reason.LISTED,
            is_clear=not (survey.obstacles or survey.unanswered),
        )
        category = Category.PRIORITY if grounds else Category.PENDING
    return Classification(category, grounds or (Clause.REVIEW,), *survey, warnings)


def explain(facts: Facts, policy: PolicyRevision = POLICY_2024) -> tuple[ClauseFinding, ...]:
    """One finding per condition that was looked at: 3(1)①, the seven of 3(1)②, 6.

    The category follows from the findings: exempt where 6 holds, else priority where 3(1)① or all
    seven conditions of 3(1)② hold, else pending.
    """
    return (
        ClauseFinding(Clause.NATIONAL_LIST, _list_reason(facts, policy)),
        *(
            ClauseFinding(
                Clause.NO_HINDRANCE, _answer_reason(answer, policy.accepted[aspect]), aspect, answer
            )
            for aspect, answer in facts.answers.items()
        ),
        ClauseFinding(
            Clause.EXEMPTION,
            _exemption_reason(facts, policy),
            ground=facts.exemption,
            basis=facts.basis,
        ),
    )


class _Survey(NamedTuple):
    """The aspects in the way, those still unanswered, those already replaced by an online step."""

    obstacles: tuple[Aspect, ...]
    unanswered: tuple[Aspect, ...]
    resolved: tuple[Aspect, ...]


@lru_cache(maxsize=2**15)
def _survey(answers: tuple[Answer, ...], accepted: tuple[frozenset[Answer], ...]) -> _Survey:
    """Clause 3(1)②, all seven conditions.

    An inventory holds few of the 4**7 possible rows of answers, so each is worked out once.
    """
    obstacles: list[Aspect] = []
    unanswered: list[Aspect] = []
    resolved: list[Aspect] = []
    for aspect, answer, suffices in zip(ASPECTS, answers, accepted, strict=True):
        reason = _answer_reason(answer, suffices)
        if reason is Reason.ANSWER_HINDERS:
            obstacles.append(aspect)
        elif reason is Reason.ANSWER_MISSING:
            unanswered.append(aspect)
        elif answer == Answer.ONLINE and aspect in REPLACEABLE:
            resolved.append(aspect)
    return _Survey(tuple(obstacles), tuple(unanswered), tuple(resolved))


def _answer_reason(answer: Answer, accepted: frozenset[Answer]) -> Reason:
    """Clause 3(1)②, one condition."""
    if answer in accepted:
        return Reason.ANSWER_ACCEPTED
    if answer == Answer.UNKNOWN:
        return Reason.ANSWER_MISSING
    return Reason.ANSWER_HINDERS


def _list_reason(facts: Facts, policy: PolicyRevision) -> Reason:
    """Clause 3(1)①."""
    if not facts.national_priority:
        return Reason.NOT_LISTED
    return Reason.LISTED if policy.honours_national_list else Reason.LIST_NOT_HONOURED


def _exemption_reason(facts: Facts, policy: PolicyRevision) -> Reason:
    """Clause 6: an exemption is somebody's decision, never derived from the answers."""
    if facts.exemption == ExemptionGround.NONE:
        return Reason.EXEMPTION_NOT_DECIDED
    if facts.exemption in policy.exemption_grounds[facts.basis]:
        return Reason.EXEMPTION_HOLDS
    if facts.basis == BasisLevel.UNKNOWN:
        return Reason.EXEMPTION_BASIS_UNKNOWN
    return Reason.EXEMPTION_GROUND_MISMATCH


def _priority_grounds(*, is_listed: bool, is_clear: bool) -> tuple[Clause, ...]:
    """Clause 3(1): ① before ② where both hold."""
    if is_listed:
        both = (Clause.NATIONAL_LIST, Clause.NO_HINDRANCE)
        return both if is_clear else (Clause.NATIONAL_LIST,)
    return (Clause.NO_HINDRANCE,) if is_clear else ()


FINDING_OF: Mapping[Reason, Finding] = {
    Reason.LISTED: Finding.HOLDS,
    Reason.NOT_LISTED: Finding.FAILS,
    Reason.LIST_NOT_HONOURED: Finding.FAILS,
    Reason.ANSWER_ACCEPTED: Finding.HOLDS,
    Reason.ANSWER_HINDERS: Finding.FAILS,
    Reason.ANSWER_MISSING: Finding.UNKNOWN,
    Reason.EXEMPTION_HOLDS: Finding.HOLDS,
    Reason.EXEMPTION_NOT_DECIDED: Finding.FAILS,
    Reason.EXEMPTION_GROUND_MISMATCH: Finding.FAILS,
    Reason.EXEMPTION_BASIS_UNKNOWN: Finding.UNKNOWN,
}

EXEMPTION_CLAUSES: Mapping[ExemptionGround, Clause] = {
    ExemptionGround.ORDINANCE_ART7: Clause.EXEMPTION_ORDINANCE,
    ExemptionGround.RULE_ART16: Clause.EXEMPTION_RULE,
    ExemptionGround.NATIONAL_LIST: Clause.EXEMPTION_NATIONAL,
}
"""The clause key of each ground; NONE has none, because it never holds."""

REPLACEABLE: frozenset[Aspect] = frozenset(
    {Aspect.IN_PERSON, Aspect.PHYSICAL_ITEM, Aspect.DELIVERABLE, Aspect.PAYMENT}
)
"""The aspects whose online answer says that clause 3(2) has been worked through for them."""

_WARNINGS_OF: Mapping[Reason, tuple[Warning, ...]] = {
    Reason.EXEMPTION_GROUND_MISMATCH: (Warning.EXEMPTION_GROUND_MISMATCH,),
    Reason.EXEMPTION_BASIS_UNKNOWN: (Warning.EXEMPTION_BASIS_UNKNOWN,),
}

_answers_in_order = attrgetter(*Aspect)
