"""Verifies the audit log as a whole: ``manage.py verify_audit``."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from operation.audit_log.verifying import told, verify_by_command

ENTRIES = "通し番号{number}まで、{entries:,}件（封印を待つもの {unsealed:,}件）"
HISTORY = (
    "変更履歴 {rows:,}件（記録の開始前と保存期間後で、検証の対象にならないもの {earlier:,}件）"
)
HEAD = "最後の項目の要約値：{hash}"


class Command(BaseCommand):
    help = (
        "監査ログの鎖と、すべての変更履歴と、今の行を突き合わせます。"
        "結果を監査ログに記録し、問題があれば一覧にして、終了コード1で終わります。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="結果をJSONで出力します")

    def handle(self, *args: Any, **options: Any) -> None:
        found = verify_by_command()
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(found), ensure_ascii=False, indent=1))
        else:
            for line in (*found.problems, *found.remarks, *_told(found)):
                self.stdout.write(line)
        if not found.ok:
            raise CommandError(told(found))
        if not options["json"]:
            self.stdout.write(told(found))


def _told(found: Any) -> list[str]:
    if found.head is None:
        return []
    return [
        ENTRIES.format(number=found.head.number, entries=found.entries, unsealed=found.unsealed),
        HISTORY.format(rows=found.history_rows, earlier=found.earlier_rows),
        HEAD.format(hash=found.head.hash),
    ]


def _as_json(found: Any) -> dict[str, Any]:
    head = found.head and {"number": found.head.number, "hash": found.head.hash}
    return {
        "ok": found.ok,
        "problems": found.problems,
        "remarks": found.remarks,
        "entries": found.entries,
        "unsealed": found.unsealed,
        "history_rows": found.history_rows,
        "earlier_rows": found.earlier_rows,
        "head": head,
    }
