"""SQLite: its file copied as of the moment in which we read, and put in an empty place."""

import sqlite3
from contextlib import closing
from pathlib import Path

from django.db import connection

from .archive import copied, private_file
from .contents import SESSIONS
from .manifest import Refused

MEMBER = "database.sqlite3"
_PAGES = 4_096  # at once; the reader that we are keeps the moment, so it never begins anew
_BESIDE = ("-wal", "-journal", "-shm")

LEFT_BESIDE = (
    "「{file}」が残っています。前のデータベースの一部です。データベースのファイルと一緒に"
    "別の場所へ移してから、もう一度実行してください。"
)


def version() -> str:
    """The version of the engine."""
    return sqlite3.sqlite_version


def size() -> int:
    """Bytes that a copy of the database takes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        return cursor.fetchone()[0]


def dump(target: Path, moment: str) -> None:
    """Copies the database as of the transaction that is open; the sessions are left out.

    Page by page, without waiting for writers and without keeping them waiting.
    """
    private_file(target).close()
    with connection.wrap_database_errors, closing(sqlite3.connect(target)) as copy:
        connection.connection.backup(copy, pages=_PAGES)
        # One file that needs nothing beside it.
        copy.execute("PRAGMA journal_mode=DELETE")
        copy.execute("PRAGMA secure_delete=ON")
        with copy:
            copy.execute(f"DELETE FROM {SESSIONS}")  # noqa: S608


def check_place() -> None:
    """Raises ``Refused`` where parts of another database stand beside the empty one."""
    place = _place()
    connection.close()
    for ending in _BESIDE:
        beside = place.with_name(place.name + ending)
        if beside.exists():
            raise Refused(LEFT_BESIDE.format(file=beside))


def load(source: Path) -> None:
    """Puts the copy in the place of the database, all at once."""
    place = _place()
    connection.close()
    made = place.with_name(f"{place.name}.restoring")
    made.unlink(missing_ok=True)
    with source.open("rb") as file:
        copied(file, made)
    made.replace(place)


def how_to_empty() -> str:
    """What makes the place of the database empty."""
    return f"「{_place()}」を別の場所へ移してください（-wal などの付いたファイルも）。"


def _place() -> Path:
    return Path(connection.settings_dict["NAME"])
