"""The pages of shared measures (共通の対応策): the list, one and what waits on it, edit, close."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from procedures.classification import facts_of
from procedures.editing import Conflict
from procedures.models import ASPECT_FIELDS, Department, Procedure, User
from procedures.permissions import rights_of
from procedures.policies import policy_in_force
from procedures.records import UNSAVED
from procedures.rules import (
    Answer,
    Aspect,
    BasisLevel,
    Category,
    PolicyRevision,
    label,
    measures_for,
)
from procedures.templatetags.inventory import with_era
from tracking.actions.issues import OUTCOMES, after_solving
from tracking.actions.measures import (
    ENDED_ALREADY,
    can_create,
    can_lead,
    check_can_create,
    check_can_lead,
    close_measure,
    create_measure,
    lead_of,
    update_measure,
)
from tracking.forms.fields import add_errors
from tracking.forms.measures import CloseMeasureForm, MeasureForm, written
from tracking.issue_rows import IssueRow, issue_rows, shown
from tracking.models import Issue, SharedMeasure
from tracking.models.issue import IssueQuerySet
from tracking.selections import behind_forecast
from tracking.stats import Shift, Waiting, forecasts, shift_since, waiting_by_measure

from .procedure import NO_CHANGE
from .team import querystring

LATE_SHOWN = 50
WAITING_SHOWN = 5  # of each department
OFFERED = 100  # with a tick of their own; the others share one
FOREIGN_SHOWN = 50

CREATED = "共通の対応策「{measure}」を登録しました。課題の編集や登録で、この対応策を選べます。"
SAVED = "共通の対応策「{measure}」を保存しました。"
MOVED = (
    "利用開始の予定日を「{old}」から「{new}」に変えました。{issues}件の課題（{procedures}手続）の"
    "見込みが動きました。"
)
MOVED_ALONE = "利用開始の予定日を「{old}」から「{new}」に変えました。待っている課題はありません。"
LATE = "{count}手続は、見込みが目標日より後になっています。下の一覧で確かめてください。"
DROPPED = (
    "この対応策を待っている課題が{count}件あります。これからは、それぞれの期限が見込みになります。"
    "ほかの対応策を選び直してください。"
)
NO_DAY = "未定"
WILL_BECOME = "{old}→{new}"
WILL_STAY = "{category}のまま"


@require_GET
def measure_list(request: HttpRequest) -> HttpResponse:
    """Every shared measure with what waits on it; those in preparation first, the next on top."""
    measures = SharedMeasure.objects.select_related("department").order_by(
        F("state").desc(), F("goes_live_on").asc(nulls_last=True), "name", "pk"
    )
    waiting = waiting_by_measure(Issue.objects.visible_to(request.user))
    context = {
        "rows": [
            (measure, lead_of(measure), waiting.get(measure.pk, Waiting())) for measure in measures
        ],
        "may_create": can_create(request.user),
    }
    return render(request, "tracking/measure_list.html", context)


@require_GET
def measure_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One measure, the issues that wait on it by department, and whom its date makes late."""
    measure = _readable(pk)
    late = Paginator(_late(measure), LATE_SHOWN).get_page(request.GET.get("page"))
    figures = waiting_by_measure(measure.issues.all())
    context = {
        "measure": measure,
        "lead": lead_of(measure),
        "waiting": figures.get(pk, Waiting()),
        "departments": _by_department(measure),
        "late": late,
        "querystring": querystring(request.GET),
        "may_lead": can_lead(request.user, measure),
    }
    return render(request, "tracking/measure_detail.html", context)


