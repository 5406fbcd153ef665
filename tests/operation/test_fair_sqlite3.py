"""The turns at SQLite's file: first come, first served, given back however the work ends."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.db import OperationalError, connections, transaction
from django.db.utils import ConnectionHandler

from operation.fair_sqlite3.turns import Turns, turns_of

ROOT = Path(__file__).resolve().parents[2]
LONG = 10
USUAL = "django.db.backends.sqlite3"
WRITERS, WRITING = 8, 1.0  # seconds
IN_ANOTHER_PROCESS = """
import sys, time
from pathlib import Path
from operation.fair_sqlite3.turns import Turns
turns = Turns(Path(sys.argv[1]))
turns.take(10)
with turns.at_the_door(10):
    print("in", flush=True)
    time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def connect(tmp_path, django_db_blocker):
    """``connect(mode)``: a connection of the program's backend to one file, as an office has it."""
    made = []

    def connection(mode="IMMEDIATE", seconds=0.2, engine="operation.fair_sqlite3"):
        options = connections["default"].settings_dict | {
            "ENGINE": engine,
            "NAME": str(tmp_path / "db.sqlite3"),
            "OPTIONS": {
                "transaction_mode": mode,
                "timeout": seconds,
                "init_command": "PRAGMA journal_mode=WAL",
            },
        }
        own = ConnectionHandler({"default": options})["default"]
        own.inc_thread_sharing()
        made.append(own)
        return own

    with django_db_blocker.unblock():
        yield connection
        for own in made:
            own.close()


@pytest.fixture
def table(connect):
    """``table(connection)`` counts the rows of the one table."""
    own = connect()
    with own.cursor() as cursor:
        cursor.execute("CREATE TABLE t (value integer)")

    def count():
        with own.cursor() as cursor:
            return cursor.execute("SELECT count(*) FROM t").fetchone()[0]

    return count


def insert(connection):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO t VALUES (1)")


def begin(connection):
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def end(connection, how):
    getattr(connection, how)()
    if connection.connection:
        connection.set_autocommit(True)


def test_threads_are_served_in_the_order_in_which_they_came():
    turns, served = Turns(None), []
    turns.take(LONG)

    def wait(number):
        turns.take(LONG)
        served.append(number)
        turns.give_back()

    threads = []
    for number in range(20):
        threads.append(threading.Thread(target=wait, args=[number]))
        threads[-1].start()
        while len(turns._line) <= number:
            time.sleep(0.001)
    turns.give_back()
    for thread in threads:
        thread.join()
    assert served == list(range(20))
    turns.take(0)  # nobody has it any more


def test_who_waits_too_long_leaves_the_line():
    turns = Turns(None)
    turns.take(LONG)
    with pytest.raises(TimeoutError):
        turns.take(0.01)
    turns.give_back()
    turns.take(0)


def test_connections_to_one_file_share_its_turns():
    assert turns_of("a", is_shared=True) is turns_of("a", is_shared=True)
    assert turns_of("a", is_shared=True) is not turns_of("b", is_shared=True)


@pytest.mark.parametrize("ends", ["by itself", "killed"])
def test_the_door_is_closed_to_other_processes_until_they_leave_or_die(tmp_path, ends):
    door = tmp_path / "door"
    stay = 0.3 if ends == "by itself" else 60
    other = subprocess.Popen(
        [sys.executable, "-c", IN_ANOTHER_PROCESS, str(door), str(stay)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with other:
        assert other.stdout.readline() == "in\n"
        turns = Turns(door)
        with pytest.raises(TimeoutError), turns.at_the_door(0.05):
            pass
        if ends == "killed":
            other.kill()
        with turns.at_the_door(LONG):
            pass


@pytest.mark.parametrize("how", ["commit", "rollback", "close"])
def test_a_turn_is_given_back_at_the_end_of_the_transaction(connect, table, how):
    first, second = connect(), connect()
    begin(first)
    insert(first)
    with pytest.raises(OperationalError, match="locked"):
        begin(second)
    end(first, how)
    begin(second)
    insert(second)
    end(second, "commit")
    assert table() == (2 if how == "commit" else 1)


def test_a_turn_is_given_back_when_the_transaction_cannot_begin(connect, table):
    first, outside, second = connect(), connect("EXCLUSIVE"), connect()
    begin(outside)  # stands in no line, as the sqlite3 program of an administrator
    with pytest.raises(OperationalError, match="locked"):
        begin(first)
    end(outside, "rollback")
    begin(second)
    end(second, "rollback")


def test_a_failed_commit_keeps_the_turn_until_it_is_rolled_back(connect, table):
    first, second = connect(), connect()
    with first.cursor() as cursor:
        cursor.execute("CREATE TABLE parent (id integer PRIMARY KEY)")
        cursor.execute(
            "CREATE TABLE child (p integer REFERENCES parent DEFERRABLE INITIALLY DEFERRED)"
        )
    begin(first)
    with first.cursor() as cursor:
        cursor.execute("INSERT INTO child VALUES (7)")
    with pytest.raises(Exception, match="FOREIGN KEY"):
        first.commit()
    with pytest.raises(OperationalError, match="locked"):
        begin(second)
    end(first, "rollback")
    begin(second)
    end(second, "rollback")


def test_a_statement_outside_of_a_transaction_waits_for_its_turn_too(connect, table):
    first, second = connect(), connect(seconds=LONG)
    begin(first)
    thread = threading.Thread(target=insert, args=[second])
    thread.start()
    thread.join(0.1)
    assert thread.is_alive()
    assert table() == 0, "to read waits for nobody"
    end(first, "commit")
    thread.join()
    assert table() == 1
    begin(first)  # the turn was given back
    end(first, "rollback")


def test_savepoints_are_part_of_one_turn(connect, table, monkeypatch):
    own = connect()
    monkeypatch.setattr(transaction, "get_connection", lambda using=None: own)
    with transaction.atomic():
        insert(own)
        with transaction.atomic():
            insert(own)
            transaction.set_rollback(True)
        with transaction.atomic():
            insert(own)
    assert table() == 2
    begin(own)
    end(own, "rollback")


@pytest.mark.evidence
def test_no_writer_starves(connect, table, evidence):
    """The control is Django's own backend under the same writers."""
    fair = waits([connect(seconds=LONG) for _ in range(WRITERS)])
    usual = waits([connect(seconds=LONG, engine=USUAL) for _ in range(WRITERS)])
    assert max(fair) < max(usual) / 2
    evidence.says(
        "同時の編集",
        "SQLiteへの書き込みは来た順に行い、だれかひとりだけが待たされ続けることはない。",
        f"{WRITERS}人が{WRITING:g}秒間休みなく書き込み、{len(fair):,}回の書き込みのうち、"
        f"最も長く待ったのは{max(fair):.2f}秒だった。",
        f"SQLite自身の待ち方では、同じ試験で{len(usual):,}回のうち最長{max(usual):.2f}秒待った。",
    )


def waits(own):
    """How long each transaction waited for its beginning, where these connections never pause."""
    until, seen = time.monotonic() + WRITING, []

    def write(connection):
        while time.monotonic() < until:
            asked = time.monotonic()
            begin(connection)
            seen.append(time.monotonic() - asked)
            insert(connection)
            time.sleep(0.004)
            end(connection, "commit")

    threads = [threading.Thread(target=write, args=[each]) for each in own]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def test_the_program_runs_on_it(settings):
    """Where the suite's database is SQLite it stands in line as an office's does."""
    engine = connections["default"].settings_dict["ENGINE"]
    assert engine in ("operation.fair_sqlite3", "django.db.backends.postgresql")
