"""What the geometry of the line chart promises for any numbers and labels, and how it is drawn."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.test_charts import EDGE, assert_text_inside, labels
from tracking import charts
from tracking.charts import BarRow, Series, StackedRow, ticks
from tracking.hatching import Fill
from tracking.line_charts import Level, Line, Pen, Span, line_chart
from tracking.svg import markup

counts = st.lists(st.none() | st.integers(-5, 10**9), max_size=60).map(tuple)
lines = st.lists(
    st.builds(Line, labels, st.sampled_from([Pen.ACTUAL, Pen.PLAN, Pen.FORECAST]), counts),
    max_size=4,
)
levels = st.lists(st.builds(Level, labels, st.just(0), st.just(11), st.integers(0, 10**9)))
widths = st.floats(charts.LEAST_WIDTH, charts.MOST_WIDTH)


def draw(given_lines, **options):
    spans = options.pop("spans", [Span("令和8年度", 0, 11), Span("令和9年度", 12, 23)])
    return line_chart("k", "題", "説明", given_lines, spans=spans, **options)


def points(path: str) -> list[tuple[float, float]]:
    pairs = re.findall(r"[ML](-?[\d.e+]+) (-?[\d.e+]+)", path)
    return [(float(x), float(y)) for x, y in pairs]


@given(lines, levels, st.none() | st.tuples(st.integers(0, 23), labels), widths)
def test_everything_stays_inside_the_plot_and_the_viewbox(given_lines, given_levels, mark, width):
    chart = draw(given_lines, levels=given_levels, mark=mark, width=width)
    plot = chart.plot
    assert plot.width > 0
    assert plot.right <= chart.width + EDGE
    assert plot.bottom < chart.height
    for stroke in chart.strokes:
        for x, y in points(stroke.path):
            assert plot.x - EDGE <= x <= plot.right + EDGE
            assert plot.y - EDGE <= y <= plot.bottom + EDGE
    for text in (*chart.rows, *chart.spans, *chart.levels, *([chart.mark] if chart.mark else [])):
        assert_text_inside(text, chart, charts.TICK_SIZE)
    for sample in chart.legend:
        assert_text_inside(sample.text, chart)
        assert sample.text.y < plot.y


@given(st.lists(st.integers(0, 10**6), min_size=24, max_size=24))
def test_points_stand_at_their_counts_from_left_to_right(given_counts):
    chart = draw([Line("実績", Pen.ACTUAL, tuple(given_counts))])
    drawn = points(chart.strokes[0].path)
    whole = ticks(max(given_counts))[-1]
    assert [x for x, _ in drawn] == sorted({x for x, _ in drawn})
    for count, (_, y) in zip(given_counts, drawn, strict=True):
        share = count / whole
        assert y == pytest.approx(chart.plot.bottom - chart.plot.height * share, abs=0.1)


def test_a_line_goes_only_where_it_has_counts():
    chart = draw([Line("実績", Pen.ACTUAL, (1, 2, None, None)), Line("見込み", Pen.FORECAST, ())])
    actual, forecast = chart.strokes
    assert len(points(actual.path)) == 2
    assert (forecast.path, forecast.markers) == ("", "")


def test_lines_can_be_told_apart_without_colour():
    pens = [Pen.ACTUAL, Pen.PLAN, Pen.FORECAST, Pen.GOAL]
    assert len({pen.dash for pen in pens}) == len(pens)
    assert len({pen.marker for pen in pens}) == len(pens)


def test_a_goal_is_a_line_at_its_height_with_its_name():
    chart = draw([Line("計画", Pen.PLAN, tuple(range(24)))], levels=[Level("目標 80%", 12, 23, 20)])
    goal = next(stroke for stroke in chart.strokes if stroke.pen is Pen.GOAL)
    ((left, y),) = points(goal.path)
    assert left == pytest.approx(chart.plot.x + chart.plot.width / 2, abs=EDGE)
    assert y == pytest.approx(chart.plot.bottom - chart.plot.height * 20 / 25, abs=0.1)
    assert [text.text for text in chart.levels] == ["目標 80%"]
    assert [sample.text.text for sample in chart.legend] == ["計画", "目標"]


def test_nothing_to_draw_still_has_a_frame():
    chart = draw([], spans=[])
    assert chart.strokes == ()
    assert len(chart.rows) >= 2


# --- As SVG -----------------------------------------------------------------------------------


def parts_of_all_charts():
    bars = charts.bar_chart(
        "k", "題", "説明", [BarRow("<甲> & 乙", 0.5, "50%"), BarRow("丙", None, "－")], goal=0.4
    )
    stacked = charts.stacked_bar_chart(
        "k", "題", "説明", [Series("優先", Fill.DIAGONAL)], [StackedRow("計", (99_999,))]
    )
    drawn = draw([Line("<実績>", Pen.ACTUAL, (1, 2, 3))], mark=(1, "基準日"))
    return (
        bars.frame, *bars.bars, *stacked.bars, *drawn.legend, *drawn.strokes, *drawn.rows,
        drawn.mark,
    )  # fmt: skip


@pytest.mark.parametrize("part", parts_of_all_charts(), ids=lambda part: type(part).__name__)
def test_every_part_is_well_formed_and_its_texts_are_escaped(part):
    tree = ElementTree.fromstring(f"<g>{markup(part)}</g>")  # noqa: S314 - our own
    assert len(tree)
    assert {one.tag for one in tree.iter()} <= {"g", "path", "rect", "text"}


def test_a_bar_shows_its_label_its_area_and_its_value():
    (bar,) = charts.bar_chart("k", "題", "説明", [BarRow("<甲>", 0.5, "50%")]).bars
    drawn = markup(bar)
    assert "&lt;甲&gt;" in drawn
    assert "50%" in drawn
    assert f'width="{bar.area.box.width:g}"' in drawn


def test_what_is_no_part_of_a_chart_is_refused():
    with pytest.raises(TypeError, match="not a part"):
        markup("text")
