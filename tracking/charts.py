"""Geometry of the charts: numbers in, places of bars, labels and ticks out. Pure.

Units are those of the SVG's viewBox. ``templates/charts`` draws what stands here and computes
nothing. Every function takes any input of the right types, the empty one too.
"""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from .hatching import Area, Box, Fill, area_of

DEFAULT_WIDTH = 720
LABEL_SIZE = 14
TICK_SIZE = 12

LEAST_WIDTH = 320
MOST_WIDTH = 2000
_ROW = 28
_BAR = 18
_GAP = 8
_EDGE = 2  # of a bar that stays around the ground of a number
_SWATCH = 16
_LEGEND_ROW = 26
_GOAL_ROW = 22
_AXIS_ROW = 22
_EMPTY_ROW = 40
_LABEL_SHARE = 0.35  # of the width, at most
_VALUE_SHARE = 0.30


@dataclass(frozen=True, slots=True)
class BarRow:
    """One bar to draw; ``rate`` is 0 to 1, or None where there is nothing to take a rate of."""

    label: str
    rate: float | None
    value_text: str


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of part in a stacked bar, and how it is filled."""

    label: str
    fill: Fill


@dataclass(frozen=True, slots=True)
class StackedRow:
    """One stacked bar to draw: a count per series, in the order of the series.

    A missing count is 0, a count beyond the last series is not drawn.
    """

    label: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text; ``y`` is its baseline, ``anchor`` the SVG text-anchor."""

    x: float
    y: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class LegendItem:
    """A swatch and what it stands for."""

    swatch: Area
    text: Text


@dataclass(frozen=True, slots=True)
class GoalLine:
    """The vertical line of the goal."""

    x: float
    text: Text


