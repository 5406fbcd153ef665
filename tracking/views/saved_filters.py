"""保存した条件: those of a list, keeping the present ones under a name, and dropping one."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from procedures.models import Department, User
from procedures.permissions import rights_of
from tracking.actions.personal import delete_filter, save_filter, saved_filters
from tracking.forms.fields import add_errors
from tracking.forms.saved_filters import SavedFilterForm, conditions_of
from tracking.models import ListName

SAVED = "条件「{name}」を保存しました。"
DELETED = "条件「{name}」を削除しました。"
LISTS = {ListName.TEAM: "team", ListName.OFFICE: "procedure_list"}


@dataclass(frozen=True, slots=True)
class Kept:
    """One saved filter as a list shows it; ``team`` is whom it is shared with, "" for nobody."""

    pk: int
    name: str
    query: str
    user_id: int
    user_name: str
    team: str


@dataclass(frozen=True, slots=True)
class Offered:
    """What a list says of saved conditions: those for it, and the present ones to keep.

    ``to_keep`` is "" where nothing is chosen or the choice is kept already. It can be shared with
    the only team of the person (``team_id``) or one of several (``teams``).
    """

    own: list[Kept]
    shared: list[Kept]
    current: str
    to_keep: str
    team_id: int | None
    teams: list[Department]


def offered_filters(request: HttpRequest, shown_on: str) -> Offered:
    """The saved conditions of the list at ``request``: a query, and one for who has two teams."""
    found = _kept(request.user, shown_on)
    current = conditions_of(request.GET)
    is_kept = any(one.query == current for one in found)
    teams = rights_of(request.user).department_ids
    names = Department.objects.filter(pk__in=teams) if len(teams) > 1 and not is_kept else []
    return Offered(
        own=[one for one in found if one.user_id == request.user.pk],
        shared=[one for one in found if one.user_id != request.user.pk],
        current=current,
        to_keep="" if is_kept else current,
        team_id=next(iter(teams)) if len(teams) == 1 else None,
        teams=list(names) if current else [],
    )


@require_POST
def saved_filter_add(request: HttpRequest) -> HttpResponse:
    """Keeps the conditions under a name; what is missing is asked on a page of its own."""
    form = SavedFilterForm(request.POST, user=request.user)
    if form.is_valid():
        values = {"department": None} | form.cleaned_data
        try:
            saved = save_filter(user=request.user, **values)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, SAVED.format(name=saved.name))
            return redirect(_address(saved.shown_on, saved.query))
    shown_on = form["shown_on"].value()
    back = _address(shown_on if shown_on in LISTS else ListName.TEAM.value, "")
    return render(
        request, "tracking/saved_filter_form.html", {"form": form, "back": back}, status=422
    )


@require_POST
def saved_filter_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Drops conditions of one's own."""
    saved = get_object_or_404(saved_filters(request.user), pk=pk)
    delete_filter(saved, user=request.user)
    messages.success(request, DELETED.format(name=saved.name))
    return redirect(_address(saved.shown_on, saved.query))


def _address(shown_on: str, query: str) -> str:
    address = reverse(LISTS[ListName(shown_on)])
    return f"{address}?{query}" if query else address


def _kept(user: User, shown_on: str) -> list[Kept]:
    # Values, not objects: every list asks for them, and a user and a department have many columns.
    rows = saved_filters(user).filter(shown_on=shown_on)
    fields = ("pk", "name", "query", "user_id", "user__display_name", "user__username")
    return [
        Kept(*row, user_name=display_name or username, team=team or "")
        for *row, display_name, username, team in rows.values_list(*fields, "department__name")
    ]
