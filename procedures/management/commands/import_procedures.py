"""Brings in a list of procedures: ``manage.py import_procedures FILE``."""

import json
import time
from pathlib import Path

from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from procedures import bulk_import
from procedures.actions import command_account
from procedures.models import ImportRow, ImportRun, User
from procedures.permissions import check_can_import
from procedures.spreadsheet.gate import Refused

UNREADABLE = 2  # exit status
Outcome = ImportRow.Outcome


class Command(BaseCommand):
    help = "手続の一覧（Excel・CSV）を台帳に取り込みます。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="取り込むファイル")
        parser.add_argument(
            "--by", metavar="USER", help="実行者（利用者名）。省略時はコマンド用の利用者"
        )
        parser.add_argument("--dry-run", action="store_true", help="比べるだけで書き込みません")
        parser.add_argument("--json", action="store_true", help="最後の行に件数をJSONで出します")
        parser.add_argument(
            "--confirm-exemptions",
            action="store_true",
            help="適用除外を、申出でなく確認済として取り込みます",
        )

    def handle(self, *args, **options) -> None:
        started = time.perf_counter()
        by = self._person(options["by"])
        if not options["file"].is_file():
            raise CommandError(
                f"ファイル「{options['file']}」がありません。", returncode=UNREADABLE
            )
        work = self._compare if options["dry_run"] else self._import
        counts = work(options["file"], by, confirms=options["confirm_exemptions"])
        if options["json"]:
            names = (Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED, Outcome.REJECTED)
            result = {name.value: counts[name] for name in names}
            result["seconds"] = round(time.perf_counter() - started, 3)
            self.stdout.write(json.dumps(result))

    def _person(self, username: str | None) -> User:
        if username is None:
            return command_account()
        try:
            person = User.objects.get(username=username, is_active=True)
            check_can_import(person)
        except User.DoesNotExist:
            raise CommandError(f"利用者「{username}」はいません。") from None
        except PermissionDenied as denied:
            raise CommandError(f"{username}: {denied}") from None
        return person

    def _compare(self, path: Path, by: User, *, confirms: bool) -> dict[Outcome, int]:
        try:
            parsed = bulk_import.read(path, path.name)
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=UNREADABLE) from None
        diff = bulk_import.compare(
            parsed, by=by, on=timezone.localdate(), confirms_exemptions=confirms
        )
        self._report(
            diff.counts,
            [p.message for row in diff.rows for p in row.problems],
            bulk_import.notes_of(parsed),
        )
        return diff.counts

    def _import(self, path: Path, by: User, *, confirms: bool) -> dict[Outcome, int]:
        with path.open("rb") as file:
            run = bulk_import.preview(
                File(file), file_name=path.name, by=by, confirms_exemptions=confirms
            )
        if run.state == ImportRun.State.REFUSED:
            raise CommandError(run.message, returncode=UNREADABLE)
        rejected = run.rows.filter(outcome=Outcome.REJECTED)
        messages = [problem["message"] for row in rejected for problem in row.problems]
        self._report(run.counts, messages, run.notes)
        bulk_import.apply(run.pk, by=by)
        self.stdout.write(f"取り込みました（取込番号 {run.pk}）。")
        return run.counts

    def _report(self, counts: dict[Outcome, int], messages: list[str], notes: list[str]) -> None:
        for note in notes:
            self.stdout.write(f"・{note}")
        for message in messages:
            self.stdout.write(f"× {message}")
        self.stdout.write("、".join(f"{outcome.label} {counts[outcome]}件" for outcome in Outcome))
