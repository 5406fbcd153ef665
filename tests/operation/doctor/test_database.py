"""The doctor finds a database that is away, old, damaged, in the wrong place or wrongly opened."""

import sqlite3
from pathlib import PurePosixPath

import pytest
from django.db import DatabaseError, connection
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

from operation import health
from operation.doctor import State, database, postgresql, sqlite

OF_THE_ENGINE = {
    "sqlite": (sqlite.modes, sqlite.integrity),
    "postgresql": (postgresql.encoding, postgresql.sorting, postgresql.connections),
}
MOUNTS = """
/dev/sda1 / ext4 rw,relatime 0 0
proc /proc proc rw 0 0
fs.example.lg.jp:/dx /srv/dx nfs4 rw,vers=4.2 0 0
//fs/share /mnt/office\\040share cifs rw 0 0
/dev/sdb1 /srv/dx/local xfs rw 0 0
tmpfs /srv/dx/over tmpfs rw 0 0
fs:/dx /srv/dx/over nfs rw 0 0
""".strip()


@pytest.mark.django_db
def test_a_database_in_order():
    for look in (database.reachable, database.version, database.migrations):
        assert look().state is State.OK, look


@pytest.mark.django_db
def test_a_database_that_is_away():
    def refuse(*args):
        raise DatabaseError("password authentication failed for user dx")

    with connection.execute_wrapper(refuse):
        answer = database.reachable()
    assert answer.state is State.FAIL
    assert "password" not in answer.seen


@pytest.mark.django_db
def test_a_migration_to_come():
    newest = max(name for app, name in health._newest_migrations() if app == "procedures")
    MigrationRecorder.Migration.objects.filter(app="procedures", name=newest).delete()
    answer = database.migrations()
    assert answer.state is State.FAIL
    assert "procedures" in answer.seen
    assert "migrate" in answer.advice


@pytest.mark.django_db
def test_a_database_of_a_newer_program():
    MigrationRecorder.Migration.objects.create(app="tracking", name="9999_of_tomorrow")
    answer = database.migrations()
    assert answer.state is State.FAIL
    assert "tracking.9999_of_tomorrow" in answer.seen


@pytest.mark.parametrize(
    ("version", "state", "is_repaired"),
    [
        ((3, 30, 1), State.FAIL, False),
        ((3, 40, 1), State.OK, False),
        ((3, 44, 6), State.OK, True),
        ((3, 50, 4), State.OK, False),
        ((3, 50, 7), State.OK, True),
        ((3, 51, 2), State.OK, False),
        ((3, 51, 3), State.OK, True),
        ((3, 52, 0), State.OK, True),
    ],
)
def test_the_version_of_sqlite(version, state, is_repaired):
    answer = database._sqlite_version(version)
    assert answer.state is state
    assert ("不具合" not in answer.seen) is is_repaired or state is State.FAIL


@pytest.mark.parametrize(
    ("number", "day", "state"),
    [
        (130012, "2026-11-26", State.FAIL),
        (140020, "2026-11-26", State.WARN),  # its fixes ended
        (150010, "2026-11-26", State.OK),
        (180001, "2026-11-26", State.OK),
        (990000, "2026-11-26", State.WARN),
    ],
)
def test_the_version_of_postgresql(time_machine, number, day, state):
    time_machine.move_to(day)
    assert database._postgresql_version(number).state is state


@pytest.fixture
def other_file(tmp_path, monkeypatch, django_db_blocker):
    """A SQLite file that is opened by Django's own backend, without this program's options."""
    file = tmp_path / "other.sqlite3"
    opened = DatabaseWrapper(connection.settings_dict | {"NAME": str(file), "OPTIONS": {}})
    monkeypatch.setattr(sqlite, "connection", opened)
    with django_db_blocker.unblock():
        yield file
        opened.close()


@pytest.mark.django_db
def test_the_engine_in_use_is_in_order():
    for look in OF_THE_ENGINE[connection.vendor]:
        assert look().state is State.OK, look


