"""まとめ操作: what was done to many rows at once, what came of it, and taking it back."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from procedures import acts
from tracking.act_rows import rows_beside, rows_of, written_procedures

from .team import querystring
from .way_back import own_address

PAGE = 50
UNDONE = "「{act}」を元に戻しました。"
LEFT = "元に戻さなかった内容が{count}件あります。下の表で確かめてください。"


@require_GET
def act_list(request: HttpRequest) -> HttpResponse:
    """The newest first: one's own; a leader's team's; for the division all."""
    found = acts.visible_acts(request.user).defer("left_out", "undo_left")  # may be long
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return render(request, "tracking/act_list.html", {"page_obj": page})


@require_GET
def act_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What it did, row by row, what it left out and why, and what an undo had to leave."""
    act = get_object_or_404(acts.visible_acts(request.user), pk=pk)
    page = Paginator(written_procedures(act), PAGE).get_page(request.GET.get("page"))
    context = {
        "act": act,
        "page_obj": page,
        "rows": [*(rows_beside(act) if page.number == 1 else ()), *rows_of(act, page.object_list)],
        "querystring": querystring(request.GET),
        "left_out": _left_page(request, "left_", act.left_out),
        "undo_left": _left_page(request, "undo_", act.undo_left),
        "next": own_address(request, request.GET.get("next")),
        "may_undo": act.undone_by is None and acts.can_undo(request.user, act),
    }
    return render(request, "tracking/act_detail.html", context)


@require_POST
def act_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes the whole act back; its page says what stayed."""
    get_object_or_404(acts.visible_acts(request.user), pk=pk)
    try:
        act = acts.undo(act_id=pk, by=request.user)
    except acts.NotUndoable as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, UNDONE.format(act=act))
        if act.undo_left:
            messages.warning(request, LEFT.format(count=len(act.undo_left)))
    back = urlencode({"next": own_address(request, request.POST.get("next"))})
    return redirect(f"{reverse('act_detail', args=[pk])}?{back}")


def _left_page(request: HttpRequest, prefix: str, left: list[dict[str, Any]]) -> dict[str, Any]:
    """One page of what stayed, which ``prefix`` tells apart from the other lists beside it."""
    name = f"{prefix}page"
    page = Paginator(left, PAGE).get_page(request.GET.get(name))
    return {"page_obj": page, "querystring": querystring(request.GET, name) + prefix}
