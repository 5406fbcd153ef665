"""The page that edits what a plan has beside the row of the list."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from procedures.editing import Conflict
from procedures.models import Procedure, Source
from procedures.permissions import check_can_edit, rights_of
from tracking.actions import plan_of, update_plan
from tracking.forms.fields import add_errors
from tracking.forms.plan import PlanDetailsForm

from .procedure import NO_CHANGE, readable

SAVED = "計画を保存しました。"


@require_http_methods(["GET", "POST"])
def plan_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is in charge, the national date, and for the division the agreed consultation."""
    procedure = readable(request.user, pk)
    check_can_edit(request.user, procedure)
    data = request.POST if request.method == "POST" else None
    form, status = _form(request, procedure, data), 200 if data is None else 422
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
            form, status = _form(request, procedure, conflict=conflict), 409
        except ValidationError as error:
            add_errors(form, error)
        else:
            is_changed = saved.version != form.obj.version
            messages.success(request, SAVED if is_changed else NO_CHANGE)
            return redirect("procedure_detail", pk)
    context = {"form": form, "procedure": procedure}
    return render(request, "tracking/plan_form.html", context, status=status)


def _form(
    request: HttpRequest,
    procedure: Procedure,
    data: QueryDict | None = None,
    *,
    conflict: Conflict | None = None,
) -> PlanDetailsForm:
    plan = plan_of(procedure)
    return PlanDetailsForm(
        data,
        obj=plan,
        version=plan.version,
        conflict=conflict,
        may_agree=rights_of(request.user).is_division,
    )
