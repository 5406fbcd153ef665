"""The writers of what follows from the national survey: due dates, and differences put away."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from procedures import acts
from procedures.chunks import chunks
from procedures.editing import Overtaken
from procedures.models import Act, Procedure, SurveyDifference, User
from procedures.permissions import check_can_keep_registers
from procedures.records import UNSAVED, Batch
from tracking.models import MigrationPlan
from tracking.survey import due_of

DUES = "国の調査の実施予定年度から国の期限を設定"
CHANGED_MEANWHILE = "画面を表示した後に、計画か国の予定が変わりました。"
NO_REASON = "理由を入力してください。どう扱うことにしたかが、後で見る人に伝わるように書きます。"


class SeenDue(NamedTuple):
    """What a person saw of one row: the version of its plan, and the day that would be set."""

    plan_version: int
    due: date


class NothingToSet(Exception):
    """Not one of the rows is as it was seen; nothing was written."""


@transaction.atomic
def set_dues(*, seen: Mapping[int, SeenDue], by: User) -> Act:
    """Sets 国の期限 of the procedures ``seen`` (by key) to what the survey plans, as one act.

    A row that is no more as it was seen stays as it is and is named. Raises ``PermissionDenied``
    or ``NothingToSet``; then nothing is written.
    """
    check_can_keep_registers(by)
    set_now: list[MigrationPlan] = []
    left_out: list[Procedure] = []
    for procedure in _locked(sorted(seen)):
        plan = getattr(procedure, "plan", None) or MigrationPlan(
            procedure=procedure, version=UNSAVED
        )
        due = due_of(procedure)
        if due is None or (plan.version, due) != seen[procedure.pk] or plan.national_due == due:
            left_out.append(procedure)
        else:
            plan.national_due = due
            set_now.append(plan)
    if not set_now:
        raise NothingToSet
    origin = acts.begin(Act.Kind.DUES, DUES, by=by)
    batch = Batch(origin)
    batch.insert([plan for plan in set_now if plan._state.adding])
    batch.update([plan for plan in set_now if not plan._state.adding], ["national_due"])
    batch.write()
    named = [acts.left(one, CHANGED_MEANWHILE) for one in left_out]
    return acts.finish(origin, count=len(set_now), left_out=named)


@transaction.atomic
def dismiss_differences(*, keys: Collection[int], reason: str, by: User) -> int:
    """Puts differences away with a reason; returns how many.

    Raises ``PermissionDenied``, ``ValidationError`` or, where one of them is not open any more,
    ``Overtaken``; then nothing is written.
    """
    check_can_keep_registers(by)
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": NO_REASON})
    at, count = timezone.now(), 0
    for chunk in chunks(sorted(keys)):
        rows = SurveyDifference.objects.filter(pk__in=chunk, dismissed_at=None)
        count += rows.update(reason=reason, dismissed_by=by, dismissed_at=at)
    if count != len(set(keys)):
        raise Overtaken
    return count


@transaction.atomic
def take_back_differences(*, keys: Collection[int], by: User) -> int:
    """Has differences wait again; returns how many were put away. Raises ``PermissionDenied``."""
    check_can_keep_registers(by)
    count = 0
    for chunk in chunks(sorted(keys)):
        rows = SurveyDifference.objects.filter(pk__in=chunk).exclude(dismissed_at=None)
        count += rows.update(reason="", dismissed_by=None, dismissed_at=None)
    return count


def _locked(keys: Sequence[int]) -> Iterator[Procedure]:
    for chunk in chunks(keys):
        rows = Procedure.objects.filter(pk__in=chunk).order_by("pk")
        list(rows.select_for_update().values_list("pk"))
        yield from rows.select_related("plan")
