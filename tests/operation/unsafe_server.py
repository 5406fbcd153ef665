"""The program with one of its protections taken out: the controls of the tests beside this file.

Each is a WSGI application in place of the program's own (``unsafe_settings``).
"""

import io
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.db import connection

from benchmarks.load.editing import SAVED

_program = get_wsgi_application()

from tests.office_work import overwriting  # noqa: E402 - models come with the program
from tracking.actions import plans  # noqa: E402

_BEFORE_WRITING = 0.2  # seconds
_rows: dict[str, threading.Lock] = defaultdict(threading.Lock)


def unchecked(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Writes what it is sent without looking at the version."""
    plans.merged_changes = overwriting
    return _program(environ, start)


def deferred(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """SQLite: a transaction begins with reading and asks for the right to write only then."""
    connection.ensure_connection()
    connection.transaction_mode = "DEFERRED"
    return _program(environ, start)


def early(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Says that a row is saved before it is; the row cannot be opened until that is done."""
    row = _rows[environ["PATH_INFO"]]
    row.acquire()
    if environ["REQUEST_METHOD"] != "POST":
        try:
            return [_answered(environ, start)]
        finally:
            row.release()
    body = environ["wsgi.input"].read()
    later = environ | {"wsgi.input": io.BytesIO(body)}
    threading.Thread(target=_write, args=[later, row], daemon=True).start()
    start("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    return [SAVED.encode()]


def _write(environ: dict[str, Any], row: threading.Lock) -> None:
    time.sleep(_BEFORE_WRITING)
    _answered(environ, lambda *_: None)
    row.release()


def _answered(environ: dict[str, Any], start: Callable[..., Any]) -> bytes:
    answer = _program(environ, start)
    try:
        return b"".join(answer)
    finally:
        answer.close()
