"""Puts a backup into an empty place and checks it: ``manage.py restore BACKUP``."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from operation.backup.manifest import Refused
from operation.backup.restoring import BROKEN_OFF, restore

DONE = "復元が終わりました（{at}時点、{rows:,}行）。すべての表がバックアップと1行ずつ一致しました。"
NEXT = """\
次にすること：
1. プログラムを起動し、ログインできるか確かめます（全員がログインし直します）。
2. 手続の件数と最近の変更を、画面で確かめます。
3. {at}より後に行った変更は入っていません。入力した人に知らせてください。
4. manage.py backup で、この状態のバックアップを作ります。"""


class Command(BaseCommand):
    help = "バックアップを、空のデータベースと空の uploads に復元して確かめます。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backup", type=Path, metavar="BACKUP", help="バックアップのフォルダー")
        parser.add_argument(
            "--migrate", action="store_true", help="古い版のバックアップを、今の版へ更新します"
        )

    def handle(self, *args, **options) -> None:
        folder = options["backup"].absolute()
        try:
            said = restore(folder, migrate=options["migrate"], say=self.stdout.write)
        except Refused as reason:
            raise CommandError(str(reason)) from None
        except OSError as error:  # such as a disk that is full
            reason = error.strerror or str(error)
            raise CommandError(BROKEN_OFF.format(reason=reason)) from error
        at = timezone.localtime(said.made_at).strftime("%Y-%m-%d %H:%M:%S")
        self.stdout.write(DONE.format(at=at, rows=said.rows))
        self.stdout.write(NEXT.format(at=at))
