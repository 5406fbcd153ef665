"""One consistent moment of the whole database, which no writer waits for."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from procedures.one_state import one_state


@contextmanager
def one_moment() -> Iterator[str]:
    """Everything that is read inside is of one moment; gives its name for other programs.

    On PostgreSQL a snapshot, which other programs may read as long as this is open; on SQLite
    there is none, and the name is empty. Nothing may be written inside.
    """
    with one_state(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT COUNT(*) FROM sqlite_master")  # from now on it is this moment
            yield ""
        else:
            cursor.execute("SELECT pg_export_snapshot()")
            yield cursor.fetchone()[0]
