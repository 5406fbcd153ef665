"""Brings in a list of procedures: ``manage.py import_procedures FILE``."""

import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.core.management.base import BaseCommand, CommandError, CommandParser

from procedures import bulk_import
from procedures.management.people import add_person_argument, person_of
from procedures.management.terminal import TerminalReport
from procedures.models import ImportRow, ImportRun, User
from procedures.spreadsheet.gate import Refused

UNREADABLE = 2  # exit status
NOT_WANTED = "取り込みませんでした。台帳は変わっていません。"
DECIDED = {
    bulk_import.NOW: "食い違いのある{count}行は、食い違う項目を台帳の内容のままにしました。",
    bulk_import.FILE: "食い違いのある{count}行は、食い違う項目をファイルの内容にしました。",
}
Outcome = ImportRow.Outcome


class Command(BaseCommand):
    help = "手続の一覧（Excel・CSV）を台帳に取り込みます。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="取り込むファイル")
        add_person_argument(parser)
        parser.add_argument("--dry-run", action="store_true", help="比べるだけで書き込みません")
        parser.add_argument("--json", action="store_true", help="最後の行に件数をJSONで出します")
        parser.add_argument(
            "--confirm-exemptions",
            action="store_true",
            help="適用除外を、申出でなく確認済として取り込みます",
        )
        parser.add_argument(
            "--conflicts",
            choices=[bulk_import.NOW, bulk_import.FILE],
            default=bulk_import.NOW,
            help="書き出した後に台帳でも変わった項目を、台帳のまま（now）か、"
            "ファイルの内容（file）にするか。省略時は now",
        )

    def handle(self, *args, **options) -> None:
        started = time.perf_counter()
        by = person_of(options["by"])
        if not options["file"].is_file():
            raise CommandError(
                f"ファイル「{options['file']}」がありません。", returncode=UNREADABLE
            )
        report = TerminalReport()
        confirms = options["confirm_exemptions"]
        try:
            if options["dry_run"]:
                counts = self._look(options["file"], by, confirms, report)
            else:
                run = self._preview(options["file"], by, confirms, report)
                self._apply(run, by, options["conflicts"], report)
                counts = run.counts
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=UNREADABLE) from None
        except (PermissionDenied, bulk_import.NotApplicable, bulk_import.StalePreview) as reason:
            raise CommandError(str(reason)) from None
        finally:
            report.close()
        if options["json"]:
            names = (Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED, Outcome.REJECTED)
            result = {name.value: counts[name] for name in names}
            result["seconds"] = round(time.perf_counter() - started, 3)
            self.stdout.write(json.dumps(result))

    def _look(
        self, path: Path, by: User, confirms: bool, report: TerminalReport
    ) -> dict[Outcome, int]:
        diff = bulk_import.look(path, by=by, confirms_exemptions=confirms, report=report)
        report.close()
        problems = (problem.message for row in diff.rows for problem in row.problems)
        self._tell(bulk_import.notes_of(diff.parsed), problems, diff.counts)
        return diff.counts

    def _preview(self, path: Path, by: User, confirms: bool, report: TerminalReport) -> ImportRun:
        with path.open("rb") as file:
            run = bulk_import.preview(
                File(file),
                file_name=path.name,
                by=by,
                confirms_exemptions=confirms,
                report=report,
            )
        report.close()
        if run.state == ImportRun.State.REFUSED:
            raise CommandError(run.message, returncode=UNREADABLE)
        rejected = run.rows.filter(outcome=Outcome.REJECTED).values_list("problems", flat=True)
        problems = (problem["message"] for problems in rejected for problem in problems)
        self._tell(run.notes, problems, run.counts)
        return run

    def _tell(
        self, notes: Iterable[str], problems: Iterable[str], counts: dict[Outcome, int]
    ) -> None:
        for note in notes:
            self.stdout.write(f"・{note}")
        for problem in problems:
            self.stdout.write(f"× {problem}")
        self.stdout.write("、".join(f"{outcome.label} {counts[outcome]}件" for outcome in Outcome))

    def _apply(self, run: ImportRun, by: User, choice: str, report: TerminalReport) -> None:
        if decided := bulk_import.decide_rest(run, choice, by=by):
            self.stdout.write(DECIDED[choice].format(count=decided))
        for caution in run.cautions:
            self.stdout.write(f"注意：{caution}")
        # A scheduled import has nobody to ask; it can be taken back as a whole.
        if run.cautions and sys.stdin.isatty() and input("取り込みますか [y/N] ") not in ("y", "Y"):
            bulk_import.discard(run, by=by)
            raise CommandError(NOT_WANTED)
        bulk_import.apply(run.pk, by=by, confirmed=True, report=report)
        report.close()
        self.stdout.write(f"取り込みました（取込番号 {run.pk}）。")
