"""Loading an edition of the survey: the table is replaced as a whole, or not at all.

Everything is read, compared and made ready before the transaction, so that others wait for the
statements only.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from procedures import audit
from procedures.models import (
    AuditEvent,
    Procedure,
    Source,
    SurveyDifference,
    SurveyEdition,
    SurveyProcedure,
    User,
)
from procedures.policies import hold_inventory
from procedures.records import Origin
from procedures.spreadsheet.gate import Refused
from procedures.spreadsheet.reading import read_workbook
from procedures.spreadsheet.survey_table import (
    SurveyRow,
    SurveyTable,
    changes,
    read_table,
    search_key,
)
from procedures.statements import insert_rows, row_converter
from procedures.workers import Progress, Report, silent, start_command

from .editions import STOPPED, NotLoadable, receive, release, take
from .references import write_references

State = SurveyEdition.State

LOADED = "国の調査「{edition}」を読み込みました。"
READING = "ファイルを読んでいます"
UNDERSTANDING = "国の調査の言葉を読み取っています"
COMPARING = "前の版と比べています"
WRITING = "国の調査を入れ替えています"
TAKEN_AWAY = "この版の読込みは、中断したものとして扱われました。もう一度読み込んでください。"
LEFT_OUT_KEPT = 1_000  # rows that are told one by one
_COLUMNS = (*SurveyRow._fields, "search_key")
_DIFFERENCE = ("edition_id", "national_id", "name", "fact", "old", "new", "reason")


def start(edition: SurveyEdition) -> None:
    """Begins the reading that ``edition`` waits for, without waiting for its end."""
    if settings.IMPORT_IN_OWN_PROCESS:
        start_command("work_on_survey", edition.pk)
    else:
        perform(edition.pk)


def load(
    file: File, *, file_name: str, name: str, by: User, report: Report = silent
) -> SurveyEdition:
    """Keeps and loads a file in this process; as ``receive`` and ``perform``."""
    edition = receive(file, file_name=file_name, name=name, by=by)
    return perform(edition.pk, report, source=Source.COMMAND)


def perform(
    edition_id: int, report: Report = silent, *, source: Source = Source.IMPORT
) -> SurveyEdition:
    """Loads the edition that waits. It is left LOADED, or REFUSED with the reason.

    Whatever fails leaves it BROKEN_OFF and the table as it was. Raises ``NotLoadable`` when
    another process has it.
    """
    edition = take(edition_id)
    progress = Progress(edition, report)
    try:
        _replace(edition, _ready(edition, progress), progress, source)
    except Refused as refusal:
        release(edition, State.REFUSED, refusal.message)
    except Exception:
        release(edition, State.BROKEN_OFF, STOPPED)
        raise
    edition.refresh_from_db()
    return edition


@dataclass(frozen=True, slots=True)
class _Ready:
    """A table that can be written: its rows, those for the driver, and what they say anew."""

    rows: Mapping[str, SurveyRow]
    statements: Sequence[tuple[Any, ...]]
    differences: Sequence[tuple[Any, ...]]
    facts: Mapping[str, Any]


def _ready(edition: SurveyEdition, report: Report) -> _Ready:
    table = _table(edition, report)
    report(COMPARING, 0, len(table.rows))
    stored = SurveyProcedure.objects.order_by().values_list(*SurveyRow._fields)
    old = {row.national_id: row for row in map(SurveyRow._make, stored.iterator())}
    kept = {
        row.national_id: old[row.national_id]
        for row in table.left_out
        if row.national_id in old and row.national_id not in table.rows
    }
    rows = {**table.rows, **kept}
    differences = list(_differences(edition, old, table.rows))
    convert = row_converter(SurveyProcedure, _COLUMNS)
    places = {(row.sheet, row.row) for row in table.left_out}
    facts = {
        "row_count": len(rows),
        "added_count": len(rows.keys() - old.keys()),
        "dropped_count": len(old.keys() - rows.keys()),
        "difference_count": len(differences),
        "left_out_count": len(places),
        "left_out": [row._asdict() for row in table.left_out[:LEFT_OUT_KEPT]],
    }
    convert_difference = row_converter(SurveyDifference, _DIFFERENCE)
    return _Ready(
        rows,
        [convert((*row, search_key(row))) for row in rows.values()],
        [convert_difference(values) for values in differences],
        facts,
    )


def _table(edition: SurveyEdition, report: Report) -> SurveyTable:
    book = read_workbook(
        Path(edition.file.path), edition.file_name, lambda rows: report(READING, rows, 0)
    )
    return read_table(book, lambda done, total: report(UNDERSTANDING, done, total))


def _differences(
    edition: SurveyEdition, old: Mapping[str, SurveyRow], new: Mapping[str, SurveyRow]
) -> Iterator[tuple[Any, ...]]:
    for national_id, row in new.items():
        before = old.get(national_id)
        if before is not None and before != row:
            for change in changes(before, row):
                yield edition.pk, national_id, row.name, *change, ""


def _replace(edition: SurveyEdition, ready: _Ready, report: Report, source: Source) -> None:
    """Writes the table, the differences, what follows for procedures, and that it is done."""
    report(WRITING, 0, 0)
    with transaction.atomic():
        # First of all: whoever was thought dead meanwhile writes nothing.
        mine = SurveyEdition.objects.filter(
            pk=edition.pk, worker=edition.worker, state=State.READING
        )
        if not mine.update(
            state=State.LOADED, loaded_at=timezone.now(), worker="", heard_at=None, **ready.facts
        ):
            raise NotLoadable(TAKEN_AWAY)
        SurveyProcedure.objects.all().delete()
        kind, what = AuditEvent.Kind.IMPORT, LOADED.format(edition=edition)
        audit.note(kind, what, by=edition.loaded_by, count=len(ready.statements), source=source)
        insert_rows(SurveyProcedure, _COLUMNS, ready.statements)
        insert_rows(SurveyDifference, _DIFFERENCE, ready.differences)
        hold_inventory()  # whoever has typed a national id is done, the next one reads the new rows
        linked = Procedure.objects.exclude(national_id="").values_list("pk", flat=True)
        origin = Origin(edition.loaded_by, source)
        refreshed = write_references(list(linked.order_by("pk")), ready.rows, origin)
        SurveyEdition.objects.filter(pk=edition.pk).update(refreshed_count=refreshed)
