"""Both bounds of what solving obstacles frees, against a walk through single procedures."""

from collections import Counter
from dataclasses import dataclass
from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procedures.rules import Aspect, Yardstick
from tracking.hindrances import Amount, Bound, Hindrances, in_turn

EVERY_SET = [
    frozenset(some)
    for some in chain.from_iterable(combinations(Aspect, size) for size in range(1, 8))
]
PAYMENT, IN_PERSON = frozenset({Aspect.PAYMENT}), frozenset({Aspect.IN_PERSON})


@dataclass(frozen=True)
class One:
    """A procedure that is not online; ``volume`` is None where it is not known."""

    obstacles: frozenset[Aspect] = frozenset()
    unanswered: frozenset[Aspect] = frozenset()
    volume: int | None = None


def ones() -> st.SearchStrategy[list[One]]:
    aspects = st.frozensets(st.sampled_from(Aspect), max_size=4)
    one = st.builds(One, aspects, st.just(frozenset()) | aspects, st.sampled_from([None, 0, 3, 90]))
    return st.lists(one.map(lambda a: One(a.obstacles, a.unanswered - a.obstacles, a.volume)))


def hindrances_of(procedures: list[One]) -> Hindrances:
    counts, volumes, unknown = Counter(), Counter(), Counter()
    for one in procedures:
        key = f"{' '.join(in_turn(one.obstacles))}/{' '.join(in_turn(one.unanswered))}"
        counts[key] += 1
        volumes[key] += one.volume or 0
        unknown[key] += one.volume is None
    return Hindrances.counted(counts, volumes, unknown)


def amount(procedures: list[One]) -> Amount:
    known = [one.volume for one in procedures if one.volume is not None]
    return Amount(len(procedures), sum(known), len(procedures) - len(known))


@settings(deadline=None)
@given(procedures=ones())
def test_every_set_frees_what_brute_force_finds(procedures):
    found = hindrances_of(procedures)
    hindered = [one for one in procedures if one.obstacles]
    certain, possible = found.freed(Bound.CERTAIN), found.freed(Bound.POSSIBLE)
    assert list(certain) == list(possible) == EVERY_SET
    for solved in EVERY_SET:
        rows = [one for one in hindered if all(aspect in solved for aspect in one.obstacles)]
        assert possible[solved] == amount(rows)
        assert certain[solved] == amount([one for one in rows if not one.unanswered])


@settings(deadline=None)
@given(procedures=ones())
def test_free_unsurveyed_and_hindered_are_all_of_them(procedures):
    found = hindrances_of(procedures)
    unhindered = [one for one in procedures if not one.obstacles]
    assert found.free == amount([one for one in unhindered if not one.unanswered])
    assert found.unsurveyed == amount([one for one in unhindered if one.unanswered])
    everything = frozenset(Aspect)
    assert found.free + found.unsurveyed + found.freed(Bound.POSSIBLE)[everything] == amount(
        procedures
    )
    for aspect in Aspect:
        assert found.having(aspect) == amount(
            [one for one in procedures if aspect in one.obstacles]
        )


@settings(deadline=None)
@given(procedures=ones(), bound=st.sampled_from(Bound), by=st.sampled_from(Yardstick))
def test_the_next_step_is_the_best_of_the_smallest_sets_that_free_something(procedures, bound, by):
    found = hindrances_of(procedures)
    freed = {key: one for key, one in found.freed(bound).items() if one.procedure_count}
    step = found.next_step(bound, by)
    if not freed:
        assert step is None
        return
    size = min(map(len, freed))
    smallest = {key: one for key, one in freed.items() if len(key) == size}
    assert step == max(smallest, key=lambda key: smallest[key].weight(by))
    assert freed[step] == found.held(bound)[step]
    if size == 1:
        assert step == {found.leverage(bound, by).greedy_order[0].aspect}


def test_what_is_unanswered_counts_for_the_upper_bound_alone():
    found = hindrances_of([One(PAYMENT, IN_PERSON, 40), One(PAYMENT, volume=2), One(volume=7)])
    assert found.freed(Bound.CERTAIN)[PAYMENT] == Amount(1, 2, 0)
    assert found.freed(Bound.POSSIBLE)[PAYMENT] == Amount(2, 42, 0)
    assert (
        found.leverage(Bound.CERTAIN, Yardstick.PROCEDURES).best_order[-1].effect
        == (found.leverage(Bound.CERTAIN, Yardstick.PROCEDURES).effects[PAYMENT])
    )


def test_where_everything_comes_in_pairs_the_next_step_is_a_pair():
    both = PAYMENT | IN_PERSON
    found = hindrances_of([One(both), One(both), One(both | {Aspect.OTHER})])
    assert found.next_step(Bound.CERTAIN, Yardstick.PROCEDURES) == both


@pytest.mark.parametrize(
    ("found", "is_known"),
    [(Amount(), True), (Amount(2, 0, 2), False), (Amount(2, 0, 1), True), (Amount(1, 0, 0), True)],
)
def test_no_known_volume_is_not_a_volume_of_zero(found, is_known):
    assert found.is_volume_known is is_known