@pytest.mark.parametrize("changed", ["journal_mode=delete", "synchronous=1", "foreign_keys=0"])
def test_a_file_that_is_opened_in_another_way(other_file, changed):
    with sqlite.connection.cursor() as cursor:
        for pragma in ("journal_mode=wal", "synchronous=2", "foreign_keys=1"):
            cursor.execute(f"PRAGMA {pragma}")
        assert sqlite.modes().state is State.OK
        cursor.execute(f"PRAGMA {changed}")
    answer = sqlite.modes()
    assert answer.state is State.FAIL
    assert changed in answer.seen


def test_a_damaged_file(other_file):
    opened = sqlite3.connect(other_file)
    opened.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)")
    opened.executemany("INSERT INTO t (name) VALUES (?)", [("x" * 500,)] * 200)
    opened.execute("CREATE INDEX i ON t (name)")
    opened.commit()
    opened.close()
    assert sqlite.integrity().state is State.OK
    sqlite.connection.close()  # it keeps what it has read
    content = bytearray(other_file.read_bytes())
    content[4096 * 8 : 4096 * 9] = bytes(4096)  # one page in the middle
    other_file.write_bytes(content)
    answer = sqlite.integrity()
    assert answer.state is State.FAIL
    assert "復元" in answer.advice


def test_a_row_that_refers_to_nothing(other_file):
    opened = sqlite3.connect(other_file)
    opened.execute("CREATE TABLE a (id INTEGER PRIMARY KEY)")
    opened.execute("CREATE TABLE b (a_id INTEGER REFERENCES a (id))")
    opened.execute("INSERT INTO b VALUES (1)")
    opened.commit()
    opened.close()
    answer = sqlite.integrity()
    assert answer.state is State.FAIL
    assert "1件" in answer.seen
    assert "b" in answer.seen


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("/var/lib/dx/inventory.sqlite3", "ext4"),
        ("/srv/dx/inventory.sqlite3", "nfs4"),
        ("/srv/dxx/inventory.sqlite3", "ext4"),
        ("/srv/dx/local/inventory.sqlite3", "xfs"),
        ("/srv/dx/over/inventory.sqlite3", "nfs"),  # what is mounted later hides the earlier
        ("/mnt/office share/inventory.sqlite3", "cifs"),
    ],
)
def test_on_what_a_file_lies(file, kind):
    assert sqlite._mounted_as(PurePosixPath(file), MOUNTS) == kind


def test_a_file_on_a_network_share(other_file, tmp_path, monkeypatch):
    mounts = tmp_path / "mounts"
    monkeypatch.setattr(sqlite, "_MOUNTS", mounts)
    assert sqlite.place().state is State.OK  # no such list on this system
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nfs:/x {tmp_path.resolve()} nfs4 rw 0 0\n")
    answer = sqlite.place()
    assert answer.state is State.FAIL
    assert "nfs4" in answer.seen
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 {tmp_path.resolve()} xfs rw 0 0\n")
    assert sqlite.place().state is State.OK


@pytest.fixture
def server_says(monkeypatch):
    """What a PostgreSQL server answers, by a word of the question; other questions fail."""
    answers = {}

    def value(sql):
        return next(answer for word, answer in answers.items() if word in sql)

    class Connection:
        pg_version = 160_004

    monkeypatch.setattr(postgresql, "_value", value)
    monkeypatch.setattr(postgresql, "connection", Connection())
    return answers


def test_letters_sorting_and_connections(server_says, settings):
    server_says |= {
        "server_encoding": "UTF8",
        "pg_collation ": 0,
        "pg_database ": 0,
        "max_connections": "100",
        "superuser_reserved": "3",
        "pg_stat_activity": 12,
    }
    looks = (postgresql.encoding, postgresql.sorting, postgresql.connections)
    assert [look().state for look in looks] == [State.OK] * 3
    server_says |= {"server_encoding": "EUC_JP", "pg_database ": 1, "pg_stat_activity": 90}
    assert [look().state for look in looks] == [State.FAIL, State.FAIL, State.WARN]
    server_says |= {"pg_database ": 0, "pg_collation ": 2}
    assert postgresql.sorting().state is State.FAIL
