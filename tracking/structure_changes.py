"""What an outcome changes, unit by unit and person by person, for a look beforehand."""

from collections.abc import Mapping
from dataclasses import dataclass

from .structure import Office, Outcome, Unit


@dataclass(frozen=True, slots=True)
class Amounts:
    """How many procedures, divisions, people and planned measures a department has."""

    procedures: int
    divisions: int
    people: int
    measures: int


NOTHING = Amounts(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class UnitChange:
    """A unit before (``old`` empty: a new one) and after (``new`` empty: it ends).

    Names of divisions are with their departments. ``successor`` is where an ended one went.
    """

    old: str
    new: str
    successor: str = ""
    before: Amounts = NOTHING
    after: Amounts = NOTHING


@dataclass(frozen=True, slots=True)
class RightsChange:
    """Where a person is in the team, and how many procedures that opens and closes to them."""

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    gained: int
    lost: int


def department_changes(outcome: Outcome) -> list[UnitChange]:
    """The departments that change, or in which something does, in office order."""
    old, new = _amounts(outcome.before), _amounts(outcome.after)
    found = []
    for ref, unit in _in_order(outcome.after.departments):
        before = outcome.before.departments.get(ref)
        if unit != before or old.get(ref, NOTHING) != new[ref]:
            found.append(
                UnitChange(
                    old=before.name if before else "",
                    new="" if unit.has_ended else unit.name,
                    successor=outcome.after.name_of(unit.successor) if unit.successor else "",
                    before=old.get(ref, NOTHING),
                    after=new[ref],
                )
            )
    return found


def division_changes(outcome: Outcome) -> list[UnitChange]:
    """The divisions that are new, move, have another name or end, in office order."""
    before, after = outcome.before, outcome.after
    changed = [
        (ref, unit)
        for department, _ in _in_order(after.departments)
        for ref, unit in _in_order(after.divisions)
        if unit.department == department and unit != before.divisions.get(ref)
    ]
    return [
        UnitChange(
            old=before.name_of_division(ref) if ref in before.divisions else "",
            new="" if unit.has_ended else after.name_of_division(ref),
            successor=after.name_of_division(unit.successor) if unit.successor else "",
        )
        for ref, unit in changed
    ]


def rights_changes(outcome: Outcome) -> list[RightsChange]:
    """Who gains or loses rights, or has them in other departments, by name."""
    before, after = outcome.before, outcome.after
    found = []
    for person, old in before.members.items():
        new = after.members[person]
        if set(old) != set(new):
            gained, lost = _rights(outcome, set(old), set(new))
            names = _names(before, old), _names(after, new)
            found.append(RightsChange(before.names[person], *names, gained, lost))
    return sorted(found, key=lambda change: change.name)


def left_without_team(outcome: Outcome) -> list[str]:
    """The departments to which procedures come and in whose team nobody is."""
    counts = outcome.after.count_by_department()
    arrived = {new[0] for old, new in outcome.moves.items() if old[0] != new[0]}
    return [
        unit.name
        for ref, unit in _in_order(outcome.after.departments)
        if ref in arrived and counts.get(ref) and not outcome.after.people_of(ref)
    ]


def _rights(outcome: Outcome, old: set[str], new: set[str]) -> tuple[int, int]:
    gained = lost = 0
    for place, count in outcome.before.counts.items():
        had, has = place[0] in old, outcome.after.places[place][0] in new
        gained += count * (has and not had)
        lost += count * (had and not has)
    return gained, lost


def _amounts(office: Office) -> dict[str, Amounts]:
    counts = office.count_by_department()
    return {
        ref: Amounts(
            counts.get(ref, 0),
            len(office.own_divisions(ref)),
            len(office.people_of(ref)),
            len(office.measures_of(ref)),
        )
        for ref in office.departments
    }


def _names(office: Office, roles: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(unit.name for ref, unit in _in_order(office.departments) if ref in roles)


def _in_order(units: Mapping[str, Unit]) -> list[tuple[str, Unit]]:
    """In the office's order: of two in one place the newer one stands second."""
    return sorted(units.items(), key=lambda item: item[1].order)
