"""Writes everything as open files: ``manage.py export_all FOLDER``."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from operation.backup.exporting import WITH_PASSWORDS, WITHOUT_PASSWORDS, export
from operation.backup.manifest import Refused

DONE = "書き出しました：{folder}（表{tables}、{rows:,}行、{size:,.1f}MB）"
MISSING = "データベースが指すファイルのうち{count}個がなく、入っていません（{names}）。"


class Command(BaseCommand):
    help = "すべての表とファイルを、どこでも読める形（JSON・csv・xlsx）で書き出します。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER", help="新しく作るフォルダー")
        parser.add_argument(
            "--with-passwords", action="store_true", help="パスワードのハッシュも入れます"
        )

    def handle(self, *args, **options) -> None:
        with_passwords = options["with_passwords"]
        try:
            made = export(options["folder"].absolute(), with_passwords=with_passwords)
        except Refused as reason:
            raise CommandError(str(reason)) from None
        said = made.manifest
        size = said.size / 2**20
        figures = {"tables": len(said.tables), "rows": said.rows, "size": size}
        self.stdout.write(DONE.format(folder=made.folder, **figures))
        self.stdout.write(WITH_PASSWORDS if with_passwords else WITHOUT_PASSWORDS)
        if said.missing:
            names = "、".join(said.missing[:3])
            self.stderr.write(MISSING.format(count=len(said.missing), names=names))
