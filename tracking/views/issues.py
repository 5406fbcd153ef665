"""The pages of issues (課題): the list, opening one or many, the edit, and the solution."""

from collections.abc import Mapping

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from procedures.classification import facts_of
from procedures.editing import Conflict
from procedures.models import ASPECT_FIELDS, Procedure, User
from procedures.permissions import check_can_edit, rights_of
from procedures.policies import policy_in_force
from procedures.rules import Answer, Category, PolicyRevision, label
from tracking.actions.bulk import editable_departments
from tracking.actions.issues import (
    ANSWER_CHANGED,
    ENDED_ALREADY,
    OUTCOMES,
    Solution,
    after_solving,
    open_issue,
    open_issues,
    solve_issue,
    update_issue,
)
from tracking.forms.fields import add_errors
from tracking.forms.issues import (
    MANAGER_CODE,
    IssueFilter,
    IssueForm,
    OpenIssuesForm,
    SolveForm,
    Subject,
)
from tracking.issue_rows import issue_rows, shown
from tracking.models import OPEN_STATES, Issue

from .bulk import refused, selection_of
from .procedure import NO_CHANGE, readable

ROWS_PER_PAGE = 50
SAMPLE = 10
OPENED = "「{subject}」の課題を登録しました。続けて、担当者や期限を入力できます。"
SAVED = "「{subject}」の課題を保存しました。"
DROPPED = "「{subject}」の課題を取りやめにしました。"
SOLVED = "「{subject}」の課題を解決にしました。"
CATEGORY_BECOMES = "区分が「{old}」から「{new}」になりました。"
CATEGORY_STAYS = "区分は「{category}」のままです。"
WILL_BECOME = "解決にすると、区分は「{old}」から「{new}」になります。"
WILL_STAY = "解決にしても、区分は「{new}」のままです。"
STILL_THERE = "ほかに{aspects}が残ります。"


@require_GET
def issue_list(request: HttpRequest) -> HttpResponse:
    """The issues of the office; a team sees its own departments' at first."""
    filterset = IssueFilter(
        request.GET,
        queryset=shown(Issue.objects.visible_to(request.user)),
        departments=rights_of(request.user).department_ids,
    )
    page = Paginator(filterset.rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "filter": filterset,
        "page_obj": page,
        "rows": issue_rows(page, user=request.user, on=timezone.localdate()),
        "querystring": f"{query.urlencode()}&" if query else "",
    }
    return render(request, "tracking/issue_list.html", context)


