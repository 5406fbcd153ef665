"""Recomputes every stored result and fails on a difference: ``manage.py check_inventory``."""

from django.core.management.base import BaseCommand, CommandError

from procedures.classification import differences
from procedures.display import field_label
from procedures.models import Procedure


class Command(BaseCommand):
    help = "保存された区分・根拠・支障を計算し直し、違いがあれば知らせます（何も書き込みません）。"

    def handle(self, *args, **options) -> None:
        found = 0
        for procedure, field, stored, expected in differences(Procedure.objects.all()):
            found += 1
            self.stdout.write(
                f"{procedure}：{field_label(Procedure, field)}が「{stored}」ですが、"
                f"計算では「{expected}」です。"
            )
        if found:
            raise CommandError(
                f"{found}か所が違います。manage.py reclassify を実行すると直ります。"
            )
        self.stdout.write(f"{Procedure.objects.count()}件を確認しました。違いはありません。")
