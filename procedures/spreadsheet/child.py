"""The process in which a file is read: it takes limits upon itself, then writes what it finds.

Run as ``child.py`` through `reading.read_workbook`; its death is an answer too.
"""

import csv
import io
import re
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from .gate import SAVE_AGAIN, FileFormat, Refused
from .raw import ErrorValue, Value
from .sheetxml import (
    MAX_AREA,
    MAX_COLUMNS,
    SheetScan,
    scan,
    sheet_parts,
    too_wide,
    uses_1904,
)
from .transfer import SheetHead, Writer

MEMORY_BYTES = 2 * 1024**3  # the largest real list takes 0.3 GB
CPU_SECONDS = 60  # it takes 5 s
RESULT_BYTES = 1024**3  # it takes 0.1 GB
MAX_MERGES = 20_000  # a sheet of 5,000 rows with four cells merged in each
CSV_FIELD_CHARACTERS = 32_767  # as much as an Excel cell holds
PROOF_OF_UTF8 = 8  # characters: Shift_JIS text fails as UTF-8 at its first or second
LARGEST_WHOLE_NUMBER = 1e15  # up to here a float holds every integer, as Excel does

# Bytes that Shift_JIS does not assign; Python's cp932 lets them pass.
_UNASSIGNED_IN_CP932 = re.compile("[\x80\xa0\uf8f0-\uf8f3]")


def main(path: str, file_format: str, result: str) -> None:
    """Read the file at ``path`` and write `transfer` lines to ``result``."""
    _limit_resources()
    lines = Path(result)
    with lines.open("w", encoding="utf-8", errors="surrogatepass", newline="\n") as file:
        writer = Writer(file)
        try:
            if file_format == FileFormat.CSV:
                _read_csv(Path(path), writer)
            else:
                _read_xlsx(Path(path), writer)
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
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, RESULT_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(limit)
        most = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        resource.setrlimit(limit, (most, hard))


def _read_xlsx(path: Path, writer: Writer) -> None:
    with ZipFile(path) as archive:
        date1904 = uses_1904(archive)
        parts = sheet_parts(archive)
        area = 0
        with CalamineWorkbook.from_path(path) as book:
            for number, sheet in enumerate(book.sheets_metadata):
                if sheet.typ is not SheetTypeEnum.WorkSheet:
                    continue
                found = _scan(archive, parts.get(sheet.name, ""), sheet.name)
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
    if len(merges) > MAX_MERGES:
        raise Refused(
            "too_many_merges",
            f"シート「{content.name}」は結合セルが多すぎます。結合を解いて、保存し直してください。",
        )
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
        row = before + [_value(cell) for cell in cells]
        for column, text in errors.get(number, ()):
            row[column - 1] = ErrorValue(text)
        yield row


def _value(cell: object) -> Value:
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < LARGEST_WHOLE_NUMBER:
        return int(cell)
    if isinstance(cell, bool | int | float | datetime | date):
        return cell
    return str(cell)


def _read_csv(path: Path, writer: Writer) -> None:
    text = _decoded(path.read_bytes())
    writer.sheet(SheetHead("CSV", True, False, [], [], [], []))
    csv.field_size_limit(CSV_FIELD_CHARACTERS)
    cells = 0
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            cells += len(row) or 1
            if cells > MAX_AREA or len(row) > MAX_COLUMNS:
                raise Refused("too_wide", "CSVの行や列が多すぎます。部局ごとに分けてください。")
            writer.row([_csv_value(cell) for cell in row])
    except csv.Error as error:
        raise Refused(
            "csv_quotes",
            f'CSVの{reader.line_num}行目のあたりで、引用符（"）の対応が取れていないか、'
            "セルが長すぎます。その行を直してから、もう一度選んでください。",
        ) from error


def _csv_value(cell: str) -> Value:
    # A csv that guards text from being taken for a formula puts ' before it.
    if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@"):
        return cell[1:]
    return cell or None


def _decoded(content: bytes) -> str:
    if b"\0" in content:
        raise _odd_encoding(content, content.index(b"\0"))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        failed_at = error.start
    readable = content[:failed_at].decode("utf-8", errors="ignore")
    if sum(not char.isascii() for char in readable) >= PROOF_OF_UTF8:
        raise _odd_encoding(content, failed_at)
    try:
        text = content.decode("cp932")
    except UnicodeDecodeError as error:
        raise _odd_encoding(content, error.start) from None
    if odd := _UNASSIGNED_IN_CP932.search(text):
        raise _odd_encoding(content, len(text[: odd.start()].encode("cp932")))
    return text


def _odd_encoding(content: bytes, place: int) -> Refused:
    line = content.count(b"\n", 0, place) + 1
    return Refused(
        "csv_encoding",
        f"CSVの{line}行目に、UTF-8としてもShift_JISとしても読み取れない文字があります。"
        "Excelで『CSV UTF-8 (コンマ区切り)』として保存し直してください。",
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
