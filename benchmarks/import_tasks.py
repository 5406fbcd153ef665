"""What is measured of imports, each task in a process of its own so that its memory is its own.

A task enters the office that it is given, does its work under `measured` and returns the
measurement; the parent never loads Django or a workbook.
"""

import multiprocessing
import resource
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median
from time import monotonic, sleep
from typing import Any

from .office import enter, furnish
from .survey_files import rows_of

Settings = Mapping[str, str]
BETWEEN_SAVES = 0.05  # seconds


@dataclass
class Measurement:
    """Wall and processor seconds of the work, and the most memory that its process ever held."""

    seconds: float = 0.0
    processor: float = 0.0
    peak_mb: float = 0.0
    rows: int = 0
    began: float = 0.0  # on the machine's monotonic clock


def in_child(task: Callable[..., Any], *arguments: Any) -> Any:
    """Runs ``task`` in a fresh process and returns its result."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh) as pool:
        return pool.submit(task, *arguments).result()


@contextmanager
def measured() -> Iterator[Measurement]:
    """Fills in the measurement when the block ends; processes started within count as well."""
    result = Measurement(began=monotonic())
    before = _processor_seconds()
    yield result
    result.seconds = monotonic() - result.began
    result.processor = _processor_seconds() - before
    own, others = (resource.getrusage(who).ru_maxrss for who in _PROCESSES)
    result.peak_mb = max(own, others) / 1024


_PROCESSES = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def _processor_seconds() -> float:
    used = [resource.getrusage(who) for who in _PROCESSES]
    return sum(each.ru_utime + each.ru_stime for each in used)


def floor(file: Path, database: Path) -> Measurement:
    """The least that an import costs: the cells read, and put as they are into one table."""
    for kind in (date, datetime):
        sqlite3.register_adapter(kind, kind.isoformat)
    with measured() as result:
        rows = list(rows_of(file))
        connection = sqlite3.connect(database)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        names = ", ".join(f"c{number}" for number in range(len(rows[0])))
        places = ", ".join("?" * len(rows[0]))
        connection.execute(f"CREATE TABLE cells ({names})")
        connection.executemany(f"INSERT INTO cells VALUES ({places})", rows[1:])  # noqa: S608
        connection.commit()
        connection.close()
        result.rows = len(rows) - 1
    return result


def prepare(office: Settings) -> None:
    """Makes the office's tables and fills in the shipped lists."""
    enter(office)
    furnish()


def import_file(office: Settings, file: Path) -> Measurement:
    """Ours: from the file to committed, classified rows with their history."""
    with _imports(office) as by, measured() as result:
        run = _previewed(file, by)
        result.rows = sum(run.counts.values())
        _applied(run, by)
    return result


def preview_file(office: Settings, file: Path) -> int:
    """Leaves a preview that waits; the inventory has one procedure that the file knows nothing of.

    Returns the run's key.
    """
    with _imports(office) as by:
        from procedures.actions import create_procedure

        create_procedure(number="E-1", department=None, values={"name": "編集中の手続"}, by=by)
        return _previewed(file, by).pk


def apply_previewed(office: Settings, run_id: int) -> Measurement:
    """Applies a preview that waits."""
    with _imports(office) as by:
        from procedures.models import ImportRun

        run = ImportRun.objects.get(pk=run_id)
        with measured() as result:
            _applied(run, by)
    return result


def edit(office: Settings, is_ready: Event, is_over: Event) -> list[tuple[float, float]]:
    """Saves one field of one procedure again and again; (moment, seconds) of each save."""
    with _imports(office) as by:
        from procedures.actions import update_procedure
        from procedures.models import Procedure, Source

        procedure = Procedure.objects.get(number="E-1")
        saves: list[tuple[float, float]] = []
        while not is_over.is_set():
            began = monotonic()
            procedure = update_procedure(
                procedure_id=procedure.pk,
                sent={"note": f"{len(saves) + 1}回目"},
                version=procedure.version,
                by=by,
                source=Source.INLINE,
            )
            saves.append((began, monotonic() - began))
            is_ready.set()
            sleep(BETWEEN_SAVES)
    return saves


def saves_during(
    office: Settings, work: Callable[..., Measurement], *arguments: Any
) -> tuple[list[float], list[float]]:
    """The seconds of an editor's saves while ``work`` runs in another process, and else."""
    fresh = multiprocessing.get_context("spawn")
    with fresh.Manager() as manager, ProcessPoolExecutor(2, mp_context=fresh) as pool:
        is_ready, is_over = manager.Event(), manager.Event()
        editor = pool.submit(edit, office, is_ready, is_over)
        is_ready.wait(60)
        result = pool.submit(work, office, *arguments).result()
        sleep(max(result.seconds, 2))  # the same without an import
        is_over.set()
        saves = editor.result()
    end = result.began + result.seconds
    during = [took for began, took in saves if began + took >= result.began and began <= end]
    alone = [took for began, took in saves if began > end]
    return during, alone


def longest_and_median(seconds: list[float]) -> tuple[float, float]:
    """Of the saves of an editor."""
    return max(seconds), median(seconds)


@contextmanager
def _imports(office: Settings) -> Iterator[Any]:
    enter(office)
    from django.db import connections

    from procedures.actions import command_account

    try:
        yield command_account()
    finally:
        connections.close_all()


def _previewed(file: Path, by: Any) -> Any:
    from django.core.files import File

    from procedures.bulk_import import preview

    with file.open("rb") as stream:
        return preview(File(stream), file_name=file.name, by=by)


def _applied(run: Any, by: Any) -> None:
    from procedures.bulk_import import apply

    done = apply(run.pk, by=by, confirmed=True)
    if done.state != done.State.APPLIED:
        raise RuntimeError(f"not applied: {done}")
