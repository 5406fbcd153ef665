"""The process from which those of an office are forked: ``python -m tests.office_desk``.

To read the whole program takes a second, and here it is done once. What is forked is a process of
its own all the same: it begins without a connection to the database, and dies its own death.
"""

import json
import os
import sys
import traceback
from importlib import import_module
from pathlib import Path

import django
from django.db import connections


def main() -> None:
    """Answers each line of the input with one line, until the input ends.

    To ``begin FOLDER``: the number of the process that does what is asked in that folder. To
    ``status NUMBER``: its exit status, once it has ended.
    """
    django.setup()
    import_module("tests.office_work")
    for line in sys.stdin:
        command, of = line.split()
        print(_begin(Path(of)) if command == "begin" else _status(int(of)), flush=True)  # noqa: T201


def _begin(folder: Path) -> int:
    process = os.fork()
    if not process:
        os._exit(_work(folder))
    return process


def _status(process: int) -> int | str:
    ended, status = os.waitpid(process, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else ""


def _work(folder: Path) -> int:
    """Calls what ``asked`` says; ``answer`` or ``failure`` is there when it has ended."""
    null = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):  # those of the desk are for its lines
        os.dup2(null, standard)
    try:
        function, arguments = json.loads((folder / "asked").read_text())
        module, name = function.split(":")
        answer = getattr(import_module(module), name)(*arguments)
        connections.close_all()
        (folder / "answer").write_text(json.dumps(answer))
    except BaseException:
        (folder / "failure").write_text(traceback.format_exc())
        return 1
    return 0


if __name__ == "__main__":
    main()
