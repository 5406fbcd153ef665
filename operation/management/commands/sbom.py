"""Writes or checks the list of packages: ``manage.py sbom [--check]``."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from operation.sbom import sbom

FILE = settings.BASE_DIR / "docs" / "security" / "sbom.json"
OUTDATED = f"{FILE.name} がロックファイルと違います。--check なしで実行すると直ります。"


class Command(BaseCommand):
    help = (
        "使っている部品の一覧（CycloneDX） docs/security/sbom.json を、ロックファイルから作ります。"
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="書かずに、違えば知らせます")

    def handle(self, *args, **options) -> None:
        try:
            text = sbom(settings.BASE_DIR)
        except LookupError as error:
            raise CommandError(str(error)) from error
        if not options["check"]:
            FILE.write_text(text, encoding="utf-8")
            self.stdout.write(f"{FILE.name} を書きました。")
        elif not FILE.exists() or FILE.read_text(encoding="utf-8") != text:
            raise CommandError(OUTDATED)
