"""Backups while people write: each is one moment, with everything that was said to be saved.

``DX_TEST_BACKUPS`` says how many are made, restored and compared.
"""

import os
import time
from itertools import pairwise

import pytest

from operation.backup.archive import PARTIAL, read_manifest, verify
from operation.backup.making import PREFIX, complete_ones
from tests import offices

WORK = "tests.backup_work"
BACKUPS = int(os.environ.get("DX_TEST_BACKUPS", "2"))
WRITERS, ROWS, COPIES = 2, 6, 2
VERSIONED = {
    "procedures_procedure": "procedures_historicalprocedure",
    "tracking_migrationplan": "tracking_historicalmigrationplan",
}
# An entry is sealed after it was written, and the chain goes on.
SEALED = {"number", "previous", "hash"}
# What was added up is kept and made anew, and says nothing of its own.
MADE_ANEW = {"procedures_auditchain", "procedures_changeddepartment", "tracking_keptfigures"}


@pytest.fixture(scope="module")
def load(furnished_office, tmp_path_factory):
    """What came of writing and saving at the same time: backups, plain copies, and the source."""
    folder = tmp_path_factory.mktemp("load")
    stop = folder / "stop"
    with offices.office(furnished_office) as office:
        keys = office.call(f"{WORK}:procedures_to_write", ROWS)
        writers = [
            office.start(f"{WORK}:write", seed, keys[seed::WRITERS], str(stop))
            for seed in range(WRITERS)
        ]
        wait_until(lambda: len(list(folder.glob("stop?"))) == WRITERS)
        others = [
            office.start(f"{WORK}:backups", str(folder / "backups"), BACKUPS),
            office.start(f"{WORK}:torn_pairs", keys, 20),
        ]
        if "DATABASE_URL" not in office.settings:
            others.append(office.start(f"{WORK}:plain_copies", str(folder / "copies"), COPIES))
        made, torn, *copies = [process.answer() for process in others]
        time.sleep(0.2)
        stop.touch()
        edits = [edit for writer in writers for edit in writer.answer()]
        source = office.call(f"{WORK}:whole")
        yield {"made": made, "torn": torn, "copies": copies, "edits": edits, "source": source}


@pytest.mark.evidence
def test_a_backup_under_load_is_row_by_row_the_source_as_of_its_moment(load, evidence):
    compared = 0
    for folder, begun, ended in load["made"]:
        with offices.office() as place:
            restored = place.call(f"{WORK}:restored", folder)
        assert wrong_in(restored["whole"], load["source"], load["edits"], begun, ended) == []
        compared += sum(map(len, restored["whole"].values()))
        during = [edit for edit in load["edits"] if begun < edit[3] and edit[2] < ended]
        assert during, "nobody wrote while it was made"
    assert load["torn"], "the control, table after table, was never of two moments"
    without = control(load)
    evidence.says(
        "バックアップと復元",
        "書込みの最中に取ったバックアップは、別の場所に復元すると、ある一つの時点の元の内容と"
        "1行ずつ一致する。",
        f"保存{len(load['edits']):,}回の最中に{len(load['made'])}個を取り、すべて復元して"
        f"{compared:,}行を比べ、違いは0。保存済みと答えた変更の欠けも0。",
        f"表を1つずつ順に読む方法では、2つの表で食い違う組が{load['torn']}組できた。{without}",
    )


def control(load) -> str:
    """On SQLite: what a plain copy of the database's file is, by the same comparison."""
    if not load["copies"]:
        return ""
    (copies,) = load["copies"]
    with offices.office() as place:
        found = place.call(f"{WORK}:wholes", [folder for folder, *_ in copies])
    unusable = sum(
        copied is None or bool(wrong_in(copied, load["source"], load["edits"], begun, ended))
        for copied, (_, begun, ended) in zip(found, copies, strict=True)
    )
    assert unusable, "the control, a plain copy, was as good"
    return f"ファイルをそのまま写す方法では、{len(copies)}個のうち{unusable}個が壊れるか古かった。"


def wrong_in(found, source, edits, begun, ended):
    """What of ``found`` is not the source as of one moment between ``begun`` and ``ended``."""
    return [
        *not_in_source(found, source),
        *not_as_history_says(found),
        *not_of_its_moment(found, edits, begun, ended),
        *torn(found),
    ]


def not_in_source(found, source):
    """Rows that the source does not have as they are; live ones as its history says they were."""
    for table, rows in found.items():
        if table in MADE_ANEW:
            continue
        if table in VERSIONED:
            then = {(row["id"], row["version"]): row for row in source[VERSIONED[table]].values()}
            for row in rows.values():
                past = then.get((row["id"], row["version"]), {})
                if any(past.get(name) != value for name, value in row.items()):
                    yield f"{table} {row['id']}: not as version {row['version']} was"
            continue
        for key, row in rows.items():
            is_new = row.get("kind") in ("restore", "verification")
            if not is_new and without_seal(row) != without_seal(source[table].get(key, {})):
                yield f"{table} {key}: not as in the source"
        if not table.startswith(
            ("procedures_historical", "tracking_historical", "procedures_audit")
        ):
            for key in source[table].keys() - rows.keys():
                yield f"{table} {key}: missing"


def without_seal(row):
    return {name: value for name, value in row.items() if name not in SEALED}


def not_as_history_says(found):
    """Rows that are not what the newest entry of their history says, or histories with a gap."""
    for table, history in VERSIONED.items():
        versions = {}
        for entry in found[history].values():
            versions.setdefault(entry["id"], []).append(entry["version"])
        for row in found[table].values():
            written = sorted(versions.get(row["id"], []))
            if written != list(range(1, row["version"] + 1)):
                yield f"{table} {row['id']}: version {row['version']} with history {written[-3:]}"


def not_of_its_moment(found, edits, begun, ended):
    """Edits that were acknowledged before the beginning and lack, or begun after the end."""
    notes = {entry["note"] for entry in found["procedures_historicalprocedure"].values()}
    for _, value, edit_begun, edit_ended in edits:
        if edit_ended < begun and value not in notes:
            yield f"{value}: acknowledged before, and lost"
        if edit_begun > ended and value in notes:
            yield f"{value}: of later"
    numbers = sorted(
        entry["history_id"] for entry in found["tracking_historicalmigrationplan"].values()
    )
    if any(after <= before for before, after in pairwise(numbers)):
        yield "history: twice"


def torn(found):
    """Pairs of note and person that are of two acts."""
    notes = {row["id"]: row["note"] for row in found["procedures_procedure"].values()}
    for plan in found["tracking_migrationplan"].values():
        if notes.get(plan["procedure_id"]) != plan["assignee"]:
            yield f"procedure {plan['procedure_id']}: of two acts"


def test_a_kill_at_any_moment_leaves_no_half_backup(furnished_office, tmp_path):
    with offices.office(furnished_office) as office:
        broken_off = 0
        for _ in range(5):  # a busy machine may let the first ones finish
            process = office.start(f"{WORK}:backups", str(tmp_path), 50)
            wait_until(lambda: any(tmp_path.glob(f"*{PARTIAL}")))
            process.kill()
            broken_off += len(list(tmp_path.glob(f"*{PARTIAL}")))
            if broken_off:
                break
        assert broken_off
        # The next one removes what is left, and all that are there are whole.
        office.call(f"{WORK}:backups", str(tmp_path), 1)
    left = sorted(path.name for path in tmp_path.glob(f"{PREFIX}*"))
    assert left == sorted(complete_ones(tmp_path))
    for name in left:
        verify(tmp_path / name, read_manifest(tmp_path / name))


def wait_until(is_so):
    until = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < until
