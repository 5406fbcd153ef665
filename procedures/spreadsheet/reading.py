"""Reading a file into a RawBook: the gate first, then a child process whose death is an answer."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from .gate import SAVE_AGAIN, FileFormat, Refused, look
from .raw import ErrorValue, Merge, RawBook, RawSheet, Row, Value
from .transfer import read_book

__all__ = [
    "ErrorValue",
    "Merge",
    "RawBook",
    "RawSheet",
    "Refused",
    "Row",
    "Value",
    "read_workbook",
]

WALL_CLOCK_SECONDS = (
    60  # three times the child's CPU seconds: a busy machine is no reason to refuse
)
RESULT_BYTES = 160 * 1024**2  # what is taken from the child; the largest real list is 50 MB of it
SECONDS_BETWEEN_REPORTS = 0.1

_ROOT = Path(__file__).resolve().parents[2]
_RUN_CHILD = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from procedures.spreadsheet.child import main; main(*sys.argv[1:])"
)
_PIPE_BYTES = 256 * 1024

# What Python and Windows need to start; nothing else of the server's environment is the child's.
_PASSED_ON = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LD_LIBRARY_PATH", "LANG")

# What reading raises of lines that the child never meant to write, or did not finish.
_NONSENSE = (ValueError, KeyError, TypeError, IndexError, RecursionError)


def read_workbook(
    path: Path, filename: str, progress: Callable[[int], None] | None = None
) -> RawBook:
    """The sheets of an xlsx, xlsm, xls, ods or text file that came under the name ``filename``.

    ``progress`` is told now and then how many rows with a value have come, and at the end.
    Raises Refused, with what to do, for whatever cannot be read, be it the file or the limits of
    the reading process. The file itself is only read, and no other is written.
    """
    file_format = look(path, filename)
    deadline = time.monotonic() + WALL_CLOCK_SECONDS
    with _started(path.resolve(), file_format) as child:
        alarm = threading.Timer(WALL_CLOCK_SECONDS, child.kill)
        alarm.daemon = True
        alarm.start()
        try:
            book = read_book(_lines(child, progress or _tell_nobody))
            if child.wait() == 0:
                return book
        except _NONSENSE as error:
            raise _stopped(deadline) from error
        finally:
            alarm.cancel()
            child.kill()
    raise _stopped(deadline)


def _started(path: Path, file_format: FileFormat) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-I", "-X", "utf8", "-c", _RUN_CHILD, str(_ROOT)]
    return subprocess.Popen(
        [*command, str(path), file_format.value],
        bufsize=_PIPE_BYTES,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=_ROOT,
        env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
    )


def _lines(child: "subprocess.Popen[bytes]", progress: Callable[[int], None]) -> Iterator[bytes]:
    rows, left, told_at = 0, RESULT_BYTES, time.monotonic()
    while child.stdout and (line := child.stdout.readline(left)):
        yield line
        left -= len(line)
        if left <= 0:
            raise _died()
        rows += line.startswith(b"[")
        if (now := time.monotonic()) - told_at >= SECONDS_BETWEEN_REPORTS:
            progress(rows)
            told_at = now
    progress(rows)


def _tell_nobody(_: int) -> None:
    pass


def _stopped(deadline: float) -> Refused:
    if time.monotonic() < deadline:
        return _died()
    return Refused(
        "timeout",
        "読み取りに時間がかかりすぎるため止めました。"
        "使っていない行・列・シートを削除するか、部局ごとに分けてください。",
    )


def _died() -> Refused:
    return Refused(
        "unreadable",
        "ファイルの読み取りを途中で止めました。大きすぎるか、壊れています。"
        f"使っていない行・列・シートを削除するか部局ごとに分け、{SAVE_AGAIN}",
    )
