"""Removes entries of the audit log whose time is over: ``manage.py prune_audit --apply``."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from operation.audit_log.verifying import operator
from procedures import audit

KEPT = "DX_AUDIT_DAYS が0なので、監査ログは消しません。"
NOTHING = "保存期間（{days}日）を過ぎた監査ログはありません。"
WOULD_GO = (
    "保存期間（{days}日）を過ぎた監査ログは{count:,}件（通し番号{first}～{last}）です。"
    "まだ何も消していません。消すときは --apply を付けて実行してください。"
)
GONE = "監査ログ{count:,}件（通し番号{first}～{last}）を消しました。変更履歴は残っています。"
NOT_SOUND = (
    "監査ログに問題があるため、何も消しませんでした。消すと原因を調べられなくなります。"
    "manage.py verify_audit で内容を確かめてください。"
)


class Command(BaseCommand):
    help = (
        "保存期間（DX_AUDIT_DAYS）を過ぎた監査ログを消します。消したことは監査ログに残ります。"
        "--apply を付けなければ、何が消えるかを表示するだけです。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--apply", action="store_true", help="実際に消します")

    def handle(self, *args: Any, **options: Any) -> None:
        days = settings.AUDIT_DAYS
        if not days:
            self.stdout.write(KEPT)
            return
        before = timezone.now() - timedelta(days=days)
        found = audit.outdated(before)
        if found and options["apply"]:
            if not audit.verify().ok:
                raise CommandError(NOT_SOUND)
            found = audit.remove_outdated(before, by_name=operator())
        text = (GONE if options["apply"] else WOULD_GO) if found else NOTHING
        values = {"count": found.count, "first": found.first, "last": found.last} if found else {}
        self.stdout.write(text.format(days=days, **values))
