"""People who edit over HTTP at the same time, each in a thread, until they are told to stop."""

import random
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from benchmarks.load.editing import FIELDS, HTMX, Edit, Outcome, edit
from benchmarks.load.figures import Request

WORK = "tests.operation.crowd"
_PATIENCE = 30  # seconds that an answer may take
_BEFORE_A_NEW_TRY = 0.05  # seconds, where nobody answers
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one person works: at which server, signed in by which headers, on which rows."""

    port: int
    headers: Mapping[str, str]
    rows: Sequence[int]


def gathered(people: int, rows: int) -> dict[str, Any]:
    """In an office's process: makes ``rows`` rows and ``people`` who may edit them."""
    from benchmarks.load.filling import gather
    from tests.office_work import contested_rows

    return {"rows": contested_rows(rows), "headers": [each["headers"] for each in gather(people)]}


def without(protection: str) -> dict[str, str]:
    """What a server's environment needs beside the office's, to run as a control."""
    return {
        "DJANGO_SETTINGS_MODULE": "tests.operation.unsafe_settings",
        "DX_TEST_CONTROL": protection,
    }


class Crowd:
    """Works within ``with``; what was done and what was answered stays to be read."""

    def __init__(self, desks: Sequence[Desk]) -> None:
        self.edits: list[Edit] = []
        self.requests: list[Request] = []
        self._name = uuid.uuid4().hex[:6]  # no two crowds write the same values
        self._over = threading.Event()
        self._failures: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._work, args=[number, desk])
            for number, desk in enumerate(desks)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        if self._failures:
            raise self._failures[0]

    @property
    def saved(self) -> int:
        """How many edits have been acknowledged so far."""
        return sum(each.outcome == Outcome.SAVED for each in self.edits)

    def wait_for(self, more: int) -> None:
        """Until so many more edits have been acknowledged."""
        wanted, until = self.saved + more, time.monotonic() + 60
        while self.saved < wanted:
            assert not self._failures
            assert time.monotonic() < until, "nobody saves anything"
            time.sleep(0.02)

    def _work(self, number: int, desk: Desk) -> None:
        chance, turn = random.Random(number), 0
        try:
            while not self._over.is_set():
                pk, field = chance.choice(desk.rows), chance.choice(list(FIELDS))
                value, turn = f"{self._name} {number}番の{turn}回目", turn + 1
                done = edit(
                    pk, field, value, pause=lambda: time.sleep(chance.random() / 100),
                    get=lambda path: self._ask(desk, "GET", path, {}),
                    post=lambda path, sent: self._ask(desk, "POST", path, sent),
                )  # fmt: skip
                self.edits.append(done)
                if done.outcome != Outcome.SAVED:
                    time.sleep(_BEFORE_A_NEW_TRY)
        except BaseException as error:
            self._failures.append(error)

    def _ask(self, desk: Desk, method: str, path: str, sent: Mapping[str, Any]) -> tuple[int, str]:
        began = time.monotonic()
        connection = HTTPConnection("127.0.0.1", desk.port, timeout=_PATIENCE)
        try:
            connection.request(method, path, urlencode(sent), {**desk.headers, **HTMX, **_FORM})
            answer = connection.getresponse()
            status, text = answer.status, answer.read().decode()
        except (OSError, HTTPException):
            status, text = 0, ""
        finally:
            connection.close()
        self.requests.append(Request(method, status, time.monotonic() - began))
        return status, text
