"""全庁の状況: how far the whole office is (clause 5), for the information policy division."""

from collections.abc import Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from procedures.models import Procedure
from procedures.permissions import check_can_see_dashboard, rights_of
from procedures.rules import POLICY_2024, label
from procedures.templatetags.inventory import fiscal_year_label, percent
from tracking.charts import (
    BarChart,
    BarRow,
    Fill,
    Series,
    StackedBarChart,
    StackedRow,
    bar_chart,
    stacked_bar_chart,
)
from tracking.selections import SELECTIONS
from tracking.stats import DepartmentFigures, Overview, Ratio, overview
from tracking.workflow import STATUS_LABELS, Status

from . import figures
from .figures import Cell, Row, Table, rows_url

# The parts of the inventory: together all procedures, none twice.
INVENTORY_FILLS = {
    "priority": Fill.SOLID,
    "pending": Fill.DIAGONAL,
    "exempt": Fill.GRID,
    "outside": Fill.DOTS,
    "abolished": Fill.BLANK,
}
STATUS_FILLS = {
    Status.NOT_STARTED: Fill.BLANK,
    Status.REVIEWING: Fill.DOTS,
    Status.PREPARING: Fill.VERTICAL,
    Status.TESTING: Fill.BACK_DIAGONAL,
    Status.ONLINE: Fill.SOLID,
    Status.ON_HOLD: Fill.GRID,
}


@require_GET
def dashboard(request: HttpRequest) -> HttpResponse:
    """The office's figures, each with its rows behind it."""
    check_can_see_dashboard(request.user)
    office = overview(Procedure.objects.visible_to(request.user), on=timezone.localdate())
    context = {
        "overview": office,
        "policy": POLICY_2024,
        "is_empty": not office.office.counts["all"],
        "can_set_goal": rights_of(request.user).is_administrator,
    }
    return render(request, "tracking/dashboard.html", context | _sections(office))


def _sections(office: Overview) -> dict[str, object]:
    # A department without procedures is only named; 所管未定 stands there even when it is empty.
    shown = [
        unit for unit in office.departments if unit.department is None or unit.figures.counts["all"]
    ]
    overdue = [unit for unit in shown if unit.figures.counts["overdue"]]
    return {
        "rates": figures.cards(
            figures.RATES, office.office, usage_year=fiscal_year_label(office.usage_year)
        ),
        "concerns": figures.cards(figures.CONCERNS, office.office, stale_days=settings.STALE_DAYS),
        "progress": figures.table(figures.PROGRESS, shown, office.office),
        "progress_chart": _progress_chart(office, shown),
        "details": figures.table(figures.DETAILS, shown, office.office),
        "without_procedures": [
            unit.department
            for unit in office.departments
            if unit.department and not unit.figures.counts["all"]
        ],
        "inventory": _inventory_table(office),
        "inventory_chart": _inventory_chart(office),
        "statuses": _status_table(office),
        "status_chart": _status_chart(office),
        "concerns_by_unit": figures.table(figures.CONCERNS_BY_UNIT, shown, office.office),
        "has_overdue": bool(overdue),
        "overdue_chart": _overdue_chart(overdue),
    }


def _progress_chart(office: Overview, units: Sequence[DepartmentFigures]) -> BarChart:
    named = [(figures.scope_of(unit.department).label, unit.figures.online) for unit in units]
    named.append((figures.TOTAL, office.office.online))
    return bar_chart(
        "progress",
        "部局室別のオンライン化率",
        f"{len(units)}の部局室等と全庁の、対象手続に占めるオンライン化済の割合。"
        "数字は隣の表にあります。",
        [BarRow(name, ratio.rate, percent(ratio.rate)) for name, ratio in named],
        goal=office.goal_rate,
    )


def _inventory_table(office: Overview) -> Table:
    counts = office.office.counts
    return Table(
        "台帳の全手続の区分",
        "区分",
        ("手続の数", "台帳に占める割合"),
        tuple(_share_row(SELECTIONS[key].label, key, counts) for key in INVENTORY_FILLS),
        _share_row(SELECTIONS["all"].label, "all", counts),
    )


def _share_row(name: str, key: str, counts: dict[str, int]) -> Row:
    share = percent(Ratio(counts[key], counts["all"]).rate)
    return Row(name, (Cell(f"{counts[key]:,}", rows_url(key)), Cell(share, rows_url(key))))


def _inventory_chart(office: Overview) -> StackedBarChart:
    counts = office.office.counts
    return stacked_bar_chart(
        "inventory",
        "台帳の内訳",
        "台帳の全手続を、区分と、対象から除くもので分けた数。数字は隣の表にあります。",
        [Series(SELECTIONS[key].label, fill) for key, fill in INVENTORY_FILLS.items()],
        [StackedRow("手続", tuple(counts[key] for key in INVENTORY_FILLS))],
    )


def _status_table(office: Overview) -> Table:
    counts = office.office.counts
    return Table(
        "対象手続の区分別の状況",
        "区分",
        (*STATUS_LABELS.values(), "計"),
        tuple(
            _status_row(label(category), found, "target", category=category.value)
            for category, found in office.statuses.items()
        ),
        _status_row(
            SELECTIONS["target"].label,
            {status: counts[f"status_{status}"] for status in Status},
            "target",
        ),
    )


def _status_row(name: str, found: dict[Status, int], whole: str, **only: str) -> Row:
    cells = [Cell(f"{found[status]:,}", rows_url(f"status_{status}", **only)) for status in Status]
    return Row(name, (*cells, Cell(f"{sum(found.values()):,}", rows_url(whole, **only))))


def _status_chart(office: Overview) -> StackedBarChart:
    return stacked_bar_chart(
        "statuses",
        "区分別の状況",
        "優先と検討の対象手続を状況で分けた数。数字は隣の表にあります。",
        [Series(STATUS_LABELS[status], fill) for status, fill in STATUS_FILLS.items()],
        [
            StackedRow(label(category), tuple(found[status] for status in STATUS_FILLS))
            for category, found in office.statuses.items()
        ],
    )


def _overdue_chart(units: Sequence[DepartmentFigures]) -> StackedBarChart:
    return stacked_bar_chart(
        "overdue",
        "部局室別の期限超過",
        "目標日を過ぎた手続がある部局室と、その数。数字は隣の表にあります。",
        [Series(SELECTIONS["overdue"].label, Fill.DIAGONAL)],
        [
            StackedRow(figures.scope_of(unit.department).label, (unit.figures.counts["overdue"],))
            for unit in units
        ],
    )
