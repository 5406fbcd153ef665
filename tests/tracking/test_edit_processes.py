"""Many people in processes of their own on a few rows: every saved edit is in the history."""

from collections import Counter
from itertools import pairwise

import pytest

WORK = "tests.office_work"
PEOPLE, EDITS, ROWS = 8, 50, 3
EDITS_OF_CONTROL = 15


@pytest.fixture
def race(office, tmp_path):
    """``race(compares, edits)``: eight people save so many edits each at the same time.

    Gives every saved edit (row and field, the value seen, the value saved), how many conflicts
    were answered, the values of each field in the order of their writing, and how many rows the
    edits left in the history.
    """

    def run(
        compares: bool, edits: int
    ) -> tuple[list[tuple[str, str, str]], int, dict[str, list[str]], int]:
        keys = office.call(f"{WORK}:contested_rows", ROWS)
        answers = office.call_together(
            f"{WORK}:edit_together",
            [[seed, keys, edits, compares, str(tmp_path), PEOPLE] for seed in range(PEOPLE)],
        )
        saved = [
            (f"{pk} {field}", seen, value)
            for answer in answers
            for pk, field, seen, value in answer["saved"]
        ]
        history = office.call(f"{WORK}:contested_values", keys)
        conflicts = sum(answer["conflicts"] for answer in answers)
        lost = len(overwritten_unseen(saved, history["values"]))
        kind = "compared" if compares else "not compared"
        print(  # noqa: T201 - the figures, for whoever asks with -s
            f"\n{PEOPLE} processes × {edits} edits, {kind}: "
            f"{len(saved)} saved, {conflicts} conflicts, {lost} lost"
        )
        return saved, conflicts, history["values"], history["count"]

    return run


def overwritten_unseen(
    saved: list[tuple[str, str, str]], values: dict[str, list[str]]
) -> list[str]:
    """The values that somebody overwrote who had seen an older one: work lost without a word."""
    seen_by_writer = {(cell, value): seen for cell, seen, value in saved}
    return [
        before
        for cell, written in values.items()
        for before, after in pairwise(written)
        if seen_by_writer[cell, after] != before
    ]


def test_eight_processes_save_fifty_edits_each_and_none_is_lost(race):
    saved, conflicts, values, count = race(True, EDITS)
    assert len(saved) == PEOPLE * EDITS
    written = Counter((cell, value) for cell, series in values.items() for value in series[1:])
    assert written == Counter((cell, value) for cell, _, value in saved), "each once, none else"
    assert count == len(saved)
    assert overwritten_unseen(saved, values) == []
    assert conflicts > 0, "nobody met anybody: the race was none"


def test_without_the_comparison_the_same_race_loses_edits(race):
    """The control: the test above can fail."""
    saved, conflicts, values, _ = race(False, EDITS_OF_CONTROL)
    assert len(saved) == PEOPLE * EDITS_OF_CONTROL
    assert conflicts == 0
    assert overwritten_unseen(saved, values)
