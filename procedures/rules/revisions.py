"""The editions of the policy as data: what each accepts, honours and exempts (clause 7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from .facts import Answer, Aspect, BasisLevel, ExemptionGround


@dataclass(frozen=True, slots=True)
class PolicyRevision:
    """One edition of the policy (方針の版), immutable.

    `accepted` gives the answers that put nothing in the way, `exemption_grounds` the grounds that
    hold for a legal basis. Both are completed on construction: whatever is left out accepts or
    exempts nothing, `Answer.UNKNOWN` is never accepted and `ExemptionGround.NONE` never holds.
    """

    key: str
    effective_from: date
    honours_national_list: bool
    accepted: Mapping[Aspect, frozenset[Answer]]
    exemption_grounds: Mapping[BasisLevel, frozenset[ExemptionGround]]

    def __post_init__(self) -> None:
        accepted = {
            aspect: frozenset(self.accepted.get(aspect, ())) - {Answer.UNKNOWN} for aspect in Aspect
        }
        grounds = {
            basis: frozenset(self.exemption_grounds.get(basis, ())) - {ExemptionGround.NONE}
            for basis in BasisLevel
        }
        object.__setattr__(self, "accepted", MappingProxyType(accepted))
        object.__setattr__(self, "exemption_grounds", MappingProxyType(grounds))


_NO_HINDRANCE = frozenset({Answer.NOT_NEEDED, Answer.ONLINE})

POLICY_2024 = PolicyRevision(
    key="2024-04-01",
    effective_from=date(2024, 4, 1),
    honours_national_list=True,
    accepted={
        Aspect.IDENTITY_CHECK: _NO_HINDRANCE,
        Aspect.ATTACHMENTS: _NO_HINDRANCE,
        Aspect.IN_PERSON: _NO_HINDRANCE,
        Aspect.PHYSICAL_ITEM: _NO_HINDRANCE,
        Aspect.DELIVERABLE: _NO_HINDRANCE,
        Aspect.PAYMENT: _NO_HINDRANCE,
        Aspect.OTHER: _NO_HINDRANCE,
    },
    exemption_grounds={
        BasisLevel.NATIONAL: frozenset({ExemptionGround.NATIONAL_LIST}),
        BasisLevel.PREFECTURAL: frozenset(),
        BasisLevel.MUNICIPAL: frozenset(
            {ExemptionGround.ORDINANCE_ART7, ExemptionGround.RULE_ART16}
        ),
        BasisLevel.UNKNOWN: frozenset(),
    },
)
"""The edition in force from 1 April 2024 (令和6年4月1日)."""
