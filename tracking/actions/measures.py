"""The only writers of shared measures (共通の対応策): set up, changed, closed with their issues."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q

from procedures import acts
from procedures.editing import merged_changes
from procedures.models import Act, Source, User
from procedures.permissions import check_can_edit, rights_of
from procedures.records import Origin, insert, save
from tracking.models import OPEN_STATES, Issue, SharedMeasure, subject_of

from .issues import (
    NO_OUTCOME,
    OUTCOMES,
    changed_since,
    lock_issues,
    not_yours,
    reviews_for,
    write_solved,
)

EDITABLE_FIELDS = (
    "name", "aspect", "kind", "department_id", "owner", "budget_year", "goes_live_on", "state",
    "note",
)  # fmt: skip
NOT_YOUR_MEASURE = (
    "共通の対応策「{measure}」を進めるのは「{lead}」です。変更できるのは、進める部局室の"
    "DX推進チームと情報政策課です。"
)
LEAD_ONLY_OWN = (
    "進める部局室には、自分の部局室だけを選べます。ほかの部局室や情報政策課が進める対応策は、"
    "情報政策課に依頼してください。"
)
MEASURES_ARE_FOR_TEAMS = "共通の対応策を登録できるのは、各部局室のDX推進チームと情報政策課です。"
KIND_MISFIT = "支障が「{aspect}」のときの対応策の種類は、{kinds}から選んでください。"
ISSUES_WAIT = (
    "この対応策を待つ課題が{count}件あるため、支障は変えられません。"
    "別の支障のための対応策は、新しく登録してください。"
)
NAME_TAKEN = "同じ名称の共通の対応策がすでにあります。別の名称にしてください。"
DONE_ONLY_BY_CLOSING = "導入済にするには、「導入済にする」のページを使ってください。"
ENDED_ALREADY = "この対応策は、すでに「{state}」です。何も変えていません。"
NO_MORE_WAITING = "課題は、ほかの人が先に「{state}」にして終了しました。"
MOVED_AWAY = "課題は、ほかの人が先に、この対応策を待たないものに変えました。"
DIVISION = "情報政策課"


def lead_of(measure: SharedMeasure) -> str:
    """Who leads ``measure``, in Japanese."""
    return str(measure.department or DIVISION)


def check_can_lead(user: User, measure: SharedMeasure) -> None:
    """Raises ``PermissionDenied`` unless ``user`` may change ``measure``, as it is stored."""
    if not can_lead(user, measure):
        sentence = NOT_YOUR_MEASURE.format(measure=measure, lead=lead_of(measure))
        raise PermissionDenied(sentence)


def check_can_create(user: User) -> None:
    """Raises ``PermissionDenied`` unless ``user`` may set up a shared measure."""
    if not can_create(user):
        raise PermissionDenied(MEASURES_ARE_FOR_TEAMS)


def can_create(user: User) -> bool:
    """As ``check_can_create``."""
    rights = rights_of(user)
    return rights.is_office_wide or bool(rights.department_ids)


def can_lead(user: User, measure: SharedMeasure) -> bool:
    """As ``check_can_lead``."""
    return rights_of(user).covers(measure.department_id)


@transaction.atomic
def create_measure(*, values: Mapping[str, Any], by: User) -> SharedMeasure:
    """Sets up a planned measure from ``values`` (attribute → value).

    Raises ``PermissionDenied``, or ``ValidationError`` by field; then nothing is written.
    """
    check_can_create(by)
    measure = SharedMeasure()
    _set(measure, values, by)
    _write(measure, values, Origin(by, Source.FORM))
    return measure


@transaction.atomic
def update_measure(
    *, measure_id: int, sent: Mapping[str, Any], version: int, by: User
) -> SharedMeasure:
    """Writes the fields ``sent`` (attribute → value) of one measure.

    ``version`` is the one that ``by`` saw. Raises ``PermissionDenied``, ``Conflict`` or
    ``ValidationError`` (by field); then nothing is written. Equal values write nothing.
    """
    measure = _locked(measure_id)
    check_can_lead(by, measure)
    if measure.state == SharedMeasure.State.DONE:
        raise ValidationError(ENDED_ALREADY.format(state=measure.get_state_display()))
    changes = merged_changes(measure, sent, version)
    if not changes:
        return measure
    waiting = measure.issues.open().count()
    if waiting and "aspect" in changes:
        raise ValidationError({"aspect": ISSUES_WAIT.format(count=waiting)})
    _set(measure, changes, by)
    _write(measure, changes, Origin(by, Source.FORM))
    return measure


@transaction.atomic
def close_measure(
    *, measure_id: int, ticked: Mapping[int, int], outcome: str, note: str, by: User
) -> Act:
    """Makes a planned measure 導入済 and solves the waiting issues that are ``ticked``, in one act.

    ``ticked`` is issue → version of its procedure that ``by`` saw. What ended, was answered
    otherwise or waits on it no more is left out and named, and so is what waits in other
    departments. Raises ``PermissionDenied`` (also where ``by`` ticked an issue of another
    department) or ``ValidationError``; then nothing is written.
    """
    measure = _locked(measure_id)
    check_can_lead(by, measure)
    if measure.state != SharedMeasure.State.PLANNED:
        raise ValidationError(ENDED_ALREADY.format(state=measure.get_state_display()))
    if outcome not in OUTCOMES:
        raise ValidationError({"outcome": NO_OUTCOME})
    solved: list[Issue] = []
    left_out: list[dict[str, Any]] = []
    for issue in _of_measure(measure, ticked):
        if issue.pk in ticked:
            check_can_edit(by, issue.procedure)
        reason = _reason_against(issue, measure, ticked, outcome, by)
        if reason:
            left_out.append(acts.left(issue.procedure, reason))
        elif issue.pk in ticked:
            solved.append(issue)
    origin = acts.begin(Act.Kind.MEASURE, f"「{measure}」を導入済にする", by=by)
    write_solved(solved, outcome, note, origin)
    measure.state = SharedMeasure.State.DONE
    save(measure, ["state"], origin)
    return acts.finish(origin, count=len(solved), left_out=left_out)


def _of_measure(measure: SharedMeasure, ticked: Mapping[int, int]) -> Sequence[Issue]:
    """The issues that wait on ``measure`` or that somebody who saw them wait has ticked."""
    waiting = Q(shared_measure=measure, state__in=OPEN_STATES)
    return lock_issues(Issue.objects.filter(waiting | Q(pk__in=ticked)))


def _reason_against(
    issue: Issue, measure: SharedMeasure, ticked: Mapping[int, int], outcome: str, by: User
) -> str:
    """Why an issue stays as it is though it was ticked or is foreign; empty where neither."""
    if issue.pk not in ticked:
        return not_yours(by, issue.procedure)
    if not issue.is_open:
        return NO_MORE_WAITING.format(state=issue.get_state_display())
    # Whoever moves an issue elsewhere holds its procedure, not the measure that it leaves.
    if issue.shared_measure_id != measure.pk:
        return MOVED_AWAY
    return changed_since(issue, outcome, ticked[issue.pk])


def _set(measure: SharedMeasure, changes: Mapping[str, Any], by: User) -> None:
    unknown = set(changes) - set(EDITABLE_FIELDS)
    if unknown:
        raise ValueError(f"not fields that an edit may write: {sorted(unknown)}")
    if changes.get("state") == SharedMeasure.State.DONE:
        raise ValidationError({"state": DONE_ONLY_BY_CLOSING})
    for name, value in changes.items():
        setattr(measure, name, value)
    if not rights_of(by).covers(measure.department_id):
        raise ValidationError({"department": LEAD_ONLY_OWN})
    reviews = reviews_for(measure.aspect)
    if measure.kind not in {review.kind for review in reviews}:
        kinds = "".join(f"「{review.label}」" for review in reviews)
        sentence = KIND_MISFIT.format(aspect=subject_of(measure.aspect), kinds=kinds)
        raise ValidationError({"kind": sentence})
    editable = {measure._meta.get_field(name).name for name in EDITABLE_FIELDS}
    measure.clean_fields(exclude={field.name for field in measure._meta.fields} - editable)
    measure.validate_constraints()


def _write(measure: SharedMeasure, changes: Mapping[str, Any], origin: Origin) -> None:
    try:
        with transaction.atomic():
            if measure._state.adding:
                insert([measure], origin)
            else:
                save(measure, changes, origin)
    except IntegrityError:  # somebody took the name at the same moment
        raise ValidationError(NAME_TAKEN) from None


def _locked(measure_id: int) -> SharedMeasure:
    locked = SharedMeasure.objects.select_for_update(of=("self",))
    return locked.select_related("department").get(pk=measure_id)
