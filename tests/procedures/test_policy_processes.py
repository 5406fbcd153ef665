"""Adoptions in processes of their own: killed in the middle, raced by editors and an import."""

import time

from tests.procedures.test_import_processes import wait_for

WORK = "tests.office_work"
POLICY = "tests.policy_work"
ROWS = 40
MANY = 600


def filled(office, count):
    """An inventory of so many rows, and the draft."""
    run = office.call(f"{WORK}:preview_rows", count, {})
    assert office.call(f"{WORK}:apply", run) == "applied"
    return office.call(f"{POLICY}:set_up")


def test_a_kill_in_the_middle_of_an_adoption_leaves_the_old_edition_whole(office, tmp_path):
    draft = filled(office, MANY)
    before = office.call(f"{POLICY}:state")
    assert (before["in_force"], before["differences"]) == ("2024-04-01", 0)
    for kill, wait in enumerate((0.05, 0.2, 0.4)):
        mark = tmp_path / f"begun-{kill}"
        process = office.start(f"{POLICY}:adopt", draft, str(mark))
        wait_for(mark)
        time.sleep(wait)
        process.kill()
        found = office.call(f"{POLICY}:state")
        if found["in_force"] == "strict":  # the machine was faster than the kill
            assert (found["keys"], found["revised"]) == (["strict"], MANY)
            break
        assert found == before
    else:
        office.call(f"{POLICY}:adopt", draft)
    after = office.call(f"{POLICY}:state")
    assert (after["in_force"], after["keys"], after["acts"]) == ("strict", ["strict"], 1)
    assert after["differences"] == 0


def test_no_procedure_ends_with_another_policys_result_whoever_writes_meanwhile(office):
    draft = filled(office, ROWS)
    run = office.call(f"{WORK}:preview_rows", ROWS + 20, {"備考": "取込"})
    others = [
        office.start(f"{WORK}:apply_until_done", run),
        *(office.start(f"{WORK}:edit_at_random", seed, ROWS, 40) for seed in (1, 2)),
        *(office.start(f"{POLICY}:add_procedures", seed, 20) for seed in (3, 4)),
    ]
    leader = office.start(f"{POLICY}:adopt_and_revert", draft, 3)
    for process in (leader, *others):
        process.answer()
    found = office.call(f"{POLICY}:state")
    assert (found["in_force"], found["keys"], found["differences"]) == ("strict", ["strict"], 0)
    assert found["acts"] == 7
