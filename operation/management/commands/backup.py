"""Saves database and files while people work: ``manage.py backup``."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from operation.backup.locking import Busy
from operation.backup.making import make
from operation.backup.manifest import Refused

NOT_MADE, BUSY, FILES_MISSING = 1, 3, 4
"""Exit statuses: no backup; another one at work; a backup without files that were already lost."""

MADE = "バックアップができました：{folder}"
WHAT = "{at}時点　表{tables}、{rows:,}行、ファイル{files}、{size:,.1f}MB"
REMOVED = "保存期間を過ぎた{count}個を消しました。"
AT_WORK = (
    "「{folder}」では、別のバックアップが進んでいます。終わってから、もう一度実行してください。"
)
NEGATIVE = "--keep-days と --keep-monthly は、0以上の数にしてください。"
MISSING = (
    "データベースが指すファイルのうち{count}個が「uploads」にありません（{names}）。バックアップは"
    "できています。ファイルを元の場所に戻せないか確かめてください。"
)


class Command(BaseCommand):
    help = "データベースとファイルのバックアップを作ります。使用中でも実行できます。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--to", type=Path, default=settings.BACKUP_DIR, metavar="FOLDER",
            help="作る場所（初めは DX_BACKUP_DIR）",
        )  # fmt: skip
        parser.add_argument(
            "--keep-days", type=int, default=settings.BACKUP_KEEP_DAYS, metavar="N",
            help="この日数以内のものは残します（初めは DX_BACKUP_KEEP_DAYS）",
        )  # fmt: skip
        parser.add_argument(
            "--keep-monthly", type=int, default=settings.BACKUP_KEEP_MONTHS, metavar="N",
            help="各月の最後のものを、この月数だけ残します（初めは DX_BACKUP_KEEP_MONTHS）",
        )  # fmt: skip

    def handle(self, *args, **options) -> None:
        folder = options["to"].absolute()
        if min(options["keep_days"], options["keep_monthly"]) < 0:
            raise CommandError(NEGATIVE, returncode=NOT_MADE)
        keep = {"keep_days": options["keep_days"], "keep_months": options["keep_monthly"]}
        try:
            made = make(folder, **keep)
        except Busy:
            raise CommandError(AT_WORK.format(folder=folder), returncode=BUSY) from None
        except Refused as reason:
            raise CommandError(str(reason), returncode=NOT_MADE) from None
        said = made.manifest
        self.stdout.write(MADE.format(folder=made.folder))
        self.stdout.write(
            WHAT.format(
                at=timezone.localtime(said.made_at).strftime("%Y-%m-%d %H:%M:%S"),
                tables=len(said.tables),
                rows=said.rows,
                files=len(said.members) - 1,
                size=said.size / 2**20,
            )
        )
        if made.removed:
            self.stdout.write(REMOVED.format(count=len(made.removed)))
        if said.missing:
            names = "、".join(said.missing[:3])
            raise CommandError(
                MISSING.format(count=len(said.missing), names=names), returncode=FILES_MISSING
            )
