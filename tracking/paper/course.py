"""The part of the paper that says how the office got here and where its plans lead."""

from datetime import date

from procedures.fiscal_year import fiscal_year
from procedures.templatetags.inventory import era_day, fiscal_year_label
from tracking.burn_up import BurnUp, Dates, Month, burn_up
from tracking.editions import EditionContent
from tracking.line_charts import Level, Line, LineChart, Pen, Span, line_chart

from .parts import Column, Drawing, Row, Section, Table

BASIS = "計画は目標日により、実績は開始日により、基準日の対象手続を数えています。"
LATER = "最後の月には、それより後の分も入れています。"
_COLUMNS = (
    Column("時点", 24, is_text=True),
    *map(Column, ("実績", "計画", "見込み", "見込みの率", "目標の率")),
)


def course(content: EditionContent) -> Section:
    """推移と見込み: by month, as it was, as planned, and as expected from the slips so far."""
    office = content.office
    lines = burn_up(
        Dates(office.launches, office.promises, office.slips, office.plans),
        on=content.reference_date,
        target=office.counts["target"],
        goals={goal.fiscal_year: goal.online_rate for goal in content.goals},
    )
    this_month = content.reference_date.replace(day=1)
    ends = [one for one in lines.months if one.first.month == 3 or one.first == this_month]
    return Section(
        "course",
        "推移と見込み",
        "推移",
        _sentences(content, lines),
        (Drawing("charts/line_chart.html", _chart(lines, this_month)),),
        (
            Table(
                "オンライン化済の手続の数（年度末と基準日）",
                _COLUMNS,
                tuple(_row(content, lines, one) for one in ends),
            ),
            Table(
                "オンライン化済の手続の数（月末）",
                _COLUMNS,
                tuple(_row(content, lines, one) for one in lines.months),
                is_on_paper=False,
            ),
        ),
    )


def _row(content: EditionContent, lines: BurnUp, month: Month) -> Row:
    on, target = content.reference_date, content.office.counts["target"]
    is_present = month.first == on.replace(day=1)
    goals = {goal.year: goal.rate for goal in lines.goals}
    return (
        f"{_month(month.first)}{f'（実績は{on.day}日まで）' if is_present else ''}",
        month.actual,
        month.plan,
        month.forecast,
        None if month.forecast is None or not target else month.forecast / target,
        goals.get(fiscal_year(month.first)) if month.first.month == 3 else None,
    )


def _sentences(content: EditionContent, lines: BurnUp) -> tuple[str, ...]:
    undated = content.office.counts["no_target_date"]
    sentences = [BASIS + _slip(lines)]
    if undated:
        sentences.append(f"目標日が未定の{undated:,}件は、計画にも見込みにも入っていません。")
    if lines.after_count or lines.expected_after_count:
        sentences.append(LATER)
    return tuple(sentences)


def _slip(lines: BurnUp) -> str:
    if lines.slip_days is None:
        return "見込みは、目標日のとおりに進む場合のものです。"
    word = "遅らせた" if lines.slip_days >= 0 else "早めた"
    return (
        f"見込みは、目標日を、これまでのずれの中央値{abs(lines.slip_days):,}日（"
        f"{lines.slip_count:,}件の目標日から開始日まで）だけ{word}ものです。"
    )


def _chart(lines: BurnUp, this_month: date) -> LineChart:
    months = lines.months
    first = fiscal_year(months[0].first)
    spans = [
        Span(fiscal_year_label(first + place), place * 12, place * 12 + 11)
        for place in range(len(months) // 12)
    ]
    return line_chart(
        "paper-course",
        "オンライン化済の手続の数の推移と見込み",
        "月末ごとのオンライン化済の手続の数の実績、計画、見込みと、年度ごとの目標。数字は上の表にあります。",
        [
            Line("実績", Pen.ACTUAL, tuple(one.actual for one in months)),
            Line("計画（目標日）", Pen.PLAN, tuple(one.plan for one in months)),
            Line("見込み", Pen.FORECAST, tuple(one.forecast for one in months)),
        ],
        spans=spans,
        levels=[
            Level(f"目標 {goal.count:,}", span.first, span.last, goal.count)
            for goal in lines.goals
            for span in (spans[goal.year - first],)
        ],
        mark=([one.first for one in months].index(this_month), "基準日"),
    )


def _month(first: date) -> str:
    """「令和8年11月」, of the first day of the month."""
    return era_day(first).removesuffix("1日")
