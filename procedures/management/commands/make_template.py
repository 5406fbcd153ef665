"""Writes the program's own empty workbook: ``manage.py make_template FILE``."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandParser

from procedures.resources import template_workbook


class Command(BaseCommand):
    help = "手続の一覧を入力する空のブックを作ります。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="作るファイル（*.xlsx）")

    def handle(self, *args, **options) -> None:
        options["file"].write_bytes(template_workbook())
        self.stdout.write(f"{options['file']} を作りました。")
