"""The parts of charts as SVG. Pure.

A page has hundreds of them: what a template takes many milliseconds for, this does in one.
"""

from functools import singledispatch
from html import escape

from .charts import Bar, Frame, LegendItem, Segment, StackedBar, Text
from .hatching import Area, Box
from .line_charts import Sample, Stroke


@singledispatch
def markup(part: object) -> str:
    """``part`` as SVG; the texts in it are escaped."""
    raise TypeError(f"not a part of a chart: {part!r}")


@markup.register
def _text(text: Text, style: str = "") -> str:
    anchor = "" if text.anchor == "start" else f' text-anchor="{text.anchor}"'
    return f'<text x="{text.x:g}" y="{text.y:g}"{anchor}{style}>{escape(text.text)}</text>'


@markup.register
def _area(area: Area) -> str:
    drawn = f'<rect {_place(area.box)} fill="{area.paper}" stroke="#333333"/>'
    if area.hatch:
        drawn += f'<path d="{area.hatch}" fill="none" stroke="{area.ink}" stroke-width="1.5"/>'
    return drawn


@markup.register
def _legend_item(item: LegendItem) -> str:
    return _area(item.swatch) + _text(item.text)


@markup.register
def _frame(frame: Frame) -> str:
    """The legend and the axis."""
    top, bottom = frame.plot.y, frame.plot.bottom
    lines = "".join(f"M{mark.x:g} {top:g}V{bottom:g}" for mark in frame.ticks)
    marks = "".join(_text(mark, ' font-size="12" fill="#4d4d4d"') for mark in frame.ticks)
    return (
        "".join(map(_legend_item, frame.legend))
        + f'<path d="{lines}" fill="none" stroke="#cccccc"/>{marks}'
        + f'<path d="M{frame.plot.x:g} {top:g}V{bottom:g}" fill="none" stroke="#333333"/>'
    )


@markup.register
def _bar(bar: Bar) -> str:
    return _text(bar.label) + (_area(bar.area) if bar.area else "") + _text(bar.value)


@markup.register
def _stacked_bar(bar: StackedBar) -> str:
    return _text(bar.label) + "".join(map(_segment, bar.segments)) + _text(bar.total)


@markup.register
def _segment(segment: Segment) -> str:
    drawn = _area(segment.area)
    if segment.number and segment.ground:
        drawn += f'<rect {_place(segment.ground)} rx="2" fill="#ffffff"/>'
        drawn += _text(segment.number, ' font-size="12" font-weight="700"')
    return drawn


@markup.register
def _stroke(stroke: Stroke) -> str:
    if not stroke.path:
        return ""
    pen = stroke.pen
    dash = f' stroke-dasharray="{pen.dash}"' if pen.dash else ""
    drawn = (
        f'<path d="{stroke.path}" fill="none" stroke="{pen.colour}" '
        f'stroke-width="{pen.width:g}"{dash}/>'
    )
    if stroke.markers:
        fill = "#ffffff" if pen.is_hollow else pen.colour
        drawn += (
            f'<path d="{stroke.markers}" fill="{fill}" stroke="{pen.colour}" stroke-width="1.5"/>'
        )
    return drawn


@markup.register
def _sample(sample: Sample) -> str:
    return _stroke(sample.stroke) + _text(sample.text)


def _place(box: Box) -> str:
    return f'x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}"'
