"""Many rows of one table in one statement, made ready before it is run.

``bulk_create`` builds its statement anew for every batch, which takes longer than the database
does; a row here is a tuple of what the driver takes, and a table has one statement.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any

from django.db import connection, models, transaction

Converter = Callable[[Any], Any]

_REMEMBERED = 1_000  # values of one field: whoever converts may live as long as the process

_PLAIN: tuple[tuple[tuple[type[models.Field], ...], type], ...] = (
    ((models.BooleanField,), bool),
    ((models.CharField, models.TextField), str),
    ((models.IntegerField, models.AutoField, models.ForeignKey), int),
)


def columns_of(model: type[models.Model], names: Iterable[str]) -> list[str]:
    """The columns in which the attributes ``names`` are stored."""
    fields = _fields(model)
    return [fields[name].column for name in names]


def row_converter(model: type[models.Model], names: Iterable[str]) -> Callable[[Any], Any]:
    """The function from a tuple of the attributes' Python values to what the driver takes."""
    fields = [_fields(model)[name] for name in names]
    each = [(_plain(field), _converter(field)) for field in fields]
    # Rows have few patterns of types, and each says which values are to be looked at.
    places_of: dict[tuple[type, ...], list[tuple[int, Converter]]] = {}

    def convert(values: tuple[Any, ...]) -> tuple[Any, ...]:
        kinds = tuple(map(type, values))
        places = places_of.get(kinds)
        if places is None:
            places_of[kinds] = places = [
                (place, converter)
                for place, (kind, (plain, converter)) in enumerate(zip(kinds, each, strict=True))
                if kind not in (plain, type(None))
            ]
        if not places:
            return values
        row = list(values)
        for place, converter in places:
            row[place] = converter(row[place])
        return tuple(row)

    return convert


def insert_rows(model: type[models.Model], names: Sequence[str], rows: Sequence[Any]) -> None:
    """Inserts ``rows``: tuples of converted values of the attributes ``names``."""
    if rows:
        columns = ", ".join(map(_quoted, columns_of(model, names)))
        places = ", ".join(["%s"] * len(names))
        _run(f"INSERT INTO {_table(model)} ({columns}) VALUES ({places})", rows)  # noqa: S608


def update_rows(
    model: type[models.Model], names: Sequence[str], keys: Sequence[str], rows: Sequence[Any]
) -> int:
    """Sets ``names`` where ``keys`` match; a row holds both in turn. Returns how many did."""
    if not rows:
        return 0
    fields, conditions = (
        [f"{_quoted(column)} = %s" for column in columns_of(model, group)]
        for group in (names, keys)
    )
    sets, where = ", ".join(fields), " AND ".join(conditions)
    return _run(f"UPDATE {_table(model)} SET {sets} WHERE {where}", rows)  # noqa: S608


@transaction.atomic
def reserve_keys(model: type[models.Model], count: int) -> Sequence[int]:
    """So many primary keys that nobody else gets, so that rows can refer to each other early.

    Those that are never used leave a gap, as with any sequence.
    """
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [_table(model), column, count],
            )
            return [key for (key,) in cursor.fetchall()]
        # SQLite keeps the last key of an AUTOINCREMENT column in a table that anyone may raise.
        cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s WHERE name = %s", [count, table])
        if not cursor.rowcount:
            cursor.execute(
                "INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, count]
            )
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        (last,) = cursor.fetchone()
        return range(last - count + 1, last + 1)


def _run(statement: str, rows: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)
        return cursor.rowcount


@cache
def _fields(model: type[models.Model]) -> dict[str, models.Field]:
    return {field.attname: field for field in model._meta.concrete_fields}


def _converter(field: models.Field) -> Converter:
    """What the field itself would do, without asking it for values that stay as they are."""
    if isinstance(field, models.JSONField):
        return _json_converter(field)
    plain = _plain(field)

    def prepare(value: Any) -> Any:
        return field.get_db_prep_save(value, connection)

    remembered = lru_cache(_REMEMBERED)(prepare)  # the same few in thousands of rows

    def convert(value: Any) -> Any:
        kind = type(value)
        if value is None or kind is plain:
            return value
        return (remembered if kind in (date, datetime, tuple) else prepare)(value)

    return convert


def _json_converter(field: models.JSONField) -> Converter:
    """Most values are empty, and the same each time."""
    empty = {kind: field.get_db_prep_save(kind(), connection) for kind in (dict, list)}

    def convert(value: Any) -> Any:
        if not value and type(value) in empty:
            return empty[type(value)]
        return field.get_db_prep_save(value, connection)

    return convert


def _plain(field: models.Field) -> type | None:
    """The Python type that the driver takes as it is; None where each value is looked at."""
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    return next((type_ for kinds, type_ in _PLAIN if isinstance(target, kinds)), None)


def _table(model: type[models.Model]) -> str:
    return _quoted(model._meta.db_table)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
