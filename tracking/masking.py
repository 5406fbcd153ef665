"""What of a procedure's yearly counts may be published, so that no small one can be worked out.

Pure. Why it is done this way: docs/decisions/0025-small-counts-cannot-be-worked-out.md.
"""

from dataclasses import dataclass
from enum import StrEnum

LEAST_LIMIT = 3
"""The smallest limit that hides anything: what is below 2 and not 0 can only be 1."""


class State(StrEnum):
    """What is published in the place of a number."""

    KNOWN = "known"  # the number itself
    UNKNOWN = "unknown"  # the city does not know it
    BELOW = "below_limit"  # it is at least 1 and below the limit
    WITHHELD = "withheld"  # beside the other numbers it would tell a small one
    NONE = "not_applicable"  # a share of no applications at all


@dataclass(frozen=True, slots=True)
class Shown:
    """A number as it is published; ``value`` is None unless it is ``KNOWN``."""

    state: State
    value: float | None = None


@dataclass(frozen=True, slots=True)
class ShownCounts:
    """年間件数, うちオンライン and 割合 (0 to 1) of one procedure, as they are published."""

    total: Shown
    online: Shown
    share: Shown


def masked(total: int | None, online: int | None, limit: int) -> ShownCounts:
    """What is published of ``total`` applications of which ``online`` came online.

    None is not known. Hidden are counts from 1 up to ``limit`` - 1, also that of the applications
    which did not come online; 0 is no small count, and with ``limit`` 0 none is. What is hidden
    could be at least two numbers, even for a reader who knows this function; for that ``limit``
    must be 0 or ``LEAST_LIMIT`` at least.
    """
    shown_total, shown_online = _count(total, limit), _count(online, limit)
    if (
        total is not None
        and online is not None
        and shown_total.state is State.KNOWN
        and 0 < online < total
        # Below twice the limit one of the two parts is small in any case: none stands out.
        and (total < 2 * limit or total - online < limit)
    ):
        shown_online = Shown(State.WITHHELD)
    return ShownCounts(shown_total, shown_online, _share(shown_total, shown_online))


def _count(count: int | None, limit: int) -> Shown:
    if count is None:
        return Shown(State.UNKNOWN)
    return Shown(State.BELOW) if 0 < count < limit else Shown(State.KNOWN, count)


def _share(total: Shown, online: Shown) -> Shown:
    """Online ÷ total, where both are published: a share of anything else would tell it."""
    if State.UNKNOWN in (total.state, online.state):
        return Shown(State.UNKNOWN)
    if total.value is None or online.value is None:
        return Shown(State.WITHHELD)
    if not total.value:
        return Shown(State.NONE)
    return Shown(State.KNOWN, online.value / total.value)