@require_POST
def issue_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Opens the issue about one obstacle of one procedure: one press, nothing to fill in."""
    check_can_edit(request.user, readable(request.user, pk))
    try:
        issue = open_issue(procedure_id=pk, aspect=request.POST.get("aspect", ""), by=request.user)
    except ValidationError as error:
        _tell_refused(request, error)
    else:
        messages.success(request, OPENED.format(subject=issue.subject))
    return redirect(_issues_of(pk))


@require_http_methods(["GET", "POST"])
def issues_open(request: HttpRequest) -> HttpResponse:
    """Opens issues for the rows that the address means: what for, for how many, and doing it."""
    selection = selection_of(request)
    if not selection.keys:
        return refused(request, selection)
    departments = editable_departments(request.user, selection.keys)
    procedures = _among(selection.keys, departments)
    data = request.POST if request.method == "POST" else None
    form = OpenIssuesForm(data, keys=selection.keys, subjects=_subjects(procedures, data or {}))
    if form.is_valid():
        try:
            act = open_issues(procedure_ids=selection.keys, drafts=form.drafts, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            back = urlencode({"next": selection.list_url})
            return redirect(f"{reverse('act_detail', args=[act.pk])}?{back}")
    count = procedures.count()
    context = {
        "form": form,
        "selection": selection,
        "count": count,
        "left_count": len(selection.keys) - count,
        "sample": procedures.in_office_order()[:SAMPLE],
    }
    status = 200 if data is None else 422
    return render(request, "tracking/issues_open.html", context, status=status)


@require_http_methods(["GET", "POST"])
def issue_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """What is done about it, who, until when; or that it is given up."""
    issue = _readable(request.user, pk)
    check_can_edit(request.user, issue.procedure)
    if not issue.is_open:
        return _ended(request, issue)
    data = request.POST if request.method == "POST" else None
    form, status = _form(issue, data), 200 if data is None else 422
    if form.is_valid():
        try:
            saved = update_issue(
                issue_id=pk,
                sent=form.sent,
                version=form.cleaned_data["version"],
                by=request.user,
            )
        except Conflict as conflict:
            form, status = _form(_readable(request.user, pk), conflict=conflict), 409
        except ValidationError as error:
            add_errors(form, error)
        else:
            _tell_saved(request, issue, saved)
            return redirect(_issues_of(issue.procedure_id))
    context = {"form": form, "issue": issue, "procedure": issue.procedure}
    return render(request, "tracking/issue_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
def issue_solve(request: HttpRequest, pk: int) -> HttpResponse:
    """How it ended: what each answer would do to the category, and doing it."""
    issue = _readable(request.user, pk)
    check_can_edit(request.user, issue.procedure)
    if not issue.is_open:
        return _ended(request, issue)
    data = request.POST if request.method == "POST" else None
    form, status, notice = _solve_form(issue, data), 200 if data is None else 422, ""
    if form.is_valid():
        try:
            solution = solve_issue(
                issue_id=pk,
                outcome=form.cleaned_data.get("outcome", ""),
                note=form.cleaned_data["note"],
                version=form.cleaned_data["version"],
                by=request.user,
            )
        except Conflict as conflict:
            issue = _readable(request.user, pk)
            form, status = _solve_form(issue, note=form.cleaned_data["note"]), 409
            notice = _changed(issue, conflict)
        except ValidationError as error:
            add_errors(form, error)
        else:
            _tell_solved(request, issue, solution)
            return redirect(_issues_of(issue.procedure_id))
    context = {
        "form": form,
        "issue": issue,
        "procedure": issue.procedure,
        "answer": label(_answer(issue)) if issue.aspect else "",
        "is_settled": bool(issue.aspect) and _answer(issue) in OUTCOMES,
        "notice": notice,
    }
    return render(request, "tracking/issue_solve.html", context, status=status)


def _readable(user: User, pk: int) -> Issue:
    issues = shown(Issue.objects.visible_to(user)).prefetch_related("procedure__legal_bases")
    return get_object_or_404(issues, pk=pk)


def _issues_of(procedure_id: int) -> str:
    return reverse("procedure_detail", args=[procedure_id]) + "#issues"


def _answer(issue: Issue) -> Answer:
    return Answer(getattr(issue.procedure, issue.aspect))


def _form(
    issue: Issue, data: QueryDict | None = None, *, conflict: Conflict | None = None
) -> IssueForm:
    basis = facts_of(issue.procedure).basis
    return IssueForm(data, obj=issue, version=issue.version, conflict=conflict, basis=basis)


def _solve_form(issue: Issue, data: QueryDict | None = None, *, note: str = "") -> SolveForm:
    initial = {"version": issue.procedure.version, "note": note}
    if issue.aspect and _answer(issue) in OUTCOMES:
        initial["outcome"] = _answer(issue).value
    policy = policy_in_force()
    effects = {outcome: _effect(issue, outcome, policy) for outcome in OUTCOMES}
    return SolveForm(data, issue=issue, effects=effects, initial=initial)


def _effect(issue: Issue, outcome: Answer, policy: PolicyRevision) -> str:
    """What solving would do to the category, and what still stands in the way afterwards."""
    old = Category(issue.procedure.category)
    result = after_solving(facts_of(issue.procedure), issue.aspect, outcome, policy)
    sentence = WILL_STAY if result.category is old else WILL_BECOME
    text = sentence.format(old=label(old), new=label(result.category))
    left = "".join(f"「{label(aspect)}」" for aspect in result.path_to_priority)
    return text + (STILL_THERE.format(aspects=left) if left else "")


def _changed(issue: Issue, conflict: Conflict) -> str:
    (one,) = conflict.disagreements
    return ANSWER_CHANGED.format(
        subject=issue.subject, by=one.by_name, answer=label(Answer(one.theirs))
    )


def _ended(request: HttpRequest, issue: Issue) -> HttpResponse:
    """Somebody else was faster, or an old page is open."""
    messages.error(request, ENDED_ALREADY.format(state=issue.get_state_display()))
    return redirect(_issues_of(issue.procedure_id))


def _tell_refused(request: HttpRequest, error: ValidationError) -> None:
    for message in error.messages:
        messages.error(request, message)


def _tell_saved(request: HttpRequest, before: Issue, saved: Issue) -> None:
    if saved.version == before.version:
        messages.info(request, NO_CHANGE)
        return
    sentence = SAVED if saved.is_open else DROPPED
    messages.success(request, sentence.format(subject=saved.subject))


def _tell_solved(request: HttpRequest, issue: Issue, solution: Solution) -> None:
    old, new = label(solution.before), label(solution.after)
    messages.success(
        request,
        format_html(
            '{}{}<a href="{}">元に戻す</a>',
            SOLVED.format(subject=issue.subject),
            CATEGORY_BECOMES.format(old=old, new=new)
            if old != new
            else CATEGORY_STAYS.format(category=new),
            reverse("act_detail", args=[solution.act.pk]),
        ),
    )


def _among(keys: list[int], departments: set[int | None]) -> QuerySet[Procedure]:
    """Those of the procedures ``keys`` that belong to one of ``departments`` (None: 所管未定).

    廃止 ones are left out.
    """
    owned = Q(department__in=[pk for pk in departments if pk is not None])
    if None in departments:
        owned |= Q(department__isnull=True)
    return Procedure.objects.in_force().filter(owned, pk__in=keys)


def _subjects(procedures: QuerySet[Procedure], sent: Mapping[str, str]) -> list[Subject]:
    """What issues can be about, with how many of ``procedures`` have it and no open issue yet.

    What ``sent`` has ticked is among them, though somebody else may have been faster.
    """
    counts = procedures.aggregate(
        **{
            aspect: Count("pk", filter=Q(obstacles__contains=aspect) & ~_has_open(aspect))
            for aspect in ASPECT_FIELDS
        },
        **{MANAGER_CODE: Count("pk", filter=Q(designated_manager=True) & ~_has_open(""))},
    )
    subjects = [Subject(aspect, counts[aspect]) for aspect in ASPECT_FIELDS]
    subjects.append(Subject("", counts[MANAGER_CODE]))
    return [one for one in subjects if one.count or f"about_{one.code}" in sent]


def _has_open(aspect: str) -> Q:
    issues = Issue.objects.filter(aspect=aspect, state__in=OPEN_STATES)
    return Q(pk__in=issues.order_by().values("procedure"))
