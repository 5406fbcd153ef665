"""How each status is filled in charts: alike on the pages and on paper. Pure."""

from collections.abc import Mapping

from .hatching import Fill
from .workflow import Status

STATUS_FILLS: Mapping[Status, Fill] = {
    Status.NOT_STARTED: Fill.BLANK,
    Status.REVIEWING: Fill.DOTS,
    Status.PREPARING: Fill.VERTICAL,
    Status.TESTING: Fill.BACK_DIAGONAL,
    Status.ONLINE: Fill.SOLID,
    Status.ON_HOLD: Fill.GRID,
}
"""In the order in which the parts stand beside each other."""
