"""Takes a whole import back: ``manage.py undo_import ID``."""

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from procedures import bulk_import
from procedures.management.people import add_person_argument, person_of
from procedures.management.terminal import TerminalReport
from procedures.models import ImportRun


class Command(BaseCommand):
    help = "取り込んだ一覧表を、取込の前の内容に戻します。後から変更された項目は残して知らせます。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", type=int, help="取込番号")
        add_person_argument(parser)

    def handle(self, *args, **options) -> None:
        by = person_of(options["by"])
        report = TerminalReport()
        try:
            run = bulk_import.undo(options["run"], by=by, report=report)
        except ImportRun.DoesNotExist:
            raise CommandError(f"取込番号 {options['run']} はありません。") from None
        except (bulk_import.NotApplicable, PermissionDenied) as reason:
            raise CommandError(str(reason)) from None
        finally:
            report.close()
        for left in run.undo_left:
            fields = f"（{'、'.join(left['fields'])}）" if left["fields"] else ""
            self.stdout.write(f"・{left['name']}{fields}：{left['reason']}")
        self.stdout.write(f"取り消しました。そのまま残した手続は{len(run.undo_left)}件です。")
