"""The office in which the load is made: procedures in every state, teams, people signed in."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.dashboard import fill, somebody_of_the_division
from benchmarks.office import enter, furnish

TEAMS = 10
CONTESTED = 1
"""So many rows of a team are those that everybody in it has open at the same time."""


def prepare(office: Mapping[str, str], procedures: int, people: int, cast: str) -> None:
    """Fills an empty office and writes into the file ``cast`` who takes part, as JSON.

    ``division`` are the headers of somebody of the division who has signed in already: the password
    is not what is measured. So are the ``headers`` of each of ``people``, who have the keys of the
    rows that they edit: ``own``, and those ``shared`` in the team.
    """
    enter(office)
    from django.db import connections

    from procedures.actions import command_account

    furnish()
    account = command_account()
    division = somebody_of_the_division(account)
    fill(procedures, account)
    taking_part = {"division": _signed_in(division), "people": gather(people)}
    Path(cast).write_text(json.dumps(taking_part))
    connections.close_all()


def gather(count: int) -> list[dict[str, Any]]:
    """So many people of teams that have procedures, as ``prepare`` describes them."""
    from procedures.models import Department, Role, TeamMembership, User

    departments = list(Department.objects.order_by("pk")[:TEAMS])
    people = []
    for number in range(count):
        department = departments[number % len(departments)]
        user = User.objects.create_user(username=f"person{number}")
        TeamMembership.objects.create(user=user, role=Role.MEMBER, department=department)
        rows = _rows(department)
        people.append(
            {
                "headers": _signed_in(user),
                "own": rows[CONTESTED + number // TEAMS :: -(-count // TEAMS)],
                "shared": rows[:CONTESTED],
            }
        )
    return people


def _signed_in(user: Any) -> dict[str, str]:
    """The headers of the requests of a browser in which ``user`` has signed in."""
    from django.conf import settings
    from django.middleware.csrf import get_token
    from django.test import Client, RequestFactory

    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    request = RequestFactory().get("/")
    get_token(request)
    token = request.META["CSRF_COOKIE"]
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookies = {settings.SESSION_COOKIE_NAME: session, settings.CSRF_COOKIE_NAME: token}
    return {
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "X-CSRFToken": token,
    }


def _rows(department: Any) -> list[int]:
    """Keys of rows whose text may be edited as it stands: what is online has requirements."""
    from procedures.models import Procedure
    from tracking.workflow import Status

    editable = Procedure.objects.filter(department=department).exclude(plan__status=Status.ONLINE)
    return list(editable.order_by("pk").values_list("pk", flat=True))
