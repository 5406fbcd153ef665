"""How long the office's picture takes next to an empty page: `python -m benchmarks.dashboard`.

Further arguments are numbers of procedures, each larger than the one before.
"""

import argparse
import gzip
import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from time import perf_counter, process_time
from typing import Any

from .office import temporary_office
from .team_page import EMPTY, queries

ROWS = (1_500, 10_000, 75_000)
PAGE = "dashboard"
RATIO_LIMIT, GROWTH_LIMIT, QUERY_LIMIT = 6, 3, 15
_CHUNK = 5_000


def main(arguments: Sequence[str] | None = None) -> None:
    """Fill the office up to each number of procedures, and measure the page at each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", type=int, default=ROWS)
    with temporary_office() as account:
        person = somebody_of_the_division(account)
        for rows in parser.parse_args(arguments).rows:
            fill(rows, account)
            compare(rows, person, account)
    print(
        f"Limits: {RATIO_LIMIT} x empty at 10,000; from there to 75,000 {GROWTH_LIMIT} x; "
        f"{QUERY_LIMIT} queries"
    )


def compare(rows: int, person: Any, account: Any) -> None:
    """Print times, ratios to the empty page of the same run, size and queries of the page."""
    from django.conf import settings
    from django.test import Client
    from django.urls import reverse

    # As in production, but over no network: the pages of one person who is signed in.
    client = Client(SERVER_NAME=settings.ALLOWED_HOSTS[0])
    client.force_login(person)
    page, empty = reverse(PAGE), reverse(EMPTY)
    states: tuple[tuple[str, Callable[[], object], int], ...] = (
        ("nothing changed", lambda: None, 60),
        ("one edit before", lambda: edit(account), 30),
        ("first of the day", let_a_day_pass, 5),
    )
    html = client.get(page).content
    print(
        f"{rows:,} procedures: {len(html):,} bytes of HTML, {len(gzip.compress(html)):,} "
        "compressed; best of the passes, in milliseconds"
    )
    for name, before, passes in states:
        shown = best(client, page, before, passes)
        blank = best(client, empty, lambda: None, 60)
        before()
        ratios = [mine / other for mine, other in zip(shown, blank, strict=True)]
        print(
            f"  {name:<16} processor {shown[0]:8.2f} ({ratios[0]:.2f} x empty, {blank[0]:.2f}), "
            f"wall {shown[1]:8.2f} ({ratios[1]:.2f} x empty, {blank[1]:.2f}); "
            f"{queries(client, page):>2} queries; {passes} passes"
        )


def best(
    client: Any, address: str, before: Callable[[], object], passes: int
) -> tuple[float, float]:
    """The best time of the page, of the processor and by the clock on the wall."""
    times = []
    for _ in range(passes):
        before()
        started, busy = perf_counter(), process_time()
        response = client.get(address)
        times.append(((process_time() - busy) * 1_000, (perf_counter() - started) * 1_000))
        assert response.status_code == 200
    processor, wall = zip(*times, strict=True)
    return min(processor), min(wall)


def edit(account: Any) -> None:
    """Somebody moves the target date of one procedure."""
    from procedures.models import Source
    from procedures.records import Origin, save
    from tracking.models import MigrationPlan

    plan = MigrationPlan.objects.exclude(target_date=None).order_by("changed_at", "pk").first()
    plan.target_date += timedelta(days=1)
    save(plan, ["target_date"], Origin(account, Source.FORM))


def let_a_day_pass() -> None:
    """What is kept is of yesterday."""
    from tracking.models import KeptFigures

    KeptFigures.objects.update(on=date.today() - timedelta(days=1))


def somebody_of_the_division(account: Any) -> Any:
    """Whose page it is; the office has goals for three fiscal years."""
    from procedures.fiscal_year import fiscal_year
    from procedures.models import Role, Source, TeamMembership, User
    from procedures.records import Origin, insert
    from tracking.models import Goal

    person = User.objects.create_user(username="division")
    TeamMembership.objects.create(user=person, role=Role.DIVISION)
    year = fiscal_year(date.today())
    goals = [Goal(fiscal_year=year + n, online_rate=0.5 + n / 10) for n in range(3)]
    insert(goals, Origin(account, Source.COMMAND))
    return person


def fill(rows: int, account: Any) -> None:
    """Up to ``rows`` procedures in every state, in all departments and divisions."""
    from procedures.models import Department, Procedure, Source, YearlyVolume
    from procedures.records import Origin, insert
    from tracking.models import Issue

    origin = Origin(account, Source.COMMAND)
    departments = list(Department.objects.prefetch_related("divisions"))
    present = Procedure.objects.count()
    for start in range(present, rows, _CHUNK):
        numbers = range(start, min(start + _CHUNK, rows))
        made = [owned(number, departments) for number in numbers]
        insert(made, origin)
        insert([plan(n, one) for n, one in zip(numbers, made, strict=True) if n % 5], origin)
        years = [(one, year) for one in made[::2] for year in (2023, 2024, 2025)]
        volumes = [
            YearlyVolume(procedure=one, fiscal_year=year, total=one.pk % 9_000, online=one.pk % 900)
            for one, year in years
        ]
        insert(volumes, origin)
        issues = [
            Issue(procedure=one, aspect=one.obstacles[0], kind="paper_copy")
            for one in made[::3]
            if one.obstacles
        ]
        insert(issues, origin)


def owned(number: int, departments: Sequence[Any]) -> Any:
    """A procedure of one of ``departments`` and its divisions, with answers of its own."""
    from procedures.classification import facts_of, set_classification
    from procedures.models import ASPECT_FIELDS, Procedure
    from procedures.rules import POLICY_2024, Answer, ExemptionGround
    from procedures.spreadsheet.keys import name_key, search_key

    draw = random.Random(number)
    department = departments[number % len(departments)]
    divisions = department.divisions.all()
    name = f"手続その{number}に関する届出の申請"
    chosen = draw.choices(list(Answer), (8, 4, 3, 2), k=len(ASPECT_FIELDS))
    made = Procedure(
        number=f"B-{number:05d}",
        name=name,
        name_key=name_key(name),
        search_key=search_key(name),
        department=department,
        division=draw.choice(divisions) if divisions else None,
        scope="inbound",
        **dict(zip(ASPECT_FIELDS, chosen, strict=True)),
    )
    facts = facts_of(made, levels=(), ground=ExemptionGround.NONE)
    set_classification(made, facts, POLICY_2024)
    return made


def plan(number: int, procedure: Any) -> Any:
    """A plan that is done, on its way with a target date, or without one."""
    from procedures.models import ApplicationService
    from tracking.models import CHECK_FIELDS, MigrationPlan
    from tracking.workflow import Status

    today = date.today()
    target = today + timedelta(days=number % 1_100 - 200)
    if number % 3:
        status = (Status.NOT_STARTED, Status.REVIEWING, Status.PREPARING)[number % 7 % 3]
        dated = None if number % 11 == 0 else target
        return MigrationPlan(procedure=procedure, status=status, target_date=dated)
    launched = today - timedelta(days=number % 900)
    return MigrationPlan(
        procedure=procedure,
        status=Status.ONLINE,
        target_date=launched - timedelta(days=number % 120),
        launched_on=launched,
        service=ApplicationService.objects.first(),
        **dict.fromkeys(CHECK_FIELDS, True),
    )


if __name__ == "__main__":
    main()