@dataclass(frozen=True, slots=True)
class Bar:
    """One drawn rate; ``area`` is None where there is no rate."""

    label: Text
    area: Area | None
    value: Text


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a stacked bar; ``number`` is None where the part is too narrow for it.

    ``ground`` is the white behind the number, or it would be lost in the hatching.
    """

    area: Area
    number: Text | None
    ground: Box | None


@dataclass(frozen=True, slots=True)
class StackedBar:
    """One drawn row with its parts from left to right; parts of 0 are left out."""

    label: Text
    segments: tuple[Segment, ...]
    total: Text


@dataclass(frozen=True, slots=True)
class Frame:
    """What is around the bars; ``key`` makes every id in the SVG unique on its page."""

    key: str
    title: str
    description: str
    width: float
    height: float
    plot: Box
    legend: tuple[LegendItem, ...]
    ticks: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class BarChart:
    """Horizontal bars of rates with a goal line; see ``bar_chart``."""

    frame: Frame
    bars: tuple[Bar, ...]
    goal: GoalLine | None


@dataclass(frozen=True, slots=True)
class StackedBarChart:
    """Horizontal bars of counts in parts; see ``stacked_bar_chart``."""

    frame: Frame
    bars: tuple[StackedBar, ...]


def bar_chart(
    key: str,
    title: str,
    description: str,
    rows: Sequence[BarRow],
    *,
    goal: float | None = None,
    width: float = DEFAULT_WIDTH,
) -> BarChart:
    """Horizontal bars from 0 to 100 %, one a row, from top to bottom.

    ``key`` is an id that no other chart of the page has; ``goal`` (0 to 1) draws a line and fills
    the bars that reach it differently from those that do not. A rate outside 0 to 1 is drawn as
    the nearer end, with its ``value_text`` as given; one that is no number is not drawn.
    """
    goal = None if goal is None or not math.isfinite(goal) else min(max(goal, 0.0), 1.0)
    legend = [Series("目標以上", Fill.SOLID), Series("目標未満", Fill.DIAGONAL)]
    layout = _Layout(
        key,
        [] if goal is None else legend,
        [row.label for row in rows],
        [row.value_text for row in rows],
        width=width,
        with_goal=goal is not None,
    )
    return BarChart(
        frame=layout.frame(title, description, _percent_ticks()),
        bars=tuple(_bar(layout, index, row, goal) for index, row in enumerate(rows)),
        goal=None if goal is None else layout.goal(goal),
    )


def stacked_bar_chart(
    key: str,
    title: str,
    description: str,
    series: Sequence[Series],
    rows: Sequence[StackedRow],
    *,
    as_share: bool = False,
    width: float = DEFAULT_WIDTH,
) -> StackedBarChart:
    """Horizontal bars made of one part per series, with the row's total at the right.

    All bars share one axis of counts; with ``as_share`` every bar is full and the axis runs from
    0 to 100 %, the numbers staying counts. ``key`` as in ``bar_chart``. A negative count is 0.
    """
    counted = [_counts(row, len(series)) for row in rows]
    totals = [sum(counts) for counts in counted]
    axis = ticks(max(totals, default=0))
    layout = _Layout(
        key,
        series,
        [row.label for row in rows],
        [f"{total:,}" for total in totals],
        width=width,
    )
    bars = tuple(
        StackedBar(
            label=layout.label(index, row.label),
            segments=layout.segments(index, series, counts, total if as_share else axis[-1]),
            total=layout.value(index, f"{total:,}"),
        )
        for index, (row, counts, total) in enumerate(zip(rows, counted, totals, strict=True))
    )
    marks = _percent_ticks() if as_share else [(mark / axis[-1], short(mark)) for mark in axis]
    return StackedBarChart(layout.frame(title, description, marks), bars)


def ticks(maximum: int) -> tuple[int, ...]:
    """Round marks from 0 to the first one at or above ``maximum``: at least 2, at most 6."""
    maximum = max(maximum, 1)
    least_step = -(-maximum // 5)
    magnitude = 10 ** (len(str(least_step)) - 1)
    step = next(n * magnitude for n in (1, 2, 5, 10) if n * magnitude >= least_step)
    return tuple(range(0, maximum + step, step))


def short(number: int) -> str:
    """A mark of the axis as people read it: 20,000 as 2万."""
    for unit, sign in ((10**8, "億"), (10**4, "万")):
        if number and number % unit == 0:
            return f"{number // unit:,}{sign}"
    return f"{number:,}"


def text_width(text: str, size: float = LABEL_SIZE) -> float:
    """An estimate of the drawn width: full-width characters are square, others 0.62 of it."""
    return sum(_em(character) for character in text) * size


def fit_text(text: str, room: float, size: float = LABEL_SIZE) -> str:
    """``text``, or as much of its beginning as stands in ``room`` with 「…」 after it."""
    if text_width(text, size) <= room:
        return text
    used = text_width("…", size)
    for end, character in enumerate(text):
        used += _em(character) * size
        if used > room:
            return f"{text[:end]}…"
    return text


class _Layout:
    """The columns (labels, plot, values) and rows that both charts are laid out in."""

    def __init__(
        self,
        key: str,
        legend: Sequence[Series],
        labels: Sequence[str],
        values: Sequence[str],
        *,
        width: float,
        with_goal: bool = False,
    ) -> None:
        self.key = key
        # Written so that a width that is no number becomes the least one.
        self.width = min(float(width), MOST_WIDTH) if width > LEAST_WIDTH else LEAST_WIDTH
        self.label_room = _column(labels, self.width * _LABEL_SHARE)
        # The last mark of the axis reaches half its width beyond the plot.
        half_mark = text_width("100%", TICK_SIZE) / 2
        self.value_room = max(_column(values, self.width * _VALUE_SHARE), half_mark)
        self.legend, top = _legend(legend, self.width)
        left = self.label_room + _GAP
        top += _GOAL_ROW if with_goal else 0
        self.plot = Box(
            round(left, 2),
            top,
            round(self.width - left - _GAP - self.value_room, 2),
            len(labels) * _ROW or _EMPTY_ROW,
        )

    def at(self, share: float) -> float:
        return self.plot.x + self.plot.width * share

    def baseline(self, index: int) -> float:
        return round(self.plot.y + index * _ROW + _ROW / 2 + LABEL_SIZE * 0.36, 2)

    def label(self, index: int, text: str) -> Text:
        fitted = fit_text(text, self.label_room)
        return Text(round(self.label_room, 2), self.baseline(index), fitted, "end")

    def value(self, index: int, text: str) -> Text:
        fitted = fit_text(text, self.value_room)
        return Text(round(self.plot.right + _GAP, 2), self.baseline(index), fitted)

    def bar(self, index: int, start: float, end: float, fill: Fill) -> Area:
        x, right = round(self.at(start), 2), round(self.at(end), 2)
        y = self.plot.y + index * _ROW + (_ROW - _BAR) / 2
        return area_of(Box(x, round(y, 2), round(right - x, 2), _BAR), fill)

    def segments(
        self, index: int, series: Sequence[Series], counts: Sequence[int], whole: int
    ) -> tuple[Segment, ...]:
        drawn = []
        before = 0
        for kind, count in zip(series, counts, strict=True):
            if count:
                area = self.bar(index, before / whole, (before + count) / whole, kind.fill)
                drawn.append(self._segment(index, area, f"{count:,}"))
            before += count
        return tuple(drawn)

    def _segment(self, index: int, area: Area, text: str) -> Segment:
        box, width = area.box, text_width(text, TICK_SIZE) + _GAP / 2
        if width + _GAP / 2 > box.width:
            return Segment(area, None, None)
        middle = round(box.x + box.width / 2, 2)
        ground = Box(round(middle - width / 2, 2), box.y + _EDGE, width, box.height - 2 * _EDGE)
        return Segment(area, Text(middle, self.baseline(index) - 1, text, "middle"), ground)

    def goal(self, goal: float) -> GoalLine:
        text = f"目標 {goal * 100:.4g}%"
        half = text_width(text) / 2
        x = min(max(self.at(goal), half), self.width - half)
        label = Text(round(x, 2), self.plot.y - _GAP, text, "middle")
        return GoalLine(round(self.at(goal), 2), label)

    def frame(
        self,
        title: str,
        description: str,
        marks: Sequence[tuple[float, str]],
    ) -> Frame:
        y = self.plot.bottom + _AXIS_ROW - 6
        return Frame(
            key=self.key,
            title=title,
            description=description,
            width=self.width,
            height=self.plot.bottom + _AXIS_ROW,
            plot=self.plot,
            legend=self.legend,
            ticks=tuple(Text(round(self.at(share), 2), y, text, "middle") for share, text in marks),
        )


def _bar(layout: _Layout, index: int, row: BarRow, goal: float | None) -> Bar:
    label, value = layout.label(index, row.label), layout.value(index, row.value_text)
    if row.rate is None or not math.isfinite(row.rate):
        return Bar(label, None, value)
    is_met = goal is None or row.rate >= goal
    end = min(max(row.rate, 0.0), 1.0)
    return Bar(label, layout.bar(index, 0.0, end, Fill.SOLID if is_met else Fill.DIAGONAL), value)


def _legend(series: Sequence[Series], width: float) -> tuple[tuple[LegendItem, ...], float]:
    """The items from left to right, in as many lines as they need, and the height of them all."""
    items: list[LegendItem] = []
    left = 1.0  # room for the outline of the swatch
    x, line = left, 0
    for kind in series:
        text = fit_text(kind.label, width - left - _SWATCH - _GAP)
        item_width = _SWATCH + _GAP + text_width(text)
        if items and x + item_width > width:
            x, line = left, line + 1
        y = line * _LEGEND_ROW + (_LEGEND_ROW - _SWATCH) / 2
        items.append(
            LegendItem(
                area_of(Box(round(x, 2), y, _SWATCH, _SWATCH), kind.fill),
                Text(round(x + _SWATCH + _GAP, 2), y + LABEL_SIZE * 0.93, text),
            )
        )
        x += item_width + 2 * _GAP
    return tuple(items), float((line + 1) * _LEGEND_ROW + _GAP) if items else 0.0


def _percent_ticks() -> list[tuple[float, str]]:
    return [(percent / 100, f"{percent}%") for percent in range(0, 101, 20)]


def _counts(row: StackedRow, length: int) -> list[int]:
    given = [max(count, 0) for count in row.counts[:length]]
    return given + [0] * (length - len(given))


def _column(texts: Sequence[str], most: float) -> float:
    return min(max((text_width(text) for text in texts), default=0.0), most)


def _em(character: str) -> float:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0.0
    # "A" (ambiguous, for example ①) is drawn square by Japanese fonts.
    return 1.0 if unicodedata.east_asian_width(character) in "WFA" else 0.62
