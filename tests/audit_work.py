"""What the processes of the audit log's tests do: each function runs in a process of its own."""

import time
from functools import cache
from pathlib import Path
from typing import Any

from django.db import DatabaseError, transaction

from procedures import audit
from procedures.audit import chain
from procedures.models import AuditChain, AuditEvent, Procedure, Source
from procedures.records import Origin, StaleVersion, save
from tests.office_work import person

ENTRIES_OF_ONE = 2
_MARK = "同時の記録"


def write(seed: int, keys: list[int], count: int, holds: bool, folder: str, people: int) -> int:
    """Writes ``count`` times a note beside an edit, in one transaction that takes a while.

    Begins when as many files as people are in ``folder``. Every third transaction is tried with
    an outdated row first, and rolled back. With ``holds=False`` each process remembers where the
    chain ends instead of holding the row that says so.
    """
    if not holds:
        chain._chain = lambda wait: _remembered()
    by = person("second")
    _wait(Path(folder), seed, people)
    for number in range(count):
        try:
            if number % 3 == 0:
                _fail(keys[seed], by)
            with transaction.atomic():
                audit.note(AuditEvent.Kind.EXPORT, f"{_MARK}{seed}-{number}", by=by)
                procedure = Procedure.objects.get(pk=keys[seed])
                procedure.note = f"{_MARK}{number}"
                time.sleep(0.005)
                save(procedure, ["note"], Origin(by, Source.FORM, reason=_MARK))
        except DatabaseError:
            if holds:
                raise
    return count


def look() -> dict[str, Any]:
    """How many entries there are, what is wrong with them, and how many wait."""
    found = audit.verify()
    notes = AuditEvent.objects.filter(what__startswith=_MARK).count()
    edits = Procedure.history.filter(history_change_reason=_MARK).exclude(event_id=None)
    events = set(edits.values_list("event_id", flat=True))
    return {
        "written": notes + AuditEvent.objects.filter(pk__in=events).count(),
        "problems": list(found.problems),
        "unsealed": found.unsealed,
    }


def _fail(key: int, by: Any) -> None:
    outdated = Procedure.objects.get(pk=key)
    outdated.version -= 1
    try:
        with transaction.atomic():
            audit.note(AuditEvent.Kind.EXPORT, "gone", by=by)
            save(outdated, ["note"], Origin(by, Source.FORM))
    except StaleVersion:
        return
    raise AssertionError("an outdated row was written")


@cache
def _remembered() -> AuditChain:
    chain = AuditChain.objects.get()
    chain.waits = False
    return chain


def _wait(folder: Path, seed: int, people: int) -> None:
    (folder / str(seed)).touch()
    until = time.monotonic() + 60
    while len(list(folder.iterdir())) < people and time.monotonic() < until:
        time.sleep(0.005)
