"""Dates and fiscal years in every way in which offices write them."""

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedures.spreadsheet.eras import ERAS, era_of
from procedures.spreadsheet.normalise import CellError, DateRead, date, fiscal_year

APRIL = dt.date(2026, 4, 1)


@pytest.mark.parametrize(
    "value",
    [
        APRIL,
        dt.datetime(2026, 4, 1, 17, 15),
        46113,
        46113.75,
        "46113",
        "20260401",
        20260401,
        "2026-04-01",
        "2026-04-01 00:00:00",
        "2026-04-01T09:30",
        "2026/4/1",
        "2026.4.1",
        "２０２６／４／１",
        "2026年4月1日",
        "2026年4月1日（水）",
        "令和8年4月1日",
        "令和 8 年 4 月 1 日",
        "令和８年４月１日(水)",
        "令8.4.1",
        "R8.4.1",
        "r8/4/1",
        "R08-04-01",
        "Ｒ８．４．１",
        "R.8.4.1",
        "㋿8年4月1日",
    ],
)
def test_one_day_in_many_ways(value):
    assert date(value) == DateRead(APRIL)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("明治45年7月29日", dt.date(1912, 7, 29)),
        ("M45.7.29", dt.date(1912, 7, 29)),
        ("大正元年7月30日", dt.date(1912, 7, 30)),
        ("T15.12.24", dt.date(1926, 12, 24)),
        ("昭和64年1月7日", dt.date(1989, 1, 7)),
        ("S64.1.7", dt.date(1989, 1, 7)),
        ("平成元年1月8日", dt.date(1989, 1, 8)),
        ("㍻31年4月30日", dt.date(2019, 4, 30)),
        ("H31.4.30", dt.date(2019, 4, 30)),
        ("令和元年5月1日", dt.date(2019, 5, 1)),
        ("R元.5.1", dt.date(2019, 5, 1)),
    ],
)
def test_every_era_at_its_ends(text, day):
    assert date(text) == DateRead(day)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("平成31年5月1日", dt.date(2019, 5, 1)),
        ("H32.4.1", dt.date(2020, 4, 1)),
        ("昭和64年1月8日", dt.date(1989, 1, 8)),
        ("令和元年4月1日", dt.date(2019, 4, 1)),
    ],
)
def test_a_day_outside_its_era_is_read_with_a_note(text, day):
    read = date(text)
    assert read.day == day
    assert "期間の外" in read.note


@pytest.mark.parametrize(
    "value",
    [
        *("令和8年2月30日", "2026-02-29", "2026/13/1", "R8.4.31", "令和0年4月1日", "2026-00-01"),
        *("令和8年4月", "2026/4", "R8.4", "令和8年度", "4月1日", "26/4/1", "2026", 2026, 1989),
        *("来春", "46113.5.1", 0, 60, -5, 3_000_000, True, float("nan"), float("inf"), "1/4/2026"),
        *("1867-12-31", "2101-01-01", dt.date(1500, 1, 1), "99999999"),
    ],
)
def test_what_is_no_day_is_refused(value):
    with pytest.raises(CellError):
        date(value)


def test_a_month_without_a_day_says_what_is_missing():
    with pytest.raises(CellError) as caught:
        date("令和8年4月")
    assert "日が書かれていない" in caught.value.reason


@pytest.mark.parametrize("word", ["未定", "不明", "－", "-", "", None, "　"])
def test_unknown_date_is_no_date(word):
    assert date(word) == DateRead(None)


@pytest.mark.parametrize(
    ("serial", "in_1900", "in_1904"),
    [
        (1, dt.date(1900, 1, 1), dt.date(1904, 1, 2)),
        (59, dt.date(1900, 2, 28), dt.date(1904, 2, 29)),
        (61, dt.date(1900, 3, 1), dt.date(1904, 3, 2)),
        (44651, dt.date(2022, 3, 31), dt.date(2026, 4, 1)),
    ],
)
def test_serial_number_follows_the_date_system(serial, in_1900, in_1904):
    assert date(serial).day == in_1900
    assert date(serial, date1904=True).day == in_1904


def test_first_day_of_the_1904_system_is_zero():
    assert date(0, date1904=True).day == dt.date(1904, 1, 1)


@given(st.dates(dt.date(1900, 3, 1), dt.date(2100, 12, 31)))
def test_serial_of_any_day_comes_back(day):
    serial = (day - dt.date(1899, 12, 30)).days
    if 1868 <= serial <= 2100:
        with pytest.raises(CellError):
            date(serial)
    else:
        assert date(serial).day == day


@given(
    st.dates(dt.date(1873, 1, 1), dt.date(2098, 12, 31)), st.sampled_from(["年月日", "...", "//"])
)
def test_any_day_comes_back_from_its_era(day, marks):
    era = next(era for era in reversed(ERAS) if era.first <= day)
    year = day.year - era.first.year + 1
    for name in (era.name, era.name[0], era.letter, era.letter.upper()):
        for number in {str(year), "元" if year == 1 else str(year)}:
            text = f"{name}{number}{marks[0]}{day.month}{marks[1]}{day.day}{marks[2:].strip('./')}"
            assert date(text) == DateRead(day)


def test_eras_follow_each_other_without_a_gap():
    for earlier, later in pairwise(ERAS):
        assert earlier.last is not None
        assert earlier.last + dt.timedelta(days=1) == later.first
    assert ERAS[-1].last is None
    assert era_of("令") is era_of("r") is era_of("令和")


@pytest.mark.parametrize(
    ("value", "year"),
    [
        *((value, 2025) for value in ("令和7年度", "R7", "R7年度", "r7", "2025年度", "2025", 2025)),
        *((value, 2025) for value in (2025.0, "令和７年度", "Ｒ７", "令7", "FY2025", "2025年")),
        ("令和元年度", 2019),
        ("平成31年度", 2019),
        ("H30", 2018),
    ],
)
def test_fiscal_year(value, year):
    assert fiscal_year(value) == year


@pytest.mark.parametrize(
    "value", ["7", 7, "令和", "昨年度", "1200", 1988, 2101, "", dt.date(2025, 4, 1)]
)
def test_fiscal_year_refuses_what_names_no_year(value):
    with pytest.raises(CellError):
        fiscal_year(value)
