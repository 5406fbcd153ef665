"""What one cell of an OpenDocument sheet holds: the text that it shows, and its value."""

import math
import re
from dataclasses import dataclass, field
from datetime import date, datetime

from .raw import LARGEST_WHOLE_NUMBER, ErrorValue, Value

Attributes = dict[str, str]

# An error is known by what is shown: only some programs mark its cell as one.
_ERROR = re.compile(r"#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A)|(?:Err|エラー):\d{3}")
_ERROR_STARTS = ("#", "Err:", "エラー:")
_DURATION = re.compile(r"PT(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S")
_NUMBERS = ("float", "percentage", "currency")


@dataclass(slots=True)
class Cell:
    """An element with its attributes and the pieces of its text."""

    attributes: Attributes
    pieces: list[str] = field(default_factory=list)
    length: int = 0

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def cell_value(cell: Cell) -> Value:
    """The value; an ErrorValue where nobody knows what it was."""
    kind, text = cell.attributes.get("office:value-type"), cell.text
    is_error = cell.attributes.get("calcext:value-type") == "error"
    if is_error or (text.startswith(_ERROR_STARTS) and _ERROR.fullmatch(text)):
        return ErrorValue(text or "#ERROR!")
    try:
        if kind in _NUMBERS:
            return _number(cell.attributes["office:value"])
        if kind == "date":
            return _date(cell.attributes["office:date-value"])
        if kind == "boolean":
            return cell.attributes["office:boolean-value"] == "true"
    except (KeyError, ValueError, OverflowError):
        return ErrorValue(text or "#VALUE!")  # rejects its row: nobody knows what it was
    if kind == "time":
        return _time(cell.attributes.get("office:time-value", ""), text)
    return cell.attributes.get("office:string-value", text) or None


def _number(text: str) -> Value:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return int(number) if number.is_integer() and abs(number) < LARGEST_WHOLE_NUMBER else number


def _date(text: str) -> Value:
    if "T" not in text:
        return date.fromisoformat(text)
    return datetime.fromisoformat(text).replace(tzinfo=None)


def _time(duration: str, text: str) -> Value:
    if parts := _DURATION.fullmatch(duration):
        return ":".join(part.zfill(2) for part in parts.groups())
    return text or duration or None
