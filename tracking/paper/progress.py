"""The parts of the paper that say how far the office is: figures, departments, statuses."""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil

from procedures.rules import Category
from procedures.templatetags.inventory import percent
from tracking.charts import DEFAULT_WIDTH, BarRow, Series, StackedRow, bar_chart, stacked_bar_chart
from tracking.editions import EditionContent
from tracking.figures import EXCLUDED, Definition
from tracking.hatching import Fill
from tracking.stats import TARGET_CATEGORIES, Figures
from tracking.status_fills import STATUS_FILLS
from tracking.workflow import Status

from .parts import TOTAL, Column, Drawing, Row, Section, Table, in_order

WHOLE_DEPARTMENT = "（計）"
AVERAGE = "全庁の率は、部局室の率の平均ではなく、全庁の手続と件数を合計して計算しています。"
_BARS_ALONE = 12  # in one chart over the whole width; more stand in two beside each other
_BARS_PER_PAIR = 60  # of two charts that fit on a sheet
_PARTS = ("priority", "pending", *EXCLUDED)  # of the inventory: all of it, nothing twice


def office(content: EditionContent) -> Section:
    """全庁の状況: every figure with what it is made of and what it leaves out."""
    before = (Column("前回"),) if content.since_office else ()
    left_out_column = Column("除いた手続", 48, is_text=True)
    rates = Table(
        "率",
        (
            *(Column("指標", 30, is_text=True), Column("率"), *before),
            *(Column("分子"), Column("分母"), Column("単位", 8, is_text=True), left_out_column),
        ),
        tuple(_rate_row(content, one) for one in content.definitions if not one.is_count),
    )
    concerns = Table(
        "確認が必要な手続",
        (
            *(Column("指標", 30, is_text=True), Column("手続の数"), *before),
            *(Column("分母"), Column("分母の範囲", 28, is_text=True), left_out_column),
        ),
        tuple(_count_row(content, one) for one in content.definitions if one.is_count),
    )
    return Section("office", "全庁の状況", "全庁", tables=(rates, concerns))


def left_out(content: EditionContent, keys: Iterable[str]) -> str:
    """What is left out of a figure, as 「適用除外12、廃止3」; nothing where nothing is."""
    names, counts = content.labels["sets"], content.office.counts
    return "、".join(f"{names[key]}{counts[key]:,}" for key in keys if counts[key])


def _rate_row(content: EditionContent, definition: Definition) -> Row:
    ratio, before = content.ratio(definition.key), content.since_office
    return (
        definition.label,
        ratio.rate,
        *((content.ratio(definition.key, before).rate,) if before else ()),
        ratio.numerator,
        ratio.denominator,
        str(definition.unit),
        left_out(content, definition.left_out),
    )


def _count_row(content: EditionContent, definition: Definition) -> Row:
    ratio, before = content.ratio(definition.key), content.since_office
    return (
        definition.label,
        ratio.numerator,
        *((content.ratio(definition.key, before).numerator,) if before else ()),
        ratio.denominator,
        content.labels["sets"][definition.denominator],
        left_out(content, definition.left_out),
    )


_UNIT = Column("部局室", 26, is_text=True)
_UNIT_COLUMNS = (
    Column("対象"),
    Column("オンライン化済"),
    Column("オンライン化率"),
    Column("優先"),
    Column("優先の済"),
    Column("優先の率"),
    Column("件数での率"),
    Column("期限超過"),
    Column("国より遅い計画"),
    Column("最近の確認率"),
)


def _unit_values(content: EditionContent, figures: Figures) -> Row:
    counts = figures.counts
    return (
        counts["target"],
        counts["online"],
        content.ratio("online", figures).rate,
        counts["priority"],
        counts["priority_online"],
        content.ratio("priority", figures).rate,
        content.ratio("applications", figures).rate,
        counts["overdue"],
        counts["behind_national"],
        content.ratio("fresh", figures).rate,
    )


