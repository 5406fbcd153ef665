"""The process in which a file is read: it takes limits upon itself, then writes what it finds.

Run as ``child.py`` through `reading.read_workbook`; its death is an answer too.
"""

import math
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime
from io import TextIOWrapper
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from .delimited import read_delimited
from .gate import SAVE_AGAIN, FileFormat, Refused
from .oldsheets import scan_old_book
from .opendocument import read_open_document
from .raw import LARGEST_WHOLE_NUMBER, ErrorValue, Value
from .sheetxml import (
    MAX_AREA,
    MAX_MERGES,
    SheetScan,
    scan,
    sheet_parts,
    too_many_merges,
    too_wide,
    uses_1904,
)
from .transfer import SheetHead, Writer

MEMORY_BYTES = 288 * 1024**2  # the largest real list takes 235 MB
ADDRESS_BYTES = 2 * 1024**3  # mapped files count here, and some systems map large ones
CPU_SECONDS = 20  # it takes 3 s
FILE_BYTES = 0  # it has no business to write any


def main(path: str, file_format: str) -> None:
    """Read the file at ``path`` and write `transfer` lines to the standard output."""
    _limit_resources()
    with TextIOWrapper(
        sys.stdout.buffer, encoding="utf-8", errors="surrogatepass", newline="\n"
    ) as lines:
        writer = Writer(lines)
        try:
            _READERS[FileFormat(file_format)](Path(path), writer)
        except Refused as refused:
            writer.refusal(refused)
        except (CalamineError, BadZipFile):
            writer.refusal(Refused("unreadable", f"ブックの中身を読み取れません。{SAVE_AGAIN}"))


def _limit_resources() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits; the wall clock of the parent remains
        return
    for limit, amount in (
        (resource.RLIMIT_DATA, MEMORY_BYTES),
        (resource.RLIMIT_AS, ADDRESS_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(limit)
        most = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        resource.setrlimit(limit, (most, hard))


def _read_xlsx(path: Path, writer: Writer) -> None:
    with ZipFile(path) as archive:
        date1904, parts = uses_1904(archive), sheet_parts(archive)

        def found_in(_: int, name: str) -> SheetScan:
            return _scan(archive, parts.get(name, ""), name)

        with CalamineWorkbook.from_path(path) as book:
            _read_sheets(book, found_in, date1904, writer)


def _read_xls(path: Path, writer: Writer) -> None:
    scanned = scan_old_book(path)  # before the reader, which reads all sheets when it opens
    if sum(found.area for found in scanned.sheets) > MAX_AREA:
        widest = max(scanned.sheets, key=lambda found: found.area)
        raise too_wide(f"{scanned.sheets.index(widest) + 1}枚目", widest)
    with CalamineWorkbook.from_path(path) as book:
        if len(book.sheets_metadata) != len(scanned.sheets):
            raise Refused("broken", f"シートの一覧が壊れています。{SAVE_AGAIN}")
        _read_sheets(book, lambda number, _: scanned.sheets[number], scanned.date1904, writer)


def _read_sheets(
    book: CalamineWorkbook,
    found_in: Callable[[int, str], SheetScan],
    date1904: bool,
    writer: Writer,
) -> None:
    area = 0
    for number, sheet in enumerate(book.sheets_metadata):
        if sheet.typ is not SheetTypeEnum.WorkSheet:
            continue
        found = found_in(number, sheet.name)
        area += found.area
        if area > MAX_AREA:
            raise too_wide(sheet.name, found)
        content = book.get_sheet_by_index(number)
        is_visible = sheet.visible is SheetVisibleEnum.Visible
        writer.sheet(_head(content, found, is_visible, date1904))
        for row in _rows(content, found):
            writer.row(row)


def _scan(archive: ZipFile, part: str, sheet: str) -> SheetScan:
    try:
        with archive.open(part) as stream:
            return scan(stream, sheet)
    except KeyError:
        raise Refused("broken", f"シート「{sheet}」が見つかりません。{SAVE_AGAIN}") from None


def _head(content: CalamineSheet, found: SheetScan, is_visible: bool, date1904: bool) -> SheetHead:
    merges = content.merged_cell_ranges or ()
    if len(merges) > MAX_MERGES:  # of an xls; those of an xlsx were counted by the walk
        raise too_many_merges(content.name)
    return SheetHead(
        name=content.name,
        visible=is_visible,
        date1904=date1904,
        merges=[
            (top + 1, left + 1, bottom + 1, right + 1) for (top, left), (bottom, right) in merges
        ],
        hidden_rows=found.hidden_rows,
        hidden_columns=found.hidden_columns,
        formulas_without_value=found.formulas_without_value,
    )


def _rows(content: CalamineSheet, found: SheetScan) -> Iterator[list[Value]]:
    if content.start is None:
        return
    before: list[Value] = [None] * content.start[1]
    errors: dict[int, list[tuple[int, str]]] = {}
    for (number, column), text in found.errors.items():
        errors.setdefault(number, []).append((column, text))
    for number, cells in enumerate(content.iter_rows(), start=1):
        # Most cells are text or empty: no call for them.
        row = [(cell or None) if cell.__class__ is str else _value(cell) for cell in cells]
        if before:
            row = before + row
        for column, text in errors.get(number, ()):
            row[column - 1] = ErrorValue(text)
        yield row


def _value(cell: object) -> Value:
    if isinstance(cell, float):
        if not math.isfinite(cell):
            return ErrorValue("#NUM!")
        return int(cell) if cell.is_integer() and abs(cell) < LARGEST_WHOLE_NUMBER else cell
    if isinstance(cell, bool | int | datetime | date):
        return cell
    return str(cell)


_READERS: dict[FileFormat, Callable[[Path, Writer], None]] = {
    FileFormat.XLSX: _read_xlsx,
    FileFormat.XLS: _read_xls,
    FileFormat.ODS: read_open_document,
    FileFormat.CSV: read_delimited,
}


if __name__ == "__main__":
    main(*sys.argv[1:])
