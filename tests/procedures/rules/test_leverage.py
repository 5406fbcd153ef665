"""Leverage against brute force over single procedures, all sets and all orders."""

from collections import defaultdict
from itertools import combinations, permutations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from procedures.rules import Aspect, Effect, Yardstick, leverage_of
from procedures.rules.leverage import _WEIGHTS

Procedure = tuple[frozenset[Aspect], int]
"""What stands in the way of one procedure, and its applications a year."""

EVERY_SET = [
    frozenset(some) for size in range(len(Aspect) + 1) for some in combinations(Aspect, size)
]
FEW_ASPECTS = tuple(Aspect)[1:6]
COMES_IN_A_PAIR = [
    *[(frozenset({Aspect.IN_PERSON, Aspect.PAYMENT}), 5)] * 10,
    (frozenset({Aspect.DELIVERABLE}), 900),
    (frozenset({Aspect.ATTACHMENTS}), 1),
]


def procedures_hindered_by(aspects: tuple[Aspect, ...]) -> st.SearchStrategy[list[Procedure]]:
    return st.lists(
        st.tuples(st.frozensets(st.sampled_from(aspects)), st.sampled_from((0, 1, 2, 1000))),
        max_size=25,
    )


def counted(procedures: list[Procedure]) -> dict[frozenset[Aspect], tuple[int, int]]:
    counts: dict[frozenset[Aspect], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for aspects, applications in procedures:
        procedure_count, application_count = counts[aspects]
        counts[aspects] = (procedure_count + 1, application_count + applications)
    return dict(counts)


def freed(procedures: list[Procedure], solved: frozenset[Aspect]) -> tuple[int, int]:
    """Walk through the procedures one by one, strike what is solved, count those left with none."""
    volumes = [
        volume for aspects, volume in procedures if not any(a not in solved for a in aspects)
    ]
    return len(volumes), sum(volumes)


def score(procedures: list[Procedure], order: tuple[Aspect, ...], by: Yardstick) -> tuple[int, int]:
    """The sums over the steps of an order of what is free after each, the yardstick's first."""
    after_each = [freed(procedures, frozenset(order[: n + 1])) for n in range(len(order))]
    first = 0 if by == "procedures" else 1
    return sum(pair[first] for pair in after_each), sum(pair[1 - first] for pair in after_each)


def in_the_way_of(procedures: list[Procedure]) -> tuple[Aspect, ...]:
    return tuple(aspect for aspect in Aspect if any(aspect in aspects for aspects, _ in procedures))


@settings(deadline=None)
@given(procedures=procedures_hindered_by(tuple(Aspect)))
def test_every_set_frees_what_brute_force_finds(procedures):
    effects = leverage_of(counted(procedures)).effects
    assert list(effects) == EVERY_SET
    for solved in EVERY_SET:
        assert effects[solved] == Effect(solved, *freed(procedures, solved))


@settings(deadline=None)
@given(procedures=procedures_hindered_by(FEW_ASPECTS), by=st.sampled_from(Yardstick))
@example(procedures=COMES_IN_A_PAIR, by=Yardstick.PROCEDURES)
def test_the_best_order_is_the_first_of_all_orders_with_the_largest_sum(procedures, by):
    orders = permutations(in_the_way_of(procedures))
    expected = max(orders, key=lambda order: score(procedures, order, by))
    order = tuple(step.aspect for step in leverage_of(counted(procedures), by).best_order)
    assert order == expected


@pytest.mark.parametrize("by", Yardstick)
def test_the_best_order_of_all_seven_aspects_beats_every_other(by):
    some_sets = EVERY_SET[1::9]
    procedures = [(aspects, 37 * n % 101) for n, aspects in enumerate(some_sets)]
    aspects = in_the_way_of(procedures)
    assert len(aspects) == 7
    order = tuple(step.aspect for step in leverage_of(counted(procedures), by).best_order)
    freed_by = {solved: freed(procedures, solved) for solved in EVERY_SET}
    first = 0 if by == "procedures" else 1

    def sum_of(one: tuple[Aspect, ...]) -> tuple[int, int]:
        pairs = [freed_by[frozenset(one[: n + 1])] for n in range(7)]
        return sum(pair[first] for pair in pairs), sum(pair[1 - first] for pair in pairs)

    assert order == max(permutations(aspects), key=sum_of)


@settings(deadline=None)
@given(procedures=procedures_hindered_by(tuple(Aspect)), by=st.sampled_from(Yardstick))
def test_the_greedy_order_takes_the_most_at_each_step(procedures, by):
    first = 0 if by == "procedures" else 1
    left = list(in_the_way_of(procedures))
    solved: frozenset[Aspect] = frozenset()
    for step in leverage_of(counted(procedures), by).greedy_order:
        gains = {}
        for aspect in left:
            pair = freed(procedures, solved | {aspect})
            gains[aspect] = (pair[first], pair[1 - first])
        assert step.aspect == next(a for a in left if gains[a] == max(gains.values()))
        left.remove(step.aspect)
        solved |= {step.aspect}
    assert left == []


@settings(deadline=None)
@given(procedures=procedures_hindered_by(tuple(Aspect)), by=st.sampled_from(Yardstick))
def test_each_step_carries_what_it_frees_and_what_is_free_after_it(procedures, by):
    leverage = leverage_of(counted(procedures), by)
    for order in (leverage.greedy_order, leverage.best_order):
        before = freed(procedures, frozenset())
        for position, step in enumerate(order, start=1):
            solved = frozenset(one.aspect for one in order[:position])
            after = freed(procedures, solved)
            assert step.effect == Effect(solved, *after)
            assert step.freed_procedure_count == after[0] - before[0]
            assert step.freed_application_count == after[1] - before[1]
            before = after


def test_the_best_order_solves_a_pair_that_the_greedy_one_puts_off():
    leverage = leverage_of(counted(COMES_IN_A_PAIR))
    assert [step.aspect for step in leverage.greedy_order] == [
        Aspect.DELIVERABLE,
        Aspect.ATTACHMENTS,
        Aspect.IN_PERSON,
        Aspect.PAYMENT,
    ]
    assert [step.aspect for step in leverage.best_order] == [
        Aspect.IN_PERSON,
        Aspect.PAYMENT,
        Aspect.DELIVERABLE,
        Aspect.ATTACHMENTS,
    ]


def test_counting_applications_can_turn_the_order():
    leverage = leverage_of(counted(COMES_IN_A_PAIR), Yardstick.APPLICATIONS)
    assert leverage.best_order[0].aspect is Aspect.DELIVERABLE


@pytest.mark.parametrize("by", Yardstick)
def test_the_other_figure_decides_between_equals(by):
    in_person, payment = frozenset({Aspect.IN_PERSON}), frozenset({Aspect.PAYMENT})
    more_on_payment = {
        Yardstick.PROCEDURES: {in_person: (2, 10), payment: (2, 11)},
        Yardstick.APPLICATIONS: {in_person: (2, 10), payment: (3, 10)},
    }
    leverage = leverage_of(more_on_payment[by], by)
    assert leverage.greedy_order[0].aspect is Aspect.PAYMENT
    assert leverage.best_order[0].aspect is Aspect.PAYMENT


def test_an_inventory_with_nothing_in_the_way_has_nothing_to_solve():
    for counts in ({}, {frozenset(): (3, 70)}, {frozenset({Aspect.PAYMENT}): (0, 0)}):
        leverage = leverage_of(counts)
        assert leverage.greedy_order == leverage.best_order == ()
        assert len(leverage.effects) == 128


def test_the_effects_cannot_be_changed():
    with pytest.raises(TypeError):
        leverage_of({}).effects[frozenset()] = None  # type: ignore[index]


def test_every_yardstick_has_its_weight():
    assert set(_WEIGHTS) == set(Yardstick)
