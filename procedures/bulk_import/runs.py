"""Import runs: a file comes in, is kept, read and compared; its preview waits for a decision."""

import hashlib
from dataclasses import asdict
from pathlib import Path

from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from procedures.fiscal_year import last_complete_fiscal_year
from procedures.models import ImportRow, ImportRun, User
from procedures.permissions import check_can_import
from procedures.spreadsheet.gate import Refused
from procedures.spreadsheet.parsed import ParsedFile
from procedures.spreadsheet.parsing import parse
from procedures.spreadsheet.reading import read_workbook

from .applying import APPLIED_ALREADY, NOT_YOURS, NotApplicable
from .comparing import Diff, Outcome, RowDiff, compare

_BATCH = 1_000


def read(path: Path, file_name: str) -> ParsedFile:
    """The rows of the file at ``path``. Raises ``Refused`` with a sentence for the person."""
    default_year = last_complete_fiscal_year(timezone.localdate())
    return parse(read_workbook(path, file_name), default_fiscal_year=default_year)


def preview(
    file: File | UploadedFile, *, file_name: str, by: User, confirms_exemptions: bool = False
) -> ImportRun:
    """Keeps the file, compares it and stores the preview; the inventory is only read.

    A file that cannot be read becomes a run of state REFUSED whose message says why.
    """
    check_can_import(by)
    run = ImportRun(
        created_by=by,
        file_name=Path(file_name).name[:255],
        file_size=file.size,
        file_sha256=_sha256(file),
        confirms_exemptions=confirms_exemptions,
        state=ImportRun.State.PREVIEWED,
    )
    run.file.save(run.file_sha256, file, save=False)
    try:
        diff = _compare_file(run, by)
    except Refused as refusal:
        return refuse(run, str(refusal))
    return store(run, diff)


def compare_again(run: ImportRun, *, by: User) -> ImportRun:
    """Makes the preview of a waiting run anew, after something it touches has changed."""
    _check_waiting(run, by)
    return store(run, _compare_file(run, by))


def discard(run: ImportRun, *, by: User) -> None:
    """Decides not to apply a waiting run."""
    _check_waiting(run, by)
    ImportRun.objects.filter(pk=run.pk, state=ImportRun.State.PREVIEWED).update(
        state=ImportRun.State.DISCARDED
    )


def refuse(run: ImportRun, message: str) -> ImportRun:
    """Keeps that a file came in and could not be read."""
    run.state, run.message = ImportRun.State.REFUSED, message
    run.save()
    return run


@transaction.atomic
def store(run: ImportRun, diff: Diff) -> ImportRun:
    """Stores ``diff`` as the preview of ``run``, instead of an earlier one."""
    counts = diff.counts
    run.file_kind = diff.parsed.kind
    run.notes = notes_of(diff.parsed)
    run.new_count = counts[Outcome.NEW]
    run.changed_count = counts[Outcome.CHANGED]
    run.unchanged_count = counts[Outcome.UNCHANGED]
    run.rejected_count = counts[Outcome.REJECTED]
    run.passed_over_count = counts[Outcome.PASSED_OVER]
    run.newest_procedure = diff.newest_procedure
    run.save()
    run.rows.all().delete()
    ImportRow.objects.bulk_create([_row(run, row) for row in diff.rows], batch_size=_BATCH)
    return run


def _compare_file(run: ImportRun, by: User) -> Diff:
    parsed = read(Path(run.file.path), run.file_name)
    return compare(
        parsed, by=by, on=timezone.localdate(), confirms_exemptions=run.confirms_exemptions
    )


def _check_waiting(run: ImportRun, by: User) -> None:
    check_can_import(by)
    if run.created_by_id != by.pk:
        raise PermissionDenied(NOT_YOURS.format(person=run.created_by))
    if run.state != ImportRun.State.PREVIEWED:
        raise NotApplicable(APPLIED_ALREADY.format(state=run.get_state_display()))


def _row(run: ImportRun, diff: RowDiff) -> ImportRow:
    procedure, values = diff.procedure, diff.row.values
    return ImportRow(
        run=run,
        sheet=diff.row.sheet,
        row_number=diff.row.row_number,
        outcome=diff.outcome,
        procedure=procedure,
        number=str(values.get("number", procedure.number if procedure else ""))[:50],
        name=str(values.get("name", procedure.name if procedure else ""))[:400],
        changes=diff.changes,
        problems=[asdict(problem) for problem in diff.problems],
        notes=list(diff.notes),
        category_before=diff.category_before,
        category_after=diff.category_after,
    )


def notes_of(parsed: ParsedFile) -> list[str]:
    """What was met while reading: passed-over sheets, hidden rows, assumed years …"""
    return [*parsed.notes, *(note for sheet in parsed.sheets for note in sheet.notes)]


def _sha256(file: File) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()
