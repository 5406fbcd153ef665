"""Loads the survey that waits to be read: the page starts ``manage.py work_on_survey ID``."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from procedures import survey
from procedures.models import SurveyEdition


class Command(BaseCommand):
    help = "待っている国の調査の読込みを行います。画面から自動で呼ばれます。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("edition", type=int, help="版の番号")

    def handle(self, *args, **options) -> None:
        try:
            survey.perform(options["edition"])
        except SurveyEdition.DoesNotExist:
            raise CommandError(f"版の番号 {options['edition']} はありません。") from None
        except survey.NotLoadable as reason:
            raise CommandError(str(reason)) from None
