"""How figures are shown: cards and table rows, each number with the address of its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from procedures.models import Department
from procedures.templatetags.inventory import percent
from tracking.filters import UNASSIGNED
from tracking.selections import SELECTIONS
from tracking.stats import EXCLUDED_SETS, DepartmentFigures, Figures, Ratio

TOTAL = "全庁"
NO_DEPARTMENT = "所管未定"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows an address names: ``value`` is that of ``department`` in it, empty for all."""

    label: str
    value: str = ""


OFFICE = Scope(TOTAL)


def scope_of(department: Department | None) -> Scope:
    """The scope of one department, or of 所管未定."""
    if department is None:
        return Scope(NO_DEPARTMENT, UNASSIGNED)
    return Scope(department.name, str(department.pk))


def rows_url(key: str, scope: Scope = OFFICE, **more: str) -> str:
    """The list of exactly the rows that the set ``key`` has in ``scope``.

    ``more`` are further filters of the list, by the names of their fields.
    """
    query = {"set": key} | ({"department": scope.value} if scope.value else {}) | more
    return f"{reverse('procedure_list')}?{urlencode(query)}"


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows a set has, under its name, with the address of the rows."""

    label: str
    count: int
    url: str


@dataclass(frozen=True, slots=True)
class Card:
    """One figure of the office, with what it is made of and what is left out.

    ``ratio`` is shown as a rate or, where ``is_count``, as its numerator. ``unit`` is what its
    numbers count; ``within`` are counts among the denominator's rows.
    """

    label: str
    ratio: Ratio
    unit: str
    numerator_url: str
    denominator_url: str
    denominator_label: str
    left_out: tuple[Count, ...]
    within: tuple[Count, ...]
    note: str
    is_count: bool
    is_alert: bool


@dataclass(frozen=True, slots=True)
class CardSpec:
    """Which figure a card shows: its sets, and the name of the ratio in ``Figures``.

    ``numerator`` and ``denominator`` are the sets that the ratio's numbers count or are summed
    over; a card without ``ratio`` shows how many rows the first has. A card that ``alerts`` is
    marked unless that is none.
    """

    label: str
    numerator: str
    denominator: str
    left_out: tuple[str, ...] = EXCLUDED_SETS
    within: tuple[str, ...] = ()
    ratio: str = ""
    unit: str = "手続"
    note: str = ""
    alerts: bool = False


RATES = (
    CardSpec("オンライン化率（手続の数）", "online", "target", ratio="online"),
    CardSpec(
        "オンライン化率（年間件数）",
        "volume_known_online",
        "volume_known",
        ("volume_unknown", *EXCLUDED_SETS),
        ratio="applications",
        unit="件",
        note="手続ごとに、分かっている最も新しい年度の年間件数を使います。",
    ),
    CardSpec(
        "優先手続のオンライン化率",
        "priority_online",
        "priority",
        ("pending", *EXCLUDED_SETS),
        ratio="priority",
        note="方針3(1)で優先とされる手続です。",
    ),
    CardSpec(
        "オンライン利用率",
        "usage_known",
        "usage_known",
        ("usage_unknown", "unfinished", *EXCLUDED_SETS),
        ratio="usage",
        unit="件",
        note="{usage_year}にオンラインで受け付けた件数 ÷ 全件数です。",
    ),
    CardSpec(
        "調査の完了率",
        "target",
        "target",
        within=("incomplete",),
        ratio="completeness",
        unit="項目",
        note="回答のある調査項目 ÷ 対象手続の全調査項目です。",
    ),
    CardSpec("年間件数が分かっている手続", "volume_known", "target", ratio="volume_known"),
)
_NOT_UNFINISHED = ("online", *EXCLUDED_SETS)
CONCERNS = (
    CardSpec(
        "期限超過",
        "overdue",
        "unfinished",
        _NOT_UNFINISHED,
        within=("no_target_date",),
        note="目標日が今日より前の手続です。",
        alerts=True,
    ),
    CardSpec(
        "国の期限より遅い計画",
        "behind_national",
        "national_due",
        ("no_national_due", *_NOT_UNFINISHED),
        note="国の期限より目標日が遅いか、目標日が未定の手続です。",
        alerts=True,
    ),
    CardSpec(
        "更新停滞",
        "stale",
        "unfinished",
        _NOT_UNFINISHED,
        note="{stale_days}日を超えて変更のない手続です。",
    ),
    CardSpec("所管未定", "unassigned", "all", ()),
    CardSpec("適用除外の確認待ち", "exemption_proposed", "all", ()),
    CardSpec(
        "情報政策課への相談",
        "asking",
        "all",
        (),
        note="部局室のDX推進チームから相談があり、まだ済になっていない手続です。",
    ),
)


def cards(specs: Sequence[CardSpec], figures: Figures, **words: object) -> list[Card]:
    """The cards of the office's ``figures``; ``words`` fill the blanks of labels and notes."""
    return [_card(spec, figures, words) for spec in specs]


