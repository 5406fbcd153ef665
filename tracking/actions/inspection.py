"""The only writers of 確認済: findings of the inspection dismissed for a while, and taken back."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from procedures.chunks import chunks
from procedures.models import Procedure, Source, User
from procedures.permissions import check_can_edit
from procedures.records import Batch, Origin, delete
from procedures.templatetags.inventory import with_era
from tracking.checks import Check, years_after
from tracking.inspection import open_details
from tracking.models import Dismissal

NO_REASON = "理由を入力してください。なぜこのままでよいのかを、後で見る人に伝わるように書きます。"
UNTIL_PAST = "期限は今日以後の日にしてください。"
UNTIL_TOO_FAR = "期限は{day}までの日にしてください。先のことは、そのときにもう一度確かめます。"
_FIELDS = ("subject", "reason", "until", "dismissed_by_id", "dismissed_at")
LONGEST_YEARS = 2


class FindingsChanged(Exception):
    """Some of the findings are no more what the person saw; nothing was written."""


def usual_day(on: date) -> date:
    """Until when a dismissal of the day ``on`` usually holds: a year."""
    return years_after(on, 1)


def last_day(on: date) -> date:
    """The last day until which a dismissal of the day ``on`` may hold."""
    return years_after(on, LONGEST_YEARS)


@transaction.atomic
def dismiss(*, check: Check, seen: Mapping[int, str], reason: str, until: date, by: User) -> int:
    """Marks findings of ``check`` as 確認済 until that day; returns how many.

    ``seen`` says what each finding was about, by the key of its procedure. Raises
    ``PermissionDenied`` where ``by`` may not edit one of the procedures, ``ValidationError`` by
    field, or ``FindingsChanged``; then nothing is written.
    """
    on = timezone.localdate()
    reason = reason.strip()
    _check_given(reason, until, on)
    keys = sorted(seen)
    for chunk in chunks(keys):
        for procedure in _locked(chunk):
            check_can_edit(by, procedure)
        if open_details(check, Procedure.objects.filter(pk__in=chunk), on) != {
            key: seen[key] for key in chunk
        }:
            raise FindingsChanged
    origin = Origin(by, Source.FORM if len(keys) == 1 else Source.BULK)
    earlier = _earlier(check, keys)
    rows = [earlier.get(key) or Dismissal(procedure_id=key, check_key=check.key) for key in keys]
    for row in rows:
        row.subject, row.reason, row.until = seen[row.procedure_id], reason, until
        row.dismissed_by, row.dismissed_at = by, origin.at
    batch = Batch(origin)
    batch.update([row for row in rows if not row._state.adding], _FIELDS)
    batch.insert([row for row in rows if row._state.adding])
    batch.write()
    return len(rows)


@transaction.atomic
def take_back(*, keys: Collection[int], by: User) -> int:
    """Takes the dismissals ``keys`` back: their findings wait again. Returns how many there were.

    One that is gone already counts for nothing. Raises ``PermissionDenied`` where ``by`` may not
    edit one of the procedures; then nothing is written.
    """
    rows: list[Dismissal] = []
    for chunk in chunks(sorted(keys)):
        found = Dismissal.objects.select_for_update(of=("self",)).filter(pk__in=chunk)
        rows += found.select_related("procedure__department").order_by("pk")
    for row in rows:
        check_can_edit(by, row.procedure)
    delete(rows, Origin(by, Source.FORM if len(rows) == 1 else Source.BULK))
    return len(rows)


def _check_given(reason: str, until: date, on: date) -> None:
    errors = {}
    if not reason:
        errors["reason"] = NO_REASON
    if until < on:
        errors["until"] = UNTIL_PAST
    elif until > last_day(on):
        errors["until"] = UNTIL_TOO_FAR.format(day=with_era(last_day(on)))
    if errors:
        raise ValidationError(errors)


def _locked(keys: Sequence[int]) -> list[Procedure]:
    rows = Procedure.objects.select_for_update(of=("self",)).filter(pk__in=keys)
    return list(rows.select_related("department").order_by("pk"))


def _earlier(check: Check, keys: Sequence[int]) -> dict[int, Dismissal]:
    """The dismissals of ``check`` that hold no more."""
    found = Dismissal.objects.filter(check_key=check.key)
    return {
        row.procedure_id: row for chunk in chunks(keys) for row in found.filter(procedure__in=chunk)
    }
