"""The page of one procedure, the edit of its facts, and a new one by hand."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from procedures import actions
from procedures.classification import facts_of
from procedures.editing import Conflict
from procedures.models import Department, Procedure, Source, User
from procedures.permissions import can_edit, check_can_create, check_can_edit, rights_of
from procedures.policies import edition_in_force, rules_of
from procedures.rules import Category, Service, label
from procedures.spreadsheet.keys import name_key
from tracking.actions.comments import can_comment, thread
from tracking.consultations import standing
from tracking.forms.comments import CommentForm
from tracking.forms.exemption import DecisionForm
from tracking.forms.facts import FactsForm, NewProcedureForm
from tracking.forms.fields import add_errors
from tracking.issue_rows import issues_context
from tracking.judgement import judge
from tracking.models import CHECK_FIELDS, MigrationPlan
from tracking.plan_display import completion, reviewed_work
from tracking.policy_changes import revised
from tracking.selections import CONCERNS, with_concerns, with_progress
from tracking.survey import card_of
from tracking.timeline import timeline
from tracking.workflow import STATUS_LABELS, Status

from .exemption_parts import exemption_section

HISTORY_SHOWN = 10
NO_CHANGE = "変わった項目はありませんでした。"
SAVED = "「{name}」の内容を保存しました。"
CATEGORY_CHANGED = "区分が「{old}」から「{new}」に変わりました。"
CREATED = "手続「{procedure}」を登録しました。続けて、調査の回答と根拠法令を入力してください。"
SAME_NAME = (
    "同じ名前の手続がほかにもあります（{numbers}）。重複して登録していないか確かめてください。"
)


@require_GET
def procedure_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What it is, what the policy says of it and why, how far along it is, and its history."""
    return procedure_page(request, pk)


