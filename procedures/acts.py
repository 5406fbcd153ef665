"""Acts over many rows: begun with a name, written by the actions, taken back as one."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Q, QuerySet

from procedures.models import Act, Department, Procedure, Role, Source, User
from procedures.permissions import (
    DIVISION_ONLY,
    can_keep_accounts,
    check_can_edit,
    check_can_keep_accounts,
    rights_of,
)
from procedures.policies import hold_inventory
from procedures.records import Origin
from procedures.undoing import Undo, owner_of

NOT_YOURS_TO_UNDO = "この操作を元に戻せるのは、操作した{person}さん、情報政策課と管理者です。"
UNDONE_ALREADY = "この操作は、{person}さんがすでに元に戻しています。"
EDITED_SINCE = "この操作の後に変更された項目は、今の内容のままにしました。"
POLICY_IS_REVERTED = (
    "方針の改定は、まとめ操作としては元に戻せません。情報政策課長が、「方針と登録簿」の"
    "「方針」のページにある施行中の版から、前の版に戻します。"
)
LATER_EDITION = (
    "この後に、国の一覧がもう一度改定されています。先に新しいほうの改定"
    "（{act}）を元に戻してください。"
)
YOURSELF_LOSES = (
    "元に戻すと、あなた自身の「管理者」の役割がなくなるため、止めました。"
    "ほかの管理者に頼んでください。"
)
NOT_YOUR_ROW = "変更できるのは、担当の部局室のDX推進チームと情報政策課です。"
_OF_THE_DIVISION = (
    Act.Kind.PUBLICATION,
    Act.Kind.REORGANISATION,
    Act.Kind.NATIONAL_LIST,
    Act.Kind.CONSULTATION,
)
# What these write beside procedures is locked before them: only with the inventory as a whole
# do they and whoever changes a procedure not wait for each other.
_HOLD_INVENTORY = (Act.Kind.NATIONAL_LIST, Act.Kind.REORGANISATION)
_LABEL = 300


class NotUndoable(Exception):
    """Why an act cannot be taken back: it is already, for one; the sentence says so."""


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

    ``left_out`` are made by ``left``.
    """
    act = origin.act
    act.count, act.left_out = count, list(left_out)
    act.save(update_fields=["count", "left_out"])
    return act


def left(procedure: Procedure, reason: str) -> dict[str, Any]:
    """One procedure that an act leaves as it is, and why, for ``finish``."""
    return {"procedure": procedure.pk, "name": str(procedure), "reason": reason}


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

    What the public sees, the structure of the office, the national list and what was decided in
    consultations are for the division, whoever it was that changed them; people and their roles
    are for administrators. No policy is taken back in parts: ``actions.revert_policy`` does it.
    """
    if act.kind == Act.Kind.POLICY:
        raise PermissionDenied(POLICY_IS_REVERTED)
    if act.kind == Act.Kind.TRANSFER:
        check_can_keep_accounts(user)
        return
    if rights_of(user).is_office_wide:
        return
    if act.kind in _OF_THE_DIVISION:
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
    if act.kind in _HOLD_INVENTORY:
        hold_inventory()
    _check_is_last(act)
    way_back = _ActUndo(
        wrote=_wrote(act),
        origin=Origin(by, Source.UNDO, act=act),
        edited_since=EDITED_SINCE,
    )
    way_back.take_back()
    _check_still_keeps(act, by)
    act.undo_left = way_back.left()
    mark_undone(act, way_back.origin)
    return act


def _check_is_last(act: Act) -> None:
    """Editions of the national list follow each other; they are taken back from the last one on.

    Raises ``NotUndoable``.
    """
    if act.kind != Act.Kind.NATIONAL_LIST:
        return
    later = Act.objects.filter(kind=act.kind, undone_at__isnull=True, pk__gt=act.pk).first()
    if later:
        raise NotUndoable(LATER_EDITION.format(act=later.label))


def _check_still_keeps(act: Act, by: User) -> None:
    """Whoever takes a transfer back stays an administrator: then there is one afterwards.

    Raises ``NotUndoable``.
    """
    if act.kind != Act.Kind.TRANSFER:
        return
    stored = User.objects.filter(pk=by.pk, is_active=True).first()
    if stored is None or not can_keep_accounts(stored):
        raise NotUndoable(YOURSELF_LOSES)


def mark_undone(act: Act, origin: Origin) -> None:
    """Notes by whom and when ``act`` was taken back, for whoever has done so."""
    act.undone_by, act.undone_at = origin.by, origin.at
    act.save(update_fields=["undone_by", "undone_at", "undo_left"])


def _wrote(act: Act) -> dict[str, Any]:
    return {"history_date": act.at, "act": act}


class _ActUndo(Undo):
    """The way back of one act: only of rows that its author may still edit."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._sentences: dict[int | None, str] = {}

    def refusal(self, row: Any) -> str:
        """As ``check_can_edit`` says it of the row's procedure, or of the row's own department."""
        if rights_of(self.origin.by).is_office_wide:
            return ""
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
