"""One row of a list, read and edited in place."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods

from procedures.editing import Conflict
from procedures.models import Procedure, Source
from procedures.permissions import check_can_edit
from procedures.rules import Category, Clause, label
from procedures.rules.wording import CLAUSE_NUMBERS
from tracking.actions import plan_of, save_row
from tracking.filters import listed
from tracking.forms.rows import RowForm
from tracking.rows import list_rows

from .team import own_procedures, queue_context

SHOWN_ON = ("team", "list", "page")
SAVED = "「{name}」を保存しました。"
UNCHANGED = "「{name}」に変わった項目はありませんでした。"
NEW_CATEGORY = "区分が「{old}」から「{new}」になりました（{reason}）。"


@require_GET
def row(request: HttpRequest, pk: int) -> HttpResponse:
    """The row as the list shows it; what 取消 goes back to."""
    return _answer(request, _load(request, pk))


@require_http_methods(["GET", "POST"])
def row_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The row with its form (GET), or saved (POST): 409 with both values, 422 with sentences."""
    procedure = _load(request, pk)
    check_can_edit(request.user, procedure)
    plan = plan_of(procedure)
    data = request.POST if request.method == "POST" else None
    form = RowForm(data, procedure=procedure, plan=plan)
    if data is None:
        return _answer(request, procedure, form=form)
    if form.is_valid():
        try:
            saved = _save(request, pk, form)
        except Conflict as conflict:
            fresh = _load(request, pk)
            form = RowForm(procedure=fresh, plan=plan_of(fresh), conflict=conflict)
            return _answer(request, fresh, form=form, status=409)
        except ValidationError as error:
            form.add_errors(error)
        else:
            return _saved(request, procedure, plan.version, saved)
    return _answer(request, procedure, form=form, status=422)


def _load(request: HttpRequest, pk: int) -> Procedure:
    return get_object_or_404(listed(Procedure.objects.visible_to(request.user)), pk=pk)


def _save(request: HttpRequest, pk: int, form: RowForm) -> Procedure:
    return save_row(
        procedure_id=pk,
        answers=form.answers.sent,
        plan=form.plan.sent,
        procedure_version=form.answers.cleaned_data["version"],
        plan_version=form.plan.cleaned_data["version"],
        by=request.user,
        source=Source.INLINE,
    )


def _saved(
    request: HttpRequest, before: Procedure, plan_version: int, saved: Procedure
) -> HttpResponse:
    fresh = _load(request, saved.pk)
    is_changed = (before.version, plan_version) != (fresh.version, plan_of(fresh).version)
    message = (SAVED if is_changed else UNCHANGED).format(name=fresh.name)
    if before.category != fresh.category:
        message += NEW_CATEGORY.format(
            old=label(Category(before.category)),
            new=label(Category(fresh.category)),
            reason="、".join(
                f"{CLAUSE_NUMBERS[Clause(key)]} {label(Clause(key))}" for key in fresh.grounds
            ),
        )
    if request.htmx:
        return _answer(request, fresh, message=message)
    messages.success(request, message)
    return redirect(_next(request))


def _answer(
    request: HttpRequest,
    procedure: Procedure,
    *,
    form: RowForm | None = None,
    message: str = "",
    status: int = 200,
) -> HttpResponse:
    on = timezone.localdate()
    shown_on = request.POST.get("shown_on") or request.GET.get("shown_on")
    context = {
        "row": list_rows([procedure], user=request.user, on=on)[0],
        "form": form,
        "message": message,
        "shown_on": shown_on if shown_on in SHOWN_ON else "page",
        "next": _next(request),
        "is_answer": bool(request.htmx),
    }
    if not request.htmx:
        return render(request, "tracking/row_edit.html", context, status=status)
    if message and shown_on == "team":
        context |= queue_context(own_procedures(request.user), on)
    return render(request, "tracking/_row_answer.html", context, status=status)


def _next(request: HttpRequest) -> str:
    """The list that the person came from, if it is one of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if request.htmx and not wanted:
        wanted = request.htmx.current_url_abs_path or ""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else "/"
