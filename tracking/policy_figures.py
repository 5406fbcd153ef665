"""How many procedures rest on each clause of the policy today, counted in a few queries."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.utils import timezone

from procedures.models import Procedure
from procedures.rules import Aspect, Clause

from .selections import ADVISED, BASES, with_progress


@dataclass(frozen=True, slots=True)
class ClauseFigures:
    """``grounds``: procedures in force and in scope by the clause that their category rests on.

    Of the target procedures, ``obstacles`` and ``unanswered`` by aspect, and ``advised`` by the
    part of clause 4 that gives their service. A procedure may have several but for the last.
    """

    grounds: Mapping[Clause, int]
    obstacles: Mapping[Aspect, int]
    unanswered: Mapping[Aspect, int]
    advised: Mapping[Clause, int]


def clause_figures() -> ClauseFigures:
    """The figures of the whole office, in four queries."""
    return ClauseFigures(
        grounds={Clause(code): count for code, count in _codes("in_scope", "grounds").items()},
        obstacles={Aspect(code): count for code, count in _codes("target", "obstacles").items()},
        unanswered={Aspect(code): count for code, count in _codes("target", "unanswered").items()},
        advised=_advised(),
    )


def _rows(base: str) -> QuerySet[Procedure]:
    rows = with_progress(Procedure.objects.order_by())
    return rows.filter(BASES[base].condition(timezone.localdate()))


def _advised() -> dict[Clause, int]:
    counts = {clause.name: Count("pk", filter=rows) for clause, rows in ADVISED.items()}
    found = _rows("target").aggregate(**counts)
    return {clause: found[clause.name] for clause in ADVISED}


def _codes(base: str, field: str) -> Counter[str]:
    """How many rows have each code of a field that holds several."""
    counts: Counter[str] = Counter()
    for codes, count in _rows(base).values_list(field).annotate(Count("pk")):
        for code in codes:
            counts[code] += count
    return counts
