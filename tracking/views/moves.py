"""動き: what moved in the office since a day, and how the main figures stood then and stand now."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from procedures.fiscal_year import fiscal_year
from procedures.models import Department, Procedure
from procedures.permissions import check_can_see_dashboard
from tracking.edition_comparison import FigureChange
from tracking.figures import DEFINITIONS, Definition
from tracking.filters import UNASSIGNED
from tracking.forms.days import MovesForm
from tracking.kept_figures import department_figures
from tracking.models import Edition
from tracking.moves import NO_DEPARTMENT, Kind, Move, RowState, moves_between, row_states
from tracking.navigation import instruments
from tracking.past import as_of, first_day
from tracking.stats import Figures, by_department, figures_by_unit, total

from .comparison import NOTHING, Change, figure_change
from .figures import OFFICE, Rows, Scope, scope_of

ROWS_ON_PAGE = 100
USUAL_DAYS = 30
_NAMES = ("since", "until", "department", "kind")


@dataclass(frozen=True, slots=True)
class Choice:
    """A link that shows the page otherwise; ``count`` says of how many rows, where it does."""

    label: str
    url: str
    is_current: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class FigureLine:
    """One figure then and now, each with the address of its rows.

    ``unit`` is that of the difference.
    """

    change: Change
    unit: str
    before_url: str
    after_url: str


@dataclass(frozen=True, slots=True)
class Group:
    """What moved in one department, or what of it stands on a page."""

    name: str
    count: int
    url: str
    moves: Sequence[Move]


@dataclass(frozen=True, slots=True)
class _Standing:
    """The office at the end of a day: its figures by department, and every procedure."""

    on: date
    figures: Mapping[int | None, Figures]
    rows: tuple[RowState, ...]

    def of(self, scope: Scope) -> Figures:
        """The figures of the office, or of one department."""
        if not scope.value:
            return total(self.figures.values())
        return self.figures.get(_key(scope), Figures())


@require_GET
def moves(request: HttpRequest) -> HttpResponse:
    """What moved since ``since``, counted by kind and listed by department."""
    check_can_see_dashboard(request.user)
    today, first = timezone.localdate(), first_day()
    starts = _starts(today, first)
    query = request.GET.copy()
    if not query.get("since") and starts:
        query["since"] = next(iter(starts.values())).isoformat()
    form = MovesForm(query)
    context = {
        "form": form,
        "instruments": instruments("moves"),
        "is_empty": first is None,
        "starts": [
            Choice(label, _address(query, since=day.isoformat()), query["since"] == str(day))
            for label, day in starts.items()
        ],
    }
    if first and form.is_valid():
        context |= _moved(query, form.cleaned_data, today)
    return render(request, "tracking/moves.html", context)


def _starts(today: date, first: date | None) -> dict[str, date]:
    """The days from which people usually want to know what moved; the first is the usual one."""
    if first is None:
        return {}
    edition = Edition.objects.filter(reference_date__lt=today).only("title", "reference_date")
    last = edition.first()
    days = {f"前回の版（{last.title}）": last.reference_date} if last else {}
    days |= {
        f"{USUAL_DAYS}日前": today - timedelta(days=USUAL_DAYS),
        "今年度の始め（4月1日）": date(fiscal_year(today), 4, 1),
    }
    known = {label: day for label, day in days.items() if first <= day < today}
    return known or {"台帳の記録の始め": first}


def _moved(query: QueryDict, asked: Mapping[str, object], today: date) -> dict[str, object]:
    """What the page shows of two days that are known."""
    until = asked["until"] or today
    # Today first: to count it may write what it counted, which nothing within as_of can.
    after, before = _standing(until, today), _standing(asked["since"], today)
    scope, units = _scope(asked["department"]), _units()
    found = moves_between(before.rows, after.rows, before_on=before.on, after_on=after.on)
    own = [move for move in found if not scope.value or move.row.department_id == _key(scope)]
    kinds = Counter(move.kind for move in own)
    shown = [move for move in own if not asked["kind"] or move.kind == asked["kind"]]
    page = Paginator(_by_office_order(shown, units), ROWS_ON_PAGE).get_page(query.get("page"))
    return {
        "since": before.on,
        "until": until,
        "is_until_today": until == today,
        "scope": scope,
        "figures": _figure_lines(before, after, scope, today),
        "kinds": _kind_choices(query, kinds),
        "kind": Kind(asked["kind"]).label if asked["kind"] else "",
        "page_obj": page,
        "groups": list(_groups(page.object_list, shown, units, query)),
        "all_departments_url": _address(query, department=""),
        "all_kinds_url": _address(query, kind=""),
        "querystring": f"{_address(query)[1:]}&",
    }


def _standing(day: date, today: date) -> _Standing:
    """The office at the end of ``day``; of today, as it is now."""
    if day == today:
        return _Standing(day, department_figures(day), row_states())
    with as_of(day):
        units = figures_by_unit(Procedure.objects.all(), on=day)
        return _Standing(day, by_department(units), row_states())


def _scope(department: Department | str | None) -> Scope:
    if not department:
        return OFFICE
    return scope_of(None if department == UNASSIGNED else department)


def _key(scope: Scope) -> int | None:
    return None if scope.value == UNASSIGNED else int(scope.value)


def _units() -> dict[int | None, str]:
    """The names of all departments in office order; 所管未定 last."""
    return dict(Department.objects.values_list("pk", "name")) | {None: NO_DEPARTMENT}


def _by_office_order(found: Iterable[Move], units: Mapping[int | None, str]) -> list[Move]:
    places = {key: place for place, key in enumerate(units)}
    return sorted(found, key=lambda move: places.get(move.row.department_id, len(places)))


def _groups(
    on_page: Iterable[Move],
    shown: Iterable[Move],
    units: Mapping[int | None, str],
    query: QueryDict,
) -> Iterable[Group]:
    """The moves of a page by department, each with how many it has on all pages."""
    counts = Counter(move.row.department_id for move in shown)
    for key, own in groupby(on_page, key=lambda move: move.row.department_id):
        group = list(own)
        url = _address(query, department=UNASSIGNED if key is None else str(key))
        yield Group(units.get(key, group[0].row.department), counts[key], url, group)


def _kind_choices(query: QueryDict, kinds: Counter[Kind]) -> list[Choice]:
    chosen = query.get("kind", "")
    return [
        Choice(kind.label, _address(query, kind=kind.value), chosen == kind, kinds[kind])
        for kind in Kind
        if kinds[kind]
    ]


def _figure_lines(
    before: _Standing, after: _Standing, scope: Scope, today: date
) -> list[FigureLine]:
    """The main figures then and now; concerns last."""
    then, now = before.of(scope), after.of(scope)
    rows_then, rows_now = (_rows_on(one.on, today).of(scope) for one in (before, after))
    lines = []
    for definition in DEFINITIONS.values():
        pair = (part.ratio(definition.key) for part in (then, now))
        key = definition.numerator if definition.is_count else definition.denominator
        change = figure_change(FigureChange(definition, *pair))
        unit = "" if change.difference == NOTHING else _unit(definition)
        lines.append(FigureLine(change, unit, rows_then.url(key), rows_now.url(key)))
    return lines


def _unit(definition: Definition) -> str:
    return definition.unit if definition.is_count else "ポイント"


def _rows_on(day: date, today: date) -> Rows:
    """Where the rows of ``day`` are listed."""
    return Rows() if day == today else Rows({"as_of": day.isoformat()}, "past_rows")


def _address(query: QueryDict, **changes: str) -> str:
    """The page with ``changes`` to what is asked for; an empty value takes a condition away."""
    asked = {name: query.get(name, "") for name in _NAMES} | changes
    return f"?{urlencode({name: value for name, value in asked.items() if value})}"
