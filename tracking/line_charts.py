"""Geometry of the chart of lines over months: numbers in, paths, marks and labels out. Pure.

As in ``charts``: units are those of the viewBox, and any input of the right types is drawn.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from .charts import (
    DEFAULT_WIDTH,
    LABEL_SIZE,
    LEAST_WIDTH,
    MOST_WIDTH,
    TICK_SIZE,
    Text,
    fit_text,
    short,
    text_width,
    ticks,
)
from .hatching import Box

_PLOT_HEIGHT = 260
_GAP = 8
_SAMPLE = 40  # of a line, in the legend
_LEGEND_ROW = 26
_AXIS_ROW = 22
_LABEL_ROW = 20  # above the plot, for the mark of a place
_MARKER = 4.5  # from its middle to its edge


class Pen(Enum):
    """How a line is drawn: dash and marker tell it from every other, without colour too.

    The marks of one that ``is_hollow`` are outlines, so that one can be seen under another.
    """

    ACTUAL = ("#0017c1", "", 3.0, "disc", False)
    PLAN = ("#1a1a1a", "10 5", 2.0, "square", True)
    FORECAST = ("#115a36", "2 4", 2.5, "triangle", True)
    GOAL = ("#a90000", "14 4 3 4", 2.0, "", True)

    def __init__(self, colour: str, dash: str, width: float, marker: str, is_hollow: bool) -> None:
        self.colour = colour
        self.dash = dash
        self.width = width
        self.marker = marker
        self.is_hollow = is_hollow


@dataclass(frozen=True, slots=True)
class Line:
    """One line to draw: a count per place from left to right, None where it does not go."""

    label: str
    pen: Pen
    counts: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """A goal to draw: a horizontal line at ``count`` from one place to another, with its name."""

    label: str
    first: int
    last: int
    count: int


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the horizontal axis with its name: the places ``first`` to ``last``."""

    label: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Stroke:
    """One drawn line, and the path of all marks on it."""

    pen: Pen
    path: str
    markers: str


@dataclass(frozen=True, slots=True)
class Sample:
    """An entry of the legend."""

    stroke: Stroke
    text: Text


@dataclass(frozen=True, slots=True)
class LineChart:
    """Lines of counts over places in time; see ``line_chart``."""

    key: str
    title: str
    description: str
    width: float
    height: float
    plot: Box
    legend: tuple[Sample, ...]
    rows: tuple[Text, ...]
    row_lines: str
    spans: tuple[Text, ...]
    span_lines: str
    strokes: tuple[Stroke, ...]
    levels: tuple[Text, ...]
    mark: Text | None
    mark_line: str


def line_chart(
    key: str,
    title: str,
    description: str,
    lines: Sequence[Line],
    *,
    spans: Sequence[Span],
    levels: Sequence[Level] = (),
    mark: tuple[int, str] | None = None,
    every: int = 3,
    width: float = DEFAULT_WIDTH,
) -> LineChart:
    """Lines over the places 0, 1, 2 … of an axis that ``spans`` divide, from 0 upwards.

    ``key`` is an id that no other chart of the page has. ``mark`` names one place with a vertical
    line. Every line has a marker at each ``every``-th place and at both ends. A negative count
    is drawn as 0.
    """
    width = min(max(width, LEAST_WIDTH), MOST_WIDTH)
    layout = _Layout(lines, levels, spans, width)
    strokes = [Stroke(Pen.GOAL, layout.level(level), "") for level in levels]
    strokes += [
        Stroke(
            line.pen,
            layout.path(line.counts),
            "".join(_MARKERS[line.pen.marker](x, y) for x, y in layout.marked(line.counts, every)),
        )
        for line in lines
    ]
    plot = layout.plot
    baseline = plot.bottom + _AXIS_ROW - 6
    return LineChart(
        key=key,
        title=title,
        description=description,
        width=width,
        height=plot.bottom + _AXIS_ROW,
        plot=plot,
        legend=layout.legend,
        rows=tuple(
            Text(plot.x - _GAP, round(layout.y(count) + TICK_SIZE * 0.36, 2), short(count), "end")
            for count in layout.axis
        ),
        row_lines="".join(
            f"M{plot.x:g} {layout.y(count):g}H{plot.right:g}" for count in layout.axis
        ),
        spans=tuple(
            Text(
                round((layout.x(span.first - 0.5) + layout.x(span.last + 0.5)) / 2, 2),
                baseline,
                fit_text(span.label, layout.room(span), TICK_SIZE),
                "middle",
            )
            for span in spans
        ),
        span_lines="".join(
            f"M{layout.x(span.first - 0.5):g} {plot.y:g}V{plot.bottom:g}" for span in spans
        ),
        strokes=tuple(strokes),
        levels=tuple(layout.level_text(level) for level in levels),
        mark=layout.mark_text(*mark) if mark else None,
        mark_line=f"M{layout.x(mark[0]):g} {plot.y - _GAP / 2:g}V{plot.bottom:g}" if mark else "",
    )


