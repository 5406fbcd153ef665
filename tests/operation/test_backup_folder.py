"""The form of a saved folder: whatever is changed in it is seen, and nothing outside is reached."""

import json
import os
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from operation.backup import manifest
from operation.backup.archive import (
    PARTIAL,
    read_manifest,
    seal_of,
    verify,
    writing,
)
from operation.backup.manifest import AuditHead, Kind, Manifest, Member, Refused, Table
from operation.backup.retention import superfluous

FLIPS = int(os.environ.get("DX_TEST_BACKUPS", "2")) * 150
AT = datetime(2026, 11, 26, 9, 30, 0, 123456, tzinfo=UTC)
SAID = Manifest(
    kind=Kind.BACKUP,
    made_at=AT,
    office="下関市",
    program="0.1.0",
    engine="sqlite",
    engine_version="3.40.1",
    migrations=("procedures.0001_initial",),
    tables=(Table("procedures_procedure", 3, "a" * 64, 7),),
    audit=AuditHead(5, "b" * 64),
    members=(),
)


@pytest.fixture
def folder(tmp_path):
    """A complete folder of three members, one of them empty."""
    target = tmp_path / "dx-backup-1"
    contents = {"database.sqlite3": random.Random(1).randbytes(5_000), "uploads/a/b.pdf": b"%PDF-"}
    with writing(target) as made:
        for name, content in {**contents, "uploads/empty": b""}.items():
            with made.open(name) as file:
                file.write(content)
        made.complete(replace(SAID, members=made.members))
    return target


def looked_at(folder):
    verify(folder, read_manifest(folder, Kind.BACKUP))


def test_a_manifest_comes_back_as_it_was(folder):
    said = read_manifest(folder)
    assert manifest.read(manifest.written(said)) == said
    assert [member.name for member in said.members] == [
        "database.sqlite3", "uploads/a/b.pdf", "uploads/empty",
    ]  # fmt: skip
    assert (said.size, said.rows) == (5_005, 3)
    looked_at(folder)


def test_it_can_be_checked_without_the_program(folder):
    digest, name = (folder / "manifest.sha256").read_text().split()
    assert sha256((folder / name).read_bytes()).hexdigest() == digest


@pytest.mark.evidence
def test_whatever_is_changed_anywhere_is_refused(folder, evidence):
    chance = random.Random(20261126)
    files = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]
    unseen_by_size = 0
    for _ in range(FLIPS):
        path = chance.choice(files)
        content = path.read_bytes()
        place = chance.randrange(len(content))
        is_cut = chance.random() < 0.3
        changed = (
            content[:place]
            if is_cut
            else content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)])
            + content[place + 1 :]
        )  # fmt: skip
        path.write_bytes(changed)
        unseen_by_size += len(changed) == len(content)
        with pytest.raises(Refused):
            looked_at(folder)
        path.write_bytes(content)
    looked_at(folder)
    assert unseen_by_size, "the control: names and sizes alone would have taken some of them"
    evidence.says(
        "バックアップと復元",
        "切れた、または書き換えられたバックアップは、復元の前に断る。",
        f"{FLIPS}通りの改変（任意の場所の1ビットの反転、切断）をすべて断った。",
        f"大きさだけを見る方法では、そのうち{unseen_by_size}通りを受け入れてしまう。",
    )


@pytest.mark.parametrize("name", ["database.sqlite3", "uploads/a/b.pdf", "uploads/empty"])
def test_a_missing_member_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(Refused, match=name):
        looked_at(folder)


def test_a_file_that_somebody_put_beside_does_no_harm(folder):
    (folder / "Thumbs.db").write_bytes(b"x")
    looked_at(folder)


def test_a_link_is_no_member(folder, tmp_path):
    path = folder / "database.sqlite3"
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refused, match="がありません"):
        looked_at(folder)


