"""Fiscal years (年度): April to March. Pure."""

from datetime import date


def fiscal_year(on: date) -> int:
    """The fiscal year that the day ``on`` belongs to."""
    return on.year if on.month >= 4 else on.year - 1


def last_complete_fiscal_year(on: date) -> int:
    """The last fiscal year that is over on the day ``on``."""
    return fiscal_year(on) - 1
