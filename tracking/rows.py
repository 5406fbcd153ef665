"""One row of a procedure list, as the list and the inline edit show it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from procedures.models import Procedure, User
from procedures.permissions import can_edit

from .filters import listed
from .models import MigrationPlan
from .selections import with_concerns
from .workflow import STATUS_LABELS, Status


@dataclass(frozen=True, slots=True)
class ListRow:
    """A procedure (of ``shown``) with its plan, if there is one, and what this person may do."""

    procedure: Procedure
    plan: MigrationPlan | None
    may_edit: bool
    status_label: str


def shown(procedures: QuerySet[Procedure], on: date) -> QuerySet[Procedure]:
    """What a row shows of each procedure, as it is on the day ``on``."""
    return with_concerns(listed(procedures), on)


def list_rows(procedures: Iterable[Procedure], *, user: User) -> list[ListRow]:
    """The rows for the screen; asks the database nothing more."""
    return [
        ListRow(
            procedure=procedure,
            plan=getattr(procedure, "plan", None),
            may_edit=can_edit(user, procedure),
            status_label=STATUS_LABELS[Status(procedure.plan_status)],
        )
        for procedure in procedures
    ]