def departments(content: EditionContent) -> Section:
    """部局室別の状況, in office order; in the workbook also by division (課)."""
    # 所管未定 stands there even when it is empty; a department without procedures is only named.
    shown = [one for one in content.departments if one.id is None or one.figures.counts["all"]]
    named = [one.name for one in content.departments if one not in shown]
    total = _unit_values(content, content.office)
    table = Table(
        "部局室別の状況（建制順）",
        (_UNIT, *_UNIT_COLUMNS),
        tuple((one.name, *_unit_values(content, one.figures)) for one in shown),
        (TOTAL, *total),
        is_in_workbook=False,
    )
    divisions = Table(
        "部局室と課の状況（建制順）",
        (_UNIT, Column("課", 26, is_text=True), *_UNIT_COLUMNS),
        tuple(
            (one.name, name, *_unit_values(content, figures))
            for one in shown
            for name, figures in (
                (WHOLE_DEPARTMENT, one.figures),
                *((division.name, division.figures) for division in one.divisions),
            )
        ),
        (TOTAL, WHOLE_DEPARTMENT, *total),
        is_on_paper=False,
    )
    sentences = [AVERAGE]
    if named:
        sentences.append(f"手続の登録がない部局室は、{'、'.join(named)}です。")
    return Section(
        "departments",
        "部局室別の状況",
        "部局室別",
        tuple(sentences),
        _department_charts(content, [(one.name, one.figures) for one in shown]),
        (table, divisions),
    )


def _department_charts(
    content: EditionContent, units: Sequence[tuple[str, Figures]]
) -> tuple[Drawing, ...]:
    bars = [*units, (TOTAL, content.office)]
    number = 1 if len(bars) <= _BARS_ALONE else 2 * ceil(len(bars) / _BARS_PER_PAIR)
    size = ceil(len(bars) / number)
    return tuple(
        Drawing(
            "charts/bar_chart.html",
            bar_chart(
                f"paper-departments-{part + 1}",
                f"部局室別のオンライン化率{f'（{part + 1}／{number}）' if number > 1 else ''}",
                "対象手続に占めるオンライン化済の割合。数字は上の表にあります。",
                [
                    BarRow(name, rate, percent(rate))
                    for name, figures in bars[part * size : (part + 1) * size]
                    for rate in (content.ratio("online", figures).rate,)
                ],
                goal=content.goal_rate,
                width=DEFAULT_WIDTH if number == 1 else DEFAULT_WIDTH / 2,
            ),
        )
        for part in range(number)
    )


def standing(content: EditionContent) -> Section:
    """区分と状況: the target procedures by category and status, and what the inventory has."""
    statuses = in_order(content.labels["statuses"], Status)
    names = content.labels["categories"]
    found = {
        category: tuple(content.office.statuses[f"{category} {status}"] for status in statuses)
        for category in TARGET_CATEGORIES
    }
    whole = tuple(map(sum, zip(*found.values(), strict=True)))
    return Section(
        "standing",
        "区分と状況",
        "区分と状況",
        drawings=(_status_chart(content, statuses, found),),
        tables=(
            Table(
                "対象手続の区分別の状況",
                (
                    Column("区分", 16, is_text=True),
                    *(Column(content.labels["statuses"][status]) for status in statuses),
                    Column("計"),
                ),
                tuple((names[key], *counts, sum(counts)) for key, counts in found.items()),
                ("対象手続", *whole, sum(whole)),
            ),
            _inventory(content),
        ),
    )


def _status_chart(
    content: EditionContent,
    statuses: Sequence[str],
    found: Mapping[Category, tuple[int, ...]],
) -> Drawing:
    return Drawing(
        "charts/stacked_bar.html",
        stacked_bar_chart(
            "paper-statuses",
            "区分別の状況",
            "優先と検討の対象手続を状況で分けた数。数字は上の表にあります。",
            [
                Series(content.labels["statuses"][status], STATUS_FILLS.get(status, Fill.GRID))
                for status in statuses
            ],
            [
                StackedRow(content.labels["categories"][category], counts)
                for category, counts in found.items()
            ],
        ),
    )


def _inventory(content: EditionContent) -> Table:
    counts, names = content.office.counts, content.labels["sets"]
    whole = counts["all"]

    def row(key: str) -> Row:
        return names[key], counts[key], counts[key] / whole if whole else None

    return Table(
        "台帳の内訳",
        (
            Column("区分", 16, is_text=True),
            Column("手続の数"),
            Column("台帳に占める割合", 16),
        ),
        tuple(map(row, _PARTS)),
        row("all"),
    )
