"""Recomputes and stores the category of every procedure: ``manage.py reclassify``."""

from django.core.management.base import BaseCommand

from procedures.actions import command_account
from procedures.classification import classify_and_store
from procedures.models import Procedure, Source
from procedures.records import Origin


class Command(BaseCommand):
    help = "すべての手続の区分を、現在の方針で計算し直して保存します。"

    def handle(self, *args, **options) -> None:
        origin = Origin(command_account(), Source.COMMAND)
        changed = classify_and_store(Procedure.objects.all(), origin)
        self.stdout.write(f"{changed}件の結果が変わりました。")
