"""Exemptions (適用除外, clause 6) month by month: which began to hold and which ceased to.

One holds while its procedure is in the set "exempt": confirmed, on a ground that fits, of a
procedure in force and in scope. The history of the procedures says since when and until when.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When, Window
from django.db.models.functions import Lag
from django.utils import timezone

from procedures.models import Exemption, Procedure

from .selections import condition

MONTHS = 12


@dataclass(frozen=True, slots=True)
class ExemptionMonth:
    """One month: how many began and ceased to hold, and how many held at its end.

    Of the month that a day is in, until that day.
    """

    first: date
    added_count: int
    ended_count: int
    standing_count: int


def exemptions_by_month(
    procedures: QuerySet[Procedure] | None, *, on: date
) -> tuple[ExemptionMonth, ...]:
    """The last ``MONTHS`` months until the day ``on``, the oldest first, in one query.

    Of ``procedures``; of None all there ever were, those that were deleted since too.
    """
    added: Counter[date] = Counter()
    ended: Counter[date] = Counter()
    for moment, holds in _turns(procedures, on).values_list("history_date", "holds"):
        month = timezone.localdate(moment).replace(day=1)
        (added if holds else ended)[month] += 1
    firsts = _last_months(on)
    standing = sum(
        sign * count
        for sign, turns in ((1, added), (-1, ended))
        for month, count in turns.items()
        if month < firsts[0]
    )
    months = []
    for first in firsts:
        standing += added[first] - ended[first]
        months.append(ExemptionMonth(first, added[first], ended[first], standing))
    return tuple(months)


def _turns(procedures: QuerySet[Procedure] | None, on: date) -> QuerySet:
    """The history rows with which a procedure began to be exempt, or ceased to be (``holds``)."""
    end = timezone.make_aware(datetime.combine(on + timedelta(days=1), time.min))
    ever = Exemption.history.filter(state=Exemption.State.CONFIRMED).order_by()
    rows = Procedure.history.filter(id__in=ever.values("procedure_id"), history_date__lt=end)
    if procedures is not None:
        rows = rows.filter(id__in=procedures.order_by().values("pk"))
    holds = Case(
        When(~Q(history_type="-") & condition("exempt", on), then=Value(1)),
        default=Value(0),
        output_field=IntegerField(),
    )
    before = Window(Lag("holds", default=Value(0)), partition_by="id", order_by="history_id")
    return rows.annotate(holds=holds).annotate(before=before).exclude(holds=F("before")).order_by()


def _last_months(on: date) -> list[date]:
    """The first days of the last ``MONTHS`` months, that of ``on`` the last."""
    last = on.year * 12 + on.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(last - MONTHS + 1, last + 1)]
