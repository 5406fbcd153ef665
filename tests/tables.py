"""The tables that the tests work on: made from the models, which takes a second.

By the migrations they take twenty. tests/test_tables.py makes them so once, and finds the same.
"""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


def make() -> None:
    """Makes them in this process's database, which is empty."""
    modules = settings.MIGRATION_MODULES
    settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
    try:
        call_command("migrate", run_syncdb=True, verbosity=0)
    finally:
        settings.MIGRATION_MODULES = modules
    mark_as_newest()


def mark_as_newest() -> None:
    """Notes every migration as done, since the tables are what all of them come to."""
    recorder = MigrationRecorder(connection)
    recorder.ensure_schema()
    migrations = MigrationLoader(None).disk_migrations
    recorder.migration_qs.bulk_create(
        recorder.Migration(app=app, name=name) for app, name in migrations
    )


def described() -> dict[str, Any]:
    """What this process's database has: by table its columns, keys, indexes and rules."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        return {table: _described(cursor, table) for table in tables}


def _described(cursor: Any, table: str) -> dict[str, Any]:
    introspection = connection.introspection
    columns = introspection.get_table_description(cursor, table)
    constraints = introspection.get_constraints(cursor, table)
    return {
        "columns": {column.name: repr(column) for column in columns},
        "keys": introspection.get_sequences(cursor, table),
        "constraints": sorted(repr(_named(name, told)) for name, told in constraints.items()),
    }


def _named(name: str, told: dict[str, Any]) -> dict[str, Any]:
    """A constraint with its name, unless SQLite counts it among others of its table."""
    is_counted = told["foreign_key"] or name.startswith("__unnamed_")
    return told if is_counted else told | {"name": name}
