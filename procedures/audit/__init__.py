"""監査ログ: one entry for everything that is written, handed out or signed in to, in a chain.

``note`` writes an entry; ``procedures.records`` notes every change of rows by itself. ``verify``
finds what was altered past the program; ``remember_head`` notes the chain's end outside of it.
"""

from .canonical import HistoryEncoder
from .chain import begin, histories, seal
from .entries import WrittenRows, note, note_write
from .heads import Head, head, remember_head
from .retention import Outdated, outdated, remove_outdated
from .verification import Verification, verify

__all__ = [
    "Head",
    "HistoryEncoder",
    "Outdated",
    "Verification",
    "WrittenRows",
    "begin",
    "head",
    "histories",
    "note",
    "note_write",
    "outdated",
    "remember_head",
    "remove_outdated",
    "seal",
    "verify",
]
