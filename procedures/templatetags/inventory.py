"""Template filters: codes, dates and rates as Japanese text."""

from collections.abc import Iterable
from datetime import date, datetime

from django import template
from django.utils import timezone

from procedures.rules import Aspect, Category, Clause, label
from procedures.rules.wording import CLAUSE_NUMBERS

register = template.Library()
_REIWA = date(2019, 5, 1)


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