@pytest.mark.parametrize(
    "name", ["../x", "/etc/x", "uploads/../../x", "C:/x", "a\\..\\x", "uploads//x", "", "x\0y", "."]
)
def test_a_name_that_leads_outside_is_refused(folder, name):
    said = replace(read_manifest(folder), members=(Member(name, 1, "a" * 64),))
    resealed(folder, json.loads(manifest.written(said)))
    with pytest.raises(Refused, match="フォルダーの外"):
        looked_at(folder)


def test_a_newer_form_is_refused_with_its_number(folder):
    resealed(folder, json.loads(manifest.written(SAID)) | {"format": 2, "new": 1})
    with pytest.raises(Refused, match="新しい版のプログラム"):
        looked_at(folder)


@pytest.mark.parametrize("kept", [0, 1, 5])
def test_a_manifest_that_lacks_something_is_refused(folder, kept):
    said = json.loads(manifest.written(SAID))
    resealed(folder, dict(list(said.items())[:kept]))
    with pytest.raises(Refused, match="目録"):
        looked_at(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "x"}, {"made_at": 3}, {"members": 3}, {"members": [{"name": 1}]}, {"format": "1"},
        {"tables": [3]}, {"unknown": 1}, {"members": [{"name": "a", "size": "x", "sha256": "y"}]},
        {"members": [{"name": 3, "size": 1, "sha256": "a" * 64}]}, {"audit": None},
        {"members": [{"name": "a", "size": 1, "sha256": 3}]}, {"migrations": [3]},
        {"made_at": "2026-11-26T09:30:00"}, {"made_at": "9999-12-31T23:59:59+00:00"},
        {"tables": [{"name": "a", "rows": "x", "sha256": "a" * 64}]}, {"missing": [None]},
        {"tables": [{"name": "a", "rows": 1, "sha256": ""}]}, {"program": 1}, {"office": None},
        {"audit": {"number": None, "hash": ""}},
    ],
)  # fmt: skip
def test_a_manifest_of_nonsense_is_refused(folder, change):
    resealed(folder, json.loads(manifest.written(SAID)) | change)
    with pytest.raises(Refused, match="目録"):
        looked_at(folder)


def test_an_export_is_no_backup(folder):
    resealed(folder, json.loads(manifest.written(SAID)) | {"kind": "export"})
    with pytest.raises(Refused, match="書出し"):
        looked_at(folder)


def test_nothing_is_left_of_one_that_failed(tmp_path):
    with pytest.raises(ZeroDivisionError), writing(tmp_path / "made") as made:
        made.place("a").write_bytes(b"%d" % (1 // 0))
    assert list(tmp_path.iterdir()) == []


def test_one_that_is_not_complete_is_none(folder):
    partial = folder.rename(folder.with_name(folder.name + PARTIAL))
    with pytest.raises(Refused, match="完成していません"):
        looked_at(partial)
    with pytest.raises(Refused, match="ありません"):
        looked_at(folder)
    folder.mkdir()
    with pytest.raises(Refused, match="目録"):
        looked_at(folder)


def resealed(folder, said):
    """Another manifest with a seal that fits: what only somebody who wants to deceive would do."""
    content = json.dumps(said).encode()
    (folder / "manifest.json").write_bytes(content)
    (folder / "manifest.sha256").write_bytes(seal_of(content))


def test_days_months_and_always_the_newest():
    made = {f"d{days:03}": AT - timedelta(days=days) for days in range(0, 400, 5)}
    gone = superfluous(made, now=AT, keep_days=10, keep_months=3)
    kept = sorted(made.keys() - set(gone))
    # The last ten days; and of November, October and September the newest.
    assert kept == ["d000", "d005", "d010", "d030", "d060"]
    assert [made[name] for name in gone] == sorted(made[name] for name in gone)


@pytest.mark.parametrize("clock", [timedelta(days=-900), timedelta(0), timedelta(days=900)])
def test_the_newest_stays_whatever_the_clock_says(clock):
    made = {"old": AT - timedelta(days=2), "new": AT - timedelta(days=1)}
    assert "new" not in superfluous(made, now=AT + clock, keep_days=0, keep_months=0)
    assert superfluous({}, now=AT, keep_days=0, keep_months=0) == []
