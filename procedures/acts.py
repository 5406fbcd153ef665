"""Acts over many rows: begun with a name, written by the actions, taken back as one."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Q, QuerySet

from procedures.models import Act, Department, Procedure, Role, Source, User
from procedures.permissions import DIVISION_ONLY, check_can_edit, rights_of
from procedures.records import Origin
from procedures.undoing import Undo, owner_of

NOT_YOURS_TO_UNDO = "この操作を元に戻せるのは、操作した{person}さん、情報政策課と管理者です。"
UNDONE_ALREADY = "この操作は、{person}さんがすでに元に戻しています。"
EDITED_SINCE = "この操作の後に変更された項目は、今の内容のままにしました。"
NOT_YOUR_ROW = "変更できるのは、担当の部局室のDX推進チームと情報政策課です。"
_LABEL = 300


class NotUndoable(Exception):
    """The act has been taken back already; the sentence says by whom."""


def begin(kind: Act.Kind, label: str, *, by: User, source: Source = Source.BULK) -> Origin:
    """Makes the act and gives the origin that everything written in it carries.

    For callers inside a transaction, who checked what ``by`` may do; ``finish`` ends it.
    """
    origin = Origin(by, source, act=Act(kind=kind, label=label[:_LABEL], by=by))
    origin.act.at = origin.at
    origin.act.save()
    return origin


def finish(origin: Origin, *, count: int, left_out: Sequence[dict[str, Any]] = ()) -> Act:
    """Notes how many procedures the act wrote, and which it left as they were and why.

    ``left_out``: ``procedure`` (key), ``name``, ``reason`` (a sentence) of each.
    """
    act = origin.act
    act.count, act.left_out = count, list(left_out)
    act.save(update_fields=["count", "left_out"])
    return act


def visible_acts(user: User) -> QuerySet[Act]:
    """Those that the person may see: office-wide roles all, others their own.

    The leader of a team sees those of its members too.
    """
    acts = Act.objects.select_related("by", "undone_by")
    if rights_of(user).is_office_wide:
        return acts
    led = Department.objects.filter(memberships__user=user.pk, memberships__role=Role.LEADER)
    team = User.objects.filter(memberships__department__in=led)
    return acts.filter(Q(by=user.pk) | Q(by__in=team))


def entries_of(act: Act, model: type[models.Model]) -> QuerySet:
    """The history rows that ``act`` wrote of ``model``, without those of its undo."""
    # The moment has an index, the act has none.
    entries = model.history.filter(**_wrote(act)).exclude(change_source=Source.UNDO)
    return entries.order_by("history_id")


def check_can_undo(user: User, act: Act) -> None:
    """Raises ``PermissionDenied`` unless ``user`` may take ``act`` back.

    What the public sees is for the division, whoever it was that changed it.
    """
    if rights_of(user).is_office_wide:
        return
    if act.kind == Act.Kind.PUBLICATION:
        raise PermissionDenied(DIVISION_ONLY)
    if user.pk != act.by_id:
        raise PermissionDenied(NOT_YOURS_TO_UNDO.format(person=act.by))


def can_undo(user: User, act: Act) -> bool:
    """Whether ``check_can_undo`` passes."""
    try:
        check_can_undo(user, act)
    except PermissionDenied:
        return False
    return True


@transaction.atomic
def undo(*, act_id: int, by: User) -> Act:
    """Takes a whole act back, field by field, once.

    What somebody changed afterwards stays, and so do the rows that ``by`` may not edit (any more);
    ``undo_left`` names both. Raises ``PermissionDenied`` or ``NotUndoable``.
    """
    act = Act.objects.select_for_update(of=("self",)).select_related("by", "undone_by")
    act = act.get(pk=act_id)
    check_can_undo(by, act)
    if act.undone_by:
        raise NotUndoable(UNDONE_ALREADY.format(person=act.undone_by))
    way_back = _ActUndo(
        wrote=_wrote(act),
        origin=Origin(by, Source.UNDO, act=act),
        edited_since=EDITED_SINCE,
    )
    way_back.take_back()
    act.undone_by, act.undone_at = by, way_back.origin.at
    act.undo_left = way_back.left()
    act.save(update_fields=["undone_by", "undone_at", "undo_left"])
    return act


def _wrote(act: Act) -> dict[str, Any]:
    return {"history_date": act.at, "act": act}


class _ActUndo(Undo):
    """The way back of one act: only of rows that its author may still edit."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._sentences: dict[int | None, str] = {}

    def refusal(self, row: Any) -> str:
        """As ``check_can_edit`` says it of the row's procedure, or of the row's own department."""
        owner, pk = owner_of(row)
        if owner is not Procedure:
            covers = rights_of(self.origin.by).covers(row.department_id)
            return "" if covers else NOT_YOUR_ROW
        department = self.departments[pk]
        if department not in self._sentences:
            self._sentences[department] = self._sentence(department)
        return self._sentences[department]

    def _sentence(self, department: int | None) -> str:
        try:
            check_can_edit(self.origin.by, Procedure(department_id=department))
        except PermissionDenied as refusal:
            return str(refusal)
        return ""
