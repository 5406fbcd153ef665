"""How the burn-up is shown: the chart, its tables, and what has to be said of its lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from procedures.templatetags.inventory import percent
from tracking.burn_up import BurnUp, Dates, Month, YearGoal, burn_up
from tracking.line_charts import Level, Line, LineChart, Pen, Span, line_chart
from tracking.stats import Figures

from .figures import EVERYTHING, Cell, Count, Row, Rows, Table, counts

NOTHING = "－"
NO_SLIP = (
    "目標日をそのまま使っています。開始日と目標日の両方がある手続がまだなく、遅れが分からない"
    "ためです。"
)
LATE = (
    "まだオンライン化済でない手続の目標日に、これまでの遅れの中央値 {days:,}日（{count:,}手続の"
    "目標日から開始日まで）を足したものです。"
)
EARLY = (
    "まだオンライン化済でない手続の目標日から、これまでに早まった日数の中央値 {days:,}日"
    "（{count:,}手続の開始日から目標日まで）を引いたものです。"
)
_COLUMNS = ("実績", "計画", "見込み", "目標")


@dataclass(frozen=True, slots=True)
class BurnUpSection:
    """月ごとの推移 of some procedures: ``quarters`` and ``months`` are the chart's numbers.

    ``forecast`` says how the forecast comes about. ``undated`` counts the unfinished without a
    target date, which stand in no line.
    """

    lines: BurnUp
    forecast: str
    chart: LineChart
    quarters: Table
    months: Table
    undated: Count


def burn_up_section(
    figures: Figures, *, on: date, goals: Mapping[int, float], rows: Rows = EVERYTHING
) -> dict[str, BurnUpSection]:
    """The context of ``tracking/_burn_up.html``: the lines of ``figures`` on the day ``on``.

    ``goals`` are rates (0 to 1) by fiscal year, taken of the target procedures of ``figures``;
    ``rows`` lists the procedures behind numbers.
    """
    dates = Dates(figures.launches, figures.promises, figures.slips, figures.plans)
    lines = burn_up(dates, on=on, target=figures.counts["target"], goals=goals)
    shown = [_row(month, lines, on, rows) for month in lines.months]
    quarters = [
        row
        for month, row in zip(lines.months, shown, strict=True)
        if month.first.month % 3 == 0 or _is_now(month, on)
    ]
    (undated,) = counts(("no_target_date",), figures, rows=rows)
    section = BurnUpSection(
        lines=lines,
        forecast=_how(lines),
        chart=_chart(lines, on),
        quarters=_table("オンライン化済の手続の数（四半期末と基準日の月）", quarters),
        months=_table("オンライン化済の手続の数（各月末）", shown),
        undated=undated,
    )
    return {"burn_up": section}


def _how(lines: BurnUp) -> str:
    if lines.slip_days is None:
        return NO_SLIP
    sentence = LATE if lines.slip_days >= 0 else EARLY
    return sentence.format(days=abs(lines.slip_days), count=lines.slip_count)


def _table(title: str, rows: list[Row]) -> Table:
    return Table(title, "月", _COLUMNS, tuple(rows), None)


def _row(month: Month, lines: BurnUp, on: date, rows: Rows) -> Row:
    goal = next((one for one in lines.goals if _is_end_of(one, month)), None)
    # Of all these numbers one is a set of rows: what is online now.
    url = rows.url("online") if _is_now(month, on) else ""
    return Row(
        _label(month, lines, on),
        (
            Cell(_text(month.actual), url),
            Cell(_text(month.plan)),
            Cell(_text(month.forecast)),
            Cell(f"{goal.count:,}（{percent(goal.rate)}）" if goal else NOTHING),
        ),
    )


def _label(month: Month, lines: BurnUp, on: date) -> str:
    label = _month(month)
    if _is_now(month, on):
        return f"{label}（実績は{on.day}日まで）"
    has_more = lines.after_count or lines.expected_after_count
    return f"{label}以降" if has_more and month is lines.months[-1] else label


def _month(month: Month) -> str:
    return f"{month.first.year}年{month.first.month}月"


def _text(count: int | None) -> str:
    return NOTHING if count is None else f"{count:,}"


def _is_now(month: Month, on: date) -> bool:
    return month.first == on.replace(day=1)


def _is_end_of(goal: YearGoal, month: Month) -> bool:
    return month.first == date(goal.year + 1, 3, 1)


def _chart(lines: BurnUp, on: date) -> LineChart:
    months = lines.months
    first_year = months[0].first.year
    now = next(place for place, month in enumerate(months) if _is_now(month, on))
    return line_chart(
        "burn-up",
        "オンライン化済の手続の数の推移",
        f"{_month(months[0])}から{_month(months[-1])}までの各月末の、実績・計画・見込みと、"
        "年度末の目標。数字は隣の表にあります。",
        (
            Line("計画（目標日どおり）", Pen.PLAN, tuple(month.plan for month in months)),
            Line("見込み", Pen.FORECAST, tuple(month.forecast for month in months)),
            Line("実績", Pen.ACTUAL, tuple(month.actual for month in months)),
        ),
        spans=[
            Span(_year_label(first_year + place // 12), place, place + 11)
            for place in range(0, len(months), 12)
        ],
        levels=[
            Level(f"目標 {goal.rate * 100:.4g}%", place, place + 11, goal.count)
            for goal in lines.goals
            for place in [12 * (goal.year - first_year)]
        ],
        mark=(now, "基準日"),
    )


def _year_label(year: int) -> str:
    """A fiscal year as short as the axis of a chart wants it."""
    return f"令和{year - 2018}年度" if year > 2019 else f"{year}年度"
