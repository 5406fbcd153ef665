"""Backup and restore by their commands: what is in one, what is refused, what is left alone."""

import json
import os
import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from operation.backup import describing, making, postgres, restoring
from operation.backup.archive import PARTIAL, read_manifest, seal_of, verify
from operation.backup.locking import alone_on
from operation.backup.manifest import Kind, Refused
from operation.tables import Tables
from procedures.models import AuditEvent
from tests import offices

WORK = "tests.backup_work"
AUDIT = {"procedures_auditevent", "procedures_auditchain"}


@pytest.fixture(scope="module")
def filled(furnished_office):
    """An office with rows in every table, and what they are."""
    with offices.office(furnished_office) as office:
        office.before = office.call(f"{WORK}:fill_and_tell")
        yield office


@pytest.fixture(scope="module")
def backup(filled, tmp_path_factory):
    """A backup of ``filled``."""
    folder = tmp_path_factory.mktemp("backups")
    done = filled.manage("backup", "--to", str(folder))
    assert done.returncode == 0, done.stderr
    (made,) = making.complete_ones(folder)
    return folder / made


@pytest.fixture
def copy(backup, tmp_path):
    """A copy of the backup that may be changed."""
    target = tmp_path / backup.name
    shutil.copytree(backup, target)
    return target


def but_audit(whole):
    return {table: rows for table, rows in whole.items() if table not in AUDIT}


def test_what_is_restored_is_row_by_row_what_was_saved(filled, backup):
    with offices.office() as place:
        restored = place.call(f"{WORK}:restored", str(backup))
        data = Path(place.settings["DX_DATA_DIR"])
        for member in read_manifest(backup).members:
            if member.name.startswith("uploads/"):
                assert (data / member.name).read_bytes() == (backup / member.name).read_bytes()
        assert not (data / restoring.MARK).exists()
    assert but_audit(restored["whole"]) == but_audit(filled.before)
    kinds = [row["kind"] for row in restored["whole"]["procedures_auditevent"].values()]
    assert ("backup" in kinds, kinds.count("restore")) == (False, 1)
    assert restored["sessions"] == 0


def test_a_backup_says_what_is_in_it_and_is_for_nobody_else(filled, backup):
    said = read_manifest(backup, Kind.BACKUP)
    verify(backup, said)
    rows = {table.name: table.rows for table in said.tables}
    for table, stored in filled.before.items():
        assert rows[table] == len(stored), table
    assert "django_session" not in rows
    assert said.audit.number == max(
        row["number"] for row in filled.before["procedures_auditevent"].values()
    )
    names = {row["evidence"] for row in filled.before["procedures_historicalexemption"].values()}
    names |= {row["file"] for row in filled.before["procedures_importrun"].values()}
    assert {f"uploads/{name}" for name in names if name} <= {each.name for each in said.members}
    if os.name == "posix":
        modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in backup.rglob("*")}
        assert modes == {(False, 0o600), (True, 0o700)}
    database = next(backup.glob("database.*"))
    if connection.vendor == "sqlite":
        assert b"s" * 32 not in database.read_bytes(), "no session, not even in a page that is free"


def test_an_altered_backup_is_refused_before_the_place_is_looked_at(copy, tmp_path, settings):
    settings.DATA_DIR = tmp_path / "place"
    database = next(copy.glob("database.*"))
    content = database.read_bytes()
    database.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    # Without a database in this test: it would fail at the first question to it.
    with pytest.raises(CommandError, match=f"「{database.name}」の中身が、作られた時と違います"):
        call_command("restore", copy)
    assert not settings.DATA_DIR.exists()


def test_two_at_once_the_second_says_so(tmp_path):
    with alone_on(tmp_path), pytest.raises(CommandError, match="別のバックアップ") as refused:
        call_command("backup", to=tmp_path)
    assert refused.value.returncode == 3
    assert list(tmp_path.glob(f"{making.PREFIX}*")) == []


