"""The rows behind a figure of an earlier day, as they stood then."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.core.paginator import Page, Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from procedures.models import Procedure
from procedures.permissions import check_can_see_dashboard
from tracking.dashboard_filter import address, in_words
from tracking.filters import ProcedureFilter, listed
from tracking.forms.days import PastForm
from tracking.moves import RowState, row_states
from tracking.navigation import instruments
from tracking.past import as_of
from tracking.workflow import STATUS_LABELS, Status

ROWS_ON_PAGE = 50
_BESIDE = ("as_of", "page")


@dataclass(frozen=True, slots=True)
class PastRow:
    """One procedure as it stood, with the status in Japanese; it may be deleted since."""

    state: RowState
    status: str
    is_still_there: bool


@require_GET
def past_rows(request: HttpRequest) -> HttpResponse:
    """The procedures of the day ``as_of`` that the rest of the address asks for; read only."""
    check_can_see_dashboard(request.user)
    form = PastForm(request.GET)
    context = {
        "form": form,
        "instruments": instruments("dashboard"),
        "kept": [(name, value) for name, value in request.GET.items() if name not in _BESIDE],
    }
    if form.is_valid():
        context |= _rows_of(request.GET, form.cleaned_data["as_of"])
    return render(request, "tracking/past_rows.html", context)


def _rows_of(query: QueryDict, day: date) -> dict[str, object]:
    """What the page shows of ``day``; an invalid condition shows its error and no rows."""
    with as_of(day):
        chosen = ProcedureFilter(query, queryset=listed(Procedure.objects.all()), on=day)
        page = Paginator(chosen.rows, ROWS_ON_PAGE).get_page(query.get("page"))
        states = _in_turn(page)
        words = list(_words(chosen.form)) if chosen.form.is_valid() else []
    rest = query.copy()
    rest.pop("page", None)
    return {
        "day": day,
        "filter": chosen,
        "words": words,
        "page_obj": page,
        "rows": _with_their_fate(states),
        "querystring": f"{rest.urlencode()}&",
        "dashboard_url": reverse("dashboard") + address(query),
        "now_url": _list_of_today(query),
    }


def _in_turn(page: Page) -> list[RowState]:
    """The states of the procedures of a page, in its order."""
    keys = [procedure.pk for procedure in page]
    found = {row.pk: row for row in row_states(Procedure.objects.filter(pk__in=keys))}
    return [found[key] for key in keys]


def _with_their_fate(states: Sequence[RowState]) -> list[PastRow]:
    keys = [state.pk for state in states]
    present = set(Procedure.objects.filter(pk__in=keys).values_list("pk", flat=True))
    return [
        PastRow(state, STATUS_LABELS[Status(state.status)], state.pk in present) for state in states
    ]


def _words(form: Form) -> Iterator[str]:
    """Each condition as 「区分：優先」, in the names of that day."""
    for name, value in form.cleaned_data.items():
        if value and name != "sort":
            yield f"{form.fields[name].label}：{in_words(form.fields[name], value)}"


def _list_of_today(query: QueryDict) -> str:
    """The list that the same conditions have today."""
    conditions = {name: query.getlist(name) for name in query if name not in _BESIDE}
    return f"{reverse('procedure_list')}?{urlencode(conditions, doseq=True)}"
