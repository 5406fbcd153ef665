"""Says whether long work is going on, and fails if so: ``manage.py at_rest``."""

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, models

from procedures.models import ImportRun, SurveyEdition
from procedures.workers import has_gone_silent

WORK = ((ImportRun, "取込"), (SurveyEdition, "国の調査の読込"))
AT_WORK = "{}の処理が動いています。終わるのを待ってから、もう一度実行してください。"


UNREADABLE = (
    "データベースを読めません。接続先を確かめてください。初めての設置なら、更新ではなく "
    "run.py manage migrate を実行してください。（{}）"
)


class Command(BaseCommand):
    help = "取込などの長い処理が動いていないことを確かめます。動いていれば終了コード1です。"
    requires_migrations_checks = False  # also asked of tables that are still to be upgraded

    def handle(self, *args, **options) -> None:
        for model, name in WORK:
            try:
                alive = [f"No. {key}" for key in _at_work(model)]
            except DatabaseError as error:
                raise CommandError(UNREADABLE.format(error)) from error
            if alive:
                raise CommandError(AT_WORK.format(f"{name}（{'、'.join(alive)}）"))
        self.stdout.write("動いている処理はありません。")


def _at_work(model: type[models.Model]) -> list[int]:
    working = model._default_manager.exclude(worker="").values_list("pk", "worker", "heard_at")
    return [key for key, worker, heard_at in working if not has_gone_silent(worker, heard_at)]