def test_a_lost_file_is_named_and_older_ones_go_and_nothing_else(filled, backup, tmp_path):
    old = [tmp_path / f"{making.PREFIX}2026010{number}-000000-01" for number in range(3)]
    for number, folder in enumerate(old):
        shutil.copytree(backup, folder)
        reseal(folder, made_at=f"2026-01-0{number + 1}T00:00:00+00:00")
    (tmp_path / f"{making.PREFIX}20260101-000000-09{PARTIAL}").mkdir()
    damaged = tmp_path / f"{making.PREFIX}20260101-000000-08"
    shutil.copytree(backup, damaged)
    (damaged / "manifest.sha256").write_text("x")
    (tmp_path / "dx-another").mkdir()
    with offices.office(filled) as office:
        name = office.call(f"{WORK}:lost_file")
        keep = ("--keep-days", "1", "--keep-monthly", "2")
        done = office.manage("backup", "--to", str(tmp_path), *keep)
    # The rest is saved all the same, and the status says that something is wrong.
    assert (done.returncode, name in done.stderr) == (4, True)
    assert "2個を消しました" in done.stdout
    there = {path.name for path in tmp_path.iterdir()}
    (new,) = there - {old[2].name, damaged.name, "dx-another", ".lock"}
    said = making.newest(tmp_path)
    assert said == read_manifest(tmp_path / new)
    assert said.missing == (name,)


def test_the_newest_is_the_newest_complete_one(copy, tmp_path):
    assert making.newest(tmp_path / "nowhere") is None
    assert making.newest(tmp_path) == read_manifest(copy)
    later = shutil.copytree(copy, tmp_path / f"{making.PREFIX}0")
    reseal(later, made_at="2099-01-01T00:00:00+00:00")
    assert making.newest(tmp_path).made_at == datetime(2099, 1, 1, tzinfo=UTC)
    later.rename(tmp_path / f"{making.PREFIX}0{PARTIAL}")
    assert making.newest(tmp_path) == read_manifest(copy)


def reseal(folder: Path, **changes: object) -> None:
    """Changes the manifest, with a seal that fits."""
    content = json.dumps(json.loads((folder / "manifest.json").read_bytes()) | changes).encode()
    (folder / "manifest.json").write_bytes(content)
    (folder / "manifest.sha256").write_bytes(seal_of(content))


@pytest.mark.django_db
def test_a_restore_that_is_killed_is_known_and_refused(backup, settings):
    with offices.office() as place:
        settings.DATA_DIR = Path(place.settings["DX_DATA_DIR"])
        process = place.start(f"{WORK}:restored", str(backup))
        while not restoring.unfinished_restore() and not process.is_over:
            pass
        process.kill()
        assert restoring.unfinished_restore() == backup.name, "it was killed in time"
        with pytest.raises(CommandError, match="途中で終わって") as refused:
            call_command("restore", backup)
    assert "データベースが空ではありません" in str(refused.value)


@pytest.mark.django_db
class TestPlacesThatAreRefused:
    """As the command says it; this database is not empty, so nothing can come of it."""

    @pytest.fixture(autouse=True)
    def place(self, tmp_path, settings):
        settings.DATA_DIR = tmp_path / "place"

    def refusal(self, folder, **options):
        with pytest.raises(CommandError) as refused:
            call_command("restore", folder, **options)
        return str(refused.value)

    def test_one_that_is_not_empty(self, backup):
        said = self.refusal(backup)
        assert "データベースが空ではありません" in said
        assert "まだ何も書いていません" in said

    def test_another_engine(self, copy):
        reseal(copy, engine="oracle")
        assert "export_all" in self.refusal(copy)

    def test_a_database_that_the_manifest_does_not_vouch_for(self, copy):
        said = json.loads((copy / "manifest.json").read_bytes())
        members = [each for each in said["members"] if not each["name"].startswith("database.")]
        reseal(copy, members=members)
        assert "「database." in self.refusal(copy)

    def test_a_newer_program(self, copy):
        said = read_manifest(copy)
        reseal(copy, migrations=[*said.migrations, "procedures.9999_later"])
        assert "新しい版のプログラム" in self.refusal(copy)

    def test_an_older_program_asks_first(self, copy):
        said = read_manifest(copy)
        reseal(copy, migrations=said.migrations[:-1], program="0.0.9")
        asked = self.refusal(copy)
        assert "古い版のプログラム（0.0.9）" in asked
        assert "--migrate" in asked
        assert "空ではありません" in self.refusal(copy, migrate=True)


@pytest.mark.parametrize("need", [2**60, 2**70])
def test_too_little_room_is_said_before_anything_is_written(tmp_path, need):
    with pytest.raises(Refused, match="空きが足りません"):
        making.check_room(tmp_path, need)


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(CommandError, match="書けません") as refused:
        call_command("backup", to=tmp_path / "file" / "deeper")
    assert refused.value.returncode == 1


