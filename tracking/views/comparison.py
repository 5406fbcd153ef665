"""版の比較: two editions, or one and today, and the rows behind each difference."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from procedures.models import Procedure
from procedures.permissions import check_can_see_dashboard
from procedures.templatetags.inventory import percent
from tracking.edition_comparison import (
    REASON_LABELS,
    Comparison,
    DepartmentChange,
    FigureChange,
    Side,
    compare,
)
from tracking.edition_draft import draft
from tracking.editions import UnreadableEdition, content_of, is_intact, rows_of
from tracking.forms.editions import TODAY, ComparisonForm
from tracking.models import Edition
from tracking.moves import NO_DEPARTMENT, Kind, RowState
from tracking.navigation import instruments
from tracking.stats import Ratio

ROWS_ON_PAGE = 100
NOW = "今日の数字"
NOTHING = "－"
UNREADABLE = "選んだ版の内容が読み取れないため、比べられません。"


@dataclass(frozen=True, slots=True)
class Change:
    """One line: a name, a value then and now as text, and what lies between."""

    label: str
    before: str
    after: str
    difference: str


@dataclass(frozen=True, slots=True)
class StepLine:
    """One reason for another rate: how many rows, their address, and the points that they make."""

    label: str
    count: int
    url: str
    points: str


@dataclass(frozen=True, slots=True)
class DepartmentLine:
    """One department's rate then and now, and how many rows each reason has there."""

    change: Change
    former_name: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RowLine:
    """One procedure behind a number; ``pk`` is None where it is no more."""

    pk: int | None
    number: str
    name: str
    department: str
    before: str
    after: str


_Told = tuple[RowState, str, str]
"""A row, and in Japanese what was and what is; empty where a reason is all that is told."""


@require_GET
def edition_compare(request: HttpRequest) -> HttpResponse:
    """Two editions, or one and today; ``rows`` names the reason or kind whose rows are shown."""
    check_can_see_dashboard(request.user)
    editions = list(Edition.objects.for_list())
    form = ComparisonForm(request.GET if "from" in request.GET else None, editions=editions)
    context: dict[str, Any] = {
        "form": form,
        "editions": editions,
        "instruments": instruments("edition_list"),
        "comparison": None,
    }
    if form.is_valid():
        chosen = [form.cleaned_data[name] for name in ("from", "to")]
        frozen = Edition.objects.in_bulk([int(key) for key in chosen if key != TODAY])
        try:
            before, after = (
                _today() if key == TODAY else _side(frozen[int(key)]) for key in chosen
            )
        except UnreadableEdition:
            form.add_error(None, UNREADABLE)
        else:
            context |= _shown(request, before, after)
            context["altered"] = [one for one in frozen.values() if not is_intact(one)]
    return render(request, "tracking/edition_compare.html", context)


def _today() -> Side:
    today = draft(on=timezone.localdate(), title=NOW, since=None)
    return Side(today.content, today.rows)


def _side(edition: Edition) -> Side:
    return Side(content_of(edition.content), rows_of(edition.rows))


def _shown(request: HttpRequest, before: Side, after: Side) -> dict[str, Any]:
    found = compare(before, after)
    query = {name: request.GET[name] for name in ("from", "to")}
    title, rows = _rows(found, request.GET.get("rows", ""))
    page = Paginator(rows, ROWS_ON_PAGE).get_page(request.GET.get("page"))
    kinds = Counter(move.kind for move in found.moves)
    steps = found.steps
    return {
        "comparison": found,
        "before": before.content,
        "after": after.content,
        "figures": [figure_change(one) for one in found.figures],
        "rate": _rate_change("オンライン化率", steps[0].before, steps[-1].after),
        "steps": [
            StepLine(
                REASON_LABELS[step.reason],
                len(step.rows),
                _url(query, step.reason),
                points(step.before, step.after),
            )
            for step in steps
        ],
        "step_count": sum(len(step.rows) for step in steps),
        "reasons": list(REASON_LABELS.values()),
        "departments": [_department_line(one) for one in found.departments if _is_told(one)],
        "kinds": [(kind.label, kinds[kind], _url(query, kind)) for kind in Kind if kinds[kind]],
        "grounds": [_count_change(one.label, one.before, one.after) for one in found.grounds],
        "obstacles": [
            (
                _count_change(one.label, one.before.procedure_count, one.after.procedure_count),
                _count_change(one.label, one.before.freed_count, one.after.freed_count),
            )
            for one in found.obstacles
        ],
        "rows_title": title,
        "has_values": any(was or now for _, was, now in rows),
        "page_obj": page,
        "rows": _row_lines(page.object_list),
        "querystring": urlencode(query | {"rows": request.GET.get("rows", "")}),
    }


