"""全庁の状況: how far the whole office is (clause 5), for the information policy division."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import partial

from django.conf import settings
from django.db.models import Exists
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from procedures.models import PolicyEdition
from procedures.permissions import check_can_see_dashboard
from procedures.policies import edition_in_force
from procedures.templatetags.inventory import fiscal_year_label, percent
from tracking.charts import BarChart, BarRow, bar_chart
from tracking.dashboard_filter import (
    ORDER_LABELS,
    DashboardFilter,
    View,
    address,
    conditions_in,
    is_to_unfold,
)
from tracking.distribution import awaited_sheets
from tracking.exemption_figures import exemptions_by_month
from tracking.figures import CONCERNS, DEFINITIONS, QUALITY, Weight
from tracking.forms.dashboard import ViewForm
from tracking.models import Reorganisation
from tracking.navigation import instruments
from tracking.online_rates import rates_over
from tracking.remembered import Remembered
from tracking.selections import thresholds
from tracking.stats import Overview

from . import figures
from .base_rates import base_rows
from .burn_up import burn_up_section
from .compared import Compared, UnitFigures, compared
from .exemption_parts import ground_table, month_chart, month_table
from .figures import CONCERN_COLUMNS, DETAIL_COLUMNS, Column, Count, Rows, Table, rate_columns
from .inventory_parts import inventory_chart, inventory_table, status_chart, status_table

_WAITING = ("exemption_proposed", "exemption_review_due", "consulting", "asking", "unassigned")
WAITING = tuple(DEFINITIONS[key] for key in _WAITING)
"""What waits for the division."""
LATE = tuple(definition for definition in CONCERNS if definition not in WAITING)
TEAMS_WAITING = ("asked", "issue_due", "to_confirm")
"""The sets that wait for the teams."""
CHOSEN = "条件に合う手続"
_DRAWN: Remembered[SafeString] = Remembered(most=32)
"""The page's sections by all that they are made of."""


@require_GET
def dashboard(request: HttpRequest) -> HttpResponse:
    """The office's figures, each with its rows behind it; what is asked for is in the address."""
    check_can_see_dashboard(request.user)
    form = ViewForm(request.GET, timezone.localdate())
    conditions = conditions_in(request.GET)
    context = {
        "form": form,
        **_policies(timezone.localdate()),
        "instruments": instruments("dashboard"),
        "conditions": conditions,
        "is_unfolded": is_to_unfold(request.GET),
        "unfold_url": address(request.GET, conditions="open"),
        "clear_url": address(request.GET, **dict.fromkeys(conditions, "")),
        "now_url": address(request.GET, as_of=""),
    }
    if not form.is_valid():
        return render(request, "tracking/dashboard.html", context)
    view = form.view
    with view.moment():
        context |= _board(request.GET, view)
        return render(request, "tracking/dashboard.html", context)


def _policies(on: date) -> dict[str, object]:
    """The edition in force, the one that waits, and whether a reorganisation is due; one query."""
    states = PolicyEdition.State
    editions = PolicyEdition.objects.filter(state__in=[states.IN_FORCE, states.SCHEDULED])
    found = list(editions.annotate(is_to_reorganise=Exists(Reorganisation.objects.due(on))))
    by_state = {edition.state: edition for edition in found}
    return {
        "policy": by_state[states.IN_FORCE],
        "waiting_policy": by_state.get(states.SCHEDULED),
        "is_to_reorganise": any(edition.is_to_reorganise for edition in found),
    }


def figure_words(overview: Overview) -> dict[str, object]:
    """What fills the blanks of formulas and notes."""
    return {
        "usage_year": fiscal_year_label(overview.usage_year),
        "stale_days": settings.STALE_DAYS,
        "confirm_days": settings.CONFIRM_DAYS,
    }


def _board(query: QueryDict, view: View) -> dict[str, object]:
    """What stands on the page; an invalid condition shows its error and no figures."""
    conditions = conditions_in(query)
    narrowing = DashboardFilter(query) if conditions or is_to_unfold(query) else None
    if narrowing is not None and not narrowing.form.is_valid():
        return {"narrowing": narrowing}
    found = compared(view, narrowing if conditions else None)
    is_empty = not found.overview.office.counts["all"]
    return {
        "view": view,
        **({"policy": edition_in_force()} if view.past_day else {}),
        "narrowing": narrowing,
        "overview": found.overview,
        "is_empty": is_empty,
        "sections": "" if is_empty else _sections(query, view, found),
    }


def _sections(query: QueryDict, view: View, found: Compared) -> SafeString:
    """The figures, charts and tables; of kept figures those that were drawn before."""
    conditions = conditions_in(query)
    sheets = () if conditions or view.past_day else _awaited()

    def drawn() -> SafeString:
        context = _drawing(query, view, found, sheets)
        return render_to_string("tracking/_dashboard_sections.html", context)

    if found.made_of is None:
        return drawn()
    units = tuple(unit.scope for unit in found.units)
    goals = tuple(found.overview.goals.items())
    shown = (found.made_of, units, found.without, goals, sheets)
    return _DRAWN.of((address(query), view, thresholds(), *shown), drawn)