def test_a_number_below_nought_is_no_number_of_days(tmp_path):
    with pytest.raises(CommandError, match="0以上"):
        call_command("backup", to=tmp_path, keep_days=-1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db
def test_a_database_before_its_upgrade_is_said_before_anything_is_written(tmp_path, monkeypatch):
    pending = Tables(pending=("procedures.0013_audit",), newer=())
    monkeypatch.setattr(describing, "program_tables", lambda: pending)
    with pytest.raises(CommandError, match="版のものではありません") as refused:
        call_command("backup", to=tmp_path / "backups")
    assert refused.value.returncode == 1
    assert list(tmp_path.glob("backups/dx*")) == []
    with pytest.raises(CommandError, match="版のものではありません"):
        call_command("export_all", tmp_path / "all")
    assert not (tmp_path / "all").exists()


def test_a_disk_that_fills_up_in_the_middle_is_said_and_nothing_is_left(filled, tmp_path):
    said = filled.call(f"{WORK}:backup_that_cannot_grow", str(tmp_path))
    assert "写せません" in said or "失敗しました" in said, "SQLite itself, or pg_dump"
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


@pytest.mark.django_db
def test_an_old_one_that_stays_does_not_make_the_new_one_fail(backup, tmp_path, monkeypatch):
    old = shutil.copytree(backup, tmp_path / f"{making.PREFIX}20260101-000000-01")
    reseal(old, made_at="2026-01-01T00:00:00+00:00")

    def refuse(path, **options):
        raise PermissionError(13, "Permission denied")

    new = shutil.copytree(backup, tmp_path / backup.name)
    monkeypatch.setattr(making, "_made", lambda folder: (new, read_manifest(new)))
    monkeypatch.setattr(shutil, "rmtree", refuse)
    with pytest.raises(CommandError, match="できましたが、保存期間を過ぎたものを消せません"):
        call_command("backup", to=tmp_path, keep_days=0, keep_monthly=0)
    assert AuditEvent.objects.filter(kind="backup").count() == 1, "it is there, and noted"


class TestProgramsOfPostgreSQL:
    """By stand-ins that write down how they are called."""

    @pytest.fixture(autouse=True)
    def programs(self, tmp_path, settings, monkeypatch):
        settings.PG_BIN = str(tmp_path)
        options = {"sslmode": "require"}
        said = {"NAME": "dx", "USER": "dx", "PASSWORD": "geheim", "HOST": "db", "PORT": 5433}
        monkeypatch.setattr(
            postgres,
            "connection",
            SimpleNamespace(pg_version=150_004, settings_dict=said | {"OPTIONS": options}),
        )

    def program(self, folder, version):
        path = folder / "pg_dump"
        path.write_text(
            "#!/bin/sh\n"
            f'[ "$1" = --version ] && echo "pg_dump (PostgreSQL) {version}" && exit\n'
            'echo "$@" > "$0.arguments"; env > "$0.environment"; echo dump\n'
        )
        path.chmod(0o700)

    def test_none_is_said_with_the_setting(self, tmp_path):
        with pytest.raises(Refused, match="DX_PG_BIN"):
            postgres.dump(tmp_path / "dump", "1-1")

    def test_one_older_than_the_server_is_refused(self, tmp_path):
        self.program(tmp_path, "14.11")
        with pytest.raises(Refused, match=r"14\.11.*15\.4.*より古い"):
            postgres.dump(tmp_path / "dump", "1-1")

    def test_the_password_is_never_an_argument(self, tmp_path):
        self.program(tmp_path, "17.2")
        postgres.dump(tmp_path / "dump", "0000-1")
        arguments = (tmp_path / "pg_dump.arguments").read_text()
        environment = (tmp_path / "pg_dump.environment").read_text().splitlines()
        assert "geheim" not in arguments
        assert "--snapshot=0000-1" in arguments
        assert "--lock-wait-timeout=60000" in arguments, "never for ever"
        assert {"PGPASSWORD=geheim", "PGHOST=db", "PGPORT=5433", "PGSSLMODE=require"} <= set(
            environment
        )
        assert (tmp_path / "dump").read_text() == "dump\n"
