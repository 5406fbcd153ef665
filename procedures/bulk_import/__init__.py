"""The import: a file becomes a preview that writes nothing to the inventory, then is applied.

``compare`` finds what a parsed file would do, ``store`` keeps it for a person to look at, and
``apply`` does it in one transaction. Other applications add columns of their own by ``register``.
"""

from .applying import NotApplicable, StalePreview, apply
from .comparing import Diff, RowDiff, compare
from .parts import Part, parts, register
from .runs import compare_again, discard, notes_of, preview, read, refuse, store

__all__ = [
    "Diff",
    "NotApplicable",
    "Part",
    "RowDiff",
    "StalePreview",
    "apply",
    "compare",
    "compare_again",
    "discard",
    "notes_of",
    "parts",
    "preview",
    "read",
    "refuse",
    "register",
    "store",
]
