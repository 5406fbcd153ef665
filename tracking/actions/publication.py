"""The only writers of what the public sees: procedures are approved for the table, or withdrawn.

An approval demands what the person looked at; a withdrawal asks for nothing, so that it never
has to wait.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from procedures import acts
from procedures.models import Act, Procedure, User
from procedures.permissions import DIVISION_ONLY, rights_of
from procedures.records import UNSAVED, Batch
from tracking.models import Publication
from tracking.publication import publishable

from .bulk import LeftOut, NothingToWrite, Seen, Versions

APPROVAL, WITHDRAWAL = "公表を承認", "公表を取下げ"
NOT_PUBLISHABLE = "廃止されたか、対象外の手続です。"
CHANGED_MEANWHILE = "確認の画面を表示した後に変更されました。内容を確かめてから承認してください。"
_CHUNK = 10_000  # keys per query; databases limit the parameters of a statement


@dataclass(frozen=True, slots=True)
class PublicationPlan:
    """What an approval or a withdrawal does to each of the procedures it was meant for.

    ``same`` are those of which it is true already.
    """

    rows: tuple[Procedure, ...]
    same: tuple[Procedure, ...]
    left_out: tuple[LeftOut, ...]
    seen: Seen


def check_can_publish(user: User) -> None:
    """Raises ``PermissionDenied`` unless ``user`` decides what the public sees."""
    if not rights_of(user).is_office_wide:
        raise PermissionDenied(DIVISION_ONLY)


def plan_approval(keys: Iterable[int], *, by: User, seen: Seen | None = None) -> PublicationPlan:
    """What approving the procedures ``keys`` does; writes nothing.

    With ``seen`` a row that has other versions by now is left out. Raises ``PermissionDenied``.
    """
    check_can_publish(by)
    return _approval(_loaded(keys), seen)


@transaction.atomic
def approve(*, seen: Seen, by: User) -> Act:
    """Approves the procedures of ``seen`` for the public table, one or many, as one act.

    Raises ``PermissionDenied`` or ``NothingToWrite``; then nothing is written.
    """
    check_can_publish(by)
    plan = _approval(_loaded(seen, is_locked=True), seen)
    return _write(plan, APPROVAL, by=by, is_approved=True)


def plan_withdrawal(keys: Iterable[int], *, by: User) -> PublicationPlan:
    """What withdrawing the procedures ``keys`` does; as ``plan_approval``."""
    check_can_publish(by)
    return _withdrawal(_loaded(keys))


@transaction.atomic
def withdraw(*, procedure_ids: Collection[int], by: User) -> Act:
    """Takes the procedures out of the public table, one or many, as one act; as ``approve``."""
    check_can_publish(by)
    plan = _withdrawal(_loaded(procedure_ids, is_locked=True))
    return _write(plan, WITHDRAWAL, by=by, is_approved=False)


def _approval(procedures: Sequence[Procedure], seen: Seen | None) -> PublicationPlan:
    rows, same, left_out = [], [], []
    allowed = _publishable(procedures)
    versions = _versions(procedures)
    for procedure in procedures:
        if _is_approved(procedure):
            same.append(procedure)
        elif procedure.pk not in allowed:
            left_out.append(LeftOut(procedure, NOT_PUBLISHABLE))
        elif seen is not None and seen.get(procedure.pk) != versions[procedure.pk]:
            left_out.append(LeftOut(procedure, CHANGED_MEANWHILE))
        else:
            rows.append(procedure)
    return PublicationPlan(tuple(rows), tuple(same), tuple(left_out), versions)


def _withdrawal(procedures: Sequence[Procedure]) -> PublicationPlan:
    rows = tuple(procedure for procedure in procedures if _is_approved(procedure))
    same = tuple(procedure for procedure in procedures if not _is_approved(procedure))
    return PublicationPlan(rows, same, (), _versions(procedures))


def _write(plan: PublicationPlan, label: str, *, by: User, is_approved: bool) -> Act:
    if not plan.rows:
        raise NothingToWrite
    origin = acts.begin(Act.Kind.PUBLICATION, label, by=by)
    values: dict[str, Any] = {"approved_by_id": None, "approved_at": None}
    if is_approved:
        values = {"approved_by_id": by.pk, "approved_at": origin.at}
    publications = [_publication_of(procedure) for procedure in plan.rows]
    for publication in publications:
        for name, value in values.items():
            setattr(publication, name, value)
    batch = Batch(origin)
    stored = [one for one in publications if not one._state.adding]
    batch.insert([one for one in publications if one._state.adding])
    batch.update(stored, values)
    batch.write()
    left_out = [acts.left(one.procedure, one.reason) for one in plan.left_out]
    return acts.finish(origin, count=len(plan.rows), left_out=left_out)


def _loaded(keys: Iterable[int], *, is_locked: bool = False) -> list[Procedure]:
    """The procedures with their plans and approvals, in the order of the office."""
    ordered = sorted(keys)
    chunks = [ordered[start : start + _CHUNK] for start in range(0, len(ordered), _CHUNK)]
    if is_locked:
        # Before anything is read: what stands beside a row is read as it is under its lock.
        locked = Procedure.objects.select_for_update().order_by("pk")
        for chunk in chunks:
            list(locked.filter(pk__in=chunk).values_list("pk"))
    rows = Procedure.objects.in_office_order().select_related("plan", "publication")
    return [row for chunk in chunks for row in rows.filter(pk__in=chunk)]


def _publishable(procedures: Sequence[Procedure]) -> set[int]:
    keys = [procedure.pk for procedure in procedures]
    allowed = publishable(timezone.localdate()).order_by()
    return {
        pk
        for start in range(0, len(keys), _CHUNK)
        for pk in allowed.filter(pk__in=keys[start : start + _CHUNK]).values_list("pk", flat=True)
    }


def _versions(procedures: Iterable[Procedure]) -> dict[int, Versions]:
    return {
        procedure.pk: Versions(
            procedure.version, procedure.plan.version if hasattr(procedure, "plan") else UNSAVED
        )
        for procedure in procedures
    }


def _is_approved(procedure: Procedure) -> bool:
    return _publication_of(procedure).approved_at is not None


def _publication_of(procedure: Procedure) -> Publication:
    publication = getattr(procedure, "publication", None)
    return publication or Publication(procedure=procedure)
