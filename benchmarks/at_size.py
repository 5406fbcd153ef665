"""What an office asks of the program all day, at one size, for `python -m benchmarks`.

Each task enters the office that it is given and runs in a process of its own. Times are the best
of several passes, in milliseconds; every one has its floor from the same run beside it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from . import export
from .dashboard import edit as edit_elsewhere
from .dashboard import fill, let_a_day_pass, somebody_of_the_division
from .import_tasks import Settings
from .office import enter, furnish
from .team_page import EMPTY

BY_INSERT = 75_000
"""Up to so many procedures are made by the program; more are copies of these."""
PASSES = {1_500: 30, 10_000: 20, 75_000: 8, 1_000_000: 3}
_HTMX = {"HX-Request": "true"}
SEARCHES = {
    "search, as written": "届出の申請",
    "search, katakana": "ニ関スル",
    "search, half width": "ｿﾉ12",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: milliseconds of ours and of its floor, and what the floor is."""

    what: str
    ours: float
    floor: float
    floor_name: str

    @property
    def ratio(self) -> float:
        """How many times its floor ours takes."""
        return self.ours / self.floor


def prepare_office(office: Settings) -> None:
    """Tables, lists, and the person of the division whose pages are measured."""
    enter(office)
    furnish()
    from procedures.actions import command_account

    somebody_of_the_division(command_account())


def grow(office: Settings, rows: int) -> float:
    """Fills the inventory up to ``rows`` procedures; returns the seconds that it took."""
    enter(office)
    from procedures.actions import command_account

    began = perf_counter()
    fill(min(rows, BY_INSERT), command_account())
    if rows > BY_INSERT:
        _copy_up_to(rows)
    _analyse()
    return perf_counter() - began


def measure_pages(office: Settings, rows: int) -> list[Line]:
    """The pages of a person of the division, each beside an empty page of the program."""
    enter(office)
    from django.urls import reverse

    from procedures.actions import command_account

    client = _client()
    account = command_account()
    passes = PASSES[max((size for size in PASSES if size <= rows), default=min(PASSES))]
    listed = reverse("procedure_list")
    pages: list[tuple[str, str, dict[str, str], Callable[[], object]]] = [
        ("list, first page", listed, {}, _nothing),
        ("list, priority by target", listed, {"category": "priority", "sort": "target"}, _nothing),
        *((what, listed, {"q": words}, _nothing) for what, words in SEARCHES.items()),
        ("dashboard, unchanged", reverse("dashboard"), {}, _nothing),
        ("dashboard after an edit", reverse("dashboard"), {}, lambda: edit_elsewhere(account)),
        ("dashboard, first of a day", reverse("dashboard"), {}, let_a_day_pass),
    ]
    empty = _best(lambda: _get(client, reverse(EMPTY), {}), _nothing, 30)
    lines = []
    for what, address, query, before in pages:
        _get(client, address, query)
        found = _best(lambda a=address, q=query: _get(client, a, q), before, passes)
        lines.append(Line(what, found, empty, "empty page"))
    return lines


def measure_edit(office: Settings) -> list[Line]:
    """Saving one row of the list from its form, beside an empty page."""
    enter(office)
    from django.urls import reverse

    from tests.pages import sent_by
    from tracking.models import MigrationPlan

    client = _client()
    procedure = MigrationPlan.objects.filter(status="reviewing").latest("pk").procedure_id
    address = reverse("row_edit", args=[procedure])
    times = []
    for day in range(1, 26):
        form = _get(client, address, {"shown_on": "list"}).content.decode()
        sent = sent_by(form, f"row-form-{procedure}", **{"plan-target_date": f"2031-01-{day:02d}"})
        began = perf_counter()
        response = client.post(address, sent, headers=_HTMX)
        times.append((perf_counter() - began) * 1_000)
        assert response.status_code == 200, response.content.decode()[:500]
    assert MigrationPlan.objects.get(procedure=procedure).target_date.day == day
    empty = _best(lambda: _get(client, reverse(EMPTY), {}), _nothing, 30)
    return [Line("edit of a row", min(times), empty, "empty page")]


def measure_exports(office: Settings) -> list[Line]:
    """The files of the whole list, beside a bare loop over the same values."""
    enter(office)
    lines = []
    for ending, bare, name in (
        ("xlsx", export.bare_xlsx, "openpyxl's loop"),
        ("csv", export.bare_csv, "csv.writer"),
    ):
        values = export.cells(export.export(ending, 0), ending)
        ours, least = (
            export.best(work) * 1_000
            for work in (lambda e=ending: export.export(e, 0), lambda b=bare, v=values: b(v))
        )
        lines.append(Line(f"export, {ending}", ours, least, name))
    return lines


def _client() -> Any:
    """As in production, but over no network: somebody of the division who is signed in."""
    from django.conf import settings
    from django.test import Client

    from procedures.models import User

    logging.disable(logging.INFO)  # a line for each request
    client = Client(SERVER_NAME=settings.ALLOWED_HOSTS[0])
    client.force_login(User.objects.get(username="division"))
    return client


def _get(client: Any, address: str, query: dict[str, str]) -> Any:
    response = client.get(address, query, headers=_HTMX if "edit" in address else {})
    assert response.status_code == 200
    return response


def _best(work: Callable[[], object], before: Callable[[], object], passes: int) -> float:
    """Milliseconds of the fastest pass."""
    times = []
    for _ in range(passes):
        before()
        began = perf_counter()
        work()
        times.append((perf_counter() - began) * 1_000)
    return min(times)


def _nothing() -> None:
    """What happens before a pass of a page that nobody disturbs."""


def _copy_up_to(rows: int) -> None:
    """Copies of all procedures with plans, volumes and issues; without a history of their own."""
    from django.db import connection
    from django.db.models import Max

    from procedures.models import Procedure, YearlyVolume
    from tracking.models import Issue, KeptFigures, MigrationPlan

    block = Procedure.objects.count()
    spans = {
        model: model.objects.aggregate(last=Max("pk"))["last"]
        for model in (Procedure, MigrationPlan, YearlyVolume, Issue)
    }
    with connection.cursor() as cursor:
        for number in range(1, -(-rows // block)):
            for model, span in spans.items():
                table = connection.ops.quote_name(model._meta.db_table)
                columns = [field.column for field in model._meta.concrete_fields]
                values = {name: f'"{name}"' for name in columns}
                values["id"] = f"id + {number * span}"
                if model is Procedure:
                    values["number"] = f"number || '-{number}'"
                else:
                    values["procedure_id"] = f"procedure_id + {number * spans[Procedure]}"
                names = ", ".join(f'"{name}"' for name in columns)
                cursor.execute(
                    f"INSERT INTO {table} ({names}) SELECT {', '.join(values.values())} "  # noqa: S608
                    f"FROM {table} WHERE id <= {span}"
                )
    KeptFigures.objects.all().delete()  # they are of the rows that were there before


def _analyse() -> None:
    """The statistics that a database gathers by itself in time."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
