"""Reading a file into a RawBook: the gate first, then a child process whose death is an answer."""

import os
import subprocess
import sys
import tempfile
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

WALL_CLOCK_SECONDS = 120  # twice the child's CPU seconds: a busy machine is no reason to refuse

_ROOT = Path(__file__).resolve().parents[2]
_RUN_CHILD = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from procedures.spreadsheet.child import main; main(*sys.argv[1:])"
)


def read_workbook(path: Path, filename: str) -> RawBook:
    """The sheets of an xlsx, xlsm, xls, ods or text file that came under the name ``filename``.

    Raises Refused, with what to do, for whatever cannot be read, be it the file or the limits of
    the reading process. The file itself is only read.
    """
    file_format = look(path, filename)
    with tempfile.TemporaryDirectory(prefix="workbook-") as folder:
        result = Path(folder) / "rows.jsonl"
        _run_child(path.resolve(), file_format, result)
        try:
            with result.open(encoding="utf-8", errors="surrogatepass", newline="\n") as lines:
                return read_book(lines)
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            raise _died() from error


def _run_child(path: Path, file_format: FileFormat, result: Path) -> None:
    command = [sys.executable, "-I", "-X", "utf8", "-c", _RUN_CHILD, str(_ROOT)]
    command += [str(path), file_format.value, str(result)]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            timeout=WALL_CLOCK_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Refused(
            "timeout",
            "読み取りに時間がかかりすぎるため止めました。"
            "使っていない行・列・シートを削除するか、部局ごとに分けてください。",
        ) from error
    if done.returncode != 0:
        raise _died()


# What Python and Windows need to start; nothing else of the server's environment is the child's.
_PASSED_ON = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LD_LIBRARY_PATH", "LANG")


def _died() -> Refused:
    return Refused(
        "unreadable",
        "ファイルの読み取りを途中で止めました。大きすぎるか、壊れています。"
        f"使っていない行・列・シートを削除し、{SAVE_AGAIN}",
    )
