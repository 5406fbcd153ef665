"""Writes or checks the page about the workflow: ``manage.py workflow_diagram [--check]``."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tracking.workflow_diagram import workflow_page

PAGE = settings.BASE_DIR / "docs" / "workflow.md"
OUTDATED = f"{PAGE.name} が tracking/workflow.py と違います。--check なしで実行すると直ります。"


class Command(BaseCommand):
    help = "状況の移り変わりの頁 docs/workflow.md を、tracking/workflow.py の表から作ります。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="書かずに、違えば知らせます")

    def handle(self, *args, **options) -> None:
        if not options["check"]:
            PAGE.write_text(workflow_page(), encoding="utf-8")
            self.stdout.write(f"{PAGE.name} を書きました。")
        elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != workflow_page():
            raise CommandError(OUTDATED)
