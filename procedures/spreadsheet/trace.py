"""The hidden columns of our own workbooks: which row of the inventory a line is, and as of when."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from .cell import CellError, shown, text_of
from .column import Column, ColumnKind
from .columns import LONGEST_HEADING, REASON_HEADING
from .keys import heading_key, name_key

MAX_KEY = 2**63 - 1  # the largest key that a database gives


class Versions(NamedTuple):
    """The versions from which a line was made: of the procedure, and of its plan (0: none yet)."""

    procedure: int
    plan: int

    def __str__(self) -> str:
        # Words between the numbers, or Excel makes a date, a time or a fraction of them.
        return f"{self.procedure}版{self.plan}"


TRACE_COLUMNS: tuple[Column, ...] = (
    Column(
        key="row_id",
        heading="台帳ID",
        kind=ColumnKind.TRACE,
        help="この行が台帳のどの手続かを示す印です。書き換えないでください。",
        width=10,
        is_clearable=False,
    ),
    Column(
        key="row_versions",
        heading="台帳の版",
        kind=ColumnKind.TRACE,
        help="この行を書き出したときの台帳の版です。書き換えないでください。",
        width=10,
        is_clearable=False,
    ),
    Column(
        key="distribution",
        heading="配付番号",
        kind=ColumnKind.TRACE,
        help="この表を配った回の番号です。書き換えないでください。",
        width=10,
        is_clearable=False,
    ),
)
"""Written behind the columns of the list, hidden; never part of the template or its guide."""

_BY_HEADING: Mapping[str, Column] = {heading_key(each.heading): each for each in TRACE_COLUMNS}
_VERSIONS = re.compile(r"([0-9]{1,9})版([0-9]{1,9})")
_MANGLED = "台帳の印として読み取れません"
_REASON_KEY = heading_key(REASON_HEADING)
_CONSEQUENCES: Mapping[str, str] = {
    "row_id": "手続番号で探します",
    "row_versions": "台帳の今の内容と比べます",
    "distribution": "どの回に配った表か分からないものとして読みました",
}


def trace_column_for(heading: str) -> Column | None:
    """The hidden column that a heading names, if any."""
    return _BY_HEADING.get(heading_key(heading)) if len(heading) <= LONGEST_HEADING else None


def is_own_heading(heading: str) -> bool:
    """Is it a heading that our own workbooks add to the columns, no matter for a person?"""
    if len(heading) > LONGEST_HEADING:
        return False
    return trace_column_for(heading) is not None or heading_key(heading) == _REASON_KEY


def mangled_note(key: str, value: object) -> str:
    """What the preview says of a hidden cell that somebody has changed: its row still comes in."""
    heading = next(each.heading for each in TRACE_COLUMNS if each.key == key)
    return f"「{heading}」の「{shown(value)}」は読み取れないため、{_CONSEQUENCES[key]}。"


def read_trace(key: str, value: object) -> int | Versions:
    """The value of a hidden column; CellError for one that somebody has changed."""
    text = name_key(text_of(value))
    if key == "row_versions":
        if match := _VERSIONS.fullmatch(text):
            return Versions(int(match[1]), int(match[2]))
    elif text.isascii() and text.isdigit() and 0 < int(text) <= MAX_KEY:
        return int(text)
    raise CellError(_MANGLED)
