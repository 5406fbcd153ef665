"""One row of a procedure list, as the list and the inline edit show it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from procedures.models import Procedure, User
from procedures.permissions import can_edit

from .workflow import STATUS_LABELS, Status


@dataclass(frozen=True, slots=True)
class ListRow:
    """A procedure (as ``filters.listed`` loads it) with what this person may do on this day."""

    procedure: Procedure
    may_edit: bool
    is_overdue: bool
    status_label: str


def list_rows(procedures: Iterable[Procedure], *, user: User, on: date) -> list[ListRow]:
    """The rows for the screen; asks the database nothing more."""
    return [_row(procedure, user, on) for procedure in procedures]


def _row(procedure: Procedure, user: User, on: date) -> ListRow:
    plan = getattr(procedure, "plan", None)
    status = Status(procedure.plan_status)
    is_late = plan is not None and plan.target_date is not None and plan.target_date < on
    return ListRow(
        procedure=procedure,
        may_edit=can_edit(user, procedure),
        is_overdue=is_late and status is not Status.ONLINE,
        status_label=STATUS_LABELS[status],
    )