def procedure_page(
    request: HttpRequest,
    pk: int,
    *,
    comment_form: CommentForm | None = None,
    decision: DecisionForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of the procedure; a form of it that was sent comes back in its place."""
    procedure = get_object_or_404(_with_everything(request.user), pk=pk)
    plan = getattr(procedure, "plan", None)
    facts = facts_of(procedure)
    edition = edition_in_force()
    policy = rules_of(edition)
    service = Service(plan.service.kind) if plan and plan.service else None
    judgement = judge(facts, service, policy)
    history = timeline(procedure)
    shown = history if request.GET.get("history") == "all" else history[:HISTORY_SHOWN]
    context = {
        "procedure": procedure,
        "judgement": judgement,
        "edition": edition,
        "revised": revised(procedure),
        "plan": plan,
        "status_label": STATUS_LABELS[Status(procedure.plan_status)],
        "checks": _checks(plan) if plan else [],
        "completion": completion(plan, facts),
        **service_context(procedure, plan),
        "survey": card_of(procedure, plan),
        "reviewed": reviewed_work(getattr(procedure, "work_review", None)),
        **exemption_section(request.user, procedure, facts, policy, sent=decision),
        "history": shown,
        "history_count": len(history),
        "may_edit": can_edit(request.user, procedure),
        "may_open_import": rights_of(request.user).is_administrator,
        **_talk(request.user, procedure, comment_form),
        **issues_context(procedure, judgement.path, request.user, timezone.localdate()),
    }
    return render(request, "tracking/procedure_detail.html", context, status=status)


@require_http_methods(["GET", "POST"])
def facts_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The inventory facts of one procedure as a whole page."""
    procedure = readable(request.user, pk)
    check_can_edit(request.user, procedure)
    on = timezone.localdate()
    data = request.POST if request.method == "POST" else None
    form = FactsForm(data, obj=procedure, version=procedure.version, on=on)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            saved = actions.update_procedure(
                procedure_id=pk,
                sent=form.sent,
                version=form.cleaned_data["version"],
                by=request.user,
                source=Source.FORM,
            )
        except Conflict as conflict:
            fresh = readable(request.user, pk)
            form = FactsForm(obj=fresh, version=fresh.version, conflict=conflict, on=on)
            status = 409
        except ValidationError as error:
            add_errors(form, error)
        else:
            tell_saved(request, procedure, saved)
            return redirect("procedure_detail", pk)
    context = {"form": form, "procedure": procedure}
    return render(request, "tracking/facts_edit.html", context, status=status)


@require_http_methods(["GET", "POST"])
def procedure_new(request: HttpRequest) -> HttpResponse:
    """A procedure that no list has brought in; in the own department, or for the division any."""
    check_can_create(request.user)
    on, rights = timezone.localdate(), rights_of(request.user)
    departments = Department.objects.current(on)
    if not rights.is_office_wide:
        departments = departments.filter(pk__in=rights.department_ids)
    form = NewProcedureForm(
        request.POST if request.method == "POST" else None,
        departments=departments,
        on=on,
        may_be_unassigned=rights.is_office_wide,
    )
    if form.is_valid():
        try:
            procedure = actions.create_procedure(
                number=form.cleaned_data["number"],
                department=form.cleaned_data["department"],
                values=form.values,
                by=request.user,
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            _tell_created(request, procedure)
            return redirect("procedure_detail", procedure.pk)
    status = 422 if form.is_bound else 200
    return render(request, "tracking/procedure_new.html", {"form": form}, status=status)


def readable(user: User, pk: int) -> Procedure:
    """The procedure with its department, as ``user`` may read it, or the answer 404."""
    rows = Procedure.objects.visible_to(user).select_related("department")
    return get_object_or_404(rows, pk=pk)


def tell_saved(request: HttpRequest, before: Procedure, saved: Procedure) -> None:
    """Says what an edit has done, and where it moved the procedure to another category."""
    if saved.version == before.version:
        messages.info(request, NO_CHANGE)
        return
    messages.success(request, SAVED.format(name=saved.name))
    if saved.category != before.category:
        old, new = label(Category(before.category)), label(Category(saved.category))
        messages.success(request, CATEGORY_CHANGED.format(old=old, new=new))


def service_context(procedure: Procedure, plan: MigrationPlan | None) -> dict[str, Any]:
    """The consultations on ``procedure``, and the one on which its plan's service rests; one query.

    What templates/tracking/_service.html shows beside the judgement.
    """
    consultations = list(procedure.consultations.select_related("service"))
    service = plan.service_id if plan else None
    return {"consultations": consultations, "consultation": standing(consultations, service)}


def _with_everything(user: User) -> QuerySet[Procedure]:
    on = timezone.localdate()
    return (
        with_concerns(
            with_progress(Procedure.objects.visible_to(user)), on, (*CONCERNS, "unfinished")
        )
        .select_related(
            "department",
            "division",
            "confirmed_by",
            "national_priority__edition",
            "exemption__provision",
            "exemption__proposed_by",
            "exemption__confirmed_by",
            "plan__service",
            "work_review",
        )
        .prefetch_related("legal_bases", "volumes")
    )


def _checks(plan: MigrationPlan) -> list[tuple[str, bool]]:
    """The release checklist (clause 2 ③): each item and whether it is ticked."""
    return [
        (str(MigrationPlan._meta.get_field(name).verbose_name), getattr(plan, name))
        for name in CHECK_FIELDS
    ]


def _talk(user: User, procedure: Procedure, form: CommentForm | None) -> dict[str, object]:
    """The talk on the procedure and, for whoever may write in it, the form."""
    talk = thread(procedure, user)
    if form is None and can_comment(user, procedure):
        last = max((message.comment.pk for message in talk), default=0)
        form = CommentForm(procedure=procedure, by=user, last=last)
    return {"talk": talk, "comment_form": form}


def _tell_created(request: HttpRequest, procedure: Procedure) -> None:
    messages.success(request, CREATED.format(procedure=procedure))
    same = Procedure.objects.filter(
        name_key=name_key(procedure.name), department=procedure.department_id
    ).exclude(pk=procedure.pk)
    numbers = list(same.order_by("number").values_list("number", flat=True)[:5])
    if numbers:
        messages.warning(request, SAME_NAME.format(numbers="、".join(numbers)))
