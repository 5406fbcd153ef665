"""Work on an import by a process that may die: claimed once, heard of, known to be dead."""

import contextlib
from collections.abc import Iterator

from django.utils import timezone

from procedures.models import ImportRun
from procedures.workers import has_gone_silent, this_worker

State = ImportRun.State

ALREADY = "この取込は、いま別の操作が進んでいるか、終わっています（{state}）。"
STOPPED = {
    State.READING: "読取りの途中でプログラムが止まりました。台帳は変わっていません。"
    "「もう一度読む」を押してください。",
    State.APPLYING: "取込の途中でプログラムが止まりました。台帳には何も書き込まれていません。"
    "「もう一度読む」を押して内容を確かめ、取り込んでください。",
    State.UNDOING: "取消しの途中でプログラムが止まりました。取込は取り消されていません。"
    "もう一度「取込を取り消す」を押してください。",
}
# Where a run stands after the process at work on it has stopped: nothing was written.
_AFTER_STOP = {
    State.READING: State.BROKEN_OFF,
    State.APPLYING: State.BROKEN_OFF,
    State.UNDOING: State.APPLIED,
}


class NotApplicable(Exception):
    """The run is not in a state in which this can be done; the sentence says why."""


def queue(run: ImportRun, *states: str, to: str, by: object) -> None:
    """Asks for work on ``run``: once, however often it is asked for at the same moment.

    Raises ``NotApplicable`` when the run is in none of ``states`` any more.
    """
    asked = ImportRun.objects.filter(pk=run.pk, state__in=states).update(
        state=to,
        asked_by=by,
        worker="",
        heard_at=timezone.now(),
        progress_step="",
        progress_done=0,
        progress_total=0,
        message="",
    )
    run.refresh_from_db()
    if not asked:
        raise NotApplicable(ALREADY.format(state=run.get_state_display()))


def take(run_id: int) -> ImportRun:
    """The queued run, now this process's. Raises ``NotApplicable`` when another one has it."""
    worker = this_worker()
    taken = ImportRun.objects.filter(pk=run_id, state__in=ImportRun.WORKING, worker="")
    if not taken.update(worker=worker, heard_at=timezone.now()):
        run = ImportRun.objects.get(pk=run_id)
        raise NotApplicable(ALREADY.format(state=run.get_state_display()))
    return ImportRun.objects.select_related("created_by", "asked_by").get(pk=run_id)


def release(run: ImportRun, state: str, message: str = "") -> None:
    """Ends this process's work on ``run``, unless it has been taken away."""
    mine = ImportRun.objects.filter(pk=run.pk, worker=run.worker, state__in=ImportRun.WORKING)
    mine.update(state=state, message=message, worker="", heard_at=None)
    run.refresh_from_db()


def has_stopped(run: ImportRun) -> bool:
    """Whether the process that should be at work on ``run`` is dead."""
    if not run.is_working or run.heard_at is None:
        return False
    return has_gone_silent(run.worker, run.heard_at)


def mark_broken_off() -> int:
    """Records which runs have stopped; returns how many. Called before new work begins."""
    stopped = [
        run for run in ImportRun.objects.filter(state__in=ImportRun.WORKING) if has_stopped(run)
    ]
    for run in stopped:
        release(run, _AFTER_STOP[run.state], STOPPED[run.state])
    return len(stopped)


@contextlib.contextmanager
def given_back(run: ImportRun) -> Iterator[None]:
    """Whatever fails within leaves the run as if it had stopped there: nothing is written."""
    state = run.state
    try:
        yield
    except Exception:
        release(run, _AFTER_FAILURE[state], STOPPED[state])
        raise


_AFTER_FAILURE = _AFTER_STOP | {State.APPLYING: State.PREVIEWED}
