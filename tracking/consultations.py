"""What the consultations (協議, clause 4) say: which are agreed, which wait, and for how long."""

from collections.abc import Iterable
from datetime import date

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When

from procedures.chunks import chunks
from procedures.models import Procedure, User

from .models import Consultation

State = Consultation.State
OPEN = Consultation.OPEN
Pair = tuple[int, int]
"""The keys of a procedure and of a service."""


def agreed_pairs(procedure_ids: Iterable[int]) -> frozenset[Pair]:
    """The procedures, each with a service on which the division has agreed.

    One query for a set of any usual size. Callers who write have locked the procedures before.
    """
    agreed = Consultation.objects.filter(state=State.AGREED)
    return frozenset(
        pair
        for chunk in chunks(sorted(procedure_ids))
        for pair in agreed.filter(procedure__in=chunk)
        .order_by()
        .values_list("procedure_id", "service_id")
    )


def standing(consultations: Iterable[Consultation], service_id: int | None) -> Consultation | None:
    """The one about the service that is open or agreed; there is one at most."""
    kept = (*OPEN, State.AGREED)
    return next(
        (one for one in consultations if one.service_id == service_id and one.state in kept), None
    )


def visible_to(user: User) -> QuerySet[Consultation]:
    """The consultations on the procedures that ``user`` may read, with all that pages name."""
    return Consultation.objects.filter(
        procedure__in=Procedure.objects.visible_to(user)
    ).select_related("procedure__department", "service", "asked_by", "decided_by")


def in_order(consultations: QuerySet[Consultation]) -> QuerySet[Consultation]:
    """As the queue stands: the open ones first, by their due date; then the newest."""
    closed = Case(
        When(state__in=OPEN, then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    due = Case(When(state__in=OPEN, then=F("due")))
    return consultations.order_by(closed, due.asc(nulls_last=True), "-asked_at", "-pk")


def overdue(on: date) -> Q:
    """The open consultations whose due date lies before the day ``on``."""
    return Q(state__in=OPEN, due__lt=on)


def is_overdue(consultation: Consultation, on: date) -> bool:
    """As ``overdue``, of one that is read."""
    return consultation.state in OPEN and consultation.due is not None and consultation.due < on
