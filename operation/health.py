"""Whether the program is alive and ready, for what watches it: ``/healthz`` and ``/readyz``.

Both answer before host names, HTTPS and sign-in are looked at: a watcher asks by the address of
the machine, in plain HTTP, as nobody. They say nothing that nobody may know.
"""

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

DATABASE, MIGRATIONS, DATA_DIR, DISK = "database", "migrations", "data_dir", "disk"
"""Why the program is not ready."""
_KEPT_SECONDS = 1.0
_EFFECTIVE = os.access in os.supports_effective_ids


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; nothing else is looked at."""
    return _unkept(HttpResponse("ok\n", content_type="text/plain; charset=utf-8"))


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 if people can be let in, else 503 with the reasons, as ``{"ready": …, "reasons": […]}``.

    Looked at once a second at most, however often it is asked.
    """
    reasons = _readiness()
    answer = {"ready": not reasons, "reasons": reasons}
    return _unkept(JsonResponse(answer, status=503 if reasons else 200))


class ProbesMiddleware:
    """Answers both addresses ahead of all that may refuse or redirect a request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = PROBES.get(request.path_info, self._get_response)
        return view(request)


PROBES = {"/healthz": healthz, "/readyz": readyz}


def reasons_not_ready() -> list[str]:
    """Which of ``DATABASE``, ``MIGRATIONS``, ``DATA_DIR`` and ``DISK`` are in the way now."""
    try:
        reasons = [MIGRATIONS] if pending_migrations() else []
    except DatabaseError:
        reasons = [DATABASE]
    if not is_writable(settings.DATA_DIR):
        return [*reasons, DATA_DIR]
    if free_bytes(settings.DATA_DIR) < settings.DISK_RESERVE_MB * 1024**2:
        reasons.append(DISK)
    return reasons


def pending_migrations() -> list[str]:
    """The applications whose newest migration the database has not had, in their order.

    Raises ``DatabaseError`` if the database does not answer.
    """
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted({app for app, name in _newest_migrations() if (app, name) not in applied})


def is_writable(folder: Path) -> bool:
    """Whether this process can make files in ``folder``."""
    # The separator at its end makes a file fail, and a folder that lies in a closed one.
    return os.access(f"{folder}{os.sep}", os.W_OK | os.X_OK, effective_ids=_EFFECTIVE)


def free_bytes(folder: Path) -> int:
    """The room that is left for ``folder``."""
    return shutil.disk_usage(folder).free


class _Kept:
    """What was found, for a second; one thread looks, the others wait for what it finds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0
        self._reasons: list[str] = []

    def __call__(self) -> list[str]:
        with self._lock:
            if time.monotonic() >= self._until:
                self._reasons = reasons_not_ready()
                self._until = time.monotonic() + _KEPT_SECONDS
            return self._reasons

    def forget(self) -> None:
        """Makes the next one look."""
        self._until = 0.0


_readiness = _Kept()


def _newest_migrations() -> list[tuple[str, str]]:
    """Read from the files once: they do not change under a running program."""
    if not _newest:
        _newest.extend(MigrationLoader(None).graph.leaf_nodes())
    return _newest


_newest: list[tuple[str, str]] = []


def _unkept(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    return response
