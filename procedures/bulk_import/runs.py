"""Import runs: a file comes in, is kept, read and compared; its preview waits for a decision."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone

from procedures import audit
from procedures.digests import sha256_of
from procedures.fiscal_year import last_complete_fiscal_year
from procedures.models import AuditEvent, DistributedSheet, ImportRow, ImportRun, User
from procedures.permissions import (
    check_can_confirm_exemptions_by_import,
    check_can_import,
    rights_of,
)
from procedures.spreadsheet.gate import Refused
from procedures.spreadsheet.mapping import FileMapping
from procedures.spreadsheet.outline import outline
from procedures.spreadsheet.parsed import FileKind, ParsedFile
from procedures.spreadsheet.parsing import parse
from procedures.spreadsheet.raw import RawBook
from procedures.spreadsheet.reading import read_workbook
from procedures.spreadsheet.rows import VOLUMES
from procedures.statements import insert_rows, row_converter
from procedures.workers import Report, silent

from .cautions import cautions_of
from .comparing import Diff, RowDiff, compare
from .mappings import Unclear, mapping_for
from .progress import queue, release

State = ImportRun.State
RECEIVED = "取込のファイル「{name}」を受け取りました。"
NOT_YOURS = (
    "この取込を進められるのは、ファイルを選んだ{person}さんと、{person}さんが代理に選んだ人です。"
)
SURVEY_IS_FOR_OFFICE = "国の悉皆調査のファイルを取り込めるのは、管理者と情報政策課です。"
Places = Collection[tuple[str, int]]
"""Rows of a file: (sheet, row number)."""


def visible_runs(user: User) -> QuerySet[ImportRun]:
    """Those that the person may see: office-wide roles all, others their own and as a deputy."""
    runs = ImportRun.objects.all()
    if rights_of(user).is_office_wide:
        return runs
    return runs.filter(created_by=user) | runs.filter(deputy=user)


def receive(
    file: File | UploadedFile,
    *,
    file_name: str,
    by: User,
    confirms_exemptions: bool = False,
    asks_mapping: bool = False,
) -> ImportRun:
    """Keeps a file that came in; it waits to be read.

    With ``asks_mapping`` a person is asked what the columns mean where that is not clear;
    otherwise those that are clear are read. Raises ``PermissionDenied``.
    """
    check_can_import(by)
    if confirms_exemptions:
        check_can_confirm_exemptions_by_import(by)
    run = ImportRun(
        created_by=by,
        asked_by=by,
        file_name=Path(file_name).name[:255],
        file_size=file.size,
        file_sha256=sha256_of(file),
        confirms_exemptions=confirms_exemptions,
        asks_mapping=asks_mapping,
        state=State.READING,
        heard_at=timezone.now(),
    )
    run.file.save(run.file_sha256, file, save=False)
    with transaction.atomic():
        run.save()
        audit.note(AuditEvent.Kind.IMPORT, RECEIVED.format(name=run.file_name), by=by)
    return run


def ask_again(run: ImportRun, *, by: User) -> None:
    """Asks for a waiting, stopped or unclear run to be read and compared anew."""
    check_is_ones_own(run, by)
    queue(run, State.PREVIEWED, State.BROKEN_OFF, State.MAPPING, to=State.READING, by=by)


def discard(run: ImportRun, *, by: User) -> None:
    """Decides not to apply a run that waits."""
    check_is_ones_own(run, by)
    queue(run, State.PREVIEWED, State.MAPPING, State.BROKEN_OFF, to=State.DISCARDED, by=by)


def check_is_ones_own(run: ImportRun, by: User) -> None:
    """Raises ``PermissionDenied`` unless ``by`` brought the file in or is its deputy."""
    check_can_import(by)
    if by.pk not in (run.created_by_id, run.deputy_id):
        raise PermissionDenied(NOT_YOURS.format(person=run.created_by))


def read_and_compare(run: ImportRun, report: Report = silent, stale: Places = ()) -> None:
    """Reads the file of a run that this process has, and stores what it would do.

    ``stale`` are the rows whose procedures were changed since an earlier preview. The run is left
    REFUSED (with the reason), MAPPING (the columns are not clear) or PREVIEWED.
    """
    try:
        book = _read(Path(run.file.path), run.file_name, report)
        mapping = mapping_for(run, book)
        diff = _compared(run, book, mapping, report)
    except Unclear:
        _ask_for_mapping(run, book)
    except Refused as refusal:
        if run.asks_mapping and refusal.code == "no_heading":
            _ask_for_mapping(run, book)
        else:
            release(run, State.REFUSED, str(refusal))
    else:
        run.outline = outline(book) if diff.parsed.kind is FileKind.LIST else {}
        del book
        report("プレビューを保存しています", 0, 0)
        _store(run, diff, mapping, _made_ready(run, diff, frozenset(stale)))


def look(
    path: Path, *, by: User, confirms_exemptions: bool = False, report: Report = silent
) -> Diff:
    """What the file at ``path`` would do; nothing is kept of it.

    Raises ``Refused`` with a sentence for the person.
    """
    check_can_import(by)
    run = ImportRun(created_by=by, confirms_exemptions=confirms_exemptions)
    book = _read(path, path.name, report)
    return _compared(run, book, mapping_for(run, book), report)


def notes_of(parsed: ParsedFile) -> list[str]:
    """What was met while reading: passed-over sheets, hidden rows, assumed years …"""
    return [*parsed.notes, *(note for sheet in parsed.sheets for note in sheet.notes)]


def _read(path: Path, file_name: str, report: Report) -> RawBook:
    return read_workbook(
        path, file_name, progress=lambda rows: report("ファイルを読んでいます", rows, 0)
    )


def _compared(run: ImportRun, book: RawBook, mapping: FileMapping | None, report: Report) -> Diff:
    parsed = parse(book, default_fiscal_year=_fiscal_year(run), mapping=mapping)
    by = run.created_by
    if parsed.kind is FileKind.SURVEY and not rights_of(by).is_office_wide:
        raise Refused("survey", SURVEY_IS_FOR_OFFICE)
    return compare(
        parsed,
        by=by,
        on=timezone.localdate(),
        confirms_exemptions=run.confirms_exemptions,
        report=report,
    )


def _fiscal_year(run: ImportRun) -> int:
    return run.fiscal_year or last_complete_fiscal_year(timezone.localdate())


def _ask_for_mapping(run: ImportRun, book: RawBook) -> None:
    run.outline = outline(book)
    run.save(update_fields=["outline"])
    release(run, State.MAPPING)


def _made_ready(run: ImportRun, diff: Diff, stale: Places) -> list[tuple[Any, ...]]:
    """The rows of a preview for the driver, made before the lock is taken."""
    convert = row_converter(ImportRow, _COLUMNS)
    return [convert(values) for values in _rows(run, diff, stale)]


@transaction.atomic
def _store(
    run: ImportRun, diff: Diff, mapping: FileMapping | None, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Stores ``diff`` as the preview of ``run``, instead of an earlier one."""
    parsed, counts = diff.parsed, diff.counts
    run.file_kind = parsed.kind
    run.notes = notes_of(parsed)
    run.mapping = mapping.to_json() if mapping else {}
    run.unknown_values = {key: dict(values) for key, values in parsed.unknown_values.items()}
    run.fiscal_year = _assumed_year(run, parsed)
    for outcome, count in counts.items():
        setattr(run, f"{outcome.value}_count", count)
    run.cautions = cautions_of(diff)
    run.newest_procedure = diff.newest_procedure
    run.save()
    run.rows.all().delete()
    insert_rows(ImportRow, _COLUMNS, rows)
    _mark_returned(run, parsed)
    release(run, State.PREVIEWED)


