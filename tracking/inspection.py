"""The inspection (点検): what the checks find in the inventory, and what of it is 確認済.

A dismissal holds until its day, and only while the finding is about what it was about.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from django.db.models import Count, QuerySet

from procedures.models import Procedure, User
from procedures.permissions import rights_of

from .checks import Check, inspected
from .models import Dismissal


@dataclass(frozen=True, slots=True)
class Tally:
    """How many findings of one check wait for somebody, and how many are 確認済."""

    check: Check
    open_count: int
    dismissed_count: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check finds in one procedure; ``earlier`` is a dismissal that no longer holds."""

    procedure: Procedure
    detail: str
    earlier: Dismissal | None = None


def inspected_by(user: User) -> QuerySet[Procedure]:
    """The procedures whose findings ``user`` sees: all, or those of the person's departments."""
    procedures = Procedure.objects.visible_to(user)
    rights = rights_of(user)
    if rights.is_office_wide:
        return procedures
    return procedures.filter(department__in=rights.department_ids)


def tallies(procedures: QuerySet[Procedure], checks: Collection[Check], on: date) -> list[Tally]:
    """What each of ``checks`` finds in ``procedures``.

    Two queries, and one more for each check of which something has been dismissed.
    """
    found = inspected(procedures, on).aggregate(
        **{check.key: Count("pk", filter=check.condition(on)) for check in checks}
    )
    given = _dismissed_checks(on)
    counted = []
    for check in checks:
        held = len(held_dismissals(check, procedures, on)) if check.key in given else 0
        counted.append(Tally(check, found[check.key] - held, held))
    return counted


def held_dismissals(check: Check, procedures: QuerySet[Procedure], on: date) -> dict[int, int]:
    """The dismissals of ``check`` that hold on the day ``on``: procedure → dismissal, by key."""
    rows = check.rows(procedures, on).filter(
        dismissals__check_key=check.key, dismissals__until__gte=on
    )
    told = check.told(rows, on, "dismissals", "dismissals__subject")
    return {
        row["pk"]: row["dismissals"]
        for row in told
        if check.detail_of(row) == row["dismissals__subject"]
    }


def open_keys(check: Check, procedures: QuerySet[Procedure], on: date) -> list[int]:
    """The procedures in which ``check`` finds something that is not 確認済, in office order."""
    held = held_dismissals(check, procedures, on)
    keys = check.rows(procedures, on).in_office_order().values_list("pk", flat=True)
    return [key for key in keys if key not in held]


def details(check: Check, procedures: QuerySet[Procedure], on: date) -> dict[int, str]:
    """What each finding of ``check`` in ``procedures`` is about, 確認済 or not."""
    told = check.told(check.rows(procedures, on), on)
    return {row["pk"]: check.detail_of(row) for row in told}


def open_details(check: Check, procedures: QuerySet[Procedure], on: date) -> dict[int, str]:
    """As ``details``, of those that are not 確認済."""
    held = held_dismissals(check, procedures, on)
    found = details(check, procedures, on)
    return {key: detail for key, detail in found.items() if key not in held}


def findings(check: Check, keys: Collection[int], on: date) -> list[Finding]:
    """The findings of ``check`` in the procedures ``keys``, in their order; three queries."""
    rows = Procedure.objects.filter(pk__in=keys)
    procedures = rows.select_related("department", "division").in_bulk()
    about = details(check, rows, on)
    dismissals = Dismissal.objects.filter(check_key=check.key, procedure__in=keys)
    earlier = {one.procedure_id: one for one in dismissals}
    return [Finding(procedures[key], about[key], earlier.get(key)) for key in keys if key in about]


def token_of(seen: Mapping[int, str]) -> str:
    """A word that is the same exactly for the same findings about the same values."""
    text = "\n".join(f"{key} {detail}" for key, detail in sorted(seen.items()))
    return sha256(text.encode()).hexdigest()


def dismissed_keys(procedures: QuerySet[Procedure], checks: Iterable[Check], on: date) -> list[int]:
    """The dismissals of ``checks`` that hold on the day ``on``, by key, the newest first.

    Two queries, and one more for each check of which something has been dismissed.
    """
    given = _dismissed_checks(on)
    held = set()
    for check in checks:
        if check.key in given:
            held.update(held_dismissals(check, procedures, on).values())
    valid = _valid(on).order_by("-dismissed_at", "check_key", "procedure__number", "pk")
    return [key for key in valid.values_list("pk", flat=True) if key in held]


def dismissals_of(keys: Iterable[int]) -> list[Dismissal]:
    """The dismissals ``keys`` in their order, with the people and procedures; one query."""
    keys = list(keys)
    rows = Dismissal.objects.select_related(
        "procedure__department", "procedure__division", "dismissed_by"
    ).in_bulk(keys)
    return [rows[key] for key in keys if key in rows]


def _dismissed_checks(on: date) -> set[str]:
    return set(_valid(on).order_by().values_list("check_key", flat=True).distinct())


def _valid(on: date) -> QuerySet[Dismissal]:
    """Those whose day has not passed; the day itself still counts."""
    return Dismissal.objects.filter(until__gte=on)
