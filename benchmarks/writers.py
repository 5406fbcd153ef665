"""Several people writing at once, beside the same number of bare transactions."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import monotonic, perf_counter, sleep
from typing import Any

from .import_tasks import Settings, in_child
from .office import enter

WRITERS, SECONDS = 8, 5.0


def throughput(office: Settings, task: Callable[..., list[float]]) -> tuple[float, float]:
    """Writes a second of ``WRITERS`` processes together, and the slowest write in seconds."""
    with ProcessPoolExecutor(WRITERS, mp_context=get_context("spawn")) as pool:
        began = monotonic() + 4  # by then all of them have loaded the program
        asked = [pool.submit(task, office, number, began) for number in range(WRITERS)]
        took = [one.result() for one in asked]
    return sum(map(len, took)) / SECONDS, max(map(max, took))


def edits(office: Settings, number: int, began: float) -> list[float]:
    """One person's edits of one row of the list by the program's writer, one after the other."""
    enter(office)
    from procedures.actions import command_account
    from procedures.models import Source
    from tracking.actions.plans import save_row
    from tracking.models import MigrationPlan

    under_way = MigrationPlan.objects.filter(status="reviewing").order_by("pk")
    plan = under_way.select_related("procedure")[number]
    by = command_account()

    def one(count: int) -> None:
        save_row(
            procedure_id=plan.procedure_id,
            answers={},
            plan={"assignee": f"{count}人目"},
            procedure_version=plan.procedure.version,
            plan_version=plan.version + count,
            by=by,
            source=Source.INLINE,
        )

    return _timed(one, began)


def bare_commits(office: Settings, number: int, began: float) -> list[float]:
    """The least that is durable: one row updated and one inserted in a transaction."""
    enter(office)
    from django.db import connection, transaction

    def one(count: int) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE dx_bare SET n = n + 1 WHERE id = %s", [number])
            cursor.execute("INSERT INTO dx_bare_log (row, n) VALUES (%s, %s)", [number, count])

    return _timed(one, began)


def make_bare_tables(office: Settings) -> None:
    """The two tables of ``bare_commits``."""
    enter(office)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE dx_bare (id integer PRIMARY KEY, n integer NOT NULL)")
        cursor.execute("CREATE TABLE dx_bare_log (row integer NOT NULL, n integer NOT NULL)")
        cursor.executemany("INSERT INTO dx_bare VALUES (%s, 0)", [(n,) for n in range(WRITERS)])


def is_complete(office: Settings, written: int) -> bool:
    """Whether the history knows ``written`` edits more than the rows came with."""
    enter(office)
    from tracking.models import MigrationPlan

    return MigrationPlan.history.filter(assignee__endswith="人目").count() >= written


def measure(office: Settings) -> tuple[float, float, float, float]:
    """Edits a second and the slowest, bare commits a second and the slowest."""
    in_child(make_bare_tables, office)
    ours = throughput(office, edits)
    assert in_child(is_complete, office, round(ours[0] * SECONDS)), "an edit was lost"
    return (*ours, *throughput(office, bare_commits))


def _timed(one: Callable[[int], Any], began: float) -> list[float]:
    one(0)
    sleep(max(0.0, began - monotonic()))
    took, count = [], 0
    while monotonic() < began + SECONDS:
        count += 1
        start = perf_counter()
        one(count)
        took.append(perf_counter() - start)
    return took
