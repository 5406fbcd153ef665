"""The writer of 変更なし確認: somebody looked at a procedure, and nothing has changed."""

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from procedures import permissions
from procedures.models import Procedure, Source, User
from procedures.records import Origin, save_many

from .procedures import lock_procedure

CHANGED_SINCE = (
    "画面を開いた後に内容が変わりました。今の内容を確かめて、もう一度「変更なし確認」を押して"
    "ください。"
)


@transaction.atomic
def confirm_unchanged(
    *,
    procedure_id: int,
    version: int,
    by: User,
    source: Source,
    changed_beside: datetime | None = None,
) -> Procedure:
    """Notes that ``by`` has looked at a procedure and found nothing to change; no field changes.

    ``version`` is the one that ``by`` saw, ``changed_beside`` when its plan was last changed.
    Raises ``PermissionDenied`` or, where somebody changed it since, ``ValidationError``; then
    nothing is written. Once a day is enough: a second time writes nothing.
    """
    procedure = lock_procedure(procedure_id)
    permissions.check_can_edit(by, procedure)
    if procedure.version != version:
        raise ValidationError(CHANGED_SINCE)
    origin = Origin(by, source)
    if not is_confirmed(procedure, origin.at, changed_beside):
        write_confirmation([procedure], origin)
    return procedure


def is_confirmed(
    procedure: Procedure, at: datetime, changed_beside: datetime | None = None
) -> bool:
    """Whether somebody has confirmed on the day of ``at`` what is stored now."""
    confirmed_at = procedure.confirmed_at
    last_change = max(procedure.changed_at, changed_beside or procedure.changed_at)
    return (
        confirmed_at is not None
        and confirmed_at >= last_change
        and timezone.localdate(confirmed_at) == timezone.localdate(at)
    )


def write_confirmation(procedures: Sequence[Procedure], origin: Origin) -> None:
    """Writes the confirmation on locked procedures, after permission and version were checked."""
    for procedure in procedures:
        procedure.confirmed_by, procedure.confirmed_at = origin.by, origin.at
    # That nothing has changed is no change: ``changed_at`` stays.
    save_many(procedures, ["confirmed_by_id", "confirmed_at"], origin, touch=False)
