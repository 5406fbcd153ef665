"""An office of its own for tests that start processes: a database beside the suite's.

Processes do not see the transaction of a test, so these tests work on a database that is there
for them alone: a file of SQLite, or one more database of the PostgreSQL server that runs the suite.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.office import new_office

ROOT = Path(__file__).resolve().parents[1]
_SERVER = os.environ.get("DATABASE_URL", "")
_PATIENCE = 300  # seconds that a process may take


@contextlib.contextmanager
def office(like: "Office | None" = None, *, server: str = _SERVER) -> Iterator["Office"]:
    """An office without anything, or one that begins as ``like``; gone afterwards.

    ``server`` is the PostgreSQL that lends the database; without one it is SQLite.
    """
    settings = like.settings if like else None
    with new_office(server, settings) as own, contextlib.closing(Office(own)) as made:
        yield made


class Office:
    """Runs code in processes on its own database; ``call`` waits for one, ``start`` does not."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self.settings = settings
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
            **settings,
            "PYTHONPATH": str(ROOT),
        }
        self._desk: _Desk | None = None

    def start(self, function: str, *arguments: Any) -> "Work":
        """Begins ``module:function`` with JSON arguments in a process of its own."""
        self._desk = self._desk or _Desk(self.environment)
        return Work(self._desk, function, arguments)

    def call(self, function: str, *arguments: Any) -> Any:
        """What ``module:function`` returns; its failure is an AssertionError with the traceback."""
        return self.start(function, *arguments).answer()

    def call_together(self, function: str, calls: Sequence[Sequence[Any]]) -> list[Any]:
        """The answers of as many processes as there are ``calls``, all at once."""
        return [work.answer() for work in [self.start(function, *each) for each in calls]]

    def manage(self, *arguments: str) -> subprocess.CompletedProcess:
        """``manage.py`` with ``arguments``, as somebody types it."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE,
        )

    def close(self) -> None:
        """Ends what its processes come from."""
        if self._desk:
            self._desk.close()


class Work:
    """A process that does something in an office."""

    def __init__(self, desk: "_Desk", function: str, arguments: Sequence[Any]) -> None:
        self._desk = desk
        self._folder = desk.new_folder()
        (self._folder / "asked").write_text(json.dumps([function, arguments]))
        self._process = int(desk.ask("begin", self._folder))
        self._status = ""

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        self._status = self._status or self._desk.ask("status", self._process)
        return bool(self._status)

    def answer(self) -> Any:
        """What it returned, once it has ended; AssertionError with its traceback if it failed."""
        self._wait()
        failure, answer = self._folder / "failure", self._folder / "answer"
        assert not failure.exists(), failure.read_text()
        assert answer.exists(), f"ended with {self._status}"
        return json.loads(answer.read_text())

    def kill(self) -> None:
        """Ends it at once, whatever it is doing (kill -9), unless it has ended."""
        if not self.is_over:
            os.kill(self._process, signal.SIGKILL)
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + _PATIENCE
        while not self.is_over:
            assert time.monotonic() < until, "it takes too long"
            time.sleep(0.005)


class _Desk:
    """``tests.office_desk`` with the environment of an office."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="dx-desk-")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.office_desk"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def new_folder(self) -> Path:
        """An empty folder for one process."""
        return Path(tempfile.mkdtemp(dir=self._folder.name))

    def ask(self, command: str, of: object) -> str:
        """Its answer to one line."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{command} {of}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the desk of the office is gone"
        return answer.strip()

    def close(self) -> None:
        """Ends it, and removes the folders."""
        self._process.communicate()
        self._folder.cleanup()
