"""What the inventory is made of: by category with what is left out, and by category and status."""

from collections.abc import Mapping

from procedures.rules import Category, label
from procedures.templatetags.inventory import percent
from tracking.charts import Fill, Series, StackedBarChart, StackedRow, stacked_bar_chart
from tracking.selections import SELECTIONS
from tracking.stats import TARGET_CATEGORIES, Figures, Ratio
from tracking.status_fills import STATUS_FILLS
from tracking.workflow import STATUS_LABELS, Status

from .figures import Cell, Row, Rows, Table

# The parts of the inventory: together all procedures, none twice.
INVENTORY_FILLS = {
    "priority": Fill.SOLID,
    "pending": Fill.DIAGONAL,
    "exempt": Fill.GRID,
    "outside": Fill.DOTS,
    "abolished": Fill.BLANK,
}


def inventory_table(office: Figures, rows: Rows) -> Table:
    """How many procedures each part has, and how much of the whole that is."""
    return Table(
        "台帳の全手続の区分",
        "区分",
        ("手続の数", "台帳に占める割合"),
        tuple(_share_row(key, office.counts, rows) for key in INVENTORY_FILLS),
        _share_row("all", office.counts, rows),
    )


def inventory_chart(office: Figures) -> StackedBarChart:
    """The parts in one bar."""
    return stacked_bar_chart(
        "inventory",
        "台帳の内訳",
        "台帳の全手続を、区分と、対象から除くもので分けた数。数字は隣の表にあります。",
        [Series(SELECTIONS[key].label, fill) for key, fill in INVENTORY_FILLS.items()],
        [StackedRow("手続", tuple(office.counts[key] for key in INVENTORY_FILLS))],
    )


def status_table(office: Figures, rows: Rows) -> Table:
    """The target procedures by category and status."""
    whole = {status: office.counts[f"status_{status}"] for status in Status}
    return Table(
        "対象手続の区分別の状況",
        "区分",
        (*STATUS_LABELS.values(), "計"),
        tuple(
            _status_row(label(one), office.by_status(one), rows.of(category=one.value))
            for one in _categories(rows)
        ),
        _status_row(SELECTIONS["target"].label, whole, rows),
    )


def status_chart(office: Figures, rows: Rows) -> StackedBarChart:
    """A bar for each category, in parts by status."""
    return stacked_bar_chart(
        "statuses",
        "区分別の状況",
        "優先と検討の対象手続を状況で分けた数。数字は次の表にあります。",
        [Series(STATUS_LABELS[status], fill) for status, fill in STATUS_FILLS.items()],
        [
            StackedRow(label(one), tuple(office.by_status(one)[status] for status in STATUS_FILLS))
            for one in _categories(rows)
        ],
    )


def _categories(rows: Rows) -> tuple[Category, ...]:
    """Those of target procedures; where the page is of one category, no other has a row."""
    chosen = rows.conditions.get("category")
    return tuple(one for one in TARGET_CATEGORIES if chosen in (None, one.value))


def _share_row(key: str, counts: Mapping[str, int], rows: Rows) -> Row:
    share = percent(Ratio(counts[key], counts["all"]).rate)
    url = rows.url(key)
    return Row(SELECTIONS[key].label, (Cell(f"{counts[key]:,}", url), Cell(share, url)))


def _status_row(name: str, found: Mapping[Status, int], rows: Rows) -> Row:
    cells = [Cell(f"{found[status]:,}", rows.url(f"status_{status}")) for status in Status]
    return Row(name, (*cells, Cell(f"{sum(found.values()):,}", rows.url("target"))))
