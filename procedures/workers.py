"""Processes at work on something that is kept: how they are named, heard of, known to be dead."""

import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

Report = Callable[[str, int, int], None]
"""Hears what is being done, and how many rows of how many are done."""

SILENCE = timedelta(minutes=5)
"""Work that has not been heard of for so long has stopped."""
START = timedelta(seconds=60)
"""So long a process may take to begin."""
_BETWEEN_REPORTS = 0.5  # seconds


def silent(step: str, done: int, total: int) -> None:
    """A report that nobody hears."""


def start_command(command: str, key: int) -> None:
    """Starts ``manage.py command key`` in a process of its own, without waiting for its end."""
    process = subprocess.Popen(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), command, str(key)],
        stdin=subprocess.DEVNULL,
        cwd=settings.BASE_DIR,
        start_new_session=True,  # it outlives a restart of the web server
    )
    # Somebody has to hear of its end, or a dead process looks alive.
    threading.Thread(target=process.wait, daemon=True).start()


def this_worker() -> str:
    """A name for one piece of work of this process."""
    return f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"


def is_alive(worker: str) -> bool:
    """Whether the process that ``this_worker`` named still runs, as far as can be told here."""
    host, pid, _ = worker.rsplit("/", 2)
    if host != socket.gethostname() or os.name != "posix":
        return True  # nobody can tell from here; its silence will
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def has_gone_silent(worker: str, heard_at: datetime) -> bool:
    """Whether ``worker``, last heard of at ``heard_at``, is dead; empty where none has begun."""
    silence = timezone.now() - heard_at
    if not worker:
        return silence > START
    return silence > SILENCE or not is_alive(worker)


class Progress:
    """Writes how far a piece of work is, at most twice a second, and hands it on.

    ``record`` is the row that keeps it, as long as its ``worker`` is at work on it.
    """

    def __init__(self, record: models.Model, heard_by: Report = silent) -> None:
        rows = type(record)._default_manager
        self._mine = rows.filter(pk=record.pk, worker=record.worker)
        self._heard_by = heard_by
        self._step = ""
        self._last = 0.0

    def __call__(self, step: str, done: int, total: int) -> None:
        now = time.monotonic()
        if step == self._step and now - self._last < _BETWEEN_REPORTS:
            return
        self._step, self._last = step, now
        self._mine.update(
            progress_step=step,
            progress_done=done,
            progress_total=total,
            heard_at=timezone.now(),
        )
        self._heard_by(step, done, total)
