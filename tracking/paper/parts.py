"""What the paper is made of: sections with sentences, charts, and tables of typed cells."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from tracking.charts import BarChart, StackedBarChart
from tracking.line_charts import LineChart

TOTAL = "全庁"
ROWS_ON_PAPER = 20
"""So many rows of a list of procedures stand on paper; the workbook has all of the edition's."""

SHORT = 10
"""A table of no more rows is not broken over sheets."""

Value = str | int | float | date | None
"""A cell: text, a number, a rate (a ``float``, 0 to 1), a day, or None for nothing to say."""

Row = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``width`` is that of the workbook, in characters."""

    label: str
    width: int = 12
    is_text: bool = False


Cells = tuple[tuple[Value, Column], ...]
"""A row, each cell with its column."""

PROCEDURE_COLUMNS = (
    Column("番号", 12, is_text=True),
    Column("手続", 44, is_text=True),
    Column("部局室", 20, is_text=True),
)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; ``total`` is the office's own row, ``empty`` what is said without rows.

    ``more`` counts what the edition knows of beyond ``rows``; on paper a long ``is_list`` is cut.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: Row | None = None
    empty: str = ""
    more: int = 0
    is_list: bool = False
    is_on_paper: bool = True
    is_in_workbook: bool = True

    @property
    def shown(self) -> tuple[Row, ...]:
        """The rows that stand on paper."""
        return self.rows[:ROWS_ON_PAPER] if self.is_list else self.rows

    @property
    def cells(self) -> tuple[Cells, ...]:
        """The rows that stand on paper, each cell with its column."""
        return tuple(tuple(zip(row, self.columns, strict=True)) for row in self.shown)

    @property
    def total_cells(self) -> Cells:
        """The row of the office as ``cells``; empty without one."""
        return tuple(zip(self.total, self.columns, strict=True)) if self.total else ()

    @property
    def is_short(self) -> bool:
        """Whether it is kept together on one sheet."""
        return len(self.shown) <= SHORT

    @property
    def left_out(self) -> int:
        """How many rows do not stand on paper."""
        return len(self.rows) - len(self.shown) + self.more


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart with the template that draws it."""

    template: str
    chart: BarChart | StackedBarChart | LineChart


@dataclass(frozen=True, slots=True)
class Section:
    """One numbered part of the paper; ``sheet`` is the name of its sheet in the workbook."""

    key: str
    heading: str
    sheet: str
    sentences: tuple[str, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    tables: tuple[Table, ...] = ()


def in_order(labels: Mapping[str, str], order: Iterable[str]) -> list[str]:
    """The codes that have a label: in the program's order, then those that it knows no more."""
    known = [code for code in order if code in labels]
    return [*known, *sorted(labels.keys() - set(known))]