def _assumed_year(run: ImportRun, parsed: ParsedFile) -> int | None:
    """The year of volumes that name none, where there are such."""
    for sheet in parsed.sheets:
        keys = {key for key, _ in sheet.letters}
        if "fiscal_year" not in keys and keys & set(VOLUMES):
            return _fiscal_year(run)
    return run.fiscal_year


def _mark_returned(run: ImportRun, parsed: ParsedFile) -> None:
    """Records which distributed workbooks have come back with this run: half of its rows or more.

    A single row may have moved to another department since.
    """
    numbers = {row.values["distribution"] for row in parsed.rows if "distribution" in row.values}
    if not numbers:
        return
    rows = run.rows.exclude(procedure=None).order_by()
    counts = dict(rows.values_list("procedure__department").annotate(Count("pk")))
    sheets = DistributedSheet.objects.filter(distribution__in=numbers, department__in=counts)
    for sheet in sheets:
        if counts[sheet.department_id] * 2 >= sheet.row_count:
            sheet.returned_as = run
            sheet.save(update_fields=["returned_as"])


_COLUMNS = (
    "run_id", "sheet", "row_number", "outcome", "left_out_from", "procedure_id", "number", "name",
    "changes", "conflicts", "problems", "notes", "similar", "is_stale", "moves_category",
    "category_before", "category_after",
)  # fmt: skip


def _rows(
    run: ImportRun, diff: Diff, stale: Collection[tuple[str, int]]
) -> Iterator[tuple[Any, ...]]:
    for row in diff.rows:
        procedure, values = row.procedure, row.row.values
        place = (row.row.sheet[:100], row.row.row_number)
        yield (
            run.pk,
            *place,
            row.outcome.value,
            "",
            procedure.pk if procedure else None,
            _identifying(values, "number", procedure)[:50],
            _identifying(values, "name", procedure)[:400],
            row.changes,
            row.conflicts,
            [asdict(problem) for problem in row.problems],
            list(row.notes),
            list(row.similar),
            place in stale,
            _moves_category(row),
            row.category_before,
            row.category_after,
        )


def _identifying(values: dict[str, Any], key: str, procedure: Any) -> str:
    return str(values.get(key) or (getattr(procedure, key) if procedure else ""))


def _moves_category(row: RowDiff) -> bool:
    return bool(
        row.category_before and row.category_after and row.category_before != row.category_after
    )
