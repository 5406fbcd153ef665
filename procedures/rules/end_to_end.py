"""Whether a procedure can be done from its application to its end without a visit (来庁不要)."""

from dataclasses import dataclass

from .classification import Finding
from .facts import Answer, Aspect, Facts


@dataclass(frozen=True, slots=True)
class EndToEnd:
    """HOLDS: nothing needs a visit or the post; FAILS: the ``remaining`` aspects do.

    UNKNOWN: nothing is known to, but the ``unanswered`` aspects may. Both in the enum's order.
    """

    verdict: Finding
    remaining: tuple[Aspect, ...] = ()
    unanswered: tuple[Aspect, ...] = ()


def end_to_end(facts: Facts) -> EndToEnd:
    """What the seven answers alone say; whatever a policy accepts, OFFLINE keeps people coming."""
    remaining = _answered(facts, Answer.OFFLINE)
    unanswered = _answered(facts, Answer.UNKNOWN)
    if remaining:
        return EndToEnd(Finding.FAILS, remaining, unanswered)
    if unanswered:
        return EndToEnd(Finding.UNKNOWN, remaining, unanswered)
    return EndToEnd(Finding.HOLDS)


def _answered(facts: Facts, answer: Answer) -> tuple[Aspect, ...]:
    return tuple(aspect for aspect, given in facts.answers.items() if given == answer)
