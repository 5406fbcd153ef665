"""The import: a file becomes a preview that writes nothing to the inventory, then is applied.

``receive`` keeps a file, ``perform`` does the work that a run waits for: reading and comparing,
applying, taking back. ``preview``, ``apply`` and ``undo`` ask and do it at once; pages ask, and
``start`` a process for it. Other applications add columns of their own by ``register``.
"""

from .applying import StalePreview, undecided_count
from .comparing import Diff, RowDiff, compare
from .deciding import (
    FILE,
    NOW,
    decide,
    decide_rest,
    leave_out,
    name_deputy,
    possible_deputies,
    set_fiscal_year,
)
from .inventory_parts import CONFIRMED_EXEMPTION
from .mappings import decide_columns, decide_values, sheet_of
from .parts import Part, parts, register
from .progress import NotApplicable, has_stopped, mark_broken_off
from .runs import ask_again, check_is_ones_own, discard, look, notes_of, receive, visible_runs
from .working import (
    apply,
    ask_to_apply,
    ask_to_undo,
    compare_again,
    perform,
    preview,
    start,
    undo,
)

__all__ = [
    "CONFIRMED_EXEMPTION",
    "FILE",
    "NOW",
    "Diff",
    "NotApplicable",
    "Part",
    "RowDiff",
    "StalePreview",
    "apply",
    "ask_again",
    "ask_to_apply",
    "ask_to_undo",
    "check_is_ones_own",
    "compare",
    "compare_again",
    "decide",
    "decide_columns",
    "decide_rest",
    "decide_values",
    "discard",
    "has_stopped",
    "leave_out",
    "look",
    "mark_broken_off",
    "name_deputy",
    "notes_of",
    "parts",
    "perform",
    "possible_deputies",
    "preview",
    "receive",
    "register",
    "set_fiscal_year",
    "sheet_of",
    "start",
    "undecided_count",
    "undo",
    "visible_runs",
]
