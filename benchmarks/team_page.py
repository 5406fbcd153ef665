"""How long the lists take next to an empty page: `python -m benchmarks.team_page [ROWS]`."""

import argparse
import gzip
from collections.abc import Sequence
from time import perf_counter, process_time
from typing import Any

from .office import temporary_office

ROWS = 1_500
PASSES = 60
RATIO_LIMIT, SIZE_LIMIT = 5, 60_000
EMPTY = "password_change_done"  # signed in, same layout and middleware, one sentence


def main(arguments: Sequence[str] | None = None) -> None:
    """Fill one department, then measure each page in turn, pass by pass."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=ROWS)
    with temporary_office() as account:
        compare(parser.parse_args(arguments).rows, account)


def compare(rows: int, account: Any) -> None:
    """Print time, ratio to the empty page of the same run, size and queries of each list."""
    from django.conf import settings
    from django.test import Client
    from django.urls import reverse

    # As in production, but over no network: the pages of one person who is signed in.
    client = Client(SERVER_NAME=settings.ALLOWED_HOSTS[0])
    client.force_login(member_of_a_team(rows, account))
    addresses = {name: reverse(name) for name in (EMPTY, "team", "procedure_list")}
    processor, wall = times(client, addresses)
    print(f"{rows:,} procedures of one department; best of {PASSES} passes, in milliseconds")
    for name, address in addresses.items():
        ratios = [each[name] / each[EMPTY] for each in (processor, wall)]
        html = client.get(address).content
        print(
            f"{name:<21} processor {processor[name]:6.2f} ({ratios[0]:.2f} x empty), "
            f"wall {wall[name]:6.2f} ({ratios[1]:.2f} x empty); "
            f"{queries(client, address):>2} queries; "
            f"{len(html):>6,} bytes of HTML, {len(gzip.compress(html)):>6,} compressed"
        )
    print(f"Limits for the team's page: {RATIO_LIMIT} x empty, {SIZE_LIMIT:,} bytes compressed")


def times(client: Any, addresses: dict[str, str]) -> tuple[dict[str, float], dict[str, float]]:
    """The best time of each page, of the processor and by the clock on the wall."""
    processor = dict.fromkeys(addresses, float("inf"))
    wall = dict(processor)
    for _ in range(PASSES):
        for name, address in addresses.items():
            started, busy = perf_counter(), process_time()
            response = client.get(address)
            processor[name] = min(processor[name], (process_time() - busy) * 1_000)
            wall[name] = min(wall[name], (perf_counter() - started) * 1_000)
            assert response.status_code == 200
    return processor, wall


def queries(client: Any, address: str) -> int:
    """How many queries the page asks the database."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return len(captured)


def member_of_a_team(rows: int, account: Any) -> Any:
    """Somebody of the first department's team, which has ``rows`` procedures in every state."""
    from procedures.models import (
        Department,
        Procedure,
        Role,
        Source,
        TeamMembership,
        User,
        YearlyVolume,
    )
    from procedures.records import Origin, insert
    from tracking.models import MigrationPlan

    department = Department.objects.first()
    origin = Origin(account, Source.COMMAND)
    procedures = [procedure(number, department) for number in range(rows)]
    insert(procedures, origin)
    stored = list(Procedure.objects.order_by("number"))
    insert([plan(number, one) for number, one in enumerate(stored) if number % 2], origin)
    insert(
        [YearlyVolume(procedure=one, fiscal_year=2025, total=one.pk) for one in stored[::3]], origin
    )
    member = User.objects.create_user(username="member")
    TeamMembership.objects.create(user=member, role=Role.MEMBER, department=department)
    assert MigrationPlan.objects.count() == rows // 2
    return member


def procedure(number: int, department: Any) -> Any:
    """A procedure with some answers given, some obstacles and some open questions."""
    from procedures.classification import facts_of, set_classification
    from procedures.models import ASPECT_FIELDS, Procedure
    from procedures.rules import POLICY_2024, Answer, ExemptionGround
    from procedures.spreadsheet.keys import name_key, search_key

    name = f"手続その{number}に関する届出の申請"
    answers = dict(zip(ASPECT_FIELDS, (list(Answer) * 3)[number % 4 :], strict=False))
    made = Procedure(
        number=f"B-{number:05d}",
        name=name,
        name_key=name_key(name),
        search_key=search_key(name),
        department=department,
        division=department.divisions.first(),
        scope="inbound",
        **answers,
    )
    facts = facts_of(made, levels=(), ground=ExemptionGround.NONE)
    set_classification(made, facts, POLICY_2024)
    return made


def plan(number: int, procedure: Any) -> Any:
    """A plan with a target date before or after today, and a national one."""
    from datetime import date, timedelta

    from tracking.models import MigrationPlan
    from tracking.workflow import Status

    target = date.today() + timedelta(days=number % 400 - 100)
    return MigrationPlan(
        procedure=procedure,
        status=Status.PREPARING,
        target_date=target,
        national_due=date(2027, 3, 31) if number % 3 else None,
    )


if __name__ == "__main__":
    main()
