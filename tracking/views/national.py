"""国の一覧: the national list with what the city has of it, and the links that are suggested."""

from collections.abc import Collection
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from procedures.editing import Overtaken
from procedures.models import NationalListEdition, NationalPriorityProcedure, User
from procedures.national_list import current_edition
from procedures.permissions import can_edit, can_keep_registers, check_can_keep_registers, rights_of
from tracking.actions.bulk import NothingToWrite
from tracking.actions.national_links import (
    confirm_links,
    refuse_links,
    set_absence,
    take_back_refusals,
)
from tracking.forms.fields import OUTDATED, add_errors, is_key
from tracking.forms.national import AbsenceForm, NationalListFilter, TickedForm
from tracking.national_coverage import (
    STATE_LABELS,
    ItemRow,
    State,
    Suggested,
    coverage_of,
    item_rows,
    refusals,
    suggestions,
)
from tracking.national_matching import GROUND_LABELS, STRENGTH_LABELS
from tracking.navigation import registers

from .bulk import NOTHING_CHOSEN

SHOWN = 10  # suggestions of one item; when they are decided, the next ones come
NOTHING_LEFT = (
    "選んだ手続は、画面を表示した後に変更されたか、ほかの人が先に紐付けました。"
    "今の内容を確かめてください。"
)
REFUSED = "「{item}」には紐付けないものとして{count}件を記録しました。もう候補に出ません。"
REFUSED_ALREADY = "選んだ手続は、すでに紐付けないものとして記録されています。"
NO_REFUSAL_CHOSEN = "取り消す判断が選ばれていません。左のチェックで選んでください。"
TAKEN_BACK = "{count}件の判断を取り消しました。もう一度候補に出ます。"
GONE = "選んだ判断は、ほかの人が先に取り消しています。"
NOT_MUNICIPAL = "市が対象の手続ではないため、制度なしにする必要はありません。"
ABSENT = "「{item}」を制度なしにしました。"
NO_MORE_ABSENT = "「{item}」の制度なしを取り消しました。"
ABSENCE_CHANGED = (
    "画面を表示した後に、ほかの人が理由を変えました。まだ何も保存していません。"
    "今の内容を確かめて、もう一度保存してください。"
)
_BADGES = {
    State.LINKED: "online",
    State.ABSENT: "plain",
    State.OPEN: "unknown",
    State.NOT_MUNICIPAL: "plain",
}


@require_GET
def national_list(request: HttpRequest) -> HttpResponse:
    """The procedures of an edition, each with those of the city that are linked to it."""
    is_keeper = can_keep_registers(request.user)
    editions = list(NationalListEdition.objects.all())
    drafts = [one for one in editions if one.state == NationalListEdition.State.DRAFT]
    others = [one for one in editions if one not in drafts]
    form = NationalListFilter(request.GET, editions=others)
    edition = form.chosen_edition if form.is_valid() else None
    rows = item_rows(edition) if edition else []
    municipal = [row for row in rows if row.state is not State.NOT_MUNICIPAL]
    chosen = form.cleaned_data["state"] if form.is_valid() else ""
    context = {
        "registers": registers("national_list", rights_of(request.user)),
        "form": form,
        "edition": edition,
        "is_current": edition and edition.state == NationalListEdition.State.CURRENT,
        "drafts": drafts if is_keeper else [],
        "coverage": coverage_of(rows),
        "rows": [_shown(row) for row in municipal if chosen in ("", row.state)],
        "others": [row for row in rows if row.state is State.NOT_MUNICIPAL],
        "has_any": bool(editions),
        "is_keeper": is_keeper,
    }
    return render(request, "tracking/national_list.html", context)


@require_GET
def national_links(request: HttpRequest) -> HttpResponse:
    """For each procedure of the list the likeliest of the city, to be confirmed or refused.

    Members of a team see those of their own departments.
    """
    user = request.user
    departments = _departments(user)
    edition = current_edition()
    found = suggestions(edition, departments=departments, shown=SHOWN) if edition else []
    context = {
        "registers": registers("national_list", rights_of(user)),
        "edition": edition,
        "is_own": departments is not None,
        "groups": [
            {
                "row": group.row,
                "state": _state(group.row),
                "rows": [_offered(one, user) for one in group.suggested],
                "hidden_count": group.hidden_count,
                "may_edit": any(can_edit(user, one.procedure) for one in group.suggested),
            }
            for group in found
            if group.suggested
        ],
        "without": [
            group.row for group in found if not group.suggested and group.row.state is State.OPEN
        ],
        "refusals": [(one, can_edit(user, one.procedure)) for one in refusals(departments)],
        "is_keeper": can_keep_registers(user),
    }
    return render(request, "tracking/national_links.html", context)


