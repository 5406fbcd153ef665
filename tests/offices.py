"""An office of its own for tests that start processes: a database beside the suite's.

Processes do not see the transaction of a test, so these tests work on a database that is there
for them alone: a file of SQLite, or one more database of the PostgreSQL server that runs the suite.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.office import new_office

ROOT = Path(__file__).resolve().parents[1]


@contextlib.contextmanager
def office(like: "Office | None" = None) -> Iterator["Office"]:
    """An office without anything, or one that begins as ``like``; gone afterwards."""
    settings = like.settings if like else None
    with new_office(os.environ.get("DATABASE_URL", ""), settings) as own:
        yield Office(own)


class Office:
    """Runs code in processes on its own database; ``call`` waits for one, ``start`` does not."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self.settings = settings
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
            **settings,
            "PYTHONPATH": str(ROOT),
        }

    def start(self, function: str, *arguments: Any) -> subprocess.Popen:
        """Begins ``module:function`` with JSON arguments in a process of its own."""
        module, name = function.split(":")
        code = (
            "import json, sys, django; django.setup(); from importlib import import_module; "
            f"answer = import_module({module!r}).{name}(*json.loads(sys.argv[1])); "
            "print(json.dumps(answer))"
        )
        return subprocess.Popen(
            [sys.executable, "-c", code, json.dumps(arguments)],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def call(self, function: str, *arguments: Any) -> Any:
        """What ``module:function`` returns; its failure is an AssertionError with the traceback."""
        return answer_of(self.start(function, *arguments))

    def manage(self, *arguments: str) -> subprocess.CompletedProcess:
        """``manage.py`` with ``arguments``, as somebody types it."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def call_together(self, function: str, calls: Sequence[Sequence[Any]]) -> list[Any]:
        """The answers of as many processes as there are ``calls``, all at once."""
        processes = [self.start(function, *arguments) for arguments in calls]
        return [answer_of(process) for process in processes]


def answer_of(process: subprocess.Popen) -> Any:
    """What a process of ``Office.start`` returned."""
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return json.loads(output.splitlines()[-1])
