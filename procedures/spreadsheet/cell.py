"""One cell as it comes: its text, its marks (blank, 「（空）」, 〃) and why it cannot be read."""

import re
from datetime import date
from enum import Enum
from typing import Final

from .columns import CLEAR_WORD
from .keys import is_blank_text, name_key

UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Characters that a database, a workbook or a browser would not take."""

_CLEAR_KEY = name_key(CLEAR_WORD)
_SHOWN_LENGTH = 40  # of a value in a message: enough to find it, short enough to read


class Clear(Enum):
    """The wish to empty a field."""

    FIELD = "clear"


CLEAR: Final = Clear.FIELD
"""What a cell with 「（空）」 stands for; an empty cell means "keep what is there"."""


class CellError(Exception):
    """A value that cannot be read: ``reason`` completes 「…」は…, ``advice`` says what to do.

    ``allowed`` are the words that would have been read, () where the value has no fixed words.
    """

    def __init__(self, reason: str, advice: str = "", allowed: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.allowed = allowed
        self.advice = advice or f"{'・'.join(allowed)}のいずれかにしてください。"

    def sentence(self, where: str, value: object) -> str:
        """The whole Japanese sentence; ``where`` is for example 12行目「本人確認」."""
        return f"{where}の「{shown(value)}」は{self.reason}。{self.advice}"


def text_of(value: object) -> str:
    """A cell's value as text, as near to what Excel shows as the value alone allows."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"{value:.15g}"
    return value.isoformat() if isinstance(value, date) else str(value)


def storable(value: object) -> str:
    """The value as text for a record, with a mark for each character that cannot be kept."""
    return UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text_of(value))


def shown(value: object) -> str:
    """The value for a message: on one line, without invisible characters, cut when long."""
    line = one_line(value)
    return line if len(line) <= _SHOWN_LENGTH else line[:_SHOWN_LENGTH] + "…"


def one_line(value: object) -> str:
    """The value on one line, without invisible characters."""
    visible = "".join(char if char.isprintable() else " " for char in text_of(value))
    return re.sub(r"\s+", " ", visible).strip()


def is_blank(value: object) -> bool:
    """Is there nothing to be seen in the cell?"""
    return value is None or (isinstance(value, str) and is_blank_text(value))


def is_clear(value: object) -> bool:
    """Does the cell ask for its field to be emptied, 「（空）」?"""
    return isinstance(value, str) and "空" in value and name_key(value) == _CLEAR_KEY


def is_ditto(value: object) -> bool:
    """Does the cell repeat the one above, 〃 or 同上?"""
    if not isinstance(value, str) or not ("〃" in value or "同" in value):
        return False
    return name_key(value) in ("〃", "同上")