def _url(query: dict[str, str], rows: str) -> str:
    return f"?{urlencode(query | {'rows': str(rows)})}#rows"


def figure_change(change: FigureChange) -> Change:
    """One figure then and now: a count, or a rate with what lies between in points."""
    definition = change.definition
    if definition.is_count:
        return _count_change(
            definition.label, change.before.numerator, change.after.numerator, definition.unit
        )
    return _rate_change(definition.label, change.before, change.after)


def _rate_change(label: str, before: Ratio, after: Ratio) -> Change:
    return Change(label, _parts(before), _parts(after), points(before, after))


def _parts(ratio: Ratio) -> str:
    return f"{percent(ratio.rate)}（{ratio.numerator:,} ÷ {ratio.denominator:,}）"


def _count_change(label: str, before: int, after: int, unit: str = "") -> Change:
    difference = signed(f"{abs(after - before):,}", after - before)
    return Change(label, f"{before:,}{unit}", f"{after:,}{unit}", difference)


def points(before: Ratio, after: Ratio) -> str:
    """What lies between two rates as they are shown, in points: 「+0.7」; 「－」 without a rate."""
    if before.rate is None or after.rate is None:
        return NOTHING
    difference = tenths(after) - tenths(before)
    return signed(f"{abs(difference) / 10:.1f}", difference)


def tenths(ratio: Ratio) -> int:
    """A rate in tenths of a percent as it is shown, so that shown differences add up."""
    return round(float(percent(ratio.rate).removesuffix("%")) * 10)


def signed(size: str, difference: int) -> str:
    """A difference with its sign, 「±0」 where there is none."""
    return f"{'+' if difference > 0 else '−' if difference else '±'}{size}"


def _is_told(change: DepartmentChange) -> bool:
    """Departments without target procedures on both sides are left out."""
    return any(ratio and ratio.denominator for ratio in (change.before, change.after))


def _department_line(change: DepartmentChange) -> DepartmentLine:
    before, after = (ratio or Ratio(0, 0) for ratio in (change.before, change.after))
    return DepartmentLine(
        _rate_change(change.name, before, after),
        change.former_name,
        tuple(len(step.rows) for step in change.steps),
    )


def _rows(found: Comparison, wanted: str) -> tuple[str, Sequence[_Told]]:
    """The rows of one reason or one kind of move, under its name; none for any other word."""
    for step in found.steps:
        if step.reason == wanted:
            return REASON_LABELS[step.reason], [(row, "", "") for row in step.rows]
    if wanted in Kind.values:
        moves = [move for move in found.moves if move.kind == wanted]
        return str(Kind(wanted).label), [(move.row, move.before, move.after) for move in moves]
    return "", ()


def _row_lines(told: Sequence[_Told]) -> list[RowLine]:
    there = set(
        Procedure.objects.filter(pk__in=[row.pk for row, _, _ in told]).values_list("pk", flat=True)
    )
    return [
        RowLine(
            row.pk if row.pk in there else None,
            row.number,
            row.name,
            row.department or NO_DEPARTMENT,
            before,
            after,
        )
        for row, before, after in told
    ]
