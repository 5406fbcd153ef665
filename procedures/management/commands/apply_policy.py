"""Puts the edition of the policy in force whose day has come: ``manage.py apply_policy``."""

from django.core.management.base import BaseCommand

from procedures.actions import command_account
from procedures.actions.policies import apply_scheduled, scheduled_edition

APPLIED = "「{edition}」を施行しました。区分が変わった手続は{count:,}件です。"
WAITS = "「{edition}」の施行日（{day}）はまだ来ていません。何もしていません。"
NOTHING = "施行を待っている方針の版はありません。"


class Command(BaseCommand):
    help = (
        "施行日の来た方針の版を施行し、すべての手続の区分を計算し直します。"
        "毎日実行しておけば、施行日に施行されます。"
    )

    def handle(self, *args, **options) -> None:
        if edition := apply_scheduled(by=command_account()):
            words = APPLIED.format(edition=edition, count=edition.adopted_count)
        elif edition := scheduled_edition():
            words = WAITS.format(edition=edition, day=edition.effective_from)
        else:
            words = NOTHING
        self.stdout.write(words)
