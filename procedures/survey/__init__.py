"""The national survey as a reference table: an edition is loaded, procedures take from it."""

from .editions import (
    NotLoadable,
    ask_again,
    current_edition,
    has_stopped,
    mark_broken_off,
    receive,
)
from .loading import load, perform, start
from .references import REFERENCE_FIELDS, refer, refer_imported

__all__ = [
    "REFERENCE_FIELDS",
    "NotLoadable",
    "ask_again",
    "current_edition",
    "has_stopped",
    "load",
    "mark_broken_off",
    "perform",
    "receive",
    "refer",
    "refer_imported",
    "start",
]
