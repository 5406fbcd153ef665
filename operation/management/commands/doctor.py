"""Looks at what the program depends on: ``manage.py doctor [--quick | --full] [--json]``."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from operation.doctor import Depth, Finding, State, examine

EXIT = {State.OK: 0, State.WARN: 1, State.FAIL: 2}
"""The exit status, as programs that watch servers expect it."""


class Command(BaseCommand):
    help = (
        "設定・データベース・ディスク・時計・メール・バックアップなどを点検し、どうすればよいかを"
        "表示します（データベースには書き込みません）。終了コードは、正常0、注意1、異常2です。"
    )
    # They are one of the things looked at: where they fail, the others are still to be heard.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        how_much = parser.add_mutually_exclusive_group()
        how_much.add_argument(
            "--quick", action="store_true", help="すぐに終わる点検だけ（メールなどに接続しない）"
        )
        how_much.add_argument(
            "--full", action="store_true", help="バックアップの中身と区分の計算も確かめる"
        )
        parser.add_argument("--json", action="store_true", help="監視のプログラムのための JSON")

    def handle(self, *args, quick: bool, full: bool, **options) -> None:
        depth = Depth.QUICK if quick else Depth.FULL if full else Depth.USUAL
        findings = examine(depth)
        worst = max((finding.state for finding in findings), key=list(State).index)
        self.stdout.write(_json(findings, worst) if options["json"] else _text(findings))
        if worst is not State.OK:
            raise CommandError(_summary(findings), returncode=EXIT[worst])


def _json(findings: Sequence[Finding], worst: State) -> str:
    said = {
        "state": worst,
        "checked_at": timezone.localtime().isoformat(timespec="seconds"),
        "findings": [asdict(finding) for finding in findings],
    }
    return json.dumps(said, ensure_ascii=False, indent=1)


def _text(findings: Sequence[Finding]) -> str:
    lines = []
    for finding in findings:
        lines.append(f"［{finding.state.label}］{finding.title}：{finding.seen}")
        if finding.advice:
            lines.append(f"　　　　→ {finding.advice}")
    return "\n".join(lines)


def _summary(findings: Sequence[Finding]) -> str:
    states = [finding.state for finding in findings]
    return f"異常{states.count(State.FAIL)}件、注意{states.count(State.WARN)}件。"