@require_http_methods(["GET", "POST"])
def measure_new(request: HttpRequest) -> HttpResponse:
    """A measure that somebody begins to prepare, for the obstacle ``aspect`` of the address."""
    check_can_create(request.user)
    form = _form(request, _for_obstacle(request.GET.get("aspect", "")))
    if form.is_valid():
        try:
            measure = create_measure(values=form.sent, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, CREATED.format(measure=measure))
            return redirect("measure_detail", measure.pk)
    context = {"form": form, "measure": None}
    status = 422 if form.is_bound else 200
    return render(request, "tracking/measure_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
def measure_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Its facts; another date moves the forecast of what waits, and the answer says so."""
    measure = _readable(pk)
    check_can_lead(request.user, measure)
    if measure.state == SharedMeasure.State.DONE:
        return _ended(request, measure)
    form = _form(request, measure)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        before = forecasts(measure.issues.all())
        try:
            saved = update_measure(
                measure_id=pk,
                sent=form.sent,
                version=form.cleaned_data["version"],
                by=request.user,
            )
        except Conflict as conflict:
            measure = _readable(pk)
            form, status = _form(request, measure, conflict=conflict), 409
        except ValidationError as error:
            add_errors(form, error)
        else:
            _tell_saved(request, measure, saved, shift_since(before))
            return redirect("measure_detail", pk)
    context = {"form": form, "measure": measure}
    return render(request, "tracking/measure_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
def measure_close(request: HttpRequest, pk: int) -> HttpResponse:
    """導入済: what waits on it, what solving it would do to each, and doing it."""
    measure = _readable(pk)
    check_can_lead(request.user, measure)
    if measure.state != SharedMeasure.State.PLANNED:
        return _ended(request, measure)
    form = CloseMeasureForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            act = close_measure(
                measure_id=pk,
                ticked=form.cleaned_data["rows"],
                outcome=form.cleaned_data["outcome"],
                note=form.cleaned_data["note"],
                by=request.user,
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            return redirect("act_detail", act.pk)
    ticked = set(form.data.getlist("rows")) if form.is_bound else None
    own, foreign = _by_right(_waiting(measure), request.user)
    context = {
        "form": form,
        "measure": measure,
        "own_count": own.count(),
        "rows": _offered(own[:OFFERED], request.user, ticked),
        "rest": _rest(own[OFFERED:], ticked),
        "foreign_count": foreign.count(),
        "foreign": foreign[:FOREIGN_SHOWN],
    }
    status = 422 if form.is_bound else 200
    return render(request, "tracking/measure_close.html", context, status=status)


def _for_obstacle(aspect: str) -> SharedMeasure:
    """A new measure, with the first kind of review that the policy gives; any, for no obstacle."""
    measure = SharedMeasure(version=UNSAVED)
    if aspect in ASPECT_FIELDS:
        measure.aspect = aspect
        measure.kind = measures_for(Aspect(aspect), BasisLevel.UNKNOWN)[0].kind
    return measure


def _readable(pk: int) -> SharedMeasure:
    return get_object_or_404(SharedMeasure.objects.select_related("department"), pk=pk)


def _waiting(measure: SharedMeasure) -> IssueQuerySet:
    """The open issues that wait on ``measure``, in the order of the office."""
    return (
        measure.issues.open()
        .select_related("procedure__department")
        .order_by(F("procedure__department__order").asc(nulls_last=True), "procedure__number", "pk")
    )


def _by_department(measure: SharedMeasure) -> list[tuple[Department | None, int, list[Issue]]]:
    """Each department with how many issues wait there, and the first of them."""
    waiting = _waiting(measure)
    counts = waiting.order_by().values_list("procedure__department").annotate(Count("pk"))
    place = Window(
        RowNumber(), partition_by="procedure__department", order_by=("procedure__number", "pk")
    )
    first: dict[Department | None, list[Issue]] = {}
    for issue in waiting.annotate(place=place).filter(place__lte=WAITING_SHOWN):
        first.setdefault(issue.procedure.department, []).append(issue)
    total = dict(counts)
    return [(one, total[one.pk if one else None], issues) for one, issues in first.items()]


def _by_right(waiting: IssueQuerySet, user: User) -> tuple[IssueQuerySet, IssueQuerySet]:
    """Those that ``user`` may solve, and the others."""
    rights = rights_of(user)
    if rights.is_office_wide:
        return waiting, waiting.none()
    is_own = Q(procedure__department__in=rights.department_ids)
    return waiting.filter(is_own), waiting.exclude(is_own)


def _late(measure: SharedMeasure) -> QuerySet[Procedure]:
    """The procedures that a planned ``measure`` keeps beyond their target date."""
    if measure.state != SharedMeasure.State.PLANNED:
        return Procedure.objects.none()
    waiting = measure.issues.open().values("procedure")
    late = behind_forecast(Procedure.objects.filter(pk__in=waiting))
    return late.select_related("department", "plan").in_office_order()


def _offered(issues: QuerySet[Issue], user: User, ticked: set[str] | None) -> list[dict[str, Any]]:
    """The issues with what solving would do to each; all ticked at first."""
    found = shown(issues).select_related("procedure__exemption")
    found = found.prefetch_related("procedure__legal_bases")
    policy = policy_in_force()
    offered = []
    for row in issue_rows(found, user=user, on=timezone.localdate()):
        value = written([(row.issue.pk, row.procedure.version)])
        offered.append(
            {
                "row": row,
                "value": value,
                "is_ticked": ticked is None or value in ticked,
                "effects": _effects(row, policy),
            }
        )
    return offered


def _rest(issues: QuerySet[Issue], ticked: set[str] | None) -> dict[str, Any] | None:
    """One tick for all ``issues`` together; None where there are none."""
    pairs = list(issues.values_list("pk", "procedure__version"))
    if not pairs:
        return None
    value = written(pairs)
    is_ticked = ticked is None or value in ticked
    return {"count": len(pairs), "value": value, "is_ticked": is_ticked}


def _effects(row: IssueRow, policy: PolicyRevision) -> list[str]:
    """What each outcome would do to the category; one sentence where all do the same."""
    old = Category(row.procedure.category)
    facts = facts_of(row.procedure)
    after = {one: after_solving(facts, row.issue.aspect, one, policy).category for one in OUTCOMES}
    words = {outcome: _effect(old, new) for outcome, new in after.items()}
    if len(set(words.values())) == 1:
        return [words[OUTCOMES[0]]]
    return [f"{label(Answer(outcome))}：{text}" for outcome, text in words.items()]


def _effect(old: Category, new: Category) -> str:
    if old is new:
        return WILL_STAY.format(category=label(old))
    return WILL_BECOME.format(old=label(old), new=label(new))


def _form(
    request: HttpRequest, measure: SharedMeasure, *, conflict: Conflict | None = None
) -> MeasureForm:
    rights = rights_of(request.user)
    departments = Department.objects.current(timezone.localdate())
    if measure.department_id:
        departments = departments | Department.objects.filter(pk=measure.department_id)
    if not rights.is_office_wide:
        departments = departments.filter(pk__in=rights.department_ids)
    data: QueryDict | None = None
    if request.method == "POST" and conflict is None:
        data = request.POST
    return MeasureForm(
        data,
        obj=measure,
        version=measure.version,
        conflict=conflict,
        departments=departments,
        may_be_division=rights.is_office_wide,
    )


def _ended(request: HttpRequest, measure: SharedMeasure) -> HttpResponse:
    messages.error(request, ENDED_ALREADY.format(state=measure.get_state_display()))
    return redirect("measure_detail", measure.pk)


def _tell_saved(
    request: HttpRequest, before: SharedMeasure, saved: SharedMeasure, shift: Shift
) -> None:
    if saved.version == before.version:
        messages.info(request, NO_CHANGE)
        return
    messages.success(request, SAVED.format(measure=saved))
    if saved.state == SharedMeasure.State.DROPPED and shift.waiting_count:
        messages.warning(request, DROPPED.format(count=shift.waiting_count))
    elif saved.goes_live_on != before.goes_live_on:
        old, new = (with_era(one.goes_live_on) or NO_DAY for one in (before, saved))
        sentence = MOVED if shift.issue_count else MOVED_ALONE
        messages.info(
            request,
            sentence.format(
                old=old, new=new, issues=shift.issue_count, procedures=shift.procedure_count
            ),
        )
    if shift.late_count:
        messages.warning(request, LATE.format(count=shift.late_count))
