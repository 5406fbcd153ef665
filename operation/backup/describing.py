"""The manifest of what is about to be saved: of this program, this database, this moment."""

import tomllib
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from types import ModuleType

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection

from operation.tables import tables as program_tables
from procedures.models import AuditChain

from . import contents, postgres, sqlite, uploads
from .archive import Writing, copied
from .manifest import AuditHead, Kind, Manifest, Refused, Table

COMMAND = "コマンド"
"""Who saves and restores: nobody who has signed in."""

OLDER_TABLES = (
    "データベースが、このプログラムの版のものではありません（更新の前か途中）。更新の前のものは、"
    "前の版のプログラムで実行してください。更新の途中なら、manage.py migrate を終わらせてから、"
    "もう一度実行してください。まだ何も書いていません。"
)


def engine() -> ModuleType:
    """The module that copies and restores the database in use."""
    return sqlite if connection.vendor == "sqlite" else postgres


@cache
def program_version() -> str:
    """The version of this program."""
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]["version"]


def check_version() -> None:
    """Raises ``Refused`` where the tables are of an earlier program: this one cannot read them.

    Those of a later one, or of an upgrade that stopped half-way, are saved as they are.
    """
    if program_tables().pending:
        raise Refused(OLDER_TABLES)


def described(kind: Kind, made_at: datetime, tables: Iterable[Table]) -> Manifest:
    """A manifest of the database as it is read now, to which the members are still missing."""
    chain = AuditChain.objects.first() or AuditChain()
    return Manifest(
        kind=kind,
        made_at=made_at,
        office=settings.OFFICE_NAME,
        program=program_version(),
        engine=connection.vendor,
        engine_version=engine().version(),
        migrations=contents.migrations(),
        tables=tuple(tables),
        audit=AuditHead(chain.number, chain.hash),
        members=(),
    )


def copy_uploads(names: Iterable[str], made: Writing) -> tuple[str, ...]:
    """Adds the kept files ``names`` to the folder; returns those that are not there.

    A file is kept before the row that names it and never changes, so it is the same afterwards.
    """
    missing = []
    for name in names:
        member = f"{uploads.FOLDER}/{name}"
        try:
            source = default_storage.open(name)
        except FileNotFoundError:
            missing.append(name)
            continue
        with source:
            copied(source, made.place(member))
        made.took(member)
    return tuple(missing)
