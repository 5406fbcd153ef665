"""Many rows of a list at once: what to change, what that would do, and doing it.

Which rows are meant stands in the address, so that the page can be loaded again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from procedures.display import Names
from procedures.models import Act, Procedure
from procedures.permissions import rights_of
from tracking.actions.bulk import (
    NOTHING_YOURS,
    BulkPlan,
    NothingToWrite,
    Seen,
    apply_confirmation,
    apply_edit,
    editable_departments,
    plan_confirmation,
    plan_edit,
)
from tracking.forms.bulk import BulkEditForm, SeenForm, written
from tracking.forms.fields import add_errors, is_key

from .export import LISTS
from .team import OFFICE, matching
from .way_back import own_address

SAMPLE = 10
LEFT_OUT_SHOWN = 50
NOTHING_CHOSEN = (
    "手続が選ばれていません。一覧の左のチェックで手続を選んでから、もう一度押してください。"
)
ROWS_CHANGED = (
    "確認の画面を表示した後に、対象の手続が変わりました（{expected}件→{count}件）。まだ何も"
    "変更していません。内容を確かめて、もう一度実行してください。"
)
NOTHING_LEFT = "変更する手続がなくなりました。何も変更していません。下の内容を確かめてください。"


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows that the address means: ``keys``, and the list to which one goes back."""

    keys: list[int]
    is_everything: bool
    list_url: str


@require_http_methods(["GET", "POST"])
def bulk(request: HttpRequest) -> HttpResponse:
    """The form (GET), its preview (POST), and with ``step=apply`` the edit itself."""
    selection = selection_of(request)
    if not selection.keys:
        return refused(request, selection)
    departments = editable_departments(request.user, selection.keys)
    data = request.POST if request.method == "POST" else None
    form = BulkEditForm(data, departments=departments, on=timezone.localdate())
    step = request.POST.get("step", "")
    if step == "edit" or not form.is_valid():
        status = 422 if form.is_bound and step != "edit" else 200
        return _form(request, selection, form, status)
    try:
        if step == "apply":
            return _apply(
                request,
                selection,
                lambda seen: apply_edit(edit=form.edit, seen=seen, by=request.user),
                lambda: _planned(request, selection, form),
                form,
            )
        return _preview(request, selection, _planned(request, selection, form), form)
    except ValidationError as error:
        add_errors(form, error)
        return _form(request, selection, form, 422)


@require_http_methods(["GET", "POST"])
def bulk_confirm(request: HttpRequest) -> HttpResponse:
    """変更なし確認 of the rows: what it covers (GET), and doing it (POST)."""
    selection = selection_of(request)
    if not selection.keys:
        return refused(request, selection)

    def planned() -> BulkPlan:
        return plan_confirmation(selection.keys, by=request.user, at=timezone.now())

    if request.method == "GET":
        return _preview(request, selection, planned())
    return _apply(
        request,
        selection,
        lambda seen: apply_confirmation(seen=seen, by=request.user),
        planned,
    )


def selection_of(request: HttpRequest) -> Selection:
    """What the address means. Raises ``PermissionDenied`` for whoever may change no procedure."""
    rights = rights_of(request.user)
    if not (rights.is_office_wide or rights.department_ids):
        raise PermissionDenied(NOTHING_YOURS)
    shown_on = request.GET.get("shown_on", "")
    shown_on = shown_on if shown_on in LISTS else OFFICE
    list_url = own_address(request, request.GET.get("next")) or reverse(LISTS[shown_on])
    is_everything = bool(request.GET.get("everything"))
    if is_everything:
        query = QueryDict(urlsplit(list_url).query)
        rows = matching(query, shown_on, request.user, timezone.localdate()).rows
    else:
        ticked = {int(pk) for pk in request.GET.getlist("procedures") if is_key(pk)}
        rows = Procedure.objects.visible_to(request.user).filter(pk__in=ticked)
    keys = list(rows.values_list("pk", flat=True))
    return Selection(keys, is_everything, list_url)


def refused(request: HttpRequest, selection: Selection) -> HttpResponse:
    """Back to the list: the address means no row at all."""
    messages.error(request, NOTHING_CHOSEN)
    return redirect(selection.list_url)


def _form(
    request: HttpRequest, selection: Selection, form: BulkEditForm, status: int
) -> HttpResponse:
    context = {"form": form, "selection": selection, "count": len(selection.keys)}
    return render(request, "tracking/bulk_edit.html", context, status=status)


def _planned(request: HttpRequest, selection: Selection, form: BulkEditForm) -> BulkPlan:
    return plan_edit(selection.keys, form.edit, by=request.user, on=timezone.localdate())


def _apply(
    request: HttpRequest,
    selection: Selection,
    write: Callable[[Seen], Act],
    planned: Callable[[], BulkPlan],
    form: BulkEditForm | None = None,
) -> HttpResponse:
    """Writes what the person saw, or shows what it would be by now (409)."""
    sent = SeenForm(request.POST)
    seen = sent.cleaned_data["seen"] if sent.is_valid() else {}
    if set(seen) != set(selection.keys):
        notice = ROWS_CHANGED.format(expected=len(seen), count=len(selection.keys))
        return _preview(request, selection, planned(), form, notice)
    try:
        act = write(seen)
    except NothingToWrite:
        return _preview(request, selection, planned(), form, NOTHING_LEFT)
    back = urlencode({"next": selection.list_url})
    return redirect(f"{reverse('act_detail', args=[act.pk])}?{back}")


def _preview(
    request: HttpRequest,
    selection: Selection,
    plan: BulkPlan,
    form: BulkEditForm | None = None,
    notice: str = "",
) -> HttpResponse:
    names = Names()
    context = {
        "selection": selection,
        "plan": plan,
        "form": form,
        "settings": form.edit.words() if form else (),
        "notice": notice,
        "count": len(selection.keys),
        "sample": [
            (row, [change.words(names) for change in row.changes]) for row in plan.rows[:SAMPLE]
        ],
        "left_out": plan.left_out[:LEFT_OUT_SHOWN],
        "seen": written(plan.seen),
    }
    status = 409 if notice else 200
    return render(request, "tracking/bulk_preview.html", context, status=status)