@require_POST
def national_link(request: HttpRequest, pk: int) -> HttpResponse:
    """Links the ticked procedures to an item or, with ``refuse``, says that they are not it."""
    item = get_object_or_404(NationalPriorityProcedure, pk=pk)
    back = redirect(f"{reverse('national_links')}#item-{item.pk}")
    form = TickedForm(request.POST)
    if not form.is_valid():
        messages.error(request, OUTDATED)
        return back
    ticked = form.cleaned_data["procedures"]
    if not ticked:
        messages.error(request, NOTHING_CHOSEN)
        return back
    try:
        if "refuse" in request.POST:
            count = refuse_links(item_id=pk, procedure_ids=ticked, by=request.user)
            text = REFUSED.format(item=item, count=count) if count else REFUSED_ALREADY
            messages.success(request, text)
            return back
        act = confirm_links(item_id=pk, seen=ticked, by=request.user)
    except NothingToWrite:
        messages.error(request, NOTHING_LEFT)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        return redirect(f"{reverse('act_detail', args=[act.pk])}?next={reverse('national_links')}")
    return back


@require_POST
def national_refusal_take_back(request: HttpRequest) -> HttpResponse:
    """Lets the ticked pairs be suggested again."""
    chosen = {int(key) for key in request.POST.getlist("refusals") if is_key(key)}
    if not chosen:
        messages.error(request, NO_REFUSAL_CHOSEN)
    elif count := take_back_refusals(refusal_ids=chosen, by=request.user):
        messages.success(request, TAKEN_BACK.format(count=count))
    else:
        messages.info(request, GONE)
    return redirect("national_links")


@require_http_methods(["GET", "POST"])
def national_absence(request: HttpRequest, pk: int) -> HttpResponse:
    """制度なし: why the city has no such procedure; ``take_back`` takes it back."""
    check_can_keep_registers(request.user)
    items = NationalPriorityProcedure.objects.current().select_related("edition")
    item = get_object_or_404(items, pk=pk)
    form, status, notice = AbsenceForm(initial=_absence(item)), 200, ""
    if request.method == "POST":
        form = AbsenceForm(request.POST)
        is_back = "take_back" in request.POST
        form.fields["reason"].required = not is_back
        status = 422
        if form.is_valid():
            try:
                return _set_absence(request, item, form, is_back=is_back)
            except Overtaken:
                item.refresh_from_db()
                form, status, notice = AbsenceForm(initial=_absence(item)), 409, ABSENCE_CHANGED
            except ValidationError as error:
                add_errors(form, error)
    context = {"item": item, "form": form, "notice": notice}
    return render(request, "tracking/national_absence.html", context, status=status)


def _set_absence(
    request: HttpRequest, item: NationalPriorityProcedure, form: AbsenceForm, *, is_back: bool
) -> HttpResponse:
    reason = "" if is_back else form.cleaned_data["reason"]
    seen = form.cleaned_data["seen"]
    set_absence(item_id=item.pk, reason=reason, seen=seen, by=request.user)
    messages.success(request, (NO_MORE_ABSENT if is_back else ABSENT).format(item=item))
    return redirect("national_list")


def _absence(item: NationalPriorityProcedure) -> dict[str, str]:
    return {"reason": item.absence, "seen": item.absence}


def _departments(user: User) -> Collection[int] | None:
    """Those whose procedures are offered: a team's own, for everybody else all."""
    rights = rights_of(user)
    return None if rights.is_office_wide else rights.department_ids or None


def _state(row: ItemRow) -> dict[str, str]:
    return {"badge": _BADGES[row.state], "label": STATE_LABELS[row.state]}


def _shown(row: ItemRow) -> dict[str, Any]:
    return {
        "item": row.item,
        "procedures": row.procedures,
        "state": _state(row),
        "is_open": row.state is State.OPEN,
    }


def _offered(suggested: Suggested, user: User) -> dict[str, Any]:
    match = suggested.match
    return {
        "procedure": suggested.procedure,
        "strength": STRENGTH_LABELS[match.strength],
        "reasons": [GROUND_LABELS[ground] for ground in match.grounds],
        "may_edit": can_edit(user, suggested.procedure),
    }
