"""Takes an export into an empty database of either engine, row by row as it was."""

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, models, transaction

from procedures.models import AuditChain, AuditEvent, PolicyEdition, User
from procedures.statements import insert_rows, row_converter

from . import contents, keys, rows
from .archive import MEMBER_ALTERED, private_folder, read_manifest, verify
from .exporting import SCHEMA, table_member
from .making import check_room
from .manifest import Kind, Manifest, Refused
from .restoring import (
    Say,
    check_empty,
    check_members,
    check_restored,
    note_restored,
    put_uploads,
    unfinished,
)

BORN_WITH_TABLES: tuple[type[models.Model], ...] = (
    *(Permission, ContentType),
    *(PolicyEdition, PolicyEdition.history.model),
    *(AuditEvent, AuditChain),
)
"""What ``migrate`` fills in: in an empty database it may be there, and makes way."""
_AT_ONCE = 2_000
_NOT_A_ROW = (DatabaseError, ValidationError, ValueError, KeyError, TypeError, OverflowError)

OTHER_TABLES = (
    "書出しの表が、このプログラムのものと違います（{difference}）。書き出した時と同じ版（{program}）の"
    "プログラムで取り込み、その後で新しい版へ更新してください。"
)
NO_TABLES = "データベースに表がありません。先に manage.py migrate を実行してください。"
NOT_TAKEN = "表「{table}」の行をデータベースに入れられません：{reason}"
NOT_TOGETHER = "書出しの表どうしが合いません：{reason}。取り込みませんでした。"
DIFFERENT = "取り込んだ表が書出しと違います：{tables}。取り込みませんでした。"
NOTED = "全データの取込み「{name}」（{at}時点の書出し）"


def import_all(folder: Path, *, say: Say) -> Manifest:
    """Takes everything in ``folder`` into the empty database and the empty uploads.

    ``say`` hears each step as a sentence. Raises ``Refused`` with nothing in the database.
    """
    said = read_manifest(folder, Kind.EXPORT)
    say("チェックサムを確かめています…")
    verify(folder, said)
    _check_tables(folder, said)
    private_folder(settings.DATA_DIR)  # an empty place may not even be there yet
    check_empty(is_filled=_is_filled())
    check_room(settings.DATA_DIR, said.size)
    with unfinished(folder.name):
        say("ファイルを戻しています…")
        put_uploads(folder, said)
        with transaction.atomic():
            _take_in(folder, said, say)
        ContentType.objects.clear_cache()
        note_restored(NOTED, folder, said)
        check_restored(say)
    return said


def _check_tables(folder: Path, said: Manifest) -> None:
    """Raises ``Refused`` where the export has other tables or columns than this program."""
    check_members(said, [SCHEMA])
    try:
        stored = json.loads((folder / SCHEMA).read_bytes())["tables"]
        theirs = {table["table"]: {each["name"] for each in table["columns"]} for table in stored}
    except (ValueError, KeyError, TypeError):
        raise Refused(MEMBER_ALTERED.format(name=SCHEMA)) from None
    ours = {
        model._meta.db_table: {field.column for field in model._meta.concrete_fields}
        for model in rows.exported_models()
    }
    other = {name for name in theirs | ours if theirs.get(name) != ours.get(name)}
    other |= ours.keys() ^ {table.name for table in said.tables}
    if other:
        difference = "、".join(sorted(other)[:5])
        raise Refused(OTHER_TABLES.format(difference=difference, program=said.program))
    check_members(said, map(table_member, ours))


def _is_filled() -> bool:
    """Whether there is more in the database than what ``migrate`` makes; ``Refused`` for less."""
    if User._meta.db_table not in contents.table_names():
        raise Refused(NO_TABLES)
    models_of_people = (model for model in rows.exported_models() if model not in BORN_WITH_TABLES)
    return PolicyEdition.objects.count() > 1 or any(
        model._base_manager.exists() for model in models_of_people
    )


def _take_in(folder: Path, said: Manifest, say: Say) -> None:
    """All tables in one transaction, which ends only where each is row by row as it was."""
    for model in BORN_WITH_TABLES:
        model._base_manager.all()._raw_delete(using="default")
    last_keys = {table.name: table.last_key for table in said.tables}
    found = rows.exported_models()
    for model in found:
        table = model._meta.db_table
        say(f"{model._meta.verbose_name}（{table}）")
        try:
            with (folder / table_member(table)).open("rb") as file:
                _insert(model, file)
        except _NOT_A_ROW as error:
            raise Refused(NOT_TAKEN.format(table=table, reason=error)) from error
        keys.set_last_key(model, last_keys[table])
    try:
        connection.check_constraints()
    except DatabaseError as error:
        raise Refused(NOT_TOGETHER.format(reason=error)) from error
    say("すべての表を、1行ずつ書出しと比べています…")
    saved = {table.name: table.sha256 for table in said.tables}
    other = [
        model._meta.db_table for model in found if _digest(model) != saved[model._meta.db_table]
    ]
    if other:
        raise Refused(DIFFERENT.format(tables="、".join(other)))


def _insert(model: type[models.Model], lines: Iterable[bytes]) -> None:
    names = [field.attname for field in model._meta.concrete_fields]
    convert, read = row_converter(model, names), rows.reader(model)
    for part in _parts(lines):
        insert_rows(model, names, [convert(read(line)) for line in part])


def _parts(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    left = iter(lines)
    while part := list(islice(left, _AT_ONCE)):
        yield part


def _digest(model: type[models.Model]) -> str:
    """What is stored now, as the file of the export would say it."""
    done = sha256()
    for line in rows.lines(model, with_passwords=True):
        done.update(line)
    return done.hexdigest()
