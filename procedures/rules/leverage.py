"""Which obstacle to solve first: what solving each set of aspects office-wide would free."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import combinations
from types import MappingProxyType

from .facts import ASPECTS, Aspect

Aspects = frozenset[Aspect]

Counts = Mapping[Aspects, tuple[int, int]]
"""Procedures, and their applications a year, by the exact set of aspects in their way."""


class Yardstick(StrEnum):
    """What an order of solving is to free early; the other figure decides between equals."""

    PROCEDURES = "procedures"
    APPLICATIONS = "applications"


@dataclass(frozen=True, slots=True)
class Effect:
    """What would have nothing left in the way with `aspects` solved, the already free included."""

    aspects: Aspects
    procedure_count: int
    application_count: int


@dataclass(frozen=True, slots=True)
class Step:
    """One aspect of an order: what it frees by itself, and the effect of all solved up to it."""

    aspect: Aspect
    freed_procedure_count: int
    freed_application_count: int
    effect: Effect


@dataclass(frozen=True, slots=True)
class Leverage:
    """The effect of each of the 128 sets of aspects, and two orders of solving them.

    `effects` lists smaller sets first. The orders hold every aspect that stands in some
    procedure's way, once. `greedy_order` takes the most at each step. `best_order` makes the sum of
    what is free after each step as large as it can be, which the greedy one misses where obstacles
    come in sets. Equal choices fall to the order of the enum.
    """

    effects: Mapping[Aspects, Effect]
    greedy_order: tuple[Step, ...]
    best_order: tuple[Step, ...]


Effects = Mapping[Aspects, Effect]
Weigh = Callable[[Effect], tuple[int, int]]


def leverage_of(counts: Counts, by: Yardstick = Yardstick.PROCEDURES) -> Leverage:
    """Weigh the obstacles of an inventory, from counts that are zero or more.

    The cost depends on the number of different sets (at most 128), not on that of procedures.
    """
    effects = {solved: _effect(solved, counts) for solved in _subsets()}
    in_the_way = frozenset().union(*(aspects for aspects, count in counts.items() if any(count)))
    occurring = tuple(aspect for aspect in ASPECTS if aspect in in_the_way)
    weigh = _WEIGHTS[by]
    return Leverage(
        MappingProxyType(effects),
        _steps(_greedy_order(effects, occurring, weigh), effects),
        _steps(_best_order(effects, occurring, weigh), effects),
    )


def _subsets() -> Iterator[Aspects]:
    for size in range(len(ASPECTS) + 1):
        yield from map(frozenset, combinations(ASPECTS, size))


def _effect(solved: Aspects, counts: Counts) -> Effect:
    freed = [count for aspects, count in counts.items() if aspects <= solved]
    return Effect(
        solved,
        sum(procedures for procedures, _ in freed),
        sum(applications for _, applications in freed),
    )


def _greedy_order(
    effects: Effects, aspects: tuple[Aspect, ...], weigh: Weigh
) -> tuple[Aspect, ...]:
    order: tuple[Aspect, ...] = ()
    while len(order) < len(aspects):
        left = (aspect for aspect in aspects if aspect not in order)
        order += (max(left, key=lambda aspect: weigh(effects[frozenset((*order, aspect))])),)
    return order


def _best_order(effects: Effects, aspects: tuple[Aspect, ...], weigh: Weigh) -> tuple[Aspect, ...]:
    @cache
    def continuation(solved: Aspects) -> tuple[tuple[int, int], tuple[Aspect, ...]]:
        """The largest sum that can still be gathered, and the first order that gathers it."""
        options = []
        for aspect in aspects:
            if aspect not in solved:
                first, second = weigh(effects[solved | {aspect}])
                (first_sum, second_sum), order = continuation(solved | {aspect})
                options.append(((first + first_sum, second + second_sum), (aspect, *order)))
        return max(options, key=lambda option: option[0], default=((0, 0), ()))

    return continuation(frozenset())[1]


def _steps(order: tuple[Aspect, ...], effects: Effects) -> tuple[Step, ...]:
    steps = []
    before = effects[frozenset()]
    for position, aspect in enumerate(order, start=1):
        after = effects[frozenset(order[:position])]
        steps.append(
            Step(
                aspect,
                after.procedure_count - before.procedure_count,
                after.application_count - before.application_count,
                after,
            )
        )
        before = after
    return tuple(steps)


_WEIGHTS: Mapping[Yardstick, Weigh] = {
    Yardstick.PROCEDURES: lambda effect: (effect.procedure_count, effect.application_count),
    Yardstick.APPLICATIONS: lambda effect: (effect.application_count, effect.procedure_count),
}
