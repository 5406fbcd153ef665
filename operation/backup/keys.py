"""The last key that each table gave out: one of a row that is gone is never given out again."""

from django.db import connection, models


def last_key(model: type[models.Model]) -> int:
    """The last one that ``model``'s table gave out; 0 where it gave out none, or makes none."""
    if not _makes_keys(model):
        return 0
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            row = cursor.fetchone()
            return row[0] if row else 0
        cursor.execute(f"SELECT last_value, is_called FROM {_sequence(cursor, model)}")  # noqa: S608
        value, is_called = cursor.fetchone()
        return value if is_called else 0


def set_last_key(model: type[models.Model], key: int) -> None:
    """Goes on after ``key``, as if it had been the last one. 0 is a table that gave out none."""
    if not key or not _makes_keys(model):
        return
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            table = model._meta.db_table
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, key])
        else:
            cursor.execute("SELECT setval(%s, %s)", [_sequence(cursor, model), key])


def _makes_keys(model: type[models.Model]) -> bool:
    return isinstance(model._meta.pk, models.AutoField | models.BigAutoField)


def _sequence(cursor, model: type[models.Model]) -> str:
    table = connection.ops.quote_name(model._meta.db_table)
    cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [table, model._meta.pk.column])
    return cursor.fetchone()[0]
