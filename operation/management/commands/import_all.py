"""Takes what ``export_all`` wrote into an empty database: ``manage.py import_all FOLDER``."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from operation.backup.importing import import_all
from operation.backup.manifest import Refused
from operation.backup.restoring import BROKEN_OFF

DONE = "取り込みました（{rows:,}行）。すべての表が書出しと1行ずつ一致しました。"
LOCKED = (
    "パスワードは入っていないため、誰もログインできません。manage.py changepassword 利用者名 で"
    "管理者のパスワードを決め、ほかの人の分は管理画面で決めてください。"
)
OPEN = "全員が、これまでのパスワードでログインし直します。"


class Command(BaseCommand):
    help = "書出し（export_all）を、空のデータベースと空の uploads に取り込んで確かめます。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER", help="書出しのフォルダー")

    def handle(self, *args, **options) -> None:
        try:
            said = import_all(options["folder"].absolute(), say=self.stdout.write)
        except Refused as reason:
            raise CommandError(str(reason)) from None
        except OSError as error:  # such as a disk that is full
            reason = error.strerror or str(error)
            raise CommandError(BROKEN_OFF.format(reason=reason)) from error
        self.stdout.write(DONE.format(rows=said.rows))
        self.stdout.write(OPEN if said.with_passwords else LOCKED)
