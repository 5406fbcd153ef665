"""The page of the whole plan of one procedure."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from procedures.classification import facts_of
from procedures.editing import Conflict
from procedures.models import Procedure, Source
from procedures.permissions import check_can_edit
from procedures.policies import policy_in_force
from procedures.rules import Facts, Service, advise_service
from tracking.actions.plans import plan_of, update_plan
from tracking.consultations import standing
from tracking.forms.fields import add_errors
from tracking.forms.plan import PlanPageForm
from tracking.judgement import judge
from tracking.models import MigrationPlan
from tracking.plan_display import assignees_of, completion, status_needs
from tracking.workflow import SENTENCES, Requirement

from .procedure import NO_CHANGE, readable, service_context

SAVED = "計画を保存しました。"
BLOCKED = SENTENCES[Requirement.CONSULTATION][1]


@require_http_methods(["GET", "POST"])
def plan_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything of the plan, with what each status asks for and what clause 4 says beside it."""
    procedure = readable(request.user, pk)
    check_can_edit(request.user, procedure)
    data = request.POST if request.method == "POST" else None
    facts = facts_of(procedure)
    form, status = _form(request, procedure, facts, data), 200 if data is None else 422
    blocked_service = None
    if form.is_valid():
        try:
            saved = update_plan(
                procedure_id=pk,
                sent=form.sent,
                version=form.cleaned_data["version"],
                by=request.user,
                source=Source.FORM,
            )
        except Conflict as conflict:
            form, status = _form(request, procedure, facts, conflict=conflict), 409
        except ValidationError as error:
            if BLOCKED in error.messages:
                blocked_service = form.sent.get("service_id", form.obj.service_id)
            add_errors(form, error)
        else:
            is_changed = saved.version != form.obj.version
            messages.success(request, SAVED if is_changed else NO_CHANGE)
            return redirect("procedure_detail", pk)
    context = {"form": form, "procedure": procedure, **_beside(procedure, form.obj, facts)}
    context["blocked_service"] = blocked_service
    context["blocked_by"] = standing(context["consultations"], blocked_service)
    return render(request, "tracking/plan_form.html", context, status=status)


def _form(
    request: HttpRequest,
    procedure: Procedure,
    facts: Facts,
    data: QueryDict | None = None,
    *,
    conflict: Conflict | None = None,
) -> PlanPageForm:
    plan = plan_of(procedure)
    return PlanPageForm(
        data,
        obj=plan,
        version=plan.version,
        conflict=conflict,
        on=timezone.localdate(),
        advice=advise_service(facts),
    )


def _beside(procedure: Procedure, plan: MigrationPlan, facts: Facts) -> dict[str, Any]:
    """What helps to fill the form in, as it is stored now."""
    service = Service(plan.service.kind) if plan.service else None
    return {
        "plan": plan,
        "judgement": judge(facts, service, policy_in_force()),
        "needs": status_needs(plan, facts, on=timezone.localdate()),
        "completion": completion(plan, facts),
        "assignees": assignees_of(procedure),
        **service_context(procedure, plan),
    }
