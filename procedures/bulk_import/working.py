"""The work on an import: read and compare, apply, take back; here, or in a process of its own."""

from collections.abc import Callable

from django.conf import settings
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from procedures.models import ImportRun, User
from procedures.workers import Progress, Report, silent, start_command

from . import applying, undoing
from .applying import StalePreview, check_may_apply
from .progress import given_back, mark_broken_off, queue, release, take
from .runs import ask_again, read_and_compare, receive

State = ImportRun.State


def start(run: ImportRun) -> None:
    """Begins the work that ``run`` waits for, without waiting for its end."""
    if not settings.IMPORT_IN_OWN_PROCESS:
        perform(run.pk)
        return
    start_command("work_on_import", run.pk)


def perform(run_id: int, report: Report = silent) -> ImportRun:
    """Does the work that the run waits for. A stale preview is compared again, and says so.

    Raises ``NotApplicable`` when another process does it already.
    """
    run = take(run_id)
    progress = Progress(run, report)
    with given_back(run):
        try:
            _WORK[State(run.state)](run, progress)
        except StalePreview as stale:
            ImportRun.objects.filter(pk=run.pk, worker=run.worker).update(state=State.READING)
            run.refresh_from_db()
            read_and_compare(run, progress, stale.places)
            ImportRun.objects.filter(pk=run.pk).update(message=str(stale))
    run.refresh_from_db()
    return run


def preview(
    file: File | UploadedFile,
    *,
    file_name: str,
    by: User,
    confirms_exemptions: bool = False,
    report: Report = silent,
) -> ImportRun:
    """Keeps the file, compares it and stores the preview; the inventory is only read.

    A file that cannot be read becomes a run of state REFUSED whose message says why.
    """
    mark_broken_off()
    run = receive(file, file_name=file_name, by=by, confirms_exemptions=confirms_exemptions)
    return perform(run.pk, report)


def compare_again(run: ImportRun, *, by: User, report: Report = silent) -> ImportRun:
    """Makes the preview of a waiting run anew, after something it touches has changed."""
    ask_again(run, by=by)
    return perform(run.pk, report)


def ask_to_apply(run: ImportRun, *, by: User, confirmed: bool = False) -> None:
    """Asks for a previewed run to be applied: once, however often it is asked for.

    Raises ``PermissionDenied`` or ``NotApplicable`` with the reason.
    """
    mark_broken_off()
    run.refresh_from_db()
    check_may_apply(run, by, confirmed=confirmed)
    queue(run, State.PREVIEWED, to=State.APPLYING, by=by)


def apply(run_id: int, *, by: User, confirmed: bool = False, report: Report = silent) -> ImportRun:
    """Applies the good rows of a previewed run; rejected ones stay out.

    Raises ``PermissionDenied``, ``NotApplicable`` or ``StalePreview``; then nothing is written.
    """
    run = ImportRun.objects.get(pk=run_id)
    # In one: killed in between, the run would look as if a process were still about to begin.
    with transaction.atomic():
        ask_to_apply(run, by=by, confirmed=confirmed)
        run = take(run_id)
    with given_back(run):
        try:
            applying.write(run, by, Progress(run, report))
        except StalePreview as stale:
            release(run, State.PREVIEWED, str(stale))
            raise
    run.refresh_from_db()
    return run


def ask_to_undo(run: ImportRun, *, by: User) -> None:
    """Asks for an applied run to be taken back. Raises as ``ask_to_apply``."""
    mark_broken_off()
    run.refresh_from_db()
    undoing.check_may_undo(run, by)
    queue(run, State.APPLIED, to=State.UNDOING, by=by)


def undo(run_id: int, *, by: User, report: Report = silent) -> ImportRun:
    """Takes an applied import back, field by field; later edits stay and are named."""
    run = ImportRun.objects.get(pk=run_id)
    ask_to_undo(run, by=by)
    return perform(run_id, report)


_WORK: dict[State, Callable[[ImportRun, Report], None]] = {
    State.READING: read_and_compare,
    State.APPLYING: lambda run, report: applying.write(run, run.asked_by, report),
    State.UNDOING: lambda run, report: undoing.take_back(run, run.asked_by, report),
}
