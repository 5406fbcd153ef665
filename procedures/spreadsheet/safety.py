"""What keeps text text in the files that we write: no formula, no error, no broken file."""

import re

MAX_CELL_CHARACTERS = 32_767  # as many as a cell of a workbook holds

_FORMULA_STARTS = ("=", "+", "-", "@")
_GUARDED_STARTS = tuple(f"'{start}" for start in _FORMULA_STARTS)
_SPELT_OUT = re.compile(
    "_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
)


def is_formula_like(text: str) -> bool:
    """Would a spreadsheet take the text for a formula if somebody typed it?"""
    return text.startswith(_FORMULA_STARTS)


def spelt_out(text: str) -> str:
    """The text as a workbook can hold it: what XML does not allow as _xHHHH_, and cut to a cell.

    The same letters as text are spelt out too, so that they come back as they are.
    """
    return _SPELT_OUT.sub(lambda match: f"_x{ord(match[0]):04X}_", text[:MAX_CELL_CHARACTERS])


def guarded(text: str) -> str:
    """The text for csv: ' before what would be a formula, which reading takes off."""
    if text.startswith(_FORMULA_STARTS):
        return f"'{text}"
    # A ' of the text's own is no guard: reading takes a blank before it off, and not the '.
    return f" {text}" if text.startswith(_GUARDED_STARTS) else text
