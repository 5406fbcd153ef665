"""How figures are shown: cards and table rows, each number with the address of its rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString

from procedures.models import Department, Division
from procedures.templatetags.inventory import percent
from tracking.figures import DEFINITIONS, Definition
from tracking.filters import UNASSIGNED
from tracking.moves import NO_DEPARTMENT
from tracking.selections import SELECTIONS
from tracking.stats import Figures

TOTAL = "全庁"
NO_DIVISION = "課が未定"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows an address names: the values of ``department`` and ``division`` in it.

    Empty for all.
    """

    label: str
    value: str = ""
    division: str = ""

    @property
    def is_nobody(self) -> bool:
        """Whether it is what no department, or no division of one, owns."""
        return UNASSIGNED in (self.value, self.division)


OFFICE = Scope(TOTAL)


def scope_of(department: Department | None) -> Scope:
    """The scope of one department, or of 所管未定."""
    if department is None:
        return Scope(NO_DEPARTMENT, UNASSIGNED)
    return Scope(department.name, str(department.pk))


def scope_within(department: Department, division: Division | None) -> Scope:
    """The scope of one division of a department, or of what it has without one."""
    if division is None:
        return Scope(NO_DIVISION, str(department.pk), UNASSIGNED)
    return Scope(division.name, str(department.pk), str(division.pk))


@dataclass(frozen=True)
class Rows:
    """Where the rows behind numbers are listed: a list, with what narrows it in its address."""

    conditions: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    shown_on: str = "procedure_list"

    def of(self, scope: Scope = OFFICE, **more: str | Sequence[str]) -> "Rows":
        """Those of ``scope`` alone; ``more`` are further conditions, by the names of the list's."""
        own = {"department": scope.value, "division": scope.division} | more
        chosen = {name: value for name, value in own.items() if value}
        return Rows({**self.conditions, **chosen}, self.shown_on) if chosen else self

    def url(self, key: str) -> str:
        """The list of exactly the rows that the set ``key`` has."""
        before, after = self._around
        return f"{before}{key}{after}"

    @cached_property
    def _around(self) -> tuple[str, str]:
        rest = urlencode(self.conditions, doseq=True)
        return f"{reverse(self.shown_on)}?set=", f"&{rest}" if rest else ""


EVERYTHING = Rows()


def rows_url(key: str, scope: Scope = OFFICE, **more: str | Sequence[str]) -> str:
    """The list of exactly the rows that the set ``key`` has in ``scope``.

    ``more`` are further filters of the list, by the names of their fields.
    """
    return EVERYTHING.of(scope, **more).url(key)


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows a set has, under its name, with the address of the rows."""

    label: str
    count: int
    url: str


def counts(
    keys: Sequence[str], figures: Figures, scope: Scope = OFFICE, rows: Rows = EVERYTHING
) -> tuple[Count, ...]:
    """The named sets with their counts and rows."""
    own = rows.of(scope)
    return tuple(Count(SELECTIONS[key].label, figures.counts[key], own.url(key)) for key in keys)


@dataclass(frozen=True, slots=True)
class Card:
    """One figure of the office, with what it is made of and what is left out.

    Shown as a rate or, where ``definition.is_count``, as its numerator. ``left_out`` are counts
    beside the denominator's rows, ``within`` counts among them.
    """

    definition: Definition
    numerator: int
    denominator: int
    rate: str
    numerator_url: str
    denominator_url: str
    numerator_label: str
    denominator_label: str
    left_out: tuple[Count, ...]
    within: tuple[Count, ...]
    formula: str
    note: str
    is_alert: bool


def cards(
    definitions: Sequence[Definition],
    figures: Figures,
    rows: Rows = EVERYTHING,
    **words: object,
) -> list[Card]:
    """The cards of ``figures``; ``words`` fill the blanks of formulas and notes."""
    return [_card(definition, figures, rows, words) for definition in definitions]


@dataclass(frozen=True, slots=True)
class Cell:
    """One number of a table, as text, with the address of its rows where it has some."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One unit's numbers, in the order of the table's columns; ``url`` is its own page, if any."""

    label: str
    cells: tuple[Cell, ...]
    url: str = ""

    @property
    def cells_html(self) -> SafeString:
        """The cells of the table's row: a page has a thousand of them, too many for a template."""
        return SafeString("".join(map(_cell_html, self.cells)))