def counts(keys: Sequence[str], figures: Figures, scope: Scope = OFFICE) -> tuple[Count, ...]:
    """The named sets with their counts and rows."""
    return tuple(
        Count(SELECTIONS[key].label, figures.counts[key], rows_url(key, scope)) for key in keys
    )


@dataclass(frozen=True, slots=True)
class Cell:
    """One number of a table, as text, with the address of its rows."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Row:
    """One unit's numbers, in the order of the table's columns."""

    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the count of a set or, with ``ratio``, that rate of ``Figures`` over the set."""

    label: str
    key: str
    ratio: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers by row; ``total`` is the office's own figure, never an average of the rows.

    ``head`` is the name of the first column, the one of the rows' labels.
    """

    title: str
    head: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    total: Row
    note: str = ""


@dataclass(frozen=True, slots=True)
class TableSpec:
    """Which columns a table by department has."""

    title: str
    columns: tuple[Column, ...]
    note: str = ""


PROGRESS = TableSpec(
    "部局室別のオンライン化率（建制順）",
    (
        Column("対象", "target"),
        Column("オンライン化済", "online"),
        Column("オンライン化率", "target", "online"),
    ),
)
DETAILS = TableSpec(
    "部局室別の内訳（建制順）",
    (
        Column("台帳", "all"),
        Column("適用除外", "exempt"),
        Column("対象外", "outside"),
        Column("廃止", "abolished"),
        Column("対象", "target"),
        Column("優先", "priority"),
        Column("優先の済", "priority_online"),
        Column("優先の率", "priority", "priority"),
        Column("件数での率", "volume_known", "applications"),
        Column("利用率", "usage_known", "usage"),
        Column("調査完了率", "target", "completeness"),
        Column("件数把握率", "target", "volume_known"),
    ),
    "台帳は、対象・適用除外・対象外・廃止の合計です。優先の率と件数での率は、優先手続と年間件数で"
    "見たオンライン化率です。",
)
CONCERNS_BY_UNIT = TableSpec(
    "部局室別の確認が必要な手続（建制順）",
    (
        Column("期限超過", "overdue"),
        Column("目標日未定", "no_target_date"),
        Column("国より遅い計画", "behind_national"),
        Column("更新停滞", "stale"),
        Column("確認待ち", "exemption_proposed"),
    ),
    "確認待ちは、適用除外の申出で情報政策課の確認を待つものです。",
)


def table(spec: TableSpec, units: Sequence[DepartmentFigures], office: Figures) -> Table:
    """The table's numbers for each unit and for the office as a whole."""
    return Table(
        spec.title,
        "部局室",
        tuple(column.label for column in spec.columns),
        tuple(_row(spec.columns, scope_of(unit.department), unit.figures) for unit in units),
        _row(spec.columns, OFFICE, office),
        spec.note,
    )


def _row(columns: Sequence[Column], scope: Scope, figures: Figures) -> Row:
    return Row(scope.label, tuple(_cell(column, scope, figures) for column in columns))


def _cell(column: Column, scope: Scope, figures: Figures) -> Cell:
    if column.ratio:
        text = percent(getattr(figures, column.ratio).rate)
    else:
        text = f"{figures.counts[column.key]:,}"
    return Cell(text, rows_url(column.key, scope))


def _card(spec: CardSpec, figures: Figures, words: dict[str, object]) -> Card:
    if spec.ratio:
        ratio = getattr(figures, spec.ratio)
    else:
        ratio = Ratio(figures.counts[spec.numerator], figures.counts[spec.denominator])
    return Card(
        label=spec.label.format(**words),
        ratio=ratio,
        unit=spec.unit,
        numerator_url=rows_url(spec.numerator),
        denominator_url=rows_url(spec.denominator),
        denominator_label=SELECTIONS[spec.denominator].label,
        left_out=counts(spec.left_out, figures),
        within=counts(spec.within, figures),
        note=spec.note.format(**words),
        is_count=not spec.ratio,
        is_alert=spec.alerts and ratio.numerator > 0,
    )
