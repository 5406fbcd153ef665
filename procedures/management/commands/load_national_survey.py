"""Loads the national survey as the reference table: ``manage.py load_national_survey FILE``."""

import json
import time
from pathlib import Path

from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.core.management.base import BaseCommand, CommandError, CommandParser

from procedures import survey
from procedures.management.people import add_person_argument, person_of
from procedures.management.terminal import TerminalReport
from procedures.models import SurveyEdition

UNREADABLE = 2  # exit status
COUNTS = (
    "row_count",
    "added_count",
    "dropped_count",
    "difference_count",
    "refreshed_count",
    "left_out_count",
)


class Command(BaseCommand):
    help = "国の調査（行政手続等の悉皆調査）を参照表として読み込み、前の版と入れ替えます。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="公表されている国の調査のファイル")
        parser.add_argument("--name", default="", help="版の名称。省略時はファイル名")
        parser.add_argument("--json", action="store_true", help="最後の行に結果をJSONで出します")
        add_person_argument(parser)

    def handle(self, *args, **options) -> None:
        started = time.perf_counter()
        path, by, report = options["file"], person_of(options["by"]), TerminalReport()
        if not path.is_file():
            raise CommandError(f"ファイル「{path}」がありません。", returncode=UNREADABLE)
        try:
            with path.open("rb") as file:
                edition = survey.load(
                    File(file), file_name=path.name, name=options["name"], by=by, report=report
                )
        except (PermissionDenied, survey.NotLoadable) as reason:
            raise CommandError(str(reason)) from None
        finally:
            report.close()
        if edition.state != SurveyEdition.State.LOADED:
            raise CommandError(edition.message, returncode=UNREADABLE)
        result = {name: getattr(edition, name) for name in COUNTS}
        result |= {"seconds": round(time.perf_counter() - started, 1), **_memory()}
        self._tell(edition, result)
        if options["json"]:
            self.stdout.write(json.dumps(result))

    def _tell(self, edition: SurveyEdition, result: dict[str, float]) -> None:
        for row in edition.left_out:
            self.stderr.write(row["message"])
        for name in COUNTS:
            label = SurveyEdition._meta.get_field(name).verbose_name
            self.stdout.write(f"{label}: {result[name]:,}")
        self.stdout.write(f"かかった時間: {result['seconds']}秒")
        if "memory_mb" in result:
            self.stdout.write(
                f"最大のメモリ: {result['memory_mb']}MB"
                f"（ファイルを読む別のプロセス {result['reader_memory_mb']}MB）"
            )


def _memory() -> dict[str, int]:
    """The most memory that this process and the one that read the file took, in MB."""
    try:
        import resource
    except ImportError:  # Windows does not say
        return {}
    own, children = (
        resource.getrusage(who).ru_maxrss // 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return {"memory_mb": own, "reader_memory_mb": children}
