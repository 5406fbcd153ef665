"""What an edition of the policy says, and where two differ, in words. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from procedures.rules import (
    Answer,
    Aspect,
    BasisLevel,
    ExemptionGround,
    MeasureKind,
    PolicyRevision,
    label,
    measures_for,
)

NONE = "なし"
ANSWERED = tuple(answer for answer in Answer if answer is not Answer.UNKNOWN)
GROUNDS = tuple(ground for ground in ExemptionGround if ground is not ExemptionGround.NONE)
LIST_COUNTS = "国の優先手続一覧にある手続を優先とします。"
LIST_DOES_NOT_COUNT = "国の優先手続一覧にあることだけでは、優先としません。"
LIST_DIFFERS = {
    True: "国の優先手続一覧にある手続を、この版では優先とします（施行中の版ではしません）。",
    False: "国の優先手続一覧にある手続を、この版では優先としません（施行中の版ではします）。",
}
ANSWER_DIFFERS = {
    True: "「{aspect}」が「{answer}」なら、この版では支障なしとします（施行中の版では支障です）。",
    False: "「{aspect}」が「{answer}」でも、この版では支障とします（施行中の版では支障なしです）。",
}
GROUND_DIFFERS = {
    True: (
        "根拠区分「{basis}」の手続に、この版では{ground}による適用除外が使えます"
        "（施行中の版では使えません）。"
    ),
    False: (
        "根拠区分「{basis}」の手続に、この版では{ground}による適用除外が使えません"
        "（施行中の版では使えます）。"
    ),
}


@dataclass(frozen=True, slots=True)
class AcceptedRow:
    """Clause 3(1)② for one aspect: the answers that hinder nothing, and those that do."""

    aspect: str
    accepted: str
    hindering: str


@dataclass(frozen=True, slots=True)
class Parameters:
    """All that an edition decides; ``grounds`` are pairs of a basis and what holds for it."""

    national_list: str
    accepted: tuple[AcceptedRow, ...]
    grounds: tuple[tuple[str, str], ...]


def parameters(policy: PolicyRevision) -> Parameters:
    """The parameters of ``policy``, in the order of the enums."""
    return Parameters(
        national_list=LIST_COUNTS if policy.honours_national_list else LIST_DOES_NOT_COUNT,
        accepted=tuple(
            AcceptedRow(
                label(aspect),
                _joined(answer for answer in ANSWERED if answer in accepted),
                _joined(answer for answer in ANSWERED if answer not in accepted),
            )
            for aspect, accepted in policy.accepted.items()
        ),
        grounds=tuple(
            (label(basis), _joined(ground for ground in GROUNDS if ground in holding))
            for basis, holding in policy.exemption_grounds.items()
        ),
    )


def differences(policy: PolicyRevision, in_force: PolicyRevision) -> tuple[str, ...]:
    """A sentence on everything that ``policy`` decides otherwise than the edition in force."""
    return tuple(_differences(policy, in_force))


def measure_words(aspect: Aspect) -> str:
    """The reviews of clause 3(2) for ``aspect``."""
    return _joined(measure.kind for measure in measures_for(aspect, BasisLevel.MUNICIPAL))


def _differences(policy: PolicyRevision, in_force: PolicyRevision) -> Iterator[str]:
    if policy.honours_national_list != in_force.honours_national_list:
        yield LIST_DIFFERS[policy.honours_national_list]
    for aspect, accepted in policy.accepted.items():
        for answer in ANSWERED:
            if answer in accepted ^ in_force.accepted[aspect]:
                words = ANSWER_DIFFERS[answer in accepted]
                yield words.format(aspect=label(aspect), answer=label(answer))
    for basis, holding in policy.exemption_grounds.items():
        for ground in GROUNDS:
            if ground in holding ^ in_force.exemption_grounds[basis]:
                words = GROUND_DIFFERS[ground in holding]
                yield words.format(basis=label(basis), ground=label(ground))


def _joined(members: Iterable[Answer | ExemptionGround | MeasureKind]) -> str:
    return "、".join(map(label, members)) or NONE
