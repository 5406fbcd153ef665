"""The office as it is, read for ``structure``: its units with what lies in them."""

import hashlib
from datetime import date

from django.db.models import Count
from django.utils import timezone

from procedures.models import Department, Division, Procedure, TeamMembership
from procedures.models.organisation import TEAM_ROLES, Unit

from . import structure
from .models import SharedMeasure


def office_on(day: date) -> structure.Office:
    """The units with the procedures, people and measures of now; five queries.

    Those that are no more by ``day``, or by today, have ended: procedures may still lie in them.
    One that is yet to come is there: it has its name, and goes where its department goes.
    """
    last = max(day, timezone.localdate())
    departments = {str(unit.pk): _unit(unit, last) for unit in Department.objects.all()}
    divisions = {str(unit.pk): _unit(unit, last) for unit in Division.objects.all()}
    counts = {
        (ref_of(department), ref_of(division)): count
        for department, division, count in Procedure.objects.order_by()
        .values_list("department_id", "division_id")
        .annotate(Count("pk"))
    }
    places = {
        *counts,
        *((unit.department, ref) for ref, unit in divisions.items()),
        *((ref, "") for ref in departments),
    }
    memberships = team_memberships()
    measures = list(SharedMeasure.objects.filter(state=SharedMeasure.State.PLANNED))
    members: dict[str, dict[str, str]] = {}
    for membership in memberships:
        roles = members.setdefault(str(membership.user_id), {})
        roles[str(membership.department_id)] = membership.role
    return structure.Office(
        departments=departments,
        divisions=divisions,
        counts=counts,
        places={place: place for place in places},
        members=members,
        names={str(row.user_id): str(row.user) for row in memberships},
        measures={str(row.pk): ref_of(row.department_id) for row in measures},
        titles={str(row.pk): row.name for row in measures},
    )


def ref_of(key: int | None) -> str:
    """How ``structure`` names the unit with that key; empty for none."""
    return "" if key is None else str(key)


def token_of(office: structure.Office) -> str:
    """The same while the units, the people and the measures are; procedures are counted apart."""
    told = (office.departments, office.divisions, office.members, office.measures)
    return hashlib.sha256(repr(told).encode()).hexdigest()


def team_memberships() -> list[TeamMembership]:
    """Who is in which team, the oldest first."""
    rows = TeamMembership.objects.filter(role__in=TEAM_ROLES).select_related("user")
    return list(rows.order_by("pk"))


def _unit(unit: Unit, day: date) -> structure.Unit:
    return structure.Unit(
        ref=str(unit.pk),
        name=unit.name,
        order=unit.order,
        department=ref_of(getattr(unit, "department_id", None)),
        valid_from=unit.valid_from,
        has_ended=unit.valid_to is not None and unit.valid_to < day,
        successor=ref_of(unit.successor_id),
    )