def _cell_html(cell: Cell) -> str:
    text = escape(cell.text)
    shown = f'<a href="{escape(cell.url)}">{text}</a>' if cell.url else text
    return f'<td class="num">{shown}</td>'


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the number that ``text`` makes of the figures, over the rows of a set."""

    label: str
    key: str
    text: Callable[[Figures], str]


def count_of(label: str, key: str) -> Column:
    """How many procedures the set ``key`` has."""
    return Column(label, key, lambda figures: f"{figures.counts[key]:,}")


def rate_of(label: str, definition: Definition) -> Column:
    """A rate, over the rows of its denominator."""
    return Column(
        label,
        definition.denominator,
        lambda figures: percent(figures.ratio_of(definition).rate),
    )


def rate_columns(definition: Definition) -> tuple[Column, ...]:
    """A rate with what it is made of."""
    return (
        Column(
            "分母",
            definition.denominator,
            lambda figures: f"{figures.ratio_of(definition).denominator:,}",
        ),
        Column(
            "うちオンライン化済",
            definition.numerator,
            lambda figures: f"{figures.ratio_of(definition).numerator:,}",
        ),
        rate_of("オンライン化率", definition),
    )


CONCERN_COLUMNS = (
    rate_of("優先の率", DEFINITIONS["priority"]),
    count_of("期限超過", "overdue"),
    count_of("国より遅い計画", "behind_national"),
    count_of("更新停滞", "stale"),
    rate_of("最近の確認率", DEFINITIONS["fresh"]),
    rate_of("調査の完了率", DEFINITIONS["completeness"]),
)
"""What stands beside the online rate of each unit."""

DETAIL_COLUMNS = (
    count_of("台帳", "all"),
    count_of("適用除外", "exempt"),
    count_of("対象外", "outside"),
    count_of("廃止", "abolished"),
    count_of("対象", "target"),
    count_of("優先", "priority"),
    count_of("優先の済", "priority_online"),
    rate_of("件数での率", DEFINITIONS["applications"]),
    rate_of("来庁不要率", DEFINITIONS["end_to_end"]),
    rate_of("利用率", DEFINITIONS["usage"]),
    rate_of("区分の確定率", DEFINITIONS["decided"]),
    rate_of("件数不明の割合", DEFINITIONS["volume_unknown"]),
    count_of("目標日未定", "no_target_date"),
    count_of("除外の確認待ち", "exemption_proposed"),
)
"""What a second table has of each unit; 台帳 is the sum of 対象 and the three before it."""


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers by row; ``total`` is the office's own figure, never an average of the rows.

    ``head`` is the name of the first column, the one of the rows' labels.
    """

    title: str
    head: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    total: Row | None


def row(label: str, columns: Sequence[Column], figures: Figures, rows: Rows, url: str = "") -> Row:
    """One row of a table: the columns' numbers of one unit."""
    cells = tuple(Cell(column.text(figures), rows.url(column.key)) for column in columns)
    return Row(label, cells, url)


def _card(definition: Definition, figures: Figures, rows: Rows, words: dict[str, object]) -> Card:
    ratio = figures.ratio_of(definition)
    return Card(
        definition=definition,
        numerator=ratio.numerator,
        denominator=ratio.denominator,
        rate=percent(ratio.rate),
        numerator_url=rows.url(definition.numerator),
        denominator_url=rows.url(definition.denominator),
        numerator_label=SELECTIONS[definition.numerator].label,
        denominator_label=SELECTIONS[definition.denominator].label,
        left_out=counts(definition.left_out, figures, rows=rows),
        within=counts(definition.within, figures, rows=rows),
        formula=definition.formula.format(**words),
        note=definition.note.format(**words),
        is_alert=definition.alerts and ratio.numerator > 0,
    )
