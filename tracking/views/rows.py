"""One row of a list, read and edited in place."""

from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from procedures.editing import Conflict
from procedures.models import Procedure, Source
from procedures.permissions import check_can_edit
from procedures.rules import Category, label
from procedures.templatetags.inventory import aspect_labels, clause_text
from tracking.actions import plan_of, save_row
from tracking.forms.rows import RowForm
from tracking.rows import list_rows, shown

from .team import OFFICE, TEAM, columns_of, matching, queue_context

PAGE = "page"
SHOWN_ON = (TEAM, OFFICE, PAGE)
SAVED = "「{name}」を保存しました。"
UNCHANGED = "「{name}」に変わった項目はありませんでした。"
NEW_CATEGORY = "区分が「{old}」から「{new}」になりました：{reason}。"
LEFT_THE_LIST = (
    "この手続は、しぼり込みの条件に当てはまらなくなりました。ページを読み込み直すまで、"
    "ここに表示しておきます。"
)


@vary_on_headers("HX-Request")
@require_GET
def row(request: HttpRequest, pk: int) -> HttpResponse:
    """The row as the list shows it; what 取消 goes back to."""
    return _answer(request, _load(request, pk))


@vary_on_headers("HX-Request")
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
    rows = shown(Procedure.objects.visible_to(request.user), timezone.localdate())
    return get_object_or_404(rows, pk=pk)


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
            reason=_reason(fresh),
        )
    if request.htmx:
        return _answer(request, fresh, message=message)
    messages.success(request, message)
    return redirect(_next(request, fresh))


def _reason(procedure: Procedure) -> str:
    """The grounds of the category, and what stands in the way of a better one."""
    parts = [clause_text(key) for key in procedure.grounds]
    if procedure.obstacles:
        parts.append(f"支障は{aspect_labels(procedure.obstacles)}")
    if procedure.unanswered:
        parts.append(f"未調査は{aspect_labels(procedure.unanswered)}")
    return "、".join(parts)


def _answer(
    request: HttpRequest,
    procedure: Procedure,
    *,
    form: RowForm | None = None,
    message: str = "",
    status: int = 200,
) -> HttpResponse:
    shown_on, next_url = _shown_on(request), _next(request, procedure)
    context = {
        "row": list_rows([procedure], user=request.user)[0],
        "form": form,
        "message": message,
        "note": "",
        "shown_on": shown_on,
        "next": next_url,
        "is_answer": bool(request.htmx),
        **columns_of(shown_on, request.user),
    }
    if not request.htmx:
        return render(request, "tracking/row_edit.html", context, status=status)
    if message:
        context |= _around(request, procedure, shown_on, next_url)
    return render(request, "tracking/_row_answer.html", context, status=status)


def _around(
    request: HttpRequest, procedure: Procedure, shown_on: str, next_url: str
) -> dict[str, object]:
    """What a save changes beside the row: the team's counters, and whether the list has it still.

    A row that no longer matches stays where it is: nothing vanishes under somebody's hands.
    """
    on = timezone.localdate()
    context = queue_context(request.user, on) if shown_on == TEAM else {}
    if shown_on in (TEAM, OFFICE):
        query = QueryDict(urlsplit(next_url).query)
        listed = matching(query, shown_on, request.user, on, pk=procedure.pk)
        context["note"] = "" if listed.rows.exists() else LEFT_THE_LIST
    return context


def _shown_on(request: HttpRequest) -> str:
    wanted = request.POST.get("shown_on") or request.GET.get("shown_on")
    return wanted if wanted in SHOWN_ON else PAGE


def _next(request: HttpRequest, procedure: Procedure) -> str:
    """Where the person came from, if that is a page of ours; else the procedure's page."""
    wanted = request.POST.get("next") or request.GET.get("next")
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else reverse("procedure_detail", args=[procedure.pk])
