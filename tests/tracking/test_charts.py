"""What the geometry of the charts promises for any numbers and labels."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking import charts
from tracking.charts import BarRow, Series, StackedRow
from tracking.hatching import Area, Box, Fill, area_of

EDGE = 0.02  # coordinates are rounded to two places
HATCH_EDGE = 0.01 + 0.006  # and the hatching to six digits

labels = st.text(alphabet=st.characters(categories=("L", "N", "P", "M")), max_size=40)
rates = st.none() | st.floats(allow_nan=True, allow_infinity=True)
bar_rows = st.lists(st.builds(BarRow, labels, rates, labels), max_size=40)
series = st.lists(st.builds(Series, labels, st.sampled_from(Fill)), max_size=8)
counts = st.lists(st.integers(-5, 10**9), max_size=10).map(tuple)
stacked_rows = st.lists(st.builds(StackedRow, labels, counts), max_size=20)
widths = st.floats(allow_nan=True, allow_infinity=True)
shares = st.floats(0, 1)


def bar_chart(rows, **options):
    return charts.bar_chart("k", "題", "説明", rows, **options)


def stacked_bar_chart(kinds, rows, **options):
    return charts.stacked_bar_chart("k", "題", "説明", kinds, rows, **options)


def assert_box_inside(box, frame):
    assert box.width >= 0
    assert box.height >= 0
    assert box.x >= -EDGE
    assert box.y >= -EDGE
    assert box.right <= frame.width + EDGE
    assert box.bottom <= frame.height + EDGE


def assert_text_inside(text, frame, size=charts.LABEL_SIZE):
    width = charts.text_width(text.text, size)
    left = {"start": text.x, "middle": text.x - width / 2, "end": text.x - width}[text.anchor]
    assert left >= -EDGE
    assert left + width <= frame.width + EDGE
    assert size * 0.8 <= text.y <= frame.height


def assert_ground(segment):
    """The white behind the number covers it, and nothing beyond its part."""
    box, ground, number = segment.area.box, segment.ground, segment.number
    assert box.x - EDGE <= ground.x
    assert ground.right <= box.right + EDGE
    assert box.y < ground.y < ground.bottom < box.bottom
    assert ground.width >= charts.text_width(number.text, charts.TICK_SIZE)
    assert ground.y < number.y < ground.bottom


def assert_frame_inside(frame):
    assert_box_inside(frame.plot, frame)
    for mark in frame.ticks:
        assert_text_inside(mark, frame, charts.TICK_SIZE)
        assert frame.plot.x - EDGE <= mark.x <= frame.plot.right + EDGE
    for item in frame.legend:
        assert_box_inside(item.swatch.box, frame)
        assert_text_inside(item.text, frame)
        assert item.swatch.box.bottom <= frame.plot.y


@given(bar_rows, rates, widths)
def test_bar_chart_stays_inside_its_viewbox(rows, goal, width):
    chart = bar_chart(rows, goal=goal, width=width)
    assert_frame_inside(chart.frame)
    for bar in chart.bars:
        assert_text_inside(bar.label, chart.frame)
        assert_text_inside(bar.value, chart.frame)
        if bar.area:
            assert_box_inside(bar.area.box, chart.frame)
    if chart.goal:
        assert_text_inside(chart.goal.text, chart.frame)


@given(series, stacked_rows, st.booleans(), widths)
def test_stacked_bar_chart_stays_inside_its_viewbox(kinds, rows, as_share, width):
    chart = stacked_bar_chart(kinds, rows, as_share=as_share, width=width)
    assert_frame_inside(chart.frame)
    for bar in chart.bars:
        assert_text_inside(bar.label, chart.frame)
        assert_text_inside(bar.total, chart.frame)
        for segment in bar.segments:
            assert_box_inside(segment.area.box, chart.frame)
            if segment.number:
                assert_text_inside(segment.number, chart.frame, charts.TICK_SIZE)
                assert_ground(segment)
                room = segment.area.box.width
                assert charts.text_width(segment.number.text, charts.TICK_SIZE) < room


@given(st.lists(shares, min_size=1, max_size=30), st.none() | shares)
def test_bars_are_as_long_as_their_rates(given_rates, goal):
    chart = bar_chart([BarRow("総務部", rate, "") for rate in given_rates], goal=goal)
    for rate, bar in zip(given_rates, chart.bars, strict=True):
        assert bar.area.box.x == chart.frame.plot.x
        assert bar.area.box.width == pytest.approx(chart.frame.plot.width * rate, abs=EDGE)


@given(st.lists(shares, min_size=2, max_size=30))
def test_rows_stand_below_each_other_in_the_given_order(given_rates):
    chart = bar_chart([BarRow(str(rate), rate, "") for rate in given_rates])
    boxes = [bar.area.box for bar in chart.bars]
    for upper, lower in pairwise(boxes):
        assert upper.bottom < lower.y
    for bar in chart.bars:
        assert bar.area.box.y < bar.label.y < bar.area.box.bottom


@given(series, stacked_rows)
def test_parts_are_as_long_as_their_counts_and_touch(kinds, rows):
    chart = stacked_bar_chart(kinds, rows)
    drawn = [[max(count, 0) for count in row.counts[: len(kinds)]] for row in rows]
    whole = charts.ticks(max((sum(parts) for parts in drawn), default=0))[-1]
    for parts, bar in zip(drawn, chart.bars, strict=True):
        x = chart.frame.plot.x
        for count, segment in zip(filter(None, parts), bar.segments, strict=True):
            box = segment.area.box
            assert box.x == pytest.approx(x, abs=EDGE)
            assert box.width == pytest.approx(chart.frame.plot.width * count / whole, abs=EDGE)
            x = box.right


@given(stacked_rows)
def test_a_share_fills_the_whole_width_wherever_there_is_something_to_share(rows):
    kinds = [Series("優先", Fill.SOLID), Series("検討", Fill.GRID)]
    chart = stacked_bar_chart(kinds, rows, as_share=True)
    for bar in chart.bars:
        if bar.segments:
            assert bar.segments[0].area.box.x == pytest.approx(chart.frame.plot.x, abs=EDGE)
            assert bar.segments[-1].area.box.right == pytest.approx(
                chart.frame.plot.right, abs=EDGE
            )
        else:
            assert bar.total.text == "0"


@given(series)
def test_legend_items_do_not_overlap(kinds):
    frame = stacked_bar_chart(kinds, []).frame
    assert [item.swatch for item in frame.legend] == [
        area_of(item.swatch.box, kind.fill) for kind, item in zip(kinds, frame.legend, strict=True)
    ]
    for left, right in pairwise(frame.legend):
        end = left.text.x + charts.text_width(left.text.text)
        is_next_line = right.swatch.box.y > left.swatch.box.bottom
        assert is_next_line or right.swatch.box.x > end


@given(st.integers(-3, 10**12))
def test_ticks_are_few_even_and_cover_the_maximum(maximum):
    marks = charts.ticks(maximum)
    steps = {after - before for before, after in pairwise(marks)}
    assert marks[0] == 0
    assert len(steps) == 1
    assert 2 <= len(marks) <= 6
    assert marks[-2] < max(maximum, 1) <= marks[-1]
    assert str(steps.pop()).rstrip("0") in {"1", "2", "5"}


@given(labels, st.floats(30, 500))
def test_a_fitted_text_is_a_beginning_of_it_and_has_room(text, room):
    fitted = charts.fit_text(text, room)
    assert charts.text_width(fitted) <= room
    assert fitted == text or text.startswith(fitted.removesuffix("…"))


def test_full_width_characters_count_as_squares():
    assert charts.text_width("総務部", 10) == 30
    assert charts.text_width("㈱①", 10) == 20
    assert charts.text_width("が", 10) == charts.text_width("か\u3099", 10)
    assert charts.text_width("葛\U000e0100", 10) == 10
    assert charts.text_width("abc", 10) < 30


def test_without_rows_the_charts_still_have_a_frame():
    for chart in (bar_chart([]), stacked_bar_chart([], []), bar_chart([], goal=0.8)):
        assert chart.bars == ()
        assert chart.frame.plot.height > 0
        assert len(chart.frame.ticks) >= 2
        assert_frame_inside(chart.frame)


def test_a_department_without_target_procedures_has_no_bar_but_its_text():
    (bar,) = bar_chart([BarRow("港湾局", None, "対象なし")], goal=0.8).bars
    assert bar.area is None
    assert bar.value.text == "対象なし"


def test_a_rate_of_zero_is_drawn_and_one_above_all_ends_at_the_edge():
    chart = bar_chart([BarRow("港湾局", 0.0, "0%"), BarRow("消防局", 1.3, "130%")])
    none, over = chart.bars
    assert none.area.box.width == 0
    assert over.area.box.right == pytest.approx(chart.frame.plot.right, abs=EDGE)
    assert over.value.text == "130%"


def test_bars_that_reach_the_goal_differ_in_filling_from_those_that_do_not():
    rows = [BarRow("甲", 0.8, "80%"), BarRow("乙", 0.79, "79%")]
    chart = bar_chart(rows, goal=0.8)
    reached, missed = (bar.area for bar in chart.bars)
    for_reached, for_missed = (item.swatch for item in chart.frame.legend)
    assert (reached.paper, bool(reached.hatch)) == (for_reached.paper, False)
    assert (missed.paper, bool(missed.hatch)) == (for_missed.paper, True)
    plot = chart.frame.plot
    assert chart.goal.x == pytest.approx(plot.x + plot.width * 0.8, abs=EDGE)
    assert chart.goal.text.text == "目標 80%"


def test_without_a_goal_there_is_no_line_and_no_legend():
    chart = bar_chart([BarRow("甲", 0.5, "50%")])
    assert chart.goal is None
    assert chart.frame.legend == ()
    assert chart.bars[0].area.hatch == ""


def test_marks_of_large_counts_are_written_with_man_and_oku():
    kinds = [Series("優先", Fill.SOLID)]
    texts = {
        total: [
            mark.text for mark in stacked_bar_chart(kinds, [StackedRow("計", (total,))]).frame.ticks
        ]
        for total in (1000, 100_000, 1_000_000_000)
    }
    assert texts[1000][-1] == "1,000"
    assert texts[100_000][-1] == "10万"
    assert texts[1_000_000_000][-1] == "10億"


def test_a_number_stands_only_in_a_part_that_is_wide_enough_for_it():
    kinds = [Series("優先", Fill.SOLID), Series("検討", Fill.GRID)]
    (bar,) = stacked_bar_chart(kinds, [StackedRow("計", (9999, 1))]).bars
    wide, thin = bar.segments
    assert wide.number.text == "9,999"
    assert thin.number is None


def test_missing_counts_are_zero_and_superfluous_ones_are_not_drawn():
    kinds = [Series("優先", Fill.SOLID), Series("検討", Fill.GRID)]
    short, long = stacked_bar_chart(
        kinds, [StackedRow("甲", (3,)), StackedRow("乙", (3, 4, 500))]
    ).bars
    assert (len(short.segments), short.total.text) == (1, "3")
    assert (len(long.segments), long.total.text) == (2, "7")


def test_every_filling_can_be_told_from_every_other_without_colour():
    box = Box(0, 0, 40, 18)
    hatches = {fill: area_of(box, fill).hatch for fill in Fill}
    unhatched = {fill for fill, hatch in hatches.items() if not hatch}
    assert unhatched == {Fill.SOLID, Fill.BLANK}  # the dark one and the white one
    assert len(set(hatches.values())) == len(Fill) - 1


@given(
    st.sampled_from(Fill),
    st.builds(Box, st.floats(0, 900), st.floats(0, 900), st.floats(0, 900), st.just(18)),
)
def test_hatching_stays_inside_its_box(fill, box):
    for x, y in points_of(area_of(box, fill)):
        assert box.x - HATCH_EDGE <= x <= box.right + HATCH_EDGE
        assert box.y - HATCH_EDGE <= y <= box.bottom + HATCH_EDGE


def points_of(area: Area):
    """Both ends of each line of the hatching."""
    x = y = 0.0
    for command, numbers in re.findall(r"([MLhv])([^MLhv]*)", area.hatch):
        values = [float(number) for number in numbers.split()]
        if command in "ML":
            x, y = values
        elif command == "h":
            x += values[0]
        else:
            y += values[0]
        yield x, y
