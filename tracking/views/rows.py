"""One row of a list, read and edited in place."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from procedures.editing import Conflict
from procedures.models import Procedure, Source
from procedures.permissions import check_can_edit
from procedures.rules import Category, label
from procedures.templatetags.inventory import aspect_labels, clause_text
from tracking.actions.plans import plan_of, save_row
from tracking.filters import OPEN
from tracking.forms.rows import RowForm
from tracking.rows import table_rows

from .team import OFFICE, TEAM, headings, matching, querystring, queue_context, table_of
from .way_back import own_address

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
    return answer(request, load(request, pk))


@vary_on_headers("HX-Request")
@require_http_methods(["GET", "POST"])
def row_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The row with its form (GET), or saved (POST): 409 with both values, 422 with sentences."""
    procedure = load(request, pk)
    check_can_edit(request.user, procedure)
    plan = plan_of(procedure)
    data = request.POST if request.method == "POST" else None
    form = RowForm(data, procedure=procedure, plan=plan)
    if data is None:
        return answer(request, procedure, form=form)
    if form.is_valid():
        try:
            saved = _save(request, pk, form)
        except Conflict as conflict:
            fresh = load(request, pk)
            form = RowForm(procedure=fresh, plan=plan_of(fresh), conflict=conflict)
            return answer(request, fresh, form=form, status=409)
        except ValidationError as error:
            form.add_errors(error)
        else:
            return _saved(request, procedure, plan.version, saved)
    return answer(request, procedure, form=form, status=422)


def load(request: HttpRequest, pk: int) -> Procedure:
    """The procedure with its plan, as the person may read it, or the answer 404."""
    rows = Procedure.objects.visible_to(request.user).select_related("department", "plan")
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
    fresh = load(request, saved.pk)
    is_changed = (before.version, plan_version) != (fresh.version, plan_of(fresh).version)
    message = (SAVED if is_changed else UNCHANGED).format(name=fresh.name)
    if before.category != fresh.category:
        message += NEW_CATEGORY.format(
            old=label(Category(before.category)),
            new=label(Category(fresh.category)),
            reason=_reason(fresh),
        )
    if request.htmx:
        return answer(request, fresh, message=message)
    messages.success(request, message)
    return redirect(next_of(request, fresh))


def _reason(procedure: Procedure) -> str:
    """The grounds of the category, and what stands in the way of a better one."""
    parts = [clause_text(key) for key in procedure.grounds]
    if procedure.obstacles:
        parts.append(f"支障は{aspect_labels(procedure.obstacles)}")
    if procedure.unanswered:
        parts.append(f"未調査は{aspect_labels(procedure.unanswered)}")
    return "、".join(parts)


def answer(
    request: HttpRequest,
    procedure: Procedure,
    *,
    form: RowForm | None = None,
    message: str = "",
    status: int = 200,
) -> HttpResponse:
    """The row (with ``form``: being edited) for htmx, with what else changed; else its page."""
    shown_on, next_url = _shown_on(request), next_of(request, procedure)
    query, is_htmx = QueryDict(urlsplit(next_url).query), bool(request.htmx)
    table = table_of(request.user, shown_on, next_url, query, is_alone=not is_htmx)
    (row,) = table_rows(
        [procedure.pk],
        table,
        user=request.user,
        on=timezone.localdate(),
        is_editing=form is not None,
    )
    context = {
        "row": row,
        "table": table,
        "procedure": procedure,
        "form": form,
        "message": message,
        "note": "",
        "shown_on": shown_on,
        "next": next_url,
        "is_answer": is_htmx,
    }
    if not is_htmx:
        context["headings"] = headings(table)
        return render(request, "tracking/row_edit.html", context, status=status)
    if message:
        context |= _around(request, procedure, shown_on, query)
        context["kind"] = "success" if status == HTTPStatus.OK else "error"
    return render(request, "tracking/_row_answer.html", context, status=status)


def _around(
    request: HttpRequest, procedure: Procedure, shown_on: str, query: QueryDict
) -> dict[str, Any]:
    """What a save changes beside the row: the team's counters, and whether the list has it still.

    A row that no longer matches stays where it is: nothing vanishes under somebody's hands.
    """
    on = timezone.localdate()
    context: dict[str, Any] = {}
    if shown_on == TEAM:
        shown = QueryDict(urlsplit(request.htmx.current_url or "").query)
        context = queue_context(request.user, on, with_figures=shown.get("figures") == OPEN)
        context["querystring"] = querystring(query)
    if shown_on in (TEAM, OFFICE):
        listed = matching(query, shown_on, request.user, on, pk=procedure.pk)
        context["note"] = "" if listed.rows.exists() else LEFT_THE_LIST
    return context


def _shown_on(request: HttpRequest) -> str:
    wanted = request.POST.get("shown_on") or request.GET.get("shown_on")
    return wanted if wanted in SHOWN_ON else PAGE


def next_of(request: HttpRequest, procedure: Procedure) -> str:
    """Where the person came from, if that is a page of ours; else the procedure's page."""
    wanted = request.POST.get("next") or request.GET.get("next")
    return own_address(request, wanted) or reverse("procedure_detail", args=[procedure.pk])
