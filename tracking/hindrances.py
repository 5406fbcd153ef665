"""What stands in the way of what is not online yet, and what solving it frees. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from procedures.rules import Aspect, Leverage, Yardstick, leverage_of

Aspects = frozenset[Aspect]


class Bound(StrEnum):
    """What a procedure with obstacles counts for while some of its questions have no answer."""

    CERTAIN = "certain"
    """Nothing: only what is known is counted, so that at least this much is freed."""
    POSSIBLE = "possible"
    """As if nothing else stood in its way: at most this much is freed."""


@dataclass(frozen=True, slots=True)
class Amount:
    """So many procedures; their yearly applications where they are known, and of how many not."""

    procedure_count: int = 0
    application_count: int = 0
    unknown_count: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(
            self.procedure_count + other.procedure_count,
            self.application_count + other.application_count,
            self.unknown_count + other.unknown_count,
        )

    @property
    def is_volume_known(self) -> bool:
        """Whether the applications say anything: some volume is known, or there is no procedure."""
        return self.unknown_count < self.procedure_count or not self.procedure_count

    def weight(self, by: Yardstick) -> tuple[int, int]:
        """For comparing: what ``by`` counts, then the other figure."""
        if by == Yardstick.APPLICATIONS:
            return self.application_count, self.procedure_count
        return self.procedure_count, self.application_count


@dataclass(frozen=True, slots=True)
class Group:
    """The procedures that have exactly these obstacles and exactly these unanswered questions."""

    obstacles: Aspects
    unanswered: Aspects
    amount: Amount


@dataclass(frozen=True, slots=True)
class Hindrances:
    """What is in the way of the unfinished procedures of a unit, in groups that do not overlap."""

    groups: tuple[Group, ...]

    @classmethod
    def counted(
        cls, counts: Mapping[str, int], volumes: Mapping[str, int], unknown: Mapping[str, int]
    ) -> "Hindrances":
        """From the three counts of ``stats.Figures`` by "obstacles/unanswered"."""
        return cls(
            tuple(
                Group(*_sets(key), Amount(count, volumes.get(key, 0), unknown.get(key, 0)))
                for key, count in counts.items()
            )
        )

    @property
    def free(self) -> Amount:
        """Nothing is in the way of these, and all questions have their answer."""
        return _total(one for one in self.groups if not (one.obstacles or one.unanswered))

    @property
    def unsurveyed(self) -> Amount:
        """No obstacle is known of these, but some question has no answer."""
        return _total(one for one in self.groups if one.unanswered and not one.obstacles)

    def having(self, aspect: Aspect) -> Amount:
        """Those that ``aspect`` stands in the way of, alone or among others."""
        return _total(one for one in self.groups if aspect in one.obstacles)

    @property
    def usual_bound(self) -> Bound:
        """Only what is known is counted, unless nothing would be left to count."""
        return Bound.CERTAIN if self.held(Bound.CERTAIN) else Bound.POSSIBLE

    def held(self, bound: Bound) -> dict[Aspects, Amount]:
        """The procedures that count, by the exact set of obstacles in their way; none is empty."""
        found: dict[Aspects, Amount] = defaultdict(Amount)
        for one in self.groups:
            if one.obstacles and (bound == Bound.POSSIBLE or not one.unanswered):
                found[one.obstacles] += one.amount
        return dict(found)

    def freed(self, bound: Bound) -> dict[Aspects, Amount]:
        """What solving each set of obstacles would free beyond what is free; smaller sets first."""
        held = self.held(bound)
        known = leverage_of(_numbers(held)).effects
        # The same question about those alone whose volume is not known.
        unknown = leverage_of({key: (one.unknown_count, 0) for key, one in held.items()}).effects
        return {
            solved: Amount(
                effect.procedure_count, effect.application_count, unknown[solved].procedure_count
            )
            for solved, effect in known.items()
            if solved
        }

    def leverage(self, bound: Bound, by: Yardstick) -> Leverage:
        """The orders of solving, counted without what is free already."""
        return leverage_of(_numbers(self.held(bound)), by)

    def next_step(self, bound: Bound, by: Yardstick) -> Aspects | None:
        """The smallest set that frees something, of those the one that frees most; or None.

        One obstacle wherever one is enough: then it is the first of the greedy order.
        """
        held = self.held(bound)
        if not held:
            return None
        # A set smaller than every one that occurs frees nothing, one as small frees its own alone.
        size = min(map(len, held))
        smallest = sorted((one for one in held if len(one) == size), key=_places)
        return max(smallest, key=lambda one: held[one].weight(by))


def in_turn(aspects: Aspects) -> list[Aspect]:
    """The members of a set in the order of the enum."""
    return [aspect for aspect in Aspect if aspect in aspects]


def _places(aspects: Aspects) -> list[int]:
    return [place for place, aspect in enumerate(Aspect) if aspect in aspects]


def _sets(key: str) -> tuple[Aspects, Aspects]:
    obstacles, _, unanswered = key.partition("/")
    return frozenset(map(Aspect, obstacles.split())), frozenset(map(Aspect, unanswered.split()))


def _numbers(held: Mapping[Aspects, Amount]) -> dict[Aspects, tuple[int, int]]:
    return {key: (one.procedure_count, one.application_count) for key, one in held.items()}


def _total(groups: Iterable[Group]) -> Amount:
    return sum((one.amount for one in groups), Amount())
