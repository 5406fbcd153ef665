"""Small counts cannot be worked out: every published triple is tried against all that give it."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.masking import LEAST_LIMIT, Shown, ShownCounts, State, masked

LIMITS = (3, 4, 5, 10)


def known(value):
    return Shown(State.KNOWN, value)


BELOW, WITHHELD, UNKNOWN = Shown(State.BELOW), Shown(State.WITHHELD), Shown(State.UNKNOWN)


def possible(limit):
    """All pairs of counts worth telling apart, by what is published of them."""
    found = defaultdict(set)
    counts = [None, *range(4 * limit + 2)]
    for total in counts:
        for online in counts:
            if None in (total, online) or online <= total:
                found[masked(total, online, limit)].add((total, online))
    return found


@pytest.mark.parametrize("limit", LIMITS)
def test_whoever_knows_the_rule_is_left_with_two_numbers_for_each_hidden_one(limit):
    for shown, pairs in possible(limit).items():
        totals = {total for total, _ in pairs}
        onlines = {online for _, online in pairs}
        if shown.total.state in (State.BELOW, State.WITHHELD):
            assert len(totals) > 1, shown
        if shown.online.state in (State.BELOW, State.WITHHELD):
            assert len(onlines) > 1, shown


@pytest.mark.parametrize("limit", LIMITS)
def test_no_small_part_is_left_with_one_number(limit):
    """Small are 1 to limit - 1 of all, of the online ones and of the others."""
    for shown, pairs in possible(limit).items():
        for part in (
            lambda total, online: total,
            lambda total, online: online,
            lambda total, online: None if None in (total, online) else total - online,
        ):
            found = {part(*pair) for pair in pairs}
            if any(count is not None and 0 < count < limit for count in found):
                assert len(found) > 1, (shown, pairs)


@given(
    st.integers(0, 100_000),
    st.floats(0, 1),
    st.sampled_from(LIMITS),
)
def test_what_is_published_is_true_and_never_small(total, share, limit):
    online = round(total * share)
    shown = masked(total, online, limit)
    for part, count in ((shown.total, total), (shown.online, online)):
        if part.state is State.KNOWN:
            assert part.value == count
            assert count == 0 or count >= limit
        elif part.state is State.BELOW:
            assert 0 < count < limit
        else:
            assert part == WITHHELD
    if shown.share.state is State.KNOWN:
        assert shown.share.value == online / total
        assert State.KNOWN is shown.total.state is shown.online.state
        assert total - online == 0 or total - online >= limit
    elif shown.share.state is State.NONE:
        assert total == 0
    else:
        assert shown.share == WITHHELD


@given(st.none() | st.integers(0, 50), st.none() | st.integers(0, 50))
def test_without_a_limit_everything_that_is_known_is_shown(total, online):
    shown = masked(total, online, 0)
    assert shown.total == (UNKNOWN if total is None else known(total))
    assert shown.online == (UNKNOWN if online is None else known(online))


@pytest.mark.parametrize(
    ("total", "online", "expected"),
    [
        (100, 40, ShownCounts(known(100), known(40), known(0.4))),
        (100, 0, ShownCounts(known(100), known(0), known(0))),
        (100, 100, ShownCounts(known(100), known(100), known(1))),
        (0, 0, ShownCounts(known(0), known(0), Shown(State.NONE))),
        (9, 0, ShownCounts(BELOW, known(0), WITHHELD)),
        (9, 4, ShownCounts(BELOW, BELOW, WITHHELD)),
        (9, 9, ShownCounts(BELOW, BELOW, WITHHELD)),
        (100, 9, ShownCounts(known(100), BELOW, WITHHELD)),
        (100, 91, ShownCounts(known(100), WITHHELD, WITHHELD)),
        # 11 - 10 = 1 would stand alone if only it were withheld.
        (11, 10, ShownCounts(known(11), WITHHELD, WITHHELD)),
        (11, 1, ShownCounts(known(11), WITHHELD, WITHHELD)),
        (None, 4, ShownCounts(UNKNOWN, BELOW, UNKNOWN)),
        (100, None, ShownCounts(known(100), UNKNOWN, UNKNOWN)),
        (None, None, ShownCounts(UNKNOWN, UNKNOWN, UNKNOWN)),
    ],
)
def test_a_limit_of_ten(total, online, expected):
    assert masked(total, online, 10) == expected


def test_below_the_least_limit_a_hidden_count_would_be_certain():
    shown = masked(1, 0, LEAST_LIMIT - 1)
    assert shown.total == BELOW
    assert {total for total in range(10) if masked(total, 0, LEAST_LIMIT - 1) == shown} == {1}
