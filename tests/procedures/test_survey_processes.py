"""The survey in processes of its own: started by a page, killed within, begun again."""

from tests.procedures.test_import_processes import wait_for

WORK = "tests.survey_work"
ROWS = 300


def test_a_kill_within_leaves_the_old_edition_whole_and_it_can_be_begun_again(office, tmp_path):
    first = office.call(f"{WORK}:begin")
    assert (first["table"], first["rows"], first["linked"]) == (
        ["not_started"],
        ROWS,
        "not_started",
    )

    by_page = office.call(f"{WORK}:load_by_page", "二つ目", "1 実施済")
    assert (by_page["table"], by_page["linked"]) == (["online"], "online")
    assert by_page["differences"] == ROWS
    whole = {name: by_page[name] for name in ("table", "rows", "linked", "differences")}

    # While the file is being understood, and between the writing and its end.
    for step in ("read_table", "write_references"):
        mark = tmp_path / step
        process = office.start(f"{WORK}:load_until", step, "3 適用除外", step, str(mark))
        wait_for(mark)
        process.kill()
        after = office.call(f"{WORK}:state")
        assert {name: after[name] for name in whole} == whole
        assert after["editions"][step] == "broken_off"
        if step == "read_table":
            done = office.call(f"{WORK}:load_again")
            assert (done["table"], done["linked"]) == (["exempt"], "exempt")
            assert done["differences"] == 2 * ROWS
            whole = {name: done[name] for name in whole}
