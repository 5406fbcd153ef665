"""Which columns a person sees in a list, and in which order."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from tracking.actions.personal import choose_columns, choose_standard_columns, chosen_columns
from tracking.forms.columns import ColumnsForm
from tracking.models import ListName

from .export import LISTS
from .team import standard_columns
from .way_back import own_address

SAVED = "列の表示を変えました。この表示はあなたの画面だけのものです。"
STANDARD_AGAIN = "列の表示を標準に戻しました。"


@require_http_methods(["GET", "POST"])
def columns_set(request: HttpRequest, shown_on: str) -> HttpResponse:
    """The columns of a list for the person alone; with ``standard`` the usual ones again."""
    if shown_on not in LISTS:
        raise Http404
    if "standard" in request.POST:
        choose_standard_columns(user=request.user, shown_on=shown_on)
        messages.success(request, STANDARD_AGAIN)
        return redirect(_next(request, shown_on))
    present = chosen_columns(request.user, shown_on)
    if present is None:
        present = standard_columns(shown_on, request.user)
    form = ColumnsForm(request.POST if request.method == "POST" else None, present=present)
    if form.is_valid():
        choose_columns(user=request.user, shown_on=shown_on, columns=form.columns)
        messages.success(request, SAVED)
        return redirect(_next(request, shown_on))
    context = {
        "form": form,
        "list_name": ListName(shown_on).label,
        "next": _next(request, shown_on),
    }
    return render(
        request, "tracking/columns_form.html", context, status=422 if form.is_bound else 200
    )


def _next(request: HttpRequest, shown_on: str) -> str:
    """The list as the person left it."""
    wanted = request.POST.get("next") or request.GET.get("next")
    return own_address(request, wanted) or reverse(LISTS[shown_on])
