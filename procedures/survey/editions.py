"""Editions of the survey as work: kept once, taken by one process, heard of, known to be dead."""

from pathlib import Path

from django.core.files import File
from django.db import IntegrityError, transaction
from django.utils import timezone

from procedures.digests import sha256_of
from procedures.models import SurveyEdition, User
from procedures.permissions import check_can_keep_registers
from procedures.workers import has_gone_silent, this_worker

State = SurveyEdition.State

BUSY = (
    "国の調査の別のファイルを読み込んでいるところです。終わってから、もう一度ファイルを選んで"
    "ください。"
)
NOT_STOPPED = "この版は、いま読み込んでいるか、終わっています（{state}）。"
STOPPED = (
    "読込みの途中でプログラムが止まりました。国の調査は前の版のままで、台帳も変わっていません。"
    "「もう一度読み込む」を押してください。"
)


class NotLoadable(Exception):
    """The edition cannot be loaded now; the sentence says why."""


def current_edition() -> SurveyEdition | None:
    """The edition whose rows are in the table."""
    loaded = SurveyEdition.objects.filter(state=State.LOADED).defer("left_out")
    return loaded.select_related("loaded_by").order_by("-loaded_at", "-pk").first()


def receive(file: File, *, file_name: str, name: str, by: User) -> SurveyEdition:
    """Keeps a file of the survey, to be read as the edition ``name`` (by default its file's name).

    Raises ``PermissionDenied``, or ``NotLoadable`` while another one is being read.
    """
    check_can_keep_registers(by)
    mark_broken_off()
    if SurveyEdition.objects.filter(state=State.READING).exists():
        raise NotLoadable(BUSY)
    now = timezone.now()
    edition = SurveyEdition(
        name=(name or Path(file_name).stem)[:100],
        file_name=Path(file_name).name[:255],
        file_sha256=sha256_of(file),
        loaded_by=by,
        started_at=now,
        heard_at=now,
    )
    edition.file.save(edition.file_sha256, file, save=False)
    try:
        with transaction.atomic():
            edition.save()
    except IntegrityError:  # somebody else's came first
        edition.file.delete(save=False)
        raise NotLoadable(BUSY) from None
    return edition


def ask_again(edition: SurveyEdition, *, by: User) -> None:
    """Asks for a stopped edition to be read anew: once, however often it is asked for.

    Raises ``PermissionDenied`` or ``NotLoadable``.
    """
    check_can_keep_registers(by)
    mark_broken_off()
    stopped = SurveyEdition.objects.filter(pk=edition.pk, state=State.BROKEN_OFF)
    try:
        with transaction.atomic():
            asked = stopped.update(
                state=State.READING,
                loaded_by=by,
                worker="",
                heard_at=timezone.now(),
                message="",
                progress_step="",
                progress_done=0,
                progress_total=0,
            )
    except IntegrityError:
        raise NotLoadable(BUSY) from None
    edition.refresh_from_db()
    if not asked:
        raise NotLoadable(NOT_STOPPED.format(state=edition.get_state_display()))


def take(edition_id: int) -> SurveyEdition:
    """The waiting edition, now this process's. Raises ``NotLoadable`` when another one has it."""
    worker = this_worker()
    waiting = SurveyEdition.objects.filter(pk=edition_id, state=State.READING, worker="")
    taken = waiting.update(worker=worker, heard_at=timezone.now())
    edition = SurveyEdition.objects.select_related("loaded_by").get(pk=edition_id)
    if not taken:
        raise NotLoadable(NOT_STOPPED.format(state=edition.get_state_display()))
    return edition


def release(edition: SurveyEdition, state: str, message: str) -> None:
    """Ends the work on ``edition`` without an effect, unless it has been taken away."""
    mine = SurveyEdition.objects.filter(pk=edition.pk, worker=edition.worker, state=State.READING)
    mine.update(state=state, message=message, worker="", heard_at=None)
    edition.refresh_from_db()


def has_stopped(edition: SurveyEdition) -> bool:
    """Whether the process that should be at work on ``edition`` is dead."""
    if not edition.is_working or edition.heard_at is None:
        return False
    return has_gone_silent(edition.worker, edition.heard_at)


def mark_broken_off() -> None:
    """Records what has stopped. Called before new work begins; a page only looks."""
    for edition in SurveyEdition.objects.filter(state=State.READING):
        if has_stopped(edition):
            release(edition, State.BROKEN_OFF, STOPPED)
