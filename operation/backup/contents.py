"""What is in every table of the database, told apart from anything else by a digest over its rows.

Raw columns, not models: a backup of an earlier version is compared before it is migrated.
"""

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256

from django.db import connection

from .manifest import Table

SESSIONS = "django_session"
"""Whoever reads a backup must not find a way in: everybody signs in again after a restore."""
_ROWS = 2_000


def table_names() -> list[str]:
    """The tables of the database, sorted; the sessions are not among them."""
    return sorted(set(connection.introspection.table_names()) - {SESSIONS})


def tables() -> Iterator[Table]:
    """Each table with its number of rows and the digest over all of them, in one pass."""
    for name in table_names():
        rows, done = 0, sha256()
        for row in _rows_of(name):
            rows += 1
            done.update(json.dumps(row, ensure_ascii=False, default=_as_text).encode())
            done.update(b"\n")
        yield Table(name, rows, done.hexdigest())


def migrations() -> tuple[str, ...]:
    """The migrations that the database has had, as ``app.name``, sorted."""
    if "django_migrations" not in connection.introspection.table_names():
        return ()
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return tuple(sorted(f"{app}.{name}" for app, name in cursor.fetchall()))


def _rows_of(table: str) -> Iterator[Sequence[object]]:
    """All rows in the order of their keys, streamed."""
    quoted = connection.ops.quote_name
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, table)
        columns = sorted(column.name for column in described)
        keys = connection.introspection.get_primary_key_columns(cursor, table) or columns
    chosen, order = (", ".join(map(quoted, names)) for names in (columns, keys))
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT {chosen} FROM {quoted(table)} ORDER BY {order}")  # noqa: S608
        while rows := cursor.fetchmany(_ROWS):
            yield from rows


def _as_text(value: object) -> str:
    """Moments, days, decimals and what else JSON has no form for."""
    return f"{type(value).__name__}:{value}"
