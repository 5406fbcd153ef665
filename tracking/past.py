"""The inventory as it stood at the end of an earlier day, or as it would stand under a condition.

The figures are defined once, as queries. So not the queries look at the history: their tables
stand, for one connection and one transaction, in the shadow of temporary ones of the same names,
which hold the rows of that day. See docs/decisions.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection, models, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from procedures.models import Procedure, TeamMembership, User
from procedures.models.history import HistoryEntry
from procedures.one_state import one_state
from procedures.templatetags.inventory import with_era

NOTHING_KNOWN = "台帳に手続がまだないため、過去の日の状況はありません。"
BEFORE_HISTORY = "台帳の記録は{first}からです。その日か、それより後の日を指定してください。"
IN_THE_FUTURE = "今日より後の日は指定できません。今日か、それより前の日を指定してください。"

_PRESENT = (User, TeamMembership)
"""People are who they are today: the history keeps no passwords, and rights are those of now."""


@contextmanager
def as_of(day: date) -> Iterator[None]:
    """Within, every query of this connection sees the inventory as it stood at the end of ``day``.

    For reading only: what is written within is gone afterwards. Querysets must be evaluated
    within. Of two, one within the other, the inner one holds.
    """
    end = timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
    with one_state():
        try:
            for model in shadowed():
                _shadow(model, end)
            yield
        finally:
            # The tables go with everything else that was written since one_state began.
            transaction.set_rollback(True)


@contextmanager
def supposing(values: Mapping[int, Mapping[str, object]]) -> Iterator[None]:
    """Within, every query of this connection sees procedures with other ``values`` than theirs.

    By the key of a procedure its fields, the same ones for each. For reading only, as ``as_of``.
    """
    with one_state():
        try:
            _suppose(values)
            yield
        finally:
            transaction.set_rollback(True)


def check_day(day: date) -> None:
    """Raises ``ValidationError``, with a sentence, for a day of which the inventory is not known.

    That is a day to come, or one before the history begins.
    """
    if day > timezone.localdate():
        raise ValidationError(IN_THE_FUTURE)
    first = first_day()
    if first is None:
        raise ValidationError(NOTHING_KNOWN)
    if day < first:
        raise ValidationError(BEFORE_HISTORY.format(first=with_era(first)))


def first_day() -> date | None:
    """The first day of which the history of the inventory knows anything."""
    first = Procedure.history.order_by("history_date").values_list("history_date", flat=True)
    moment = first.first()
    return None if moment is None else timezone.localdate(moment)


def shadowed() -> list[type[models.Model]]:
    """The models whose rows ``as_of`` takes from the history: all that have one, but people."""
    return [
        model
        for model in apps.get_models()
        if hasattr(model, "history")
        and not issubclass(model, HistoryEntry)
        and model not in _PRESENT
    ]


def _shadow(model: type[models.Model], end: datetime) -> None:
    """Hides the table of ``model`` behind its rows as of ``end``."""
    name = connection.ops.quote_name
    table, history = name(model._meta.db_table), name(model.history.model._meta.db_table)
    key, columns = name(model._meta.pk.column), _columns(model)
    with _table_before(model) as (cursor, lasting):
        # Of each row what the history said last or, where it begins later, what it says first:
        # shipped lists are loaded without history. What has none is as it always was.
        # Names come from the models alone.
        cursor.execute(
            f"INSERT INTO {table} ({columns}) "  # noqa: S608
            f"SELECT {columns} FROM {history} WHERE history_id IN (SELECT COALESCE("
            f"MAX(CASE WHEN history_date < %s THEN history_id END), MIN(history_id)) "
            f"FROM {history} GROUP BY {key}) "
            f"AND history_type <> CASE WHEN history_date < %s THEN '-' ELSE '+' END "
            f"UNION ALL SELECT {columns} FROM {lasting} "
            f"WHERE {key} NOT IN (SELECT {key} FROM {history})",
            [connection.ops.adapt_datetimefield_value(end)] * 2,
        )


def _suppose(values: Mapping[int, Mapping[str, object]]) -> None:
    """Hides the table of procedures behind a copy that has ``values``."""
    name, meta = connection.ops.quote_name, Procedure._meta
    table, columns = name(meta.db_table), _columns(Procedure)
    fields = [meta.get_field(field) for field in next(iter(values.values()), ())]
    with _table_before(Procedure) as (cursor, lasting):
        cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {lasting}")  # noqa: S608
        if not fields:
            return
        changes = ", ".join(f"{name(field.column)} = %s" for field in fields)
        cursor.executemany(
            f"UPDATE {table} SET {changes} WHERE {name(meta.pk.column)} = %s",  # noqa: S608
            [
                (*(field.get_db_prep_save(new[field.name], connection) for field in fields), key)
                for key, new in values.items()
            ],
        )


@contextmanager
def _table_before(model: type[models.Model]) -> Iterator[tuple[CursorWrapper, str]]:
    """An empty table in front of that of ``model``, to be filled within; keyed and indexed as it.

    Gives a cursor and the name of the lasting table.
    """
    name = connection.ops.quote_name
    fields, table = model._meta.concrete_fields, name(model._meta.db_table)
    # A whole key, not only an index: by it PostgreSQL groups rows with all their columns.
    typed = ", ".join(
        f"{name(field.column)} {field.db_type(connection)}{' PRIMARY KEY' * field.primary_key}"
        for field in fields
    )
    with connection.cursor() as cursor:
        temporary, lasting = _schemas(cursor)
        cursor.execute(f"DROP TABLE IF EXISTS {temporary}.{table}")
        cursor.execute(f"CREATE TEMPORARY TABLE {table} ({typed})")
        yield cursor, f"{lasting}.{table}"
        for number, field in enumerate(field for field in fields if field.is_relation):
            index = name(f"past_{model._meta.db_table}_{number}"[:60])
            cursor.execute(f"CREATE INDEX {index} ON {table} ({name(field.column)})")
        cursor.execute(f"ANALYZE {table}")


def _columns(model: type[models.Model]) -> str:
    return ", ".join(
        connection.ops.quote_name(field.column) for field in model._meta.concrete_fields
    )


def _schemas(cursor: CursorWrapper) -> tuple[str, str]:
    """Where the temporary tables of the connection are, and where the lasting ones."""
    if connection.vendor == "sqlite":
        return "temp", "main"
    cursor.execute("SELECT current_schema()")
    return "pg_temp", connection.ops.quote_name(cursor.fetchone()[0])
