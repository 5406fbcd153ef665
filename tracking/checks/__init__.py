"""What the inspection (点検) looks for, by noun; import the checks from here.

A check is a condition that stands beside all others in one query; it finds what a person can act
on, and no two find the same thing.
"""

from collections.abc import Mapping

from . import exemptions, inventory, issues, plans, volumes
from .check import SEVERITY_LABELS, Check, Place, Severity, inspected, years_after

__all__ = [
    "CHECKS",
    "SEVERITY_LABELS",
    "Check",
    "Place",
    "Severity",
    "inspected",
    "years_after",
]

_ALL = (
    *plans.CHECKS,
    *volumes.CHECKS,
    *issues.CHECKS,
    *exemptions.CHECKS,
    *inventory.CHECKS,
)
CHECKS: Mapping[str, Check] = {
    check.key: check for severity in Severity for check in _ALL if check.severity is severity
}
"""Every check by its key, the gravest first."""
