"""Dates and fiscal years as offices write them: serials, ISO, slashes and eras."""

import datetime as dt
import re
import unicodedata
from typing import NamedTuple

from .cell import CellError, is_blank, text_of
from .eras import FIRST_YEAR, MARK_PATTERN, era_of
from .keys import name_key

FIRST_READABLE_YEAR = 1868  # 明治元年: nothing in an inventory is older
LAST_READABLE_YEAR = 2100
FIRST_FISCAL_YEAR = 1989
LAST_FISCAL_YEAR = 2100

_EXAMPLES = "2026-04-01 や 令和8年4月1日 のように、年月日を書いてください。"
_YEAR_EXAMPLES = "令和7年度 や 2025 のように書いてください。"
_UNKNOWN_WORDS = frozenset({"-", "?", "未定", "不明", "未調査", "なし", "無", "無し"})
_ERA_YEAR = rf"(?P<era>{MARK_PATTERN})\.?(?P<number>{FIRST_YEAR}|[0-9]{{1,2}})"
_YEAR = rf"(?:{_ERA_YEAR}|(?P<year>[0-9]{{4}}))"
_DAY = re.compile(
    rf"{_YEAR}[年./-](?P<month>[0-9]{{1,2}})[月./-](?P<day>[0-9]{{1,2}})日?"
    r"(?:\([月火水木金土日](?:曜日?)?\))?"
)
_MONTH_ONLY = re.compile(rf"{_YEAR}[年./-][0-9]{{1,2}}月?")
_FISCAL_YEAR = re.compile(rf"(?:fy)?{_YEAR}(?:年度?|年)?")
_TIME_OF_DAY = re.compile(r"[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?$")
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_SERIAL = re.compile(r"[0-9]{1,6}(?:\.[0-9]+)?")


class DateRead(NamedTuple):
    """A date: ``day`` None is "stated as unknown"; ``note`` is what a person should know."""

    day: dt.date | None
    note: str = ""


def date(value: object, *, date1904: bool = False) -> DateRead:
    """A date from a date cell, a bare serial number of the workbook's date system, or text.

    Blank, － and 未定 are ``DateRead(None)``. Raises CellError for a day that the calendar does
    not have, for a date without its day, and for a bare year.
    """
    if isinstance(value, dt.date):
        return DateRead(_within_reach(value.date() if isinstance(value, dt.datetime) else value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return DateRead(_from_number(value, date1904))
    if is_blank(value):
        return DateRead(None)
    written = unicodedata.normalize("NFKC", text_of(value)).strip()
    text = name_key(_TIME_OF_DAY.sub("", written))
    if text in _UNKNOWN_WORDS:
        return DateRead(None)
    if match := _DAY.fullmatch(text):
        return _from_match(match)
    if match := _COMPACT.fullmatch(text):
        return DateRead(_calendar_day(*(int(part) for part in match.groups())))
    if _SERIAL.fullmatch(text):
        return DateRead(_from_number(float(text), date1904))
    if _MONTH_ONLY.fullmatch(text):
        raise CellError("日が書かれていないため読み取れません", _EXAMPLES)
    raise CellError("日付として読み取れません", _EXAMPLES)


def fiscal_year(value: object) -> int:
    """The Gregorian year in which a fiscal year (年度, April to March) begins."""
    text = name_key(text_of(value))
    match = _FISCAL_YEAR.fullmatch(text)
    if not match:
        raise CellError("年度として読み取れません", _YEAR_EXAMPLES)
    year = _year_of(match)
    if not FIRST_FISCAL_YEAR <= year <= LAST_FISCAL_YEAR:
        raise CellError(
            f"扱える年度（{FIRST_FISCAL_YEAR}年度から{LAST_FISCAL_YEAR}年度）ではありません",
            _YEAR_EXAMPLES,
        )
    return year


def _from_match(match: re.Match[str]) -> DateRead:
    day = _calendar_day(_year_of(match), int(match["month"]), int(match["day"]))
    if match["era"] is None or era_of(match["era"]).holds(day):
        return DateRead(day)
    return DateRead(day, f"{era_of(match['era']).name}の期間の外の日付です")


def _year_of(match: re.Match[str]) -> int:
    if match["year"]:
        return int(match["year"])
    try:
        return era_of(match["era"]).year(match["number"])
    except ValueError:
        raise CellError("暦にない年です", _EXAMPLES) from None


def _from_number(number: float, date1904: bool) -> dt.date:
    if FIRST_READABLE_YEAR <= number <= LAST_READABLE_YEAR:
        raise CellError("年だけのため、日付として読み取れません", _EXAMPLES)
    if match := _COMPACT.fullmatch(text_of(number)):
        return _calendar_day(*(int(part) for part in match.groups()))
    try:
        days = dt.timedelta(days=int(number))
        if days < dt.timedelta(days=0 if date1904 else 1) or (not date1904 and days.days == 60):
            raise OverflowError
        return _within_reach(_epoch(days.days, date1904) + days)
    except (OverflowError, ValueError):
        raise CellError("日付として読み取れません", _EXAMPLES) from None


def _epoch(days: int, date1904: bool) -> dt.date:
    if date1904:
        return dt.date(1904, 1, 1)
    # Excel counts a 29 February 1900 that never was: day 60.
    return dt.date(1899, 12, 31) if days < 60 else dt.date(1899, 12, 30)


def _calendar_day(year: int, month: int, day: int) -> dt.date:
    try:
        return _within_reach(dt.date(year, month, day))
    except ValueError:
        raise CellError("暦にない日付です", _EXAMPLES) from None


def _within_reach(day: dt.date) -> dt.date:
    if not FIRST_READABLE_YEAR <= day.year <= LAST_READABLE_YEAR:
        raise CellError(
            f"扱える日付（{FIRST_READABLE_YEAR}年から{LAST_READABLE_YEAR}年）ではありません",
            _EXAMPLES,
        )
    return day
