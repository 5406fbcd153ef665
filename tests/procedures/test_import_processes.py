"""Imports in processes of their own: killed at any moment, confirmed by many, raced by editors.

The numbers are small so that the suite stays short; ``DX_TEST_RACES``, ``DX_TEST_KILLS`` and
``DX_TEST_LIST`` (a file) make them as large as one likes.
"""

import os
import random
import time
from collections import Counter

RACES = int(os.environ.get("DX_TEST_RACES", "2"))
KILLS = int(os.environ.get("DX_TEST_KILLS", "3"))
LIST = os.environ.get("DX_TEST_LIST", "")
WORK = "tests.office_work"
ROWS = 40


def test_a_page_starts_a_process_that_reads_and_says_how_far_it_is(office):
    done = office.call(f"{WORK}:preview_by_page", 2_000)
    assert (done["run"], done["new"]) == ("previewed", 2_000)
    assert "台帳と比べています" in done["steps"]


def test_eight_processes_confirm_one_preview_and_it_is_applied_once(office):
    run = office.call(f"{WORK}:preview_rows", ROWS, {})
    answers = office.call_together(f"{WORK}:apply", [[run]] * 8)
    assert Counter(answers) == {"applied": 1, "NotApplicable": 7}
    state = office.call(f"{WORK}:state", run)
    assert (state["procedures"], state["history"]) == (ROWS, ROWS)


def test_no_acknowledged_edit_is_lost_in_a_race_with_an_import(office):
    first = office.call(f"{WORK}:preview_rows", ROWS, {})
    assert office.call(f"{WORK}:apply", first) == "applied"
    written = {}
    for race in range(RACES):
        note = f"取込{race}"
        run = office.call(f"{WORK}:preview_rows", ROWS, {"備考": note, "担当者": None})
        importer = office.start(f"{WORK}:apply_until_done", run)
        editors = [
            office.start(f"{WORK}:edit_at_random", 10 * race + editor, ROWS, 40)
            for editor in range(3)
        ]
        acknowledged = [edit for editor in editors for edit in editor.answer()]
        importer.answer()
        for pk, field, value in acknowledged:
            written[str(pk), field, value] = note
    histories = office.call(f"{WORK}:histories", ROWS)
    for (pk, field, value), note in written.items():
        assert_not_lost(histories[pk][field], value, note)
    for history in histories.values():
        for rows in history.values():
            versions = [version for version, _, _ in rows]
            assert versions == list(range(1, len(rows) + 1)), "every write is one version"
    assert any(value.startswith("取込") for rows in histories.values()
               for _, value, _ in rows["note"])  # fmt: skip


def assert_not_lost(rows, value, note):
    """The edit is in the history, and no import that was previewed before it has undone it."""
    values = [each for _, each, _ in rows]
    place = values.index(value)
    after = values[place + 1 :]
    # The import may write its note over it only after it was compared again, and says it once.
    assert after.count(note) <= 1
    assert rows[place][2] == "inline"


def test_a_kill_at_any_moment_of_an_apply_leaves_all_or_nothing(office, tmp_path):
    chance = random.Random(20261124)
    run = (
        office.call(f"{WORK}:preview_file", LIST)
        if LIST
        else office.call(f"{WORK}:preview_rows", 600, {})
    )
    whole, seconds = measure(office, run, tmp_path / "measured")
    run = office.call(f"{WORK}:recover", run)["next"]
    found = Counter()
    # A busy machine may let the first few finish; some must be caught in the middle.
    for kill in range(3 * KILLS):
        if kill >= KILLS and found["broken_off"]:
            break
        mark = tmp_path / f"begun-{kill}"
        process = office.start(f"{WORK}:apply", run, str(mark))
        wait_for(mark)
        time.sleep(chance.random() * seconds * 1.1)
        process.kill()
        recovered = office.call(f"{WORK}:recover", run)
        state = recovered["found"]
        content = (state["procedures"], state["bases"], state["history"])
        assert content in (whole, (0, 0, 0)), state
        assert state["is_classified"]
        assert (state["run"] == "applied") == (content == whole), state
        if content != whole:
            assert state["run"] in ("broken_off", "previewed"), state
            assert (state["run"] == "broken_off") == bool(state["message"])
        found[state["run"]] += 1
        run = recovered["next"]
    kills = f"{found.total()} kills within {seconds:.1f} s of an apply of {whole[0]} rows"
    print(f"\n{kills}: {dict(found)}")  # noqa: T201 - the figures, for whoever asks with -s
    assert found["broken_off"], "no kill came in time"


def measure(office, run, mark):
    """What a whole apply leaves, and how long it takes."""
    process = office.start(f"{WORK}:apply", run, str(mark))
    wait_for(mark)
    begun = time.monotonic()
    assert process.answer() == "applied"
    seconds = time.monotonic() - begun
    state = office.call(f"{WORK}:state", run)
    return (state["procedures"], state["bases"], state["history"]), seconds


def wait_for(mark):
    """Until the file is there."""
    until = time.monotonic() + 60
    while not mark.exists():
        assert time.monotonic() < until
        time.sleep(0.01)