def _drawing(
    query: QueryDict, view: View, found: Compared, sheets: Sequence[Count]
) -> dict[str, object]:
    conditions = conditions_in(query)
    months = exemptions_by_month(found.procedures, on=view.on)
    rows = _rows(view, conditions)
    office = found.overview.office
    # The office's goal is one for its units too, but for no other choice of procedures.
    is_of_units = conditions.keys() <= {"department", "division"}
    goals = found.overview.goals if is_of_units else {}
    # It is one at the policy's own rate.
    has_goal = is_of_units and view.rate is DEFINITIONS["online"]
    return {
        "view": view,
        "conditions": conditions,
        "overview": found.overview,
        "without_procedures": found.without,
        **_cards(view, found.overview, rows),
        "base_rows": base_rows(office, rows, partial(_rate_url, query, view)),
        "teams_waiting": figures.counts(TEAMS_WAITING, office, rows=rows),
        "sheets": sheets,
        **burn_up_section(office, on=view.on, goals=goals, rows=rows),
        **_comparison(query, view, found, rows),
        "has_goal": has_goal,
        "progress_chart": _progress_chart(
            view, found, rows, found.overview.goal_rate if has_goal else None
        ),
        "grounds": ground_table(office, rows),
        "months": month_table(months, rows),
        "month_chart": month_chart(months),
        "inventory": inventory_table(office, rows),
        "inventory_chart": inventory_chart(office),
        "statuses": status_table(office, rows),
        "status_chart": status_chart(office, rows),
    }


def _rows(view: View, conditions: dict[str, str]) -> Rows:
    """Where the rows behind the page's numbers are listed."""
    if view.past_day is None:
        return Rows(conditions)
    return Rows({"as_of": view.past_day.isoformat()} | conditions, "past_rows")


def _cards(view: View, overview: Overview, rows: Rows) -> dict[str, object]:
    words = figure_words(overview)
    shown = {
        "rates": rates_over(view.base),
        "quality": QUALITY,
        "late": LATE,
        "waiting": WAITING,
    }
    found = {
        name: figures.cards(definitions, overview.office, rows, **words)
        for name, definitions in shown.items()
    }
    fresh = next(card for card in found["quality"] if card.definition.key == "fresh")
    return found | {"fresh": fresh, "confirm_days": settings.CONFIRM_DAYS}


def _rate_url(query: QueryDict, view: View, base: str, weight: Weight) -> str:
    """The page with another rate."""
    is_shown = (base, weight) == (view.base, view.weight)
    return "" if is_shown else address(query, base=base, weight=weight)


def _awaited() -> tuple[Count, ...]:
    """The departments' workbooks that are not back, by the distribution in which they went out."""
    awaited = Counter(
        (sheet.distribution_id, sheet.distribution.name) for sheet in awaited_sheets()
    )
    return tuple(
        Count(f"配付「{name}」で戻っていない表", count, reverse("distribution_detail", args=[pk]))
        for (pk, name), count in awaited.items()
    )


def _comparison(query: QueryDict, view: View, found: Compared, rows: Rows) -> dict[str, object]:
    """The units beside each other, as a chart and a table, or two where details are asked for."""
    columns = (*rate_columns(view.rate), *CONCERN_COLUMNS)
    return {
        "department": found.department,
        "progress": _table(f"{view.rate.label}と、確認が必要な手続", columns, query, found, rows),
        "details": _table("内訳", DETAIL_COLUMNS, query, found, rows) if view.has_details else None,
        "details_url": address(query, details="" if view.has_details else "open"),
        "orders": [
            {"label": label, "url": address(query, order=order), "is_current": order == view.order}
            for order, label in ORDER_LABELS.items()
        ],
    }


def _table(
    title: str, columns: Sequence[Column], query: QueryDict, found: Compared, rows: Rows
) -> Table:
    def own(unit: UnitFigures) -> figures.Row:
        url = "" if found.department else address(query, department=unit.scope.value)
        return figures.row(unit.scope.label, columns, unit.figures, rows.of(unit.scope), url)

    kind = "課" if found.department else "部局室"
    return Table(
        f"{kind}別の{title}",
        kind,
        tuple(column.label for column in columns),
        tuple(own(unit) for unit in found.units),
        figures.row(_whole(rows), columns, found.overview.office, rows),
    )


def _whole(rows: Rows) -> str:
    """The name of all that the page shows the figures of."""
    return CHOSEN if rows.conditions.keys() - {"as_of"} else figures.TOTAL


def _progress_chart(view: View, found: Compared, rows: Rows, goal: float | None) -> BarChart:
    named = [(unit.scope.label, unit.figures) for unit in found.units]
    named.append((_whole(rows), found.overview.office))
    rates = [(name, part.ratio_of(view.rate).rate) for name, part in named]
    return bar_chart(
        "progress",
        view.rate.label,
        f"{len(found.units)}の部局室や課と全体の率。数字は次の表にあります。",
        [BarRow(name, rate, percent(rate)) for name, rate in rates],
        goal=goal,
    )
