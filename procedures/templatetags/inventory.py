"""Template filters: codes, dates and rates as Japanese text."""

from collections.abc import Iterable
from datetime import date, datetime

from django import template
from django.utils import timezone

from procedures.rules import Aspect, Category, Clause, label
from procedures.rules.wording import CLAUSE_NUMBERS

register = template.Library()
_REIWA = date(2019, 5, 1)
_ERAS = (("令和", "R", _REIWA), ("平成", "H", date(1989, 1, 8)))


@register.filter
def aspect_labels(codes: Iterable[str]) -> str:
    """Aspect codes as 「対面、金銭納付」."""
    return "、".join(label(Aspect(code)) for code in codes)


@register.filter
def category_label(code: str) -> str:
    """A category in Japanese."""
    return label(Category(code))


@register.filter
def clause_text(code: str) -> str:
    """A clause as 「方針3(1)① 国の優先手続一覧にある」."""
    clause = Clause(code)
    return f"{CLAUSE_NUMBERS[clause]} {label(clause)}"


@register.filter
def with_era(day: date | None) -> str:
    """A day as 「2026年4月1日（令和8年）」; nothing for no day."""
    if day is None:
        return ""
    if isinstance(day, datetime):
        day = timezone.localtime(day).date()
    text = f"{day.year}年{day.month}月{day.day}日"
    if day < _REIWA:
        return text
    year = day.year - 2018
    return f"{text}（令和{'元' if year == 1 else year}年）"


@register.filter
def era_day(day: date) -> str:
    """A day as papers have it: 「令和8年4月1日」, before 1989 by the Gregorian year alone."""
    for name, _, first in _ERAS:
        if day >= first:
            year = day.year - first.year + 1
            return f"{name}{'元' if year == 1 else year}年{day.month}月{day.day}日"
    return f"{day.year}年{day.month}月{day.day}日"


@register.filter
def cell_text(value: str | int | float | date | None) -> str:
    """A cell of a paper's table: a number with separators, a rate, a day as 「R8.4.1」, text."""
    match value:
        case None:
            return "－"
        case int():
            return f"{value:,}"
        case float():
            return percent(value)
        case date():
            return _short_day(value)
    return value


def _short_day(day: date) -> str:
    for _, letter, first in _ERAS:
        if day >= first:
            return f"{letter}{day.year - first.year + 1}.{day.month}.{day.day}"
    return f"{day.year}.{day.month}.{day.day}"


@register.filter
def fiscal_year_label(year: int) -> str:
    """A fiscal year as 「令和7年度（2025年度）」."""
    era = year - 2018
    return f"令和{'元' if era == 1 else era}年度（{year}年度）" if era >= 1 else f"{year}年度"


@register.filter
def percent(rate: float | None) -> str:
    """A rate (0 to 1) as 「12.3%」; 「－」 where there is none. Only the whole is 「100.0%」."""
    if rate is None:
        return "－"
    return f"{min(rate * 100, 99.9 if rate < 1 else 100):.1f}%"
