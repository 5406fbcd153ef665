"""Whether the tables of the database are those of this version of the program."""

from dataclasses import dataclass

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

OURS = frozenset({"procedures", "tracking"})


@dataclass(frozen=True, slots=True)
class Tables:
    """``pending``: migrations that are still to be made; ``newer``: made by a later version."""

    pending: tuple[str, ...]
    newer: tuple[str, ...]


def tables() -> Tables:
    """Compares the database with the program; raises what the database raises if it is away."""
    executor = MigrationExecutor(connection)
    loader = executor.loader
    plan = executor.migration_plan(loader.graph.leaf_nodes())
    # Packages drop migrations that they have squashed; of our own none ever goes away.
    newer = {key for key in loader.applied_migrations if key[0] in OURS} - set(
        loader.disk_migrations
    )
    return Tables(
        pending=tuple(f"{migration.app_label}.{migration.name}" for migration, _ in plan),
        newer=tuple(sorted(".".join(key) for key in newer)),
    )
