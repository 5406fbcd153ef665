"""What the workbook reader does not tell of old Excel files (.xls): error cells, hidden rows.

The reader turns error cells into empty ones; so the records are walked once before it.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .biff import BrokenContainer, Container, book_stream, records
from .gate import SAVE_AGAIN, Refused
from .sheetxml import MAX_SHEETS, SheetScan

ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}

_BEGIN, _END, _SHEET, _DATE_SYSTEM = 0x0809, 0x0A, 0x85, 0x22
_ROW_IS_HIDDEN = 0x20
_RESULT_IS_ERROR = 2
_RESULT_IS_EMPTY = 3
_CALCULATE_ON_LOAD = 2  # what programs write that leave the calculating to Excel


@dataclass(frozen=True, slots=True)
class OldBook:
    """The findings, one scan for each sheet in the order of the book."""

    date1904: bool
    sheets: tuple[SheetScan, ...]


def scan_old_book(path: Path) -> OldBook:
    """Walk the records of every sheet. Refused where they do not hang together."""
    try:
        stream = book_stream(Container(path.read_bytes()))
        if stream is None:
            raise BrokenContainer
        return _scan(stream)
    except (BrokenContainer, struct.error, IndexError, KeyError) as error:
        raise Refused("broken", f"ファイルが壊れているため読み取れません。{SAVE_AGAIN}") from error


def _scan(stream: bytes) -> OldBook:
    date1904, places = False, []
    for kind, content in records(stream):
        if kind == _END:
            break
        if kind == _DATE_SYSTEM:
            date1904 = content[:1] == b"\x01"
        elif kind == _SHEET:
            places.append(struct.unpack_from("<L", content)[0])
    if len(places) > MAX_SHEETS or len(set(places)) < len(places):
        raise BrokenContainer
    return OldBook(date1904, tuple(_scan_sheet(stream, place) for place in places))


def _scan_sheet(stream: bytes, start: int) -> SheetScan:
    found = SheetScan()
    depth = 0  # a chart in a sheet is a run of records within its run
    for kind, content in records(stream, start):
        if kind == _BEGIN:
            depth += 1
        elif kind == _END:
            depth -= 1
            if depth <= 0:
                return found
        elif depth == 1 and (note := _NOTES.get(kind)) is not None:
            note(found, content)
    raise BrokenContainer


def _value(found: SheetScan, content: bytes) -> None:
    row, column = struct.unpack_from("<HH", content)
    _reach(found, row + 1, column + 1)


def _values(found: SheetScan, content: bytes) -> None:
    (row,) = struct.unpack_from("<H", content)
    (last_column,) = struct.unpack_from("<H", content, len(content) - 2)
    _reach(found, row + 1, last_column + 1)


def _truth_or_error(found: SheetScan, content: bytes) -> None:
    _value(found, content)
    code, is_error = content[6], content[7]
    if is_error:
        _error(found, content, code)


def _formula(found: SheetScan, content: bytes) -> None:
    _value(found, content)
    result, options = content[6:14], content[14]
    if result[6:8] != b"\xff\xff":
        return
    if result[0] == _RESULT_IS_ERROR:
        _error(found, content, result[2])
    elif result[0] == _RESULT_IS_EMPTY and options & _CALCULATE_ON_LOAD:
        row, column = struct.unpack_from("<HH", content)
        found.formulas_without_value.append((row + 1, column + 1))


def _error(found: SheetScan, content: bytes, code: int) -> None:
    row, column = struct.unpack_from("<HH", content)
    found.errors[row + 1, column + 1] = ERRORS[code]


def _row(found: SheetScan, content: bytes) -> None:
    (row,) = struct.unpack_from("<H", content)
    if content[12] & _ROW_IS_HIDDEN:
        found.hidden_rows.append(row + 1)


def _columns(found: SheetScan, content: bytes) -> None:
    first, last = struct.unpack_from("<HH", content)
    if content[8] & 1:
        found.hidden_columns.extend(range(first + 1, min(last, 255) + 2))


def _reach(found: SheetScan, row: int, column: int) -> None:
    found.last_row = max(found.last_row, row)
    found.last_column = max(found.last_column, column)


_NOTES: dict[int, Callable[[SheetScan, bytes], None]] = {
    0x0006: _formula,
    0x007D: _columns,
    0x00BD: _values,  # several numbers
    0x00D6: _value,  # text with several fonts
    0x00FD: _value,  # text of the shared table
    0x0203: _value,  # a number
    0x0204: _value,  # text
    0x0205: _truth_or_error,
    0x0208: _row,
    0x027E: _value,  # a short number
}
