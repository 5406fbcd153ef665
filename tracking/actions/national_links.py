"""The only writers of what people say of single procedures of the national list (clause 3(1)①).

A suggested link is confirmed or refused; an item that the city has not is 制度なし.
"""

from collections.abc import Collection, Mapping, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction

from procedures import acts
from procedures.classification import DERIVED_FIELDS, facts_of, set_classification, with_facts
from procedures.editing import Overtaken
from procedures.models import Act, NationalPriorityProcedure, Procedure, RefusedLink, Source, User
from procedures.national_list import NOT_CURRENT
from procedures.permissions import check_can_edit, check_can_keep_registers
from procedures.policies import policy_to_write_under
from procedures.records import Batch, Origin, delete, insert, save

from .bulk import NothingToWrite

LABEL = "国の優先手続「{item}」に紐付け"
IS_ABSENT = (
    "「{item}」は制度なしとされています。紐付けるときは、先に情報政策課が制度なしを取り消します。"
)
NOT_MUNICIPAL = "「{item}」は市が対象の手続ではありません。"
LINKED_MEANWHILE = "ほかの人が先に、国の優先手続に紐付けています。"
CHANGED_MEANWHILE = "画面を表示した後に変更されました。内容を確かめて、もう一度紐付けてください。"
IS_LINKED = (
    "「{item}」には手続が紐付いているため、制度なしにできません。"
    "違う手続が紐付いているときは、その手続の内容の編集で外してください。"
)


@transaction.atomic
def confirm_links(*, item_id: int, seen: Mapping[int, int], by: User) -> Act:
    """Links procedures to an item of the current edition and classifies them, as one act.

    ``seen`` is procedure → version that ``by`` saw. Those that are linked already or have another
    version are left out and named. Raises ``PermissionDenied``, ``ValidationError``, or
    ``NothingToWrite``; then nothing is written.
    """
    procedures = _locked(seen, by)
    item = _locked_item(item_id)
    if item.absence:
        raise ValidationError(IS_ABSENT.format(item=item))
    if not item.applies_to_city:
        raise ValidationError(NOT_MUNICIPAL.format(item=item))
    linked, left_out = [], []
    for procedure in procedures:
        if reason := _reason_against(procedure, seen[procedure.pk]):
            left_out.append(acts.left(procedure, reason))
        else:
            linked.append(procedure)
    if not linked:
        raise NothingToWrite
    policy = policy_to_write_under()
    origin = acts.begin(Act.Kind.LINKS, LABEL.format(item=item), by=by)
    for procedure in linked:
        procedure.national_priority_id = item.pk
        set_classification(procedure, facts_of(procedure), policy)
    batch = Batch(origin)
    batch.update(linked, ["national_priority_id", *DERIVED_FIELDS])
    batch.write()
    return acts.finish(origin, count=len(linked), left_out=left_out)


@transaction.atomic
def refuse_links(*, item_id: int, procedure_ids: Collection[int], by: User) -> int:
    """Notes that procedures are not the item; returns how many were not noted already.

    They are not suggested for it again. Raises ``PermissionDenied`` or ``ValidationError``.
    """
    procedures = _locked(procedure_ids, by)
    item = _locked_item(item_id)
    known = set(item.refusals.values_list("procedure_id", flat=True))
    origin = Origin(by, Source.FORM if len(procedures) == 1 else Source.BULK)
    refused = [
        RefusedLink(item=item, procedure=procedure, refused_by=by, refused_at=origin.at)
        for procedure in procedures
        if procedure.pk not in known
    ]
    insert(refused, origin)
    return len(refused)


@transaction.atomic
def take_back_refusals(*, refusal_ids: Collection[int], by: User) -> int:
    """Lets refused pairs be suggested again; returns how many there were.

    Raises ``PermissionDenied`` where ``by`` may not edit one of the procedures.
    """
    rows = RefusedLink.objects.select_for_update(of=("self",)).filter(pk__in=refusal_ids)
    refusals = list(rows.select_related("procedure__department", "item").order_by("pk"))
    for refusal in refusals:
        check_can_edit(by, refusal.procedure)
    delete(refusals, Origin(by, Source.FORM if len(refusals) == 1 else Source.BULK))
    return len(refusals)


@transaction.atomic
def set_absence(*, item_id: int, reason: str, seen: str, by: User) -> None:
    """Says that the city has no such procedure and why (制度なし); no ``reason`` takes it back.

    ``seen`` is the reason that ``by`` saw. Raises ``PermissionDenied``, ``Overtaken`` or
    ``ValidationError``; then nothing is written.
    """
    check_can_keep_registers(by)
    item = _locked_item(item_id)
    if item.absence == reason:
        return
    if item.absence != seen:
        raise Overtaken
    if reason and item.procedures.in_force().exists():
        raise ValidationError(IS_LINKED.format(item=item))
    item.absence = reason
    save(item, ["absence"], Origin(by, Source.FORM))


def _locked(keys: Collection[int], by: User) -> Sequence[Procedure]:
    """The procedures ``keys``, all of which ``by`` may edit."""
    locked = Procedure.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    list(locked.values_list("pk"))  # what stands beside a row is read under its lock
    rows = with_facts(Procedure.objects.filter(pk__in=keys))
    procedures = list(rows.select_related("department").order_by("pk"))
    for procedure in procedures:
        check_can_edit(by, procedure)
    return procedures


def _locked_item(item_id: int) -> NationalPriorityProcedure:
    """The item with its edition, which stays the current one until the transaction ends."""
    locked = NationalPriorityProcedure.objects.current().select_for_update()
    item = locked.select_related("edition").filter(pk=item_id).first()
    if item is None:
        raise ValidationError(NOT_CURRENT)
    return item


def _reason_against(procedure: Procedure, version: int) -> str:
    if procedure.national_priority_id is not None:
        return LINKED_MEANWHILE
    return "" if procedure.version == version else CHANGED_MEANWHILE
