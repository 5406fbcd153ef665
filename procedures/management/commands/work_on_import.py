"""Does the work that an import waits for: the page starts ``manage.py work_on_import ID``."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from procedures import bulk_import
from procedures.models import ImportRun


class Command(BaseCommand):
    help = "待っている取込の作業（読取り・取込・取消し）を行います。画面から自動で呼ばれます。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", type=int, help="取込番号")

    def handle(self, *args, **options) -> None:
        try:
            bulk_import.perform(options["run"])
        except ImportRun.DoesNotExist:
            raise CommandError(f"取込番号 {options['run']} はありません。") from None
        except bulk_import.NotApplicable as reason:
            raise CommandError(str(reason)) from None