class _Layout:
    """Where places and counts stand."""

    def __init__(
        self, lines: Sequence[Line], levels: Sequence[Level], spans: Sequence[Span], width: float
    ) -> None:
        counts = [count for line in lines for count in line.counts if count is not None]
        self.axis = ticks(max([*counts, *(level.count for level in levels)], default=0))
        self.places = max([*(len(line.counts) for line in lines), *(s.last + 1 for s in spans), 1])
        self.legend, top = _legend(lines, levels, width)
        left = max(text_width(short(count), TICK_SIZE) for count in self.axis) + _GAP
        self.plot = Box(
            round(left, 2), top + _LABEL_ROW, round(width - left - _GAP, 2), _PLOT_HEIGHT
        )

    def x(self, place: float) -> float:
        """The middle of a place."""
        return round(self.plot.x + self.plot.width * (place + 0.5) / self.places, 2)

    def y(self, count: int) -> float:
        return round(self.plot.bottom - self.plot.height * max(count, 0) / self.axis[-1], 2)

    def room(self, span: Span) -> float:
        return self.plot.width * (span.last - span.first + 1) / self.places

    def points(self, counts: Sequence[int | None]) -> list[tuple[int, float, float]]:
        return [
            (place, self.x(place), self.y(count))
            for place, count in enumerate(counts)
            if count is not None
        ]

    def path(self, counts: Sequence[int | None]) -> str:
        points = self.points(counts)
        return "M" + "L".join(f"{x:g} {y:g}" for _, x, y in points) if points else ""

    def marked(self, counts: Sequence[int | None], every: int) -> list[tuple[float, float]]:
        points = self.points(counts)
        ends = {points[0][0], points[-1][0]} if points else set()
        return [(x, y) for place, x, y in points if (place + 1) % every == 0 or place in ends]

    def level(self, level: Level) -> str:
        left, right = self.x(level.first - 0.5), self.x(level.last + 0.5)
        return f"M{left:g} {self.y(level.count):g}H{right:g}"

    def level_text(self, level: Level) -> Text:
        """The name above the right end of the line, within the plot."""
        x = self.x(level.last + 0.5)
        text = fit_text(level.label, x - self.plot.x, TICK_SIZE)
        return Text(x, round(max(self.y(level.count) - 5, self.plot.y + TICK_SIZE), 2), text, "end")

    def mark_text(self, place: int, label: str) -> Text:
        half = text_width(label, TICK_SIZE) / 2
        x = min(max(self.x(place), self.plot.x + half), self.plot.right - half)
        return Text(round(x, 2), self.plot.y - _GAP, label, "middle")


def _legend(
    lines: Sequence[Line], levels: Sequence[Level], width: float
) -> tuple[tuple[Sample, ...], float]:
    """The entries from left to right, in as many rows as they need, and their height."""
    named = [(line.label, line.pen) for line in lines]
    named += [("目標", Pen.GOAL)] if levels else []
    entries: list[Sample] = []
    x, row = 0.0, 0
    for label, pen in named:
        text = fit_text(label, width - _SAMPLE - _GAP)
        wide = _SAMPLE + _GAP + text_width(text)
        if entries and x + wide > width:
            x, row = 0.0, row + 1
        middle = row * _LEGEND_ROW + _LEGEND_ROW / 2
        marker = _MARKERS[pen.marker](x + _SAMPLE / 2, middle)
        stroke = Stroke(pen, f"M{x:g} {middle:g}h{_SAMPLE}", marker)
        baseline = middle + LABEL_SIZE * 0.36
        entries.append(Sample(stroke, Text(round(x + _SAMPLE + _GAP, 2), round(baseline, 2), text)))
        x = round(x + wide + 3 * _GAP, 2)
    return tuple(entries), float((row + 1) * _LEGEND_ROW) if entries else 0.0


def _disc(x: float, y: float) -> str:
    arc = f"a{_MARKER} {_MARKER} 0 1 0"
    return f"M{x - _MARKER:g} {y:g}{arc} {2 * _MARKER:g} 0{arc} {-2 * _MARKER:g} 0z"


def _square(x: float, y: float) -> str:
    side = 2 * _MARKER
    return f"M{x - _MARKER:g} {y - _MARKER:g}h{side:g}v{side:g}h{-side:g}z"


def _triangle(x: float, y: float) -> str:
    return f"M{x:g} {y - _MARKER:g}l{_MARKER:g} {2 * _MARKER:g}h{-2 * _MARKER:g}z"


def _none(x: float, y: float) -> str:
    return ""


_MARKERS: dict[str, Callable[[float, float], str]] = {
    "disc": _disc,
    "square": _square,
    "triangle": _triangle,
    "": _none,
}
