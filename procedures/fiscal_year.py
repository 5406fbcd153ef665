"""Fiscal years (年度): April to March. Pure."""

from datetime import date


def fiscal_year(on: date) -> int:
    """The fiscal year that the day ``on`` belongs to."""
    return on.year if on.month >= 4 else on.year - 1


def last_complete_fiscal_year(on: date) -> int:
    """The last fiscal year that is over on the day ``on``."""
    return fiscal_year(on) - 1


def last_day(year: int) -> date:
    """The 31st of March with which the fiscal year ``year`` ends."""
    return date(year + 1, 3, 31)
