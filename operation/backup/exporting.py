"""Writes everything as open files, so that an office can always leave, or change its database."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

from django.utils import timezone

from procedures import audit
from procedures.models import AuditEvent
from procedures.one_state import one_state

from . import keys, readable, rows, uploads
from .archive import PARTIAL, Writing, private_file, writing
from .describing import COMMAND, check_version, copy_uploads, described
from .manifest import Kind, Manifest, Refused, Table

SCHEMA = "schema.json"
TABLES = "tables"
README = "README.txt"
IN_THE_WAY = "「{folder}」は使えません。まだない名前のフォルダーを指定してください。"
CANNOT_WRITE = "「{folder}」に書けません（{reason}）。場所、権限、空きを確かめてください。"
NOTED = "全データの書出し「{name}」（{rows}行、{files}ファイル）"
EXPLAINED = """\
行政手続オンライン化管理台帳の全データです（{office}、{at}時点）。

read/      人が読むための表です。手続台帳（xlsx・csv）は、取込と同じ列です。
tables/    すべての表です。1行が1件のJSON（JSON Lines、UTF-8）で、履歴も含みます。
           日時は協定世界時（UTC）です。
schema.json 表と列の英語名・日本語名・型・選択肢・参照先です。
uploads/   取り込んだファイルと根拠資料です。表の中の名前で入っています。
manifest.json 各ファイルの大きさとSHA-256、各表の行数です。

別のデータベースへ移すには、新しい環境で次を実行します。
  manage.py import_all このフォルダー
ログイン中の記録（セッション）は入っていません。{passwords}
"""
WITHOUT_PASSWORDS = "パスワードは入っていません。"
WITH_PASSWORDS = "パスワードのハッシュが入っています。取扱いに注意してください。"


@dataclass(frozen=True, slots=True)
class Exported:
    """A complete export."""

    folder: Path
    manifest: Manifest


def export(folder: Path, *, with_passwords: bool) -> Exported:
    """Writes all tables as of one moment, and all kept files, into the new ``folder``.

    Raises ``Refused`` where there is something of that name, or no right to write.
    """
    for there in (folder, folder.with_name(folder.name + PARTIAL)):
        if there.exists() or folder.name.endswith(PARTIAL):
            raise Refused(IN_THE_WAY.format(folder=there))
    check_version()
    try:
        said = _exported(folder, with_passwords=with_passwords)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Refused(CANNOT_WRITE.format(folder=folder, reason=reason)) from error
    what = NOTED.format(name=folder.name, rows=said.rows, files=len(said.members))
    audit.note(AuditEvent.Kind.EXPORT, what, by_name=COMMAND, count=said.rows)
    return Exported(folder, said)


def table_member(table: str) -> str:
    """The name of the file that holds the rows of ``table``."""
    return f"{TABLES}/{table}.jsonl"


def _exported(folder: Path, *, with_passwords: bool) -> Manifest:
    with writing(folder) as made:
        with one_state():
            at, names = timezone.now(), uploads.referred()
            tables = [_table(made, model, with_passwords) for model in rows.exported_models()]
            for name, write in readable.files(timezone.localdate(at)):
                with made.open(name) as file:
                    write(file)
            said = described(Kind.EXPORT, at, tables)
        missing = copy_uploads(names, made)
        _explain(made, said, with_passwords)
        said = replace(said, members=made.members, missing=missing, with_passwords=with_passwords)
        made.complete(said)
        return said


def _table(made: Writing, model: type, with_passwords: bool) -> Table:
    count = 0
    table = model._meta.db_table
    with private_file(made.place(table_member(table))) as file:
        for line in rows.lines(model, with_passwords=with_passwords):
            file.write(line)
            count += 1
    member = made.took(table_member(table))
    return Table(table, count, member.sha256, keys.last_key(model))


def _explain(made: Writing, said: Manifest, with_passwords: bool) -> None:
    schemas = [rows.schema(model) for model in rows.exported_models()]
    text = EXPLAINED.format(
        office=said.office,
        at=timezone.localtime(said.made_at).strftime("%Y-%m-%d %H:%M"),
        passwords=WITH_PASSWORDS if with_passwords else WITHOUT_PASSWORDS,
    )
    described_ones = json.dumps({"tables": schemas}, ensure_ascii=False, indent=1)
    for name, content in ((SCHEMA, described_ones), (README, text)):
        with made.open(name) as file:
            file.write(content.encode())
